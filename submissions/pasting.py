"""Recording the adoptions of a pasted list, all at once or none; a second time it changes nothing."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from submissions import joint
from submissions.adoptions import Use, take_up
from submissions.entering import Entry, enter
from submissions.models import AdoptionCredit, Channel, Item
from submissions.moves import move
from submissions.pasted import plain
from submissions.signals import facts_changed
from submissions.states import RECORD
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused, TooLate


@dataclass(slots=True)
class Row:
    """A line as the editor left it: its units as typed, and the item it is; without one it is recorded anew (补录)."""

    number: int
    title: str
    day: datetime.date
    units: str = ""
    item: int | None = None
    link: str = ""


class Unrecorded(Exception):
    """What is wrong with the lines of a list: number and sentence of each. Nothing was recorded."""

    def __init__(self, wrong: list[tuple[int, str]]) -> None:
        super().__init__("；".join(f"第 {number} 行：{sentence}" for number, sentence in wrong))
        self.wrong = dict(wrong)


@dataclass(slots=True)
class Recorded:
    """What became of a list: how many adoptions, how many of them of items recorded anew, how many were there."""

    adopted: int = 0
    entered: int = 0
    known: int = 0


@transaction.atomic
def record_list(office: Office, channel: Channel, rows: Sequence[Row], form: str, by: Account) -> Recorded:
    """Record that the channel printed these. What it has printed needs no leave to be public; on our own pages it
    appears only after its review. Raises Unrecorded, and then has recorded nothing."""
    office = Office.objects.held(office.pk)
    told, wrong, touched = Recorded(), [], []
    printed = _Printed(channel)
    for row in rows:
        try:
            if row.day > timezone.localdate():
                raise Refused(f"日期是 {row.day}，还没有到；请改清单里的日期。")
            if printed.has(row):
                told.known += 1
                continue
            item = _item_of(office, row, channel, by, told)
            use = Use(channel, form=form, title="" if row.title == item.title else row.title, link=row.link)
            take_up(item, use, row.day, by, printed=True)
        except (Refused, TooLate) as error:
            wrong.append((row.number, str(error)))
        else:
            told.adopted += 1
            touched.append(item.pk)
            printed.add(row, item)
    if wrong:
        raise Unrecorded(wrong)
    if touched:
        after = {"adopted": told.adopted, "entered": told.entered, "known": told.known}
        record("粘贴采用清单", by=by, office=office.code, on=channel, after=after)
        facts_changed.send(Item, item_ids=touched)
    return told


class _Printed:
    """What a channel has on record, a day at a time: which titles, of which items and units."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.days: dict[datetime.date, dict[str, dict[int, set[int]]]] = {}

    def has(self, row: Row) -> bool:
        """Whether this title of this day is on record: of the item that was chosen, or of the units that were named."""
        items = self._on(row.day).get(plain(row.title), {})
        if row.item is not None or not items:
            return row.item in items
        units = {unit for unit, _ in joint.equally(self.channel.office, row.day, row.units)}
        return units in items.values()

    def add(self, row: Row, item: Item) -> None:
        units = set(item.shares.values_list("unit", flat=True))
        self._on(row.day).setdefault(plain(row.title), {})[item.pk] = units

    def _on(self, day: datetime.date) -> dict[str, dict[int, set[int]]]:
        if day not in self.days:
            found = self.days[day] = {}
            printed = AdoptionCredit.objects.filter(
                adoption__channel=self.channel, adoption__adopted_on=day, adoption__revoked_at=None
            )
            rows = printed.values_list("adoption__title", "item__title", "item", "unit")
            for title, own, item, unit in rows:
                found.setdefault(plain(title or own), {}).setdefault(item, set()).add(unit)
        return self.days[day]


def _item_of(office: Office, row: Row, channel: Channel, by: Account, told: Recorded) -> Item:
    """The item that the editor chose, or a new one of the units that they named."""
    if row.item is not None:
        items = Item.objects.visible_to(by, office).select_related("office", "unit")
        item = items.filter(pk=row.item).first()
        if item is None:
            raise Refused("没有这条信息。")
        theirs = {share.unit_id: str(share.unit) for share in item.shares.select_related("unit")}
        named = {unit for unit, _ in joint.equally(office, row.day, row.units)} if row.units else set()
        if not named <= set(theirs):
            raise Refused(f"写的是{row.units}，选的这条是{'、'.join(theirs.values())}报的；请改单位，或者另选一条。")
        return item
    why = f"{channel}在{row.day:%Y-%m-%d}采用，没有单位报送过"
    item = enter(office, Entry(row.title, joint.equally(office, row.day, row.units), row.day, why), by, RECORD)
    move(item, "accept", by)
    told.entered += 1
    return item
