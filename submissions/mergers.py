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
from submissions.permissions import may_merge, may_share_out
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
    _tell_sources(sources, MERGE, by, f"《{piece.title}》")
    numbers = [source.number for source in sources]
    record("综合", by=by, office=office.code, on=item, after={"title": piece.title, "sources": numbers})
    return item


@transaction.atomic
def share_out(piece: Item, sources: Sequence[tuple[int, int]], by: Account) -> None:
    """Let a piece be made of these items, with these shares, from now on. Raises Refused once it was adopted: what was
    credited stays credited as it was."""
    office = Office.objects.held(piece.office_id)
    piece = Item.objects.select_related("office").get(pk=piece.pk)
    if not (verdict := may_share_out(by, piece)):
        raise Refused(verdict.reason)
    before = {link.item_id: link for link in piece.sources.select_related("item")}
    now = {source.pk: source for source in _sources(office, sources, by)}
    piece.sources.all().delete()
    _share_out(piece, sources)
    _tell_sources([source for pk, source in now.items() if pk not in before], MERGE, by, f"《{piece.title}》")
    _tell_sources([link.item for pk, link in before.items() if pk not in now], APART, by, f"《{piece.title}》")
    told = {str(source): share for source, (_, share) in zip(now.values(), sources, strict=True)}
    record("改综合份额", by=by, office=office.code, on=piece, after=told)


@transaction.atomic
def take_apart(piece: Item, reason: str, by: Account) -> None:
    """Let a piece be no more; its sources are as they were. Raises Refused while a channel's adoption of it stands."""
    Office.objects.hold(piece.office_id)
    piece = Item.objects.select_related("office").get(pk=piece.pk)
    move(piece, "take_apart", by, reason)
    sources = [link.item for link in piece.sources.select_related("item")]
    _tell_sources(sources, APART, by, f"《{piece.title}》：{reason.strip()}")


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


def _tell_sources(sources: Sequence[Item], event: str, by: Account, reason: str) -> None:
    ItemEvent.objects.bulk_create(
        [
            ItemEvent(item=source, actor=by, move=event, was=source.state, now=source.state, reason=reason[:500])
            for source in sources
        ]
    )
