"""Commissions (约稿): an office asks units for a piece by a day, and sees what each of them did.

What answers one stands in ``answers``; who is told of what in ``telling``.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone

from submissions.announcements import NOT_ON_ROSTER, roster_today
from submissions.drafts import LEAST, MOST
from submissions.models import Commission, CommissionedUnit
from submissions.models.commissions import ANSWERED, STANDINGS
from submissions.permissions import may_accept, may_change_commission, may_commission, may_decline, may_remind_of
from submissions.secrecy import refuse_marked
from submissions.stamps import one_press
from submissions.telling import tell_of_decline, tell_of_new_day, tell_of_reminder, tell_of_withdrawal
from trail.records import record, told_before
from units.contacts import letter_to
from units.models import UNIT_ROLES, Account, Contact, Office, RosterLine
from units.verdicts import Refused, TooLate

FURTHEST = datetime.timedelta(days=730)  # that a due date may lie ahead
ALREADY = "别人刚刚改过这条约稿，这一次没有做；请看看现在的。"


@transaction.atomic
def commission(
    office: Office,
    title: str,
    brief: str,
    due_on: datetime.date,
    most_characters: int | None,
    units: Sequence[int],
    token: str,
    by: Account,
) -> Commission:
    """Ask units of today's roster for a piece; each stands in it, in printed order. Raises Refused, Marked among it.

    ``token`` is what the page was given, so that five presses make one.
    """
    office = Office.objects.hold_still(office.pk)
    if not (verdict := may_commission(by, office)):
        raise Refused(verdict.reason)
    if not title:
        raise Refused("请写约什么。")
    refuse_marked({"约什么": title, "要求": brief})
    press = one_press(token, office.pk, by.pk, title, brief, due_on.isoformat(), most_characters, sorted(units))
    if known := Commission.objects.filter(form_token=press).first():
        told_before()
        return known
    refuse_day(due_on)
    if most_characters is not None and not LEAST <= most_characters <= MOST:
        raise Refused(f"字数上限填 {LEAST} 到 {MOST} 之间的数，不限就空着。")
    asked = list(dict.fromkeys(roster_today(office).filter(unit__in=units).values_list("unit", flat=True)))
    if not asked:
        raise Refused("名册上没有要约的单位。")
    made = Commission.objects.create(
        office=office,
        title=title,
        brief=brief,
        due_on=due_on,
        most_characters=most_characters,
        made_by=by,
        form_token=press,
    )
    CommissionedUnit.objects.bulk_create(
        CommissionedUnit(commission=made, unit_id=unit, position=position) for position, unit in enumerate(asked)
    )
    record("约稿", by=by, office=office.code, on=made, after={"units": len(asked), "due_on": due_on})
    return made


def refuse_day(due_on: datetime.date) -> None:
    """Raise Refused for a due date that is past or too far."""
    today = timezone.localdate()
    if due_on < today:
        raise Refused(f"交稿日期是 {due_on}，已经过了；请填今天或以后的日期。")
    if due_on > today + FURTHEST:
        raise Refused(f"交稿日期是 {due_on}，太远了；请看年份有没有写错。")


def _held(commission: Commission) -> Commission:
    """As it is now, until the transaction ends: what is done to one commission is done one after another."""
    return (
        Commission.objects.select_for_update(no_key=True, of=("self",)).select_related("office").get(pk=commission.pk)
    )


@transaction.atomic
def withdraw(commission: Commission, reason: str, by: Account) -> None:
    """Take it away from its units, which are told and do not see it any more; what was written stays an ordinary item.

    Raises Refused, or TooLate where somebody has just done so.
    """
    if not (verdict := may_change_commission(by, commission)):
        raise Refused(verdict.reason)
    if not reason:
        raise Refused("请写明为什么撤销。")
    refuse_marked({"撤销理由": reason})
    now = _held(commission)
    if now.withdrawn_at:
        raise TooLate("别人刚刚撤销了这条约稿。")
    now.withdrawn_at, now.withdrawn_by, now.withdraw_reason = timezone.now(), by, reason
    now.save(update_fields=["withdrawn_at", "withdrawn_by", "withdraw_reason"])
    record("撤销约稿", by=by, office=now.office.code, on=now, after={"reason": reason})
    tell_of_withdrawal(now)


@transaction.atomic
def put_off(commission: Commission, due_on: datetime.date, by: Account) -> None:
    """Give the units until a later day; those that have not answered are told. Raises Refused or TooLate."""
    if not (verdict := may_change_commission(by, commission)):
        raise Refused(verdict.reason)
    if due_on <= commission.due_on:
        raise Refused(f"现在的交稿日期是 {commission.due_on}；只能推迟，请填更晚的日期。")
    refuse_day(due_on)
    now = _held(commission)
    if now.withdrawn_at or now.due_on != commission.due_on:
        raise TooLate(ALREADY)
    now.due_on = due_on
    now.save(update_fields=["due_on"])
    before, after = {"due_on": commission.due_on}, {"due_on": due_on}
    record("推迟约稿", by=by, office=now.office.code, on=now, before=before, after=after)
    tell_of_new_day(now)


@transaction.atomic
def remind(commission: Commission, by: Account) -> list[int]:
    """Remind the units that have neither answered nor declined, each once a day; the ids of those that were.

    Raises Refused, or TooLate where all of them have been reminded today, be it by the same press before.
    """
    now = _held(commission)
    silent = list(now.units.open().order_by("position"))
    if not (verdict := may_remind_of(by, now, len(silent))):
        raise Refused(verdict.reason)
    reminded = [row.unit_id for row in silent if not row.reminded_today]
    if not reminded:
        raise TooLate(f"{told_today(silent)}，这一次没有再提醒。")
    now.reminders, now.reminded_at = now.reminders + 1, timezone.now()
    now.save(update_fields=["reminders", "reminded_at"])
    now.units.filter(unit__in=reminded).update(reminded_at=now.reminded_at)
    after = {"units": len(reminded), "reminders": now.reminders}
    record("提醒约稿", by=by, office=now.office.code, on=now, after=after)
    tell_of_reminder(now, reminded)
    return reminded


def told_today(rows: Iterable[CommissionedUnit]) -> str:
    """How many of them have been reminded by hand today, and when last; nothing where none has."""
    times = [row.reminded_at for row in rows if row.reminded_at and row.reminded_today]
    return f"今天已经提醒过 {len(times)} 个单位（{timezone.localtime(max(times)):%H:%M}）" if times else ""


@transaction.atomic
def read_by(commission: Commission, account: Account) -> int:
    """Mark it as read for the units of this officer or signer that nobody read it for; how many there were.

    Who was first stays, on the trail too.
    """
    units = account.units_with(*UNIT_ROLES)
    if not units or commission.withdrawn_at:
        return 0
    unread = CommissionedUnit.objects.filter(commission=commission, unit__in=units, read_at=None)
    marked = unread.update(read_at=timezone.now(), read_by=account)
    if marked:
        record("阅读约稿", by=account, office=commission.office.code, on=commission)
    return marked


def _asked(asked: CommissionedUnit) -> CommissionedUnit:
    """The row as it is now, with its commission held."""
    commission = _held(asked.commission)
    row = CommissionedUnit.objects.select_related("item", "unit").get(pk=asked.pk)
    row.commission = commission
    return row


@transaction.atomic
def accept(asked: CommissionedUnit, by: Account) -> None:
    """The unit will write it; a refusal is taken back by it. Raises Refused."""
    asked = _asked(asked)
    if not (verdict := may_accept(by, asked)):
        raise Refused(verdict.reason)
    before = asked.standing_label
    asked.accepted_at, asked.declined_at, asked.decline_reason, asked.said_by = timezone.now(), None, "", by
    asked.save(update_fields=["accepted_at", "declined_at", "decline_reason", "said_by"])
    _record_reply("接受约稿", asked, by, before)


@transaction.atomic
def decline(asked: CommissionedUnit, reason: str, by: Account) -> None:
    """The unit will not write it, and says why; who made the commission is told. Raises Refused, Marked among it."""
    if not reason:
        raise Refused("请写明为什么谢绝，收稿单位会看到。")
    refuse_marked({"谢绝理由": reason})
    asked = _asked(asked)
    if not (verdict := may_decline(by, asked)):
        raise Refused(verdict.reason)
    before = asked.standing_label
    asked.declined_at, asked.decline_reason, asked.said_by = timezone.now(), reason, by
    asked.accepted_at, asked.item = None, None  # what was taken back answers nothing
    asked.save(update_fields=["declined_at", "decline_reason", "accepted_at", "item", "said_by"])
    _record_reply("谢绝约稿", asked, by, before)
    tell_of_decline(asked)


def _record_reply(act: str, asked: CommissionedUnit, by: Account, before: str) -> None:
    after = {"unit": str(asked.unit), "reply": asked.standing_label}
    if asked.decline_reason:
        after["reason"] = asked.decline_reason
    record(act, by=by, office=asked.commission.office.code, on=asked.commission, before={"reply": before}, after=after)


# ---- What the office sees ----


@dataclass(slots=True)
class Asked:
    """A unit that was asked, under the name and in the group of that day, and whom to ring there while it is silent."""

    row: CommissionedUnit
    name: str
    group: str
    contacts: list[Contact] = field(default_factory=list)


# The chips of a commission's page: those of STANDINGS add to all; overdue are those of the first three once it is due.
CHIPS = {"": "全部", **STANDINGS, "overdue": "逾期"}


@dataclass(slots=True)
class Replies:
    """What all the units of a commission did, in printed order."""

    asked: list[Asked]

    def of(self, chip: str) -> list[Asked]:
        """Those behind one of CHIPS."""
        if chip == "overdue":
            return [one for one in self.asked if one.row.overdue]
        return [one for one in self.asked if chip in ("", one.row.standing)]

    def grouped(self, chip: str) -> list[tuple[str, list[Asked]]]:
        """The same by group of the roster."""
        groups: dict[str, list[Asked]] = {}
        for one in self.of(chip):
            groups.setdefault(one.group, []).append(one)
        return list(groups.items())

    @property
    def chips(self) -> list[tuple[str, str, int]]:
        """Each with how many are behind it."""
        return [(chip, label, len(self.of(chip))) for chip, label in CHIPS.items()]

    @property
    def silent(self) -> list[Asked]:
        """Those that have neither answered nor declined."""
        return [one for one in self.asked if one.row.is_open]

    @property
    def to_remind(self) -> list[Asked]:
        """The silent ones that nobody has reminded today."""
        return [one for one in self.silent if not one.row.reminded_today]

    @property
    def told_today(self) -> str:
        return told_today(one.row for one in self.silent)

    @property
    def emails(self) -> list[str]:
        """The addresses of the silent ones' contacts, each once."""
        contacts = (contact for one in self.silent for contact in one.contacts)
        return list(dict.fromkeys(contact.email for contact in contacts if contact.email))

    @property
    def letter(self) -> str:
        return letter_to(self.emails)


def replies(commission: Commission) -> Replies:
    """What its units did, in three queries however many there are."""
    day = timezone.localdate(commission.made_at)
    rows = list(commission.units.select_related("unit", "item", "said_by", "read_by"))
    lines = RosterLine.objects.filter(office=commission.office_id, unit__in=[row.unit_id for row in rows])
    printed = {line.unit_id: line for line in lines.during(day, day).select_related("group")}
    found = {}
    for row in rows:
        row.commission = commission
        line = printed.get(row.unit_id)
        found[row.unit_id] = Asked(
            row, line.name if line else row.unit.name, line.group.name if line else NOT_ON_ROSTER
        )
    silent = [row.unit_id for row in rows if row.is_open]
    for contact in Contact.objects.on(timezone.localdate()).filter(unit__in=silent):
        found[contact.unit_id].contacts.append(contact)
    return Replies(list(found.values()))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many units were asked and what they did: ``late`` of the answers came after the due date."""

    asked: int = 0
    answered: int = 0
    late: int = 0
    declined: int = 0
    overdue: int = 0

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Tally":
        return cls(**{figure.name: row[figure.name] for figure in fields(cls)})

    @property
    def under_way(self) -> int:
        """Those that still have time."""
        return self.asked - self.answered - self.declined - self.overdue


def _tallies() -> dict[str, Count]:
    """The figures of a Tally, counted over rows of units that were asked."""
    today, still_open = timezone.localdate(), ~ANSWERED & Q(declined_at=None)
    return {
        "asked": Count("id"),
        "answered": Count("id", filter=ANSWERED),
        "late": Count("id", filter=ANSWERED & Q(item__received_on__gt=F("commission__due_on"))),
        "declined": Count("declined_at"),
        "overdue": Count("id", filter=still_open & Q(commission__due_on__lt=today)),
    }


def tallies(commissions: Collection[Commission]) -> dict[int, Tally]:
    """What the units of each did, in one query."""
    rows = CommissionedUnit.objects.filter(commission__in=commissions).order_by().values("commission")
    return {row["commission"]: Tally.from_row(row) for row in rows.annotate(**_tallies())}


@dataclass(slots=True)
class OfUnit:
    """What a unit did with all that it was asked for in a year, under today's name."""

    unit: int
    name: str
    group: str
    tally: Tally


def years_of(office: Office) -> list[int]:
    """The years in which something was due, the newest first."""
    days = Commission.objects.filter(office=office).aggregate(first=Min("due_on"), last=Max("due_on"))
    return list(range(days["last"].year, days["first"].year - 1, -1)) if days["last"] else []


def due_in(office: Office, year: int) -> Q:
    """Rows of what stands and is due in a year."""
    return Q(commission__office=office, commission__due_on__year=year, commission__withdrawn_at=None)


def by_unit(office: Office, year: int) -> list[tuple[str, list[OfUnit]]]:
    """What every unit that was asked did with what was due in a year, by group in printed order: in two queries."""
    rows = CommissionedUnit.objects.filter(due_in(office, year)).order_by().values("unit", "unit__name")
    counted = {row["unit"]: row for row in rows.annotate(**_tallies())}
    lines = list(roster_today(office).filter(unit__in=counted).select_related("group"))
    places = {line.unit_id: (place, line.name, line.group.name) for place, line in enumerate(lines)}
    found = []
    for unit, row in counted.items():
        place, name, group = places.get(unit, (len(lines), row["unit__name"], NOT_ON_ROSTER))
        found.append((place, OfUnit(unit, name, group, Tally.from_row(row))))
    groups: dict[str, list[OfUnit]] = {}
    for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].unit)):
        groups.setdefault(one.group, []).append(one)
    return list(groups.items())
