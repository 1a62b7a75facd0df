"""Silent units (催报): from which nothing was received in a period, whom to ring there, and who has rung already."""

import datetime
from dataclasses import dataclass, field
from itertools import groupby

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from submissions.models import Item, ItemShare, Period, Reminder
from submissions.permissions import may_remind
from submissions.secrecy import refuse_marked
from trail.records import record
from units.contacts import letter_to
from units.models import Account, Contact, NoticeKind, Office, Role, RosterLine, Unit
from units.notices import people_of, tell
from units.verdicts import Refused, TooLate


@dataclass(slots=True)
class Silent:
    """A unit's line of the roster, whom one rings, when anything last came from it, and the period's reminders."""

    line: RosterLine
    last_on: datetime.date | None = None
    contacts: list[Contact] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)

    @property
    def reminded_today(self) -> bool:
        return bool(self.reminders) and self.reminders[-1].is_of_today


@dataclass(slots=True)
class Silence:
    """The silent units of a period in printed order: by group, and apart those that are not ranked.

    ``on_roster`` counts all units that reported or should have.
    """

    groups: list[tuple[str, list[Silent]]]
    exempt: list[Silent]
    on_roster: int

    @property
    def ranked(self) -> list[Silent]:
        return [silent for _, units in self.groups for silent in units]

    @property
    def number(self) -> int:
        return len(self.ranked)

    @property
    def reminded(self) -> int:
        """How many of the ranked ones somebody has reminded."""
        return sum(bool(silent.reminders) for silent in self.ranked)

    @property
    def emails(self) -> list[str]:
        """The addresses of the ranked ones' contacts, each once."""
        return list(dict.fromkeys(c.email for silent in self.ranked for c in silent.contacts if c.email))

    @property
    def letter(self) -> str:
        return letter_to(self.emails)


def reported(period: Period) -> set[int]:
    """Ids of the units that have a share of an item received in the period, whatever became of it."""
    received = Item.objects.filter(office=period.office_id).received_in(period)
    return set(ItemShare.objects.filter(item__in=received).values_list("unit", flat=True))


def silence(period: Period) -> Silence:
    """The units on the roster in a period that have not reported in it, in five queries however many there are."""
    lines = on_roster(period)
    spoke = reported(period)
    silent = {line.unit_id: Silent(line) for line in lines if line.unit_id not in spoke}
    last = ItemShare.objects.filter(unit__in=silent, item__office=period.office_id, item__received_on__isnull=False)
    for unit_id, day in last.values_list("unit").annotate(Max("item__received_on")):
        silent[unit_id].last_on = day
    for contact in Contact.objects.on(timezone.localdate()).filter(unit__in=silent):
        silent[contact.unit_id].contacts.append(contact)
    for reminder in Reminder.objects.filter(period=period, unit__in=silent).select_related("made_by"):
        silent[reminder.unit_id].reminders.append(reminder)
    ranked = [unit for unit in silent.values() if unit.line.ranked]
    return Silence(
        groups=[(group.name, list(units)) for group, units in groupby(ranked, key=lambda unit: unit.line.group)],
        exempt=[unit for unit in silent.values() if not unit.line.ranked],
        on_roster=len(lines),
    )


def on_roster(period: Period) -> list[RosterLine]:
    """The period's units in printed order, each once: where its line changed, as it did stand last."""
    within = RosterLine.objects.filter(office=period.office_id).during(period.starts_on, period.ends_on)
    lines = list(within.in_printed_order().select_related("group"))
    last = {line.unit_id: line.pk for line in sorted(lines, key=lambda line: (line.since, line.pk))}
    return [line for line in lines if last[line.unit_id] == line.pk]


@transaction.atomic
def remind(period: Period, unit: Unit, by: Account, note: str = "", seen: int = 0) -> Reminder:
    """Put on record that a silent unit was rung or written to. ``seen``: how many reminders the page showed of it.

    A second one of a day needs a note, and tells the unit nothing: it knows. Raises Refused, or TooLate where the unit
    has reported or somebody has reminded it meanwhile.
    """
    office = Office.objects.hold_still(period.office_id)
    period = Period.objects.select_related("office").get(pk=period.pk)
    if not (verdict := may_remind(by, period)):
        raise Refused(verdict.reason)
    if unit.pk not in {line.unit_id for line in on_roster(period)}:
        raise Refused(f"{unit}不在{period}的名册上，不用催。")
    if unit.pk in reported(period):
        raise TooLate(f"{unit}已经报送了，不用再催。")
    refuse_marked({"备注": note})
    made = list(period.reminders.filter(unit=unit).select_related("made_by"))
    last = made[-1] if made else None
    if last and len(made) > seen:
        at = timezone.localtime(last.made_at)
        raise TooLate(f"{last.made_by}在{at:%m-%d %H:%M}已经催过{unit}，这一次没有记。确实又催了，请再记一次。")
    if last and last.is_of_today and not note:
        at = timezone.localtime(last.made_at)
        raise TooLate(f"今天已经催过{unit}（{at:%H:%M}，{last.made_by}），这一次没有记。又打了电话，请写上备注再记。")
    reminder = Reminder.objects.create(period=period, unit=unit, made_by=by, note=note)
    if not (last and last.is_of_today):
        told = dict.fromkeys(people_of([unit.pk], Role.OFFICER), f"催报：{period}还没有收到本单位的信息")
        tell(office, NoticeKind.REMINDED, f"reminder:{reminder.pk}", told, reverse("write", args=[office.code]))
    record("催报", by=by, office=office.code, on=unit, after={"period": period.name, "note": note})
    return reminder
