"""A Document as a fragment of HTML in UTF-8, for a page of ours that has the style sheet. Everything is escaped."""

from pathlib import Path

from django.template.loader import render_to_string

from reports.document import Document


def write(document: Document, path: Path) -> None:
    path.write_text(render(document), encoding="utf-8")


def render(document: Document) -> str:
    """The fragment: one sheet a part."""
    return render_to_string("reports/document.html", {"document": document})
