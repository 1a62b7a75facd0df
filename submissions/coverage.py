"""Coverage (要点覆盖): how many items each topic got from each group, or from each unit of one; and what got none.

Each number is that of a list of items (``filters``), whose address goes with it. An item counts once in each line,
also in its chapter's where it has several of its points. All in a fixed number of queries, whatever was submitted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from submissions.filters import NOT_ON_ROSTER
from submissions.models import Item, ItemTheme, Theme, ThemeKind
from submissions.models.items import ItemQuerySet
from submissions.models.themes import ThemeQuerySet
from submissions.states import State
from submissions.themes import Reach, tree_of
from units.models import Account, Office, Role, RosterGroup, RosterLine

SHADES = 4
TOTAL = 0  # the column of all; ids of groups and units begin with 1
ELSEWHERE = -1  # of items whose unit is on the roster no more


class Numbers(NamedTuple):
    """How many items have a theme: confirmed of a valid one, and proposed of one that waits."""

    confirmed: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Column:
    """A group or a unit, or TOTAL or ELSEWHERE; ``query`` is how the item list is asked for it."""

    pk: int
    name: str
    query: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """Its numbers, the lists behind them, and from 0 to SHADES how dark it is among the others."""

    numbers: Numbers
    column: Column
    confirmed_at: str
    waiting_at: str
    shade: int = 0


@dataclass(frozen=True)
class Line:
    """A chapter, a point of one, or a topic that stands by itself."""

    theme: Theme
    cells: list[Cell]
    chapter: bool = False
    point: bool = False

    @property
    def silent(self) -> bool:
        """A point of which nobody has reported anything."""
        return not self.chapter and self.theme.active and not any(any(cell.numbers) for cell in self.cells)


@dataclass(frozen=True)
class Coverage:
    columns: list[Column]
    lines: list[Line]

    @property
    def silent(self) -> list[Theme]:
        """What nobody has reported on, in order."""
        return [line.theme for line in self.lines if line.silent]

    @property
    def points(self) -> int:
        """How many there are that could be reported on."""
        return sum(not line.chapter and line.theme.active for line in self.lines)


class Counts:
    """Counts the items of one reader at an office, as far as that reader is told. Without one: all that came in."""

    def __init__(self, reach: Reach, account: Account | None) -> None:
        self.reach = reach
        items = Item.objects.filter(office=reach.office, number__isnull=False)
        confirmed = Q(item__state=State.VALID, confirmed_at__isnull=False)
        waiting = Q(item__state=State.SUBMITTED)
        if account is not None:
            items = Item.objects.visible_to(account, reach.office)
            if not account.works_at(reach.office):  # while a decision can be undone its unit still waits
                held = Q(item__undo_until__gt=timezone.now())
                confirmed, waiting = confirmed & ~held, waiting | held
        self.kinds = {"confirmed": confirmed, "waiting": waiting}
        self.items: ItemQuerySet = reach.received(items).order_by()

    def by(
        self, themes: Iterable[Theme], what: str, column: Any = None, group: dict[str, Any] | None = None
    ) -> dict[tuple, Numbers]:
        """Numbers by ``theme`` or ``chapter`` of the links to these themes, and by ``column`` where one is given; of
        a group's items alone where one is."""
        links = ItemTheme.objects.filter(theme__in=[theme.pk for theme in themes], item__in=self.items.values("pk"))
        if group:
            lines = RosterLine.objects.current().filter(**group, unit=OuterRef("item__unit"))
            links = links.filter(Exists(lines))
        links = links.annotate(chapter=Coalesce("theme__parent", "theme"))
        fields = [what]
        if column is not None:
            links, fields = links.annotate(column=column), [what, "column"]
        numbers = {name: Count("item", distinct=True, filter=which) for name, which in self.kinds.items()}
        rows = links.order_by().values_list(*fields).annotate(**numbers)
        return {tuple(row[:-2]): Numbers(*row[-2:]) for row in rows}

    def of(self, themes: Iterable[Theme]) -> dict[int, Numbers]:
        """Numbers of each of these, of a chapter with its points."""
        rows = list(themes)
        found = {pk: numbers for (pk,), numbers in self.by(rows, "theme").items()}
        chapters = {theme.parent_id for theme in rows if theme.parent_id}
        found |= {pk: numbers for (pk,), numbers in self.by(rows, "chapter").items() if pk in chapters}
        return {theme.pk: found.get(theme.pk, Numbers()) for theme in rows}

    def address(self, theme: Theme, confirmed: bool, **query: Any) -> str:
        """The list of items behind a number."""
        state = {"state": State.VALID.value, "confirmed": 1} if confirmed else {"state": State.SUBMITTED.value}
        asked = {**state, "theme": theme.pk, **self.reach.query, **query}
        return f"{reverse('items', args=[self.reach.office.code])}?{urlencode(asked)}"


def asked_for(reach: Reach) -> ThemeQuerySet:
    """What is asked for in the reach's days: its topics; of a period first its priorities, and also the topics of its
    year and of every period."""
    which = Q(year=reach.year, period=reach.period)
    if reach.period:
        years = (reach.period.starts_on.year, reach.period.ends_on.year)
        which |= Q(period=None, year=None) | Q(year__range=years)
    which = Q(which, kind=ThemeKind.TOPIC)
    if reach.period:
        which |= Q(kind=ThemeKind.PRIORITY, period=reach.period)
    found = Theme.objects.filter(which, office=reach.office)
    return found.order_by("kind", F("year").asc(nulls_last=True), F("period").asc(nulls_last=True), "position", "id")


def columns_of(reach: Reach, account: Account | None, group: RosterGroup | None = None) -> list[Column]:
    """For the office all, its groups, and units that are on no roster now; of a group all of it, and its units; for
    somebody of a unit theirs."""
    lines = RosterLine.objects.current().filter(office=reach.office).in_printed_order()
    if account is not None and not account.works_at(reach.office):
        return _units(lines.filter(unit__in=account.units_with(Role.OFFICER, Role.SIGNER)))
    if group:
        return [Column(TOTAL, "本类合计", {"group": group.pk}), *_units(lines.filter(group=group))]
    groups = RosterGroup.objects.filter(office=reach.office).order_by("order", "id")
    of_groups = [Column(one.pk, one.name, {"group": one.pk}) for one in groups]
    return [Column(TOTAL, "合计"), *of_groups, Column(ELSEWHERE, "不在名册", {"group": NOT_ON_ROSTER})]


def all_units(office: Office) -> list[Column]:
    """A column for each unit on the roster now, and one of those that left it or were merged."""
    lines = RosterLine.objects.current().filter(office=office).in_printed_order()
    return [*_units(lines), Column(ELSEWHERE, "不在名册", {"group": NOT_ON_ROSTER})]


def _units(lines: QuerySet[RosterLine]) -> list[Column]:
    return [Column(line.unit_id, line.name, {"unit": line.unit_id}) for line in lines]


def coverage(reach: Reach, account: Account | None, columns: list[Column]) -> Coverage:
    """What a reach asks for by these columns, as far as the account is told; without one all that came in.

    A column of units counts a joint item for each of its units, one of groups for that of its lead.
    """
    counts = Counts(reach, account)
    themes = list(asked_for(reach).select_related("parent"))
    by_unit = any("unit" in column.query for column in columns)
    found: dict[tuple, Numbers] = {}
    total = next((column for column in columns if column.pk == TOTAL), None)
    for what in ("theme", "chapter"):
        found |= {(what, pk, at): n for (pk, at), n in _by_column(counts, themes, what, by_unit).items()}
        if total:
            found |= {(what, pk, TOTAL): n for (pk,), n in counts.by(themes, what, group=total.query).items()}
    tree = tree_of(themes)
    chapters = {top.pk for top, points in tree if points}
    ordered = [theme for top, points in tree for theme in (top, *points)]
    shown = [theme for theme in ordered if theme.active or any(_has(found, theme, column) for column in columns)]
    parts = [column for column in columns if column.pk != TOTAL]
    if not any(_has(found, theme, column) for theme in shown for column in parts if column.pk == ELSEWHERE):
        columns = [column for column in columns if column.pk != ELSEWHERE]
    most = max((_at(found, theme, column, False).confirmed for theme in shown for column in parts), default=0)

    def line(theme: Theme) -> Line:
        chapter = theme.pk in chapters
        cells = []
        for column in columns:
            numbers = _at(found, theme, column, chapter)
            confirmed_at, waiting_at = (counts.address(theme, which, **column.query) for which in (True, False))
            shade = 0 if chapter or column.pk == TOTAL else _shade(numbers.confirmed, most)
            cells.append(Cell(numbers, column, confirmed_at, waiting_at, shade))
        return Line(theme, cells, chapter, point=theme.parent_id is not None)

    return Coverage(columns, [line(theme) for theme in shown])


def _by_column(counts: Counts, themes: list[Theme], what: str, by_unit: bool) -> dict[tuple, Numbers]:
    of, column = ("item__shares__unit", "unit") if by_unit else ("item__unit", "group")
    lines = RosterLine.objects.current().filter(office=counts.reach.office, unit=OuterRef(of))
    found = counts.by(themes, what, column=Subquery(lines.values(column)[:1]))
    return {(pk, ELSEWHERE if at is None else at): numbers for (pk, at), numbers in found.items()}


def _at(found: dict[tuple, Numbers], theme: Theme, column: Column, chapter: bool) -> Numbers:
    return found.get(("chapter" if chapter else "theme", theme.pk, column.pk), Numbers())


def _has(found: dict[tuple, Numbers], theme: Theme, column: Column) -> bool:
    return any(_at(found, theme, column, False)) or any(_at(found, theme, column, True))


def _shade(number: int, most: int) -> int:
    return -(-number * SHADES // most) if most else 0
