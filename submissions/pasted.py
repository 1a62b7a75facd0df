"""A pasted list (粘贴采用清单): the text of a web page or of Excel's columns, read as one title a line.

What is taken away is what lists put around titles: numbers, dates, brackets, other columns. A line that is no title is
set aside with the reason; none is lost.
"""

import datetime
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from units.text import fit, key, one_line

MOST = 500  # titles of a list
LONGEST = 300  # characters of a title
LONGEST_LINK = 500  # what an adoption keeps of one
_LEAST = 6  # Chinese characters of a title

_CHINESE = re.compile(r"[一-鿿]")
_OPEN, _CLOSE = r"[\[【(（〔［]", r"[\]】)）〕］]"
_TIME = r"(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?"
_FULL = r"(?P<y>(?:19|20)\d\d)\s?[-/.年]\s?(?P<m>\d{1,2})\s?[-/.月]\s?(?P<d>\d{1,2})(?:日|(?!\d))"
_BRIEF = r"(?P<m>\d{2})[-/](?P<d>\d{2})"
_SPOKEN = r"(?P<m>\d{1,2})月(?P<d>\d{1,2})日"
_DAY_ALONE = [re.compile(f"{_OPEN}?{day}{_TIME}{_CLOSE}?") for day in (_FULL, _BRIEF, _SPOKEN)]
# A date is the list's where something sets it apart; 2020年3月12日太原市… is a title's beginning.
_DAY_AROUND = [
    *(re.compile(rf"^{_OPEN}\s*{day}{_TIME}\s*{_CLOSE}\s*") for day in (_FULL, _BRIEF, _SPOKEN)),
    *(re.compile(rf"^{day}{_TIME}\s+") for day in (_FULL, _BRIEF, _SPOKEN)),
    *(re.compile(rf"\s*{_OPEN}\s*{day}{_TIME}\s*{_CLOSE}$") for day in (_FULL, _BRIEF, _SPOKEN)),
    *(re.compile(rf"\s+{day}{_TIME}$") for day in (_FULL, _BRIEF, _SPOKEN)),
    re.compile(rf"(?<=\D)(?P<y>20\d\d)[-/](?P<m>\d{{1,2}})[-/](?P<d>\d{{1,2}}){_TIME}$"),
]
_NUMBERED = re.compile(
    r"[·•●○◆◇■□▪▶►★☆※▲*>»]+\s*"
    r"|[-–—]\s+"
    r"|[①-⑳㉑-㉟㊱-㊿]\s*"
    r"|[（(]\s*(?:\d{1,3}|[一二三四五六七八九十百]{1,4})\s*[）)][、.]?\s*"
    r"|\d{1,3}\s*[、)）]\s*(?!\d)"
    r"|\d{1,3}\s*[.．,，]\s*(?!\d)"
    r"|[一二三四五六七八九十]{1,3}、(?![一二三四五六七八九十])\s*"
    r"|\d{1,3}\s+(?=[“《【\[]|[一-鿿])(?![所个名项条人次万亿千百年月日天家位件种类级届场分点小号余多])"
)
_AFTER = re.compile(
    r"\s*(?:[\[【(（]\s*(?:详细|详情|更多|查看|图文|组图|视频|new|hot)\s*[\]】)）]|>>+|»+|\bNEW!?)$", re.I
)
_AROUND = [("《", "》"), ("【", "】"), ("[", "]"), ("「", "」"), ("“", "”"), ('"', '"'), ("（", "）"), ("(", ")")]
_NUMBER = re.compile(r"[\d.,%％+-]+")
_LINK = re.compile(r"https?://\S+", re.I)
# What stands around a list on a page.
_FURNITURE = re.compile(
    r"首页|上一[页篇条]|下一[页篇条]|末页|尾页|当前位置|您?(?:现在|当前)?的?位置|发布(?:时间|日期|者|人)|(?:来源|作者|编辑|地址|主办|承办)\s*[:：]"
    r"|主办单位|责任编辑|浏览(?:次数|量)|阅读(?:次数|量)|点击(?:次数|数|量|率)|版权所有|copyright|联系(?:电话|我们)|网站地图"
    r"|共\s*\d+\s*[页条]|第\s*\d+\s*页|扫一扫|打印本页|关闭窗口|更多\s*(?:[>»\]]|$)|.*ICP备",
    re.I,
)
_APART = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Line:
    """A title as it was pasted. ``number`` counts the lines of the text; ``source`` is a unit's name from a cell."""

    number: int
    title: str
    day: datetime.date | None = None
    source: str = ""
    link: str = ""


@dataclass(frozen=True)
class Aside:
    """A line that is not taken for a title, or not again."""

    number: int
    text: str
    reason: str


@dataclass
class Pasted:
    lines: list[Line] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)


def plain(title: str) -> str:
    """What titles are compared by: letters and figures alone."""
    return _APART.sub("", key(title)).casefold()


def read(text: str, day: datetime.date, known: Collection[str] = ()) -> Pasted:
    """The titles of a pasted text, at most ``MOST``, each once.

    ``day`` tells the year of 03-12: the last such day that is not after it. ``known`` are names of units
    (``Names.known``) by which a cell is seen to be one. A date alone in a line is its neighbour's: of the title before
    it, or of the one after where the list begins with a date.
    """
    pasted = Pasted()
    seen: dict[tuple[str, str], int] = {}
    dates_first: bool | None = None
    waiting: datetime.date | None = None
    for number, raw in enumerate(fit(text).splitlines(), 1):
        if not raw.strip():
            continue
        if alone := _day_alone(one_line(raw), day):
            dates_first = not pasted.lines if dates_first is None else dates_first
            if dates_first:
                waiting = alone
            elif pasted.lines and pasted.lines[-1].day is None:
                pasted.lines[-1] = replace(pasted.lines[-1], day=alone)
            continue
        line = _line(number, raw, day, known)
        if reason := _no_title(line, raw, known):
            pasted.aside.append(Aside(number, one_line(raw), reason))
        elif first := seen.get((plain(line.title), line.source)):
            pasted.aside.append(Aside(number, one_line(raw), f"与第 {first} 行相同"))
        elif len(pasted.lines) == MOST:
            pasted.aside.append(Aside(number, one_line(raw), f"超过 {MOST} 条，请分次粘贴"))
        else:
            seen[plain(line.title), line.source] = number
            pasted.lines.append(replace(line, day=line.day or waiting))
            waiting = None
    return pasted


def _line(number: int, raw: str, today: datetime.date, known: Collection[str]) -> Line:
    """The longest cell that is nothing else is the title; the others say when and whose."""
    day, source, link, words = None, "", "", []
    for cell in filter(None, map(one_line, raw.split("\t"))):
        if found := _day_alone(cell, today):
            day = day or found
        elif _LINK.fullmatch(cell):
            link = cell if len(cell) <= LONGEST_LINK else ""
        elif key(cell) in known:
            source = source or cell
        elif not _NUMBER.fullmatch(cell):
            words.append(cell)
    title = max(words, key=lambda cell: len(_CHINESE.findall(cell)), default="")
    title, around = _bare(title, today)
    return Line(number, title, day or around, source, link)


def _no_title(line: Line, raw: str, known: Collection[str]) -> str:
    """Why a line is not a title; empty where it is one."""
    if _FURNITURE.match(one_line(raw)) or _FURNITURE.match(line.title):
        return "页面上的文字"
    if (line.source and not line.title) or key(line.title) in known:
        return "只有单位名称"
    if len(_CHINESE.findall(line.title)) < _LEAST:
        return "太短，不像标题"
    return f"超过 {LONGEST} 个字，不像标题" if len(line.title) > LONGEST else ""


def _bare(title: str, today: datetime.date) -> tuple[str, datetime.date | None]:
    """A title without what a list puts around it, and the date that stood there."""
    day = None
    while True:
        before = title
        for pattern in _DAY_AROUND:
            if (match := pattern.search(title)) and (found := _day(match, today)):
                title, day = title[: match.start()] + title[match.end() :], day or found
        title = _AFTER.sub("", title).strip()
        if (match := _NUMBERED.match(title)) and match.end() < len(title):
            title = title[match.end() :]
        for opening, closing in _AROUND:
            inner = title[1:-1]
            if title[:1] == opening and title[-1:] == closing and opening not in inner and closing not in inner:
                title = inner.strip()
        if title == before:
            return title, day


def _day_alone(text: str, today: datetime.date) -> datetime.date | None:
    return next(
        (day for pattern in _DAY_ALONE if (match := pattern.fullmatch(text)) and (day := _day(match, today))), None
    )


def _day(match: re.Match[str], today: datetime.date) -> datetime.date | None:
    """The day that was written; without a year the last such day until today. None where there is no such day."""
    parts = match.groupdict()
    try:
        day = datetime.date(int(parts.get("y") or today.year), int(parts["m"]), int(parts["d"]))
        return day.replace(year=day.year - 1) if not parts.get("y") and day > today else day
    except ValueError:
        return None
