"""Writers know formats and no kinds: each turns any Document into a file."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from django.http import FileResponse

from reports.document import Document
from reports.formats import CONTENT_TYPES
from reports.progress import Progress, untold
from reports.writers import docx, html, pdf, xlsx

WRITERS: dict[str, Callable[[Document, Path, Progress], None]] = {
    "docx": docx.write,
    "html": html.write,
    "pdf": pdf.write,
    "xlsx": xlsx.write,
}


def as_download(document: Document, name: str) -> FileResponse:
    """A file that is made while its reader waits, and kept nowhere; the name's ending says what it is written in."""
    form = name.rpartition(".")[2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"made.{form}"
        WRITERS[form](document, path, untold)
        content = path.open("rb")  # which outlives its name
    return FileResponse(content, as_attachment=True, filename=name, content_type=CONTENT_TYPES[form])
