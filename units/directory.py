"""The directory (通讯录): whom to ring in each unit of an office's roster, and what is missing there."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from units.contacts import newest_round
from units.models import Contact, ContactConfirmation, ContactKind, Office, RosterLine
from units.models.rosters import RosterLineQuerySet
from units.text import one_line, row_id

ROWS = 50  # units a page
STATES = {"": "全部", "no-officer": "没有信息员", "no-phone": "没有电话", "waiting": "还没有核对"}


@dataclass(slots=True)
class Entry:
    """A unit's line of the roster with its contacts of today, and whether it has looked through them."""

    line: RosterLine
    contacts: list[Contact]
    confirmed: bool


class Directory:
    """What an address asks of the directory: words, what is missing, the page. Six queries, however many units."""

    def __init__(self, office: Office, asked: Any) -> None:
        self.office = office
        self.round = newest_round(office)
        self.words = one_line(asked.get("q", ""))[:100]
        self.state = asked.get("state", "") if asked.get("state", "") in self._states() else ""
        self.after = row_id(asked.get("after", ""))

    @property
    def chips(self) -> list[tuple[str, str, int, bool]]:
        """Each state's address, label and number of units under the words, and whether it is the one shown."""
        conditions = self._states()
        counts = self._lines().aggregate(
            **{f"n{i}": Count("pk", filter=condition) for i, condition in enumerate(conditions.values())}
        )
        return [
            (self.address(state=state), STATES[state], counts[f"n{i}"], state == self.state)
            for i, state in enumerate(conditions)
        ]

    @property
    def confirmed(self) -> int:
        """How many of the units that stand on the roster have looked through their contacts in the round."""
        return RosterLine.objects.current().filter(self._is_confirmed(), office=self.office).count()

    def page(self) -> tuple[list[Entry], str]:
        """The units asked for in printed order, a page of them; and the address of the next, if there is one."""
        found = self._lines().filter(self._states()[self.state]).in_printed_order().select_related("group")
        lines = list(found.printed_behind(self.after)[: ROWS + 1])
        shown = lines[:ROWS]
        units = [line.unit_id for line in shown]
        contacts: dict[int, list[Contact]] = {unit: [] for unit in units}
        for contact in Contact.objects.on(timezone.localdate()).filter(unit__in=units):
            contacts[contact.unit_id].append(contact)
        made = ContactConfirmation.objects.filter(round=self.round, unit__in=units).values_list("unit", flat=True)
        done = set(made) if self.round else set()
        entries = [Entry(line, contacts[line.unit_id], line.unit_id in done) for line in shown]
        return entries, self.address(after=shown[-1].pk) if len(lines) > ROWS else ""

    def address(self, **changes: Any) -> str:
        kept = {"q": self.words, "state": self.state, **changes}
        return "?" + urlencode({name: value for name, value in kept.items() if value})

    def _lines(self) -> RosterLineQuerySet:
        """The roster of today, as far as a unit or one of its contacts bears the words."""
        lines = RosterLine.objects.current().filter(office=self.office)
        if self.words:
            named = Q(name__icontains=self.words) | Q(unit__name__icontains=self.words)
            lines = lines.filter(named | self._has_contact(name__icontains=self.words))
        return lines

    def _states(self) -> dict[str, Q]:
        """What each state asks of a line; the last only once a round was started."""
        states = {
            "": Q(pk__isnull=False),
            "no-officer": ~self._has_contact(kind=ContactKind.OFFICER),
            "no-phone": ~self._has_contact(phone__gt=""),
        }
        return states | ({"waiting": ~self._is_confirmed()} if self.round else {})

    def _has_contact(self, **which: Any) -> Q:
        today = timezone.localdate()
        return Q(Exists(Contact.objects.on(today).order_by().filter(unit=OuterRef("unit"), **which)))

    def _is_confirmed(self) -> Q:
        return Q(Exists(ContactConfirmation.objects.filter(round=self.round, unit=OuterRef("unit"))))
