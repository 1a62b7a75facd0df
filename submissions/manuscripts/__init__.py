"""Manuscripts (来稿): what a Word file says, as an item would say it. Bytes in, plain values out; no database.

The rules are those of pasting (``frontend/paste.js``): headings, lists, tables, pictures and bold words stay; looks,
links and objects go, and it is said what went. Numbers of official documents (一、（一）) are words.
"""

from dataclasses import dataclass, field

from submissions.inspection import Unfit
from submissions.manuscripts.blocks import Block, Cell, Paragraph, Table, to_html
from submissions.manuscripts.package import Package
from submissions.manuscripts.reading import Kept, Reader
from submissions.manuscripts.titles import take_captions, take_people, take_title
from units.text import fit, one_line

__all__ = ["Manuscript", "lines", "read"]


@dataclass
class Manuscript:
    """What was read. In ``html`` the place of a picture names its number: ``<img data-file="0">`` is the first."""

    title: str
    html: str
    authors: str = ""
    responsible: str = ""
    pictures: list[Kept] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read(content: bytes) -> Manuscript:
    """Read a Word file (.docx) that ``inspection`` has let pass. Raises Unfit with a sentence."""
    package = Package(content)
    reader = Reader(package)
    blocks = reader.text()
    if not blocks:
        raise Unfit("里面没有文字和图片，是空的。")
    _take_captions(blocks, reader.pictures)
    title, is_title = take_title(blocks, _told_title(package))
    authors, responsible = take_people(blocks)
    if not is_title:
        reader.losses.note("untitled", title)
    return Manuscript(
        title=title,
        html=fit(to_html(blocks)),
        authors=authors,
        responsible=responsible,
        pictures=reader.pictures,
        left_out=[fit(sentence) for sentence in reader.losses.sentences(reader.paragraphs)],
    )


def lines(content: bytes) -> list[str]:
    """The paragraphs of a Word file that ``inspection`` has let pass, outside tables, with the numbers that Word wrote
    by itself. Raises Unfit with a sentence."""
    reader = Reader(Package(content))
    reader.taken.seconds = 0.0  # nobody looks at its pictures
    blocks = reader.text()
    return [_line(block) for block in blocks if isinstance(block, Paragraph)]


def _line(paragraph: Paragraph) -> str:
    if not paragraph.ordered:
        return paragraph.text
    return f"({paragraph.number}){paragraph.text}" if paragraph.level else f"{paragraph.number}.{paragraph.text}"


def _take_captions(blocks: list[Block], pictures: list[Kept]) -> None:
    """Captions of the text, and of each cell that holds a picture with a line below it."""
    take_captions(blocks, pictures)
    for cell in _cells(blocks):
        take_captions(cell.blocks, pictures)


def _cells(blocks: list[Block]) -> list[Cell]:
    return [cell for table in blocks if isinstance(table, Table) for row in table.rows for cell in row]


def _told_title(package: Package) -> str:
    """The title among the file's properties."""
    found = package.targets("", "core-properties")
    tree = package.tree(found[0]) if found else None
    title = tree.find("{http://purl.org/dc/elements/1.1/}title") if tree is not None else None
    return one_line(title.text or "") if title is not None else ""
