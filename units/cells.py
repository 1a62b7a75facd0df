"""What a cell of a workbook says: each reader returns a value, or raises BadCell with a sentence."""

import datetime
import re
from collections.abc import Callable
from typing import Any

from units.text import key, one_line

_DAY = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})")
LIST = re.compile("[、,]")  # what stands between several of something


class BadCell(Exception):
    """What is wrong with a cell, as the end of a sentence that begins with the column's name."""


def as_text(cell: Any) -> str:
    """Numbers as people write them: a whole number comes from the file as 1.0."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return one_line(str(cell))


def required(most: int) -> Callable[[Any], str]:
    """A reader of text of one to ``most`` characters."""

    def read(cell: Any) -> str:
        value = as_text(cell)
        if not value:
            raise BadCell("没有填")
        if len(value) > most:
            raise BadCell(f"有 {len(value)} 个字，最多 {most} 个")
        return value

    return read


def optional(most: int) -> Callable[[Any], str]:
    """A reader of text that may be empty."""
    read_filled = required(most)
    return lambda cell: read_filled(cell) if as_text(cell) else ""


def whole_number(cell: Any) -> int:
    """A whole number, as a number cell or as text."""
    value = as_text(cell)
    if not re.fullmatch(r"\d{1,9}", value):
        raise BadCell(f"“{value}”不是整数" if value else "没有填")
    return int(value)


def yes_or_no(cell: Any) -> bool:
    """是 or 否, nothing else."""
    value = as_text(cell)
    if value not in ("是", "否"):
        raise BadCell(f"“{value}”应当是“是”或“否”" if value else "没有填，应当是“是”或“否”")
    return value == "是"


def yes_unless_no(cell: Any) -> bool:
    """是 or 否; empty is 是."""
    return yes_or_no(cell) if as_text(cell) else True


def day(cell: Any) -> datetime.date:
    """A date cell, or text like 2020-03-31 or 2020/3/31."""
    if isinstance(cell, datetime.datetime):
        return cell.date()
    if isinstance(cell, datetime.date):
        return cell
    value = as_text(cell)
    if not value:
        raise BadCell("没有填")
    if match := _DAY.fullmatch(value):
        try:
            return datetime.date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            pass
    raise BadCell(f"“{value}”不是日期，应当像 2020-03-31 或 2020/3/31")


def names(most: int) -> Callable[[Any], frozenset[str]]:
    """A reader of several names separated by 、 or a comma, of ``most`` characters each, in any order."""

    def read(cell: Any) -> frozenset[str]:
        found = frozenset(filter(None, map(str.strip, LIST.split(as_text(cell).replace("，", ",")))))
        for name in found:
            if len(name) > most:
                raise BadCell(f"里的“{name[:20]}…”有 {len(name)} 个字，最多 {most} 个")
        return found

    return read


def parts(cell: Any) -> tuple[str, ...]:
    """What stands between the 、 of a cell, by ``text.key``; a name may itself be made of several parts."""
    return tuple(filter(None, map(str.strip, key(as_text(cell)).split("、"))))
