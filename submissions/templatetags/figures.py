"""Figures, days and states as the screen shows them."""

import datetime
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from submissions.body import clean
from submissions.exact import from_decimal
from submissions.exact import plain as plain_millionths
from submissions.states import State

register = template.Library()


@register.filter
def rich(text: str) -> str:
    """The HTML of an item, cleaned once more on its way out."""
    return mark_safe(clean(text))  # noqa: S308  it is cleaned


@register.filter
def plain(value: int | Decimal | None) -> str:
    """Whole millionths, or a Decimal, without trailing zeros; a real minus sign."""
    if value is None:
        return ""
    text = plain_millionths(from_decimal(value) if isinstance(value, Decimal) else value)
    return text.replace("-", "−")


@register.filter
def signed(value: int | Decimal) -> str:
    """The same with a plus before what is added."""
    return plain(value) if value < 0 else f"+{plain(value)}"


@register.filter
def day(value: datetime.date | None) -> str:
    """3月31日; with the year where it is not this one's."""
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


@register.filter
def size(value: int) -> str:
    """Bytes as KB or MB."""
    return f"{value / 1_048_576:.1f} MB" if value >= 1_048_576 else f"{max(round(value / 1024), 1)} KB"


@register.simple_tag
def state_of(state: str, adopted: bool = False) -> SafeString:
    """A state as a dot and a word; a valid item that was adopted says so."""
    label, look = ("已采用", "adopted") if adopted and state == State.VALID else (State(state).label, state)
    return format_html('<span class="state state-{}">{}</span>', look, label)
