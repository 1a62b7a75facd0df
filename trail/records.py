"""Writing to the trail.

A success is recorded by the act itself, in its own transaction: where no entry can be written nothing is
done. What a request did not do, because it was refused or failed, is recorded after the rollback by
``portal.middleware.keep_trail``, which also says where the request came from.
"""

import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils import timezone

from trail.marks import mark_of
from trail.models import Result, TrailEntry


@dataclass
class Circumstances:
    """Where an act comes from: the address, and how to ask for the actor's unit. ``tokens`` are of its entries;
    ``told`` that an earlier entry speaks of it already."""

    address: str = ""
    unit: Callable[[], str] = str
    tokens: list[str] = field(default_factory=list)
    told: bool = False


UNFIT = re.compile("[\x00\ud800-\udfff]")
_now: ContextVar[Circumstances | None] = ContextVar("circumstances", default=None)


@contextmanager
def under(circumstances: Circumstances) -> Iterator[Circumstances]:
    """Everything recorded within the block happens under these circumstances."""
    before = _now.set(circumstances)
    try:
        yield circumstances
    finally:
        _now.reset(before)


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
    circumstances = _now.get() or Circumstances()
    entry = TrailEntry(
        at=timezone.now(),
        act=act,
        office=office,
        actor_id=by.pk if by else None,
        actor=_named(by)[:150] if by else "",
        unit=circumstances.unit()[:200],
        address=circumstances.address,
        object_kind=on._meta.model_name or "" if on else "",
        object_id=on.pk if on else None,
        object_label=_named(on)[:300] if on else "",
        before=plain(before),
        after=plain(after),
        result=result,
        token=secrets.token_hex(16),
    )
    entry.mark = mark_of(entry)
    entry.save()
    circumstances.tokens.append(entry.token)
    return entry


def plain(values: dict[str, Any] | None) -> dict[str, Any] | None:
    """Values as JSON keeps them in each database: days and decimals as text."""
    return None if values is None else json.loads(json.dumps(_clean(values), ensure_ascii=False, default=str))


def _clean(value: Any) -> Any:
    """Without NUL and halves of characters, which PostgreSQL does not take."""
    if isinstance(value, dict):
        return {_clean(name): _clean(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return UNFIT.sub("", value) if isinstance(value, str) else value


def _named(whom: Any) -> str:
    """What the trail calls a person or a thing: what it wants to be called there, else what pages call it."""
    return str(getattr(whom, "on_record", whom))


def told_before() -> None:
    """What happens now goes on with an act that has its entry, as a page that saves itself every few seconds does."""
    if circumstances := _now.get():
        circumstances.told = True


def survived(circumstances: Circumstances) -> bool:
    """Whether anything recorded under these circumstances is still there, after whatever was rolled back."""
    return bool(circumstances.tokens) and TrailEntry.objects.filter(token__in=circumstances.tokens).exists()
