"""Everything a report of a period says in figures and titles, read at one moment."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from django.db import transaction
from django.db.models import BigIntegerField, Count, Q, Sum

from reports.models import Letterhead
from scoring.models import Measure
from scoring.standings import Standings, entries_of, standings
from submissions.exact import plain
from submissions.fields import whole
from submissions.models import Adoption, Period, Theme
from submissions.moves import Refused
from units.models import Office, Unit

LAST = (1_000_000, 0)  # the place of a unit that the table does not hold


class Adopted(NamedTuple):
    """An adopted title: of which units (a joint one of several), in which group, where and when."""

    title: str
    units: str
    group: str
    channel: str
    adopted_on: datetime.date


class Correction(NamedTuple):
    """What this period got that belongs to an earlier one, closed by then: so many entries, so many points."""

    period: str
    entries: int
    points: int


@dataclass(frozen=True, slots=True)
class Figures:
    period: Period
    letterhead: Letterhead
    table: Standings
    adopted: list[Adopted]
    corrections: list[Correction]
    themes: list[str]
    next_period: Period | None
    priorities: list[str]

    @property
    def issuer(self) -> str:
        return self.letterhead.issuer or self.table.office.name

    @property
    def summary(self) -> str:
        units = sum(1 for _ in self.table.lines)
        return f"{units}家单位，{plain(self.table.items)}条，{plain(self.table.score)}分"


@transaction.atomic
def gather(period: Period) -> Figures:
    """The period's figures, while the office's books are held, so that titles and table never part.

    Raises Refused where the office has no scheme: there is nothing to count by.
    """
    office = Office.objects.hold(period.office_id)
    period = Period.objects.select_related("office").get(pk=period.pk)  # it may have been closed meanwhile
    table = standings(period)
    if table.scheme is None:
        raise Refused(f"{office}还没有计分办法，不能生成报表。")
    following = Period.objects.filter(office=office, kind=period.kind, starts_on__gt=period.ends_on)
    next_period = following.order_by("starts_on").first()
    of_period_or_every = Q(period=period) | Q(period=None, year=None)
    themes = Theme.objects.topics().filter(of_period_or_every, office=office, scored=True).order_by("position", "id")
    return Figures(
        period=period,
        letterhead=Letterhead.objects.filter(office=office).first() or Letterhead(office=office),
        table=table,
        adopted=_adopted(period, table),
        corrections=_corrections(period),
        themes=list(themes.values_list("name", flat=True)),
        next_period=next_period,
        priorities=[theme.name for theme in Theme.objects.priorities_of(next_period)] if next_period else [],
    )


def _adopted(period: Period, table: Standings) -> list[Adopted]:
    """The adoptions that the table counts, by channel, group and unit.

    Read from the ledger and not from the adoptions: so the list of a closed period stays as the table
    does, and one that an earlier period counted and this one takes back is in neither.
    """
    counted = (
        entries_of(period)
        .filter(kind=Measure.ADOPTION)
        .order_by()
        .values_list("adoption_id", "unit_id")
        .annotate(counted=Sum(whole("count"), output_field=BigIntegerField()))
    )
    shares: dict[int, dict[int, int]] = defaultdict(dict)
    for adoption_id, unit_id, count in counted:
        shares[adoption_id][unit_id] = int(count)
    credited = {
        pk: [unit for unit, count in units.items() if count > 0]
        for pk, units in shares.items()
        if sum(units.values()) > 0
    }
    place: dict[int, tuple[int, int]] = {}
    name_and_group: dict[int, tuple[str, str]] = {}
    for i, group in enumerate(table.groups):
        for j, line in enumerate(group.lines):
            place[line.unit] = (i, j)
            name_and_group[line.unit] = (line.name, group.name)
    strangers = {unit for units in credited.values() for unit in units} - place.keys()
    name_and_group |= {unit.pk: (unit.name, "") for unit in Unit.objects.filter(pk__in=strangers)}

    rows = []
    adoptions = _in_bulk(list(credited))
    for adoption in adoptions:
        units = sorted(credited[adoption.pk], key=lambda unit: place.get(unit, LAST))
        channel = adoption.channel
        order = (channel.position, channel.pk, place.get(units[0], LAST), adoption.adopted_on, adoption.pk)
        title = adoption.title or adoption.item.title
        names = "、".join(name_and_group[unit][0] for unit in units)
        rows.append((order, Adopted(title, names, name_and_group[units[0]][1], channel.name, adoption.adopted_on)))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _in_bulk(ids: list[int]) -> list[Adoption]:
    """The adoptions of these ids, a thousand at a time: databases limit the parameters of a statement."""
    adoptions = Adoption.objects.select_related("channel", "item")
    return [row for i in range(0, len(ids), 1_000) for row in adoptions.filter(pk__in=ids[i : i + 1_000])]


def _corrections(period: Period) -> list[Correction]:
    rows = (
        entries_of(period)
        .filter(late_for__isnull=False)
        .order_by("late_for__starts_on", "late_for")
        .values_list("late_for__name")
        .annotate(entries=Count("pk"), given=Sum(whole("points"), output_field=BigIntegerField()))
    )
    return [Correction(period, entries, int(points)) for period, entries, points in rows]
