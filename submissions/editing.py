"""An editor changes a text that was received: another revision, which says who changed what."""

from django.db import transaction
from django.utils import timezone

from submissions import body, files, search, secrecy, similar
from submissions.drafts import MOST, hung_on
from submissions.joint import units_of
from submissions.models import Item, ItemEvent, Revision
from submissions.permissions import may_edit
from submissions.similarity import Piece
from submissions.states import EDIT
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused, TooLate


@transaction.atomic
def edit(item: Item, number: int, title: str, html: str, note: str, by: Account) -> Revision:
    """Put an editor's text in the place of revision ``number``, with its files; the older one is kept beside it.

    Who edited is among the writers, and may not pass it for publication. Raises Refused, Marked among it, or TooLate
    where another text came meanwhile.
    """
    Office.objects.hold(item.office_id)
    item = Item.objects.select_related("office").prefetch_related("revisions").get(pk=item.pk)
    if not (verdict := may_edit(by, item)):
        raise Refused(verdict.reason)
    last = item.sent_revision
    if last is None or last.number != number:
        raise TooLate("别人刚刚改过这一稿，您的改动没有存，文字还在框里；请打开新的一稿对照。")
    text = body.plain(html)
    if (length := body.length(text)) > MOST:
        raise Refused(f"正文最多 {MOST} 个字，现在 {length} 个；请删减。")
    if not title:
        raise Refused("请写标题。")
    secrecy.refuse_marked({"标题": title, "正文": text, "说明": note})
    if (title, html) == (last.title, last.body):
        raise Refused("标题和正文都没有改动。")
    revision = Revision.objects.create(
        item=item,
        number=last.number + 1,
        title=title,
        body=html,
        text=text,
        kind=last.kind,
        authors=last.authors,
        responsible=last.responsible,
        author=by,
        writers=sorted({*last.writers, *([last.author_id] if last.author_id else []), by.pk}),
        sent_at=timezone.now(),
    )
    files.hang(hung_on(last), revision)
    item.adoptions.filter(title="").update(title=last.title)  # what a channel printed stays what it printed
    digest = body.digest(title, text) if text else ""
    Item.objects.filter(pk=item.pk).update(title=title, digest=digest, undo_until=None)
    search.reindex(item.pk, revision.searched)
    if item.number:  # a merged piece is compared with nothing
        similar.index([(item.office_id, item.pk, units_of(item), Piece(title, text))])
    ItemEvent.objects.create(item=item, actor=by, move=EDIT, was=item.state, now=item.state, reason=note[:500])
    record("编辑改稿", by=by, office=item.office.code, on=item, before={"title": last.title}, after={"title": title})
    return revision
