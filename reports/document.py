"""What a report says, apart from what it is written in: plain values between ``kinds`` and ``writers``.

Any text in here can be written into XML: what XML cannot hold is taken out when a value is made.
"""

import datetime
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Literal, NamedTuple

Cell = str | int | Decimal | datetime.date | None
Role = Literal[
    "head",  # the issuing office in red (发文机关标志)
    "head_space",  # where the paper has that printed on it already (套打): its room is kept, nothing is drawn
    "masthead",  # 报头: a name in red at the very top, above a red rule
    "number",  # 发文字号, above the red rule
    "number_plain",  # the same without the rule
    "flag",  # what a reader must know before anything else
    "flush",  # a body paragraph that is not indented, such as the addressee
    "body",
    "quote",
    "credit",  # whose piece it is, at the right: （某某单位供稿）
    "annex_list",  # 附件说明, a line an annex
    "annex_mark",  # 附件1
    "note",
]
TitleRole = Literal["title", "annex_title"]
LINES_KEPT: tuple[Role, ...] = ("annex_list",)
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAKS = re.compile(r"\s*[\r\n]+\s*")


def legible(text: str, lines_kept: bool = False) -> str:
    """The text without what XML cannot hold (control characters, lone surrogates, U+FFFE), on one line unless asked."""
    text = _UNWRITABLE.sub("", text)
    return text if lines_kept else _LINE_BREAKS.sub(" ", text)


def shown(cell: Cell) -> str:
    """A cell as a reader sees it: numbers without trailing zeros, days as 2020-03-31."""
    match cell:
        case None:
            return ""
        case Decimal():
            text = f"{cell:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case datetime.date():
            return cell.isoformat()
        case _:
            return str(cell)


@dataclass(frozen=True, slots=True)
class Heading:
    """Level 1 is 一、, level 2 is （一）; the text brings its number along."""

    text: str
    level: int = 1
    shape = "heading"

    def __post_init__(self) -> None:
        _set(self, "text", legible(self.text))


class Figure(NamedTuple):
    """A figure in the text, and the address of the page that shows what it counts (empty: none)."""

    text: str
    address: str = ""


class Words(NamedTuple):
    """Words in the text, and how its writer set them off."""

    text: str
    bold: bool = False
    italic: bool = False
    underlined: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``role`` says what it is; each writer knows how that looks. Roles in LINES_KEPT may hold line breaks.

    ``content`` is a text, or texts, words and figures one after another; who cannot set words off needs ``text`` alone.
    """

    content: str | tuple[str | Figure | Words, ...]
    role: Role = "body"
    shape = "paragraph"

    def __post_init__(self) -> None:
        parts = (self.content,) if isinstance(self.content, str) else self.content
        kept = self.role in LINES_KEPT
        legible_parts = (
            legible(part, kept) if isinstance(part, str) else part._replace(text=legible(part.text)) for part in parts
        )
        _set(self, "content", tuple(legible_parts))

    @property
    def parts(self) -> list[Figure | Words]:
        """The content as figures and words, plain text being words that nothing sets off."""
        return [Words(part) if isinstance(part, str) else part for part in self.content]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Title:
    """A title as its words: on paper a line of it may end between two of them and nowhere else."""

    words: tuple[str, ...]
    role: TitleRole = "title"
    shape = "title"

    def __post_init__(self) -> None:
        _set(self, "words", tuple(legible(word) for word in self.words))

    @property
    def text(self) -> str:
        return "".join(self.words)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs (落款) and the day as it is printed. ``sealed``: room is left for the seal."""

    name: str
    day: str
    sealed: bool = True
    shape = "signature"

    def __post_init__(self) -> None:
        _set(self, "name", legible(self.name))
        _set(self, "day", legible(self.day))


@dataclass(frozen=True, slots=True)
class Imprint:
    """The 版记 at the foot of the last page. ``lines`` such as 抄送：…。 may be none; ``day``: 2026年1月5日印发."""

    lines: tuple[str, ...]
    printed_by: str
    day: str
    shape = "imprint"

    def __post_init__(self) -> None:
        _set(self, "lines", tuple(legible(line) for line in self.lines))
        _set(self, "printed_by", legible(self.printed_by))
        _set(self, "day", legible(self.day))


@dataclass(frozen=True, slots=True)
class Column:
    """``width`` is in Chinese characters and says the share a column has; columns of one ``group`` stand under it."""

    heading: str
    width: int
    numeric: bool = False
    group: str = ""

    def __post_init__(self) -> None:
        _set(self, "heading", legible(self.heading))
        _set(self, "group", legible(self.group))


@dataclass(frozen=True, slots=True)
class Row:
    """One cell a column. A number is a number, text is text whatever it looks like, None is an empty cell."""

    cells: tuple[Cell, ...]
    total: bool = False
    shape = "row"

    def __post_init__(self) -> None:
        _set(self, "cells", tuple(legible(cell) if isinstance(cell, str) else cell for cell in self.cells))


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A row that names the group of the rows below it."""

    text: str
    shape = "group"

    def __post_init__(self) -> None:
        _set(self, "text", legible(self.text))


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """A cell of the header, so many columns wide and rows high."""

    text: str
    across: int
    down: int
    numeric: bool


@dataclass(frozen=True, slots=True)
class Table:
    """``listing``: rows of equal standing, which a reader of the workbook may want to filter and sort."""

    columns: tuple[Column, ...]
    rows: tuple[Row | GroupRow, ...]
    listing: bool = False
    shape = "table"

    @property
    def header(self) -> list[list[HeaderCell]]:
        """The header's one row, or two where columns are grouped; a column without a group is two rows high."""
        if not any(column.group for column in self.columns):
            return [[HeaderCell(column.heading, 1, 1, column.numeric) for column in self.columns]]
        top = []
        for group, columns in self._by_group():
            if group:
                top.append(HeaderCell(group, len(columns), 1, True))
            else:
                top += [HeaderCell(column.heading, 1, 2, column.numeric) for column in columns]
        return [top, [HeaderCell(column.heading, 1, 1, column.numeric) for column in self.columns if column.group]]

    def _by_group(self) -> Iterator[tuple[str, list[Column]]]:
        return ((group, list(columns)) for group, columns in groupby(self.columns, lambda column: column.group))


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell of a grid: its lines, the column it begins in, and how many columns and rows it takes."""

    lines: tuple[str, ...]
    column: int
    across: int = 1
    down: int = 1
    head: bool = False

    def __post_init__(self) -> None:
        _set(self, "lines", tuple(legible(line) for line in self.lines))


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as somebody drew it in a text, with cells that span. A row holds the cells that begin in it.

    No two cells meet, none reaches beyond the last row, and what no cell takes is empty.
    """

    rows: tuple[tuple[Slot, ...], ...]
    caption: str = ""
    shape = "grid"

    def __post_init__(self) -> None:
        _set(self, "caption", legible(self.caption))

    @property
    def columns(self) -> int:
        return max((slot.column + slot.across for row in self.rows for slot in row), default=1)

    @property
    def heads(self) -> int:
        """How many rows at the top are its header: heads alone, and nothing in them reaches further down."""
        heads = 0
        for i, row in enumerate(self.rows[:-1], start=1):
            if not row or not all(slot.head for slot in row):
                break
            if all(above + slot.down <= i for above in range(i) for slot in self.rows[above]):
                heads = i
        return heads


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG or PNG file as it is to be shown, ``width`` by ``height`` pixels, and what stands below it."""

    content: bytes = field(repr=False)
    kind: Literal["jpeg", "png"]
    width: int
    height: int
    caption: str = ""
    shape = "picture"

    def __post_init__(self) -> None:
        _set(self, "caption", legible(self.caption))

    @property
    def inlined(self) -> str:
        """The file as an address that holds it."""
        return f"data:image/{self.kind};base64,{b64encode(self.content).decode()}"


Block = Heading | Paragraph | Title | Signature | Imprint | Table | Grid | Picture


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks that begin on a new page, or in a workbook on a new sheet of this name."""

    name: str
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        _set(self, "name", legible(self.name))


class Finding(NamedTuple):
    """What was compared before printing, and whether it was ``right``. ``address``: where to look."""

    text: str
    right: bool = True
    address: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """``draft``: the figures may still change. ``summary`` is a line for lists, such as 93家单位，1133条，1493分."""

    title: str
    parts: tuple[Part, ...]
    summary: str = ""
    draft: bool = False
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        _set(self, "title", legible(self.title))


def _set(value: object, name: str, content: object) -> None:
    object.__setattr__(value, name, content)
