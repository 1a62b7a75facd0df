"""A Document as a page of HTML that stands alone, all escaped, and the part of it that a page of ours shows."""

from pathlib import Path

from django.template.loader import render_to_string

from reports.document import Document
from reports.progress import Progress, untold

BEGIN, END = "<!-- document -->", "<!-- end of document -->"


def write(document: Document, path: Path, progress: Progress = untold) -> None:
    path.write_text(render(document), encoding="utf-8")


def render(document: Document) -> str:
    """The page, with a style sheet of its own: one sheet a part. Figures know their address, and lead nowhere."""
    return render_to_string("reports/document_page.html", {"document": document, "begin": BEGIN, "end": END})


def sheets(page: str) -> str:
    """The sheets of a page that ``write`` has written, for a page of ours: figures lead to what they count."""
    _, _, rest = page.partition(BEGIN)
    # Text cannot look like this: its angle brackets are escaped.
    return rest.partition(END)[0].replace('<a data-address="', '<a href="')
