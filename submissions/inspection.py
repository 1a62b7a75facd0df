"""What is in a file that somebody adds: its kind by its content, what it hides, and the words in it.

Nothing is unpacked before its directory says how large it becomes, and all that is read of one file draws on one
budget. Refused is whatever acts, hides another file or fetches something when it is opened, by the types of its parts
and their relationships (ECMA-376 part 2), and not by their names alone; and whatever is not what its own name says.
"""

import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from xml.parsers import expat

from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject, TextStringObject

MEGABYTE = 1_048_576
MOST_PARTS = 2_000  # members of a Word or Excel file
MOST_ELEMENTS = 2_000_000
MOST_RATIO = 100  # unpacked to packed, of what becomes larger than SMALL
SMALL = 10 * MEGABYTE
MOST_PIXELS = 80_000_000
Image.MAX_IMAGE_PIXELS = None  # we look ourselves, before anything is decoded, and say so in a sentence
MOST_PAGES = 300
MOST_DRAWN = 6 * MEGABYTE  # of a PDF's instructions to draw
SAVE_AGAIN = "请用 Word 或 WPS 打开，另存一份再传。"
PRINT_AGAIN = "请用“打印成 PDF”另存一份再传。"

CONTENT_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
}


class Unfit(Exception):
    """A file that is not taken, with a sentence that says why and what to do."""


class Inspected(NamedTuple):
    """A file's kind, and its words. ``legible`` is False where its pages are pictures, as in a scan."""

    kind: str
    words: str
    legible: bool = True


@dataclass
class Budget:
    """What looking into one file may cost, whatever lies inside it. Raises Unfit where it would cost more."""

    bytes: int = 100 * MEGABYTE
    elements: int = MOST_ELEMENTS
    characters: int = 1_000_000
    until: float = field(default_factory=lambda: time.monotonic() + 10)

    def unpack(self, size: int) -> None:
        self.bytes -= size
        if self.bytes < 0:
            raise Unfit("文件展开以后太大了，没有打开。请删去多余的行、图或对象再传。")

    def go_on(self, elements: int = 1) -> None:
        self.elements -= elements
        if self.elements < 0 or time.monotonic() > self.until:
            raise Unfit("文件太复杂，来不及检查。请拆成几个再传。")

    def hold(self, text: str) -> None:
        self.characters -= len(text)
        if self.characters < 0:
            raise Unfit("文件里的文字太多，来不及检查。请拆成几个再传。")


def inspect(name: str, content: bytes, elements: int = MOST_ELEMENTS) -> Inspected:
    """Look into a file of this name; of a Word or Excel file no more than so many elements. Raises Unfit."""
    ending = name.rpartition(".")[2].lower()
    kind = "jpg" if ending == "jpeg" else ending
    if kind not in CONTENT_TYPES:
        raise Unfit(f"不收 .{ending[:10]} 文件。可以传 {'、'.join(CONTENT_TYPES)}。")
    if not content:
        raise Unfit("文件是空的。")
    return _office(kind, content, elements) if kind in _MAIN else _READERS[kind](kind, content)


# ---- Word and Excel ----

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPEN = "application/vnd.openxmlformats-"
_MAIN = {
    "docx": f"{_OPEN}officedocument.wordprocessingml.document.main+xml",
    "xlsx": f"{_OPEN}officedocument.spreadsheetml.sheet.main+xml",
}
_BOOK = CONTENT_TYPES["xlsx"]  # a workbook inside, where a chart keeps its figures
_BINARY = {
    f"{_OPEN}officedocument.obfuscatedFont",
    f"{_OPEN}officedocument.spreadsheetml.printerSettings",
    f"{_OPEN}officedocument.wordprocessingml.printerSettings",
}
# Parts and relationships that act, hide or fetch: a word of their type, and what they are called to people.
_HARMFUL = {
    "macro": "宏",
    "vba": "宏",
    "activex": "控件",
    "control": "控件",
    "ctrlprop": "控件",
    "oleobject": "嵌入的对象",
    "afchunk": "嵌入的文件",
    "subdocument": "别处的文档",
    "externallink": "别处的工作簿",
    "connections": "别处的数据",
    "querytable": "别处的数据",
    "mailmerge": "别处的数据",
}
_FIELDS = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|INCLUDE|IMPORT|LINK|DATABASE|RD)\b", re.IGNORECASE)
_FORMULAS = re.compile(r"\b(WEBSERVICE|IMAGE|RTD|CALL|REGISTER\.ID|EXEC)\s*\(|\|\s*'", re.IGNORECASE)
# Elements of WordprocessingML, SpreadsheetML and DrawingML whose text stands together until a line ends.
_RUNS = {"t", "delText", "instrText", "v", "f"}
_LINES = {"p", "si", "is", "c", "br", "cr", "tr"}


def _office(kind: str, content: bytes, elements: int) -> Inspected:
    return Inspected(kind, "\n".join(_package(kind, content, Budget(elements=elements))))


def _package(kind: str, content: bytes, budget: Budget, inside: bool = False) -> Iterator[str]:
    """The lines of a Word or Excel file; ``inside`` another, on the same budget."""
    if content.startswith(_OLE):
        raise Unfit(f"文件是加密的，或者是旧格式（.doc、.xls）。请去掉密码，另存为 .{kind} 再传。")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unfit(f"打不开：内容不是 .{kind} 文件，或者已经损坏。{SAVE_AGAIN}") from error
    with archive:
        parts = _directory(archive, len(content), budget)
        types = _types(archive, parts, budget)
        if _MAIN[kind] not in types.values() and not any("macro" in told.lower() for told in types.values()):
            raise Unfit(f"内容不是 .{kind} 文件。{SAVE_AGAIN}")
        for name, told in types.items():
            _refuse_type(told)
            part = _read(archive, parts[name])
            if told == _BOOK:
                if inside or "/embeddings/" not in name:
                    raise Unfit("文件里有嵌入的文件，不收。请删去，或者把它的内容截成图片再传。")
                yield from _package("xlsx", part, budget, inside=True)
            elif told.endswith("relationships+xml"):
                _refuse_relationships(part, name, budget)
            elif told.endswith("xml"):
                yield from Words(budget).of(part)


def _directory(archive: zipfile.ZipFile, packed: int, budget: Budget) -> dict[str, zipfile.ZipInfo]:
    """The parts by their names, in lower case as they are compared; refused by the directory alone."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    unpacked = sum(info.file_size for info in infos)
    if len(infos) > MOST_PARTS or (unpacked > SMALL and unpacked > packed * MOST_RATIO):
        raise Unfit(f"文件展开以后有 {unpacked // MEGABYTE} MB，太大了，没有打开。请删去多余的行、图或对象再传。")
    budget.unpack(unpacked)
    parts = {info.filename.lower(): info for info in infos}
    if len(parts) < len(infos) or any("\\" in name or ".." in name or name.startswith("/") for name in parts):
        raise Unfit(f"文件里的名字不合规矩。{SAVE_AGAIN}")
    if any(info.flag_bits & 0x1 for info in infos):
        raise Unfit("文件是加密的。请去掉密码再传。")
    return parts


def _types(archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], budget: Budget) -> dict[str, str]:
    """The type of each part, as the package itself declares it; a part without one is refused."""
    name = "[content_types].xml"
    if name not in parts:
        raise Unfit(f"打不开：不是 Word 或 Excel 文件，或者已经损坏。{SAVE_AGAIN}")
    by_ending, by_name = {"rels": f"{_OPEN}package.relationships+xml"}, {}
    for tag, attributes in _elements(_read(archive, parts[name]), budget):
        if tag == "Default":
            by_ending[attributes.get("Extension", "").lower()] = attributes.get("ContentType", "").strip()
        elif tag == "Override":
            by_name[attributes.get("PartName", "").lower().lstrip("/")] = attributes.get("ContentType", "").strip()
    found = {}
    for part in parts.keys() - {name}:
        told = by_name.get(part) or by_ending.get(part.rpartition(".")[2], "")
        _refuse_harmful(f"{told} {part}")
        if not told:
            raise Unfit(f"文件里有来历不明的部分（{part[-60:]}），不收。{SAVE_AGAIN}")
        found[part] = told
    return found


def _refuse_harmful(told: str) -> None:
    if what := next((what for word, what in _HARMFUL.items() if word in told.lower()), ""):
        how = "请另存为不带宏的文件再传。" if what == "宏" else "请删去，或者断开链接、粘贴成数值再传。"
        raise Unfit(f"文件里有{what}，不收。{how}")


def _refuse_type(told: str) -> None:
    """Only text, pictures, fonts and a printer's settings are known to do nothing."""
    lower = told.lower()
    is_text = lower.endswith("xml") and lower.startswith((_OPEN, "application/vnd.ms-", "application/xml", "text/xml"))
    if not (is_text or lower.startswith("image/") or told in _BINARY or told == _BOOK):
        raise Unfit("文件里有嵌入的文件，不收。请删去，或者把它的内容截成图片再传。")


def _refuse_relationships(content: bytes, name: str, budget: Budget) -> None:
    """What is outside is fetched when the file is opened; a hyperlink only when it is clicked."""
    for tag, attributes in _elements(content, budget):
        if tag != "Relationship":
            continue
        kind = attributes.get("Type", "").rpartition("/")[2].lower()
        _refuse_harmful(kind)
        if kind == "package" and "/charts/" not in name:
            raise Unfit("文件里有嵌入的文件，不收。请删去，或者把它的内容截成图片再传。")
        if attributes.get("TargetMode", "").lower() == "external" and kind != "hyperlink":
            raise Unfit("文件引用了别处的模板、图片或数据，不收。请把它们嵌进文件里，或者删去再传。")


class Words:
    """The text of one part, a line a paragraph or a cell; what is split into runs stands together again.

    Attributes that are not ASCII are words too: a watermark, a picture's description, a sheet's name. Nothing of a part
    stands in memory as a tree.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.lines: list[str] = []
        self.line: list[str] = []
        self.fields: list[str] = []
        self.path: list[str] = []

    def of(self, content: bytes) -> list[str]:
        parser = _parser()
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        _parse(parser, content)
        self._break()
        return self.lines

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self.budget.go_on(1 + len(attributes) // 4)  # some of Word's have three or four, a bomb has more
        self.path.append(_local(tag))
        for name, value in attributes.items():
            if not value.isascii():
                self._keep(value)
            if _local(name) == "instr":
                self.fields.append(f" {value} ")

    def _text(self, text: str) -> None:
        self.budget.hold(text)
        here = self.path[-1]
        self.line.append(text)
        if here == "instrText":
            self.fields.append(text)
        elif here == "f" and _FORMULAS.search(text):
            raise Unfit("表里有从别处取数的公式，不收。请把它们粘贴成数值再传。")

    def _end(self, tag: str) -> None:
        self.path.pop()
        here = _local(tag)
        if here in _LINES or (here not in _RUNS and self.line and not self._in_run()):
            self._break()

    def _in_run(self) -> bool:
        """Whether what stands in the line belongs to a paragraph, a cell or a shared string that has not ended."""
        return any(above in _LINES for above in self.path)

    def _break(self) -> None:
        if text := "".join(self.line).strip():
            self.lines.append(text)
        self.line.clear()
        if _FIELDS.search("".join(self.fields)):
            raise Unfit("文件里有从别处取内容的域，不收。请选中它按 Ctrl+Shift+F9 变成文字再传。")
        self.fields.clear()

    def _keep(self, value: str) -> None:
        self.budget.hold(value)
        self.lines.append(value)


def _elements(content: bytes, budget: Budget) -> list[tuple[str, dict[str, str]]]:
    """Elements and attributes of a small part."""
    found: list[tuple[str, dict[str, str]]] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        budget.go_on()
        found.append((_local(tag), attributes))

    parser = _parser()
    parser.StartElementHandler = begin
    _parse(parser, content)
    return found


def _parser() -> Any:
    """An XML parser that knows no document type, so that no entity can grow or fetch."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*declared: Any) -> None:
        raise Unfit(f"文件里有一部分读不懂，可能已经损坏。{SAVE_AGAIN}")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _parse(parser: Any, content: bytes) -> None:
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unfit(f"文件里有一部分读不懂，可能已经损坏。{SAVE_AGAIN}") from error


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _read(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A member, never more of it than the directory said."""
    try:
        with archive.open(part) as member:
            content = member.read(part.file_size + 1)
    except Exception as error:  # zipfile, zlib and lzma tell of a broken member in a dozen ways
        raise Unfit(f"打不开，可能已经损坏。{SAVE_AGAIN}") from error
    if len(content) != part.file_size:
        raise Unfit(f"文件说的大小和内容不符，没有打开。{SAVE_AGAIN}")
    return content


# ---- PDF ----

# Keys of a dictionary, and actions (ISO 32000-1, 12.6.4), that do something or hide something.
_KEYS = {
    "/AA": "自动执行的动作",
    "/JS": "脚本",
    "/JavaScript": "脚本",
    "/EmbeddedFiles": "别的文件",
    "/EF": "别的文件",
    "/RichMedia": "多媒体",
    "/Movie": "多媒体",
    "/XFA": "动态表单",
}
_ACTIONS = {
    *("/Launch", "/JavaScript", "/SubmitForm", "/ImportData", "/ResetForm", "/GoToR", "/GoToE", "/GoTo3DView"),
    *("/Movie", "/Sound", "/Rendition", "/RichMediaExecute"),
}


def _pdf(kind: str, content: bytes) -> Inspected:
    """The words of a PDF: of its pages, its notes, forms and properties."""
    if not content.startswith(b"%PDF-"):
        raise Unfit("内容不是 .pdf 文件。请重新导出一份再传。")
    budget = Budget(bytes=MOST_DRAWN, elements=100_000)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Unfit("PDF 是加密的。请去掉密码和限制再传。")
        if len(reader.pages) > MOST_PAGES:
            raise Unfit(f"PDF 有 {len(reader.pages)} 页，最多 {MOST_PAGES} 页。请拆开再传。")
        words = _objects(reader, budget)
        pages = []
        for page in reader.pages:
            budget.go_on()
            if drawn := page.get_contents():
                budget.unpack(len(drawn.get_data()))
            pages.append(page.extract_text())
            budget.hold(pages[-1])
    except Unfit:
        raise
    except Exception as error:  # pypdf tells of a broken file in a dozen ways, RecursionError among them
        raise Unfit("PDF 读不懂，可能已经损坏。请重新导出一份再传。") from error
    return Inspected(kind, "\n".join([*words, *pages]), legible=any(text.strip() for text in pages))


def _objects(reader: PdfReader, budget: Budget) -> list[str]:
    """Walk all that the document reaches: its strings; what would act, or hides another file, is refused."""
    words: list[str] = []
    waiting: list[Any] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, IndirectObject):
            if (mark := (thing.idnum, thing.generation)) in seen:
                continue
            seen.add(mark)
            budget.go_on()
            thing = thing.get_object()
        if isinstance(thing, DictionaryObject):
            _refuse_acts(thing)
            if isinstance(thing, StreamObject) and thing.get("/Subtype") == "/Form":  # drawn by a page
                budget.unpack(len(thing.get_data()))
            waiting.extend(thing.values())
        elif isinstance(thing, ArrayObject):
            waiting.extend(thing)
        elif isinstance(thing, TextStringObject) and not thing.isascii():
            budget.hold(thing)
            words.append(str(thing))
    return words


def _refuse_acts(thing: DictionaryObject) -> None:
    what = next((what for key, what in _KEYS.items() if key in thing), "")
    if not what and _resolved(thing.get("/S")) in _ACTIONS:
        what = "会自己执行的动作"
    opens = _resolved(thing.get("/OpenAction"))
    if isinstance(opens, DictionaryObject) and _resolved(opens.get("/S")) != "/GoTo":
        what = "一打开就执行的动作"
    if what:
        raise Unfit(f"PDF 里有{what}，不收。{PRINT_AGAIN}")


def _resolved(thing: Any) -> Any:
    return thing.get_object() if isinstance(thing, IndirectObject) else thing


# ---- Pictures ----

_FORMATS = {"jpg": ("JPEG", "MPO"), "png": ("PNG",)}  # MPO: phones put a second picture behind the first


def _picture(kind: str, content: bytes) -> Inspected:
    """A picture's words are those of its properties. Its head says how large it would become, before it is decoded."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as picture:
            if picture.format not in _FORMATS[kind]:
                raise Unfit(f"内容不是 .{kind} 图片，是 {picture.format}。请照实改名，或者另存一份再传。")
            if picture.width * picture.height > MOST_PIXELS:
                raise Unfit(f"图片有 {picture.width}×{picture.height} 点，太大了。请缩小再传。")
            told = [*picture.info.values()]
            if kind == "jpg":  # which has no sums to verify: decoded at an eighth, to its end
                told += picture.getexif().values()
                picture.draft("L", (picture.width // 8 or 1, picture.height // 8 or 1))
                picture.load()
            else:
                picture.verify()
    except Unfit:
        raise
    except Exception as error:  # Pillow tells of a broken picture in many ways
        raise Unfit(f"内容不是 .{kind} 图片，或者已经损坏。") from error
    return Inspected(kind, "\n".join(value for value in told if isinstance(value, str) and not value.isascii()))


_READERS: dict[str, Callable[[str, bytes], Inspected]] = {
    "pdf": _pdf,
    "jpg": _picture,
    "png": _picture,
}
