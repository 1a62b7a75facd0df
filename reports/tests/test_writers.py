"""Writers know no kinds: any Document goes into any of them."""

from base64 import b64decode
from decimal import Decimal

import docx
import pytest
from docx.oxml.ns import qn
from openpyxl import load_workbook

from reports.document import (
    Column,
    Document,
    Grid,
    GroupRow,
    Heading,
    Paragraph,
    Part,
    Picture,
    Row,
    Slot,
    Table,
    Title,
    Words,
    legible,
    shown,
)
from reports.writers import WRITERS, html

GROUPED = (Column("序号", 4, True), Column("单位", 12), *(Column(t, 6, True, "采用") for t in ("甲", "乙")))
ROWS = (GroupRow("各市"), Row((1, "=1+1", Decimal("0.5"), 0)), Row((None, "<b>&", 3, 0), total=True))


def document_of(columns) -> Document:
    blocks = (Paragraph("厅", "head"), Title(("题", "目")), Heading("一、节"), Table(columns, ROWS))
    return Document("题目", (Part("第一/部", blocks), Part("第二部", (Table(columns, ROWS),))))


@pytest.mark.parametrize("grouped", [True, False])
def test_both_headers_come_out_the_same_in_word(grouped, tmp_path):
    columns = GROUPED if grouped else tuple(Column(c.heading, c.width, c.numeric) for c in GROUPED)
    WRITERS["docx"](document_of(columns), tmp_path / "a.docx")
    for table in docx.Document(str(tmp_path / "a.docx")).tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        assert rows[: len(rows) - 3] == [["序号", "单位", "采用", "采用"]] * grouped + [["序号", "单位", "甲", "乙"]]
        assert rows[-3:] == [["各市"] * 4, ["1", "=1+1", "0.5", "0"], ["", "<b>&", "3", "0"]]
        repeated = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
        assert repeated == [True] * (1 + grouped) + [False] * 3


def test_html_escapes_everything_and_spans_its_header():
    text = " ".join(html.render(document_of(GROUPED)).split())
    assert '<td class="">&lt;b&gt;&amp;</td>' in text
    assert "<b>&" not in text
    assert '<th scope="colgroup" colspan="2" rowspan="1" class="num">采用</th>' in text
    assert '<th scope="col" colspan="1" rowspan="2" class="">单位</th>' in text
    assert "style=" not in text
    assert text.count('<article class="sheet">') == 2


def test_every_run_of_word_names_its_east_asian_font(tmp_path):
    WRITERS["docx"](document_of(GROUPED), tmp_path / "a.docx")
    body = docx.Document(str(tmp_path / "a.docx")).element.body
    runs = list(body.iter(qn("w:r")))
    assert runs
    assert all(run.rPr.rFonts.get(qn("w:eastAsia")) for run in runs)
    cells = [paragraph for cell in body.iter(qn("w:tc")) for paragraph in cell.iter(qn("w:p"))]
    assert all(paragraph.pPr.find(qn("w:snapToGrid")).get(qn("w:val")) == "0" for paragraph in cells)


def test_a_page_of_word_is_a4_with_page_numbers_in_its_footers(tmp_path):
    WRITERS["docx"](document_of(GROUPED), tmp_path / "a.docx")
    word = docx.Document(str(tmp_path / "a.docx"))
    section = word.sections[0]
    lengths = (section.page_width, section.page_height, section.top_margin, section.left_margin)
    assert [length.twips for length in lengths] == [11906, 16838, 2098, 1588]
    for footer in (section.footer, section.even_page_footer):
        assert "PAGE" in footer._element.xml


@pytest.mark.parametrize("form", ["docx", "html", "xlsx"])
def test_what_xml_cannot_hold_is_taken_out_of_every_format(form, tmp_path):
    bad = "甲\x00\x0b\x1f\ud800\ufffe\uffff乙"
    blocks = (Paragraph(bad), Heading(bad), Table((Column(bad, 4, group=bad),), (Row((bad,)), GroupRow(bad))))
    WRITERS[form](Document(bad, (Part(bad, blocks),)), tmp_path / "a")
    assert (tmp_path / "a").stat().st_size


def test_a_text_is_one_line_and_a_number_has_no_trailing_zeros():
    assert legible("甲\r\n 乙\x07") == "甲 乙"
    cells = (None, 0, 10, Decimal("0.500000"), Decimal("-3"), "x")
    assert [shown(cell) for cell in cells] == ["", "0", "10", "0.5", "-3", "x"]


def test_a_table_of_3000_rows_is_written_in_seconds(tmp_path):
    table = Table(GROUPED, tuple(Row((i, f"单位{i}", i, 0)) for i in range(3_000)))
    for form in ("docx", "xlsx"):
        WRITERS[form](Document("长", (Part("长", (table,)),)), tmp_path / f"a.{form}")
    assert len(docx.Document(str(tmp_path / "a.docx")).element.body.findall(f".//{qn('w:tr')}")) == 3_002


DOT = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
WRITTEN = (
    Paragraph("报头", "masthead"),
    Paragraph(("说", Words("要<点>", bold=True, underlined=True))),
    Grid(((Slot(("<县>",), 0, head=True), Slot(("校", "人"), 1, 2, head=True)), (Slot(("=1",), 0, 3),)), "各县"),
    Picture(DOT, "png", 1, 1, "课<堂>"),
)


@pytest.mark.parametrize("form", ["docx", "html", "xlsx"])
def test_what_units_write_goes_into_any_format(form, tmp_path):
    path = tmp_path / f"a.{form}"
    WRITERS[form](Document("题目", (Part("部", WRITTEN),)), path)
    if form == "html":
        text = path.read_text()
    elif form == "docx":
        text = "\n".join(t.text for t in docx.Document(str(path)).element.body.iter(qn("w:t")))
    else:
        text = "\n".join(str(row[0].value) for row in load_workbook(path).active.rows)
    for said in ("报头", "各县", "校", "人", "=1", "县", "点", "堂"):
        assert said in text


def test_html_sets_words_off_spans_cells_and_holds_its_pictures():
    text = html.render(Document("题目", (Part("部", WRITTEN),)))
    assert "说<b><u>要&lt;点&gt;</u></b>" in text
    assert '<th colspan="2" rowspan="1">校<br>人</th>' in text
    assert '<th colspan="1" rowspan="1">&lt;县&gt;</th>' in text
    assert 'src="data:image/png;base64,' in text
    assert "<figcaption>课&lt;堂&gt;</figcaption>" in text
    assert '<p class="head ruled">报头</p>' in text
