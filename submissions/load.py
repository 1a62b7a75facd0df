"""The editors' load (工作量): what waits for each now, what each decided in a period, and how long it had waited.

A decision that was undone is none. It had waited since the item last came in: since the last event before it that
brought the item to where it waits, be that a receipt, a new text after a return, or a reopening.
"""

import datetime
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Max, OuterRef, Subquery, Value, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils import timezone

from submissions.filters import counted
from submissions.models import Item, ItemEvent, Period
from submissions.permissions import charges_of, in_charge_of
from submissions.states import DECISIONS, UNDO, State
from units.models import Account, Membership, Office, Role

DAY = datetime.timedelta(days=1)
EDGES = (1, 2, 3, 5, 7, 14, 30)  # days at which one bar of the distribution ends and the next begins


class Decision(NamedTuple):
    """``waited`` is none of what never came in by an event, as of old imports."""

    by: int
    move: str
    on: datetime.date
    waited: datetime.timedelta | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What some decisions come to. ``median`` and ``most`` are days, ``most`` those in which nine of ten were decided;
    none where nothing had waited. ``in_time`` of ``timed`` were decided within the office's days."""

    accepted: int
    returned: int
    rejected: int
    median: float | None
    most: float | None
    in_time: int
    timed: int

    @property
    def decided(self) -> int:
        return self.accepted + self.returned + self.rejected

    @property
    def percent(self) -> int:
        """How many of a hundred were decided in time, rounded down: 100 are all."""
        return self.in_time * 100 // self.timed if self.timed else 0


class Bar(NamedTuple):
    label: str
    number: int
    median: float | None = None


def figures(decisions: Iterable[Decision], within: int) -> Figures:
    """What these decisions come to, ``within`` being the days that the office gives itself."""
    rows = list(decisions)
    moves = Counter(row.move for row in rows)
    waits = sorted(row.waited for row in rows if row.waited is not None)
    return Figures(
        accepted=moves["accept"],
        returned=moves["return"],
        rejected=moves["reject"],
        median=_median(waits),
        most=waits[math.ceil(len(waits) * 9 / 10) - 1] / DAY if waits else None,
        in_time=sum(wait <= within * DAY for wait in waits),
        timed=len(waits),
    )


def _median(waits: list[datetime.timedelta]) -> float | None:
    return statistics.median(wait / DAY for wait in waits) if waits else None


def distribution(decisions: Iterable[Decision]) -> list[Bar]:
    """How many decisions came after how many days; each edge belongs to the bar that begins with it."""
    numbers = Counter(sum(row.waited >= edge * DAY for edge in EDGES) for row in decisions if row.waited is not None)
    spans = [f"{low}–{high} 天" for low, high in pairwise(EDGES)]
    labels = [f"不到 {EDGES[0]} 天", *spans, f"{EDGES[-1]} 天以上"]
    return [Bar(label, numbers[place]) for place, label in enumerate(labels)]


def by_week(decisions: Iterable[Decision], first: datetime.date, last: datetime.date) -> list[Bar]:
    """How many were decided in each week that has a day in this range, by the Monday it begins with; their
    median."""
    weeks: dict[datetime.date, list[Decision]] = defaultdict(list)
    for row in decisions:
        weeks[_monday(row.on)].append(row)
    mondays = range(_monday(first).toordinal(), last.toordinal() + 1, 7)
    return [_week(datetime.date.fromordinal(day), weeks) for day in mondays]


def _week(monday: datetime.date, weeks: dict[datetime.date, list[Decision]]) -> Bar:
    rows = weeks.get(monday, [])
    waits = [row.waited for row in rows if row.waited is not None]
    return Bar(f"{monday.month}月{monday.day}日", len(rows), _median(waits))


def _monday(day: datetime.date) -> datetime.date:
    return day - datetime.timedelta(days=day.weekday())


def decided_in(period: Period, by: Account | None = None) -> list[Decision]:
    """The decisions of a period that stand, all or one editor's: one query, which costs what the period holds."""
    begins, ends = (
        timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
        for day in (period.starts_on, period.ends_on + DAY)
    )
    # The office is asked of each event, as a value: of a join SQLite begins with all items that the office ever had.
    its_office = Subquery(Item.objects.filter(pk=OuterRef("item")).values("office")[:1])
    events = ItemEvent.objects.filter(move__in=DECISIONS, at__gte=begins, at__lt=ends)
    events = events.alias(its_office=its_office).filter(its_office=period.office_id)
    of_item = ItemEvent.objects.filter(item=OuterRef("item"))
    later = of_item.filter(move__in=(*DECISIONS, UNDO), pk__gt=OuterRef("pk")).order_by("pk")
    came = of_item.filter(now=State.SUBMITTED, pk__lt=OuterRef("pk")).exclude(was=State.SUBMITTED).exclude(move=UNDO)
    events = events.alias(then=Coalesce(Subquery(later.values("move")[:1]), Value(""))).exclude(then=UNDO)
    events = events.filter(actor=by) if by else events.filter(actor__isnull=False)
    rows = events.order_by("pk").values_list("actor", "move", "at", Subquery(came.order_by("-pk").values("at")[:1]))
    return [
        Decision(actor, move, timezone.localdate(at), at - since if since else None) for actor, move, at, since in rows
    ]


@dataclass(slots=True)
class Line:
    """An editor's line. ``charge`` names what they are for, nothing where it is everything; who is no editor any more
    has nothing open."""

    account: Account
    figures: Figures
    open: str = ""
    overdue: str = ""
    charge: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Load:
    """The load of a period. ``open`` and ``overdue`` are the office's, each item once."""

    lines: list[Line]
    total: Figures
    distribution: list[Bar]
    weeks: list[Bar]
    open: str
    overdue: str


def load_of(period: Period, only: Account | None = None) -> Load:
    """What each editor of the office has to do and did in a period, or one alone; in a fixed number of queries."""
    office, today = period.office, timezone.localdate()
    decisions = decided_in(period, only)
    by: dict[int, list[Decision]] = defaultdict(list)
    for row in decisions:
        by[row.by].append(row)
    editors = _editors(office, only)
    waiting = Item.objects.filter(office=office, state=State.SUBMITTED)
    mine = [in_charge_of(waiting, editor, office) for editor in editors]
    numbers = counted(*(items for own in (waiting, *mine) for items in (own, own.overdue(office))))
    lines = [
        Line(editor, figures(by.pop(editor.pk, []), office.decides_within), opened, overdue, _charge(editor))
        for editor, opened, overdue in zip(editors, numbers[2::2], numbers[3::2], strict=True)
    ]
    former = Account.objects.filter(pk__in=by).order_by("name", "pk")
    lines += [Line(account, figures(by[account.pk], office.decides_within)) for account in former]
    return Load(
        lines=lines,
        total=figures(decisions, office.decides_within),
        distribution=distribution(decisions),
        weeks=by_week(decisions, period.starts_on, min(period.ends_on, max(today, period.starts_on))),
        open=numbers[0],
        overdue=numbers[1],
    )


def _editors(office: Office, only: Account | None) -> list[Account]:
    """Those who decide at the office now, each with what they are for, in as many queries for all as for one."""
    held = Membership.objects.filter(unit=office.unit_id, role=Role.EDITOR, account__is_active=True)
    held = held.filter(account=only) if only else held
    held = held.annotate(a_charge=Coalesce(Max("groups"), Max("theme_charges")))
    rows = list(held.select_related("account", "unit").order_by("account__name", "account"))
    prefetch_related_objects([row for row in rows if row.narrowed], "groups", "theme_charges__theme")
    for row in rows:
        row.account.held = [row]
        charges_of(row.account, office)
    return [row.account for row in rows]


def _charge(editor: Account) -> list[str]:
    return [
        str(one)
        for row in editor.held
        if row.narrowed
        for one in (*row.groups.all(), *(charge.theme for charge in row.theme_charges.all()))
    ]
