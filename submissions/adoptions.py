"""What channels and leaders did with an item: adopted, forwarded, instructed; and taking that back."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from submissions import secrecy
from submissions.exact import ONE, apportion, from_decimal, to_decimal
from submissions.fields import whole
from submissions.models import (
    Adoption,
    AdoptionCredit,
    Channel,
    ChannelColumn,
    Forwarding,
    Instruction,
    Item,
    ItemEvent,
    ItemShare,
)
from submissions.models.adoptions import Revocable
from submissions.moves import move, who_was_first
from submissions.permissions import is_cleared, may_adopt, may_revoke
from submissions.signals import facts_changed
from submissions.states import ADOPT, FORWARD, INSTRUCT, REVOKE, State
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused, TooLate


@dataclass(slots=True)
class Use:
    """What one channel did with an item: it was passed on there, or was adopted there, or both.

    ``title`` is the one it was used under; empty is the item's own.
    """

    channel: Channel
    forwarded_on: datetime.date | None = None
    adopted_on: datetime.date | None = None
    form: str = ""
    title: str = ""
    column: ChannelColumn | None = None
    link: str = ""
    issue: str = ""


@transaction.atomic
def record_uses(item: Item, uses: Sequence[Use], by: Account) -> list[Revocable]:
    """Record what several channels did with an item, all or nothing. Raises Refused or TooLate."""
    Office.objects.hold(item.office_id)
    made: list[Revocable] = []
    for use in uses:
        if use.forwarded_on:
            made.append(forward(item, use.channel, use.forwarded_on, by))
        if use.adopted_on:
            made.append(take_up(item, use, use.adopted_on, by))
    if not made:
        raise Refused("还没有填日期。哪个渠道转报或采用了，就填哪一行的日期。")
    facts_changed.send(Item, item_ids=item.counted)
    return made


@transaction.atomic
def adopt(item: Item, channel: Channel, adopted_on: datetime.date, by: Account | None, title: str = "") -> Adoption:
    """Record that one channel used an item. Raises Refused, or TooLate where somebody decided it meanwhile."""
    adoption = take_up(item, Use(channel, title=title), adopted_on, by)
    facts_changed.send(Item, item_ids=item.counted)
    return adoption


def take_up(item: Item, use: Use, adopted_on: datetime.date, by: Account | None, *, printed: bool = False) -> Adoption:
    """An adoption with its credits, which start as the item's shares; a submitted item is accepted first.

    Scoring is not told: whoever records several tells it once. Before a public channel the text must have passed the
    review before publication, but for what it has ``printed`` already, which is public whatever we say.
    Raises Refused, or TooLate where somebody decided the item or recorded the same adoption meanwhile.
    """
    channel, column = use.channel, use.column
    title = "" if use.title == item.title else use.title
    Office.objects.hold(item.office_id)
    if channel.office_id != item.office_id or (column and column.channel_id != channel.pk):
        raise Refused("没有这个渠道或者栏目。")
    if not (verdict := may_adopt(by, item)):
        raise Refused(verdict.reason)
    if by is not None and channel.public and not printed and not is_cleared(item):
        raise Refused(f"{channel}是公开渠道，这一稿先要通过公开前审查。")
    secrecy.refuse_marked({"采用标题": title, "期号": use.issue})
    _accept(item, by)
    if item.adoptions.live().filter(channel=channel, adopted_on=adopted_on, title=title).exists():
        raise Refused(f"{channel}在{adopted_on:%Y-%m-%d}以同一标题采用这条信息，已经登记过。")
    _refuse_twice(item, channel, adopted_on)
    adoption = Adoption.objects.create(
        item=item,
        channel=channel,
        adopted_on=adopted_on,
        title=title,
        form=use.form,
        column=column,
        link=use.link,
        issue=use.issue,
        recorded_by=by,
    )
    AdoptionCredit.objects.bulk_create(
        [
            AdoptionCredit(adoption=adoption, item_id=source, unit_id=unit, share=to_decimal(share))
            for source, unit, share in _credits(item)
        ]
    )
    Item.objects.filter(pk__in=item.counted).update(undo_until=None)  # what was built on cannot be undone below it
    if by is not None:
        record("登记采用", by=by, office=item.office.code, on=adoption, after={"item": item.number, "title": title})
    _tell(item, ADOPT, by, str(adoption))
    return adoption


def _refuse_twice(item: Item, channel: Channel, adopted_on: datetime.date) -> None:
    """Raise Refused where the same channel used one of these texts on that day another way: alone, or in a piece."""
    that_day = Adoption.objects.live().filter(channel=channel, adopted_on=adopted_on).exclude(item=item)
    if used := that_day.filter(credits__item__in=item.counted).select_related("item").first():
        told = f"《{used.title or used.item.title}》"
        raise Refused(f"{channel}在{adopted_on:%Y-%m-%d}已经采用{told}，同一条来源不能在这一天再记一次。")


def _accept(item: Item, by: Account | None) -> None:
    """What a channel uses is valid, and so is what a piece that it uses was merged from."""
    if item.state == State.MERGED:
        if not Item.objects.filter(pk=item.pk, state=State.MERGED).exists():
            raise TooLate(who_was_first(item))
        for link in item.sources.select_related("item__office", "item__unit"):
            if not (verdict := may_adopt(None, link.item)):
                raise Refused(f"来源《{link.item.title}》：{verdict.reason}")
            _accept(link.item, by)
    elif item.state == State.SUBMITTED:
        move(item, "accept", by)
    elif not Item.objects.filter(pk=item.pk, state=State.VALID).exists():
        raise TooLate(who_was_first(item))


def _credits(item: Item) -> list[tuple[int, int, int]]:
    """Whom an adoption is credited to: ids of item and unit, and a share in whole millionths; all add to 1.

    Of a merged piece each source has its share of the piece, and each of its units of that. Equal parts are split by
    largest remainder, in the order of the sources and of their units.
    """
    if item.state != State.MERGED:
        return [(item.pk, unit, share) for unit, share in item.shares.values_list("unit", whole("share"))]
    parts = [
        (link.item_id, unit, from_decimal(link.share) * share)
        for link in item.sources.all()
        for unit, share in ItemShare.objects.filter(item=link.item_id).values_list("unit", whole("share"))
    ]
    shares = apportion(ONE, [part for _, _, part in parts])
    return [(source, unit, share) for (source, unit, _), share in zip(parts, shares, strict=True) if share]


@transaction.atomic
def forward(item: Item, channel: Channel, forwarded_on: datetime.date, by: Account) -> Forwarding:
    """Record that an item was passed on to a channel (已转报). Raises Refused."""
    Office.objects.hold(item.office_id)
    if channel.office_id != item.office_id:
        raise Refused("没有这个渠道。")
    if not (verdict := may_adopt(by, item)):
        raise Refused(verdict.reason.replace("登记采用", "登记转报"))
    if item.forwardings.live().filter(channel=channel, forwarded_on=forwarded_on).exists():
        raise Refused(f"{forwarded_on:%Y-%m-%d}转报{channel}，已经登记过。")
    _accept(item, by)
    forwarding = Forwarding.objects.create(item=item, channel=channel, forwarded_on=forwarded_on, recorded_by=by)
    Item.objects.filter(pk__in=item.counted).update(undo_until=None)
    record("登记转报", by=by, office=item.office.code, on=forwarding, after={"item": item.number})
    _tell(item, FORWARD, by, f"{forwarded_on:%Y-%m-%d}转报{channel}")
    return forwarding


@transaction.atomic
def instruct(item: Item, leader: str, given_on: datetime.date, text: str, by: Account) -> Instruction:
    """Record a leader's instruction on an item. Raises Refused, Marked among it."""
    Office.objects.hold(item.office_id)
    if not (verdict := may_adopt(by, item)):
        raise Refused(verdict.reason.replace("登记采用", "登记批示"))
    secrecy.refuse_marked({"批示领导": leader, "批示内容": text})
    made = Instruction.objects.create(item=item, leader=leader, given_on=given_on, text=text, recorded_by=by)
    record("登记批示", by=by, office=item.office.code, on=made, after={"item": item.number})
    _tell(item, INSTRUCT, by, f"{leader}，{given_on:%Y-%m-%d}")
    return made


@transaction.atomic
def revoke(thing: Revocable, by: Account | None, reason: str) -> None:
    """Take back an adoption, whose points go with it, a forwarding or an instruction. Raises Refused or TooLate."""
    item, label = thing.item, str(thing._meta.verbose_name)
    Office.objects.hold(item.office_id)
    if not (verdict := may_revoke(by, thing)):
        raise Refused(verdict.reason)
    reason = reason.strip()[:500]
    if not reason:
        raise Refused(f"请写明撤销{label}的理由。")
    secrecy.refuse_marked({"理由": reason})
    now = timezone.now()
    live = type(thing).objects.live().filter(pk=thing.pk)
    if not live.update(revoked_at=now, revoked_by=by, revoke_reason=reason):
        raise TooLate(f"这次{label}刚刚已被撤销。")
    thing.revoked_at, thing.revoked_by, thing.revoke_reason = now, by, reason
    record(f"撤销{label}", by=by, office=item.office.code, on=thing, after={"reason": reason})
    _tell(item, REVOKE, by, f"{thing}：{reason}"[:500])
    if isinstance(thing, Adoption):
        facts_changed.send(Item, item_ids=set(thing.credits.values_list("item", flat=True)))


def _tell(item: Item, event: str, by: Account | None, reason: str) -> None:
    """An event that leaves the state as it is; of a merged piece in the history of each source, too."""
    sources = item.sources.select_related("item") if item.state == State.MERGED else []
    told = [item, *(link.item for link in sources)]
    ItemEvent.objects.bulk_create(
        [ItemEvent(item=one, actor=by, move=event, was=one.state, now=one.state, reason=reason[:500]) for one in told]
    )
