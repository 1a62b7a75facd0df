"""Tables that somebody drew in a text, as tables of Word: cells span, columns are as wide as what stands in them."""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from reports.document import Grid, Slot
from reports.writers.lines import width
from reports.writers.looks import LOOKS, TABLE_SIZES, fonts, smaller
from reports.writers.rows import SIDES

# Characters: a column asks for so many at least, if anything in it is that long, and for so many at most.
LEAST, MOST = 5, 24
CENTRED = 8  # a column of texts no longer than that is centred
MARGIN = 40  # twips at each side of a cell
MOST_UNSPLIT = 300  # characters: a row of more may go on overleaf, or a page would stay empty above it


def grid_element(grid: Grid, whole: int) -> Any:
    """The table, ``whole`` twips wide; its header repeats on each page."""
    columns = _columns(grid)
    points, widths = _set(columns, whole)
    keys = ["figure" if longest <= CENTRED else "cell" for longest in columns]
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in SIDES)
    lengths = "".join(f'<w:gridCol w:w="{length}"/>' for length in widths)
    rows = "".join(
        _row(cells, widths, keys, points, header=i < grid.heads) for i, cells in enumerate(_across(grid, len(columns)))
    )
    return parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        f'<w:left w:w="{MARGIN}" w:type="dxa"/><w:right w:w="{MARGIN}" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{lengths}</w:tblGrid>{rows}</w:tbl>"
    )


def wanted(grid: Grid) -> float:
    """How many characters the table needs in a line."""
    return sum(_least(longest) for longest in _columns(grid))


def _columns(grid: Grid) -> list[float]:
    """The longest line of each column, in characters; what spans several counts for none."""
    longest = [1.0] * grid.columns
    for slot in (slot for row in grid.rows for slot in row if slot.across == 1):
        longest[slot.column] = max([longest[slot.column], *map(width, slot.lines)])
    return longest


def _least(longest: float) -> float:
    return min(max(longest, 2), LEAST)


def _set(columns: list[float], whole: int) -> tuple[float, list[int]]:
    """The largest size at which each column gets the least it asks for, or the smallest; and the columns' widths."""
    least = [_least(longest) for longest in columns]
    room = whole - 2 * MARGIN * len(columns)
    points = next((points for points in TABLE_SIZES if sum(least) * points * 20 <= room), TABLE_SIZES[-1])
    character = min(points * 20, whole / (sum(least) + len(columns)))
    base = [asked * character + 2 * MARGIN for asked in least]
    more = [min(longest, MOST) - asked for longest, asked in zip(columns, least, strict=True)]
    share = (whole - sum(base)) / (sum(more) or len(columns))
    widths = [int(own + share * (extra if sum(more) else 1)) for own, extra in zip(base, more, strict=True)]
    widths[-1] += whole - sum(widths)
    return points, widths


def _across(grid: Grid, columns: int) -> Iterator[list[tuple[Slot, bool]]]:
    """Each row from left to right: cells that begin in it, cells that go on from above (False), and empty ones."""
    reaching: dict[int, tuple[Slot, int]] = {}  # by column, with how many rows are left
    for row in grid.rows:
        own = {slot.column: slot for slot in row}
        cells, column = [], 0
        while column < columns:
            if column in own:
                slot, begins = own[column], True
                reaching[column] = slot, slot.down
            elif column in reaching:
                slot, begins = reaching[column][0], False
            else:
                slot, begins = Slot((), column), True
            cells.append((slot, begins))
            column += slot.across
        reaching = {at: (slot, left - 1) for at, (slot, left) in reaching.items() if left > 1}
        yield cells


def _row(cells: list[tuple[Slot, bool]], widths: list[int], keys: list[str], points: float, header: bool) -> str:
    unsplit = sum(len(line) for slot, _ in cells for line in slot.lines) <= MOST_UNSPLIT
    properties = f"{'<w:cantSplit/>' if unsplit else ''}{'<w:tblHeader/>' if header else ''}"
    own = "".join(
        _cell(slot, begins, sum(widths[slot.column : slot.column + slot.across]), keys[slot.column], points)
        for slot, begins in cells
    )
    return f"<w:tr>{f'<w:trPr>{properties}</w:trPr>' if properties else ''}{own}</w:tr>"


def _cell(slot: Slot, begins: bool, wide: int, key: str, points: float) -> str:
    key = "cell_head" if slot.head else "figure" if slot.across > 1 else key
    span = f'<w:gridSpan w:val="{slot.across}"/>' if slot.across > 1 else ""
    merge = ('<w:vMerge w:val="restart"/>' if begins else "<w:vMerge/>") if slot.down > 1 else ""
    lines = (slot.lines if begins else ()) or ("",)
    style = f'<w:pPr><w:pStyle w:val="{smaller(key, points)}"/><w:snapToGrid w:val="0"/></w:pPr>'
    run = f"<w:rPr>{fonts(LOOKS[key].font)}</w:rPr>"
    paragraphs = "".join(
        f'<w:p>{style}<w:r>{run}<w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines
    )
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{wide}" w:type="dxa"/>{span}{merge}<w:vAlign w:val="center"/></w:tcPr>'
        f"{paragraphs}</w:tc>"
    )
