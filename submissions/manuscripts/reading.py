"""Walking through the text of a Word file (ECMA-376 part 1, 17): what it says becomes blocks, what is lost is noted.

One pass. Where the file offers the same thing twice, for newer and older programs, one of them is read.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from submissions.inspection import Unfit
from submissions.manuscripts.blocks import Block, Cell, Paragraph, Picture, Piece, Table, tidied
from submissions.manuscripts.images import WHOLE, Crop, NoPicture, as_kept
from submissions.manuscripts.losses import Losses
from submissions.manuscripts.numbering import Numbering
from submissions.manuscripts.package import Element, Package, R, W, is_on, local, number, value
from submissions.manuscripts.styles import Look, Styles

MOST_CHARACTERS = 200_000  # ten times what can be submitted
MOST_PICTURES = 30
SECONDS = 10.0
LONGEST_HEADING = 60  # characters: what is longer is a paragraph that was styled as a heading
WIDEST = 60  # columns of a table
TOO_MUCH = "文字太多，来不及读。请拆成几个文件再导入。"
# Prefixes of namespaces that a newer branch may ask for and that are read here.
_KNOWN = {"wps", "wpg", "wpc", "w14", "w15", "w16", "w16se", "w16cid", "wp14", "wp15", "a14", "pic", "v", "o"}
_THROUGH = {"ins", "moveTo", "smartTag", "customXml", "bdo", "dir", "hyperlink", "fldSimple", "sdt", "sdtContent"}
_GONE = {"del", "moveFrom"}
_VECTOR = {"rect", "roundrect", "oval", "line", "polyline", "shape", "arc", "curve"}
_PRIVATE = re.compile("[\uf000-\uf0ff]")
# Characters of Wingdings and Symbol that forms and reports use.
_SYMBOLS = {
    "wingdings": {
        0x52: "☑", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x75: "◆", 0xA8: "□", 0xA3: "□", 0xD8: "➢",
        0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑", 0x9F: "•", 0xE0: "→",
    },
    "wingdings 2": {0x50: "✓", 0x52: "☑", 0xA3: "□", 0x30: "☑"},
    "symbol": {0xB7: "•", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xA3: "≤", 0xB4: "×", 0xB8: "÷", 0xAE: "→"},
}  # fmt: skip


@dataclass
class Kept:
    """A picture as it will be kept: a name of ours and the content; its caption is found later."""

    name: str
    content: bytes
    caption: str = ""


@dataclass
class _Field:
    """A field between its begin and its end; its result alone is read."""

    code: str = ""
    has_result: bool = False


@dataclass
class _Line:
    """A paragraph while it is read, and what hangs on it: pictures before and after its words, boxes after it."""

    paragraph: Paragraph
    look: Look
    before: list[Block] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)
    sizes: dict[int, int] = field(default_factory=dict)

    def say(self, text: str, look: Look, slanted: bool = False, underlined: bool = False) -> None:
        self.paragraph.pieces.append(Piece(text, look.bold, slanted, underlined))
        self.sizes[look.size] = self.sizes.get(look.size, 0) + len(text)


class Reader:
    """Reads one file. Raises Unfit where it is too much."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.styles = Styles(package.part("styles"))
        self.numbering = Numbering(package.part("numbering"))
        self.notes = {kind: self._notes(kind) for kind in ("footnote", "endnote")}
        self.losses = Losses()
        self.pictures: list[Kept] = []
        self.paragraphs: list[Paragraph] = []  # in order, for the places of losses
        self.fields: list[_Field] = []
        self.characters = 0
        self.until = time.monotonic() + SECONDS

    def text(self) -> list[Block]:
        """The blocks of the whole text."""
        document = self.package.tree(self.package.main)
        body = document.find(W + "body") if document is not None else None
        if body is None:
            raise Unfit("里面没有正文。")
        self._headers()
        return list(self.blocks(body))

    # ---- Blocks ----

    def blocks(self, parent: Element) -> Iterator[Block]:
        """What stands in a body, a cell or a box. A paragraph whose end was deleted goes on in the next."""
        open_: Paragraph | None = None
        for block in self._blocks(parent):
            if open_ is not None and isinstance(block, Paragraph):
                open_.pieces, open_.joins = tidied([*open_.pieces, *block.pieces]), block.joins
                open_ = open_ if block.joins else None
                continue
            open_ = block if isinstance(block, Paragraph) and block.joins else None
            yield block

    def _blocks(self, parent: Element) -> Iterator[Block]:
        for child in parent:
            name = local(child)
            if name == "p":
                yield from self._paragraph(child)
            elif name == "tbl":
                yield from self._table(child)
            elif name == "sdt" and _is_contents(child):
                self.losses.note("contents")
            elif name == "AlternateContent":
                yield from self._blocks(_branch(child))
            elif name in _GONE:
                self.losses.note("revision")
            elif name in _THROUGH:
                yield from self._blocks(child)

    def _paragraph(self, element: Element) -> Iterator[Block]:
        if time.monotonic() > self.until:
            raise Unfit(TOO_MUCH)
        properties = element.find(W + "pPr")
        look = self.styles.look(properties)
        line = _Line(Paragraph(centred=look.centred, kind=look.kind), look)
        self.paragraphs.append(line.paragraph)
        depth = len(self.fields)
        self._inline(element, line)
        # A code that the paragraph did not end would swallow the rest of the text.
        self.fields[depth:] = [one for one in self.fields[depth:] if one.has_result]
        paragraph = line.paragraph
        paragraph.pieces = tidied(paragraph.pieces)
        paragraph.size = max(line.sizes, key=lambda size: line.sizes[size], default=look.size)
        marked = properties.find(f"{W}rPr/{W}del") if properties is not None else None
        paragraph.joins = marked is not None
        if look.kind == "contents":
            if paragraph.text:
                self.losses.note("contents")
            paragraph.pieces = []
        elif paragraph.text:
            self._number(paragraph, look)
        yield from line.before
        if paragraph.text or paragraph.joins:
            yield paragraph
        yield from line.after

    def _number(self, paragraph: Paragraph, look: Look) -> None:
        """Give a paragraph its heading, and its number: as words, or as its place in a list."""
        if look.heading and len(paragraph.text) <= LONGEST_HEADING and not look.kind:
            paragraph.heading = min(look.heading + 1, 4)
        mark = self.numbering.next(look.list_id, look.level) if look.list_id else None
        if mark is None:
            return
        if mark.is_list and not paragraph.heading:
            paragraph.level, paragraph.ordered, paragraph.number = mark.level, mark.ordered, mark.number
        elif mark.text or mark.ordered:
            text = mark.text or f"{mark.number}."
            first = paragraph.pieces[0]
            paragraph.pieces = tidied([Piece(text, first.bold), *paragraph.pieces])

    # ---- Words ----

    def _inline(self, parent: Element, line: _Line) -> None:
        for child in parent:
            name = local(child)
            if name == "r":
                self._run(child, line)
            elif name in _GONE:
                self.losses.note("revision", line.paragraph)
            elif name == "AlternateContent":
                self._inline(_branch(child), line)
            elif name in ("oMath", "oMathPara"):
                self._formula(line)
            elif name in _THROUGH:
                self._through(child, name, line)

    def _through(self, element: Element, name: str, line: _Line) -> None:
        """What only wraps words."""
        if name in ("ins", "moveTo"):
            self.losses.note("revision", line.paragraph)
        elif name == "hyperlink" and element.get(R + "id"):
            self.losses.note("link", line.paragraph)
        elif name == "sdt" and element.find(f"{W}sdtPr/{W}showingPlcHdr") is not None:
            return  # nobody has filled it in
        self._inline(element, line)

    def _formula(self, line: _Line) -> None:
        self.losses.note("formula", line.paragraph)
        line.say("〔公式〕", line.look)

    def _run(self, run: Element, line: _Line) -> None:
        properties = run.find(W + "rPr")
        look = self.styles.run(properties, line.look)
        underlined = value(properties, "u") not in (None, "none")
        slanted = bool(is_on(properties, "i"))
        for child in run:
            name = local(child)
            if name == "fldChar":
                self._field(child.get(W + "fldCharType"), line)
            elif name == "instrText" and self.fields:
                self.fields[-1].code += child.text or ""
            elif any(not one.has_result for one in self.fields):
                continue
            elif look.hidden:
                if name == "t" and (child.text or "").strip():
                    self.losses.note("hidden", line.paragraph)
            elif (text := self._words(child, name, line)) is not None:
                if _PRIVATE.search(text):
                    text = self._public(text, properties, line)
                self._hold(text)
                line.say(text, look, slanted, underlined)
            else:
                self._thing(child, name, line)

    def _hold(self, text: str) -> None:
        self.characters += len(text)
        if self.characters > MOST_CHARACTERS:
            raise Unfit(TOO_MUCH)

    def _words(self, child: Element, name: str, line: _Line) -> str | None:
        """What a child of a run says as text; None where it is none."""
        if name == "t":
            return child.text or ""
        if name in ("tab", "ptab"):
            return " "
        if name == "cr" or (name == "br" and child.get(W + "type", "textWrapping") == "textWrapping"):
            return "\n"
        if name == "noBreakHyphen":
            return "-"
        if name == "sym":
            return self._symbol(child, line)
        return None

    def _public(self, text: str, properties: Element, line: _Line) -> str:
        """Words in a font of symbols, which stand where nobody else has characters."""
        fonts = properties.find(W + "rFonts") if properties is not None else None
        font = (fonts.get(W + "ascii") or fonts.get(W + "cs") or "").lower() if fonts is not None else ""
        known = _SYMBOLS.get(font, {})
        if any(ord(one) & 0xFF not in known for one in _PRIVATE.findall(text)):
            self.losses.note("symbol", line.paragraph)
        return _PRIVATE.sub(lambda one: known.get(ord(one[0]) & 0xFF, ""), text)

    def _symbol(self, child: Element, line: _Line) -> str:
        font, code = child.get(W + "font", "").lower(), child.get(W + "char", "")
        try:
            at = int(code[-4:], 16)
        except ValueError:
            at = 0
        private = 0xF000 <= at <= 0xF0FF
        found = _SYMBOLS.get(font, {}).get(at & 0xFF if private else at, "")
        if not found and not private and at >= 0x80 and not 0xD800 <= at <= 0xF8FF:
            found = chr(at)
        if not found:
            self.losses.note("symbol", line.paragraph)
        return found

    def _thing(self, child: Element, name: str, line: _Line) -> None:
        """What a run holds besides words."""
        if name in ("drawing", "pict"):
            self._drawn(child, line)
        elif name == "object":
            self.losses.note("object", line.paragraph)
        elif name == "AlternateContent":
            for one in _branch(child):
                self._thing(one, local(one), line)
        elif name in ("footnoteReference", "endnoteReference"):
            self._note(name.removesuffix("Reference"), child.get(W + "id", ""), line)
        elif name == "commentReference":
            self.losses.note("comment", line.paragraph)
        elif name == "ruby" and (base := child.find(W + "rubyBase")) is not None:
            self._inline(base, line)

    def _field(self, kind: str | None, line: _Line) -> None:
        if kind == "begin":
            self.fields.append(_Field())
        elif not self.fields:
            return
        elif kind == "separate":
            self.fields[-1].has_result = True
            if self.fields[-1].code.split()[:1] == ["HYPERLINK"] and "\\l" not in self.fields[-1].code:
                self.losses.note("link", line.paragraph)
        elif kind == "end" and self.fields.pop().code.split()[:1] in (["EQ"], ["eq"], ["Eq"]):
            self._formula(line)

    def _note(self, kind: str, id_: str, line: _Line) -> None:
        """A note in brackets where it was called for."""
        text = self.notes[kind].get(id_, "")
        if text:
            self.losses.note("note", line.paragraph)
            self._hold(text)
            line.say(f"（注：{text}）", line.look)

    def _notes(self, kind: str) -> dict[str, str]:
        part = self.package.part(f"{kind}s")
        rows = part.findall(W + kind) if part is not None else []
        return {row.get(W + "id", ""): _bare(row) for row in rows if row.get(W + "type") in (None, "normal")}

    def _headers(self) -> None:
        for kind in ("header", "footer"):
            for part in self.package.parts(kind):
                text = _bare(part)
                if text.strip("0123456789-—–－ \u3000第页共/／"):
                    self.losses.note("header", text)

    # ---- Pictures and boxes ----

    def _drawn(self, element: Element, line: _Line) -> None:
        """A drawing: its pictures and the words of its boxes are taken, the rest is noted."""
        floating = element.find("{*}anchor") is not None
        found = self._parts_of_drawing(element, line, floating)
        if not found:
            self.losses.note("shape", line.paragraph)

    def _parts_of_drawing(self, element: Element, line: _Line, floating: bool) -> bool:
        found = False
        for child in element:
            name = local(child)
            if name == "AlternateContent":
                found |= self._parts_of_drawing(_branch(child), line, floating)
            elif name == "blipFill" and (blip := child.find("{*}blip")) is not None:
                found |= self._picture(blip.get(R + "embed"), _crop(child.find("{*}srcRect")), line, floating)
            elif name == "imagedata":
                floats = "absolute" in (element.get("style") or "")
                found |= self._picture(child.get(R + "id"), WHOLE, line, floats)
            elif name == "txbxContent":
                self._box(child, line)
                found = True
            elif name in ("chart", "relIds", "textpath"):
                kind = {"chart": "chart", "relIds": "smartart", "textpath": "art"}[name]
                self.losses.note(kind, child.get("string") or line.paragraph)
                found = True
            elif name != "shapetype":
                found |= self._parts_of_drawing(child, line, floating)
        return found

    def _picture(self, relation: str | None, crop: Crop, line: _Line, floating: bool) -> bool:
        """Take a picture; whether there was one."""
        content = self.package.media(relation)
        if content is None:
            return False
        if len(self.pictures) >= MOST_PICTURES:
            self.losses.note("many", line.paragraph)
            return True
        try:
            kind, kept, rewritten = as_kept(content, crop)
        except NoPicture as error:
            self.losses.note(str(error), line.paragraph)
            return True
        if rewritten:
            self.losses.note("recoded", line.paragraph)
        if floating:
            self.losses.note("floating", line.paragraph)
        self.pictures.append(Kept(f"图片{len(self.pictures) + 1}.{kind}", kept))
        said = any(piece.text.strip() for piece in line.paragraph.pieces)
        (line.after if said else line.before).append(Picture(len(self.pictures) - 1))
        return True

    def _box(self, content: Element, line: _Line) -> None:
        """The words of a text box, after the paragraph that it is anchored in."""
        fields, self.fields = self.fields, []
        blocks = list(self.blocks(content))
        self.fields = fields
        if blocks:
            line.after.extend(blocks)
            said = next((block.text for block in blocks if isinstance(block, Paragraph)), "")
            self.losses.note("box", said or line.paragraph)

    # ---- Tables ----

    def _table(self, element: Element) -> Iterator[Block]:
        """A table; one of a single cell is a frame around its text."""
        rows = [self._row(row) for row in _rows(element)]
        rows = [row for row in rows if row]
        cells = [cell for row in rows for cell in row]
        if len(cells) == 1:
            yield from cells[0].blocks
            return
        self._join_down(rows)
        kept = [[cell for cell in row if cell.high] for row in rows]
        if any(cell.blocks for cell in cells):
            yield Table([row for row in kept if row])

    def _row(self, row: Element) -> list[Cell]:
        """The cells of a row; one that only continues the cell above has height 0."""
        properties = row.find(W + "trPr")
        if properties is not None and properties.find(W + "del") is not None:
            self.losses.note("revision")
            return []
        head = bool(is_on(properties, "tblHeader"))
        cells: list[Cell] = []
        column = min(number(value(properties, "gridBefore")), WIDEST)
        for element in _cells(row):
            own = element.find(W + "tcPr")
            wide = min(max(number(value(own, "gridSpan"), 1), 1), WIDEST)
            merged, across = value(own, "vMerge"), value(own, "hMerge")
            if across is not None and across != "restart" and cells:
                cells[-1].wide += wide
                column += wide
                continue
            blocks = self._in_cell(list(self.blocks(element)))
            goes_on = merged is not None and merged != "restart"
            cells.append(Cell(blocks, column, wide, 0 if goes_on else 1, head))
            column += wide
        return cells

    def _in_cell(self, blocks: list[Block]) -> list[Block]:
        """What a cell can hold: no headings, and of a table within it the words alone."""
        made: list[Block] = []
        for block in blocks:
            if isinstance(block, Paragraph):
                block.heading = 0
                made.append(block)
            elif isinstance(block, Table):
                self.losses.note("nested", next((text for row in block.rows if (text := _in_words(row))), ""))
                made.extend(Paragraph([Piece(text)]) for row in block.rows if (text := _in_words(row)))
                made.extend(
                    one for row in block.rows for cell in row for one in cell.blocks if isinstance(one, Picture)
                )
            else:
                made.append(block)
        return made

    def _join_down(self, rows: list[list[Cell]]) -> None:
        """Give each cell the height of those that continue it; one that continues nothing stands for itself."""
        above: dict[int, Cell] = {}
        for row in rows:
            now: dict[int, Cell] = {}
            for cell in row:
                origin = above.get(cell.column)
                if cell.high == 0 and origin is not None and origin.wide == cell.wide:
                    origin.high += 1
                    origin.blocks.extend(cell.blocks)
                    now[cell.column] = origin
                else:
                    cell.high = 1
                    now[cell.column] = cell
            above = now


def _branch(element: Element) -> Element:
    """The one branch of an ``mc:AlternateContent`` that is read: the first whose needs are known."""
    for child in element:
        if local(child) == "Choice" and set(child.get("Requires", "").split()) <= _KNOWN:
            return child
        if local(child) == "Fallback":
            return child
    return element[0] if len(element) else element


def _is_contents(element: Element) -> bool:
    told = element.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return told is not None and told.get(W + "val") == "Table of Contents"


def _rows(element: Element) -> Iterator[Element]:
    """Rows of a table, through what may wrap them."""
    for child in element:
        if local(child) == "tr":
            yield child
        elif local(child) in _THROUGH:
            yield from _rows(child)


def _cells(element: Element) -> Iterator[Element]:
    for child in element:
        if local(child) == "tc":
            yield child
        elif local(child) in _THROUGH:
            yield from _cells(child)


def _in_words(row: list[Cell]) -> str:
    texts = (" ".join(block.text for block in cell.blocks if isinstance(block, Paragraph)) for cell in row)
    return "　".join(text for text in texts if text)


def _bare(element: Element) -> str:
    """The words of a note or a header, without what was deleted; its paragraphs on one line."""
    lines = []
    for paragraph in element.iter(W + "p"):
        texts = [text.text or "" for text in paragraph.iter(W + "t")]
        lines.append("".join(texts).strip())
    return " ".join(line for line in lines if line)


def _crop(element: Element) -> Crop:
    """Thousandths of a per cent that are cut off at each side; a side that is let out is left alone."""
    if element is None:
        return WHOLE
    left, top, right, bottom = (min(number(element.get(side)), 100_000) / 100_000 for side in "ltrb")
    return (left, top, right, bottom)
