"""Items that somebody of the office records for their units: what came by mail or on paper (代录), and what a channel
used though nobody submitted it (补录)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from submissions import body, search, secrecy, similar
from submissions.drafts import MOST, refuse_repost
from submissions.exact import to_decimal
from submissions.models import Item, ItemEvent, ItemKind, ItemShare, ItemTheme, Revision, Theme
from submissions.moves import next_number
from submissions.permissions import may_enter
from submissions.similarity import Piece
from submissions.states import ENTER, EVENT_LABELS, State
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused


@dataclass(slots=True)
class Entry:
    """What is recorded, since when and why; whose it is as ids of units with shares in whole millionths.

    ``token`` is what the page was given, so that two presses make one item.
    """

    title: str
    shares: Sequence[tuple[int, int]]
    received_on: datetime.date
    why: str
    html: str = ""
    kind: ItemKind | None = None
    themes: Sequence[int] = ()
    urgent: bool = False
    token: str = ""


@transaction.atomic
def enter(office: Office, entry: Entry, by: Account, event: str = ENTER) -> Item:
    """Record an item for its unit, which sees it and who did it. It waits like any other, with a receipt of today.

    Raises Refused, Marked among it; also where the unit has submitted these words already.
    """
    office = Office.objects.held(office.pk)
    if not (verdict := may_enter(by, office, [unit for unit, _ in entry.shares], entry.themes)):
        raise Refused(verdict.reason)
    if entry.token and (known := Item.objects.filter(form_token=entry.token, office=office).first()):
        return known
    text = body.plain(entry.html)
    if (length := body.length(text)) > MOST:
        raise Refused(f"正文最多 {MOST} 个字，现在 {length} 个；请删减。")
    secrecy.refuse_marked({"标题": entry.title, "正文": text, "来源": entry.why})
    item = Item(
        office=office,
        unit_id=entry.shares[0][0],
        number=next_number(office, timezone.localdate().year),
        title=entry.title,
        kind=entry.kind,
        urgent=entry.urgent,
        state=State.SUBMITTED,
        received_on=entry.received_on,
        digest=body.digest(entry.title, text) if text else "",
        form_token=entry.token or None,
    )
    if text:
        refuse_repost(item, item.digest)
    item.save()
    revision = Revision.objects.create(
        item=item,
        number=1,
        title=entry.title,
        body=entry.html,
        text=text,
        kind=entry.kind,
        author=by,
        writers=[by.pk],
        sent_at=timezone.now(),
    )
    search.reindex(item.pk, revision.searched)
    similar.index([(office.pk, item.pk, [unit for unit, _ in entry.shares], Piece(entry.title, text))])
    ItemShare.objects.bulk_create(
        [
            ItemShare(item=item, unit_id=unit, share=to_decimal(share), position=position)
            for position, (unit, share) in enumerate(entry.shares)
        ]
    )
    topics = Theme.objects.topics().filter(office=office, pk__in=entry.themes)
    ItemTheme.objects.bulk_create([ItemTheme(item=item, theme=theme, proposed_by=by) for theme in topics])
    ItemEvent.objects.create(item=item, actor=by, move=event, now=State.SUBMITTED, reason=entry.why[:500])
    record(EVENT_LABELS[event], by=by, office=office.code, on=item, after={"number": item.number, "why": entry.why})
    return item
