"""Coverage (要点覆盖): the period's topics by groups and by units, and what nobody has reported on, as a workbook."""

from django.db import transaction

from reports.document import Block, Column, Document, GroupRow, Paragraph, Part, Row, Table, Title
from reports.kinds.circular import Issue
from submissions import coverage
from submissions.models import Period, Theme
from submissions.themes import Reach
from units.models import Office
from units.verdicts import Refused

NOTES = (
    "注：表中是已确认的条数；“待确认”是报送时选了、还没有认定的。",
    "一条信息有几个主题的，在每个主题下各计一次；一章的数里，一条信息只计一次。",
    "按类别，联合报送的信息算牵头单位的；按单位，每个参与的单位各算一条。",
)


@transaction.atomic
def build(period: Period, issue: Issue | None = None) -> Document:
    """The coverage of a period, of a year's where the period is one. Raises Refused where there are no topics.

    Themes are changed after a period is closed, too; so this always says how they stand.
    """
    office = Office.objects.hold_still(period.office_id)
    period = Period.objects.get(pk=period.pk)
    reach = Reach(office, period=period)
    by_group = coverage.coverage(reach, None, coverage.columns_of(reach, None))
    if not by_group.lines:
        raise Refused(f"{period}没有主题，也没有通用的主题，没有可以统计的。")
    by_unit = coverage.coverage(reach, None, coverage.all_units(office))
    silent = by_group.silent
    parts = (
        _sheet(period, "按类别", _table(by_group, waiting=True)),
        _sheet(period, "按单位", _table(by_unit)),
        _sheet(period, "没有单位报送的", _listed(silent)),
    )
    summary = f"{by_group.points}条要点，{len(silent)}条没有单位报送"
    return Document(f"{period.name}要点覆盖表", parts, summary, draft=not period.closed)


def _sheet(period: Period, name: str, table: Table) -> Part:
    title: list[Block] = [Title((period.name, "要点覆盖表"), "annex_title")]
    flag: list[Block] = [] if period.closed else [Paragraph("数据未封存，仅供核对", "flag")]
    return Part(name, (*title, *flag, table, *(Paragraph(note, "note") for note in NOTES)))


def _table(table: coverage.Coverage, waiting: bool = False) -> Table:
    """A row a chapter or point: its number and name, the columns, and of the first column what waits."""
    heads = [Column("编号", 4), Column("要点", 24), *(Column(one.name, 5, numeric=True) for one in table.columns)]
    heads += [Column("待确认", 4, numeric=True)] if waiting else []
    rows: list[Row | GroupRow] = []
    for line in table.lines:
        cells = [cell.numbers.confirmed for cell in line.cells]
        cells += [line.cells[0].numbers.waiting] if waiting else []
        rows.append(Row((line.theme.number, line.theme.name, *cells), total=line.chapter))
    return Table(tuple(heads), tuple(rows))


def _listed(silent: list[Theme]) -> Table:
    columns = (Column("章", 20), Column("编号", 4), Column("要点", 30))
    rows = (Row((theme.parent.full if theme.parent else "", theme.number, theme.name)) for theme in silent)
    return Table(columns, tuple(rows), listing=True)
