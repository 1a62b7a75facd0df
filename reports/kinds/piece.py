"""A piece (信息) as blocks of a Document: its title, and its text with headings, lists, tables and captioned pictures.

For any report that prints what units wrote. The tags are those that ``submissions.body`` keeps.
"""

import io
import logging
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import NamedTuple

from PIL import Image, ImageOps

from reports.document import Block, Grid, Heading, Paragraph, Picture, Role, Slot, Title, Words
from submissions.body import clean
from submissions.models import Attachment, Revision
from submissions.models.files import kept

log = logging.getLogger(__name__)
MOST_PIXELS = 1600  # at a side: 260 dots an inch where a picture is as wide as the text
MOST_COLUMNS = 63  # of a table of Word

# ---- Its title ----

# A line of a title may end before these words, with which its phrases begin, and after what closes a phrase.
OPENING = (
    *("关于", "推动", "推进", "推行", "开展", "举办", "召开", "部署", "落实", "实施", "加强", "加快", "深化", "强化"),
    *("做好", "打造", "构建", "建立", "建设", "健全", "完善", "提升", "提高", "促进", "助力", "赋能", "聚焦", "坚持"),
    *(
        "积极",
        "扎实",
        "切实",
        "全面",
        "全力",
        "着力",
        "持续",
        "有序",
        "创新",
        "取得",
        "启动",
        "印发",
        "出台",
        "多措并举",
    ),
)
CLOSING = "，、；：！？》”）】—…"
_PHRASES = re.compile(rf"(?<=[{CLOSING}的])(?![{CLOSING}])|(?=[“《（【])|(?={'|'.join(OPENING)})|(?<=\s)(?=\S)")


def title_of(text: str) -> Title:
    """A title as the phrases between which its lines may end, as far as they can be told."""
    return Title(tuple(filter(None, _PHRASES.split(text))))


# ---- Its text ----


def text_of(revision: Revision) -> list[Block]:
    """The text with its pictures in their places; pictures that have none stand at its end.

    A picture that the storage does not give, or that nothing can draw, is a sentence. The attachments of the
    revision and their files should have been fetched with it.
    """
    pictures = pictures_of(revision)
    files = {attachment.file_id for attachment in pictures}
    reader = _Reader({attachment.file_id: attachment for attachment in pictures})
    reader.feed(clean(revision.body, files))
    reader.close()
    unplaced = (attachment for attachment in pictures if attachment.file_id not in reader.placed)
    return [*reader.blocks, *map(picture_of, unplaced)]


def pictures_of(revision: Revision) -> list[Attachment]:
    return [attachment for attachment in revision.attachments.all() if attachment.file.is_picture]


def picture_of(attachment: Attachment) -> Block:
    """An attached picture upright, no larger than paper can show, and without what the camera noted, such as the place.

    Where it cannot be shown, a sentence that says so.
    """
    try:
        with kept().open(attachment.file.path) as content, Image.open(content) as image:
            return _drawn(image, attachment.caption)
    except Exception:  # of a disk, of S3 whatever its library raises, and of a picture whatever Pillow's readers do
        log.exception("cannot show %s", attachment.file.path)
        caption = f"，图注为“{attachment.caption}”" if attachment.caption else ""
        return Paragraph(f"（此处有图片《{attachment.file.name}》{caption}，文件打不开，没有印出。）")


def _drawn(image: Image.Image, caption: str) -> Picture:
    png, profile = image.format == "PNG", image.info.get("icc_profile")
    if image.mode == "P":  # whose colours cannot be mixed
        image = image.convert("RGBA")
    image.thumbnail((MOST_PIXELS, MOST_PIXELS))
    image = ImageOps.exif_transpose(image)
    if not png and image.mode not in ("RGB", "L"):
        image, profile = image.convert("RGB"), None
    made = io.BytesIO()
    if png:
        image.save(made, "PNG", icc_profile=profile)
    else:
        image.save(made, "JPEG", quality=88, icc_profile=profile)
    return Picture(made.getvalue(), "png" if png else "jpeg", *image.size, caption)


class _Cell(NamedTuple):
    lines: list[str]
    across: int
    down: int
    head: bool


class _Reader(HTMLParser):
    """Reads cleaned HTML from beginning to end; no words of it are lost, however deep its tags lie in each other."""

    def __init__(self, pictures: Mapping[int, Attachment]) -> None:
        super().__init__()
        self.pictures = pictures
        self.placed: set[int] = set()
        self.blocks: list[Block] = []
        self.words: list[Words] = []  # of the line being read
        self.open: Counter[str] = Counter()
        self.lists: list[int | None] = []  # the number of the next line; None where lines have no numbers
        self.mark = ""  # what stands before the next line
        self.rows: list[list[_Cell]] = []  # of the table being read
        self.caption: list[str] = []
        self.below: list[Block] = []  # pictures that stand in the table

    # -- What HTMLParser tells --

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: int(value) for name, value in attrs if value and value.isdecimal()}
        if tag == "img":
            self._picture(given.get("data-file", 0))
            return
        if tag not in ("strong", "em", "u"):
            self._end_line()
        self.open[tag] += 1
        match tag:
            case "ul" | "ol":
                self.lists.append(given.get("start", 1) if tag == "ol" else None)
            case "li":
                self.mark = self._next_mark()
            case "tr" if self.open["table"] == 1:
                self.rows.append([])
            case "td" | "th" if self.open["table"] == 1 and self.rows:
                head = tag == "th" or self.open["thead"] > 0
                self.rows[-1].append(_Cell([], given.get("colspan", 1), given.get("rowspan", 1), head))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("strong", "em", "u"):
            self._end_line()
        self.open[tag] -= 1
        match tag:
            case "ul" | "ol" if self.lists:
                self.lists.pop()
            case "li":
                self.mark = ""
            case "table" if not self.open["table"]:
                self._end_table()

    def handle_data(self, data: str) -> None:
        text = re.sub(r"[ \t\r\n\f]+", " ", data)
        self.words.append(Words(text, self.open["strong"] > 0, self.open["em"] > 0, self.open["u"] > 0))

    def close(self) -> None:
        super().close()
        self._end_line()
        self._end_table()

    # -- What is made of it --

    def _end_line(self) -> None:
        """What was read since the last line is one of its own: a paragraph, a heading, or a line of a cell."""
        words, self.words = _trimmed(self.words), []
        text = "".join(word.text for word in words)
        if not text:
            return
        mark, self.mark = self.mark, ""
        level = next((level for level in (1, 2, 3) if self.open[f"h{level + 1}"] > 0), 0)
        if self.open["table"] > 0:
            self._line_of_table(mark + text)
        elif level:
            self.blocks.append(Heading(mark + text, level))
        else:
            role: Role = "quote" if self.open["blockquote"] > 0 else "body"
            self.blocks.append(Paragraph((mark, *words) if mark else tuple(words), role))

    def _line_of_table(self, line: str) -> None:
        if self.rows and self.rows[-1] and not self.open["caption"]:
            self.rows[-1][-1].lines.append(line)
        else:
            self.caption.append(line)

    def _end_table(self) -> None:
        if any(self.rows):
            self.blocks.append(Grid(_placed(self.rows), "".join(self.caption)))
        elif self.caption:
            self.blocks.append(Paragraph("".join(self.caption)))
        self.blocks += self.below
        self.rows, self.caption, self.below = [], [], []

    def _picture(self, file: int) -> None:
        if file not in self.pictures or file in self.placed:
            return
        self.placed.add(file)
        block = picture_of(self.pictures[file])
        if self.open["table"] > 0:
            self.below.append(block)
        else:
            self._end_line()
            self.blocks.append(block)

    def _next_mark(self) -> str:
        """What stands before a line of a list: typed, for what Word counts is lost where text is copied elsewhere."""
        deep = len(self.lists)
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "·" if deep <= 1 else "－"
        self.lists[-1] = number + 1
        return f"{number}." if deep == 1 else f"（{number}）"


def _trimmed(words: list[Words]) -> list[Words]:
    """Without the blanks at both ends, typed ones of an indented line among them; equal neighbours are one."""
    joined: list[Words] = []
    for word in words:
        if joined and joined[-1][1:] == word[1:]:
            joined[-1] = word._replace(text=joined[-1].text + word.text)
        else:
            joined.append(word)
    while joined and not joined[0].text.strip():
        joined.pop(0)
    while joined and not joined[-1].text.strip():
        joined.pop()
    if joined:
        joined[0] = joined[0]._replace(text=joined[0].text.lstrip())
        joined[-1] = joined[-1]._replace(text=joined[-1].text.rstrip())
    return joined


def _placed(rows: list[list[_Cell]]) -> tuple[tuple[Slot, ...], ...]:
    """Each cell in its column, as HTML lays them out. What would stand beyond the last column joins the cell before."""
    placed: list[list[Slot]] = []
    taken: dict[int, int] = {}  # by column, how many more rows a cell from above reaches down
    for i, row in enumerate(rows):
        slots: list[Slot] = []
        placed.append(slots)
        column = 0
        for cell in row:
            while column in taken:
                column += 1
            if column >= MOST_COLUMNS:
                last = next(slots for slots in reversed(placed) if slots)
                last[-1] = replace(last[-1], lines=(*last[-1].lines, *cell.lines))
                continue
            room = next(at for at in range(column + 1, MOST_COLUMNS + 1) if at in taken or at == MOST_COLUMNS) - column
            across, down = min(max(cell.across, 1), room), min(max(cell.down, 1), len(rows) - i)
            slots.append(Slot(tuple(cell.lines), column, across, down, cell.head))
            taken |= dict.fromkeys(range(column, column + across), down)
            column += across
        taken = {at: left - 1 for at, left in taken.items() if left > 1}
    return tuple(map(tuple, placed))
