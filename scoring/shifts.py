"""What a change of the roster would do to the standings, before it is done."""

import datetime
from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction

from scoring.standings import Group, Line, live
from submissions.models import Period
from units.models import Office

MOST = 12  # open periods compared
SHOWN = 20  # units shown of a period


class Shift(NamedTuple):
    """A unit's line that would read otherwise; ``before`` or ``after`` is empty where it would not stand there."""

    unit: str
    before: str
    after: str


class Shifts(NamedTuple):
    """What would change in a period: those whose place, name or group changes, then how many only move in rank."""

    period: Period
    lines: list[Shift]
    moved: int


class Outlook(NamedTuple):
    """What an act would change: in which open periods, the newest first; the closed ones, which stay as they were
    stored; and how many open ones, older than these, were not tried."""

    shifts: list[Shifts]
    closed: list[Period]
    more: int


def outlook(act: Callable[[], object], office: Office, since: datetime.date) -> Outlook:
    """Do the act, compare the tables of the periods that it can reach, and take it back. Raises what the act raises."""
    reached = list(Period.objects.filter(office=office, ends_on__gte=since).newest_first())
    still_open = [period for period in reached if not period.closed]
    compared = still_open[:MOST]
    with transaction.atomic():
        before = {period.pk: _lines(period) for period in compared}
        act()
        after = {period.pk: _lines(period) for period in compared}
        transaction.set_rollback(True)
    shifts = [_between(period, before[period.pk], after[period.pk]) for period in compared]
    return Outlook(
        [one for one in shifts if one.lines or one.moved],
        [period for period in reached if period.closed],
        len(still_open) - len(compared),
    )


def _lines(period: Period) -> dict[int, tuple[Group, Line]]:
    return {line.unit: (group, line) for group in live(period).groups for line in group.lines}


def _between(period: Period, before: dict[int, tuple[Group, Line]], after: dict[int, tuple[Group, Line]]) -> Shifts:
    lines, moved = [], 0
    for unit in {**before, **after}:
        was, now = before.get(unit), after.get(unit)
        if was and now and _place(*was) == _place(*now):
            moved += _in_words(*was) != _in_words(*now)
            continue
        known = now or was
        name = known[1].name if known else ""
        lines.append(Shift(name, _in_words(*was) if was else "", _in_words(*now) if now else ""))
    return Shifts(period, lines[:SHOWN], moved + len(lines[SHOWN:]))


def _place(group: Group, line: Line) -> tuple[str, str, bool]:
    return line.name, group.name, line.ranked


def _in_words(group: Group, line: Line) -> str:
    rank = f"序号 {line.no}，第 {line.rank} 名" if line.ranked else "不参加排名"
    return f"{line.name}，{group.name}，{rank}"
