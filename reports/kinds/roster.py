"""The roster with its contacts as the workbook that ``units.roster_imports`` reads: a header in the first row."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.document import Column, Document, Paragraph, Part, Row, Table
from units.roster_books import COLUMNS, HINTS, Books

WIDTHS = {"单位名称": 16, "类别": 10, "简称": 14, "统一代码": 12, "职务": 12, "电话": 10, "电子邮箱": 14}
USUAL = 6  # characters


def filled(books: Books) -> Document:
    """What the office has now."""
    return Document(f"{books.office.name}名册", _sheets(books.rows))


def template() -> Document:
    """The headings, and a sheet of hints, which an import does not read."""
    hints = Part("说明", tuple(Paragraph(hint) for hint in HINTS))
    return Document("名册模板", (*_sheets({sheet: [] for sheet in COLUMNS}), hints))


def _sheets(rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> tuple[Part, ...]:
    return tuple(
        Part(sheet, (Table(_columns(headings), tuple(map(Row, rows[sheet])), listing=True),))
        for sheet, headings in COLUMNS.items()
    )


def _columns(headings: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(heading, WIDTHS.get(heading, USUAL), numeric=heading == "排序") for heading in headings)
