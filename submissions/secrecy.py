"""What must not come in: marks of secret or internal documents; and personal numbers, which are warned about.

This is an internet-side system (DESIGN section 4): secret material is refused, not labelled. The words are data
(``data/marks.json``). Full-width forms, spaces and invisible characters between the characters do not hide a mark.
"""

import datetime
import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from units.verdicts import Refused

DATA = Path(__file__).parent / "data" / "marks.json"
AROUND = 12  # characters shown on each side
_UNSEEN = {"Cf", "Cc", "Cs", "Co", "Mn"}
_BEFORE = r"(?:^|(?<=[\s\[\](){}<>【】〔〕《》「」『』〈〉,.;:!?、。…|/\\—\-·\"'“”‘’]))"
_AFTER = r"(?=$|[\s\[\](){}<>【】〔〕《》「」『』〈〉,.;:!?、。…|/\\—\-·\"'“”‘’])"
_NUMBER = r"(?:\d{1,3}|[〇一二两三四五六七八九十百]{1,4})"


class Marked(Refused):
    """What was written bears a mark of secrecy. ``on_record`` says where, without a word of it."""

    def __init__(self, places: "list[tuple[str, Found]]") -> None:
        told = "；".join(f"{label}里的“{found.around}”" for label, found in places[:5])
        super().__init__(f"有密级标志或内部资料标志，没有保存：{told}。这里不能处理涉密和内部资料，请删去以后再存。")
        labels = "、".join(dict.fromkeys(label.partition("《")[0] for label, _ in places))
        self.on_record = f"{labels}里有密级标志或内部资料标志，共{len(places)}处，没有保存"


class Found(NamedTuple):
    """A place in a text: from, to, what it is called, and the words around it."""

    start: int
    end: int
    kind: str
    around: str


def marks(text: str) -> list[Found]:
    """Where a text bears a mark of secrecy or of internal use, in order."""
    return _found(text, [("密级标志或内部资料标志", _marks())])


def refuse_marked(texts: Mapping[str, str]) -> None:
    """Raise Marked where a mark stands in one of the texts, given under what each is called."""
    if places := [(label, found) for label, text in texts.items() for found in marks(text)]:
        raise Marked(places)


def personal_numbers(text: str) -> list[Found]:
    """Where a text holds an identity card, mobile or bank card number whose check digit is right, in order."""
    plain, places = _plain(text)
    found = []
    for match in _RUN.finditer(plain):
        digits = re.sub(r"[\s-]", "", match[0]).upper()
        if kind := _kind(digits):
            found.append(_place(text, places, match, kind))
    return found


def _kind(digits: str) -> str:
    if _is_identity(digits):
        return "身份证号"
    if re.fullmatch(r"(?:86)?1[3-9]\d{9}", digits):
        return "手机号"
    if re.fullmatch(r"\d{16,19}", digits) and digits[0] in "3456" and _luhn(digits):
        return "银行卡号"
    return ""


_RUN = re.compile(r"(?<![\dA-Za-z.])\d(?:[\s-]?\d){9,19}(?:[\s-]?[Xx])?(?![\dA-Za-z]|\.\d)")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _is_identity(digits: str) -> bool:
    """GB 11643-1999: seventeen digits with a day of birth in them, and a check character."""
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", digits):
        return False
    try:
        born = datetime.date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    check = "10X98765432"[sum(int(d) * w for d, w in zip(digits[:17], _WEIGHTS, strict=True)) % 11]
    return born.year >= 1850 and check == digits[17]


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1."""
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


@cache
def _marks() -> re.Pattern[str]:
    data = json.loads(DATA.read_text(encoding="utf-8"))
    levels, stars = _any(data["levels"]), _any(data["stars"])
    term = rf"(?:{_NUMBER}\s*{_any(data['units'])}|{_any(data['terms'])})"
    return re.compile(
        "|".join(
            (
                rf"{levels}[ \t]*{stars}[ \t]*{term}?",
                rf"{_BEFORE}{levels}[\s·・—-]*{term}{_AFTER}",
                rf"{_any(data['labels'])}\s*[:]\s*{levels}",
                rf"^[ \t]*[\[(【〔]?\s*{levels}\s*[\])】〕]?[ \t]*$",
                rf"[\[(【〔]\s*{levels}\s*[\])】〕]",
                rf"{_BEFORE}{_any(sorted(data['phrases'], key=len, reverse=True))}{_AFTER}",
            )
        ),
        re.MULTILINE,
    )


def _any(words: list[str]) -> str:
    """One of the words, with blanks between its characters or without."""
    return "(?:" + "|".join(r"[ \t]*".join(map(re.escape, word)) for word in words) + ")"


def _found(text: str, kinds: list[tuple[str, re.Pattern[str]]]) -> list[Found]:
    plain, places = _plain(text)
    return [_place(text, places, match, kind) for kind, pattern in kinds for match in pattern.finditer(plain)]


def _plain(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, NFKC without what is not seen, and where in the text each of its characters stood."""
    plain: list[str] = []
    places: list[int] = []
    for i, character in enumerate(text):
        if unicodedata.category(character) in _UNSEEN and character not in "\n\t":
            continue
        for part in unicodedata.normalize("NFKC", character):
            plain.append(part)
            places.append(i)
    return "".join(plain), places


def _place(text: str, places: list[int], match: re.Match[str], kind: str) -> Found:
    start, end = places[match.start()], places[match.end() - 1] + 1
    line = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    around = text[max(start - AROUND, line[0]) : min(end + AROUND, line[1] if line[1] >= 0 else len(text))]
    return Found(start, end, kind, around.replace("\n", " "))
