"""Writing: a draft is saved again and again, then submitted as a revision that never changes.

Before each save the text is looked through for marks of secrecy; on a hit nothing is stored, here or in the trail.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from submissions import answers, body, files, follow_ups, joint, secrecy
from submissions.exact import to_decimal
from submissions.fields import whole
from submissions.models import (
    Attachment,
    Draft,
    Item,
    ItemFile,
    ItemKind,
    ItemShare,
    ItemTheme,
    Resemblance,
    Revision,
    Theme,
)
from submissions.moves import move
from submissions.permissions import WRITABLE, may_write, may_write_for
from submissions.states import State
from trail.records import record, told_before
from units.models import Account, Office, Role, Unit
from units.verdicts import Refused, TooLate

UNTITLED = "（未写标题）"
GONE = "这条信息刚刚已经报送或删去，这里的文字没有存。"
SITTING = timedelta(minutes=10)  # between two saves of one sitting at most
ELSE = ("saved_at", "page", "turn")  # of a draft what is not its text
OF_A_REVISION = ("title", "body", "authors", "responsible")
LEAST, MOST = 10, 20_000  # characters of a text that is submitted


@dataclass(frozen=True)
class Typed:
    """What stands in the page. ``version`` is of the draft that the page was filled from, 0 for a new one.

    ``shares`` are names and shares as typed, the lead first; ``files`` ids and captions, in order. ``page``
    and ``turn`` say which page it is, and its how manieth save this is.
    """

    title: str
    body: str
    version: int = 0
    kind: ItemKind | None = None
    urgent: bool = False
    final: bool = False
    authors: str = ""
    responsible: str = ""
    themes: list[int] = field(default_factory=list)
    shares: joint.Typed = field(default_factory=list)
    files: list[list] = field(default_factory=list)
    page: str = ""
    turn: int = 0


def draft_of(item: Item, account: Account) -> Draft:
    """The draft of an item, or one filled from its newest revision and not yet saved."""
    draft = Draft.objects.filter(item=item).select_related("kind", "saved_by").first()
    if draft:
        return draft
    last = item.newest_revision
    draft = Draft(
        item=item, kind=item.kind, urgent=item.urgent, final=item.final, saved_by=account, saved_at=timezone.now()
    )
    if last:
        for name in OF_A_REVISION:
            setattr(draft, name, getattr(last, name))
        draft.files = hung_on(last)
    draft.themes = list(item.themes.values_list("theme_id", flat=True))
    draft.shares = shares_in_words(item)
    return draft


def hung_on(revision: Revision) -> list[list]:
    """Ids and captions of a revision's files, as a draft keeps them."""
    return [list(row) for row in revision.attachments.values_list("file_id", "caption")]


def files_of(item: Item, revision: Revision | None) -> list[Attachment]:
    """What hangs on this revision of an item, or on its draft while it has none; in order, with captions."""
    if revision is not None:
        return list(revision.attachments.select_related("file"))
    draft = Draft.objects.filter(item=item).first()
    return hung_on_draft(draft) if draft else []


def hung_on_draft(draft: Draft) -> list[Attachment]:
    """The files of a draft as they will hang on its revision; not stored."""
    files = ItemFile.objects.filter(item=draft.item_id).in_bulk([pk for pk, _ in draft.files])
    return [Attachment(file=files[pk], caption=caption) for pk, caption in draft.files if pk in files]


def shares_in_words(item: Item) -> joint.Typed:
    """The shares of a joint item as they would be typed; nothing for a unit alone."""
    rows = list(item.shares.select_related("unit"))
    names = joint.printed_names(item, rows)
    return [[names[row.unit_id], f"{row.share.normalize():f}"] for row in rows] if len(rows) > 1 else []


def copy_of(item: Item, account: Account) -> Draft:
    """A draft for another item, filled from an earlier one: without its files, which belong to that one."""
    draft = draft_of(item, account)
    kept = {name: getattr(draft, name) for name in (*OF_A_REVISION, "kind", "themes", "shares")}
    kept["body"] = body.clean(draft.body)
    return Draft(saved_by=account, saved_at=timezone.now(), **kept)


def follow_up_to(first: Item, account: Account) -> Draft:
    """A draft of the next report on what a first one tells of: under its title, for the same units, with an empty
    text."""
    return Draft(
        saved_by=account,
        saved_at=timezone.now(),
        title=follow_ups.title_of_next(first),
        kind=first.kind,
        urgent=True,
        themes=list(first.themes.values_list("theme_id", flat=True)),
        shares=shares_in_words(first),
    )


def written_with(token: str, office: Office, account: Account) -> Item | None:
    """The item that a page with this token has made already at this office, of a unit of the account's."""
    made = Item.objects.filter(form_token=token, office=office, unit__in=account.units_with(Role.OFFICER))
    return made.select_related("office", "unit").first()


def tokens_of(account: Account, office: Office, most: int = 50) -> list[str]:
    """The tokens of pages whose text lies here as this person's draft, the newest first."""
    mine = Draft.objects.filter(saved_by=account, item__office=office, item__form_token__isnull=False)
    return [str(token) for token in mine.order_by("-saved_at").values_list("item__form_token", flat=True)[:most]]


def write(
    office: Office,
    item: Item | None,
    unit: Unit,
    token: str,
    typed: Typed,
    by: Account,
    *,
    by_itself: bool = False,
    commission: int | None = None,
    follows: int | None = None,
) -> Draft:
    """Save what stands in a page: of an item, or of the one that a page with this token makes or has made.

    A new item is to answer a ``commission``, or to carry on the report that it ``follows``. Raises Refused, Marked
    among it, or TooLate.
    """
    item = item or written_with(token, office, by)
    if item is None:
        try:
            return begin(office, unit, token, typed, by, commission=commission, follows=follows)
        except TooLate:
            item = written_with(token, office, by)  # by the same page, at the same moment
            if item is None:
                raise
    if item.unit_id != unit.pk:
        raise Refused(f"这一页已经替{item.unit}存过，不能再换单位；替别的单位写，请另写一条。")
    return save(item, typed, by, by_itself=by_itself)


@transaction.atomic
def begin(
    office: Office,
    unit: Unit,
    token: str,
    typed: Typed,
    by: Account,
    *,
    commission: int | None = None,
    follows: int | None = None,
) -> Draft:
    """Save what is written for the first time: for a ``commission`` where it still can be (``answers``), as a follow-up
    where it ``follows`` a report of the unit's. The same token again is the same item.

    Raises Refused, Marked among it, or TooLate where another request with the token was first.
    """
    refuse_marked(typed)
    if not (verdict := may_write_for(by, unit, office)):
        raise Refused(verdict.reason)
    first = follow_ups.first_for(follows, office, unit, by) if follows is not None else None
    title = typed.title or UNTITLED
    try:
        with transaction.atomic():
            item = Item.objects.create(office=office, unit=unit, title=title, form_token=token, follows=first)
    except IntegrityError as error:
        raise TooLate("这一页刚刚已经存过。") from error
    ItemShare.objects.create(item=item, unit=unit, share=1)
    record("写信息", by=by, office=office.code, on=item)
    answers.begun_with(commission, item, by)
    return _store(item, typed, by, [by.pk])


@transaction.atomic
def save(item: Item, typed: Typed, by: Account, *, by_itself: bool = False) -> Draft:
    """Save a draft on top of the version it was written on. Raises Refused, Marked among it, or TooLate.

    ``by_itself``: the page saves; of a sitting the first save is on the trail.
    """
    refuse_marked(typed)
    if not (verdict := may_write(by, item)):
        raise Refused(verdict.reason)
    same_sitting = Draft.objects.filter(item=item, saved_by=by, saved_at__gte=timezone.now() - SITTING)
    if by_itself and same_sitting.exists():
        told_before()
    else:
        record("存草稿", by=by, office=item.office.code, on=item)
    # The draft before its item, as in ``submit``: two requests never wait crosswise.
    draft = _store(item, typed, by, _writers(item, by))
    Item.objects.filter(pk=item.pk, number=None).update(title=typed.title or UNTITLED)
    return draft


def _store(item: Item, typed: Typed, by: Account, writers: list[int]) -> Draft:
    """Write the draft if it still is of the version that was read. Raises TooLate, naming who was first."""
    fields = {
        "title": typed.title,
        "body": typed.body,
        "kind": typed.kind,
        "urgent": typed.urgent or item.follows_id is not None,
        "final": typed.final and item.follows_id is not None,
        "authors": typed.authors,
        "responsible": typed.responsible,
        "themes": typed.themes,
        "shares": typed.shares,
        "files": _own_files(item, typed.files),
        "writers": writers,
        "saved_by": by,
        "saved_at": timezone.now(),
        "page": typed.page,
        "turn": typed.turn,
    }
    of_this_page = Q(page=typed.page, turn__lt=typed.turn) if typed.page else Q()
    mine = Draft.objects.filter(Q(version=typed.version) | of_this_page, item=item)
    stored = mine.update(version=F("version") + 1, **fields) if typed.version or typed.turn > 1 else 0
    if not stored and not typed.version:
        try:
            with transaction.atomic():
                draft = Draft.objects.create(item=item, version=1, **fields)
        except IntegrityError:
            stored = 0
        else:
            # Whoever submitted it meanwhile has taken the draft away; there must not be another.
            if not Item.objects.filter(pk=item.pk, state__in=WRITABLE).exists():
                raise TooLate(GONE)
            return draft
    if stored:
        return Draft.objects.select_related("item__office", "item__unit", "kind", "saved_by").get(item=item)
    first = Draft.objects.filter(item=item).select_related("item__office", "item__unit", "kind", "saved_by").first()
    if first is None:
        raise TooLate(GONE)
    if all(getattr(first, name) == value for name, value in fields.items() if name not in ELSE):
        return first  # the same page, sent twice at once
    when = f"{timezone.localtime(first.saved_at):%H:%M:%S}"
    raise TooLate(
        f"{first.saved_by}{when}在另一个窗口里存过更新的一稿。这里的文字没有存，也没有丢；请打开新的一稿对照。"
    )


def _own_files(item: Item, typed: list[list]) -> list[list]:
    """Of the files named those that are the item's, once each."""
    own = set(item.files.values_list("pk", flat=True)) if typed else set()
    captions = {pk: caption for pk, caption in reversed(typed) if pk in own}
    return [[pk, captions[pk]] for pk in dict.fromkeys(pk for pk, _ in typed) if pk in own]


def _writers(item: Item, by: Account) -> list[int]:
    """All who had a hand in the text so far, this one among them; of a new item nobody else."""
    before = Draft.objects.filter(item=item).values_list("writers", flat=True).first()
    if before is None:
        last = item.newest_revision
        before = [*last.writers, *([last.author_id] if last.author_id else [])] if last else []
    return list(dict.fromkeys([*before, by.pk]))


def refuse_marked(typed: Typed) -> None:
    """Raise Marked where a mark of secrecy stands in what was typed."""
    captions = "\n".join(caption for _, caption in typed.files)
    units = "\n".join(name for name, _ in typed.shares)
    texts = {"标题": typed.title, "正文": body.plain(typed.body), "作者": typed.authors, "责任编辑": typed.responsible}
    secrecy.refuse_marked({**texts, "附件说明": captions, "联合单位": units})


def warnings(typed: Typed) -> list[str]:
    """Personal numbers in the text: a sentence each, with the place."""
    return warnings_of(typed.title, typed.body)


def warnings_of(title: str, html: str) -> list[str]:
    """The same of a title and a cleaned text."""
    found = secrecy.personal_numbers(f"{title}\n{body.plain(html)}")
    return [f"像是{one.kind}：“{one.around}”。不是必须公开的，请删去或遮住几位。" for one in found]


def missing(draft: Draft) -> dict[str, str]:
    """What a text still needs before it can be submitted: field and sentence."""
    wanting = {}
    if not draft.title:
        wanting["title"] = "请写标题。"
    length = body.length(body.plain(draft.body))
    if length < LEAST:
        wanting["body"] = f"正文至少 {LEAST} 个字，现在 {length} 个。"
    elif length > MOST:
        wanting["body"] = f"正文最多 {MOST} 个字，现在 {length} 个；请删减，或者分成几条。"
    if draft.kind is None:
        wanting["kind"] = "请选种类。"
    try:
        joint.shares(draft.item, draft.shares)
    except Refused as error:
        wanting["shares"] = str(error)
    return wanting


@transaction.atomic
def submit(draft: Draft, by: Account) -> Item:
    """Make a draft a revision and submit its item; the receipt is given once.

    Raises Refused (something missing, a repost of the unit's own), or TooLate where the draft is no longer this one.
    """
    item = draft.item
    Office.objects.hold(item.office_id)
    if not Draft.objects.filter(pk=draft.pk, version=draft.version).delete()[0]:
        raise TooLate("这条信息刚刚已经报送、删去，或者在另一个窗口里改过，没有再报送。")
    if wanting := missing(draft):
        raise Refused("".join(wanting.values()))
    text = body.plain(draft.body)
    digest = body.digest(draft.title, text)
    refuse_repost(item, digest)
    follow_ups.refuse_ended(item, draft.final)
    content = {name: getattr(draft, name) for name in OF_A_REVISION} | {"kind": draft.kind}
    _revise(item, draft, {**content, "text": text}, by)
    # What others follow up stays urgent, or they would hang on an item without a clock or a chain.
    item.urgent = draft.urgent or (item.urgent and item.follow_ups.exists())
    item.final, item.digest = draft.final, digest
    if item.number is None:
        item.title, item.kind = draft.title, draft.kind
    item.save(update_fields=["title", "urgent", "final", "kind", "digest"])
    _propose(item, draft.themes, by)
    _share(item, joint.shares(item, draft.shares))
    return move(item, "resubmit" if item.state == State.RETURNED else "submit", by)


def _revise(item: Item, draft: Draft, content: dict[str, Any], by: Account) -> None:
    """Make the draft a revision, unless it says what the last one does."""
    last, hung = item.newest_revision, _own_files(item, draft.files)
    if last and all(getattr(last, name) == value for name, value in content.items()) and hung_on(last) == hung:
        return
    number = last.number + 1 if last else 1
    revision = Revision.objects.create(
        item=item, number=number, author=by, writers=sorted({*draft.writers, by.pk}), **content
    )
    files.hang(hung, revision)


def _share(item: Item, shares: list[tuple[int, int]]) -> None:
    """Whom the item counts for from now on."""
    if list(item.shares.values_list("unit", whole("share"))) == shares:
        return
    item.shares.all().delete()
    ItemShare.objects.bulk_create(
        [
            ItemShare(item=item, unit_id=unit, share=to_decimal(part), position=i)
            for i, (unit, part) in enumerate(shares)
        ]
    )


def refuse_repost(item: Item, digest: str) -> None:
    """Raise Refused, with the earlier receipt, where the unit has submitted these words already."""
    same = Item.objects.filter(unit=item.unit_id, office=item.office_id, digest=digest).exclude(pk=item.pk)
    if earlier := same.exclude(state=State.WITHDRAWN).first():
        told = f"编号 {earlier.number}" if earlier.number else f"现在是“{earlier.get_state_display()}”"
        raise Refused(f"和本单位已经报送的一条全文相同：《{earlier.title}》（{told}）。要补充新进展，请改过再报。")


def _propose(item: Item, themes: list[int], by: Account) -> None:
    """The themes that the officer proposes; those that an editor confirmed stay."""
    chosen = set(Theme.objects.filter(office=item.office_id, pk__in=themes).values_list("pk", flat=True))
    there = dict(item.themes.values_list("theme_id", "confirmed_at"))
    if dropped := [pk for pk, confirmed in there.items() if confirmed is None and pk not in chosen]:
        item.themes.filter(theme__in=dropped).delete()
    added = sorted(chosen - set(there))
    ItemTheme.objects.bulk_create([ItemTheme(item=item, theme_id=pk, proposed_by=by) for pk in added])


def is_sent(item: Item, typed: Typed) -> bool:
    """Whether just this text was submitted a moment ago: somebody pressed twice, or sent again after a lost answer."""
    last = item.newest_revision
    waits = Item.objects.filter(pk=item.pk, state__in=(State.SIGNING, State.SUBMITTED)).exists()
    return waits and last is not None and (last.title, last.body) == (typed.title, typed.body)


@transaction.atomic
def discard(item: Item, by: Account) -> None:
    """Delete a draft for good; what has a receipt never is. Raises Refused or TooLate."""
    if not (verdict := may_write(by, item)):
        raise Refused(verdict.reason)
    if item.number or item.state != State.DRAFT:
        raise Refused("已经报送过的信息不能删除。")
    if not Item.objects.select_for_update().filter(pk=item.pk, state=State.DRAFT, number=None).exists():
        raise TooLate("这份草稿刚刚已经报送或删去。")
    record("删除草稿", by=by, office=item.office.code, on=item)
    answers.forget(item)
    for rows in (item.events, item.themes, item.shares, Resemblance.objects.of(item)):
        rows.all().delete()
    for revision in item.revisions.all():
        revision.attachments.all().delete()
        revision.reviews.all().delete()
        revision.delete()
    files.remove_all(item)
    item.delete()
