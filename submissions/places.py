"""Places in a title: the provinces, cities and counties of the area data, and what they are called for short.

The data are made at set-up (``build/data/areas.json``, see the Makefile): names by six-digit code. Its first two digits
are the province, its first four the city.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

# What a name loses when it is said for short: 太原市 → 太原, 恩施土家族苗族自治州 → 恩施. Two characters stay at least.
_SHORT = re.compile(r"(.{2,}?)(?:.{1,3}族)*(?:特别行政区|自治[区州县旗]|地区|新区|[省市县区旗盟])")
# 屯留县 became 屯留区: another of these after a short name is the same place under another rank.
_RANKS = "市县区"
# Words that begin with a rank: 太原市场, 临县域, 小店区域.
_NOT_A_RANK = {"市": "场值", "县": "域级", "区": "域间块位"}


@dataclass(frozen=True)
class Place:
    """A place that a text names: its codes (several where the name cannot tell which), up to where it goes.

    ``full`` is with its rank (孝义市, 屯留县), ``exact`` with today's. ``led`` is after the city it lies in.
    """

    codes: tuple[str, ...]
    end: int
    full: bool
    exact: bool
    led: bool = False


def city_of(code: str) -> str:
    return code[:4] + "00"


def is_county(code: str) -> bool:
    return not code.endswith("00")


@lru_cache(maxsize=4)
def read_areas(path: Path) -> dict[str, str]:
    """Names by code; none where the set-up has not made the file (``portal.checks`` tells)."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def short_name(name: str) -> str:
    match = _SHORT.fullmatch(name)
    return match[1] if match else name


def home_of(areas: dict[str, str], office: str, roster: Iterable[str]) -> str:
    """The two digits of the province in which an office works, empty where nothing tells.

    It is the one whose name, or whose city's or county's, the office's name begins with; else the one of most
    names on the roster.
    """
    first: dict[str, str] = {}
    for code in sorted(areas, key=is_county):  # a city's name goes before a county's
        first.setdefault(areas[code], code[:2])
    for code in sorted(areas, key=lambda code: (is_county(code), not code.endswith("0000"))):
        if not is_county(code):
            first.setdefault(short_name(areas[code]), code[:2])

    def home(name: str) -> str:
        return next((first[name[:length]] for length in range(12, 1, -1) if name[:length] in first), "")

    if found := home(office):
        return found
    counted = Counter(filter(None, map(home, roster)))
    return counted.most_common(1)[0][0] if counted else ""


class Places:
    """The cities and counties of one province, by every name that may stand in a title."""

    def __init__(self, areas: dict[str, str], home: str) -> None:
        self.areas = areas
        self.home = home
        self.names = {code: name for code, name in areas.items() if home and code[:2] == home}
        self._known: dict[str, list[str]] = defaultdict(list)
        self._full: set[str] = set()
        for code, name in self.names.items():
            if not code.endswith("0000"):
                self._full.add(name)
                for way in {name, short_name(name)}:
                    self._known[way].append(code)
        self._longest = max(map(len, self._known), default=0)

    @cached_property
    def province(self) -> tuple[str, ...]:
        """What the province is called, the longer first."""
        return self.said(f"{self.home}0000") if self.names else ()

    @cached_property
    def elsewhere(self) -> tuple[str, ...]:
        """What other provinces and their cities are called; of counties the short names are too common."""
        codes = (code for code in self.areas if code[:2] != self.home and not is_county(code))
        return tuple({way for code in codes for way in self.said(code)} - set(self._known))

    @cached_property
    def _times(self) -> Counter[str]:
        return Counter(name for code, name in self.areas.items() if not code.endswith("0000"))

    def said(self, code: str) -> tuple[str, ...]:
        """A place's own names, the longer first."""
        name = self.areas[code]
        short = short_name(name)
        if code.endswith("0000") and len(short) > 3:
            short = short[:2]  # 新疆维吾尔自治区
        return (name,) if short == name else (name, short)

    def only_one(self, code: str) -> bool:
        """Whether no other place of the country bears this full name."""
        return self._times[self.areas[code]] == 1

    def at(self, text: str, start: int, within: str = "") -> Place | None:
        """The place named here, the longest; a county after its city (阳泉郊区, 吕梁孝义) is the county.

        城区 and 郊区 are words as well as names, so what is no longer than that counts after its city alone.
        """
        for length in range(min(self._longest, len(text) - start), 1, -1):
            name, end = text[start : start + length], start + length
            codes = [code for code in self._known.get(name, ()) if not within or city_of(code) == within]
            if not codes or (not within and length == 2 and name.endswith("区")):
                continue
            if within:
                codes = [code for code in codes if is_county(code)] or codes
            elif cities := [code for code in codes if not is_county(code)]:
                codes = cities  # 承德 is the city before the county of the same name
            exact = full = name in self._full and not self._breaks(text, end)
            if name in self._full and not full:
                continue
            if not full and (rank := text[end : end + 1]) and rank in _RANKS and not self._breaks(text, end + 1):
                full, end = True, end + 1
            if len(codes) == 1 and not within and not is_county(codes[0]):
                inner = self.at(text, end, within=codes[0])
                if inner and is_county(inner.codes[0]):
                    return Place(inner.codes, inner.end, inner.full, inner.exact, led=True)
            return Place(tuple(codes), end, full, exact)
        return None

    @staticmethod
    def _breaks(text: str, end: int) -> bool:
        return text[end : end + 1] in tuple(_NOT_A_RANK.get(text[end - 1], ""))
