"""What a Word file says is what the draft says: title, text, tables, pictures; and what was lost is told with its place."""

import time

import pytest

from submissions import body, conversion, manuscripts
from submissions.inspection import Unfit, inspect
from submissions.manuscripts import Manuscript
from submissions.manuscripts.numbering import in_words
from submissions.manuscripts.package import Package
from submissions.manuscripts.titles import people_of
from submissions.tests import word_files
from submissions.tests.papers import changed, with_text
from submissions.tests.word_files import BODY, Paper, drawn, p, photo, pic, run, saved_again

pytestmark = pytest.mark.once
FIRST, SECOND = (f"<p>{text}</p>" for text in BODY)


@pytest.fixture(scope="session")
def made() -> dict[str, bytes]:
    return {name: make() for name, make in word_files.FILES.items()}


@pytest.fixture(scope="session")
def read(made) -> dict[str, Manuscript]:
    return {name: read_file(content) for name, content in made.items()}


def read_file(content: bytes) -> Manuscript:
    inspect("稿.docx", content)
    return manuscripts.read(content)


def captions(manuscript: Manuscript) -> list[str]:
    return [picture.caption for picture in manuscript.pictures]


def assert_told(manuscript: Manuscript, *sentences: str) -> None:
    """These and no other sentences say what was left out; each is given by its beginning and its place."""
    assert len(manuscript.left_out) == len(sentences), manuscript.left_out
    for said, sentence in zip(manuscript.left_out, sentences, strict=True):
        kind, _, place = sentence.partition("|")
        assert said.startswith(kind)
        assert place in said
        assert said.endswith("。")


def test_plain_news(read):
    one = read["plain_news"]
    assert (one.title, one.html, one.authors) == ("甲市开展校园安全大排查", FIRST + SECOND, "甲市教育局 张三")
    assert one.left_out == []


def test_a_title_of_two_lines_is_one_and_its_subtitle_stays_in_the_text(read):
    one = read["title_of_two_lines"]
    assert one.title == "甲市教育局多措并举扎实推进校园安全专项整治"
    assert (one.authors, one.responsible) == ("李四", "王五")
    assert one.html == f"<p>——以第一中学为例</p><p>（2026年11月20日）</p>{FIRST}{SECOND}"


def test_an_official_document_keeps_its_numbers_as_words(read):
    assert "<p>一、主要做法</p><p>（一）排查隐患</p>" in read["official_document"].html
    assert "<p>1.建立台账。逐项登记。</p><p>二、下一步打算</p>" in read["official_document"].html


def test_numbers_that_word_wrote_by_itself_become_words(read):
    text = body.plain(read["chinese_numbers"].html).split("\n")
    assert text[0] == "一、主要做法"
    assert text[9:11] == ["十、主要做法", "（一）排查隐患"]
    assert text[12:] == ["（二）建立台账", "十一、下一步打算", "（一）重新从一数起"]
    lines = body.plain(read["articles"].html).split("\n")
    expected = [
        "第一条\u3000一款",
        "第二条\u3000二款",
        "第1条\u3000一款",
        "第2条\u3000二款",
        "（1）一款",
        "（2）二款",
        "①一款",
        "②二款",
    ]
    assert lines == [*expected, "甲、一款", "乙、二款", "1 总则", "1.1 目的"]


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        ("chineseCounting", {1: "一", 10: "十", 12: "十二", 20: "二十", 105: "一百零五", 1010: "一千零一十"}),
        ("ideographDigital", {10: "一〇", 21: "二一"}),
        ("chineseLegalSimplified", {3: "叁", 12: "壹拾贰"}),
        ("ideographZodiac", {1: "子", 13: "13"}),
        ("upperRoman", {4: "IV", 1999: "MCMXCIX", 4000: "4000"}),
        ("lowerLetter", {2: "b", 27: "aa", 10**6: "1000000"}),
        ("decimalEnclosedCircle", {20: "⑳", 21: "21"}),
        ("hebrew1", {7: "7"}),
        ("none", {7: ""}),
    ],
)
def test_numbers_in_the_forms_of_word(form, numbers):
    assert {count: in_words(count, form) for count in numbers} == numbers


def test_headings_of_word_and_of_wps(read):
    one = read["headings"]
    assert one.title == "甲市校园安全工作"
    assert one.html.startswith(f"<p>安全第一</p>{FIRST}<h2>主要做法</h2><h3>排查</h3><h4>台账</h4>{SECOND}<p>")
    wps = read["wps_styles"]
    assert wps.html == f"<h2>一、领导重视</h2>{FIRST}<h2>二、措施有力</h2>{FIRST}{SECOND}"


def test_lists_within_lists_that_go_on_after_a_paragraph(read):
    assert read["lists"].html == (
        f"{FIRST}<ol><li><p>检查</p><ol><li><p>消防</p></li><li><p>食堂</p></li></ol></li><li><p>整改</p></li></ol>{SECOND}"
        '<ol start="3"><li><p>复查</p></li></ol>'
        "<ul><li><p>校车</p><ul><li><p>司机</p></li></ul></li><li><p>车辆</p></li></ul>"
    )


def test_tables_keep_their_joined_cells(read):
    one = read["tables"]
    assert one.html == (
        f'{FIRST}<table><tbody><tr><th rowspan="2">单位</th><th colspan="2">检查</th></tr>'
        "<tr><td>次数</td><td>隐患</td></tr><tr><td>一中</td><td>12</td><td>3</td></tr>"
        f"<tr><td>二中</td><td>9</td><td><p>0</p><p>内层</p></td></tr></tbody></table>"
        f"<p>表后的一段。</p><p>框里的一段话。</p>{SECOND}"
    )
    assert_told(one, "表格里套着的表格改成了文字|内层")


def test_pictures_stand_in_their_places_with_their_captions(read):
    one = read["pictures"]
    assert one.html == f'{FIRST}<img data-file="0"><img data-file="1"><img data-file="2">{SECOND}'
    assert captions(one) == ["图为师生在操场集合。（王五 摄）", "图2 消防员讲解", ""]
    assert [picture.name for picture in one.pictures] == ["图片1.jpg", "图片2.png", "图片3.png"]
    assert one.pictures[2].content.startswith(b"\x89PNG")
    for picture in one.pictures:
        inspect(picture.name, picture.content)
    assert_told(one, "GIF、BMP、TIFF 等图片转成了 PNG")
    cells = read["group_of_pictures"]
    assert '<td><img data-file="0"></td><td><img data-file="1"></td>' in cells.html
    assert captions(cells) == ["图1 集合", "图2 讲解"]
    assert (cells.title, cells.authors) == ("甲市开展安全演练", "甲市第一中学 张三、李四")
    assert cells.html.startswith("<p>教育信息</p><p>第12期</p><p>甲市教育局办公室")


def test_floating_pictures_stand_at_their_anchor_and_what_was_cut_off_stays_off(read):
    one = read["floating_pictures"]
    assert '<p>演练在第一中学举行。</p><img data-file="0"><p>随后进行了讲评。</p><img data-file="1">' in one.html
    assert_told(one, "浮动的图片放在了它所在的段落旁边|演练在第一中学举行")
    widths = [manuscripts.images.Image.open(word_files.io.BytesIO(picture.content)).width for picture in one.pictures]
    assert widths == [480, 240, 480]


def test_pictures_that_no_page_shows_are_told(read):
    one = read["unknown_pictures"]
    assert [sentence.partition("：")[0] for sentence in one.left_out] == [
        "线条、形状等图形没有带过来",
        "EMF、WMF 等格式的图片没有带过来，请截成图片再添加",
    ]
    assert "示意图如下" in one.left_out[1]


def test_the_words_of_text_boxes_are_taken_once(read):
    one = read["text_boxes"]
    assert one.html == f"{FIRST}<p>文本框第一段</p><p>文本框第二段</p><p>旧式文本框</p>{SECOND}"
    assert_told(one, "文本框里的文字放进了正文|“文本框第一段”、“旧式文本框”")


def test_tracked_changes_are_taken_as_accepted(read):
    one = read["tracked_changes"]
    assert one.html.startswith("<p>共检查学校三百二十所，搬来的话</p><p>这一段的后半句。</p>")
    assert "<tr><td>留下的行</td><td>第二格</td></tr></tbody>" in one.html
    assert_told(one, "有修订痕迹，按全部接受处理|共检查学校")


def test_notes_stand_in_brackets_where_they_were_called(read):
    one = read["notes"]
    assert one.html.startswith("<p>全市有学校三百二十所（注：据市统计局公报。），学生二十万人（注：另文附后。）。</p>")
    assert_told(one, "脚注、尾注改成了正文里括号中的“注”|全市有学校")


def test_comments_links_headers_and_fields(read):
    one = read["comments_and_links"]
    assert one.html.startswith("<p>共检查三百二十所学校。</p><p>详见市教育局网站，页码12。</p>")
    assert_told(one, "批注没有带过来|共检查", "页眉页脚没有带过来|甲市教育局信息", "链接没有带过来，文字留着|详见")


def test_content_controls_are_looked_through(read):
    one = read["content_controls"]
    assert one.html == (
        f"{FIRST}<p>地点：第一中学甲市</p><table><tbody><tr><td>格</td><td>格</td></tr></tbody></table>{SECOND}"
    )
    assert_told(one, "目录没有带过来")


def test_small_things(read):
    one = read["small_things"]
    assert one.html.startswith("<p>☑已核对拼上行<br>下行 后</p><p><strong>一是</strong>抓重点<em>。</em></p>")
    assert "<p>人均〔公式〕元。</p>" in one.html
    assert "<p>☑二十所</p>" in one.html
    assert "看不见的" not in one.html
    assert_told(one, "公式|人均", "图表|柱状图", "SmartArt|架构图", "隐藏的文字|已核对", "认不出的特殊符号|已核对")


def test_without_a_title_the_first_words_stand_for_it_and_that_is_told(read):
    one = read["untitled"]
    assert (one.title, one.html) == ("甲市教育局组织全市中小学开展校园安全大排查", FIRST + SECOND)
    assert_told(one, "没有认出标题，先用了第一句，请改")


def test_the_files_own_title_stands_in_where_the_text_has_none_and_not_a_strange_one():
    for told, title in [
        ("校园安全工作综述", "校园安全工作综述"),
        ("Word 文档", "甲市教育局组织全市中小学开展校园安全大排查"),
    ]:
        paper = Paper().text(*BODY)
        paper.document.core_properties.title = told
        assert read_file(paper.done()).title == title
    paper = Paper().text("安全工作小结", *BODY)
    paper.document.core_properties.title = "去年的另一篇稿子"
    assert read_file(paper.done()).title == "安全工作小结"


@pytest.mark.parametrize(
    ("line", "people"),
    [
        ("供稿：张三　责任编辑：王五", (["张三"], ["王五"], True)),
        ("（撰稿 甲市教育局 张三）", (["甲市教育局 张三"], [], True)),
        ("（甲市第一中学　张三）", (["甲市第一中学 张三"], [], True)),
        ("供稿人：张三　审核：李四", (["张三"], [], False)),  # the line stays: it names somebody else, too
        ("作者 认为这样做很有好处", None),
        ("作者：这样做了。很好", None),
        ("编辑：赵六", None),
        ("（2026年11月20日）", None),
    ],
)
def test_only_a_line_that_names_people_is_taken_for_one(line, people):
    assert people_of(line, last=True) == people


def test_what_libreoffice_saves_reads_alike(made, read, tmp_path):
    """Titles, words, tables and pictures of all files; marks of Word's own that it does not keep are left out."""
    again = saved_again(tmp_path, "docx:MS Word 2007 XML", **made)
    assert set(again) == set(made)
    for name, content in again.items():
        one, before = read_file(content), read[name]
        assert (one.title, one.authors, one.responsible) == (before.title, before.authors, before.responsible), name
        if name not in ("small_things", "content_controls", "tracked_changes", "unknown_pictures", "text_boxes"):
            assert body.plain(one.html) == body.plain(before.html), name
            assert captions(one) == captions(before), name
            assert one.html.count("span=") == before.html.count("span="), name


def test_an_old_word_file_is_converted_and_read_alike(tmp_path, settings):
    """Numbers, a table with joined cells and a picture in one file, since each start of LibreOffice costs seconds."""
    settings.DATA_DIR = tmp_path
    paper = Paper().title("关于校园安全工作情况的报告").numbered(("chineseCountingThousand", "%1、"))
    paper.entry("主要做法").text(BODY[0]).entry("下一步打算").picture(photo(), "图为师生在操场集合。（王五 摄）")
    table = paper.document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "检查"
    table.cell(1, 0).text, table.cell(1, 1).text = "一中", "12"
    content = paper.text(BODY[1]).done()
    before = read_file(content)
    old = saved_again(tmp_path, "doc", old=content)["old"]
    assert conversion.is_old(old)
    one = read_file(conversion.converted(old))
    assert one.title == before.title
    assert "一、主要做法" in before.html
    assert body.plain(one.html) == body.plain(before.html)
    assert one.html.count('colspan="2"') == before.html.count('colspan="2"') == 1
    assert captions(one) == captions(before) == ["图为师生在操场集合。（王五 摄）"]
    assert sorted(path.name for path in (tmp_path / "converting").iterdir()) == ["0.lock"]


# ---- What is hostile, or too much ----


def nested(tag: str, deep: int) -> bytes:
    return with_text(Paper().done(), f"<w:{tag}>" * deep + f"</w:{tag}>" * deep)


def nested_tables(deep: int) -> bytes:
    return with_text(Paper().done(), "<w:tbl><w:tr><w:tc>" * deep + p(run("最里")) + "</w:tc></w:tr></w:tbl>" * deep)


@pytest.mark.parametrize("made_of", [lambda: nested("sdtContent", 5_000), lambda: nested_tables(2_000)])
def test_what_is_nested_too_deeply_is_refused(made_of):
    with pytest.raises(Unfit, match="读不懂"):
        read_file(made_of())


def test_tables_within_tables_as_deep_as_xml_may_be_are_read():
    assert read_file(nested_tables(60)).title == "最里"


def test_entities_are_not_expanded_and_nothing_is_fetched():
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    content = changed(Paper().text(*BODY).done(), "word/document.xml", lambda old: evil + old.partition(b"?>")[2])
    with pytest.raises(Unfit):
        inspect("稿.docx", content)
    assert "root:" not in manuscripts.read(content).html  # and were it not inspected


def test_ten_thousand_paragraphs_are_read_within_seconds():
    content = with_text(Paper().done(), p(run("一段话，不长也不短。")) * 10_000)
    began = time.monotonic()
    assert len(body.plain(read_file(content).html).split("\n")) == 10_000
    assert time.monotonic() - began < 10


def shown(*contents: bytes) -> bytes:
    """A Word file that shows these pictures; the same content is one part of it."""
    paper = Paper().title("标题在此").text(*BODY)
    return paper.xml("".join(p(drawn(pic(paper.image(content)))) for content in contents)).done()


def test_a_picture_that_stands_in_many_places_is_decoded_once():
    large = photo("gray", "GIF", (3000, 2000))  # thirty of which are more than a file may cost
    one = read_file(shown(*[large] * 30))
    assert len(one.pictures) == 30
    assert_told(one, "GIF、BMP、TIFF 等图片转成了 PNG")


def test_an_opaque_picture_becomes_a_jpeg_and_a_clear_one_a_png_of_no_more_than_a_page_needs():
    clear = word_files.io.BytesIO()
    manuscripts.images.Image.new("RGBA", (400, 3200), (9, 9, 9, 9)).save(clear, "TIFF")
    one = read_file(shown(photo("teal", "TIFF", (3200, 400)), clear.getvalue()))
    sizes = [manuscripts.images.Image.open(word_files.io.BytesIO(picture.content)).size for picture in one.pictures]
    assert [picture.name for picture in one.pictures] == ["图片1.jpg", "图片2.png"]
    assert sizes == [(3000, 375), (375, 3000)]


@pytest.mark.parametrize(
    ("limit", "most", "kept", "told"),
    [
        ("MOST_PIXELS", 480 * 320 - 1, 0, "图片太大，没有带过来"),
        ("MOST_BYTES", 100, 0, "图片太大，没有带过来"),
        ("MOST_PIXELS_IN_ALL", 480 * 320 * 2 - 1, 1, "要转换的图片太多太大"),
        ("SECONDS", 0, 0, "要转换的图片太多太大"),
    ],
)
def test_what_pictures_cost_has_an_end_and_those_beyond_are_told(monkeypatch, limit, most, kept, told):
    monkeypatch.setattr(manuscripts.images, limit, most)
    one = read_file(shown(photo("gray", "GIF"), photo("teal", "GIF")))
    assert len(one.pictures) == kept
    assert one.left_out[-1].startswith(told)
    assert body.plain(one.html) == "\n".join(BODY)


def test_a_part_that_many_relations_lead_to_is_read_once():
    content = Paper().title("标题在此").text(*BODY).done()
    row = '<Relationship Id="h{}" Type="http://x/relationships/header" Target="header1.xml"/>'
    rows = "".join(map(row.format, range(3))) + "</Relationships>"
    related = changed(
        content, "word/_rels/document.xml.rels", lambda old: old.replace(b"</Relationships>", rows.encode())
    )
    package = Package(related)
    assert package.targets(package.main, "header") == ["word/header1.xml"]


def test_far_too_many_words_are_refused():
    with pytest.raises(Unfit, match="请拆成几个文件"):
        read_file(with_text(Paper().done(), p(run("长" * 1000)) * 201))


def test_spans_and_counts_without_end_cost_nothing():
    wide = f'<w:tc><w:tcPr><w:gridSpan w:val="9999999"/></w:tcPr>{p(run("甲"))}</w:tc>'
    paper = (
        Paper().title("标题在此").xml(f"<w:tbl><w:tr>{wide}{wide}</w:tr></w:tbl>").numbered(("lowerLetter", "（%1）"))
    )
    paper.document.part.numbering_part.element[0][0][0].set(f"{word_files.W}val", "9999999")
    one = read_file(paper.entry("条").done())
    assert 'colspan="60"' in one.html
    assert "（9999999）条" in one.html


def test_styles_that_are_based_on_each_other_end():
    xml = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{name}"/><w:basedOn w:val="{other}"/></w:style>'
        for name, other in (("x", "y"), ("y", "x"))
    )
    content = Paper().text("标题在此").xml(p(run(BODY[0]), properties='<w:pStyle w:val="x"/>')).done()
    content = changed(content, "word/styles.xml", lambda old: old.replace(b"</w:styles>", f"{xml}</w:styles>".encode()))
    assert read_file(content).html == FIRST


def test_an_empty_file_says_so():
    with pytest.raises(Unfit, match="是空的"):
        read_file(Paper().done())
