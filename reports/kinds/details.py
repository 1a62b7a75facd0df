"""What stands behind the table: every entry of the ledger, and the same counts by theme and by channel."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import BigIntegerField, Sum

from reports.document import Column, Row, Table
from reports.kinds.figures import Figures
from reports.kinds.tables import number
from scoring.models import Measure
from scoring.standings import entries_of
from submissions.fields import whole
from submissions.models import Channel, ItemTheme, Theme

BATCH = 1_000  # ids asked for in one query: databases limit the parameters of a statement


def entries_table(figures: Figures) -> Table:
    """A row an entry, in the order of the table; filtered by unit and column it explains any figure."""
    columns = {column.key: (i, column.label) for i, column in enumerate(figures.table.columns)}
    entries = entries_of(figures.period).order_by().values_list(
        "unit_id",
        "rule__column",
        "posted_on",
        "item__number",
        "item__title",
        "adoption__title",
        "adoption__channel__name",
        whole("count"),
        whole("points"),
        "late_for__name",
        "reason",
    )  # fmt: skip
    rows = []
    for unit, key, day, item, title, used_title, channel, count, points, late_for, reason in entries.iterator():
        position, label = columns[key]
        why = f"更正{late_for}：{reason}" if late_for else ""
        place = figures.places[unit]
        cells = (place.group, place.name, label, day, item, used_title or title, channel)
        rows.append(((place.order, position, day, item), Row((*cells, number(count), number(points), why))))
    rows.sort(key=lambda pair: pair[0])
    return Table(
        (
            Column("类别", 8),
            Column("单位", 13),
            Column("计入", 8),
            Column("日期", 6),
            Column("编号", 11),
            Column("标题", 34),
            Column("渠道", 9),
            Column("条数", 4, numeric=True),
            Column("得分", 4, numeric=True),
            Column("说明", 12),
        ),
        tuple(row for _, row in rows),
        listing=True,
    )


def themes_table(figures: Figures) -> Table:
    """Each theme of the period: items, units, adoptions of these items. An item of several themes stands in each."""
    counted = _by_item(figures, Measure.THEME)
    adopted = _by_item(figures, Measure.ADOPTION)
    items: dict[int, set[int]] = defaultdict(set)
    for item, theme_id in _themes_of(list(counted)):
        items[theme_id].add(item)
    themes = {theme.pk: theme for theme in Theme.objects.filter(pk__in=items)}
    themes |= {theme.pk: theme for theme in Theme.objects.scored_in(figures.period)}
    rows = []
    for theme in sorted(themes.values(), key=lambda theme: (theme.position, theme.pk)):
        of_theme = items[theme.pk]
        units = {unit for item in of_theme for unit in counted[item]}
        used = sum(sum(adopted[item].values()) for item in of_theme if item in adopted)
        rows.append(Row((theme.name, len(of_theme), len(units), number(used))))
    return Table(
        (
            Column("主题", 48),
            Column("信息（条）", 6, numeric=True),
            Column("单位（家）", 6, numeric=True),
            Column("采用（条）", 6, numeric=True),
        ),
        tuple(rows),
    )


def channels_table(figures: Figures) -> Table:
    """Each channel: how many of each group, in all, and for how many points."""
    groups = [group.name for group in figures.table.groups]
    sums = (
        entries_of(figures.period)
        .filter(kind=Measure.ADOPTION)
        .order_by()
        .values_list("adoption__channel_id", "unit_id")
        .annotate(n=Sum(whole("count"), output_field=BigIntegerField()))
        .annotate(worth=Sum(whole("points"), output_field=BigIntegerField()))
    )
    counts: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(groups, 0))
    points: dict[int, int] = defaultdict(int)
    for channel, unit, n, worth in sums:
        counts[channel][figures.places[unit].group] += int(n)
        points[channel] += int(worth)
    rows = [
        Row((c.name, c.get_level_display(), *map(number, _of(counts[c.pk], groups)), number(points[c.pk])))
        for c in Channel.objects.filter(office=figures.table.office)
        if c.active or c.pk in points
    ]
    totals = {group: sum(of_channel[group] for of_channel in counts.values()) for group in groups}
    rows.append(Row(("合计", None, *map(number, _of(totals, groups)), number(sum(points.values()))), total=True))
    return Table(
        (
            Column("渠道", 16),
            Column("级别", 6),
            *(Column(group, 8, numeric=True) for group in groups),
            Column("采用（条）", 6, numeric=True),
            Column("得分", 6, numeric=True),
        ),
        tuple(rows),
    )


def _of(counts: dict[str, int], groups: list[str]) -> list[int]:
    return [*(counts[group] for group in groups), sum(counts.values())]


def _by_item(figures: Figures, measure: Measure) -> dict[int, dict[int, int]]:
    """Of each item that the period counts: its units and their counts."""
    sums = (
        entries_of(figures.period)
        .filter(kind=measure)
        .order_by()
        .values_list("item_id", "unit_id")
        .annotate(n=Sum(whole("count"), output_field=BigIntegerField()))
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for item, unit, n in sums:
        if n > 0:
            found[item][unit] = int(n)
    return found


def _themes_of(items: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Item and theme, of confirmed and scored themes."""
    confirmed = ItemTheme.objects.filter(confirmed_at__isnull=False, theme__scored=True)
    for i in range(0, len(items), BATCH):
        yield from confirmed.filter(item__in=items[i : i + BATCH]).values_list("item_id", "theme_id")
