"""Joint items (联合报送): the units as they are typed, by name, and what each gets of the item."""

import datetime
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from submissions.exact import ONE, apportion, from_decimal, plain
from submissions.models import Item, ItemShare
from units.models import Alias, Office, RosterLine
from units.models.rosters import RosterLineQuerySet
from units.text import key, spellings
from units.verdicts import Refused

MOST = 10  # units of an item
Typed = list[list[str]]  # name and share of each unit, the lead first


def shares(item: Item, typed: Typed) -> list[tuple[int, int]]:
    """Ids of units with whole millionths that add to 1, in the order typed. Nothing typed is the lead alone.

    Names are those of the roster on the day of the item's first receipt, or today's, and of the units that share it
    already. Where no share is typed they are equal, split by largest remainder in the roster's order (DESIGN,
    section 5). Raises Refused with a sentence on what is wrong.
    """
    if len(typed) < 2:
        return [(item.unit_id, ONE)]
    if len(typed) > MOST:
        raise Refused(f"联合报送的最多 {MOST} 个单位。")
    units = [item.unit_id, *_units(item, [name for name, _ in typed[1:]])]
    if len(set(units)) < len(units):
        raise Refused("同一个单位写了两次，请移除一行。")
    if not any(share.strip() for _, share in typed):
        return _equal(item, units)
    return list(zip(units, typed_shares(typed), strict=True))


def typed_shares(typed: Iterable[Sequence[str]]) -> list[int]:
    """Whole millionths that add to 1, of names and shares as typed; equal where none is. Raises Refused."""
    rows = [(name, share.strip()) for name, share in typed]
    if not any(share for _, share in rows):
        return apportion(ONE, [1] * len(rows)) if rows else []
    amounts = [_share(name, share) for name, share in rows]
    if (total := sum(amounts)) != ONE:
        raise Refused(f"份额合计是 {plain(total)}，应当是 1。请改其中一个，或者都空着平均分。")
    return amounts


def printed_names(item: Item, rows: Iterable[ItemShare]) -> dict[int, str]:
    """What each unit of an item is called on the roster, else by itself; as it is typed again."""
    own = {row.unit_id: row.unit.name for row in rows}
    return own | dict(_roster(item).filter(unit__in=own).values_list("unit", "name"))


def names_like(office: Office, words: str, most: int = 12) -> list[str]:
    """Names on the roster that hold these words, in its order."""
    lines = RosterLine.objects.current().filter(office=office, name__contains=key(words))
    return list(lines.in_printed_order().values_list("name", flat=True)[:most]) if words else []


def equally(office: Office, day: datetime.date, typed: str) -> list[tuple[int, int]]:
    """Units as they are typed in one line, apart by 、, with equal shares; names of the roster on that day, or aliases.

    Raises Refused with a sentence on what is wrong.
    """
    lines = RosterLine.objects.filter(office=office)
    on_that_day = lines.during(day, day) if lines.during(day, day).exists() else lines.current()
    return _equal_in(on_that_day, named(office, on_that_day, typed, MOST, "联合报送的"))


def named(office: Office, lines: RosterLineQuerySet, typed: str, most: int, what: str = "") -> list[int]:
    """Ids of the units that are typed in one line, apart by 、: names on these lines of the roster, or aliases.

    Raises Refused for none, more than ``most`` (of ``what``), one unknown, one twice.
    """
    names = [name for name in re.split("[、,，;；]", typed) if name.strip()]
    if not names:
        raise Refused("请写单位的全称，几个单位用顿号分开。")
    if len(names) > most:
        raise Refused(f"{what}最多 {most} 个单位。")
    units = _known(lines, office.pk, names, {})
    if len(set(units)) < len(units):
        raise Refused("同一个单位写了两次，请移除一个。")
    return units


def roster_names(office: Office, most: int = 400) -> list[str]:
    """Names on the roster in its order, for the browser to offer while somebody types one."""
    lines = RosterLine.objects.current().filter(office=office)
    return list(lines.in_printed_order().values_list("name", flat=True)[:most])


def _roster(item: Item) -> RosterLineQuerySet:
    lines = RosterLine.objects.filter(office=item.office_id)
    return lines.during(item.received_on, item.received_on) if item.received_on else lines.current()


def _units(item: Item, names: Sequence[str]) -> list[int]:
    rows = item.shares.select_related("unit")
    own = {key(name): unit for unit, name in printed_names(item, rows).items()}
    return _known(_roster(item), item.office_id, names, own)


def _known(lines: RosterLineQuerySet, office: int, names: Sequence[str], own: dict[str, int]) -> list[int]:
    """The units of these names, on these lines of the roster or among ``own``. Raises Refused for those unknown."""
    ways = {way for name in names for way in spellings(key(name))}
    aliases = Alias.objects.filter(office=office, name__in=ways, unit__in=lines.values("unit"))
    known = {key(name): unit for name, unit in aliases.values_list("name", "unit")}
    known |= {key(name): unit for name, unit in lines.filter(name__in=ways).values_list("name", "unit")}
    known |= own
    if unknown := [name for name in names if key(name) not in known]:
        if not all(unknown):
            raise Refused("请写联合单位的全称，或者移除这一行。")
        raise Refused(f"名册上没有{''.join(f'“{name}”' for name in unknown[:20])}，请照名册写全称。")
    return [known[key(name)] for name in names]


def _share(name: str, text: str) -> int:
    try:
        share = from_decimal(Decimal(text))
    except (InvalidOperation, ValueError) as error:
        told = f"“{name}”的份额“{text}”应当是 0.6 这样的数，最多六位小数。" if text else f"请填“{name}”的份额。"
        raise Refused(told) from error
    if not 0 < share <= ONE:
        raise Refused(f"“{name}”的份额应当大于 0，不超过 1。")
    return share


def _equal(item: Item, units: list[int]) -> list[tuple[int, int]]:
    return _equal_in(_roster(item), units)


def _equal_in(lines: RosterLineQuerySet, units: list[int]) -> list[tuple[int, int]]:
    """Equal shares. Units that are not on the roster come last, where the remainder is dealt out."""
    placed = list(lines.filter(unit__in=units).in_printed_order().values_list("unit", flat=True))
    in_order = list(dict.fromkeys([*placed, *units]))
    parts = dict(zip(in_order, apportion(ONE, [1] * len(in_order)), strict=True))
    return [(unit, parts[unit]) for unit in units]


def units_of(item: Item) -> set[int]:
    """Ids of the units whose item it is, the lead among them."""
    return {item.unit_id, *item.shares.values_list("unit", flat=True)}
