"""A Document as a workbook, opened again by openpyxl and by calamine. No database."""

import datetime
import errno
import gc
import resource
import tempfile
from decimal import Decimal
from itertools import pairwise

import pytest
from lxml import etree
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from reports.document import (
    Column,
    Document,
    GroupRow,
    Heading,
    Imprint,
    Paragraph,
    Part,
    Row,
    Signature,
    Table,
    Title,
)
from reports.writers import xlsx

DAY = datetime.date(2020, 3, 31)
GROUPED = (Column("序号", 4, True), Column("单位", 12), *(Column(t, 6, True, "采用") for t in ("甲", "乙")))
PLAIN = tuple(Column(c.heading, c.width, c.numeric) for c in GROUPED)
ROWS = (GroupRow("各市"), Row((1, "=1+1", Decimal("0.5"), 0)), Row((None, "<b>&", 3, 0), total=True))
TITLE, NOTE = Title(("题", "目"), "annex_title"), Paragraph("注", "note")


@pytest.fixture
def written(tmp_path):
    """Write parts, or one of these blocks, and open the workbook again."""

    def write(*given, progress=None):
        parts = given if isinstance(given[0], Part) else (Part("表", given),)
        xlsx.write(Document("题目", parts), tmp_path / "a.xlsx", *([progress] if progress else []))
        return load_workbook(tmp_path / "a.xlsx")

    return write


def values(sheet) -> list[tuple]:
    return list(sheet.iter_rows(values_only=True))


def listing(*cells, width=4) -> Table:
    return Table((Column("内容", width),), tuple(Row((cell,)) for cell in cells), listing=True)


def column(sheet) -> list:
    """The cells of the first column below its header."""
    return [row[0] for row in sheet.iter_rows(min_row=2)]


@pytest.mark.parametrize("columns", [GROUPED, PLAIN])
def test_both_headers_come_out_the_same(columns, written):
    sheet = written(Table(columns, ROWS)).active
    two, one = [("序号", "单位", "采用", None), (None, None, "甲", "乙")], [("序号", "单位", "甲", "乙")]
    header = two if columns is GROUPED else one
    assert values(sheet) == [*header, ("各市", None, None, None), (1, "=1+1", 0.5, 0), (None, "<b>&", 3, 0)]
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert merged == ({"A1:A2", "B1:B2", "C1:D1"} if columns is GROUPED else set())


def test_numbers_days_and_texts_are_what_they_are(written, tmp_path):
    cells = [
        0,
        7,
        Decimal("0.333333"),
        Decimal("-2.50"),
        Decimal("1E+1"),
        DAY,
        None,
        "12",
        "0.50",
        "2020-03-31",
        "TRUE",
    ]
    sheet = written(listing(*cells)).active
    read = column(sheet)
    moment = datetime.datetime(2020, 3, 31)
    assert [cell.value for cell in read] == [0, 7, 0.333333, -2.5, 10, moment, None, *cells[7:]]
    assert [cell.data_type for cell in read] == [*"nnnnnd", "n", *"ssss"]
    assert read[5].number_format == "yyyy-mm-dd"
    assert {cell.number_format for cell in read[:5]} == {"General"}  # as many decimals as there are
    rows = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == [0, 7, 0.333333, -2.5, 10, DAY, "", *cells[7:]]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-2", "@SUM(1)", " =1", "\t=1", "　-1", "＝1", '=HYPERLINK("http://a")']
)
@pytest.mark.parametrize("total", [False, True])
def test_a_text_like_a_formula_is_text_wherever_it_stands(text, total, written, tmp_path):
    rows = (GroupRow(text), Row((text,), total=total))
    sheet = written(Paragraph(text), Heading(text), Table((Column(text, 9),), rows), Title((text,))).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in cells] == [(text, "s", True)] * 6
    rows = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert [row[0] for row in rows] == [text] * 6


def test_texts_are_read_as_they_were(written, tmp_path):
    texts = ["#N/A", " 两头 空 ", "a\tb", "_x0041_", "", "𠮷", "<&>"]
    cells = column(written(listing(*texts)).active)
    assert [cell.data_type for cell in cells] == [*"ssssnss"]
    assert not any(cell.quotePrefix for cell in cells)
    rows = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == texts


@pytest.mark.parametrize(("character", "kept"), [("字", 32_766), ("𠮷", 16_383)])
def test_a_text_longer_than_a_cell_holds_is_cut(character, kept, written):
    cells = column(written(listing(character * 40_000, character * (kept - 1))).active)
    assert [cell.value for cell in cells] == [character * kept + "…", character * (kept - 1)]


def test_what_is_no_table_is_a_line_across_the_sheet(written):
    blocks = (
        Paragraph("厅", "head"),
        Paragraph("不印", "head_space"),
        TITLE,
        Heading("一、节"),
        Paragraph("一\n二", "annex_list"),
        Table(GROUPED, ROWS),
        Signature("某厅", "2020年4月13日"),
        Imprint(("抄送：某。",), "某办", "2020年4月13日印发"),
    )
    sheet = written(*blocks).active
    lines = [row[0] for row in values(sheet)]
    assert lines[:5] == ["厅", "题目", "一、节", "一", "二"]
    assert lines[-4:] == ["某厅", "2020年4月13日", "抄送：某。", "某办　2020年4月13日印发"]
    merged = {area.min_row for area in sheet.merged_cells.ranges if area.size["columns"] == 4}
    assert merged == {1, 2, 3, 4, 5, 11, 12, 13, 14}


def test_a_sheet_prints_all_of_itself_on_a4_one_page_wide_with_its_header_on_each_page(written):
    sheet = written(TITLE, Table(GROUPED, ROWS), NOTE).active
    assert sheet.print_area == "'表'!$A$1:$D$7"
    assert sheet.print_title_rows == "$2:$3"
    assert sheet.freeze_panes == "A4"
    assert sheet.page_setup.paperSize == 9
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert "&P" in sheet.oddFooter.center.text
    assert sheet.auto_filter.ref is None


@pytest.mark.parametrize(("width", "orientation"), [(40, "portrait"), (80, "landscape")])
def test_a_wide_sheet_is_printed_lengthwise(width, orientation, written):
    assert written(listing("甲", width=width)).active.page_setup.orientation == orientation


def test_a_listing_may_be_filtered_by_its_rows_and_not_by_the_notes_below(written):
    sheet = written(TITLE, Table(GROUPED, ROWS[1:], listing=True), NOTE).active
    assert sheet.auto_filter.ref == "A3:D5"


def test_of_two_tables_neither_header_is_that_of_the_other(written):
    sheet = written(listing("甲"), Table(GROUPED, ROWS)).active
    assert sheet.print_title_rows is None
    assert sheet.freeze_panes is None
    assert sheet.column_dimensions["D"].width > 12


def test_what_stands_far_down_is_not_frozen(written):
    sheet = written(*[NOTE] * 30, Table(GROUPED, ROWS)).active
    assert sheet.print_title_rows == "$31:$32"
    assert sheet.freeze_panes is None


def test_names_of_sheets_are_legal_and_no_two_the_same(written):
    long = "很长的名字" * 10
    names = ["第一/部", long, long + "二", "", "''", "History", "A", "a", "😀" * 31]
    book = written(*(Part(name, (Paragraph(name or "无"), NOTE)) for name in names))
    assert book.sheetnames == [
        "第一 部", long[:31], long[:28] + "（2）", "表", "表（2）", "History（2）", "A", "a（2）", "😀" * 15,
    ]  # fmt: skip
    assert [values(sheet)[0][0] for sheet in book] == [name or "无" for name in names]


def test_a_document_without_parts_is_a_workbook_that_opens(tmp_path):
    xlsx.write(Document("题目", ()), tmp_path / "a.xlsx")
    assert load_workbook(tmp_path / "a.xlsx").sheetnames == ["题目"]


def test_more_rows_than_a_sheet_has_go_on_on_the_next_under_the_same_header(written, monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 8)
    rows = tuple(Row((i, "甲", 0, 0)) for i in range(15))
    book = written(TITLE, Table(GROUPED, rows, listing=True), NOTE, NOTE)
    assert book.sheetnames == ["表", "表（2）", "表（3）"]
    numbers = [[row[0] for row in values(sheet)] for sheet in book]
    assert numbers == [
        ["题目", "序号", None, *range(5)],
        ["序号", None, *range(5, 11)],
        ["序号", None, *range(11, 15), "注", "注"],
    ]
    assert [sheet.auto_filter.ref for sheet in book] == ["A3:D8", "A2:D8", "A2:D6"]
    assert [sheet.print_title_rows for sheet in book] == ["$2:$3", "$1:$2", "$1:$2"]
    assert [sheet.freeze_panes for sheet in book] == ["A4", "A3", "A3"]
    assert book["表（3）"].print_area == "'表（3）'!$A$1:$D$8"


def test_a_table_exactly_as_long_as_a_sheet_takes_one_sheet(written, monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 8)
    assert written(listing(*range(7))).sheetnames == ["表"]
    assert written(listing(*range(7)), NOTE).sheetnames == ["表", "表（2）"]


def test_a_header_never_stands_alone_at_the_foot_of_a_sheet(written, monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 8)
    for notes, rows in ((6, [6, 3]), (5, [8])):
        book = written(*[NOTE] * notes, Table(GROUPED, (Row((1, "甲", 0, 0)),)))
        assert [sheet.max_row for sheet in book] == rows


def test_a_workbook_is_the_same_where_openpyxl_looks_at_each_cell_itself(written, monkeypatch):
    def cells():
        book = written(TITLE, Table(GROUPED, (*ROWS, Row((DAY, "甲", None, "")))))
        return [(c.coordinate, c.value, c.data_type, c._style) for row in book.active.iter_rows() for c in row]

    ours = cells()
    monkeypatch.delattr(xlsx.Rows, "_values_to_row")
    assert cells() == ours


def test_rows_are_as_high_as_their_texts_need_and_columns_as_wide_as_their_numbers(written):
    sheet = written(listing("短", "字" * 35, "字" * 9_000, DAY, 1_234_567_890_123, width=10)).active
    heights = [sheet.row_dimensions[i].height for i in range(2, 7)]
    assert heights[0] is heights[3] is heights[4] is None
    assert 4 * 14 <= heights[1] <= 5 * 16
    assert 390 < heights[2] < 409.5
    assert written(listing(DAY, 1_234_567_890_123)).active.column_dimensions["A"].width > 14


def test_a_line_too_long_for_a_row_takes_several(written):
    text = "".join(f"第{i}句话，" for i in range(2_000))
    sheet = written(Paragraph(text), listing("甲", width=40)).active
    lines = [row[0] for row in values(sheet)[:-2]]
    assert len(lines) > 5
    assert "".join(lines) == text
    assert all(sheet.row_dimensions[i].height < 409.5 for i in range(1, len(lines) + 1))


def test_rows_of_all_tables_are_told_together_now_and_then(written):
    told = []
    parts = [Part(name, (listing(*range(500)), NOTE, listing(*range(450)))) for name in "甲乙"]
    written(*parts, progress=lambda *of: told.append(of))
    assert told[-1] == (1_900, 1_900)
    assert {total for _, total in told} == {1_900}
    assert all(after - before <= 200 for (before, _), (after, _) in pairwise([(0, 0), *told]))
    assert len(told) <= 10


@pytest.fixture
def emptied(tmp_path, monkeypatch):
    """A folder for the workbook and all temporary files, from which both must be gone in the end."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def test_what_is_given_up_leaves_nothing(emptied):
    class GivenUp(Exception):
        pass

    def progress(done, total):
        assert len(list(emptied.iterdir())) == 2  # openpyxl's own, one a sheet
        raise GivenUp

    parts = (Part("甲", (NOTE,)), Part("乙", (listing(*range(500)),)))
    with pytest.raises(GivenUp):
        xlsx.write(Document("题目", parts), emptied / "a.xlsx", progress)


@pytest.mark.parametrize("limit", [20_000, 90_000])
def test_a_disk_that_is_full_is_an_os_error_and_leaves_nothing(limit, emptied):
    """A file may have so many bytes: too few for a sheet's rows, or only for the workbook."""
    part = Part("甲", (listing(*(f"{i * 7_919 % 10_007}{i * 104_729 % 9_973}" for i in range(1_000))),))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            xlsx.write(Document("题目", (part,) * 20), emptied / "a.xlsx")
        assert caught.value.errno == errno.EFBIG
        del caught
        gc.collect()  # nothing is left open that would now fail once more
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("said", "number"), [("IO_ENOSPC", errno.ENOSPC), ("IO_WRITE", errno.EIO)])
def test_what_lxml_says_of_a_disk_is_told_as_python_does(said, number, emptied, monkeypatch):
    def full(self):
        raise etree.SerialisationError(said)

    monkeypatch.setattr(xlsx.Sheets, "_end", full)
    with pytest.raises(OSError, match=r"a\.xlsx") as caught:
        xlsx.write(Document("题目", (Part("甲", (NOTE,)),)), emptied / "a.xlsx")
    assert caught.value.errno == number
