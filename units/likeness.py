"""Which units of an office a new name may be about: so that nobody is taken in twice."""

from typing import NamedTuple

from units.models import Alias, Office, RosterLine
from units.text import key

ALIKE = 0.5  # share of pairs of characters that two names have in common, from which on they are shown as alike
SHOWN = 5


class Alike(NamedTuple):
    """A unit of the office, the name it bears there, and why it is shown. ``current`` where it reports now; ``sure``
    where a name or the code is the very same."""

    unit: int
    name: str
    why: str
    current: bool
    sure: bool


def alike(office: Office, names: list[str], code: str) -> list[Alike]:
    """The units of an office's roster, past and present, that one of the names or the code may mean: at most five,
    the surest first. Two queries, however long the roster is."""
    wanted = [key(name) for name in names if name]
    found: dict[int, tuple[float, Alike]] = {}
    lines = RosterLine.objects.filter(office=office).order_by("since", "id")
    rows = [(*row, "名称") for row in lines.values_list("unit", "name", "until", "unit__code")]
    standing = {row[0]: (row[1], row[2] is None) for row in rows}  # as it is called now, or was at last
    rows += [
        (unit, name, None, None, "别名")
        for unit, name in Alias.objects.filter(office=office).values_list("unit", "name")
    ]
    for unit, name, _, own_code, kind in rows:
        if unit not in standing:
            continue
        sure, why = _likeness(wanted, key(name), kind)
        if code and own_code == code:
            sure, why = 2.0, "统一代码相同"
        if sure >= ALIKE and sure > found.get(unit, (0.0, None))[0]:
            found[unit] = (sure, Alike(unit, standing[unit][0], why, standing[unit][1], sure > 1))
    best = sorted(found.values(), key=lambda one: (-one[0], one[1].unit))
    return [one for _, one in best[:SHOWN]]


def _likeness(wanted: list[str], name: str, kind: str) -> tuple[float, str]:
    """How sure it is that one of the wanted names is this one, from 0 to 1.5, and why."""
    if name in wanted:
        return 1.5, f"{kind}相同"
    return max(
        (_common(one, name) for one in wanted), default=0.0
    ), f"{kind}相近" if kind == "名称" else f"别名“{name}”相近"


def _common(one: str, other: str) -> float:
    """The share of their pairs of characters that two names have in common (Dice)."""
    pairs, others = _pairs(one), _pairs(other)
    return 2 * len(pairs & others) / (len(pairs) + len(others)) if pairs and others else 0.0


def _pairs(name: str) -> set[str]:
    return {name[i : i + 2] for i in range(len(name) - 1)}
