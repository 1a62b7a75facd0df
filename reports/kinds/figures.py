"""Everything a report of a period says in figures and titles, read at one moment."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import BigIntegerField, Count, Sum
from django.urls import reverse

from reports.document import Figure
from reports.models import Letterhead
from scoring.models import Measure
from scoring.standings import Standings, entries_of, standings
from submissions.exact import plain
from submissions.fields import whole
from submissions.models import Adoption, Period, Theme
from units.models import Office
from units.verdicts import Refused


class Place(NamedTuple):
    """Where a unit stands in the table: printed name, group, and the numbers of group and line."""

    name: str
    group: str
    order: tuple[int, int]


FLAG = "theme_items_also_count_as_submitted"


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
    """``places`` are those of the table by unit: each unit with an entry of the period stands in it.

    ``one_way``: every entry was counted by the same answer to whether theme items also count as submitted.
    ``before`` is the table of the period before of the same kind, where there is one with anything in it.
    """

    period: Period
    letterhead: Letterhead
    table: Standings
    places: dict[int, Place]
    one_way: bool
    before: Standings | None
    adopted: list[Adopted]
    corrections: list[Correction]
    themes: list[str]
    next_period: Period | None
    priorities: list[str]

    @property
    def issuer(self) -> str:
        return self.letterhead.issuer or self.table.office.name

    @property
    def addressee(self) -> str:
        return self.letterhead.addressee.strip().rstrip("：:")

    def items(self, millionths: int, **which: str) -> Figure:
        """A number of items and the page that lists them; ``which`` are measure, column and group."""
        return Figure(f"{plain(millionths)}条", self._page("entries", **which))

    def score(self, millionths: int, **which: str) -> Figure:
        """A score and the table that it is the sum of."""
        return Figure(f"{plain(millionths)}分", self.standings(**which))

    def standings(self, **which: str | int) -> str:
        """The address of the table; ``which`` are unit, group and only."""
        return self._page("standings", **which)

    def _page(self, name: str, **which: str | int) -> str:
        query = urlencode({"period": self.period.pk, **which})
        return f"{reverse(name, args=[self.table.office.code])}?{query}"

    @property
    def summary(self) -> str:
        units = sum(1 for _ in self.table.lines)
        return f"{units}家单位，{plain(self.table.items)}条，{plain(self.table.score)}分"


@transaction.atomic
def gather(period: Period) -> Figures:
    """The period's figures, while the office's books are held, so that titles and table never part.

    Raises Refused where the office has no scheme: there is nothing to count by.
    """
    office = Office.objects.hold_still(period.office_id)
    period = Period.objects.select_related("office").get(pk=period.pk)  # it may have been closed meanwhile
    table = standings(period)
    if table.scheme is None:
        raise Refused(f"{office}还没有计分办法，不能生成报表。")
    places = {
        line.unit: Place(line.name, group.name, (i, j))
        for i, group in enumerate(table.groups)
        for j, line in enumerate(group.lines)
    }
    following = Period.objects.filter(office=office, kind=period.kind, starts_on__gt=period.ends_on)
    next_period = following.order_by("starts_on").first()
    themes = Theme.objects.scored_in(period).order_by("position", "id")
    return Figures(
        period=period,
        letterhead=Letterhead.objects.filter(office=office).first() or Letterhead(office=office),
        table=table,
        places=places,
        one_way=entries_of(period).order_by().values(f"rule__scheme__{FLAG}").distinct().count() < 2,
        before=_before(period),
        adopted=_adopted(period, places),
        corrections=_corrections(period),
        themes=list(themes.values_list("name", flat=True)),
        next_period=next_period,
        priorities=[theme.name for theme in Theme.objects.priorities_of(next_period)] if next_period else [],
    )


def _before(period: Period) -> Standings | None:
    earlier = Period.objects.filter(office=period.office, kind=period.kind, ends_on__lt=period.starts_on)
    last = earlier.select_related("office").order_by("-ends_on").first()
    table = standings(last) if last else None
    return table if table and (table.items or table.score) else None


def _adopted(period: Period, places: dict[int, Place]) -> list[Adopted]:
    """The adoptions that the table counts, by group, channel and unit.

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
    rows = []
    for adoption in _in_bulk(list(credited)):
        units = sorted((places[unit] for unit in credited[adoption.pk]), key=lambda place: place.order)
        channel, first = adoption.channel, units[0]
        title = adoption.title or adoption.item.title
        names = "、".join(place.name for place in units)
        order = (first.order[0], channel.position, channel.pk, first.order[1], adoption.adopted_on, adoption.pk)
        rows.append((order, Adopted(title, names, first.group, channel.name, adoption.adopted_on)))
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
