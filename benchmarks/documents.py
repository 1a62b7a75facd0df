"""Documents of 3,000 units and 25,000 items: how long the writers take and how much memory it needs.

``python -m benchmarks.documents`` measures them alone, in an office of its own; no database makes a difference.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    OWN = tempfile.TemporaryDirectory(prefix="bench-")
    os.environ |= {"DATA_DIR": OWN.name, "DATABASE_URL": ""}
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from docx.oxml.ns import nsmap  # noqa: E402
from lxml.etree import SubElement, tostring  # noqa: E402
from openpyxl import Workbook  # noqa: E402
from openpyxl.cell import WriteOnlyCell  # noqa: E402

from benchmarks import books  # noqa: E402
from benchmarks.rounds import alternate, ratio, size  # noqa: E402
from reports.document import Cell, Document, GroupRow, Table, shown  # noqa: E402
from reports.kinds import KINDS  # noqa: E402
from reports.writers import rows, xlsx  # noqa: E402
from reports.writers.looks import LOOKS, TEXT_WIDTH, smaller  # noqa: E402
from submissions.models import Period  # noqa: E402
from submissions.moves import record_past  # noqa: E402

W = f"{{{nsmap['w']}}}"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def measure(period: Period) -> None:
    """``period`` is a quarter of ``books``, its items recorded."""
    document = KINDS["statistics"].build(period, None)
    with tempfile.TemporaryDirectory() as folder:
        workbooks(document, Path(folder) / "statistics.xlsx")
    word_table(tables(document)[0])
    memory(period)


def workbooks(document: Document, path: Path) -> None:
    """The statistics, whole and the units' sheet alone, against openpyxl with the same values and no styles.

    What styles cost is told by openpyxl with the same ones, given cell by cell.
    """
    ours, plain = alternate(partial(xlsx.write, document, path), partial(by_openpyxl, document, path))
    ratio(f"the statistics, {cells(document):,} cells : openpyxl without styles", ours, plain, 1.5)
    units = replace(document, parts=document.parts[:1])
    ways = (xlsx.write, by_openpyxl, partial(by_openpyxl, cell_of=in_style))
    ours, plain, styled = alternate(*(partial(way, units, path) for way in ways), times=3)
    ratio(f"the sheet of 3,000 units, {cells(units):,} cells : openpyxl without styles", ours, plain, 1.5)
    ratio("the same : openpyxl, each cell given its style", ours, styled)
    ratio("openpyxl, each cell given its style : without styles", styled, plain)


def tables(document: Document) -> list[Table]:
    return [block for part in document.parts for block in part.blocks if isinstance(block, Table)]


def cells(document: Document) -> int:
    return sum(len(table.rows) * len(table.columns) for table in tables(document))


def by_openpyxl(document: Document, path: Path, cell_of: Callable[[Any, Cell], Any] = lambda _, value: value) -> None:
    """The rows of a document's tables in openpyxl's write-only mode, with their headings and nothing else."""
    book = Workbook(write_only=True)
    for table in tables(document):
        sheet = book.create_sheet()
        sheet.append([column.heading for column in table.columns])
        for row in table.rows:
            values = (row.text,) if isinstance(row, GroupRow) else row.cells
            sheet.append([cell_of(sheet, value) for value in values])
    book.save(path)


def in_style(sheet: Any, value: Cell) -> Any:
    """A cell as one would give it a style: attribute by attribute."""
    cell = WriteOnlyCell(sheet, value)
    look = "text" if isinstance(value, str) else "number" if isinstance(value, int | float) else "day"
    for name, content in xlsx.LOOKS[look].items():
        setattr(cell, name, content)
    return cell


def word_table(table: Table) -> None:
    """The circular's table as the Word writer builds it, against its rows built cell by cell."""

    def ours() -> Any:
        return rows.table_element(table, TEXT_WIDTH, untold)

    assert tostring(ours()) == tostring(by_lxml(table)), "the two tables are not the same"
    taken, theirs = alternate(ours, lambda: by_lxml(table))
    ratio(f"a circular's table of {len(table.rows):,} rows : its rows with lxml", taken, theirs, 1.5)


def untold() -> None:
    """Nobody hears of the rows."""


def by_lxml(table: Table) -> Any:
    """The same table with each row built here, element by element; the header is the writer's own."""
    element = rows.table_element(replace(table, rows=()), TEXT_WIDTH, untold)
    points = rows.text_size(table, TEXT_WIDTH)
    widths = [column.get(W + "w") for column in element.tblGrid]
    styles = ["figure" if column.numeric else "cell" for column in table.columns]
    for row in table.rows:
        tr = SubElement(element, W + "tr")
        SubElement(SubElement(tr, W + "trPr"), W + "cantSplit")
        if isinstance(row, GroupRow):
            by_lxml_cell(tr, str(TEXT_WIDTH), "group_row", points, row.text, span=len(widths))
        else:
            for width, style, cell in zip(widths, styles, row.cells, strict=True):
                by_lxml_cell(tr, width, style, points, shown(cell))
    return element


def by_lxml_cell(tr: Any, width: str, style: str, points: float, text: str, span: int = 1) -> None:
    tc = SubElement(tr, W + "tc")
    properties = SubElement(tc, W + "tcPr")
    SubElement(properties, W + "tcW", {W + "w": width, W + "type": "dxa"})
    if span > 1:
        SubElement(properties, W + "gridSpan", {W + "val": str(span)})
    SubElement(properties, W + "vAlign", {W + "val": "center"})
    p = SubElement(tc, W + "p")
    properties = SubElement(p, W + "pPr")
    SubElement(properties, W + "pStyle", {W + "val": smaller(style, points)})
    SubElement(properties, W + "snapToGrid", {W + "val": "0"})
    r = SubElement(p, W + "r")
    font = LOOKS[style].font
    SubElement(
        SubElement(r, W + "rPr"),
        W + "rFonts",
        {W + "ascii": font, W + "hAnsi": font, W + "eastAsia": font, W + "cs": font},
    )
    SubElement(r, W + "t", {XML_SPACE: "preserve"}).text = text


def memory(period: Period) -> None:
    """The peak of a whole process that builds and writes the statistics, as a worker's child does."""
    command = [sys.executable, "-c", f"from benchmarks import documents; print(documents.peak({period.pk}))"]
    peaks = [float(subprocess.check_output(command, text=True)) for _ in range(3)]
    size("the statistics of 25,000 items built and written, MB in all", peaks, 300)


def peak(period_id: int) -> float:
    """Build and write here; the most memory that this process had, in MB.

    Not getrusage's: a child begins with what its parent had, were it only for a moment.
    """
    period = Period.objects.select_related("office").get(pk=period_id)
    with tempfile.TemporaryDirectory() as folder:
        xlsx.write(KINDS["statistics"].build(period, None), Path(folder) / "statistics.xlsx")
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / 1_000_000


def main() -> None:
    call_command("migrate", verbosity=0)
    office = books.found("documents", 1)
    record_past(office, books.items(office), source="bench")
    measure(Period.objects.select_related("office").get(office=office))


if __name__ == "__main__":
    main()
