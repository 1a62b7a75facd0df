"""A Document as a workbook: a sheet a part, written row by row, so that thousands of rows need little memory.

A number is a numeric cell. Text is a text cell whatever it looks like: ``=1+1`` stays those four characters.
No row of a table has merged cells; its header may.
"""

import datetime
import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count, zip_longest
from math import ceil
from pathlib import Path
from typing import Any, Self
from zipfile import ZIP_DEFLATED, ZipFile

from lxml.etree import SerialisationError
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.page import PageMargins
from openpyxl.writer.excel import ExcelWriter

from reports.document import (
    Block,
    Document,
    Grid,
    GroupRow,
    Heading,
    Imprint,
    Paragraph,
    Part,
    Picture,
    Role,
    Row,
    Signature,
    Table,
    Title,
    shown,
)
from reports.progress import Progress, untold

THIN = Border(*(Side("thin", color="808080") for _ in range(4)))
GREY = PatternFill("solid", fgColor="E8ECF2")
PLAIN, BOLD = Font("宋体", size=11), Font("宋体", size=11, bold=True)
CENTRE = Alignment("center", "center", wrap_text=True)
LEFT, TOP = Alignment(vertical="center", wrap_text=True), Alignment(vertical="top", wrap_text=True)
LOOKS: dict[str, dict[str, Any]] = {
    "title": {"font": Font("黑体", size=16), "alignment": CENTRE},
    "flag": {"font": Font("楷体", size=11), "alignment": CENTRE},
    "heading": {"font": BOLD, "alignment": TOP},
    "line": {"font": PLAIN, "alignment": TOP},
    "header": {"font": BOLD, "alignment": CENTRE, "border": THIN, "fill": GREY},
    "group": {"font": BOLD, "alignment": Alignment(vertical="center"), "border": THIN, "fill": GREY},
    "text": {"font": PLAIN, "alignment": LEFT, "border": THIN},
    "number": {"font": PLAIN, "alignment": CENTRE, "border": THIN},
    "day": {"font": PLAIN, "alignment": CENTRE, "border": THIN, "number_format": "yyyy-mm-dd"},
    "total text": {"font": BOLD, "alignment": CENTRE, "border": THIN},
    "total number": {"font": BOLD, "alignment": CENTRE, "border": THIN},
    "total day": {"font": BOLD, "alignment": CENTRE, "border": THIN, "number_format": "yyyy-mm-dd"},
}
USUAL = ("text", "number", "day")
TOTAL = ("total text", "total number", "total day")
LOOK_OF: dict[Role, str] = {"head": "title", "masthead": "title", "flag": "flag"}
# Excel takes a text for a formula as soon as somebody edits its cell, in Chinese also after full-width signs.
LIKE_A_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
LIKE_AN_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # _x0041_ in a workbook is an A, _x005F_ is the underline itself
UNFIT_FOR_A_NAME = re.compile(r"[\\/*?:\[\]'\s]+")
MOST_ROWS = 1_048_576  # of a sheet
MOST_TEXT = 32_767  # of a cell, in units of UTF-16
MOST_OF_A_NAME = 31  # of a sheet, in the same units
MOST_FROZEN = 10  # rows that may stand still above the others without filling a screen
TELL_EVERY = 200  # rows
LINE = 16.0  # points: 宋体 needs 14, what stands in for it on other machines 16
MOST_LINES = 25  # of a row: Excel knows no row of more than 409 points
CHARACTER = 2.15  # a Chinese character of 11 points in units of column width


def write(document: Document, path: Path, progress: Progress = untold) -> None:
    """Raises OSError, or what ``progress`` raises; then neither the file nor anything temporary is left."""
    book = Book(document, progress)
    try:
        for part in document.parts or (Part(document.title, ()),):
            Sheets(book, part).fill()
        # Not book.save(): after an error it would leave the archive to be closed by the garbage collector.
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            ExcelWriter(book.workbook, archive).save()
    except BaseException as error:
        for sheet in book.workbook.worksheets:
            sheet.clear_away()
        path.unlink(missing_ok=True)
        if isinstance(error, SerialisationError):  # lxml's word for a full disk is IO_ENOSPC
            number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)
            raise OSError(number, os.strerror(number), str(path)) from error
        raise


class Ready(Cell):
    """A cell of one look, made once a sheet and written again and again, with other values in other places.

    Its style is looked up once; openpyxl would do so each time.
    """

    has_style = True
    style_id = 0

    def __init__(self, sheet: Any, look: str, quoted: bool) -> None:
        super().__init__(sheet, row=1, column=1)
        for name, value in LOOKS[look].items():
            setattr(self, name, value)
        self.quotePrefix = quoted
        self.style_id = super().style_id

    def holding(self, value: Any, data_type: str = "n") -> Self:
        """This cell with that value. Not by way of ``value``, which makes formulas and errors of some texts."""
        self._value, self.data_type = value, data_type
        return self


class Rows(WriteOnlyWorksheet):
    """A sheet of which each row is a generator of Ready cells.

    openpyxl takes values or cells, and finds out which by two errors a cell that it catches; and it makes an empty
    cell for each that it is given. Of 300,000 cells that is a third of the time. Should a later openpyxl not
    call this method, the sheet is the same and only takes longer.
    """

    def _values_to_row(self, cells: Iterator[Ready], row: int) -> Iterator[Ready]:
        for column, cell in enumerate(cells, start=1):
            cell.row, cell.column = row, column
            yield cell

    def clear_away(self) -> None:
        """Remove the file that openpyxl keeps for a sheet: it would do so itself only when the process ends.

        Its streams are closed before, or the garbage collector would close them, and complain where nobody can
        catch it.
        """
        if self._writer:
            for close in (self.close, self._writer.close):
                with suppress(Exception):
                    close()
            Path(self._writer.out).unlink(missing_ok=True)


class Book:
    """The workbook, the names its sheets have, and how many rows of how many are written."""

    def __init__(self, document: Document, progress: Progress) -> None:
        self.workbook = Workbook(write_only=True)
        self.workbook.properties.title, self.workbook.properties.creator = document.title, ""
        self.progress = progress
        self.done = 0
        blocks = (block for part in document.parts for block in part.blocks)
        self.total = sum(len(block.rows) for block in blocks if isinstance(block, Table))
        self.names = {"history"}  # which Excel keeps for itself

    def sheet(self, name: str) -> Rows:
        """A new sheet of this name, or of the name with a number where there is one. Case makes no difference."""
        name = UNFIT_FOR_A_NAME.sub(" ", name).strip() or "表"
        endings = ("" if i == 1 else f"（{i}）" for i in count(1))
        names = (_cut(name, MOST_OF_A_NAME - len(ending)) + ending for ending in endings)
        free = next(name for name in names if name.casefold() not in self.names)
        self.names.add(free.casefold())
        sheet = Rows(self.workbook, free)
        self.workbook._add_sheet(sheet)  # as create_sheet does with openpyxl's own
        return sheet

    def tell(self) -> None:
        """Count a row, and tell of it now and then."""
        self.done += 1
        if self.done % TELL_EVERY == 0 or self.done == self.total:
            self.progress(self.done, self.total)


class Sheets:
    """The sheet of a part, written from top to bottom; and where it is full, the next one."""

    def __init__(self, book: Book, part: Part) -> None:
        self.book, self.part = book, part
        tables = [block for block in part.blocks if isinstance(block, Table)]
        self.widths = [max(widths) for widths in zip_longest(*map(_widths, tables), fillvalue=0.0)] or [80.0]
        self.repeated = len(tables[0].header) if len(tables) == 1 else 0  # of several, none is the header of all pages

    def fill(self) -> None:
        texts = [list(self._texts(block)) for block in self.part.blocks]
        above = next((i for i, block in enumerate(self.part.blocks) if isinstance(block, Table)), 0)
        self._begin(sum(map(len, texts[:above])))
        for block, lines in zip(self.part.blocks, texts, strict=True):
            if isinstance(block, Table):
                self._table(block)
            for text, look in lines:
                self._line(text, look)
        self._end()

    def _begin(self, above: int = 0) -> None:
        """A new sheet with its widths, frozen header and paper; ``above`` are the rows before its table."""
        self.sheet = sheet = self.book.sheet(self.part.name)
        self.row = 0
        self.ready, self.quoted = ({look: Ready(sheet, look, quoted) for look in LOOKS} for quoted in (False, True))
        for i, width in enumerate(self.widths, start=1):
            sheet.column_dimensions[get_column_letter(i)].width = width
        sheet.page_setup.paperSize = 9  # A4
        sheet.page_setup.orientation = "landscape" if sum(self.widths) > 120 else "portrait"
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.6, bottom=0.8)  # inches
        sheet.print_options.horizontalCentered = True
        sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
        if self.repeated:
            sheet.print_title_rows = f"{above + 1}:{above + self.repeated}"
            if above + self.repeated <= MOST_FROZEN:
                sheet.freeze_panes = f"A{above + self.repeated + 1}"

    def _end(self) -> None:
        if self.row:
            self.sheet.print_area = f"A1:{get_column_letter(len(self.widths))}{self.row}"
        self.sheet.close()

    def _go_on(self) -> None:
        self._end()
        self._begin()

    def _texts(self, block: Block) -> Iterator[tuple[str, str]]:
        """The lines of a block that is no table, each with its look."""
        match block:
            case Title():
                yield block.text, "title"
            case Heading():
                yield block.text, "heading"
            case Paragraph() if block.role != "head_space":
                yield from ((line, LOOK_OF.get(block.role, "line")) for line in self._pieces(*block.text.splitlines()))
            case Signature():
                yield from ((line, "line") for line in (block.name, block.day))
            case Grid():
                rows = ("　".join("".join(slot.lines) for slot in row) for row in block.rows)
                yield from ((line, "line") for line in self._pieces(block.caption, *rows))
            case Picture():
                yield from ((line, "line") for line in self._pieces(f"（图）{block.caption}"))
            case Imprint():
                lines = self._pieces(*block.lines, f"{block.printed_by}　{block.day}")
                yield from ((line, "line") for line in lines)

    def _pieces(self, *lines: str) -> Iterator[str]:
        """Lines, those that are too long for one row in several."""
        most = MOST_LINES * int(max(_per_line(sum(self.widths)) - 1, 1))
        return (line[i : i + most] for line in lines for i in range(0, len(line), most))

    def _line(self, text: str, look: str) -> None:
        """A text across the whole width, as high as it needs."""
        if self.row == MOST_ROWS:
            self._go_on()
        larger = LOOKS[look]["font"].size / PLAIN.size
        lines = _lines(text, sum(self.widths) / larger)
        self._merge(0, 1, len(self.widths))
        self._append(self._alike([text], look), lines * larger + (larger > 1))

    def _table(self, table: Table) -> None:
        """The header and the rows, both again on each further sheet; a listing's reader may filter by any column."""
        rest = table.rows
        long = _long_texts(table, self.widths)
        while True:
            if self.row + len(table.header) >= MOST_ROWS:
                self._go_on()
            self._header(table)
            top, room = self.row, MOST_ROWS - self.row
            for row in rest[:room]:
                match row:
                    case GroupRow():
                        self._append(self._alike([row.text, *[None] * (len(table.columns) - 1)], "group"))
                    case Row():
                        lines = max((_lines(row.cells[i], width) for i, width in long), default=1)
                        self._append(self._cells(row), lines)
                self.book.tell()
            if table.listing:
                self.sheet.auto_filter.ref = f"A{top}:{get_column_letter(len(table.columns))}{self.row}"
            rest = rest[room:]
            if not rest:
                return

    def _header(self, table: Table) -> None:
        """One row or two; what spans is merged, and stands in its first cell."""
        rows = table.header
        taken: set[tuple[int, int]] = set()
        for i, header_row in enumerate(rows):
            texts: list[str | None] = [None] * len(table.columns)
            lines = 1.0
            places = (j for j in range(len(table.columns)) if (i, j) not in taken)
            for head in header_row:
                at = next(places)
                texts[at] = head.text
                taken |= {(i + down, at + across) for down in range(head.down) for across in range(head.across)}
                lines = max(lines, _lines(head.text, sum(self.widths[at : at + head.across])) / head.down)
                self._merge(at, head.down, head.across)
            self._append(self._alike(texts, "header"), lines + 0.5)

    def _merge(self, column: int, down: int, across: int) -> None:
        """Merge cells of the row that comes next, and of those below it."""
        if down * across > 1:
            first, last = get_column_letter(column + 1), get_column_letter(column + across)
            self.sheet.merged_cells.add(f"{first}{self.row + 1}:{last}{self.row + down}")

    def _cells(self, row: Row) -> Iterator[Ready]:
        text, number, day = TOTAL if row.total else USUAL
        for value in row.cells:
            if isinstance(value, str):
                yield self._text(value, text)
            elif isinstance(value, datetime.date):
                yield self.ready[day].holding(value, "d")
            else:
                yield self.ready[number].holding(value)

    def _alike(self, texts: Iterable[str | None], look: str) -> Iterator[Ready]:
        """Cells of the same look; where there is no text, empty ones."""
        for text in texts:
            yield self.ready[look].holding(None) if text is None else self._text(text, look)

    def _text(self, text: str, look: str) -> Ready:
        cells = self.quoted if text.lstrip().startswith(LIKE_A_FORMULA) else self.ready
        if len(text) > MOST_TEXT // 2:
            text = _cut(text, MOST_TEXT, "…")
        if "_x" in text:
            text = LIKE_AN_ESCAPE.sub("_x005F_", text)
        return cells[look].holding(text, "s" if text else "n")

    def _append(self, cells: Iterator[Ready], lines: float = 1) -> None:
        """``cells`` must be a generator: they are few, and each is written before it holds the next value."""
        if lines > 1:
            # A RowDimension would be turned into such a dict anew for each row, which takes as long as two cells.
            height = {"ht": f"{LINE * min(lines, MOST_LINES):g}", "customHeight": "1"}
            self.sheet.row_dimensions[self.row + 1] = height
        self.sheet.append(cells)
        self.sheet.row_dimensions.clear()  # what is written need not be kept
        self.row += 1


def _widths(table: Table) -> list[float]:
    """As wide as the columns say, and wider where a number or a day would not fit."""
    widths = []
    for i, column in enumerate(table.columns):
        unbroken = {row.cells[i] for row in table.rows if isinstance(row, Row) and not isinstance(row.cells[i], str)}
        longest = max((len(shown(cell)) for cell in unbroken), default=0)
        widths.append(max(column.width * CHARACTER, longest + 1) + 1)
    return widths


def _long_texts(table: Table, widths: list[float]) -> list[tuple[int, float]]:
    """The columns in which some text may need several lines, and their widths. Most columns have none."""
    found = []
    for i, width in enumerate(widths[: len(table.columns)]):
        texts = (row.cells[i] for row in table.rows if isinstance(row, Row))
        if any(isinstance(text, str) and len(text) > _per_line(width) for text in texts):
            found.append((i, width))
    return found


def _per_line(width: float) -> float:
    """How many Chinese characters fit beside each other."""
    return (width - 1) / CHARACTER


def _lines(text: Any, width: float) -> int:
    """How many lines a text takes, rather one too many: what ends a line early leaves a character's room empty."""
    if not isinstance(text, str):
        return 1
    characters = (len(text) + len(text.encode())) / 4  # UTF-8 has a byte for what is half as wide as what has three
    most = _per_line(width)
    return 1 if characters <= most else ceil(characters / (most - 1 if most >= 8 else max(most, 1)))


def _cut(text: str, most: int, mark: str = "") -> str:
    """The text, if need be without its end and with a mark there, in so many units of UTF-16: so Excel counts."""
    if 2 * len(text) <= most:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * (most - len(mark))].decode("utf-16-le", "ignore") + mark
