"""Urgent items (紧急信息): the clock by which an office decides them, and what an editor's screen is told of them."""

import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from submissions.filters import counted
from submissions.models import Item
from submissions.models.items import ItemQuerySet
from units.models import Office

MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)
YES = (True,)  # as a value: of a bare condition SQLite makes no use of the queue's index beyond its state
TOLD = 50  # items of one answer, which is a page of the queue


class Clock(NamedTuple):
    """How long an urgent item has waited, in whole minutes, and by how much it is beyond the office's, below 0 while
    it is not."""

    waited: int
    beyond: int

    @property
    def late(self) -> bool:
        return self.beyond >= 0

    def __str__(self) -> str:
        rest = f"超 {spoken(self.beyond)}" if self.late else f"还剩 {spoken(-self.beyond)}"
        return f"已等 {spoken(self.waited)}，{rest}"


def clock_of(since: datetime.datetime, within: int, now: datetime.datetime) -> Clock:
    """The clock of what waits since a moment and is to be decided within so many minutes."""
    waited = max(now - since, datetime.timedelta()) // MINUTE
    return Clock(waited, waited - within)


def spoken(minutes: int) -> str:
    """45 分, 2 时 5 分, 3 天 4 时: as exactly as matters."""
    if minutes < 60:
        return f"{minutes} 分"
    hours, rest = divmod(minutes, 60)
    return f"{hours} 时 {rest} 分" if hours < 24 else f"{hours // 24} 天 {hours % 24} 时"


def waiting(office: Office) -> ItemQuerySet:
    """The urgent items of an office that nobody has decided, the longest waiting first."""
    return Item.objects.filter(office=office, urgent__in=YES).awaiting_decision()


def as_told(office: Office) -> dict[str, Any]:
    """What an editor's page asks every half minute: how many wait, and of a page of them what to say. ``key`` is
    another one when an item comes in again."""
    items = waiting(office)
    newest = items.select_related("unit").order_by("-waits_since", "-id")[:TOLD]
    told = [{"key": f"{item.pk}-{item.waits_since.timestamp():.0f}", "said": in_words(item)} for item in newest]
    return {"number": counted(items)[0] if told else "0", "items": told}


def in_words(item: Item) -> str:
    """甲市教育局报来紧急信息《…》, or what it follows up."""
    return f"{item.unit}报来{item.report or '紧急信息'}《{item.title}》"


def just_late(now: datetime.datetime | None = None) -> list[tuple[Item, Clock]]:
    """The urgent items that went beyond their office's minutes within a day: of what waits longer the daily notice
    tells. One query, by the queue's index office by office."""
    now = now or timezone.now()
    items = Item.objects.filter(office__in=Office.objects.values("pk"), urgent__in=YES).awaiting_decision()
    items = items.filter(waits_since__range=(now - 2 * DAY, now - MINUTE)).select_related("office", "unit")
    clocks = ((item, clock_of(item.waits_since, item.office.urgent_within, now)) for item in items)
    return [(item, clock) for item, clock in clocks if clock.late and clock.beyond * MINUTE < DAY]
