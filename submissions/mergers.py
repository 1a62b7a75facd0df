"""Merging (综合): an editor makes one piece of several items, and channels use that.

The piece is an item in a state of its own: it has a text, which is edited, reviewed and passed on like any other, but
no receipt, no day and no share, so it counts for nobody. Its sources stay what they are. What channels do with it is
credited to them, by their shares of it and of each by the shares of its units.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from submissions import body, search, secrecy
from submissions.drafts import MOST
from submissions.exact import ONE, to_decimal
from submissions.models import Item, ItemEvent, MergedItem, Revision
from submissions.moves import move
from submissions.permissions import may_merge, may_share_out, may_use_all
from submissions.stamps import refuse_stale
from submissions.states import APART, MERGE, State
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused

FEWEST, MOST_SOURCES = 2, 50


@dataclass(frozen=True)
class Piece:
    """What an editor wrote. ``sources`` are ids of items, in order, with shares in whole millionths that add to 1.

    ``token`` is what the page was given, so that two presses make one piece.
    """

    title: str
    html: str
    sources: Sequence[tuple[int, int]]
    token: str = ""


@transaction.atomic
def merge(office: Office, piece: Piece, by: Account) -> Item:
    """Make one piece of several items. Raises Refused, Marked among it."""
    office = Office.objects.held(office.pk)
    if piece.token and (known := Item.objects.filter(form_token=piece.token, office=office).first()):
        return known
    sources = _sources(office, piece.sources, by)
    text = body.plain(piece.html)
    if not piece.title:
        raise Refused("请写标题。")
    if not text:
        raise Refused("请写正文。")
    if (length := body.length(text)) > MOST:
        raise Refused(f"正文最多 {MOST} 个字，现在 {length} 个；请删减。")
    secrecy.refuse_marked({"标题": piece.title, "正文": text})
    item = Item.objects.create(
        office=office, unit=office.unit, title=piece.title, state=State.MERGED, form_token=piece.token or None
    )
    revision = Revision.objects.create(
        item=item,
        number=1,
        title=piece.title,
        body=piece.html,
        text=text,
        author=by,
        writers=[by.pk],
        sent_at=timezone.now(),
    )
    search.reindex(item.pk, revision.searched)
    _share_out(item, piece.sources)
    named = "、".join(f"《{source.title}》" for source in sources)[:500]
    ItemEvent.objects.create(item=item, actor=by, move=MERGE, now=State.MERGED, reason=named)
    _tell_sources(sources, MERGE, by)
    record("综合", by=by, office=office.code, on=item, after={"title": piece.title, "sources": in_words(item)})
    return item


def in_words(piece: Item) -> list[str]:
    """Numbers and shares of a piece's sources, in order."""
    return [f"{link.item.number} {link.share.normalize():f}" for link in piece.sources.select_related("item")]


@transaction.atomic
def share_out(piece: Item, sources: Sequence[tuple[int, int]], seen: str, by: Account) -> None:
    """Let a piece be made of these items, with these shares, from now on. ``seen``: what the page was made from.

    Raises Refused once it was adopted, since what was credited stays credited as it was; or TooLate where somebody
    changed it meanwhile.
    """
    office = Office.objects.held(piece.office_id)
    piece = Item.objects.select_related("office").get(pk=piece.pk)
    if not (verdict := may_share_out(by, piece)):
        raise Refused(verdict.reason)
    told = in_words(piece)
    refuse_stale(seen, {"sources": told})
    before = {link.item_id: link for link in piece.sources.select_related("item")}
    now = {source.pk: source for source in _sources(office, sources, by)}
    piece.sources.all().delete()
    _share_out(piece, sources)
    _tell_sources([source for pk, source in now.items() if pk not in before], MERGE, by)
    _tell_sources([link.item for pk, link in before.items() if pk not in now], APART, by)
    after = {"sources": in_words(piece)}
    record("改综合份额", by=by, office=office.code, on=piece, before={"sources": told}, after=after)


@transaction.atomic
def take_apart(piece: Item, reason: str, by: Account) -> None:
    """Let a piece be no more; its sources are as they were. Raises Refused while something that a channel or a leader
    did with it stands."""
    Office.objects.hold(piece.office_id)
    piece = Item.objects.select_related("office").get(pk=piece.pk)
    if not (verdict := may_use_all(by, piece)):
        raise Refused(verdict.reason)
    move(piece, "take_apart", by, reason)
    _tell_sources([link.item for link in piece.sources.select_related("item")], APART, by)


def _sources(office: Office, wanted: Sequence[tuple[int, int]], by: Account) -> list[Item]:
    """The items that are asked for, in order. Raises Refused where they cannot be merged, or not with these shares."""
    ids = [pk for pk, _ in wanted]
    if len(set(ids)) != len(ids):
        raise Refused("同一条信息只能选一次。")
    if not FEWEST <= len(ids) <= MOST_SOURCES:
        raise Refused(f"综合稿要有 {FEWEST} 到 {MOST_SOURCES} 条来源，现在 {len(ids)} 条。")
    if any(share <= 0 for _, share in wanted) or sum(share for _, share in wanted) != ONE:
        raise Refused("各来源的份额都要大于 0，加起来要等于 1。")
    found = Item.objects.filter(office=office, pk__in=ids).select_related("office", "unit").in_bulk()
    if len(found) != len(ids):
        raise Refused("有一条来源不在这里，请重新选。")
    for pk in ids:
        if not (verdict := may_merge(by, found[pk])):
            raise Refused(f"《{found[pk].title}》：{verdict.reason}")
    return [found[pk] for pk in ids]


def _share_out(piece: Item, sources: Sequence[tuple[int, int]]) -> None:
    MergedItem.objects.bulk_create(
        [
            MergedItem(piece=piece, item_id=pk, share=to_decimal(share), position=position)
            for position, (pk, share) in enumerate(sources)
        ]
    )


def _tell_sources(sources: Sequence[Item], event: str, by: Account) -> None:
    """A line in the history of each, without what the piece is called: it is the office's until a channel has it.

    What was built on a decision ends its minute.
    """
    Item.objects.filter(pk__in=[source.pk for source in sources]).update(undo_until=None)
    ItemEvent.objects.bulk_create(
        [ItemEvent(item=source, actor=by, move=event, was=source.state, now=source.state) for source in sources]
    )
