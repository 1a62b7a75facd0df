"""Comments (点评): what an office and the units of an item say to each other about it, in threads of one level."""

import uuid
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from submissions.models import Comment, Item
from submissions.permissions import (
    TAKEN_BACK_WITHIN,
    may_comment,
    may_read_comments,
    may_take_back,
    speaks_for,
)
from submissions.secrecy import refuse_marked
from submissions.stamps import one_press
from submissions.states import State
from trail.records import record, told_before
from units.models import Account, Office, Role
from units.notices import untell
from units.verdicts import Refused, TooLate, Verdict

THREADS = 30  # shown at once
MOST_SAID = 1_000  # characters of a comment
MOST_ANSWERS = 50  # in a thread, so that a page of threads stays one


@transaction.atomic
def say(item: Item, text: str, by: Account, token: str, answers: Comment | None = None) -> Comment:
    """Say something about an item, or answer a beginning. Raises Refused, Marked among it.

    ``token`` is what the page was given, so that five presses say it once. The words stand in the comment alone, which
    never changes: the trail has that it was said.
    """
    Office.objects.hold_still(item.office_id)  # nobody takes back meanwhile what is answered
    item = Item.objects.select_related("office").get(pk=item.pk)
    if not (verdict := may_comment(by, item)):
        raise Refused(verdict.reason)
    if not text:
        raise Refused("请写点评的内容。")
    refuse_marked({"点评": text})
    press = one_press(token, item.pk, by.pk, answers.pk if answers else 0, text)
    if known := Comment.objects.filter(form_token=press).first():
        told_before()
        return known
    if answers is not None:
        _refuse_answer(item, answers)
    from_office = by.has_role(item.office.unit_id, Role.EDITOR, Role.MANAGER)
    said = Comment.objects.create(
        item=item,
        answers=answers,
        by=by,
        from_office=from_office,
        unit_id=None if from_office else speaks_for(by, item)[0],
        text=text,
        form_token=press,
    )
    told = {"comment": said.pk, **({"answers": answers.pk} if answers else {})}
    record("点评", by=by, office=item.office.code, on=item, after=told)
    if item.state == State.MERGED:  # each source's units read it, and answer, beside their own
        for source in Item.objects.filter(pieces__piece=item):
            say(source, text, by, token)
    return said


def _refuse_answer(item: Item, answers: Comment) -> None:
    """Raise Refused where that is no beginning on this item, was taken back, or has answers enough."""
    beginning = item.comments.filter(pk=answers.pk, answers=None).first()
    if beginning is None:
        raise Refused("要回复的点评不在这条信息下面，请刷新页面再看。")
    if beginning.taken_back_at:
        raise Refused("这条点评已经收回，不能回复；要说的请另起一条。")
    if beginning.replies.count() >= MOST_ANSWERS:
        raise Refused(f"这里已经有 {MOST_ANSWERS} 条回复，请另起一条。")


@transaction.atomic
def take_back(comment: Comment, by: Account) -> None:
    """Take back what one has just said; its place says so. Raises Refused, or TooLate where it was done already."""
    Office.objects.hold_still(comment.item.office_id)
    comment = Comment.objects.select_related("item__office").get(pk=comment.pk)
    if not (verdict := may_take_back(by, comment, _is_answered(comment))):
        raise Refused(verdict.reason)
    now = timezone.now()
    standing = Comment.objects.filter(pk=comment.pk, taken_back_at=None, at__gte=now - TAKEN_BACK_WITHIN)
    if not standing.update(taken_back_at=now):
        raise TooLate("这条点评已经收回，或者超过了十分钟。")
    untell(f"comment:{comment.pk}")
    record("收回点评", by=by, office=comment.item.office.code, on=comment.item, after={"comment": comment.pk})


def _is_answered(comment: Comment) -> bool:
    """Whether something that stands was said after it in its thread."""
    later = Comment.objects.filter(answers=comment.answers_id or comment.pk, pk__gt=comment.pk)
    return later.filter(taken_back_at=None).exists()


@dataclass(slots=True)
class Line:
    """A comment as it is shown, and whether its reader may take it back."""

    comment: Comment
    may_take_back: bool = False


@dataclass(slots=True)
class Thread:
    """A beginning and its answers, as they were said."""

    beginning: Line
    answers: list[Line] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        return [self.beginning, *self.answers]


@dataclass(slots=True)
class Conversation:
    """What was said about an item, the last threads of it, and whether its reader may say something.

    ``earlier`` is the id before which there are more threads, 0 where there are none. ``token`` is for what is said on
    this page.
    """

    item: Item
    threads: list[Thread]
    number: int
    earlier: int
    may_say: Verdict
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    typed: str | None = None  # what was refused, why, and the beginning under which it was written; 0 for a beginning
    refusal: str = ""
    typed_under: int = 0
    most: int = MOST_SAID  # characters that its box holds

    def keep(self, typed: str, refusal: str, under: int | None) -> None:
        """Show what was typed where it was written, or where a beginning is where that cannot be answered here."""
        open_ones = (thread.beginning.comment for thread in self.threads)
        self.typed, self.refusal = typed, refusal
        self.typed_under = next((one.pk for one in open_ones if one.pk == under and not one.taken_back_at), 0)


def conversation(item: Item, account: Account, before: int | None = None) -> Conversation | None:
    """The last threads of an item, or those before a beginning of this id; None for whom there are none to read.

    One query for the office, however many there are, and none where the item came with the word (``talked``) that
    nothing was said; another counts them where they are more than one page.
    """
    if not may_read_comments(account, item):
        return None
    beginnings = item.comments.filter(answers=None).order_by("-pk")
    if before is not None:
        beginnings = beginnings.filter(pk__lt=before)
    page = beginnings.values("pk")[: THREADS + 1]  # one more, to know whether there are earlier ones
    said = item.comments.filter(Q(pk__in=page) | Q(answers__in=page)).select_related("by", "unit").order_by("pk")
    threads: dict[int, Thread] = {}
    for comment in said if getattr(item, "talked", True) else ():
        if comment.answers_id is None:
            threads[comment.pk] = Thread(Line(comment))
        else:
            threads[comment.answers_id].answers.append(Line(comment))
    shown = list(threads.values())[-THREADS:]
    more = len(threads) > THREADS
    for thread in shown:
        _mark_last_words(thread, account)
    return Conversation(
        item=item,
        threads=shown,
        number=item.comments.count() if more or before is not None else sum(len(thread.lines) for thread in shown),
        earlier=shown[0].beginning.comment.pk if more else 0,
        may_say=may_comment(account, item),
    )


def _mark_last_words(thread: Thread, account: Account) -> None:
    """Say of each line whether the reader may take it back: what stands behind it answers it."""
    answered = False
    for line in reversed(thread.lines):
        line.may_take_back = bool(may_take_back(account, line.comment, answered))
        answered = answered or line.comment.taken_back_at is None
