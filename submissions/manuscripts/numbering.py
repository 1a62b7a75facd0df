"""Numbers that Word writes by itself (自动编号): 一、（一）第三条 become words, plain lists stay lists."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from submissions.manuscripts.package import Element, W, number, value

DIGITS = "〇一二三四五六七八九"
LEVELS = 9
# A list whose numbers a page would set alike: 1. a) (i); everything else must keep its own words.
_PLAIN = re.compile(r"^\(?%\d[.)、．]?$")
_LISTS = {"decimal", "lowerLetter", "upperLetter", "lowerRoman", "upperRoman"}
_WORD_ENDS = re.compile(r"[0-9A-Za-z]$")
_ARTICLE = re.compile(r"^第.+[编章节条款]$")


@dataclass(frozen=True)
class Mark:
    """What stands before a paragraph: ``text`` to be written out, or a place in a list."""

    text: str = ""
    level: int = 0
    ordered: bool = False
    number: int = 1

    @property
    def is_list(self) -> bool:
        return not self.text


@dataclass
class _Level:
    start: int
    form: str
    text: str
    restarts: int | None
    legal: bool

    @property
    def is_plain(self) -> bool:
        return self.form in ("bullet", "none") or (self.form in _LISTS and bool(_PLAIN.match(self.text)))


@dataclass
class _List:
    """A list's levels, and how far each has counted."""

    levels: dict[int, _Level]
    counts: dict[int, int] = field(default_factory=dict)

    def is_plain(self, at: int) -> bool:
        """Whether a page's own list can count this level: nothing above is written out, no level quotes another."""
        if any(told.text.count("%") > 1 for told in self.levels.values()):
            return False
        return all(self.levels[up].is_plain for up in self.levels if up <= at)


class Numbering:
    """Counts as Word does: lists of a kind go on together, a deeper level begins anew."""

    def __init__(self, part: Element) -> None:
        self.lists: dict[str, _List] = {}
        self.of_number: dict[str, tuple[str, dict[int, _Level | int]]] = {}
        self.begun: set[tuple[str, int]] = set()
        if part is None:
            return
        linked = {}
        for row in part.findall(W + "abstractNum"):
            name = row.get(W + "abstractNumId", "")
            linked[name] = value(row, "numStyleLink")
            self.lists[name] = _List({number(level.get(W + "ilvl")): _level(level) for level in row.findall(W + "lvl")})
        styled = {value(row, "styleLink"): row.get(W + "abstractNumId", "") for row in part.findall(W + "abstractNum")}
        for row in part.findall(W + "num"):
            kind = value(row, "abstractNumId") or ""
            kind = styled.get(linked.get(kind) or "", kind)
            changed: dict[int, _Level | int] = {}
            for override in row.findall(W + "lvlOverride"):
                at, level = number(override.get(W + "ilvl")), override.find(W + "lvl")
                start = value(override, "startOverride")
                if level is not None:
                    changed[at] = _level(level)
                elif start is not None:
                    changed[at] = number(start, 1)
            self.of_number[row.get(W + "numId", "")] = (kind, changed)

    def next(self, list_id: str, level: int) -> Mark | None:
        """The mark of the next paragraph of this list and level; None where it has none."""
        kind, changed = self.of_number.get(list_id, ("", {}))
        counted = self.lists.get(kind)
        level = min(level, LEVELS - 1)
        if counted is None or level not in counted.levels:
            return None
        own = changed.get(level)
        told = own if isinstance(own, _Level) else counted.levels[level]
        start = own if isinstance(own, int) else told.start
        if own is not None and (list_id, level) not in self.begun:
            counted.counts.pop(level, None)
        self.begun.add((list_id, level))
        counted.counts[level] = counted.counts[level] + 1 if level in counted.counts else start
        for deeper in [at for at in counted.counts if at > level]:
            restarts = counted.levels[deeper].restarts
            if restarts is None or (restarts and level < restarts):
                del counted.counts[deeper]
        return self._mark(counted, told, level)

    def _mark(self, counted: _List, told: _Level, level: int) -> Mark | None:
        count = counted.counts[level]
        if told.form == "bullet":
            return Mark(level=level)
        if told.form == "none" and not re.sub(r"%\d", "", told.text).strip():
            return None
        if told.is_plain and counted.is_plain(level):
            return Mark(level=level, ordered=True, number=count)

        def written(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            of_level = counted.levels.get(at)
            if of_level is None:
                return ""
            form = "decimal" if told.legal else told.form if at == level else of_level.form
            return in_words(counted.counts.get(at, of_level.start), form)

        text = re.sub(r"%([1-9])", written, told.text).strip()
        return Mark(text + _gap(text), level) if text else None


def _gap(number: str) -> str:
    """What parts a number from its words where Word sets a tab: laws have 第一条　 with a blank as wide as a word."""
    return "\u3000" if _ARTICLE.match(number) else " " if _WORD_ENDS.search(number) else ""


def _level(level: Element) -> _Level:
    restarts = value(level, "lvlRestart")
    form = value(level, "numFmt") or "decimal"
    text = value(level, "lvlText") or ""
    legal = level.find(W + "isLgl") is not None
    return _Level(number(value(level, "start"), 1), form, text, None if restarts is None else number(restarts), legal)


def in_words(count: int, form: str) -> str:
    """A number in one of Word's forms (ECMA-376 part 1, 17.18.59); decimal where the form does not reach so far."""
    writer = _WRITERS.get(form)
    return (writer(count) if writer and count > 0 else "") or ("" if form in ("none", "bullet") else str(count))


def chinese(count: int, digits: str = DIGITS, units: str = "十百千") -> str:
    """一, 十二, 一百零五; up to 9999."""
    if count > 9999:
        return ""
    text, zero = "", False
    for place in range(len(str(count)) - 1, -1, -1):
        digit = count // 10**place % 10
        if digit == 0:
            zero = bool(text)
            continue
        text += ("零" if zero else "") + digits[digit] + (units[place - 1] if place else "")
        zero = False
    return text[1:] if units[0] == "十" and text.startswith("一十") else text


def _letters(first: str) -> Callable[[int], str]:
    return lambda count: chr(ord(first) + (count - 1) % 26) * ((count - 1) // 26 + 1) if count <= 260 else ""


def _roman(count: int) -> str:
    if count > 3999:
        return ""
    text = ""
    for size, letters in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        text += letters * (count // size)
        count %= size
    return text


def _of(row: str) -> Callable[[int], str]:
    return lambda count: row[count - 1] if count <= len(row) else ""


def _formal(count: int) -> str:
    return chinese(count, "零壹贰叁肆伍陆柒捌玖", "拾佰仟")


def _digit_by_digit(count: int) -> str:
    return "".join(DIGITS[int(digit)] for digit in str(count))


_CIRCLES = _of("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳")
_COUNTING = ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting")
_WRITERS: dict[str, Callable[[int], str]] = {
    **dict.fromkeys((*_COUNTING, "taiwaneseCountingThousand"), chinese),
    **dict.fromkeys(("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"), _digit_by_digit),
    **dict.fromkeys(("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"), _formal),
    **dict.fromkeys(("decimalEnclosedCircle", "decimalEnclosedCircleChinese"), _CIRCLES),
    "ideographTraditional": _of("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _of("子丑寅卯辰巳午未申酉戌亥"),
    "ideographEnclosedCircle": _of("㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉"),
    "decimalEnclosedParen": _of("⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇"),
    "decimalEnclosedFullstop": _of("⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛"),
    "decimalFullWidth": lambda count: "".join(chr(ord("０") + int(digit)) for digit in str(count)),
    "decimalFullWidth2": lambda count: "".join(chr(ord("０") + int(digit)) for digit in str(count)),
    "decimalZero": lambda count: f"{count:02d}",
    "lowerLetter": _letters("a"),
    "upperLetter": _letters("A"),
    "lowerRoman": lambda count: _roman(count).lower(),
    "upperRoman": _roman,
}
