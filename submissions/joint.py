"""Joint items (联合报送): the units as they are typed, by name, and what each gets of the item."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from submissions.exact import ONE, apportion, from_decimal, plain
from units.models import Alias, Office, RosterLine, Unit
from units.text import key, spellings
from units.verdicts import Refused

MOST = 10  # units of an item
Typed = list[list[str]]  # name and share of each unit, the lead first


def shares(office: Office, lead: Unit, typed: Typed) -> list[tuple[int, int]]:
    """Ids of units with whole millionths that add to 1, in the order typed. Nothing typed is the lead alone.

    Where no share is typed they are equal, split by largest remainder in the roster's order (DESIGN section 5).
    Raises Refused with a sentence on what is wrong.
    """
    if len(typed) < 2:
        return [(lead.pk, ONE)]
    if len(typed) > MOST:
        raise Refused(f"联合报送的最多 {MOST} 个单位。")
    units = [lead.pk, *_units(office, [name for name, _ in typed[1:]])]
    if len(set(units)) < len(units):
        raise Refused("同一个单位写了两次，请移除一行。")
    texts = [share.strip() for _, share in typed]
    if not any(texts):
        return _equal(office, units)
    amounts = [_share(name, text) for (name, _), text in zip(typed, texts, strict=True)]
    if (total := sum(amounts)) != ONE:
        raise Refused(f"份额合计是 {plain(total)}，应当是 1。请改其中一个，或者都空着平均分。")
    return list(zip(units, amounts, strict=True))


def unit_named(office: Office, name: str) -> int | None:
    """The unit that stands now on the office's roster under this name, or has it as an alias."""
    ways = spellings(key(name))
    lines = RosterLine.objects.current().filter(office=office)
    found = lines.filter(name__in=ways).values_list("unit", flat=True).first()
    if found is None:
        aliases = Alias.objects.filter(office=office, name__in=ways, unit__in=lines.values("unit"))
        found = aliases.values_list("unit", flat=True).first()
    return found


def names_like(office: Office, words: str, most: int = 12) -> list[str]:
    """Names on the roster that hold these words, in its order."""
    lines = RosterLine.objects.current().filter(office=office, name__contains=key(words))
    return list(lines.in_printed_order().values_list("name", flat=True)[:most]) if words else []


def _units(office: Office, names: Sequence[str]) -> list[int]:
    units = []
    for name in names:
        unit = unit_named(office, name)
        if unit is None:
            raise Refused(f"名册上没有“{name}”，请照名册写全称。")
        units.append(unit)
    return units


def _share(name: str, text: str) -> int:
    try:
        share = from_decimal(Decimal(text))
    except (InvalidOperation, ValueError) as error:
        told = f"“{name}”的份额“{text}”应当是 0.6 这样的数，最多六位小数。" if text else f"请填“{name}”的份额。"
        raise Refused(told) from error
    if not 0 < share <= ONE:
        raise Refused(f"“{name}”的份额应当大于 0，不超过 1。")
    return share


def _equal(office: Office, units: list[int]) -> list[tuple[int, int]]:
    lines = RosterLine.objects.current().filter(office=office, unit__in=units).in_printed_order()
    in_order = list(lines.values_list("unit", flat=True))
    parts = dict(zip(in_order, apportion(ONE, [1] * len(in_order)), strict=True))
    return [(unit, parts[unit]) for unit in units]
