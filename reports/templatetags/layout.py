"""What the template of a Document needs."""

from collections.abc import Iterable

from django import template

from reports.document import Column, Row, shown

register = template.Library()


@register.filter
def beneath(row: Row, columns: Iterable[Column]) -> list[tuple[Column, str]]:
    """Each cell as text, with the column it stands beneath."""
    return list(zip(columns, map(shown, row.cells), strict=True))
