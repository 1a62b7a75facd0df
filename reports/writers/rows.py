"""Tables of Word. A row is a copy of a prepared one with its texts filled in, so that 3,000 rows take a second."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from reports.document import GroupRow, Row, Table, shown
from reports.writers.looks import LOOKS, TABLE_SIZES, fonts, smaller

SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
TEXT = qn("w:t")
HEADER_MARGINS = '<w:tcMar><w:left w:w="20" w:type="dxa"/><w:right w:w="20" w:type="dxa"/></w:tcMar>'


def table_element(table: Table, whole: int, told: Callable[[], None]) -> Any:
    """The table, ``whole`` twips wide; its header repeats on each page, no row splits. ``told`` hears of each row."""
    widths, points = _widths(table, whole), text_size(table, whole)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in SIDES)
    element = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:left w:w="40" w:type="dxa"/><w:right w:w="40" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid></w:tbl>"
    )
    for row in _header(table, widths, points):
        element.append(row)
    group_row = _row([_cell(sum(widths), "group_row", points, span=len(widths))])
    keys = ["figure" if column.numeric else "cell" for column in table.columns]
    unit_row = _row([_cell(width, key, points) for width, key in zip(widths, keys, strict=True)])
    for row in table.rows:
        match row:
            case GroupRow():
                element.append(_filled(group_row, [row.text]))
            case Row():
                element.append(_filled(unit_row, [shown(cell) for cell in row.cells]))
        told()
    return element


def _filled(prepared: Any, texts: list[str]) -> Any:
    row = deepcopy(prepared)
    for element, text in zip(row.iter(TEXT), texts, strict=True):
        element.text = text
    return row


def _header(table: Table, widths: list[int], points: float) -> list[Any]:
    """One row, or two in which a column without a group goes on from the first into the second."""
    rows = table.header
    cells = []
    at = 0
    for head in rows[0]:
        width = sum(widths[at : at + head.across])
        merge = '<w:vMerge w:val="restart"/>' if head.down > 1 else ""
        cells.append(_cell(width, "cell_head", points, head.text, head.across, merge))
        at += head.across
    found = [_row(cells, header=True)]
    if len(rows) > 1:
        below = []
        for width, column in zip(widths, table.columns, strict=True):
            text, merge = (column.heading, "") if column.group else ("", "<w:vMerge/>")
            below.append(_cell(width, "cell_head", points, text, merge=merge))
        found.append(_row(below, header=True))
    return found


def _row(cells: list[str], header: bool = False) -> Any:
    repeat = "<w:tblHeader/>" if header else ""
    return parse_xml(f"<w:tr {nsdecls('w')}><w:trPr><w:cantSplit/>{repeat}</w:trPr>{''.join(cells)}</w:tr>")


def _cell(width: int, key: str, points: float, text: str = "", span: int = 1, merge: str = "") -> str:
    narrow = HEADER_MARGINS if key == "cell_head" else ""
    across = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{across}{merge}{narrow}<w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{smaller(key, points)}"/><w:snapToGrid w:val="0"/></w:pPr>'
        f'<w:r><w:rPr>{fonts(LOOKS[key].font)}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p></w:tc>'
    )


def text_size(table: Table, whole: int) -> float:
    """The largest size at which each column is as wide as it asks, or the smallest."""
    wanted = sum(column.width for column in table.columns)
    return next((points for points in TABLE_SIZES if wanted * points * 20 <= whole), TABLE_SIZES[-1])


def _widths(table: Table, whole: int) -> list[int]:
    """The width, shared out by the columns' own."""
    shares = sum(column.width for column in table.columns)
    widths = [whole * column.width // shares for column in table.columns]
    widths[-1] += whole - sum(widths)
    return widths
