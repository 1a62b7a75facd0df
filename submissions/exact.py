"""Exact arithmetic: counts, shares and points are whole millionths, so that sums are right to the last digit.

Pure functions without Django; ``fields.py`` puts them into the database.
"""

from collections.abc import Sequence
from decimal import Decimal

ONE = 1_000_000
LARGEST = 2**63 - 1


def from_decimal(value: Decimal | int | str) -> int:
    """Whole millionths of an exact number. Raises ValueError where it has more than six decimals or is none."""
    if isinstance(value, float):
        raise ValueError("floats are not exact; give a Decimal, a whole number or text")
    try:
        number = Decimal(value)
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or abs(number) > LARGEST:
            raise ValueError(f"{value!r} is not a number, or too large")
        if exponent < -6 and number != number.quantize(Decimal("0.000001")):
            raise ValueError(f"{value!r} has more than six decimals")
    except ArithmeticError as error:
        raise ValueError(f"{value!r} is not a number") from error
    whole = int(number.scaleb(6))
    if abs(whole) > LARGEST:
        raise ValueError(f"{value!r} is too large")
    return whole


def to_decimal(millionths: int) -> Decimal:
    """The exact number that so many millionths are."""
    return Decimal(millionths).scaleb(-6)


def plain(millionths: int) -> str:
    """A decimal without trailing zeros: 4000000 is ``4``, -500000 is ``-0.5``."""
    whole, rest = divmod(abs(millionths), ONE)
    sign = "-" if millionths < 0 else ""
    return f"{sign}{whole}.{rest:06d}".rstrip("0") if rest else f"{sign}{whole}"


def apportion(amount: int, shares: Sequence[int]) -> list[int]:
    """Split a whole number by shares so that the parts add up to it again, to the last millionth.

    Largest remainder; of equal remainders the earlier share, in roster order, gets the unit.
    """
    whole = sum(shares)
    parts = [amount * share // whole for share in shares]
    left = amount - sum(parts)
    if left:
        by_remainder = sorted(range(len(shares)), key=lambda i: -(amount * shares[i] % whole))
        for i in by_remainder[:left]:
            parts[i] += 1
    return parts
