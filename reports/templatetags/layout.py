"""What the template of a Document needs."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html

from reports.document import Column, Figure, Row, Words, shown

register = template.Library()


@register.filter
def beneath(row: Row, columns: Iterable[Column]) -> list[tuple[Column, str]]:
    """Each cell as text, with the column it stands beneath."""
    return list(zip(columns, map(shown, row.cells), strict=True))


@register.simple_tag
def set_off(part: Figure | Words) -> str:
    """A piece of a paragraph: a figure knows its address, words bear their marks."""
    if isinstance(part, Figure):
        return format_html('<a data-address="{}">{}</a>', part.address, part.text) if part.address else part.text
    marks = (("u", part.underlined), ("i", part.italic), ("b", part.bold))
    text = part.text
    for tag in (tag for tag, borne in marks if borne):
        text = format_html("<{0}>{1}</{0}>", tag, text)
    return text
