"""A Document as a workbook: a sheet a part, written row by row, so that thousands of rows need little memory.

A number is a numeric cell. Text is a text cell whatever it looks like: ``=1+1`` stays those four characters.
"""

import datetime
import re
from collections.abc import Iterable
from copy import copy
from math import ceil
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from reports.document import Document, GroupRow, Heading, Paragraph, Part, Role, Row, Table

THIN = Border(*(Side("thin", color="808080") for _ in range(4)))
GREY = PatternFill("solid", fgColor="E8ECF2")
PLAIN, BOLD = Font("宋体", size=11), Font("宋体", size=11, bold=True)
LEFT, CENTRE = Alignment(vertical="center", wrap_text=True), Alignment("center", "center", wrap_text=True)
LOOKS: dict[str, dict[str, Any]] = {
    "title": {"font": Font("黑体", size=16), "alignment": CENTRE},
    "flag": {"font": Font("楷体", size=11), "alignment": CENTRE},
    "line": {"font": PLAIN, "alignment": Alignment(vertical="top", wrap_text=True)},
    "header": {"font": BOLD, "alignment": CENTRE, "border": THIN, "fill": GREY},
    "group": {"font": BOLD, "alignment": Alignment(vertical="center"), "border": THIN, "fill": GREY},
    "text": {"font": PLAIN, "alignment": LEFT, "border": THIN},
    "quoted": {"font": PLAIN, "alignment": LEFT, "border": THIN, "quotePrefix": True},
    "number": {"font": PLAIN, "alignment": CENTRE, "border": THIN},
    "day": {"font": PLAIN, "alignment": CENTRE, "border": THIN, "number_format": "yyyy-mm-dd"},
    "total": {"font": BOLD, "alignment": CENTRE, "border": THIN},
}
LOOK_OF: dict[Role, str] = {"title": "title", "annex_title": "title", "head": "title", "flag": "flag"}
LIKE_A_FORMULA = ("=", "+", "-", "@")
UNFIT_FOR_A_NAME = re.compile(r"[\\/*?:\[\]]")
LINE = 15.0  # points
CHARACTER = 2.0  # a Chinese character in units of column width


def write(document: Document, path: Path) -> None:
    book = Workbook(write_only=True)
    book.properties.title, book.properties.creator = document.title, ""
    for i, part in enumerate(document.parts, start=1):
        Sheet(book, part, i).fill()
    book.save(path)


class Sheet:
    """One sheet being written from top to bottom."""

    def __init__(self, book: Workbook, part: Part, number: int) -> None:
        self.part = part
        self.sheet = book.create_sheet(UNFIT_FOR_A_NAME.sub(" ", part.name)[:31] or f"表{number}")
        self.row = 0
        self.widths = max(
            ([column.width * CHARACTER + 1 for column in b.columns] for b in part.blocks if isinstance(b, Table)),
            key=len,
            default=[80.0],
        )
        self.prepared = {name: self._prepared(look) for name, look in LOOKS.items()}

    def fill(self) -> None:
        self._set_up()
        for block in self.part.blocks:
            match block:
                case Table():
                    self._table(block)
                case Paragraph():
                    self._line(block.text, LOOK_OF.get(block.role, "line"))
                case Heading():
                    self._line(block.text, "line")

    def _set_up(self) -> None:
        """Widths, frozen header and paper: openpyxl wants them before the first row."""
        sheet = self.sheet
        for i, width in enumerate(self.widths, start=1):
            sheet.column_dimensions[get_column_letter(i)].width = width
        sheet.page_setup.paperSize = 9  # A4
        sheet.page_setup.orientation = "landscape" if sum(self.widths) > 120 else "portrait"
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.oddFooter.center.text = "&P / &N"
        for above, block in enumerate(self.part.blocks):
            if isinstance(block, Table):
                first, last = above + 1, above + len(block.header)
                sheet.print_title_rows = f"{first}:{last}"
                sheet.freeze_panes = f"A{last + 1}"
                break

    def _table(self, table: Table) -> None:
        self._header(table)
        width = len(table.columns)
        for row in table.rows:
            match row:
                case GroupRow():
                    self._append([self._cell(row.text, "group"), *(self._blank("group") for _ in range(width - 1))])
                case Row():
                    self._append([self._value(cell, row.total) for cell in row.cells])

    def _header(self, table: Table) -> None:
        """One row or two; what spans is merged, and stands in its first cell."""
        rows = table.header
        taken: set[tuple[int, int]] = set()
        for i, header_row in enumerate(rows):
            cells = [self._blank("header") for _ in table.columns]
            places = (j for j in range(len(table.columns)) if (i, j) not in taken)
            for head in header_row:
                at = next(places)
                cells[at] = self._cell(head.text, "header")
                covered = {(i + down, at + across) for down in range(head.down) for across in range(head.across)}
                taken |= covered
                if len(covered) > 1:
                    self._merge(self.row + 1, at + 1, self.row + head.down, at + head.across)
            longest = max(ceil(len(h.text) * CHARACTER / (self._width(table, h.text) * h.across)) for h in header_row)
            self.sheet.row_dimensions[self.row + 1].height = LINE * (longest + 0.5)
            self._append(cells)

    def _width(self, table: Table, heading: str) -> float:
        widths = (w for w, column in zip(self.widths, table.columns, strict=False) if column.heading == heading)
        return next(widths, 12.0)

    def _line(self, text: str, look: str) -> None:
        """A paragraph across the whole width, as high as its text needs."""
        lines = ceil((len(text) + 1) * CHARACTER / sum(self.widths))
        height = 30.0 if look == "title" else LINE * lines
        self.sheet.row_dimensions[self.row + 1].height = height
        self._merge(self.row + 1, 1, self.row + 1, len(self.widths))
        self._append([self._cell(text, look)])

    def _value(self, value: Any, total: bool) -> WriteOnlyCell:
        match value:
            case None:
                return self._blank("total" if total else "text")
            case str():
                look = "quoted" if value.startswith(LIKE_A_FORMULA) else "text"
                return self._cell(value, "total" if total else look)
            case datetime.date():
                return self._cell(value, "day")
            case _:
                return self._cell(value, "total" if total else "number")

    def _cell(self, value: Any, look: str) -> WriteOnlyCell:
        cell = WriteOnlyCell(self.sheet, value)
        if isinstance(value, str):
            cell.data_type = "s"  # openpyxl would make a formula or an error of some
        cell._style = self.prepared[look]
        return cell

    def _blank(self, look: str) -> WriteOnlyCell:
        return self._cell(None, look)

    def _prepared(self, look: dict[str, Any]) -> Any:
        """A style's index, looked up once a sheet and not once a cell."""
        cell = WriteOnlyCell(self.sheet)
        for name, value in look.items():
            setattr(cell, name, value)
        return copy(cell._style)

    def _merge(self, top: int, left: int, bottom: int, right: int) -> None:
        if (top, left) != (bottom, right):
            self.sheet.merged_cells.add(f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}")

    def _append(self, cells: Iterable[WriteOnlyCell]) -> None:
        self.sheet.append(list(cells))
        self.row += 1
