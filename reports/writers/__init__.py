"""Writers know formats and no kinds: each turns any Document into a file."""

from collections.abc import Callable
from pathlib import Path

from reports.document import Document
from reports.progress import Progress
from reports.writers import docx, html, pdf, xlsx

WRITERS: dict[str, Callable[[Document, Path, Progress], None]] = {
    "docx": docx.write,
    "html": html.write,
    "pdf": pdf.write,
    "xlsx": xlsx.write,
}
