"""Points of items, for pages of the rooms below, which do not know scoring."""

from collections.abc import Iterable
from typing import Any

from django import template

from scoring.earned import entries_for, points_by_item
from scoring.models import ScoreEntry
from submissions.models import Item

register = template.Library()


@register.simple_tag(takes_context=True)
def points_of(context: dict[str, Any], items: Iterable[Item]) -> dict[int, int] | None:
    """Points by item id; None where the office shows them to nobody outside."""
    request = context["request"]
    return points_by_item(request.user, request.office, items)


@register.simple_tag(takes_context=True)
def entries_of(context: dict[str, Any], item: Item) -> list[ScoreEntry] | None:
    """An item's entries in the order of their days, with rule, adoption and unit."""
    request = context["request"]
    entries = entries_for(request.user, request.office, [item])
    if entries is None:
        return None
    return list(
        entries.select_related("unit", "rule__scheme", "adoption__channel", "late_for").order_by("posted_on", "id")
    )


@register.filter
def at(points: dict[int, int], pk: int) -> int:
    """The points of one item; 0 where it has none."""
    return points.get(pk, 0)
