"""Which units of an office a new name may be about: so that nobody is taken in twice."""

from typing import NamedTuple

from units.models import UNIT_ROLES, Alias, Membership, Office, RosterLine
from units.text import key

ALIKE = 0.5  # share of pairs of characters that two names have in common, from which on they are shown as alike
SHOWN = 5


class Alike(NamedTuple):
    """A unit of the office, the name it bears there, and why it is shown. ``current`` where it reports now; ``sure``
    where a name or the code is the very same; ``people`` who write and sign for it now."""

    unit: int
    name: str
    why: str
    current: bool
    sure: bool
    people: str


def alike(office: Office, names: list[str], code: str) -> list[Alike]:
    """The units of an office's roster, past and present, that one of the names or the code may mean: at most five,
    the surest first. Three queries, however long the roster is."""
    wanted = [(key(name), _pairs(key(name))) for name in names if name]
    found: dict[int, tuple[float, str]] = {}
    lines = RosterLine.objects.filter(office=office, unit__successor=None).order_by("since", "id")
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
        if sure >= ALIKE and sure > found.get(unit, (0.0, ""))[0]:
            found[unit] = (sure, why)
    best = sorted(found, key=lambda unit: (-found[unit][0], unit))[:SHOWN]
    held = Membership.objects.filter(unit__in=best, role__in=UNIT_ROLES, account__is_active=True)
    people: dict[int, list[str]] = {unit: [] for unit in best}
    for row in held.select_related("account").order_by("role", "account__username"):
        people[row.unit_id].append(f"{row.account}（{row.get_role_display()}）")
    return [
        Alike(unit, standing[unit][0], found[unit][1], standing[unit][1], found[unit][0] > 1, "、".join(people[unit]))
        for unit in best
    ]


def _likeness(wanted: list[tuple[str, set[str]]], name: str, kind: str) -> tuple[float, str]:
    """How sure it is that one of the wanted names is this one, from 0 to 1.5, and why."""
    sure = 0.0
    for one, pairs in wanted:
        if one == name:
            return 1.5, f"{kind}相同"
        # Only names of like length can have half of their pairs in common (Dice).
        if pairs and len(one) <= 3 * len(name) and len(name) <= 3 * len(one):
            others = _pairs(name)
            sure = max(sure, 2 * len(pairs & others) / (len(pairs) + len(others)))
    return sure, "名称相近" if kind == "名称" else f"别名“{name}”相近"


def _pairs(name: str) -> set[str]:
    return {name[i : i + 2] for i in range(len(name) - 1)}
