"""Word files as people hand them in, made for the tests: each by python-docx and, where that cannot, by XML."""

import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.shared import Cm, Pt
from PIL import Image, ImageDraw

from submissions.tests.papers import changed, with_part
from tests import programs

NAMES = (
    ("w", "http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
    ("r", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
    ("wp", "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"),
    ("a", "http://schemas.openxmlformats.org/drawingml/2006/main"),
    ("pic", "http://schemas.openxmlformats.org/drawingml/2006/picture"),
    ("wps", "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"),
    ("mc", "http://schemas.openxmlformats.org/markup-compatibility/2006"),
    ("v", "urn:schemas-microsoft-com:vml"),
    ("m", "http://schemas.openxmlformats.org/officeDocument/2006/math"),
    ("c", "http://schemas.openxmlformats.org/drawingml/2006/chart"),
    ("dgm", "http://schemas.openxmlformats.org/drawingml/2006/diagram"),
)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DECLARED = " ".join(f'xmlns:{name}="{address}"' for name, address in NAMES)
OPEN = "application/vnd.openxmlformats-officedocument.wordprocessingml"
BODY = (
    "近日，甲市教育局组织全市中小学开展校园安全大排查，共检查学校三百二十所，整改隐患一百一十五处。",
    "各校成立由校长任组长的工作专班，逐项列出清单，明确责任人和完成时限，做到件件有着落。",
)


def photo(colour: str = "steelblue", kind: str = "JPEG", size: tuple[int, int] = (480, 320)) -> bytes:
    """A picture with something in it, so that it can be told from another."""
    made = io.BytesIO()
    picture = Image.new("RGB", size, colour)
    ImageDraw.Draw(picture).ellipse((size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), fill="white")
    picture.save(made, kind)
    return made.getvalue()


class Paper:
    """A Word file under way."""

    def __init__(self) -> None:
        self.document = docx.Document()
        self.parts: list[tuple[str, str, str, str]] = []

    def title(self, *lines: str, size: float = 22) -> "Paper":
        """Centred lines, larger than the text, as offices set them."""
        for line in lines:
            paragraph = self.document.add_paragraph()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            run = paragraph.add_run(line)
            run.font.size, run.font.name = Pt(size), "方正小标宋简体"
        return self

    def text(self, *paragraphs: str, centred: bool = False, size: float = 16) -> "Paper":
        for text in paragraphs:
            paragraph = self.document.add_paragraph()
            if centred:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.add_run(text).font.size = Pt(size)
        return self

    def styled(self, text: str, style: str) -> "Paper":
        self.document.add_paragraph(text, style)
        return self

    def picture(self, content: bytes, caption: str = "") -> "Paper":
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run().add_picture(io.BytesIO(content), width=Cm(10))
        return self.text(caption, centred=True, size=12) if caption else self

    def xml(self, xml: str) -> "Paper":
        """Blocks as Word writes them, at the end."""
        for element in parse_xml(f"<w:body {DECLARED}>{xml}</w:body>"):
            self.document.element.body.insert(len(self.document.element.body) - 1, element)
        return self

    def numbered(self, *levels: tuple[str, str], number: int = 90) -> "Paper":
        """A list of one's own: format and text of each level."""
        rows = "".join(
            f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
            for i, (form, text) in enumerate(levels)
        )
        numbering = self.document.part.numbering_part.element
        numbering.insert(0, parse_xml(f'<w:abstractNum {DECLARED} w:abstractNumId="{number}">{rows}</w:abstractNum>'))
        numbering.append(parse_xml(f'<w:num {DECLARED} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'))
        return self

    def entry(self, text: str, level: int = 0, number: int = 90, style: str = "") -> "Paper":
        styled = f'<w:pStyle w:val="{style}"/>' if style else ""
        return self.xml(
            f'<w:p><w:pPr>{styled}<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr></w:pPr>'
            f"<w:r><w:t>{text}</w:t></w:r></w:p>"
        )

    def with_notes(self, kind: str, *texts: str) -> "Paper":
        rows = "".join(
            f'<w:{kind} w:id="{i}"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{kind}>'
            for i, text in enumerate(texts, start=1)
        )
        self.parts.append((f"{kind}s", kind, rows, f"{kind}s"))
        return self

    def image(self, content: bytes) -> str:
        """A picture in the file; the id of its relation."""
        return self.document.part.get_or_add_image(io.BytesIO(content))[0]

    def done(self) -> bytes:
        made = io.BytesIO()
        self.document.save(made)
        content = made.getvalue()
        for name, _, rows, kind in self.parts:
            xml = f'<?xml version="1.0" encoding="UTF-8"?><w:{kind} {DECLARED}>{rows}</w:{kind}>'
            content = with_part(content, f"word/{name}.xml", f"{OPEN}.{kind}+xml", xml.encode())
            content = _related(content, kind, f"{name}.xml")
        return content


def _related(content: bytes, kind: str, target: str) -> bytes:
    address = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    row = f'<Relationship Id="own-{kind}" Type="{address}/{kind}" Target="{target}"/></Relationships>'.encode()
    return changed(content, "word/_rels/document.xml.rels", lambda old: old.replace(b"</Relationships>", row))


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def drawn(graphic: str, anchored: bool = False) -> str:
    """A drawing in a run."""
    tag = "anchor" if anchored else "inline"
    return (
        f'<w:r><w:drawing><wp:{tag}><wp:extent cx="3600000" cy="2400000"/><wp:docPr id="1" name="图"/>'
        f'<a:graphic><a:graphicData uri="x">{graphic}</a:graphicData></a:graphic></wp:{tag}></w:drawing></w:r>'
    )


def pic(relation: str, crop: str = "") -> str:
    return (
        '<pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="图"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/>{crop}<a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="3600000" cy="2400000"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    )


def box(*paragraphs: str) -> str:
    """A text box, for newer programs and once more for older ones, as Word writes it."""
    words = "".join(p(run(text)) for text in paragraphs)
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><wp:extent cx="1" cy="1"/>'
        f'<a:graphic><a:graphicData uri="x"><wps:wsp><wps:txbx><w:txbxContent>{words}</w:txbxContent></wps:txbx>'
        "</wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape>"
        f"<v:textbox><w:txbxContent>{words}</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )


def field(code: str, result: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {code} </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(result)}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


# ---- Twenty files ----


def plain_news() -> bytes:
    """As a school sends it: a centred title, two paragraphs, who wrote it."""
    return Paper().title("甲市开展校园安全大排查").text(*BODY).text("供稿：甲市教育局 张三").done()


def title_of_two_lines() -> bytes:
    paper = Paper().title("甲市教育局多措并举", "扎实推进校园安全专项整治").title("——以第一中学为例", size=16)
    return paper.text("（2026年11月20日）", centred=True).text(*BODY).text("（作者：李四　责任编辑：王五）").done()


def official_document() -> bytes:
    """GB/T 9704: 一、 and （一） typed by hand."""
    paper = Paper().title("关于校园安全工作情况的报告").text("省教育厅：", BODY[0])
    for text in ("一、主要做法", "（一）排查隐患", BODY[1], "1.建立台账。逐项登记。", "二、下一步打算", BODY[0]):
        paper.text(text)
    return paper.done()


def chinese_numbers() -> bytes:
    """The same, numbered by Word."""
    paper = Paper().title("关于校园安全工作情况的报告")
    paper.numbered(("chineseCountingThousand", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."))
    for _ in range(10):
        paper.entry("主要做法")
    paper.entry("排查隐患", 1).text(BODY[0]).entry("建立台账", 1).entry("下一步打算").entry("重新从一数起", 1)
    return paper.done()


def articles() -> bytes:
    """第一条, 第1条, （1）, ①, 甲、, 1.1: none is a list of a page."""
    paper = Paper().title("甲市校园安全管理办法")
    forms = [
        ("chineseCounting", "第%1条"), ("decimal", "第%1条"), ("decimal", "（%1）"), ("decimalEnclosedCircle", "%1"),
        ("ideographTraditional", "%1、"),
    ]  # fmt: skip
    for i, form in enumerate(forms):
        paper.numbered(form, number=100 + i).entry("一款", number=100 + i).entry("二款", number=100 + i)
    paper.numbered(("decimal", "%1"), ("decimal", "%1.%2"), number=120)
    return paper.entry("总则", number=120).entry("目的", 1, number=120).done()


def headings() -> bytes:
    paper = Paper().styled("甲市校园安全工作", "Title").styled("安全第一", "Subtitle").text(BODY[0])
    paper.styled("主要做法", "Heading 1").styled("排查", "Heading 2").styled("台账", "Heading 3").text(BODY[1])
    return paper.styled("一是" + BODY[1] + BODY[0], "Heading 2").done()


def wps_styles() -> bytes:
    """WPS names styles by numbers; a style of one's own inherits its level and brings its list."""
    paper = Paper().title("甲市校园安全工作").numbered(("chineseCounting", "%1、"))
    xml = (
        f'<w:styles {DECLARED}><w:style w:type="paragraph" w:default="1" w:styleId="1"><w:name w:val="Normal"/>'
        '</w:style><w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 1"/><w:basedOn w:val="1"/>'
        '<w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:customStyle="1" w:styleId="20"><w:name w:val="一级"/><w:basedOn w:val="2"/>'
        '<w:pPr><w:numPr><w:numId w:val="90"/></w:numPr></w:pPr></w:style>'
        "</w:styles>"
    )
    for text in ("领导重视", "措施有力"):
        paper.xml(p(run(text), properties='<w:pStyle w:val="20"/>')).text(BODY[0])
    paper.text(BODY[1])
    return changed(paper.done(), "word/styles.xml", lambda old: xml.encode())


def lists() -> bytes:
    paper = Paper().title("甲市校园安全工作").text(BODY[0]).numbered(("decimal", "%1."), ("lowerLetter", "%2)"))
    paper.numbered(("bullet", ""), ("bullet", "-"), number=91)
    paper.entry("检查").entry("消防", 1).entry("食堂", 1).entry("整改").text(BODY[1]).entry("复查")
    return paper.entry("校车", 0, 91).entry("司机", 1, 91).entry("车辆", 0, 91).done()


def tables() -> bytes:
    """Cells joined across and down, a header row, a table within a cell, a frame of one cell."""
    paper = Paper().title("甲市校园安全检查情况").text(BODY[0])
    table = paper.document.add_table(4, 3)
    for row, texts in enumerate((("单位", "检查", ""), ("", "次数", "隐患"), ("一中", "12", "3"), ("二中", "9", "0"))):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(3, 2).add_table(1, 2).cell(0, 0).text = "内层"
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {DECLARED}/>"))
    paper.text("表后的一段。")
    frame = paper.document.add_table(1, 1)
    frame.cell(0, 0).text = "框里的一段话。"
    return paper.text(BODY[1]).done()


def pictures() -> bytes:
    paper = Paper().title("甲市开展安全演练").text(BODY[0]).picture(photo(), "图为师生在操场集合。（王五 摄）")
    paper.picture(photo("darkred", "PNG"), "图2 消防员讲解")
    return paper.picture(photo("gray", "GIF")).text(BODY[1]).done()


def floating_pictures() -> bytes:
    paper = Paper().title("甲市开展安全演练").text(BODY[0])
    image, other = paper.image(photo()), paper.image(photo("darkgreen"))
    crop = '<a:srcRect l="50000" r="0"/>'
    paper.xml(p(run("演练在第一中学举行。"), drawn(pic(image), anchored=True)))
    paper.xml(p(run("随后进行了讲评。"), drawn(pic(other, crop))))
    old = paper.image(photo("orange"))
    return paper.xml(p(f'<w:r><w:pict><v:shape><v:imagedata r:id="{old}"/></v:shape></w:pict></w:r>')).done()


def unknown_pictures() -> bytes:
    """EMF, something broken, and a drawn line."""
    paper = Paper().title("甲市开展安全演练").text(BODY[0])
    image, other = paper.image(photo()), paper.image(photo("darkgreen"))
    paper.xml(p(run("示意图如下。"), drawn(pic(image)))).xml(p(run("另一张。"), drawn(pic(other))))
    paper.xml(p(run("一条线。"), drawn("<wps:wsp/>")))
    content = paper.text(BODY[1]).done()
    content = changed(content, "word/media/image1.jpg", lambda old: b"\x01\x00\x00\x00" + b"\x00" * 60 + b" EMF")
    return changed(content, "word/media/image2.jpg", lambda old: b"\xff\xd8nothing")


def text_boxes() -> bytes:
    paper = Paper().title("甲市校园安全工作").xml(p(run(BODY[0]), box("文本框第一段", "文本框第二段")))
    old = p(run("旧式文本框"))
    textbox = f"<v:textbox><w:txbxContent>{old}</w:txbxContent></v:textbox>"
    return paper.xml(p(f"<w:r><w:pict><v:rect>{textbox}</v:rect></w:pict></w:r>")).text(BODY[1]).done()


def tracked_changes() -> bytes:
    who = 'w:id="1" w:author="张三" w:date="2026-11-20T00:00:00Z"'
    paper = Paper().title("甲市校园安全工作")
    paper.xml(
        p(
            run("共检查学校"),
            f"<w:del {who}><w:r><w:delText>三百</w:delText></w:r></w:del><w:ins {who}>{run('三百二十')}</w:ins>",
            run("所，"),
            f"<w:moveFrom {who}>{run('搬走的话')}</w:moveFrom><w:moveTo {who}>{run('搬来的话')}</w:moveTo>",
        )
    )
    joined = f"<w:rPr><w:del {who}/></w:rPr>"
    paper.xml(p(run("这一段的"), properties=joined)).xml(p(run("后半句。")))
    row = f"<w:tr><w:trPr><w:del {who}/></w:trPr><w:tc>{p(run('删去的行'))}</w:tc></w:tr>"
    kept = f"<w:tr><w:tc>{p(run('留下的行'))}</w:tc><w:tc>{p(run('第二格'))}</w:tc></w:tr>"
    return paper.xml(f"<w:tbl>{kept}{row}</w:tbl>").text(BODY[1]).done()


def notes() -> bytes:
    paper = (
        Paper().title("甲市校园安全工作").with_notes("footnote", "据市统计局公报。").with_notes("endnote", "另文附后。")
    )
    first = '<w:r><w:footnoteReference w:id="1"/></w:r>'
    last = '<w:r><w:endnoteReference w:id="1"/></w:r>'
    return paper.xml(p(run("全市有学校三百二十所"), first, run("，学生二十万人"), last, run("。"))).text(BODY[1]).done()


def comments_and_links() -> bytes:
    paper = Paper().title("甲市校园安全工作").with_notes("comment", "请核实数字")
    about = '<w:commentRangeStart w:id="1"/>' + run("三百二十所") + '<w:commentRangeEnd w:id="1"/>'
    paper.xml(p(run("共检查"), about, '<w:r><w:commentReference w:id="1"/></w:r>', run("学校。")))
    link = field('HYPERLINK "https://www.example.cn/"', "市教育局网站")
    paper.xml(p(run("详见"), link, run("，页码"), field("PAGEREF x", "12"), run("。")))
    paper.document.sections[0].header.paragraphs[0].text = "甲市教育局信息"
    paper.document.sections[0].footer.paragraphs[0].text = "— 1 —"
    return paper.text(BODY[1]).done()


def content_controls() -> bytes:
    """Forms that an office hands out: controls around blocks, words, cells and rows; one that nobody filled in."""
    prompt = "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    paper = Paper().title("甲市校园安全工作")
    paper.xml(f"<w:sdt><w:sdtContent>{p(run(BODY[0]))}</w:sdtContent></w:sdt>")
    words = f"<w:sdt><w:sdtContent>{run('第一中学')}</w:sdtContent></w:sdt>"
    tag = f"<w:smartTag>{run('甲市')}</w:smartTag>"
    paper.xml(p(run("地点："), words, prompt.format(run("单击此处输入文字")), tag))
    cell = f"<w:sdt><w:sdtContent><w:tc>{p(run('格'))}</w:tc></w:sdtContent></w:sdt>"
    row = f"<w:sdt><w:sdtContent><w:tr>{cell}{cell}</w:tr></w:sdtContent></w:sdt>"
    contents = '<w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
    paper.xml(f"<w:sdt>{contents}<w:sdtContent>{p(run('目录'))}</w:sdtContent></w:sdt>")
    return paper.xml(f"<w:tbl>{row}</w:tbl>").text(BODY[1]).done()


def small_things() -> bytes:
    """Symbols, breaks, tabs, hidden words, 拼音, bold, formulas, charts, SmartArt."""
    paper = Paper().title("甲市校园安全工作")
    symbol = '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:font="Wingdings" w:char="F021"/></w:r>'
    ruby = f"<w:r><w:ruby><w:rt>{run('pin')}</w:rt><w:rubyBase>{run('拼')}</w:rubyBase></w:ruby></w:r>"
    hidden = run("看不见的", "<w:vanish/>")
    breaks = "<w:r><w:t>上行</w:t><w:br/><w:t>下行</w:t><w:tab/><w:t>后</w:t><w:br w:type='page'/></w:r>"
    paper.xml(p(symbol, run("已核对"), ruby, hidden, breaks))
    paper.xml(p(run("一是", "<w:b/>"), run("抓"), run("重点", '<w:b w:val="0"/>'), run("。", "<w:i/>")))
    paper.xml(p(run("人均"), "<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>", run("元。")))
    paper.xml(p(run("柱状图"), drawn('<c:chart r:id="none"/>')))
    paper.xml(p(run("架构图"), drawn('<dgm:relIds r:dm="none"/>')))
    private = run("\uf0fe二十所", '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>')
    return paper.xml(p(private)).text(BODY[1]).done()


def group_of_pictures() -> bytes:
    """A letterhead before the title, and a picture in a cell with its caption below it."""
    paper = Paper().title("教育信息", size=48).text("第12期", centred=True).text("甲市教育局办公室　2026年11月20日")
    paper.title("甲市开展安全演练").text(BODY[0])
    table = paper.document.add_table(1, 2)
    for cell, colour, caption in zip(table.row_cells(0), ("teal", "olive"), ("图1 集合", "图2 讲解"), strict=True):
        cell.paragraphs[0].add_run().add_picture(io.BytesIO(photo(colour)), width=Cm(6))
        cell.add_paragraph(caption)
    return paper.text(BODY[1], "（甲市第一中学　张三、李四）").done()


def untitled() -> bytes:
    return Paper().text(*BODY).done()


FILES: dict[str, Callable[[], bytes]] = {
    made.__name__: made
    for made in (
        plain_news, title_of_two_lines, official_document, chinese_numbers, articles, headings, wps_styles, lists,
        tables, pictures, floating_pictures, unknown_pictures, text_boxes, tracked_changes, notes, comments_and_links,
        content_controls, small_things, group_of_pictures, untitled,
    )
}  # fmt: skip


# ---- What LibreOffice makes of them ----


def saved_again(folder: Path, form: str, **contents: bytes) -> dict[str, bytes]:
    """The files in another form, all in one run of LibreOffice."""
    program = programs.soffice()
    if program is None:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail("REQUIRE_SERVICES=1, but LibreOffice is not installed.")
        pytest.skip("LibreOffice is not installed on this machine.")
    sources = []
    for name, content in contents.items():
        sources.append(folder / f"{name}.docx")
        sources[-1].write_bytes(content)
    made = folder / "made"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", form, "--outdir", made, *sources]
    subprocess.run(command, check=True, timeout=180, capture_output=True)
    return {path.stem: path.read_bytes() for path in made.iterdir()}
