"""What only the cells of a ledger workbook say: states and shares. Each reader returns a value, or raises BadCell."""

from decimal import Decimal, InvalidOperation
from typing import Any

from submissions.exact import ONE, from_decimal
from submissions.states import State
from units.cells import LIST, BadCell, as_text, required
from units.text import key

STATES = {"有效": State.VALID, "退稿": State.REJECTED, "待审": State.SUBMITTED}


def state(cell: Any) -> State:
    """有效, 退稿 or 待审."""
    value = required(10)(cell)
    if value not in STATES:
        raise BadCell(f"“{value}”应当是有效、退稿或待审")
    return STATES[value]


def shares(cell: Any) -> tuple[tuple[str, int], ...]:
    """One unit, or several with shares that add to 1 (``甲:0.6、乙:0.4``): names and whole millionths, in order."""
    value = key(as_text(cell))
    if not value:
        raise BadCell("没有填")
    if ":" not in value:  # one unit, whose name may hold a 、
        return ((value, ONE),)
    found = []
    for part in filter(None, map(str.strip, LIST.split(value))):
        name, colon, share = part.rpartition(":")
        if not colon:
            raise BadCell(f"“{part}”后面没有份额，应当像 甲:0.6、乙:0.4")
        try:
            millionths = from_decimal(Decimal(share.strip()))
        except (ValueError, InvalidOperation) as error:
            raise BadCell(f"“{name.strip()}”的份额“{share.strip()}”不是数字，或小数超过六位") from error
        if millionths <= 0:
            raise BadCell(f"“{name.strip()}”的份额“{share.strip()}”应当大于 0")
        found.append((name.strip(), millionths))
    if len({name for name, _ in found}) < len(found):
        raise BadCell("同一个单位写了两次")
    if (total := sum(share for _, share in found)) != ONE:
        raise BadCell(f"份额合计是 {Decimal(total).scaleb(-6).normalize():f}，应当是 1")
    return tuple(found)
