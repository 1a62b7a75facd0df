"""Standings: each unit's line in a period's table, live from the ledger or as stored at closing.

Live standings are one aggregate over the ledger's index, whatever the number of items. Quantities are
whole millionths.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from scoring.models import ClosedResult, Measure, Rule, Scheme, ScoreEntry
from submissions.exact import from_decimal, plain
from submissions.fields import whole
from submissions.models import Period
from units.models import Account, Office, RosterLine, StandingsShown, Unit
from units.verdicts import YES, Verdict, no

OFF_THE_ROSTER = "名册以外的单位"


@dataclass(slots=True)
class Column:
    """A column of the table. ``points`` are those of one fact, None where versions of the scheme differ."""

    key: str
    label: str
    points: int | None
    measure: str


@dataclass(slots=True)
class Line:
    """A unit's line. ``counts`` stand in the order of the columns; ``no`` and ``rank`` are None for exempt units."""

    unit: int
    name: str
    ranked: bool
    counts: list[int]
    score: int = 0
    no: int | None = None
    rank: int | None = None

    @property
    def silent(self) -> bool:
        """Nothing came from this unit, and nothing was taken. Corrections of closed periods are neither."""
        return max(self.counts, default=0) <= 0


@dataclass(slots=True)
class Group:
    """Units ranked together, in their order."""

    name: str
    lines: list[Line] = field(default_factory=list)

    @property
    def counts(self) -> list[int]:
        return [sum(column) for column in zip(*(line.counts for line in self.lines), strict=True)]

    @property
    def score(self) -> int:
        return sum(line.score for line in self.lines)


@dataclass(slots=True)
class Standings:
    """A period's table. ``items`` is the number of valid items, a joint one once."""

    office: Office
    period: Period
    closed: bool
    scheme: Scheme | None
    columns: list[Column]
    groups: list[Group]
    items: int

    @property
    def lines(self) -> Iterator[Line]:
        return (line for group in self.groups for line in group.lines)

    @property
    def counts(self) -> list[int]:
        lines = list(self.lines)
        return [sum(line.counts[i] for line in lines) for i in range(len(self.columns))]

    @property
    def score(self) -> int:
        return sum(line.score for line in self.lines)

    def line_of(self, unit_id: int) -> tuple[Group, Line] | None:
        for group in self.groups:
            for line in group.lines:
                if line.unit == unit_id:
                    return group, line
        return None


def standings(period: Period) -> Standings:
    """The period's table: what was stored if it is closed, else counted now."""
    return _stored(period) if period.closed else live(period)


def entries_of(period: Period, unit_ids: Iterable[int] | None = None, column: str = "") -> QuerySet[ScoreEntry]:
    """The ledger entries behind a figure: a unit's cell or score, or with no unit a column's total."""
    entries = ScoreEntry.objects.filter(office=period.office_id, posted_on__range=(period.starts_on, period.ends_on))
    if unit_ids is not None:
        entries = entries.filter(unit__in=unit_ids)
    if column:
        entries = entries.filter(rule__column=column)
    return entries


def live(period: Period) -> Standings:
    """The period's table as the ledger has it this moment."""
    sums = _sums(period)
    scheme, columns, place, items_of = _columns(period, {rule_id for _, rule_id, _, _ in sums})
    score = len(columns)  # a unit's figures: its counts by column, then its score
    figures: dict[int, list[int]] = {}
    items = 0
    for unit_id, rule_id, n, worth in sums:
        row = figures.get(unit_id)
        if row is None:
            row = figures[unit_id] = [0] * (score + 1)
        row[place[rule_id]] += n
        row[score] += worth
        if rule_id in items_of:
            items += n

    groups: dict[int, Group] = {}
    nothing = [0] * (score + 1)
    for group_id, group_name, unit_id, name, ranked in _roster(period, figures):
        group = groups.get(group_id)
        if group is None:
            group = groups[group_id] = Group(group_name)
        row = figures.get(unit_id, nothing)
        group.lines.append(Line(unit_id, name, ranked, row[:score], row[score]))
    for group in groups.values():
        _rank(group)
    return Standings(period.office, period, False, scheme, columns, list(groups.values()), items)


def _sums(period: Period) -> list[tuple[int, int, int, int]]:
    """Unit, rule, count and points. Plain SQL, because Django's way from row to value takes longer than the sums."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT unit_id, rule_id, CAST(SUM(count) AS bigint), CAST(SUM(points) AS bigint)
            FROM scoring_scoreentry WHERE office_id = %s AND posted_on BETWEEN %s AND %s GROUP BY unit_id, rule_id
            """,
            [period.office_id, period.starts_on.isoformat(), period.ends_on.isoformat()],
        )
        return cursor.fetchall()


def _columns(period: Period, rule_ids: set[int]) -> tuple[Scheme | None, list[Column], dict[int, int], set[int]]:
    """The columns in order, the column's place of each rule, and the rules whose counts add up to the items.

    The newest version gives order and labels; a column that only an older version has stands behind.
    """
    rules = list(
        Rule.objects.filter(scheme__office=period.office_id)
        .select_related("scheme")
        .order_by("-scheme__starts_on", "position", "id")
    )
    versions = list(dict.fromkeys(rule.scheme for rule in rules))  # newest first
    begun = [scheme for scheme in versions if scheme.starts_on <= period.ends_on]
    scheme = begun[0] if begun else versions[-1] if versions else None
    current = [rule for rule in rules if scheme and rule.scheme_id == scheme.pk]
    older = [rule for rule in rules if rule.pk in rule_ids and rule not in current]
    columns: dict[str, Column] = {}
    for rule in (*current, *older):
        points = from_decimal(rule.points)
        column = columns.setdefault(rule.column, Column(rule.column, rule.label, points, rule.measure))
        if column.points != points:
            column.points = None
    place = {key: i for i, key in enumerate(columns)}
    used = [*current, *older]
    items_of = {
        rule.pk
        for rule in used
        if rule.measure == Measure.SUBMITTED
        or (rule.measure == Measure.THEME and not rule.scheme.theme_items_also_count_as_submitted)
    }
    return scheme, list(columns.values()), {rule.pk: place[rule.column] for rule in used}, items_of


def _roster(period: Period, with_entries: Iterable[int]) -> list[tuple[int, str, int, str, bool]]:
    """Group id and name, unit, printed name, ranked: of each unit once, in printed order.

    One query where every unit has one line and none is missing, which is nearly always.

    A unit whose line changed within the period stands as it did last. One with entries that was not on
    the roster in the period (a late adoption) stands with its last line before it, else with its first after
    it; one that never was on it stands in a group of its own. So no point is lost.
    """
    fields = ("group_id", "group__name", "unit_id", "name", "ranked")
    lines = RosterLine.objects.filter(office=period.office_id)
    within = lines.during(period.starts_on, period.ends_on)
    rows = list(within.in_printed_order().values_list(*fields))
    units = {row[2] for row in rows}
    missing = [unit_id for unit_id in with_entries if unit_id not in units]
    if not missing and len(units) == len(rows):
        return rows
    last: dict[int, int] = {}
    for line_id, unit_id in lines.filter(unit__in=missing).order_by("-since", "-id").values_list("id", "unit_id"):
        last[unit_id] = line_id  # ends with the earliest line, for a unit that came only after the period
    known = (lines.filter(unit__in=missing) | within).filter(since__lte=period.ends_on)
    for line_id, unit_id in known.order_by("since", "id").values_list("id", "unit_id"):
        last[unit_id] = line_id
    rows = list(lines.filter(pk__in=last.values()).in_printed_order().values_list(*fields))
    strangers = Unit.objects.filter(pk__in=set(missing).difference(last)).order_by("pk").values_list("pk", "name")
    return rows + [(0, OFF_THE_ROSTER, pk, name, False) for pk, name in strangers]


def _rank(group: Group) -> None:
    """By score; equal scores keep the roster's order and share the rank; exempt units stand last, unnumbered."""
    group.lines.sort(key=lambda line: (not line.ranked, -line.score))
    above: Line | None = None
    for no_, line in enumerate((line for line in group.lines if line.ranked), start=1):
        line.no = no_
        line.rank = above.rank if above and above.score == line.score else no_
        above = line


def _stored(period: Period) -> Standings:
    result = ClosedResult.objects.select_related("scheme").filter(period=period, reopened_at=None).first()
    if result is None:  # reopened since the period was read
        return live(period)
    columns = [Column(**column) for column in result.columns]
    groups: dict[str, Group] = {}
    for row in result.standings.values_list("group", "unit_id", "name", "no", "rank", "counts", whole("score")):
        group_name, unit, name, no_, rank, counts, score = row
        line = Line(unit, name, rank is not None, [counts[column.key] for column in columns], score, no_, rank)
        groups.setdefault(group_name, Group(group_name)).lines.append(line)
    return Standings(period.office, period, True, result.scheme, columns, list(groups.values()), result.totals["items"])


def may_see_standings(account: Account, office: Office) -> Verdict:
    """The office's own people always; units as the office chooses."""
    if account.works_at(office):
        return YES
    if office.standings_shown == StandingsShown.NOTHING:
        return no(f"{office.name}没有向报送单位公布得分和排名。")
    return YES


def sees_whole(account: Account, office: Office) -> bool:
    """Whether this account may see every unit's line, and the sums: the office's own people, or as it chooses."""
    return account.works_at(office) or office.standings_shown == StandingsShown.ALL


def shown_to(account: Account, table: Standings) -> Standings:
    """The table with the lines this account may see: all, or its own units' without anybody else's totals."""
    office = table.office
    if sees_whole(account, office):
        return table
    own = set(account.roles) if office.standings_shown == StandingsShown.OWN else set()
    groups = [Group(group.name, [line for line in group.lines if line.unit in own]) for group in table.groups]
    return Standings(
        office, table.period, table.closed, table.scheme, table.columns, [group for group in groups if group.lines], 0
    )


def as_json(table: Standings) -> dict[str, Any]:
    """The table for other programs (DESIGN 9.6): figures are decimal strings without trailing zeros."""
    keys = [column.key for column in table.columns]

    def figures(counts: list[int]) -> dict[str, str]:
        return {key: plain(n) for key, n in zip(keys, counts, strict=True)}

    return {
        "office": table.office.code,
        "period": table.period.name,
        "closed": table.closed,
        "totals": {"items": plain(table.items), **figures(table.counts), "score": plain(table.score)},
        "groups": [
            {
                "name": group.name,
                "rows": [
                    {
                        "no": line.no,
                        "rank": line.rank,
                        "unit": line.name,
                        "counts": figures(line.counts),
                        "score": plain(line.score),
                    }
                    for line in group.lines
                ],
            }
            for group in table.groups
        ],
    }
