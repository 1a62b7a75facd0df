"""How alike two texts are. Pure: texts in, a likeness out; ``similar`` finds what is worth comparing.

Chinese stands without spaces, so a text is taken as its overlapping stretches of four characters, punctuation and
width left out. Every number below was tuned on real news of education offices (docs/decisions.md, 2026-11-27).
"""

import re
import unicodedata
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

STRETCH = 4  # characters: at 25 % of scattered edits a third survives, and of two texts on one theme a tenth agrees
LONGEST = 30_000  # characters that are looked at; a submitted text has at most 20,000
OF_A_TRACE = 5  # characters: the longer, the fewer texts have it by chance
ONE_IN = 20  # so many stretches of a text leave a trace,
LEAST, MOST = 32, 96  # these bounds apart
OF_TITLE = 8  # traces of the title, which is all that an item of the past has,
OF_FIGURES = 6  # and of the figures that say most: two who tell of one event in their own words share little else

COPIED = 0.5  # of the shorter text's characters stand in the other one: most of it is the same,
SURELY = 0.75  # and of so many whatever else is said
# So many of the shorter text's stretches, those that many items have left out, are in the other one: it tells of the
# same event by itself, or where figures so heavy agree, or figures and titles.
SHARED, SUPPORTED, HINTED = 0.25, 0.14, 0.07
RUNS, IN_ORDER = 8, 0.75  # or where so many runs of them come, so many of those one after another as in the other text
SOME_FIGURES, FIGURES = 1.5, 2  # a number of four digits; such a number and the day
MANY, MANY_OF = 6, 4  # a stretch is common where six of the items compared have it, and every fourth
TITLES = 0.6  # so alike are two titles of one event
SAME_TITLES = 0.8  # and so alike where one of the two items has nothing but a title
SHORT_TITLE = 8  # characters; shorter ones say too little

_FIGURE = re.compile(r"(\d+(?:\.\d+)?)([万亿]?)([^\W\d_]?)")
_DAY = re.compile(r"\d{1,2}月\d{1,2}日")
_SCALE = {"万": 10_000, "亿": 100_000_000}
_OF_TIME = "年月日时点分届级"  # what counts these says when, not how many


class Kind(StrEnum):
    """In which way two items are alike, the strongest first."""

    COPY = "全文相同"
    MOSTLY = "大部分相同"
    EVENT = "同一件事"
    TITLE = "题目相近"


@dataclass(frozen=True, slots=True)
class Likeness:
    """``percent``: how much of the shorter text stands in the other one; of titles, how alike they are."""

    kind: Kind
    percent: int

    @property
    def order(self) -> tuple[int, int]:
        """Sorts the most alike first."""
        return list(Kind).index(self.kind), -self.percent


@dataclass(frozen=True)
class Piece:
    """What is compared: a title, and a plain text that may be empty."""

    title: str
    text: str = ""

    @cached_property
    def head(self) -> str:
        return bare(self.title)

    @cached_property
    def words(self) -> str:
        return bare(self.text[: 2 * LONGEST])[:LONGEST]

    @cached_property
    def stretches(self) -> frozenset[str]:
        return stretches(self.words)

    @cached_property
    def figures(self) -> dict[str, float]:
        """Its days and numbers, each with how much it says that another text has it too.

        1.1万 and 11,000 are one number. The more digits, the less two agree by chance; years and small numbers
        say nothing.
        """
        text = unicodedata.normalize("NFKC", f"{self.title}\n{self.text[: 2 * LONGEST]}").replace(",", "")
        found = dict.fromkeys(_DAY.findall(text), 0.5)
        for number, scale, counted in _FIGURE.findall(_DAY.sub(" ", text)):
            value = f"{float(number[:15]) * _SCALE.get(scale, 1):.10g}"
            telling = len(value.replace(".", "").strip("0"))
            if len(value) > 1 and (not counted or counted not in _OF_TIME):
                found[value if telling > 3 or scale else value + counted] = min(telling, 4) / 2 - 0.5 * (telling > 1)
        return found


def bare(text: str) -> str:
    """The letters, digits and characters of a text as they are compared."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def stretches(words: str, length: int = STRETCH) -> frozenset[str]:
    """All stretches of so many characters; of a shorter text the text itself."""
    if len(words) < length:
        return frozenset([words] if words else [])
    return frozenset(words[i : i + length] for i in range(len(words) - length + 1))


def sketch(piece: Piece) -> list[int]:
    """The traces of a text by which others like it are found: whole numbers under 2**32, in order.

    Those of its stretches whose sums are least, as many as its length asks for, and a few of its title's.
    What is part of another text leaves the same ones there, as far as that one's number reaches.
    """
    of_text = _sums(stretches(piece.words, OF_A_TRACE))
    of_title = _sums(stretches(piece.head))
    figures = sorted(piece.figures, key=lambda figure: (-piece.figures[figure], figure))
    kept = of_text[: min(max(len(of_text) // ONE_IN, LEAST), MOST)], of_title[:OF_TITLE], _sums(figures[:OF_FIGURES])
    return sorted(set().union(*kept))


def _sums(stretches: Iterable[str]) -> list[int]:
    return sorted(zlib.crc32(stretch.encode("utf-8", "surrogatepass")) for stretch in stretches)


def compare(one: Piece, other: Piece, common: Set[str] = frozenset()) -> Likeness | None:
    """How alike two items are, or None. ``common`` are stretches that many items have, which say nothing."""
    if not one.words or not other.words:
        return _by_title(one, other)
    if one.words == other.words:
        return Likeness(Kind.COPY, 100)
    short, long = sorted((one, other), key=lambda piece: (len(piece.words), piece.words))
    both = short.stretches & long.stretches
    covered = _covered(short.words, both)
    telling = len(both - common) / max(len(short.stretches - common), 1)
    if covered >= SURELY or (covered >= COPIED and telling >= SHARED):
        return Likeness(Kind.MOSTLY, min(round(100 * covered), 99))
    figures = _agreeing(one, other)
    enough = (
        telling >= SHARED
        or (telling >= SUPPORTED and (figures >= SOME_FIGURES or _in_order(short.words, long.words, both - common)))
        or (telling >= HINTED and (figures >= FIGURES or (figures >= SOME_FIGURES and _titles(one, other) >= TITLES)))
    )
    return Likeness(Kind.EVENT, round(100 * covered)) if enough else None


def common(one: Piece, others: Sequence[Piece]) -> frozenset[str]:
    """The stretches that a text has in common with many of those compared with it: what official Chinese always says.

    Those that are all but the text itself do not count: what ten units copied is not therefore a phrase.
    """
    seen: Counter[str] = Counter()
    for other in others:
        both = one.stretches & other.stretches
        if len(both) < COPIED * min(len(one.stretches), len(other.stretches)):
            seen.update(both)
    many = max(MANY, len(others) / MANY_OF)
    return frozenset(stretch for stretch, items in seen.items() if items >= many)


class Mark(NamedTuple):
    """A part of a text, and whether the other one has it too."""

    shared: bool
    text: str


def marked(text: str, other: Piece, least: int = STRETCH) -> list[list[Mark]]:
    """The paragraphs of a text, each as the parts that the other one has too and those it has not.

    ``least`` is how many characters a shared part has. Punctuation goes with what stands before it.
    """
    owners = [(letter, at) for at, character in enumerate(text) for letter in bare(character)]
    words, both = "".join(letter for letter, _ in owners), other.stretches
    shared = bytearray(len(text))
    start = end = 0  # of the run that is being read
    for i in range(len(words) - STRETCH + 2):
        if i <= len(words) - STRETCH and words[i : i + STRETCH] in both:
            start, end = (i if i > end - STRETCH + 1 or end == 0 else start), i + STRETCH
        elif end:
            if end - start >= least:
                first, last = owners[start][1], owners[end - 1][1]
                shared[first : last + 1] = b"\1" * (last + 1 - first)
            end = 0
    for at, character in enumerate(text):
        if at and not character.isalnum():
            shared[at] = shared[at - 1]
    paragraphs, at = [], 0
    for line in text.split("\n"):
        parts = groupby(zip(line, shared[at : at + len(line)], strict=True), key=lambda pair: pair[1])
        if line.strip():
            paragraphs.append([Mark(bool(flag), "".join(letter for letter, _ in pairs)) for flag, pairs in parts])
        at += len(line) + 1
    return paragraphs


def _by_title(one: Piece, other: Piece) -> Likeness | None:
    """Two items of which one is only a title: it must be long enough, all but the same, with the same numbers."""
    if min(len(one.head), len(other.head)) < SHORT_TITLE or _numbers(one) != _numbers(other):
        return None
    alike = _titles(one, other)
    return Likeness(Kind.TITLE, round(100 * alike)) if alike >= SAME_TITLES else None


def _numbers(piece: Piece) -> list[str]:
    return re.findall(r"\d+", piece.head)


def _titles(one: Piece, other: Piece) -> float:
    """How many pairs of characters two titles share, of those of both: 0 to 1."""
    a, b = stretches(one.head, 2), stretches(other.head, 2)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def _agreeing(one: Piece, other: Piece) -> float:
    """How much the figures that both have say together."""
    return sum(weight for figure, weight in one.figures.items() if figure in other.figures)


def _in_order(words: str, others: str, shared: Set[str]) -> bool:
    """Whether what two texts share is many pieces, and stands in both in one order: words were changed all over."""
    places, before = [], False
    for i in range(len(words) - STRETCH + 1):
        stretch = words[i : i + STRETCH]
        begins, before = not before and stretch in shared, stretch in shared
        if begins and (place := others.find(stretch)) == others.rfind(stretch):  # of what is repeated nobody knows
            places.append(place)
    tails: list[int] = []  # of rising rows of so many places, where the lowest ends
    for place in places:
        at = bisect_left(tails, place)
        tails[at : at + 1] = [place]
    return len(places) >= RUNS and len(tails) >= IN_ORDER * len(places)


def _covered(words: str, shared: Set[str]) -> float:
    """How much of a text its shared stretches cover, 0 to 1."""
    covered = end = 0
    for i in range(len(words)):
        if words[i : i + STRETCH] in shared:
            covered += min(i + STRETCH, len(words)) - max(i, end)
            end = i + STRETCH
    return covered / len(words)
