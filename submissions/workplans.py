"""Reading a year's work points (工作要点): chapters and numbered points out of a text or a Word file.

Nothing of it asks the database. A document numbers in its own way; the outermost sign that it uses is taken for
chapters, and for points the one whose numbers go on from chapter to chapter, else the first one below the chapter.
Whatever is numbered below those belongs to a point's text. What stands before the first chapter, headings between
points, and a signature at the end, is left out. A number that does not follow is told.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from submissions import manuscripts
from submissions.inspection import Unfit, inspect
from units.text import fit, one_line
from units.verdicts import Refused

MOST_CHARACTERS = 200_000  # a year's work points have some ten thousand
MOST_PARAGRAPHS = 10_000
MOST_ELEMENTS = 300_000  # of a Word file: its words stand among some five thousand of styles and its own marks
MOST_FOUND = 300
MOST_HEADED = 3_000  # characters in which the heading stands
HEAD = 24  # a line so short without a full stop is a heading; a longer one goes on in the next
LONG = 60  # characters from which on a name is too long to be chosen from a list

_DIGITS = "零一二三四五六七八九"
_CHINESE = "[一二三四五六七八九十百零〇]{1,5}"
# The signs by which documents number, the outermost first. Each has the number in its first group.
_SIGNS = {
    "第一章": re.compile(rf"第\s*({_CHINESE}|\d{{1,3}})\s*(?:章|部分|篇)[\s、.:：]*"),
    "一、": re.compile(rf"({_CHINESE})\s*[、.．。:：]\s*"),
    "（一）": re.compile(rf"\(\s*({_CHINESE})\s*\)[、.．]?\s*"),
    "1.": re.compile(r"(\d{1,3})\s*(?:[、．]|\.(?!\d)|\)|:(?!\d))\s*"),
    "（1）": re.compile(r"\(\s*(\d{1,3})\s*\)[、.．]?\s*"),
    "①": re.compile(r"([①-⑳㉑-㉟])[、.．]?\s*"),
}
_CHAPTER_SIGNS = ("第一章", "一、", "（一）")
_END = re.compile("[。；;！!？?]")
_DAY = re.compile(r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|[〇零一二三四五六七八九十]{4}年.{1,3}月.{1,3}日")
_YEAR = re.compile(r"((?:20|二[〇零○])[0-9〇零○一二三四五六七八九]{2})\s*年[^。;!?\n]{0,24}?(?:要点|计划|任务)")
_AFTER = re.compile("附件|附表|附:|附：|此外|另外|抄送|印发")


@dataclass
class Found:
    """A chapter or a point: the line it begins on, its number as written, its first sentence, and all of its lines."""

    line: int
    number: str
    title: str
    lines: list[str] = field(default_factory=list)
    points: "list[Found]" = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class Plan:
    """What was read: chapters in order, one without a number where there are none; and the lines that are in none."""

    chapters: list[Found]
    left_out: list[int]

    @property
    def number_of_chapters(self) -> int:
        return sum(bool(chapter.number) for chapter in self.chapters)

    @property
    def points(self) -> list[Found]:
        return [point for chapter in self.chapters for point in chapter.points]

    @property
    def rows(self) -> list[tuple[Found, bool]]:
        """Chapters, without the one of what is in none, and points from top to bottom; whether each is a chapter."""
        found: list[tuple[Found, bool]] = []
        for chapter in self.chapters:
            found += [(chapter, True)] if chapter.number else []
            found += [(point, False) for point in chapter.points]
        return found

    @property
    def remarks(self) -> list[str]:
        return [f"第 {one.line} 行：{told}" for one, _ in self.rows for told in one.remarks]


def text_of(name: str, content: bytes) -> str:
    """The paragraphs of a Word file, with the numbers that Word wrote by itself.

    Raises Refused where the file is not taken, or is longer than what may be pasted.
    """
    try:
        if inspect(name, content, MOST_ELEMENTS).kind != "docx":
            raise Refused("只认 Word 文件（.docx）；别的请把文字复制过来粘贴。")
        lines = manuscripts.lines(content)
    except Unfit as error:
        raise Refused(str(error)) from error
    if len(lines) > MOST_PARAGRAPHS:
        raise Refused(f"文件有 {len(lines)} 段，最多 {MOST_PARAGRAPHS} 段；请只留工作要点的正文再传。")
    return "\n".join(lines)


def year_in(text: str) -> int | None:
    """The year that a heading names (2022年工作要点), in whatever digits; None where none does before what is
    numbered."""
    lines = fit(text[:MOST_HEADED]).splitlines()
    head = takewhile(lambda line: _sign_of(line.strip()) is None, lines)
    match = _YEAR.search(unicodedata.normalize("NFKC", "\n".join(head)))
    if match is None:
        return None
    written = re.sub("[〇○]", "零", match[1])
    return int("".join(str(_DIGITS.index(c)) if c in _DIGITS else c for c in written))


def read(text: str) -> Plan:
    """The chapters and points of a text. Raises Refused where there are more than a page can hold."""
    lines = [(number, one_line(line)) for number, line in enumerate(fit(text).splitlines(), start=1)]
    signed = [(number, line, _sign_of(line)) for number, line in lines if line]
    chapter_sign, found = _outermost(signed), Plan([], [])
    through, below = _running_through(signed, chapter_sign)
    point_sign, many, under_heading = "", 0, False
    for number, line, sign in signed:
        kind = sign[0] if sign else ""
        chapter = found.chapters[-1] if found.chapters else None
        if sign and kind == chapter_sign:
            found.chapters.append(_begun(number, sign))
            point_sign = through if through in below[number] else ""
            under_heading = False
            many += 1
        elif chapter is None and (chapter_sign or not sign):
            found.left_out.append(number)
        elif sign and point_sign in ("", kind):
            point_sign = kind
            if chapter is None:
                chapter = Found(number, "", "")
                found.chapters.append(chapter)
            chapter.points.append(_begun(number, sign))
            under_heading = False
            many += 1
        elif chapter and (under_heading or (sign and _parts(kind, point_sign, below.get(chapter.line, [])))):
            found.left_out.append(number)
            under_heading = True
        elif chapter:
            last = chapter.points[-1] if chapter.points else chapter
            last.lines.append(line)
        if many > MOST_FOUND:
            raise Refused(f"认出的章和要点超过 {MOST_FOUND} 条，一次放不下；请分几次粘贴。")
    for one, _ in found.rows:
        _finish(one)
    _without_end(found)
    _remark(found)
    return found


Sign = tuple[str, str, str]  # which sign, the number, and what follows it


def _sign_of(line: str) -> Sign | None:
    """The sign that a line begins with; full-width digits, brackets and stops are read as half-width."""
    start = line[:12]
    narrow = "".join(c if _is_circled(c) else unicodedata.normalize("NFKC", c) for c in start)
    if len(narrow) != len(start):  # a sign that NFKC makes several characters of is none of ours
        narrow = start
    for name, sign in _SIGNS.items():
        if match := sign.match(narrow):
            return name, match[1], line[match.end() :].strip()
    return None


def _outermost(signed: list[tuple[int, str, Sign | None]]) -> str:
    """The sign of the chapters: the outermost in the text, unless it numbers points that stand under none.

    Digits never number chapters; the only sign of a text numbers points, but for 第一章 and 一、.
    """
    used = {sign[0] for _, _, sign in signed if sign}
    for name in _CHAPTER_SIGNS:
        if name in used:
            return name if name != "（一）" or used - {name} else ""
    return ""


def _running_through(signed: list[tuple[int, str, Sign | None]], chapter_sign: str) -> tuple[str, dict[int, list[str]]]:
    """The outermost sign whose numbers go on from chapter to chapter, as ministries number what they mean to do; ""
    where none does. And the signs below each chapter in order, by the chapter's line."""
    below: dict[int, list[str]] = {}
    numbers: dict[str, list[int]] = {}
    here: list[str] | None = None  # of the chapter that the walk is in
    for number, _, sign in signed:
        if sign and sign[0] == chapter_sign:
            here = below[number] = []
        elif sign and here is not None:
            here.append(sign[0])
            numbers.setdefault(sign[0], []).append(value_of(_number(sign[1])))
    for name in _SIGNS:
        run = numbers.get(name, [])
        goes_on = run[:1] == [1] and all(one < following for one, following in pairwise(run))
        if goes_on and sum(name in signs for signs in below.values()) > 1:
            return name, below
    return "", below


def _parts(kind: str, point_sign: str, below: list[str]) -> bool:
    """Whether a line of this sign is a heading between points: it is further out, and the chapter began with it."""
    order = list(_SIGNS)
    return bool(point_sign) and order.index(kind) < order.index(point_sign) and below[0] != point_sign


def _begun(number: int, sign: Sign) -> Found:
    return Found(number, _number(sign[1]), "", [sign[2]] if sign[2] else [])


def _number(written: str) -> str:
    """A number as it is kept: ① and １ as 1, 一 as it is."""
    return str(int(unicodedata.numeric(written))) if _is_circled(written) else written


def _is_circled(written: str) -> bool:
    return "①" <= written <= "⑳" or "㉑" <= written <= "㉟"


def _finish(one: Found) -> None:
    """The first sentence of the text is its title; a short first line without a full stop is all of it."""
    first = one.lines[0] if one.lines else ""
    joined = first if _END.search(first) or len(first) <= HEAD else "".join(one.lines)
    sentence = _END.split(joined, maxsplit=1)[0]
    one.title = one_line(sentence).rstrip("，,、：:")[:500]
    if not one.title:
        one.title = "（没有名称）"
        one.remarks.append("编号后面没有文字。")
    elif len(one.title) > LONG:
        one.remarks.append(f"名称有 {len(one.title)} 个字，建议改短。")


def _without_end(plan: Plan) -> None:
    """Leave out of the last text what signs it or closes it: a day, who signs, annexes, 此外."""
    if not plan.rows:
        return
    last, _ = plan.rows[-1]
    lines = last.lines
    while len(lines) > 1 and (_AFTER.match(lines[-1]) or _DAY.fullmatch(lines[-1]) or not _END.search(lines[-1])):
        lines.pop()


def _remark(plan: Plan) -> None:
    """Say where numbers do not follow, and what has a name that another has."""
    _in_sequence([chapter for chapter in plan.chapters if chapter.number])
    last = None
    for chapter in plan.chapters:
        points = chapter.points
        begins_anew = bool(points) and value_of(points[0].number) == 1
        _in_sequence(points, None if begins_anew else last)
        last = points[-1] if points else last
    first: dict[str, Found] = {}
    for one, _ in plan.rows:
        if (same := first.setdefault(one.title, one)) is not one:
            one.remarks.append(f"和第 {same.line} 行的名称一样，请改一个，或者不勾。")


def _in_sequence(rows: list[Found], before: Found | None = None) -> None:
    was = value_of(before.number) if before else 0
    for one in rows:
        now = value_of(one.number)
        if now > was + 1:
            missing = f"{was + 1}" if now == was + 2 else f"{was + 1} 到 {now - 1}"
            one.remarks.append(f"前面缺 {missing}，原文可能不全。")
        elif now <= was:
            one.remarks.append(f"编号 {one.number} 接在 {was} 后面，请看有没有认错。")
        was = now


def value_of(number: str) -> int:
    """The value of a number that is written in digits or, up to 999, in Chinese; 0 of what is none."""
    if number.isdecimal():
        return int(number)
    value, part = 0, 0
    for c in number.replace("〇", "零"):
        if c in _DIGITS:
            part = _DIGITS.index(c)
        elif c in "十百":
            value, part = value + (part or 1) * (10 if c == "十" else 100), 0
        else:
            return 0
    return value + part
