"""What the pages of the editor's desk show besides their own."""

import datetime
from typing import Any

from django import template
from django.utils import timezone

from submissions.views.queue import JUST_DECIDED

register = template.Library()


@register.simple_tag(takes_context=True)
def just_decided(context: dict[str, Any]) -> dict[str, Any] | None:
    """What this browser decided last, and the seconds for which it can be undone; None where nothing can."""
    acts = context["request"].session.get(JUST_DECIDED)
    if not acts:
        return None
    kept = acts[-1]
    left = datetime.datetime.fromisoformat(kept["until"]) - timezone.now()
    seconds = int(left.total_seconds())
    return {"items": kept["items"], "seconds": seconds} if seconds > 0 and kept["items"] else None
