"""Coverage (要点覆盖) of a period or a year by groups and by units, and what nobody reported on, as a workbook."""

from django.db import transaction

from reports.document import Block, Column, Document, GroupRow, Paragraph, Part, Row, Table, Title
from reports.kinds.circular import Issue
from submissions import coverage
from submissions.models import Period, Theme
from submissions.themes import Reach
from units.models import Account, Office, RosterGroup
from units.verdicts import Refused

NOTES = (
    "注：表中是已确认的条数；“待确认”是报送时选了、还没有认定的。",
    "一条信息有几个主题的，在每个主题下各计一次；一章的数里，一条信息只计一次。",
    "按类别，联合报送的信息算牵头单位的；按单位，每个参与的单位各算一条；已经不在名册的单位合为一列。",
)


@transaction.atomic
def build(period: Period, issue: Issue | None = None) -> Document:
    """The coverage of a period, of a year's where the period is one. Raises Refused where there are no topics.

    Themes are changed after a period is closed, too; so this always says how they stand.
    """
    office = Office.objects.hold_still(period.office_id)
    period = Period.objects.get(pk=period.pk)
    return table(Reach(office, period=period), None)


def table(reach: Reach, account: Account | None, group: RosterGroup | None = None) -> Document:
    """The coverage of a reach, of one group where one is given, as far as the account is told; without one all.

    Raises Refused where there are no topics.
    """
    first = coverage.coverage(reach, account, coverage.columns_of(reach, account, group))
    if not first.lines:
        raise Refused(f"{reach}没有主题，也没有通用的主题，没有可以统计的。")
    parts = [_sheet(reach, "按单位" if group else "按类别", _table(first, waiting=True), group)]
    if not group:
        by_unit = coverage.coverage(reach, account, coverage.all_units(reach.office))
        parts.append(_sheet(reach, "按单位", _table(by_unit), group))
    parts.append(_sheet(reach, "没有单位报送的", _listed(first.silent), group))
    summary = f"{first.points}条要点，{len(first.silent)}条没有单位报送"
    return Document(f"{_name(reach, group)}要点覆盖表", tuple(parts), summary, draft=_open(reach))


def _name(reach: Reach, group: RosterGroup | None) -> str:
    return f"{reach.period.name if reach.period else reach}{group or ''}"


def _open(reach: Reach) -> bool:
    """Whether its period can still be closed; a year never is."""
    return reach.period is not None and not reach.period.closed


def _sheet(reach: Reach, name: str, table: Table, group: RosterGroup | None) -> Part:
    title: list[Block] = [Title((_name(reach, group), "要点覆盖表"), "annex_title")]
    flag: list[Block] = [Paragraph("数据未封存，仅供核对", "flag")] if _open(reach) else []
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
