"""Figures, days and states as the screen shows them."""

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from submissions.body import clean, with_pictures
from submissions.exact import from_decimal
from submissions.exact import plain as plain_millionths
from submissions.models import Attachment, Item
from submissions.states import State
from submissions.urgent import clock_of
from units.models import Office

register = template.Library()


@register.simple_tag
def rich(text: str, attachments: Iterable[Attachment], code: str) -> str:
    """The HTML of an item, cleaned once more on its way out, with its pictures and their captions in their places."""
    pictures = {attachment.file_id: attachment for attachment in attachments if attachment.file.is_picture}

    def shown(file: int) -> str:
        caption = pictures[file].caption
        address = reverse("item-file", args=[code, file])
        under = format_html("<figcaption>{}</figcaption>", caption) if caption else ""
        return format_html(
            '<figure><img src="{}" alt="{}" loading="lazy">{}</figure>', address, caption or "图片", under
        )

    return mark_safe(with_pictures(clean(text, files=pictures), shown))  # noqa: S308  it is cleaned


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
def sum_of(effects: Iterable[Any]) -> int:
    """The points of several effects together."""
    return sum(effect.points for effect in effects)


@register.filter
def day(value: datetime.date | None) -> str:
    """3月31日; with the year where it is not this one's."""
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


@register.simple_tag
def urgent_clock(item: Item, office: Office) -> SafeString:
    """How long an urgent item has waited, and what is left of the office's minutes; the page goes on counting."""
    clock = clock_of(item.waits_since, office.urgent_within, timezone.now())
    late = " is-late" if clock.late else ""
    told = (late, clock.waited, office.urgent_within, clock)
    return format_html('<span class="clock{}" data-waited="{}" data-within="{}">{}</span>', *told)


@register.filter
def kind_of(row: Model) -> str:
    """What a thing is called: 采用, 转报, 批示."""
    return str(row._meta.verbose_name)


@register.filter
def size(value: int) -> str:
    """Bytes as KB or MB."""
    return f"{value / 1_048_576:.1f} MB" if value >= 1_048_576 else f"{max(round(value / 1024), 1)} KB"


@register.simple_tag(takes_context=True)
def state_of(context: dict[str, Any], item: Item, adopted: bool = False) -> SafeString:
    """An item's state, as far as its reader is told, as a dot and a word; a valid one that was adopted says so."""
    request = context["request"]
    state = State.SUBMITTED if item.held and not request.user.works_at(request.office) else item.state
    used = adopted and state in (State.VALID, State.MERGED)
    label, look = ("已采用", "adopted") if used else (State(state).label, state)
    return format_html('<span class="state state-{}">{}</span>', look, label)
