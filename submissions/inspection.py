"""What is in a file that somebody adds: its kind by its content, what it hides, and the words in it.

Nothing is unpacked before its directory says how large it becomes, and nothing is read beyond that. Refused are
macros, OLE objects, encryption, parts fetched from elsewhere, scripts, and whatever is not what its name says.
"""

import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

MEGABYTE = 1_048_576
MOST_PARTS = 2_000  # members of a Word or Excel file
MOST_UNPACKED = 100 * MEGABYTE
MOST_RATIO = 100  # unpacked to packed, of what becomes larger than SMALL
SMALL = 10 * MEGABYTE
MOST_PIXELS = 80_000_000
Image.MAX_IMAGE_PIXELS = None  # we look ourselves, before anything is decoded, and say so in a sentence
MOST_PAGES = 300
MOST_OBJECTS = 50_000
PAGE_BYTES = 8 * MEGABYTE
SECONDS = 10  # that a PDF may take to read

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
CONTENT_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
}
# Elements of WordprocessingML, SpreadsheetML and DrawingML (ECMA-376) that hold text, and those that end a line.
_RUNS = {"t", "v", "f", "instrText", "delText", "text"}
_HEADS = {f"{which}{what}" for which in ("odd", "even", "first") for what in ("Header", "Footer")}
_LINES = {"p", "si", "is", "c", "br", "title", "subject", "keywords", "description", "category", *_HEADS}
_FETCHES = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|LINK)\b")
_SAVE_AGAIN = "请用 Word 或 WPS 打开，另存一份再传。"


class Unfit(Exception):
    """A file that is not taken, with a sentence that says why and what to do."""


class Inspected(NamedTuple):
    """A file's kind, and its words; ``words`` is None where there are none to be read, as in a picture or a scan."""

    kind: str
    words: str | None


def inspect(name: str, content: bytes) -> Inspected:
    """Look into a file of this name. Raises Unfit."""
    ending = name.rpartition(".")[2].lower()
    kind = "jpg" if ending == "jpeg" else ending
    if kind not in CONTENT_TYPES:
        raise Unfit(f"不收 .{ending[:10]} 文件。可以传 {'、'.join(CONTENT_TYPES)}。")
    if not content:
        raise Unfit("文件是空的。")
    return Inspected(kind, _READERS[kind](kind, content))


# ---- Word and Excel ----


def _office(kind: str, content: bytes, inside: bool = False) -> str:
    """The words of a Word or Excel file; ``inside`` another, where a chart keeps its figures."""
    if content.startswith(_OLE):
        raise Unfit(f"文件是加密的，或者是旧格式（.doc、.xls）。请去掉密码，另存为 .{kind} 再传。")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Unfit(f"打不开：内容不是 .{kind} 文件，或者已经损坏。{_SAVE_AGAIN}") from error
    with archive:
        _refuse_bombs(archive, len(content))
        parts = [part for part in archive.infolist() if not part.is_dir()]
        _refuse_hidden_parts(kind, [part.filename.lower() for part in parts])
        words = []
        main = ""
        for part in parts:
            name = part.filename.lower()
            if "/embeddings/" in name:
                _embedded(name, _read(archive, part), inside)
            elif name == "[content_types].xml":
                main = _read(archive, part).decode("utf-8", "replace")
            elif name.endswith(".rels"):
                _refuse_links(_read(archive, part))
            elif name.endswith(".xml"):
                words.append("\n".join(_words(_read(archive, part))))
        if "macroenabled" in main.lower():
            raise Unfit(f"文件里有宏，不收。请另存为不带宏的 .{kind} 再传。")
        if _MAIN[kind] not in main:
            raise Unfit(f"内容不是 .{kind} 文件。{_SAVE_AGAIN}")
    return "\n".join(words)


def _refuse_bombs(archive: zipfile.ZipFile, packed: int) -> None:
    """By the central directory alone, before anything is unpacked."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    too_dense = unpacked > SMALL and unpacked > packed * MOST_RATIO
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or too_dense:
        raise Unfit(f"文件展开以后有 {unpacked // MEGABYTE} MB，太大了，没有打开。请删去多余的行、图或对象再传。")
    if any(part.flag_bits & 0x1 for part in parts):
        raise Unfit("文件是加密的。请去掉密码再传。")


def _refuse_hidden_parts(kind: str, names: list[str]) -> None:
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name or "/vba" in name for name in names):
        raise Unfit(f"文件里有宏，不收。请另存为不带宏的 .{kind} 再传。")
    if any("/activex/" in name or "/ctrlprops/" in name or "oleobject" in name for name in names):
        raise Unfit("文件里嵌有对象或控件，不收。请删去，或者把它的内容截成图片再传。")
    if any("externallinks/" in name or name.endswith("connections.xml") for name in names):
        raise Unfit("文件引用了别处的工作簿或数据，不收。请在“数据—编辑链接”里断开，把公式粘贴成数值再传。")
    if any("afchunk" in name for name in names):
        raise Unfit(f"文件里嵌有别的文件，不收。{_SAVE_AGAIN}")


def _embedded(name: str, content: bytes, inside: bool) -> None:
    """Charts keep their figures in a workbook of their own, which is looked into too; any other object is refused."""
    if inside or not name.endswith((".xlsx", ".docx")):
        raise Unfit("文件里嵌有对象，不收。请删去，或者把它的内容截成图片再传。")
    _office(name.rpartition(".")[2], content, inside=True)


def _refuse_links(content: bytes) -> None:
    """A relationship to somewhere outside is fetched when the file is opened; a hyperlink only when it is clicked."""
    for _, element in _events(content):
        if element.get("TargetMode", "").lower() == "external" and not element.get("Type", "").endswith("/hyperlink"):
            raise Unfit("文件引用了别处的模板、图片或数据，不收。请把它们嵌进文件里，或者删去再传。")


def _words(content: bytes) -> Iterator[str]:
    """The text of a part, a line a paragraph or a cell. Whatever is split into runs stands together again."""
    line: list[str] = []
    for _, element in _events(content):
        tag, text = element.tag.rpartition("}")[2], element.text or ""
        if tag == "instrText" and _FETCHES.search(text):
            raise Unfit("文件里有从别处取内容的域，不收。请选中它按 Ctrl+Shift+F9 变成文字再传。")
        if tag in _RUNS:
            line.append(text)
        elif tag in _LINES and (words := "".join(line) or text).strip():
            yield words
            line.clear()
        if tag in _LINES:
            element.clear()  # so that a long sheet never stands in memory as a tree
    yield "".join(line)


def _events(content: bytes) -> Iterator[tuple[str, Any]]:
    try:
        yield from iterparse(io.BytesIO(content), forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise Unfit(f"文件里有一部分读不懂，可能已经损坏。{_SAVE_AGAIN}") from error


def _read(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A member, never more of it than the directory said."""
    try:
        with archive.open(part) as member:
            content = member.read(part.file_size + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Unfit(f"打不开，可能已经损坏。{_SAVE_AGAIN}") from error
    except Exception as error:  # zlib.error, lzma.LZMAError and the like have no common ancestor
        raise Unfit(f"打不开，可能已经损坏。{_SAVE_AGAIN}") from error
    if len(content) > part.file_size:
        raise Unfit(f"文件说的大小和内容不符，没有打开。{_SAVE_AGAIN}")
    return content


# ---- PDF ----

_ACTIVE = {
    "/JS": "脚本",
    "/JavaScript": "脚本",
    "/Launch": "打开别的程序的动作",
    "/EmbeddedFiles": "别的文件",
    "/EF": "别的文件",
    "/RichMedia": "多媒体",
    "/XFA": "动态表单",
}


def _pdf(kind: str, content: bytes) -> str | None:
    """The words of a PDF; None where it holds pictures only."""
    if not content.startswith(b"%PDF-"):
        raise Unfit("内容不是 .pdf 文件。请重新导出一份再传。")
    until = time.monotonic() + SECONDS
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Unfit("PDF 是加密的。请去掉密码和限制再传。")
        if len(reader.pages) > MOST_PAGES:
            raise Unfit(f"PDF 有 {len(reader.pages)} 页，最多 {MOST_PAGES} 页。请拆开再传。")
        _refuse_active(reader, until)
        words = [str(value) for value in (reader.metadata or {}).values() if isinstance(value, str)]
        pages = []
        for page in reader.pages:
            _in_time(until)
            pages.append(page.extract_text())
    except Unfit:
        raise
    except Exception as error:  # pypdf tells of a broken file in a dozen ways, RecursionError among them
        raise Unfit("PDF 读不懂，可能已经损坏。请重新导出一份再传。") from error
    if not any(text.strip() for text in pages):
        return None
    return "\n".join([*words, *pages])


def _refuse_active(reader: PdfReader, until: float) -> None:
    """Walk all objects that the document reaches; what would act by itself, or hides another file, is refused."""
    waiting: list[object] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    while waiting:
        _in_time(until)
        thing = waiting.pop()
        if isinstance(thing, IndirectObject):
            if (mark := (thing.idnum, thing.generation)) in seen:
                continue
            seen.add(mark)
            if len(seen) > MOST_OBJECTS:
                raise Unfit("PDF 太复杂，没有打开。请另存为图片型的 PDF，或者拆开再传。")
            thing = thing.get_object()
        if isinstance(thing, DictionaryObject):
            for name, value in thing.items():
                what = _ACTIVE.get(name) or (_ACTIVE.get(value) if isinstance(value, str) and name == "/S" else None)
                if what:
                    raise Unfit(f"PDF 里有{what}，不收。请用“打印成 PDF”另存一份再传。")
                waiting.append(value)
        elif isinstance(thing, ArrayObject):
            waiting.extend(thing)


def _in_time(until: float) -> None:
    if time.monotonic() > until:
        raise Unfit("PDF 太复杂，来不及检查。请拆开，或者用“打印成 PDF”另存一份再传。")


# ---- Pictures ----


def _picture(kind: str, content: bytes) -> None:
    """A picture has no words. Its head says how large it would become, before it is decoded."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as picture:
            if picture.format != {"jpg": "JPEG", "png": "PNG"}[kind]:
                raise Unfit(f"内容不是 .{kind} 图片，是 {picture.format}。请照实改名，或者另存一份再传。")
            if picture.width * picture.height > MOST_PIXELS:
                raise Unfit(f"图片有 {picture.width}×{picture.height} 点，太大了。请缩小再传。")
            picture.verify()
    except Unfit:
        raise
    except Exception as error:  # Pillow tells of a broken picture in many ways
        raise Unfit(f"内容不是 .{kind} 图片，或者已经损坏。") from error


_READERS: dict[str, Callable[[str, bytes], str | None]] = {
    "docx": _office,
    "xlsx": _office,
    "pdf": _pdf,
    "jpg": _picture,
    "png": _picture,
}
