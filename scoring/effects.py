"""What an act would do to the scores, before it is done."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction

from scoring.models import ScoreEntry
from submissions.fields import whole
from submissions.models import Item, Period
from submissions.states import State


class Effect(NamedTuple):
    """A line of the ledger that would come or go: whom it concerns, by which rule, for which channel, in which period,
    and points in whole millionths. ``period`` is empty where its day lies in none, and no standing shows it; ``item``
    is number and title of the source, where the act is on a merged piece."""

    item: str
    unit: str
    rule: str
    channel: str
    period: str
    points: int


def effects_of(act: Callable[[], object], item: Item) -> list[Effect]:
    """Do the act, see what became of the item's entries, and take it back. Raises what the act raises."""
    with transaction.atomic():
        counted = item.counted
        before = _lines(counted)
        act()
        after = _lines(counted)
        transaction.set_rollback(True)
    periods = list(Period.objects.filter(office=item.office_id).order_by("starts_on", "-ends_on"))
    changed = [(line, 1) for line in (after - before).elements()] + [(line, -1) for line in (before - after).elements()]
    return [
        Effect(
            f"{number}　{title}" if item.state == State.MERGED else "",
            unit,
            rule,
            channel or "",
            next((str(period) for period in reversed(periods) if period.starts_on <= day <= period.ends_on), ""),
            sign * points,
        )
        for (pk, number, title, unit, rule, channel, day, points), sign in sorted(
            changed, key=lambda change: (change[0][6], counted.index(change[0][0]))
        )
    ]


def _lines(items: list[int]) -> Counter[tuple]:
    told = ("item", "item__number", "item__title", "unit__name", "rule__label", "adoption__channel__name", "posted_on")
    return Counter(ScoreEntry.objects.filter(item__in=items).order_by("id").values_list(*told, whole("points")))
