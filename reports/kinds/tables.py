"""The tables that several reports share, and the notes that belong below them."""

from decimal import Decimal

from reports.document import Column, GroupRow, Row, Table
from reports.kinds.figures import Adopted, Figures
from reports.kinds.prose import MOST_LISTED, MOST_NAMED, silent_units
from scoring.models import Measure
from scoring.standings import Column as ScoreColumn
from submissions.exact import ONE, plain, to_decimal

GROUP_OF = {Measure.SUBMITTED: "报送（条）", Measure.THEME: "报送（条）", Measure.ADOPTION: "采用（条）"}


def number(millionths: int) -> int | Decimal:
    """An exact number: whole where it is whole."""
    whole, rest = divmod(millionths, ONE)
    return to_decimal(millionths) if rest else whole


def standings_table(figures: Figures, *, total: bool = False) -> Table:
    """A row a unit, below the row of its group: 序号, 单位, the scheme's columns in order, 得分."""
    table = figures.table
    columns = (
        Column("序号", 3, numeric=True),
        Column("单位", 13),
        *(_figure_column(column) for column in table.columns),
        Column("得分", 3, numeric=True),
    )
    rows: list[Row | GroupRow] = []
    for group in table.groups:
        rows.append(GroupRow(group.name))
        rows += [Row((line.no, line.name, *map(number, line.counts), number(line.score))) for line in group.lines]
    if total:
        rows.append(Row((None, "合计", *map(number, table.counts), number(table.score)), total=True))
    return Table(columns, tuple(rows))


def _figure_column(column: ScoreColumn) -> Column:
    """As wide as its heading, within reason: a longer one takes several lines."""
    width = min(max(len(column.label), 4), 6)
    return Column(column.label, width, numeric=True, group=GROUP_OF[Measure(column.measure)])


def adopted_table(adopted: list[Adopted]) -> Table:
    columns = (
        Column("序号", 4, numeric=True),
        Column("类别", 8),
        Column("单位", 14),
        Column("标题", 40),
        Column("渠道", 10),
        Column("采用日期", 6),
    )
    rows = (Row((i, a.group, a.units, a.title, a.channel, a.adopted_on)) for i, a in enumerate(adopted, start=1))
    return Table(columns, tuple(rows), listing=True)


def notes(figures: Figures) -> list[str]:
    """How the scores come about, until when was counted, which themes, and what the period's remark says. Numbered."""
    table, period = figures.table, figures.period
    found = [_formula(table.columns)]
    if any(column.points is None for column in table.columns):
        found.append("本期内计分办法有变动，未标分值的栏目按计入当日的办法计分。")
    found += _two_columns(figures)
    found.append(f"数据截至{period.ends_on.year}年{period.ends_on.month}月{period.ends_on.day}日。")
    if any(not line.ranked for line in table.lines):
        found.append("不参加排名的单位列在各类别之后，不编序号。")
    found += [
        f"表中含{late.period}封存以后的变动{late.entries}项，合计{plain(late.points)}分。"
        for late in figures.corrections
    ]
    found += _silent(figures)
    if figures.themes:
        found.append(f"本期计分主题：{'；'.join(figures.themes)}。")
    found += [line.strip() for line in figures.period.remark.splitlines() if line.strip()]
    return [f"{i}.{text}" for i, text in enumerate(found, start=1)]


def _silent(figures: Figures) -> list[str]:
    """The units without a valid item, where they are too many for the text and few enough to be read."""
    silent = silent_units(figures.table)
    number_of = sum(len(names) for _, names in silent)
    if not MOST_NAMED < number_of <= MOST_LISTED:
        return []
    by_group = "；".join(f"{group}{len(names)}家：{'、'.join(names)}" for group, names in silent)
    return [f"没有报送有效信息的单位{number_of}家。{by_group}。"]


def _formula(columns: list[ScoreColumn]) -> str:
    text = "得分＝"
    for i, column in enumerate(columns):
        minus = column.points is not None and column.points < 0
        sign = "－" if minus else "＋" if i else ""
        points = "相应分值" if column.points is None else plain(abs(column.points))
        text += f"{sign}{column.label}×{points}"
    return f"{text}。"


def _two_columns(figures: Figures) -> list[str]:
    label = {column.measure: column.label for column in figures.table.columns}
    scheme = figures.table.scheme
    if Measure.THEME not in label or Measure.SUBMITTED not in label or scheme is None or not figures.one_way:
        return []
    if scheme.theme_items_also_count_as_submitted:
        return [f"一条主题信息同时计入“{label[Measure.SUBMITTED]}”和“{label[Measure.THEME]}”两栏。"]
    return [f"主题信息只计入“{label[Measure.THEME]}”一栏，不再计入“{label[Measure.SUBMITTED]}”。"]
