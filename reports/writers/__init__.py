"""Writers know formats and no kinds: each turns any Document into a file."""

from collections.abc import Callable
from pathlib import Path

from reports.document import Document
from reports.writers import docx, html, xlsx

WRITERS: dict[str, Callable[[Document, Path], None]] = {"docx": docx.write, "html": html.write, "xlsx": xlsx.write}
