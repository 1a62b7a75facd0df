import datetime

from openpyxl import load_workbook

from reports.press import print_files
from scoring import closing
from submissions.models import Adoption
from submissions.moves import revoke


def open_statistics(quarter, folder):
    return load_workbook(print_files("statistics", quarter.period, folder, "统计表").files["xlsx"])


def values(sheet) -> list[tuple]:
    return list(sheet.iter_rows(values_only=True))


def test_the_first_sheet_has_a_row_a_unit_with_numbers_as_numbers_and_columns_of_zeros(quarter, tmp_path):
    quarter.receive("乙市", 2, adopted=[("门户网站", "")])
    shares = [(quarter.units["甲市"].pk, 600_000), (quarter.units["丙大学"].pk, 400_000)]
    quarter.receive("甲市", shares=shares)
    rows = values(open_statistics(quarter, tmp_path).worksheets[0])
    assert [row[0] for row in rows[:2]] == ["2020年第一季度信息报送及采用情况统计表", "数据未封存，仅供核对"]
    nothing = (None,) * 6
    assert rows[2:11] == [
        ("序号", "单位", "有效信息", "主题信息", "本厅采用", "省级采用", "得分"),
        ("各市", *nothing),
        (1, "乙市", 2, 0, 2, 0, 10),
        (2, "甲市", 0.6, 0, 0, 0, 0.6),
        ("各校", *nothing),
        (1, "丙大学", 0.4, 0, 0, 0, 0.4),
        (None, "丁大学", 0, 0, 0, 0, 0),
        (None, "合计", 3, 0, 2, 0, 11),
        ("注：", *nothing),
    ]


def test_no_cell_of_the_table_is_merged_and_its_header_is_frozen_and_printed_on_each_page(quarter, tmp_path):
    sheet = open_statistics(quarter, tmp_path).worksheets[0]
    merged = {row for area in sheet.merged_cells.ranges for row in range(area.min_row, area.max_row + 1)}
    assert not merged & set(range(3, 11))
    assert sheet.freeze_panes == "A4"
    assert sheet.print_title_rows == "$3:$3"


def test_text_that_looks_like_a_formula_is_text(quarter, tmp_path):
    titles = ["=1+1", "+1", "-2", "@SUM(1)", "#N/A", "2020-01-01", "12", "a\x00b\x0bc\ufffe"]
    for title in titles:
        quarter.receive("甲市", adopted=[("门户网站", title if "\x00" not in title else title.replace("\x00", ""))])
    sheet = open_statistics(quarter, tmp_path).worksheets[1]
    cells = [row[2] for row in sheet.iter_rows(min_row=4, max_row=11)]
    assert [cell.value for cell in cells] == [*titles[:-1], "abc"]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells][:4] == [True] * 4


def test_the_second_sheet_lists_the_adopted_titles(quarter, tmp_path):
    quarter.receive("丙大学", adopted=[("内刊", "丙的")])
    quarter.receive("甲市", adopted=[("门户网站", "")])
    sheet = open_statistics(quarter, tmp_path)["采用篇目"]
    day = datetime.datetime(2020, 2, 3)
    assert values(sheet)[2:] == [
        ("序号", "单位", "标题", "渠道", "采用日期"),
        (1, "甲市", "信息2", "门户网站", day),
        (2, "丙大学", "丙的", "内刊", day),
    ]


def test_a_closed_period_prints_what_was_stored(quarter, tmp_path):
    quarter.receive("甲市", adopted=[("门户网站", "甲的")])
    closing.close(quarter.period, quarter.manager)
    before = [values(sheet) for sheet in open_statistics(quarter, tmp_path)]
    revoke(Adoption.objects.get(), None, "登记错了")
    assert [values(sheet) for sheet in open_statistics(quarter, tmp_path)] == before
    assert (1, "甲市", 1, 0, 1, 0, 5) in before[0]
    assert not any("未封存" in str(row) for row in before[0])
