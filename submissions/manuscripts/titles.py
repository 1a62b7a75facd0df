"""Which paragraphs of a manuscript are its title, its author and its responsible editor; which lines are captions.

In doubt a line stays in the text: there its writer sees it.
"""

import re

from submissions.manuscripts.blocks import Block, Paragraph, Picture, without_end
from submissions.manuscripts.reading import Kept
from units.text import one_line

MOST_TITLE = 300
LONGEST_LINE = 60  # characters of a line of a title
LINES = 3  # that a title may run over
FIRST = 8  # paragraphs among which a title begins
_ENDS = re.compile(r"[。！？；;，,：:]$")
_SUBTITLE = re.compile(r"^(?:—|-{2}|–|―|─)")
_DATED = re.compile(r"^[（(]?\s*(?:\d{4}|[〇○零一二三四五六七八九]{4})\s*[年./-]")
_ASIDE = re.compile(r"^(?:附件\s*\d*\s*[:：]?|内部.{0,4}|[（(\[【〔].*[)）\]】〕])$")
# The line below a letterhead (发文机关标志, 简报名): its number or issue.
_ISSUE = re.compile(r"[〔\[（(]\s*20\d\d\s*[〕\])）]\s*\d+\s*号|第\s*[\d一二三四五六七八九十百]+\s*期")
_ISSUED = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日$")
LONGEST_HEAD = 30  # characters of a letterhead
_UNIT = re.compile(
    r"(?:局|厅|委|办公室|大学|学院|学校|中学|小学|幼儿园|中心|委员会|教研室|研究院|处|科|馆|院|系|公司)$"
)
_PERSON = r"[\u4e00-\u9fff·]{2,4}"
_PEOPLE = rf"{_PERSON}(?:[\s\u3000、,，]+{_PERSON}){{0,4}}"
_UNIT_AND_PEOPLE = re.compile(rf"^[（(]\s*[\u4e00-\u9fff]{{2,30}}{_UNIT.pattern[:-1]}[\s\u3000]+{_PEOPLE}\s*[)）]$")
_AUTHOR_LABELS = "供稿单位|供稿人|供稿|撰稿人|撰稿|撰写人|作者|来稿单位|来稿|通讯员|文/图|图/文"
_EDITOR_LABELS = "责任编辑|责编"
_OTHERS = "审核人|审核|审校|校对|摄影|编辑|编审|签发|终审|初审|复审|图"
_NAMED = rf"(?:[\u4e00-\u9fff]{{2,30}}{_UNIT.pattern[:-1]}[\s\u3000]+)?{_PEOPLE}"
_LABELS = rf"{_AUTHOR_LABELS}|{_EDITOR_LABELS}|{_OTHERS}"
# With a colon or a stroke; after a blank alone only names can follow.
_LABEL = re.compile(rf"(?P<label>{_LABELS})\s*(?:[:：/／]\s*|[\s\u3000]+(?={_NAMED}(?:$|[\s\u3000)）])))")
_BRACKETS = re.compile(r"^[（(\[【〔]\s*(.*?)\s*[)）\]】〕]$")
_LAST_BRACKET = re.compile(r"[（(]([^（()）]{3,80})[)）]$")
_CAPTION = re.compile(r"^[（(]?\s*(?:图\s*[\d一二三四五六七八九十]+|图为|图片|照片|供图|▲|△|↑)")
SHORT = 60
MOST_AUTHORS, MOST_RESPONSIBLE, MOST_CAPTION = 200, 60, 200


def take_title(blocks: list[Block], told: str) -> tuple[str, bool]:
    """Take the title out of the blocks. Whether it is one, and not only the first sentence.

    ``told`` is the title among the file's properties, which often is of another file.
    """
    paragraphs = [block for block in blocks if isinstance(block, Paragraph)]
    found = _styled(paragraphs) or _displayed(paragraphs)
    if not found and (first := paragraphs[0] if paragraphs else None):
        if is_sane(told) and (told == one_line(first.text) or not _is_line(first)):
            found = [first] if told == one_line(first.text) else []
            title = told
            _drop(blocks, found)
            return title, True
        found = [first] if _is_line(first) and first.level is None else []
    if found:
        _drop(blocks, found)
        return one_line("".join(_lines(found)))[:MOST_TITLE], True
    first_text = next((paragraph.text for paragraph in paragraphs), "")
    return _first_words(one_line(first_text)), not first_text


def _first_words(text: str) -> str:
    """As much of a first sentence as may stand for a title."""
    clauses = re.split(r"(?<=[，。；！？,;])", re.sub(r"^(?:近日|日前|近期|近来)，", "", text))
    words = clauses[0]
    for clause in clauses[1:]:
        if len(words) > 10 or re.search(r"[。！？]$", words):
            break
        words += clause
    return words.rstrip("，。；！？,;")[:LONGEST_LINE]


def _lines(found: list[Paragraph]) -> list[str]:
    """The lines of a title; a blank stays only between words that are not Chinese."""
    made: list[str] = []
    for line in "\n".join(paragraph.text for paragraph in found).split("\n"):
        line = line.strip()
        if made and line and made[-1][-1:].isascii() and line[:1].isascii():
            line = f" {line}"
        made.append(line)
    return made


def _drop(blocks: list[Block], found: list[Paragraph]) -> None:
    blocks[:] = [block for block in blocks if not any(block is one for one in found)]


def _styled(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Paragraphs of the style 标题 that follow each other."""
    first = next((i for i, one in enumerate(paragraphs[:20]) if one.kind == "title" and one.level is None), None)
    if first is None:
        return []
    found: list[Paragraph] = []
    for paragraph in paragraphs[first : first + LINES]:
        if paragraph.kind != "title" or (found and _SUBTITLE.match(paragraph.text)):
            break
        found.append(paragraph)
    return found if len("".join(one.text for one in found)) <= MOST_TITLE else []


def _displayed(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """The first short lines that are centred or larger than the text, or the only heading that stands first."""
    usual = _usual_size(paragraphs)
    for i, first in enumerate(paragraphs[:FIRST]):
        if _ASIDE.match(first.text) or _DATED.match(first.text) or _is_letterhead(first, paragraphs[i + 1 : i + 3]):
            continue
        large = first.size > usual and not first.heading
        if _is_line(first) and (first.centred or large):
            found = [first]
            for line in paragraphs[i + 1 : i + LINES]:
                if not _goes_on(first, line, large):
                    break
                found.append(line)
            return found
        if first.heading == 2 and sum(one.heading == 2 for one in paragraphs) == 1:
            return [first]
        if len(first.text) > LONGEST_LINE or first.heading:
            return []
    return []


def _is_letterhead(line: Paragraph, below: list[Paragraph]) -> bool:
    """Whether it is the head of a paper, or its number, issue or day: the title comes below."""
    if _ISSUE.search(line.text) or _ISSUED.search(line.text):
        return len(line.text) <= LONGEST_LINE
    return len(line.text) <= LONGEST_HEAD and any(_ISSUE.search(one.text) and len(one.text) < 40 for one in below)


def _usual_size(paragraphs: list[Paragraph]) -> int:
    """The size in which most of the characters are set."""
    sizes: dict[int, int] = {}
    for paragraph in paragraphs:
        sizes[paragraph.size] = sizes.get(paragraph.size, 0) + len(paragraph.text)
    return max(sizes, key=lambda size: sizes[size], default=0)


def _is_line(paragraph: Paragraph) -> bool:
    """Whether it is as short as a title, and no sentence."""
    text = paragraph.text
    return bool(text) and len(text) <= LONGEST_LINE and not _ENDS.search(text) and not _SUBTITLE.match(text)


def _goes_on(first: Paragraph, line: Paragraph, large: bool) -> bool:
    """Whether a line goes on with the title: it looks like its first one, and is no unit, date or author."""
    same = (line.size, line.bold, line.centred, line.heading) == (
        first.size,
        first.bold,
        first.centred,
        first.heading,
    )
    if not same or not _is_line(line) or line.level is not None or line.kind != first.kind:
        return False
    if _ASIDE.match(line.text) or _DATED.match(line.text) or _LABEL.match(line.text):
        return False
    return large or not _UNIT.search(line.text.split()[0])


def is_sane(told: str) -> bool:
    """Whether a file's own title may be one of its text."""
    chinese = sum("\u4e00" <= character <= "\u9fff" for character in told)
    return chinese >= 5 and len(told) <= LONGEST_LINE and not re.search(r"文档|模板|未命名|无标题|\.docx?$", told)


def take_people(blocks: list[Block]) -> tuple[str, str]:
    """Take the lines that name authors and the responsible editor out of the blocks."""
    authors: list[str] = []
    editors: list[str] = []
    paragraphs = [block for block in blocks if isinstance(block, Paragraph)]
    last = paragraphs[-3:]
    for paragraph in [*paragraphs[:2], *reversed(last)]:
        if not any(paragraph is block for block in blocks):
            continue
        ends = any(paragraph is one for one in last)
        people = people_of(paragraph.text, ends and paragraph is paragraphs[-1])
        if people:
            authors[:0], editors[:0] = people[0], people[1]
            if people[2]:
                _drop(blocks, [paragraph])
        elif ends and (bracket := _LAST_BRACKET.search(paragraph.text)):
            within = people_of(bracket[1], last=False)
            if within and within[2] and ("：" in bracket[1] or ":" in bracket[1]):
                authors[:0], editors[:0] = within[0], within[1]
                paragraph.pieces = without_end(paragraph.pieces, len(bracket[0]))
    return "；".join(dict.fromkeys(authors)), "；".join(dict.fromkeys(editors))


def people_of(text: str, last: bool) -> tuple[list[str], list[str], bool] | None:
    """Authors and editors that a short line names, and whether it names nothing else; None where it names none.

    A unit and persons in brackets without a label are authors on the very last line alone.
    """
    line = one_line(text)
    if not 3 <= len(line) <= SHORT:
        return None
    if last and _UNIT_AND_PEOPLE.match(line):
        return [line[1:-1].strip()], [], True
    inner = _BRACKETS.match(line)
    line = inner[1] if inner else line
    labels = list(_LABEL.finditer(line))
    if not labels or labels[0].start() != 0:
        return None
    authors, editors, others = [], [], False
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        name = line[label.end() : following.start() if following else None].strip(" \u3000；;，,、|/（(")
        if not name or re.search(r"[。！？]", name):
            return None
        if re.fullmatch(_EDITOR_LABELS, label["label"]):
            editors.append(name)
        elif re.fullmatch(_AUTHOR_LABELS, label["label"]):
            authors.append(name)
        else:
            others = True
    fits = len("；".join(authors)) <= MOST_AUTHORS and len("；".join(editors)) <= MOST_RESPONSIBLE
    return (authors, editors, not others) if (authors or editors) and fits else None


def take_captions(blocks: list[Block], pictures: list[Kept]) -> None:
    """The short line below a picture becomes its caption."""
    kept: list[Block] = []
    for block in blocks:
        before = kept[-1] if kept else None
        if isinstance(before, Picture) and isinstance(block, Paragraph) and _is_caption(block):
            pictures[before.number].caption = one_line(block.text)[:MOST_CAPTION]
            kept.append(Paragraph())  # so that a second line is none
            continue
        kept.append(block)
    blocks[:] = [block for block in kept if not isinstance(block, Paragraph) or block.text]


def _is_caption(paragraph: Paragraph) -> bool:
    text = paragraph.text
    if paragraph.heading or paragraph.level is not None or len(text) > 100 or _LABEL.match(text):
        return False
    if paragraph.kind == "caption" or (_CAPTION.match(text) and len(text) <= 80):
        return True
    return paragraph.centred and len(text) <= 40 and not _ENDS.search(text)
