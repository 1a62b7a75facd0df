"""Writing to the trail."""

from typing import Any

from django.db import models

from trail.models import Result, TrailEntry


def record(
    act: str,
    *,
    by: Any = None,
    office: str = "",
    on: models.Model | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    result: Result = Result.DONE,
) -> TrailEntry:
    """Write one entry, in the transaction of the act itself. ``by`` is an account, or None for the system."""
    return TrailEntry.objects.create(
        act=act,
        office=office,
        actor_id=by.pk if by else None,
        actor=str(by) if by else "",
        object_kind=on._meta.model_name or "" if on else "",
        object_id=on.pk if on else None,
        object_label=str(on)[:300] if on else "",
        before=before,
        after=after,
        result=result,
    )
