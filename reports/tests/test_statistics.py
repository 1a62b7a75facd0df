"""What the statistics say, as a Document; how a workbook looks is the writer's matter."""

import datetime
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.document import GroupRow, Paragraph, Row, Table
from reports.kinds.statistics import build
from scoring import closing
from submissions.adoptions import revoke
from submissions.exact import ONE
from submissions.models import Adoption, Theme

SHEETS = ["统计表", "得分明细", "采用篇目", "按主题", "按渠道"]


def table_of(document, sheet: str) -> Table:
    part = next(part for part in document.parts if part.name == sheet)
    return next(block for block in part.blocks if isinstance(block, Table))


def rows_of(document, sheet: str) -> list:
    return [row.text if isinstance(row, GroupRow) else row.cells for row in table_of(document, sheet).rows]


def test_the_first_sheet_has_a_row_a_unit_with_numbers_as_numbers_and_columns_of_zeros(quarter):
    quarter.receive("乙市", 2, adopted=[("门户网站", "")])
    shares = [(quarter.units["甲市"].pk, 600_000), (quarter.units["丙大学"].pk, 400_000)]
    quarter.receive("甲市", shares=shares)
    document = build(quarter.period)
    assert [part.name for part in document.parts] == SHEETS
    headings = [(column.group, column.heading) for column in table_of(document, "统计表").columns]
    assert headings == [
        ("", "序号"),
        ("", "单位"),
        ("报送（条）", "有效信息"),
        ("报送（条）", "主题信息"),
        ("采用（条）", "本厅采用"),
        ("采用（条）", "省级采用"),
        ("", "得分"),
    ]
    assert rows_of(document, "统计表") == [
        "各市",
        (1, "乙市", 2, 0, 2, 0, 10),
        (2, "甲市", Decimal("0.6"), 0, 0, 0, Decimal("0.6")),
        "各校",
        (1, "丙大学", Decimal("0.4"), 0, 0, 0, Decimal("0.4")),
        (None, "丁大学", 0, 0, 0, 0, 0),
        (None, "合计", 3, 0, 2, 0, 11),
    ]
    for part in document.parts:
        assert Paragraph("数据未封存，仅供核对", "flag") in part.blocks


def test_the_entries_add_up_to_every_figure_of_the_table(quarter):
    quarter.receive("乙市", 2, themed=True, adopted=[("门户网站", "网站的"), ("内刊", "")])
    shares = [(quarter.units["甲市"].pk, 600_000), (quarter.units["丙大学"].pk, 400_000)]
    quarter.receive("甲市", shares=shares, adopted=[("内刊", "合写的")])
    document = build(quarter.period)
    entries = [row.cells for row in table_of(document, "得分明细").rows if isinstance(row, Row)]
    labels = [column.heading for column in table_of(document, "统计表").columns][2:-1]
    for line in rows_of(document, "统计表"):
        if isinstance(line, str) or line[1] == "合计":
            continue
        own = [cells for cells in entries if cells[1] == line[1]]
        assert [sum(c[7] for c in own if c[2] == label) for label in labels] == list(line[2:-1])
        assert sum(cells[8] for cells in own) == line[-1]
    day = datetime.date(2020, 2, 3)
    assert ("各市", "乙市", "本厅采用", day, "N1", "网站的", "门户网站", 1, 4, "") in entries
    assert ("各校", "丙大学", "有效信息", day, "N3", "信息3", None, Decimal("0.4"), Decimal("0.4"), "") in entries
    units = [cells[1] for cells in entries]
    assert units == sorted(units, key=["乙市", "甲市", "丙大学"].index)


def test_a_correction_says_in_the_entries_what_it_corrects_and_why(quarter):
    quarter.receive("甲市", adopted=[("门户网站", "甲的")])
    closing.close(quarter.period, quarter.manager)
    revoke(Adoption.objects.get(), None, "登记错了")
    (cells,) = rows_of(build(quarter.upcoming), "得分明细")
    assert cells[7:9] == (-1, -4)
    assert cells[9].startswith("更正2020年第一季度：")
    assert "登记错了" in cells[9]


def test_adopted_titles_stand_by_group_channel_and_unit(quarter):
    quarter.receive("丙大学", adopted=[("门户网站", "丙的")])
    quarter.receive("乙市", adopted=[("门户网站", "乙的"), ("内刊", "乙的内刊")])
    quarter.receive("甲市", 3, adopted=[("门户网站", "")])
    day = datetime.date(2020, 2, 3)
    assert rows_of(build(quarter.period), "采用篇目") == [
        (1, "各市", "甲市", "信息3", "门户网站", day),
        (2, "各市", "甲市", "信息4", "门户网站", day),
        (3, "各市", "甲市", "信息5", "门户网站", day),
        (4, "各市", "乙市", "乙的", "门户网站", day),
        (5, "各市", "乙市", "乙的内刊", "内刊", day),
        (6, "各校", "丙大学", "丙的", "门户网站", day),
    ]


def test_by_theme_each_theme_of_the_period_has_its_items_units_and_adoptions(quarter):
    Theme.objects.create(office=quarter.office, name="没有人写的", position=1)
    Theme.objects.create(office=quarter.office, name="不计分的", scored=False)
    Theme.objects.create(office=quarter.office, name="别期的", period=quarter.upcoming)
    quarter.receive("甲市", 2, themed=True, adopted=[("内刊", "")])
    shares = [(quarter.units["甲市"].pk, ONE // 2), (quarter.units["丙大学"].pk, ONE // 2)]
    quarter.receive("甲市", shares=shares, themed=True)
    quarter.receive("乙市", adopted=[("内刊", "")])
    assert rows_of(build(quarter.period), "按主题") == [("计分的主题", 3, 2, 2), ("没有人写的", 0, 0, 0)]


def test_by_channel_the_groups_add_up_to_the_table(quarter):
    quarter.receive("甲市", 2, adopted=[("门户网站", "")])
    shares = [(quarter.units["甲市"].pk, ONE // 2), (quarter.units["丙大学"].pk, ONE // 2)]
    quarter.receive("甲市", shares=shares, adopted=[("门户网站", "合写")])
    half = Decimal("0.5")
    assert rows_of(build(quarter.period), "按渠道") == [
        ("门户网站", "本级", 2 + half, half, 3, 12),
        ("内刊", "本级", 0, 0, 0, 0),
        ("合计", None, 2 + half, half, 3, 12),
    ]


def test_a_closed_period_says_what_was_stored(quarter):
    quarter.receive("甲市", themed=True, adopted=[("门户网站", "甲的")])
    closing.close(quarter.period, quarter.manager)
    before = build(quarter.period)
    revoke(Adoption.objects.get(), None, "登记错了")
    assert build(quarter.period).parts == before.parts
    assert (1, "甲市", 1, 1, 1, 0, 7) in rows_of(before, "统计表")
    assert not before.draft


def test_more_items_take_no_more_queries(quarter):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            build(quarter.period)
        return len(captured)

    quarter.receive("甲市", themed=True, adopted=[("门户网站", "")])
    one = queries()
    quarter.receive("乙市", 3, themed=True, adopted=[("门户网站", ""), ("内刊", "")])
    quarter.receive("丙大学", adopted=[("内刊", "")])
    assert queries() == one
    assert one <= 30
