"""The only writer of an item's state: one at a time, or in bulk with their adoptions for the past.

Each act holds the office's books, asks its verdict, changes by a conditional update that only one of two
can win, writes the event and sends the one signal, in one transaction.
"""

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from submissions import search, secrecy, similar
from submissions.exact import to_decimal
from submissions.fields import whole
from submissions.joint import units_of
from submissions.models import (
    Adoption,
    AdoptionCredit,
    Item,
    ItemEvent,
    ItemShare,
    ItemTheme,
    ReceiptCounter,
    Revision,
)
from submissions.permissions import IN_HAND, is_reviewed, may_adopt, may_move
from submissions.signals import facts_changed
from submissions.similarity import Piece
from submissions.states import ADOPT, IMPORT, MOVES, RECEIVED, Move, State
from trail.records import record
from units.models import Account, Office, Role
from units.verdicts import Refused, TooLate

BATCH = 2_000  # rows a statement


@transaction.atomic
def move(item: Item, name: str, by: Account | None, reason: str = "", themes: Collection[int] | None = None) -> Item:
    """Make one move of ``states.MOVES``. Raises Refused (not allowed) or TooLate (somebody was first).

    Of an item that is accepted those of its themes are confirmed that ``themes`` names, or all.
    """
    Office.objects.hold(item.office_id)
    if not (verdict := may_move(by, item, name)):
        raise Refused(verdict.reason)
    the_move = MOVES[name]
    reason = reason.strip()
    if the_move.needs_reason and not reason:
        raise Refused(f"请写明{the_move.label}的理由。")
    secrecy.refuse_marked({"理由": reason})
    was, now = State(item.state), _target(item, the_move)
    changes: dict[str, Any] = {"state": now, "undo_until": None}
    if now == State.SUBMITTED and the_move.role != Role.EDITOR:
        changes |= _send(item)
    moment = timezone.now()  # one for all: between two of them the year may end
    if now == State.SUBMITTED:
        changes["waits_since"] = moment
    if now in RECEIVED and item.number is None:
        day = timezone.localdate(moment)
        changes |= {"number": next_number(item.office, day.year), "received_on": day}
    if not Item.objects.filter(pk=item.pk, state=was).update(**changes):
        told = the_move.role == Role.EDITOR or not Item.objects.get(pk=item.pk).held
        raise TooLate(who_was_first(item) if told else IN_HAND)
    for name_of_field, value in changes.items():
        setattr(item, name_of_field, value)
    if name == "accept":
        proposed = item.themes.filter(confirmed_at=None)
        proposed = proposed if themes is None else proposed.filter(theme__in=themes)
        proposed.update(confirmed_by=by, confirmed_at=timezone.now())
    ItemEvent.objects.create(item=item, actor=by, move=name, was=was, now=now, reason=reason[:500])
    if by is not None:  # an import is one entry of the trail for all its items
        after = {"state": now.label, **({"reason": reason} if reason else {})}
        record(the_move.label, by=by, office=item.office.code, on=item, before={"state": was.label}, after=after)
    if State.VALID in (was, now):  # only valid items count
        facts_changed.send(Item, item_ids=[item.pk])
    return item


@dataclass(slots=True)
class PastAdoption:
    """An adoption as the past left it. ``title`` may be empty: the item's own."""

    channel: int
    adopted_on: datetime.date
    title: str = ""


@dataclass(slots=True)
class PastItem:
    """An item as the past left it: ids of units with shares in whole millionths, ids of themes, adoptions."""

    number: str
    title: str
    received_on: datetime.date
    state: State
    shares: Sequence[tuple[int, int]]
    themes: Sequence[int] = ()
    adoptions: list[PastAdoption] = field(default_factory=list)


@transaction.atomic
def record_past(
    office: Office, items: Iterable[PastItem], adoptions: Iterable[tuple[Item, PastAdoption]] = (), *, source: str
) -> None:
    """The one door for items from the past (imports, paper): same constraints, their events, one recount at the end.

    Each item gets one event for itself and one for each adoption. ``adoptions`` are those of items already
    here, which are accepted first where they still wait. ``source`` is what their history says they came
    from. Raises Refused for an item that cannot be adopted.
    """
    office = Office.objects.held(office.pk)
    past = list(items)
    now = timezone.now()
    stored = Item.objects.bulk_create(
        [
            Item(
                office=office,
                unit_id=row.shares[0][0],
                number=row.number,
                title=row.title,
                state=row.state,
                received_on=row.received_on,
                waits_since=timezone.make_aware(datetime.datetime.combine(row.received_on, datetime.time())),
            )
            for row in past
        ],
        batch_size=BATCH,
    )
    Revision.objects.bulk_create(
        [Revision(item=i, number=1, title=i.title, sent_at=now) for i in stored], batch_size=BATCH
    )
    search.index((item.pk, item.title) for item in stored)
    units = [[unit for unit, _ in row.shares] for row in past]
    similar.index((office.pk, i.pk, of, Piece(i.title)) for i, of in zip(stored, units, strict=True))
    ItemShare.objects.bulk_create(
        [
            ItemShare(item=item, unit_id=unit, share=to_decimal(share), position=position)
            for item, row in zip(stored, past, strict=True)
            for position, (unit, share) in enumerate(row.shares)
        ],
        batch_size=BATCH,
    )
    ItemTheme.objects.bulk_create(
        [
            ItemTheme(item=item, theme_id=theme, confirmed_at=now if row.state == State.VALID else None)
            for item, row in zip(stored, past, strict=True)
            for theme in row.themes
        ],
        batch_size=BATCH,
    )
    ItemEvent.objects.bulk_create(
        [ItemEvent(item=item, move=IMPORT, now=item.state, reason=source[:500], told_at=now) for item in stored],
        batch_size=BATCH,
    )
    to_come = [(item, adoption) for item, row in zip(stored, past, strict=True) for adoption in row.adoptions]
    shares = {item.pk: row.shares for item, row in zip(stored, past, strict=True) if row.adoptions}
    for item, adoption in adoptions:
        if not (verdict := may_adopt(None, item)):
            raise Refused(verdict.reason)
        if item.state == State.SUBMITTED:
            move(item, "accept", None)
        shares[item.pk] = list(item.shares.values_list("unit_id", whole("share")))
        to_come.append((item, adoption))
    _record_past_adoptions(to_come, shares, source)
    facts_changed.send(Item, item_ids=[item.pk for item in stored] + [item.pk for item, _ in to_come])


def _record_past_adoptions(
    rows: list[tuple[Item, PastAdoption]], shares: dict[int, Sequence[tuple[int, int]]], source: str
) -> None:
    adoptions = Adoption.objects.bulk_create(
        [Adoption(item=item, channel_id=row.channel, adopted_on=row.adopted_on, title=row.title) for item, row in rows],
        batch_size=BATCH,
    )
    AdoptionCredit.objects.bulk_create(
        [
            AdoptionCredit(adoption=adoption, item_id=adoption.item_id, unit_id=unit, share=to_decimal(share))
            for adoption in adoptions
            for unit, share in shares[adoption.item_id]
        ],
        batch_size=BATCH,
    )
    ItemEvent.objects.bulk_create(
        [  # of the past nobody is told
            ItemEvent(item=i, move=ADOPT, was=i.state, now=i.state, reason=source[:500], told_at=timezone.now())
            for i, _ in rows
        ],
        batch_size=BATCH,
    )


def _target(item: Item, the_move: Move) -> State:
    """Where a move leads this item: by way of its unit, or back to its officer with its receipt."""
    if the_move.by_way_of_signer and _waits_in_its_unit(item):
        return State.SIGNING
    if the_move.target == State.DRAFT and item.number:
        return State.RETURNED
    return the_move.target


def _send(item: Item) -> dict[str, Any]:
    """Let the newest revision go out; what the item repeats of it from now on."""
    newest = item.newest_revision
    if newest is None:
        return {}
    if newest.sent_at is None:
        newest.sent_at = timezone.now()
        newest.save(update_fields=["sent_at"])
        search.reindex(item.pk, newest.searched)
    similar.index([(item.office_id, item.pk, units_of(item), Piece(newest.title, newest.text))])
    return {"title": newest.title, "kind": newest.kind}


def _waits_in_its_unit(item: Item) -> bool:
    """By the unit's choice an item is signed, reviewed by somebody else, or both, before the office has it."""
    return item.unit.needs_signer or (item.unit.needs_review and not is_reviewed(item))


def next_number(office: Office, year: int) -> str:
    """The next receipt number of a year, while the office is held: 2026-00001."""
    counter, _ = ReceiptCounter.objects.get_or_create(office=office, year=year)
    while True:
        counter.last += 1
        number = f"{year}-{counter.last:05d}"
        if not Item.objects.filter(office=office, number=number).exists():
            counter.save(update_fields=["last"])
            return number


def who_was_first(item: Item) -> str:
    """A sentence about what became of the item meanwhile."""
    event = item.events.select_related("actor").order_by("-at", "-id").first()
    if event is None:
        return "这条信息刚刚已被别人办理。"
    who = event.actor or "系统"
    return f"{who}在{timezone.localtime(event.at):%H:%M}已经办理：{event.label}。"
