"""The cells of a line of standings.

Written in Python: nested template loops over 100 lines of seven cells took half of the page's time.
"""

from collections.abc import Iterable

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from scoring.standings import Column
from submissions.templatetags.figures import plain

register = template.Library()
WIDE = "num d-none d-lg-table-cell"


@register.simple_tag
def cells(figures: Iterable[tuple[Column, int]], address: str) -> SafeString:
    """One cell a column: a figure that leads to what is behind it, or a grey zero. ``address`` is the unit's."""
    here = escape(address)
    written = [
        f'<td class="{WIDE}"><a href="{here}&amp;column={escape(column.key)}#explain">{plain(n)}</a></td>'
        if n
        else f'<td class="zero {WIDE}">0</td>'
        for column, n in figures
    ]
    return mark_safe("".join(written))  # noqa: S308  all of it is escaped or digits
