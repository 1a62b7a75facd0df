"""The Word file says what GB/T 9704-2012 asks. What comes out on paper is measured in test_pdf."""

import time
from copy import deepcopy
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from reports.document import (
    Block,
    Column,
    Document,
    Grid,
    GroupRow,
    Heading,
    Imprint,
    Paragraph,
    Part,
    Row,
    Signature,
    Slot,
    Table,
    Title,
    Words,
)
from reports.writers import docx as writer
from reports.writers import rows
from reports.writers.lines import lines, width

NARROW = Table((Column("序号", 4, True), Column("单位", 12)), (GroupRow("各市"), *(Row((i, "甲")) for i in range(120))))
WIDE = Table((Column("序号", 4, True), Column("标题", 60)), (Row((1, "题")),))
IMPRINT = Imprint(("抄送：省委办公厅，省政府办公厅。",), "厅办公室", "2026年1月5日印发")
CIRCULAR: tuple[Block, ...] = (
    Paragraph("山西省教育厅", "head"),
    Paragraph("晋教办〔2026〕5号", "number"),
    Title(("关于", "2020年第一季度", "政务信息", "报送和", "采用情况的", "通报")),
    Paragraph("各市教育局：", "flush"),
    Heading("一、节"),
    Heading("（一）款", 2),
    Heading("1.项", 3),
    Heading("（1）目", 4),
    Heading("再深一层", 5),
    Paragraph("正文。"),
    Paragraph("附件：1.统计表\n2.要点", "annex_list"),
    Signature("山西省教育厅", "2026年1月5日"),
)
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl pBdr tabs autoSpaceDE autoSpaceDN snapToGrid"
    " spacing ind jc outlineLvl sectPr",
    "rPr": "rFonts b i color spacing sz szCs u lang",
    "tblPr": "tblpPr tblOverlap tblW jc tblInd tblBorders tblLayout tblCellMar tblLook",
    "tcPr": "tcW gridSpan vMerge tcMar vAlign",
    "sectPr": "headerReference footerReference type pgSz pgMar cols docGrid",
}


def written(folder: Path, *parts: tuple[Block, ...]):
    path = folder / "a.docx"
    writer.write(Document("题目", tuple(Part(f"第{i}部", blocks) for i, blocks in enumerate(parts))), path)
    return docx.Document(str(path))


def paragraphs(word, style: str) -> list:
    return [p for p in word.element.body.iter(qn("w:p")) if p.style == style]


def text_of(paragraph) -> str:
    return "".join(t.text or "" for t in paragraph.iter(qn("w:t")))


def value(element, path: str, name: str = "val") -> str | None:
    found = element.find("/".join(qn(f"w:{step}") for step in path.split("/")))
    return None if found is None else found.get(qn(f"w:{name}"))


def style_of(word, key: str):
    return next(s for s in word.styles.element.findall(qn("w:style")) if s.get(qn("w:styleId")) == key)


LONGEST = (
    "山西省教育厅 关于 2020年 第一季度 各地 各校 信息 报送 采用 情况 通报 与 第二季度 报送 要点的 通知",
    ["山西省教育厅关于2020年", "第一季度各地各校信息报送采用", "情况通报与第二季度报送要点的通知"],
)
TWO_OFFICES = (
    "中共山西省委 教育工作委员会 山西省教育厅 关于 印发 2022年 工作要点的 通知",
    ["中共山西省委教育工作委员会山西省教育厅", "关于印发2022年工作要点的通知"],
)


@pytest.mark.parametrize(("words", "expected"), [LONGEST, TWO_OFFICES])
def test_the_longest_real_titles_form_a_trapezoid(words, expected):
    assert lines(words.split(), 20) == expected


@pytest.mark.parametrize(
    ("words", "widest", "expected"),
    [
        ("关于 通报", 4, ["关于通报"]),
        ("关于 印发 要点 的 通知", 8, ["关于印发", "要点的通知"]),  # neither 的 nor 通知 begins a line alone
        ("甲甲甲甲 乙乙乙乙 丙丙 丁丁", 8, ["甲甲甲甲乙乙乙乙", "丙丙丁丁"]),  # 甲甲甲甲 would be lost alone
        ("甲甲甲甲甲 乙乙 丙丙丙丙丙", 7, ["甲甲甲甲甲", "乙乙丙丙丙丙丙"]),
        (
            "甲甲甲甲甲 乙乙乙 丙丙 丁丁丁丁丁丁",
            12,
            ["甲甲甲甲甲乙乙乙丙丙", "丁丁丁丁丁丁"],
        ),  # 8 and 8 would be a rectangle
        ("一二三四五六七八九十", 4, ["一二三四", "五六七八", "九十"]),
    ],
)
def test_a_title_breaks_where_its_lines_look_best(words, widest, expected):
    assert lines(words.split(), widest) == expected


@given(st.lists(st.text("的和甲乙2a 、", max_size=7), max_size=12), st.integers(2, 9))
def test_the_lines_of_a_title_are_its_words(words, widest):
    found = lines(words, widest)
    assert "".join(found) == "".join(words)
    assert all(width(line) <= widest for line in found)
    ends, at = {0}, 0
    for word in words:
        at += len(word)
        ends.add(at)
        if width(word) > widest:
            ends |= set(range(at - len(word), at))
    at = 0
    for line in found:
        assert at in ends
        at += len(line)


def test_a_title_of_any_length_is_broken_in_no_time():
    began = time.monotonic()
    assert "".join(lines(list("题目" * 300), 20)) == "题目" * 300
    assert "".join(lines(list("a" * 30), 4)) == "a" * 30
    assert time.monotonic() - began < 2


def test_every_element_stands_in_the_order_of_the_schema(tmp_path):
    unsealed = Signature("厅", "2026年1月5日", sealed=False)
    set_off = Paragraph(("甲", Words("乙", bold=True, italic=True, underlined=True)))
    grid = Grid(((Slot(("甲",), 0, 2), Slot(("乙",), 2, 1, 2)), (Slot(("丙",), 0), Slot(("丁",), 1))), "表")
    flagged = (*CIRCULAR[:2], Paragraph("数据未封存", "flag"), *CIRCULAR[2:-1], unsealed, WIDE, IMPRINT)
    masthead = Paragraph("很长" * 20, "masthead")
    written(tmp_path, CIRCULAR, (NARROW, Paragraph("很长" * 20, "head")), (masthead, set_off, grid), flagged)
    with ZipFile(tmp_path / "a.docx") as package:
        names = [name for name in package.namelist() if name.startswith("word/") and name.endswith(".xml")]
        roots = [etree.fromstring(package.read(name)) for name in names]
    seen = set()
    for root in roots:
        for parent, order in ORDER.items():
            for element in root.iter(qn(f"w:{parent}")):
                steps = [order.split().index(etree.QName(child).localname) for child in element]
                assert steps == sorted(steps), etree.tostring(element)
                seen.add(parent)
    assert seen == set(ORDER)


def test_word_opens_it_as_a_file_of_its_own(tmp_path):
    word = written(tmp_path, CIRCULAR)
    settings = word.settings.element
    modes = [s.get(qn("w:val")) for s in settings.iter(qn("w:compatSetting")) if "Mode" in s.get(qn("w:name"))]
    assert modes == ["15"]
    with ZipFile(tmp_path / "a.docx") as package:
        assert not [name for name in package.namelist() if "stylesWithEffects" in name or "thumbnail" in name]
        fonts = package.read("word/fontTable.xml").decode()
        everything = "".join(package.read(name).decode() for name in package.namelist() if name.endswith(".xml"))
    assert 'w:name="方正小标宋简体"><w:altName w:val="华文中宋"/>' in fonts
    assert "asciiTheme" not in everything
    assert "cstheme" not in everything


def test_lines_and_characters_are_those_of_the_standard(tmp_path):
    word = written(tmp_path, CIRCULAR)
    grid = word.element.body.sectPr.find(qn("w:docGrid"))
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("lines", "579")
    for key in ("body", "flush", "heading1", "heading2", "annex_list", "sign"):
        style = style_of(word, key)
        assert value(style, "pPr/spacing", "line") == "579"
        assert value(style, "pPr/spacing", "lineRule") == "exact"
        assert value(style, "rPr/spacing") == "-5"
        assert value(style, "rPr/sz") == "32"
    assert value(style_of(word, "body"), "pPr/ind", "firstLineChars") == "200"
    assert value(style_of(word, "flush"), "pPr/ind", "firstLineChars") is None


def test_the_head_is_red_and_the_rule_below_the_number_too(tmp_path):
    word = written(tmp_path, CIRCULAR)
    head, number = style_of(word, "head"), style_of(word, "number")
    assert value(head, "rPr/color") == "FF0000"
    assert value(head, "rPr/rFonts", "eastAsia") == "方正小标宋简体"
    assert value(number, "pPr/pBdr/bottom", "color") == "FF0000"
    assert value(number, "pPr/jc") == "center"
    assert paragraphs(word, "number")[0].pPr.find(qn("w:pBdr")) is None  # it is the style's


def test_room_for_a_printed_head_is_that_of_a_drawn_one(tmp_path):
    word = written(tmp_path, (Paragraph("", "head_space"), Paragraph("晋教办〔2026〕5号", "number_plain"), CIRCULAR[2]))
    drawn, kept = style_of(word, "head"), style_of(word, "head_space")
    for name in ("before", "after", "line"):
        assert value(drawn, "pPr/spacing", name) == value(kept, "pPr/spacing", name)
    [space], [number] = paragraphs(word, "head_space"), paragraphs(word, "number_plain")
    assert text_of(space) == ""
    assert not list(word.element.body.iter(qn("w:pBdr")))
    assert value(style_of(word, "number_plain"), "pPr/pBdr/bottom") is None
    assert text_of(number) == "晋教办〔2026〕5号"


@pytest.mark.parametrize(("name", "half_points"), [("山西省教育厅", None), ("中共山西省委教育工作委员会", "68")])
def test_a_long_head_is_smaller_so_that_it_stays_on_one_line(tmp_path, name, half_points):
    [head] = paragraphs(written(tmp_path, (Paragraph(name, "head"),)), "head")
    assert value(head, "r/rPr/sz") == half_points


def test_a_title_breaks_between_words_only(tmp_path):
    [title] = paragraphs(written(tmp_path, CIRCULAR), "title")
    assert [t.text for t in title.iter(qn("w:t"))] == ["关于2020年第一季度政务信息", "报送和采用情况的通报"]
    assert len(list(title.iter(qn("w:br")))) == 1


def test_headings_have_levels_and_fonts_and_are_never_bold(tmp_path):
    word = written(tmp_path, CIRCULAR)
    seen = [p.style for p in word.element.body.iter(qn("w:p")) if p.style and p.style.startswith("heading")]
    assert seen == ["heading1", "heading2", "heading3", "heading4", "heading4"]
    for level, font in enumerate(("黑体", "楷体_GB2312", "仿宋_GB2312", "仿宋_GB2312"), start=1):
        style = style_of(word, f"heading{level}")
        assert value(style, "name") == f"heading {level}"
        assert value(style, "pPr/outlineLvl") == str(level - 1)
        assert value(style, "rPr/rFonts", "eastAsia") == font
    assert not list(word.styles.element.iter(qn("w:b"))) + list(word.element.body.iter(qn("w:b")))


def test_annexes_are_listed_each_below_its_own_beginning(tmp_path):
    names = "\n".join(f"{i}.名称" for i in range(1, 11))
    listed = paragraphs(
        written(tmp_path, (Paragraph("正文。"), Paragraph(f"附件：{names}", "annex_list"))), "annex_list"
    )
    indents = [(p.pPr.ind.get(qn("w:left")), p.pPr.ind.get(qn("w:hanging"))) for p in listed]
    assert indents == [
        ("1890", "1260"),
        *[("1890", "315")] * 8,
        ("2048", "472"),
    ]  # 附件：1. is 4 wide, 1. is 1, 10. is 1.5
    assert [value(p, "pPr/spacing", "before") for p in listed] == ["579", *[None] * 9]


def test_a_sealed_signature_has_its_day_4_characters_from_the_right_and_its_name_centred_above(tmp_path):
    word = written(tmp_path, CIRCULAR)
    [name], [day] = paragraphs(word, "sign"), paragraphs(word, "sign_day")
    left = (28 - 4 - 6 - 4) * 315  # the day's 6 characters stand between 4 and 4
    assert [value(p, "pPr/ind", "left") for p in (name, day)] == [str(left)] * 2
    assert value(style_of(word, "sign"), "pPr/jc") == value(style_of(word, "sign_day"), "pPr/jc") == "center"
    assert value(name, "pPr/spacing", "before") == str(2 * 579)
    assert style_of(word, "sign").find(f".//{qn('w:keepNext')}") is not None


@pytest.mark.parametrize(
    ("name", "lefts"),
    [
        ("山西省教育厅办公室", (17, 19)),
        ("山西省教育厅", (20, 22)),
        ("教育厅", (18, 20)),
    ],  # 28 - 2 - 9; the last is shorter
)
def test_an_unsealed_signature_has_its_name_2_from_the_right_and_its_day_2_after_the_names_beginning(
    tmp_path, name, lefts
):
    word = written(tmp_path, (Paragraph("正文。"), Signature(name, "2026年1月5日", sealed=False)))
    signed = [*paragraphs(word, "sign"), *paragraphs(word, "sign_day")]
    assert [value(p, "pPr/ind", "left") for p in signed] == [str(left * 315) for left in lefts]
    assert [value(p, "pPr/jc") for p in signed] == ["left", "left"]
    assert value(signed[0], "pPr/spacing", "before") == "579"


def test_a_long_name_that_signs_stays_on_its_line(tmp_path):
    [sign] = paragraphs(written(tmp_path, (Signature("甲" * 20, "2026年1月5日"),)), "sign")
    assert value(sign, "pPr/ind", "left") == str(8 * 315)


def test_the_paragraph_before_a_signature_goes_with_it(tmp_path):
    word = written(tmp_path, CIRCULAR)
    listed = paragraphs(word, "annex_list")
    assert [p.pPr.find(qn("w:keepNext")) is not None for p in listed] == [False, True]


def test_a_flag_stands_in_the_middle_of_the_two_lines_above_the_title(tmp_path):
    word = written(tmp_path, (*CIRCULAR[:2], Paragraph("数据未封存，仅供核对", "flag"), *CIRCULAR[2:]))
    [number], [flag] = paragraphs(word, "number"), paragraphs(word, "flag")
    assert number.getnext() is flag
    assert value(number, "pPr/spacing", "after") == value(style_of(word, "flag"), "pPr/spacing", "after") == "289"


def test_an_annex_begins_a_page_and_its_title_is_on_the_third_line(tmp_path):
    word = written(tmp_path, CIRCULAR, (Paragraph("附件1", "annex_mark"), Title(("统计表",), "annex_title"), NARROW))
    [mark], [title] = paragraphs(word, "annex_mark"), paragraphs(word, "annex_title")
    assert mark.pPr.find(qn("w:pageBreakBefore")) is not None
    assert mark.getnext() is title
    assert value(style_of(word, "annex_mark"), "pPr/spacing", "after") == "579"
    assert value(style_of(word, "annex_mark"), "rPr/rFonts", "eastAsia") == "黑体"
    assert value(style_of(word, "annex_title"), "pPr/spacing", "before") == "0"


def test_a_wide_table_is_on_its_side_and_what_follows_is_not(tmp_path):
    word = written(tmp_path, CIRCULAR, (NARROW,), (WIDE, IMPRINT), CIRCULAR[:2])
    turned = [section.page_width > section.page_height for section in word.sections]
    assert turned == [False, True, False]
    widths = [sum(int(c.get(qn("w:w"))) for c in t.iter(qn("w:gridCol"))) for t in word.element.body.iter(qn("w:tbl"))]
    assert widths == [8844, 12756, 8844]
    ends = [p for p in word.element.body.iter(qn("w:p")) if p.find(f".//{qn('w:sectPr')}") is not None]
    assert [end.style for end in ends] == ["nothing", "nothing"]  # too small to be seen, below a table
    for section in word.sections:
        sides = (section.left_margin.twips, section.right_margin.twips, section.top_margin.twips)
        assert sides in ((1588, 1474, 2098), (1984, 2098, 1588))
        assert "PAGE" in section.footer._element.xml
        assert section._sectPr.find(qn("w:pgNumType")) is None  # the numbers go on


@pytest.mark.parametrize(("last", "expected"), [((WIDE,), [False, True]), ((WIDE, IMPRINT), [False, True, False])])
def test_a_document_may_end_on_its_side_but_its_imprint_is_upright(tmp_path, last, expected):
    word = written(tmp_path, CIRCULAR, last)
    assert [section.page_width > section.page_height for section in word.sections] == expected


def test_tables_never_touch(tmp_path):
    """Word would make one table of two."""
    word = written(tmp_path, (NARROW, NARROW, IMPRINT), (NARROW,))
    for table in word.element.body.iter(qn("w:tbl")):
        assert table.getprevious().tag == table.getnext().tag == qn("w:p")


def test_the_imprint_is_ruled_and_stands_at_the_foot_of_the_text(tmp_path):
    word = written(tmp_path, (*CIRCULAR, IMPRINT))
    [table] = word.element.body.iter(qn("w:tbl"))
    position = table.tblPr.find(qn("w:tblpPr"))
    assert (position.get(qn("w:vertAnchor")), position.get(qn("w:tblpYSpec"))) == ("margin", "bottom")
    borders = {etree.QName(side).localname: side.get(qn("w:sz")) for side in table.tblPr.find(qn("w:tblBorders"))}
    assert borders == {"top": "8", "bottom": "8", "insideH": "6"}
    copied, printed = table.iter(qn("w:p"))
    assert (value(copied, "pPr/ind", "left"), value(copied, "pPr/ind", "hanging")) == ("1120", "840")
    assert value(printed, "pPr/tabs/tab", "pos") == str(8844 - 280)
    assert text_of(printed) == "厅办公室2026年1月5日印发"
    assert value(style_of(word, "imprint"), "rPr/sz") == "28"
    assert value(style_of(word, "imprint"), "pPr/ind", "right") == "280"


@pytest.mark.parametrize(("width", "sizes"), [(24, "24 24 21"), (36, "21 21 21"), (90, "18 18 18")])
def test_a_table_that_wants_much_room_is_set_smaller(tmp_path, width, sizes):
    table = Table((Column("序号", 4, True), Column("单位", width)), (Row((1, "甲")), GroupRow("各市")))
    word = written(tmp_path, (table,))
    [element] = word.element.body.iter(qn("w:tbl"))
    header, row, group = (
        {value(style_of(word, p.style), "rPr/sz") for p in cells.iter(qn("w:p"))} for cells in element.iter(qn("w:tr"))
    )
    assert [row, group, header] == [{size} for size in sizes.split()]


def test_no_imprint_no_table(tmp_path):
    assert not list(written(tmp_path, CIRCULAR).element.body.iter(qn("w:tbl")))


def test_rows_tell_how_far_they_are_and_may_be_stopped(tmp_path):
    told = []
    document = Document("题", (Part("一", (NARROW,)), Part("二", (NARROW,))))
    writer.write(document, tmp_path / "a.docx", lambda done, total: told.append((done, total)))
    assert told == [(50, 242), (100, 242), (150, 242), (200, 242), (242, 242)]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writer.write(document, tmp_path / "b.docx", stop)
    assert not (tmp_path / "b.docx").exists()


@pytest.mark.proof
def test_3000_rows_are_nearly_as_fast_as_plain_lxml():
    columns = (Column("序号", 4, True), Column("单位", 12), *(Column(name, 6, True) for name in "甲乙丙丁戊己"))
    table = Table(columns, tuple(Row((i, f"单位{i}", i, 0, 1, 2, 3, 4)) for i in range(3_000)))
    prepared = etree.fromstring(etree.tostring(rows._row([rows._cell(100, "cell", 12)] * 8)))

    def plain() -> None:
        root = etree.Element("tbl")
        for row in table.rows:
            copy = deepcopy(prepared)
            for element, cell in zip(copy.iter(rows.TEXT), row.cells, strict=True):
                element.text = str(cell)
            root.append(copy)

    def seconds(work) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    ratios = [seconds(lambda: rows.table_element(table, 8844, lambda: None)) / seconds(plain) for _ in range(5)]
    assert min(ratios) < 1.5
