"""What a text consists of while it is being read: paragraphs, list entries, pictures and tables."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

_BLANK = " \t\u00a0\u3000"
_MANY_BLANKS = re.compile(r"[ \t\u00a0]+")


@dataclass(frozen=True)
class Piece:
    """Words that look alike; a line break is ``\\n``."""

    text: str
    bold: bool = False
    slanted: bool = False
    underlined: bool = False


@dataclass
class Paragraph:
    """A paragraph, or where ``level`` is set an entry of a list. ``heading`` is 2 to 4, or 0."""

    pieces: list[Piece] = field(default_factory=list)
    heading: int = 0
    level: int | None = None
    ordered: bool = False
    number: int = 1
    kind: str = ""  # title, subtitle, caption
    centred: bool = False
    size: int = 0  # half points, of most of its words
    joins: bool = False  # its end was deleted: the next one goes on in it

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces).strip(f"\n{_BLANK}")

    @property
    def bold(self) -> bool:
        return all(piece.bold for piece in self.pieces if piece.text.strip())


@dataclass
class Picture:
    """A picture by its place among the pictures of the manuscript."""

    number: int


@dataclass
class Cell:
    blocks: "list[Block]"
    column: int
    wide: int = 1
    high: int = 1
    head: bool = False


@dataclass
class Table:
    rows: list[list[Cell]]


Block = Paragraph | Picture | Table


def tidied(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours that look alike joined, blanks folded and trimmed at both ends."""
    joined = [
        Piece(_MANY_BLANKS.sub(" ", "".join(piece.text for piece in group)), *look)
        for look, group in groupby(pieces, key=lambda piece: (piece.bold, piece.slanted, piece.underlined))
    ]
    while joined and not (text := joined[0].text.lstrip(f"\n{_BLANK}")):
        joined.pop(0)
    if joined:
        joined[0] = _with_text(joined[0], text)
    while joined and not (text := joined[-1].text.rstrip(f"\n{_BLANK}")):
        joined.pop()
    if joined:
        joined[-1] = _with_text(joined[-1], text)
    return joined


def _with_text(piece: Piece, text: str) -> Piece:
    return Piece(text, piece.bold, piece.slanted, piece.underlined)


def without_end(pieces: list[Piece], characters: int) -> list[Piece]:
    """The same words without so many of their last characters."""
    kept = sum(len(piece.text) for piece in pieces) - characters
    found = []
    for piece in pieces:
        found.append(_with_text(piece, piece.text[: max(kept, 0)]))
        kept -= len(piece.text)
    return tidied(found)


def to_html(blocks: "list[Block]") -> str:
    """The blocks as the HTML that ``submissions.body`` keeps; a picture's place names its number."""
    made: list[str] = []
    at = 0
    while at < len(blocks):
        block = blocks[at]
        if isinstance(block, Paragraph) and block.level is not None:
            end = at
            while end < len(blocks) and _is_entry(blocks[end]):
                end += 1
            made.append(_lists(blocks[at:end]))
            at = end
            continue
        made.append(_one(block))
        at += 1
    return "".join(made)


def _is_entry(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.level is not None


def _one(block: Block) -> str:
    if isinstance(block, Picture):
        return f'<img data-file="{block.number}">'
    if isinstance(block, Table):
        return "<table><tbody>" + "".join(_row(row) for row in block.rows) + "</tbody></table>"
    tag = f"h{block.heading}" if block.heading else "p"
    return f"<{tag}>{words(block)}</{tag}>"


def words(paragraph: Paragraph) -> str:
    """The words of a paragraph with their looks. A heading has none: it is bold by itself, and of one line."""
    if paragraph.heading:
        return html.escape(paragraph.text.replace("\n", ""), quote=False)
    made = ""
    for piece in paragraph.pieces:
        text = html.escape(piece.text, quote=False).replace("\n", "<br>")
        for tag, on in (("u", piece.underlined), ("em", piece.slanted), ("strong", piece.bold)):
            text = f"<{tag}>{text}</{tag}>" if on and piece.text.strip() else text
        made += text
    return made


def _row(cells: list[Cell]) -> str:
    return "<tr>" + "".join(_cell(cell) for cell in cells) + "</tr>"


def _cell(cell: Cell) -> str:
    tag = "th" if cell.head else "td"
    spans = f' colspan="{cell.wide}"' if cell.wide > 1 else ""
    spans += f' rowspan="{cell.high}"' if cell.high > 1 else ""
    only = cell.blocks[0] if len(cell.blocks) == 1 else None
    plain = isinstance(only, Paragraph) and only.level is None
    return f"<{tag}{spans}>{words(only) if plain else to_html(cell.blocks)}</{tag}>"  # type: ignore[arg-type]


def _lists(entries: list) -> str:
    """Entries one after another as lists within each other; a list of another sort or count is another list."""
    made = ""
    open_: list[Paragraph] = []  # the newest entry of each list that is open, outermost first
    for entry in entries:
        depth = min(entry.level + 1, len(open_) + 1)
        while len(open_) > depth:
            made += _closed(open_.pop())
        if len(open_) == depth:
            before = open_[-1]
            if before.ordered == entry.ordered and (not entry.ordered or entry.number == before.number + 1):
                made += "</li>"
            else:
                made += _closed(open_.pop())
        if len(open_) < depth:
            start = f' start="{entry.number}"' if entry.ordered and entry.number != 1 else ""
            made += f"<ol{start}>" if entry.ordered else "<ul>"
            open_.append(entry)
        open_[-1] = entry
        made += f"<li><p>{words(entry)}</p>"
    while open_:
        made += _closed(open_.pop())
    return made


def _closed(entry: Paragraph) -> str:
    return f"</li></{'ol' if entry.ordered else 'ul'}>"
