"""Keeping the roster (名册): renamed, regrouped, exempted, reordered, left, merged, each from a day on.

A line that has ended never changes, so a past period prints as it was: a change ends the open line the day before
and begins another. Nothing that a unit earned is moved.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from trail.records import record
from units.models import Account, Alias, Office, RosterGroup, RosterLine, Unit
from units.permissions import may_keep_roster
from units.verdicts import Refused, TooLate

DAY = datetime.timedelta(days=1)
EARLIEST = datetime.date(2000, 1, 1)


@dataclass(frozen=True)
class Place:
    """How a unit stands on a roster. ``group`` may be the name of one that is not there yet."""

    name: str
    group: str
    order: int
    ranked: bool


def join(office: Office, unit: Unit, place: Place, since: datetime.date) -> RosterLine:
    """Put a unit on the roster, last in its group; ask while the office is held. Raises Refused."""
    _refuse_odd(since)
    if RosterLine.objects.current().filter(office=office, unit=unit).exists():
        raise Refused(f"{unit}已经在名册上。")
    _refuse_taken(office, unit.pk, place.name)
    before = RosterLine.objects.filter(office=office, unit=unit).aggregate(last=Max("until"))["last"]
    if before and before >= since:
        raise Refused(f"{unit}在名册上到{before}为止，请从{before + DAY}以后的日子起。")
    group = _group(office, place.group)
    last = RosterLine.objects.current().filter(office=office, group=group).aggregate(last=Max("order"))["last"] or 0
    return RosterLine.objects.create(
        office=office, unit=unit, group=group, name=place.name, order=last + 1, ranked=place.ranked, since=since
    )


@transaction.atomic
def change(line: RosterLine, place: Place, since: datetime.date, by: Account) -> RosterLine:
    """Let a unit stand otherwise from a day on; its old name stays an alias. Raises Refused or TooLate."""
    office, line = _held(line, since, by)
    before = place_of(line)
    if place == before:
        raise Refused("和现在一样，没有要改的。")
    if place.name != line.name:
        _refuse_taken(office, line.unit_id, place.name)
    group = _group(office, place.group)
    changed = _begin(line, since, name=place.name, group=group, order=place.order, ranked=place.ranked)
    if place.name != before.name:
        Alias.objects.filter(office=office, unit=line.unit_id, name=place.name).delete()
        _also(office, line.unit_id, before.name)
        # What the unit is called outside rosters follows, unless another office has a say in it.
        if not RosterLine.objects.filter(unit=line.unit_id).exclude(office=office).exists():
            Unit.objects.filter(pk=line.unit_id).update(name=place.name)
    record("改名册", by=by, office=office.code, on=line.unit, before=_told(before), after=_told(place, since))
    return changed


@transaction.atomic
def leave(line: RosterLine, last_day: datetime.date, by: Account) -> None:
    """End a unit's line with a day. Its items and points stay; what comes late is still printed. Raises Refused."""
    office, line = _held(line, last_day, by)
    RosterLine.objects.filter(pk=line.pk).update(until=last_day)
    record(
        "退出名册", by=by, office=office.code, on=line.unit, after={"name": line.name, "until": last_day.isoformat()}
    )


@transaction.atomic
def merge(line: RosterLine, into: Unit, on: datetime.date, by: Account) -> None:
    """Let a unit merge into another of the roster: its line ends the day before, its names find the successor.

    What it earned stays its own. Raises Refused or TooLate.
    """
    office, line = _held(line, on, by)
    if into.pk == line.unit_id:
        raise Refused("一个单位不能并入它自己。")
    if not RosterLine.objects.current().filter(office=office, unit=into, since__lte=on).exists():
        raise Refused(f"{into}那一天不在名册上，不能并入它。")
    if line.since >= on:
        raise Refused(f"{line.name}从{line.since}起才在名册上，请填以后的日子。")
    if RosterLine.objects.current().filter(unit=line.unit_id).exclude(office=office).exists():
        raise Refused(f"{line.name}也向别的收稿单位报送，不能在这里并入；只是不再向这里报送的，请办退出。")
    RosterLine.objects.filter(pk=line.pk).update(until=on - DAY)
    Unit.objects.filter(pk=line.unit_id).update(successor=into, merged_on=on)
    Alias.objects.filter(office=office, unit=line.unit_id).update(unit=into)
    _also(office, into.pk, line.name)
    after = {"name": line.name, "into": into.name, "on": on.isoformat()}
    record("并入", by=by, office=office.code, on=line.unit, after=after)


@transaction.atomic
def restore(line: RosterLine, by: Account) -> None:
    """Take back that a unit left or merged: its last line goes on as if nothing had been. Raises Refused.

    Its name is its own again; other names of it that a merge passed on stay with the successor.
    """
    office = _office(line.office_id, by)
    now = RosterLine.objects.select_related("unit").get(pk=line.pk)
    later = RosterLine.objects.filter(office=office, unit=now.unit_id).filter(Q(until=None) | Q(since__gt=now.since))
    if now.until is None or later.exists():
        raise Refused(f"{now.name}的这一行不是最后一行，或者没有结束，没有要恢复的。")
    Alias.objects.filter(office=office, name=now.name, unit=now.unit.successor_id or now.unit_id).delete()
    _refuse_taken(office, now.unit_id, now.name)
    RosterLine.objects.filter(pk=now.pk).update(until=None)
    Unit.objects.filter(pk=now.unit_id).update(successor=None, merged_on=None)
    record("恢复名册", by=by, office=office.code, on=now.unit, before={"until": now.until.isoformat()})


@transaction.atomic
def reorder(group: RosterGroup, lines: Sequence[int], since: datetime.date, by: Account) -> int:
    """Let the lines of a group stand in this order from a day on; how many moved. Raises Refused or TooLate."""
    office = _office(group.office_id, by)
    _refuse_odd(since)
    standing = {line.pk: line for line in RosterLine.objects.current().filter(office=office, group=group)}
    if set(standing) != set(lines):
        raise TooLate("这一类的单位刚刚变过，次序没有存。请看现在的名册再排。")
    moved = [standing[pk] for order, pk in enumerate(lines, start=1) if standing[pk].order != order]
    if not moved:
        raise Refused("次序和现在一样，没有要改的。")
    places = {pk: order for order, pk in enumerate(lines, start=1)}
    ended = [line for line in moved if line.since < since]
    corrected = [line for line in moved if line.since >= since]
    for line in moved:
        line.order = places[line.pk]
    RosterLine.objects.filter(pk__in=[line.pk for line in ended]).update(until=since - DAY)
    RosterLine.objects.bulk_update(corrected, ["order"], batch_size=200)
    for line in ended:
        line.pk, line.since, line._state.adding = None, since, True
    RosterLine.objects.bulk_create(ended, batch_size=2_000)
    after = {"moved": len(moved), "since": since.isoformat()}
    record("排名册次序", by=by, office=office.code, on=group, after=after)
    return len(moved)


@transaction.atomic
def name_also(line: RosterLine, code: str, names: Sequence[str], by: Account) -> None:
    """Let a unit of the roster have this code, empty for none, and just these aliases. Raises Refused."""
    office = _office(line.office_id, by)
    unit = Unit.objects.select_for_update().get(pk=line.unit_id)
    before = {"code": unit.code or "", "aliases": sorted(_aliases(office, unit.pk))}
    if code != before["code"]:
        if RosterLine.objects.current().filter(unit=unit).exclude(office=office).exists():
            raise Refused(f"{unit}也向别的收稿单位报送，统一代码不能在这里改。")
        if code and Unit.objects.filter(code=code).exclude(pk=unit.pk).exists():
            raise Refused(f"统一代码“{code}”已是另一个单位的。")
        Unit.objects.filter(pk=unit.pk).update(code=code or None)
    for name in names:
        _refuse_taken(office, unit.pk, name)
    Alias.objects.filter(office=office, unit=unit).exclude(name__in=names).delete()
    for name in set(names) - _aliases(office, unit.pk) - {line.name}:
        Alias.objects.create(office=office, unit=unit, name=name)
    after = {"code": code, "aliases": sorted(_aliases(office, unit.pk))}
    if after == before:
        raise Refused("和现在一样，没有要改的。")
    record("改别名和代码", by=by, office=office.code, on=unit, before=before, after=after)


def _aliases(office: Office, unit: int) -> set[str]:
    return set(Alias.objects.filter(office=office, unit=unit).values_list("name", flat=True))


def place_of(line: RosterLine) -> Place:
    return Place(line.name, line.group.name, line.order, line.ranked)


def _office(pk: int, by: Account) -> Office:
    office = Office.objects.held(pk)
    if not (verdict := may_keep_roster(by, office)):
        raise Refused(verdict.reason)
    return office


def _refuse_odd(day: datetime.date) -> None:
    if day > timezone.localdate():
        raise Refused(f"{day}还没有到。名册从今天或以前的一天改起，到时候再来改。")
    if day < EARLIEST:
        raise Refused(f"{day}太早了，请看年份有没有写错。")


def _held(line: RosterLine, day: datetime.date, by: Account) -> tuple[Office, RosterLine]:
    """The office, held, and the line as it stands; it must be open, and have begun by that day."""
    office = _office(line.office_id, by)
    _refuse_odd(day)
    now = RosterLine.objects.select_related("unit", "group").get(pk=line.pk)
    if now.until is not None:
        raise TooLate(f"{now.name}这一行名册已经结束，没有再改。请看现在的名册。")
    if day < now.since:
        raise Refused(f"{now.name}这一行从{now.since}起，不能从更早的日子改。以前的名册不再变动。")
    return office, now


def _begin(line: RosterLine, since: datetime.date, **changes: object) -> RosterLine:
    """End a line and begin another; one that begins that very day is changed in place."""
    if line.since < since:
        RosterLine.objects.filter(pk=line.pk).update(until=since - DAY)
        line.pk, line.since, line._state.adding = None, since, True
    for name, value in changes.items():
        setattr(line, name, value)
    line.save()
    return line


def _refuse_taken(office: Office, unit: int, name: str) -> None:
    others = RosterLine.objects.current().filter(office=office, name=name).exclude(unit=unit)
    if others.exists() or Alias.objects.filter(office=office, name=name).exclude(unit=unit).exists():
        raise Refused(f"“{name}”已经是另一个单位的名称或别名，请换一个。")


def _also(office: Office, unit: int, name: str) -> None:
    """Keep a name that is no longer printed, for pasted titles and imports."""
    if not RosterLine.objects.current().filter(office=office, name=name).exists():
        Alias.objects.get_or_create(office=office, name=name, defaults={"unit_id": unit})


def _group(office: Office, name: str) -> RosterGroup:
    last = office.roster_groups.order_by("-order").values_list("order", flat=True).first() or 0
    return RosterGroup.objects.get_or_create(office=office, name=name, defaults={"order": last + 1})[0]


def _told(place: Place, since: datetime.date | None = None) -> dict[str, object]:
    told = {"name": place.name, "group": place.group, "order": place.order, "ranked": place.ranked}
    return {**told, **({"since": since.isoformat()} if since else {})}
