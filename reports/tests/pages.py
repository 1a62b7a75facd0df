"""Reading produced files back."""

from pathlib import Path

import docx
from docx.document import Document


def open_circular(quarter, folder: Path) -> Document:
    from reports.press import print_files

    return docx.Document(str(print_files("circular", quarter.period, folder, "通报").files["docx"]))


def texts(document: Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def prose(document: Document) -> str:
    """Everything before the first annex."""
    lines = texts(document)
    return "\n".join(lines[: lines.index("附件1")])


def grid(document: Document) -> list[list[str]]:
    """The cells of the table, a merged one in each place it covers."""
    return [[cell.text for cell in row.cells] for row in document.tables[0].rows]
