"""Where the lines of a title end: between words, so that they form a trapezoid or a diamond (GB/T 9704-2012)."""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

PARTICLES = tuple("的和与及或暨并、，")
SHORT = 4  # characters: a line of one such word looks lost
# Beyond this a title has no shape worth the search, and each line just takes what fits.
MOST_LINES, MOST_WORDS = 4, 30


def width(text: str) -> float:
    """How wide a text is in Chinese characters: letters and digits count one half."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text) / 2


def lines(words: Sequence[str], widest: float) -> list[str]:
    """The words as the fewest good-looking lines, none wider than ``widest`` characters. Joined, they are the words.

    A line ends between two words; only a word wider than a line is broken itself.
    """
    pieces = [piece for word in words for piece in _cut(word, widest)]
    full = _filled(pieces, widest)
    if not 1 < len(full) <= MOST_LINES or len(pieces) > MOST_WORDS:
        return full
    choices = (choice for count in (len(full), len(full) + 1) for choice in _choices(pieces, widest, count))
    return min(choices, key=lambda choice: _faults(choice, pieces, widest))


def _cut(word: str, widest: float) -> list[str]:
    return [word] if width(word) <= widest else _filled(list(word), widest)


def _filled(pieces: list[str], widest: float) -> list[str]:
    """Each line takes as many pieces as fit."""
    found: list[str] = []
    for piece in filter(None, pieces):
        if found and width(found[-1] + piece) <= widest:
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _choices(pieces: list[str], widest: float, count: int) -> Iterator[list[str]]:
    """Every way to put the pieces on so many lines."""
    if count == 1:
        line = "".join(pieces)
        if line and width(line) <= widest:
            yield [line]
        return
    for i in range(1, len(pieces)):
        line = "".join(pieces[:i])
        if width(line) > widest:
            return
        for rest in _choices(pieces[i:], widest, count - 1):
            yield [line, *rest]


def _faults(choice: list[str], pieces: list[str], widest: float) -> float:
    """How far the lines are from a trapezoid or a diamond whose lines differ little. Another line weighs 3."""
    widths = [width(line.strip()) for line in choice]
    steps = [below - above for above, below in pairwise(widths)]
    hourglass = any(above < 0 < below for above, below in combinations(steps, 2))
    rectangle = all(abs(step) < 1 for step in steps)
    particles = sum(line.startswith(PARTICLES) for line in choice[1:])
    lost = sum(line in pieces and length <= SHORT for line, length in zip(choice, widths, strict=True))
    flat = sum(abs(step) < 1 for step in steps)
    uneven = (max(widths) - min(widths)) / widest
    return 8 * hourglass + 4 * (particles + lost) + 2 * rectangle + 3 * len(choice) + 0.25 * flat + uneven
