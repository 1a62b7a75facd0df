"""Reviews: before submission (报送前) somebody of the unit who did not write looks for what must not go out; before
publication (公开前) somebody of the office does, for what must not be public."""

from django.db import transaction

from submissions import secrecy, similar
from submissions.models import Item, ItemEvent, Review, ReviewStage
from submissions.moves import move
from submissions.permissions import may_clear, may_review
from submissions.similarity import Piece
from submissions.states import CLEARED, REVIEW
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused, TooLate


@transaction.atomic
def review(item: Item, number: int, by: Account, statement: str, *, passed: bool) -> Review:
    """Record a review of the revision with this number; what it says is kept with it for good.

    Passed, the item goes to the signer, or where the unit has none to the office; failed, it is a draft again.
    Raises Refused, or TooLate where another revision or another review came meanwhile.
    """
    Office.objects.hold(item.office_id)
    item = Item.objects.select_related("office", "unit").get(pk=item.pk)
    if not (verdict := may_review(by, item)):
        raise Refused(verdict.reason)
    revision = item.revisions.latest("number")
    if revision.number != number:
        raise TooLate("文稿刚刚又改过，请看过新的一稿再审查。")
    statement = statement.strip()
    if not statement:
        raise Refused("请写明审查意见。")
    secrecy.refuse_marked({"审查意见": statement})
    made = Review.objects.create(
        revision=revision, stage=ReviewStage.BEFORE_SUBMISSION, reviewer=by, statement=statement[:500], passed=passed
    )
    record("报送前审查", by=by, office=item.office.code, on=item, after={"passed": passed, "statement": statement})
    if not passed:
        move(item, "fail", by, statement)
    elif item.unit.needs_signer:
        ItemEvent.objects.create(
            item=item, actor=by, move=REVIEW, was=item.state, now=item.state, reason=made.statement
        )
    else:
        move(item, "clear", by, statement)
    return made


@transaction.atomic
def clear(item: Item, number: int, by: Account, statement: str, *, passed: bool) -> Review:
    """Record the office's review of the text that went out, before any public channel has it. It stays with the text.

    Raises Refused, or TooLate where another text came, or somebody has passed it, meanwhile.
    """
    Office.objects.hold(item.office_id)
    item = Item.objects.select_related("office").prefetch_related("revisions").get(pk=item.pk)
    revision = item.sent_revision
    if not (verdict := may_clear(by, item, revision)):
        raise Refused(verdict.reason)
    if revision is None or revision.number != number:
        raise TooLate("文稿刚刚又改过，请看过新的一稿再审查。")
    statement = statement.strip()
    if not statement:
        raise Refused("请写明审查意见。")
    secrecy.refuse_marked({"审查意见": statement})
    if revision.reviews.filter(stage=ReviewStage.BEFORE_PUBLICATION, passed=True).exists():
        raise TooLate("这一稿刚刚已经通过公开前审查。")
    made = Review.objects.create(
        revision=revision, stage=ReviewStage.BEFORE_PUBLICATION, reviewer=by, statement=statement[:500], passed=passed
    )
    if passed:
        similar.publish([(item.office_id, item.pk, Piece(revision.title, revision.text))])
    record("公开前审查", by=by, office=item.office.code, on=item, after={"passed": passed, "statement": statement})
    told = "通过" if passed else "不通过"
    ItemEvent.objects.create(item=item, actor=by, move=CLEARED, was=item.state, now=item.state, reason=told)
    return made
