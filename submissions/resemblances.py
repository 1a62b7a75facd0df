"""What is said of two items that are alike: the same, one continues the other, no matter. The answer is kept."""

from django.db import transaction
from django.utils import timezone

from submissions.models import Answer, Item, Resemblance
from submissions.permissions import in_charge
from trail.records import record
from units.models import Account, Office, Role
from units.verdicts import YES, Refused, TooLate, Verdict, no


def side_of(account: Account, item: Item) -> int | None:
    """The id of the unit for which this account answers: its office's, or the item's; None where for nobody."""
    if account.has_role(item.office.unit_id, Role.EDITOR):
        return item.office.unit_id
    return item.unit_id if account.has_role(item.unit_id, Role.OFFICER) else None


def may_answer(account: Account, item: Item) -> Verdict:
    """An editor who is for the item, or an officer of its unit."""
    side = side_of(account, item)
    if side is None:
        return no("只有报送单位的信息员和收稿单位的编辑可以答复。")
    return in_charge(account, item) if side == item.office.unit_id else YES


@transaction.atomic
def answer(item: Item, other: Item, said: str, by: Account, seen: str = "") -> None:
    """Say what an item is to another that went out, or with an empty answer take it back.

    ``seen`` is what stood there when the page was made. Raises Refused, or TooLate where somebody of the same side
    answered meanwhile.
    """
    office = Office.objects.hold_still(item.office_id)
    if not (verdict := may_answer(by, item)):
        raise Refused(verdict.reason)
    if said not in ("", *Answer.values):
        raise Refused("请选一个答复。")
    side = side_of(by, item) or item.unit_id
    earlier, later = sorted((item, other), key=lambda one: one.pk)
    stands = Resemblance.objects.between(item, other).filter(unit=side).select_related("by").first()
    if (was := stands.answer if stands else "") == said:
        return
    if was != seen:
        who = f"{stands.by}已经答复“{stands}”" if stands else "答复刚刚被收回"
        raise TooLate(f"{who}，您这一次没有记。要改，请再选一次。")
    if stands and not said:
        stands.delete()
    else:
        Resemblance.objects.update_or_create(
            earlier=earlier, later=later, unit_id=side, defaults={"answer": said, "by": by, "at": timezone.now()}
        )
    before, after = ({"answer": Answer(value).label} if value else {} for value in (was, said))
    about = {"other": f"{other.number} {other.title}"}
    record("答复相近信息", by=by, office=office.code, on=item, before=before | about, after=after | about)


def told(item: Item, account: Account) -> dict[int, list[Resemblance]]:
    """The answers on an item that this account hears of, by the other item's id; its own side's first."""
    rows = Resemblance.objects.of(item).told_to(account, item.office).select_related("unit", "by")
    side = side_of(account, item)
    answers: dict[int, list[Resemblance]] = {}
    for row in sorted(rows, key=lambda row: (row.unit_id != side, row.pk)):
        answers.setdefault(row.later_id if row.earlier_id == item.pk else row.earlier_id, []).append(row)
    return answers


def hidden(answers: list[Resemblance], account: Account, item: Item) -> bool:
    """Whether the reader's own side has said that a pair is no matter."""
    side = side_of(account, item) or (item.office.unit_id if account.works_at(item.office) else item.unit_id)
    return any(row.unit_id == side and row.answer == Answer.NO_MATTER for row in answers)


def continued(item: Item, account: Account) -> list[Item]:
    """The items that somebody said continue this one or go before it, as far as the reader may see them; by day.

    What the office says goes before what a unit said.
    """
    links = set()
    for other, answers in told(item, account).items():
        of_office = [row for row in answers if row.unit_id == item.office.unit_id]
        if any(row.answer == Answer.CONTINUED for row in of_office or answers):
            links.add(other)
    if not links:
        return []
    seen = Item.objects.visible_to(account, item.office).filter(pk__in=links, number__isnull=False)
    return list(seen.order_by("received_on", "id"))
