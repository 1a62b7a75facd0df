"""A Document as a Word file, laid out as GB/T 9704-2012 asks."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Twips

from reports.document import Block, Document, Heading, Imprint, Paragraph, Part, Signature, Table, Title
from reports.progress import Progress, untold
from reports.writers.imprint import imprint
from reports.writers.lines import lines, width
from reports.writers.looks import (
    CHARACTER,
    FANGSONG,
    LINE,
    LOOKS,
    ON_ITS_SIDE,
    OTHER_NAMES,
    PAGE,
    PAGE_NUMBER,
    SONG,
    TEXT_WIDTH,
    fonts,
    head_line,
    size,
    style,
)
from reports.writers.rows import table_element

WIDEST_UPRIGHT = 40  # characters: a table whose columns want more stands on a page on its side
TOLD_EVERY = 50  # rows
NOT_OURS = ("/stylesWithEffects", "/numbering", "/thumbnail")  # of the template, and about styles that go
PARAGRAPH = qn("w:p")
_OWN_BEGINNING = re.compile(r"(附件：)?(\d+\.)?")


def write(document: Document, path: Path, progress: Progress = untold) -> None:
    word = docx.Document()
    word.core_properties.title, word.core_properties.author = document.title, ""
    word.core_properties.comments = ""
    _set_up(word)
    _set_styles(word)
    _set_page(word)
    end = word.element.body.sectPr
    for element in _elements(document, end, _teller(document, progress)):
        end.addprevious(element)
    packed = BytesIO()  # on a full disk python-docx would leave its archive to the garbage collector
    word.save(packed)
    path.write_bytes(packed.getvalue())


class Sheet(NamedTuple):
    """Blocks that begin on a new page, all of them upright or all on their side."""

    blocks: tuple[Block, ...]
    on_its_side: bool

    @property
    def page(self) -> dict[str, int]:
        return ON_ITS_SIDE if self.on_its_side else PAGE

    @property
    def width(self) -> int:
        return self.page["width"] - self.page["left"] - self.page["right"]


def _sheets(parts: tuple[Part, ...]) -> Iterator[Sheet]:
    """A part with a wide table is on its side; the imprint, which ends the document, never is."""
    for part in parts:
        wide = any(
            isinstance(block, Table) and sum(column.width for column in block.columns) > WIDEST_UPRIGHT
            for block in part.blocks
        )
        upright = tuple(block for block in part.blocks if isinstance(block, Imprint)) if wide else ()
        yield Sheet(tuple(block for block in part.blocks if block not in upright), wide)
        if upright:
            yield Sheet(upright, False)


def _teller(document: Document, progress: Progress) -> Callable[[], None]:
    """What is called once a row, and passes on every fiftieth."""
    total = sum(len(block.rows) for part in document.parts for block in part.blocks if isinstance(block, Table))
    rows = count(1)

    def told() -> None:
        done = next(rows)
        if done % TOLD_EVERY == 0 or done == total:
            progress(done, total)

    return told


def _elements(document: Document, end: Any, told: Callable[[], None]) -> Iterator[Any]:
    """The body's elements. Where the page turns on its side or back, a section ends; ``end`` describes the last."""
    sheets = list(_sheets(document.parts))
    for before, sheet, after in zip([None, *sheets], sheets, [*sheets[1:], None], strict=False):
        elements = _of_sheet(sheet, told)
        if before and before.on_its_side == sheet.on_its_side:
            elements[0].get_or_add_pPr().get_or_add_pageBreakBefore()
        if after and after.on_its_side != sheet.on_its_side:
            section = deepcopy(end)
            _turn(section, sheet)
            elements[-1].set_sectPr(section)
        elif not after:
            _turn(end, sheet)
        yield from elements


def _of_sheet(sheet: Sheet, told: Callable[[], None]) -> list[Any]:
    """Its elements. A table has a paragraph before and after it, if need be one too small to be seen."""
    found: list[Any] = []
    for block in sheet.blocks:
        before = found[-1] if found and found[-1].tag == PARAGRAPH else None
        match block:
            case Heading():
                found.append(_paragraph(block.text, f"heading{min(block.level, 4)}"))
            case Title():
                found.append(_title(block, sheet.width))
            case Paragraph(role="annex_list"):
                found += _annex_list(block.text.split("\n"))
            case Paragraph(role="head"):
                found.append(_head(block.text))
            case Paragraph():
                if block.role == "flag" and before is not None:  # in the middle of the two blank lines there
                    before.get_or_add_pPr().get_or_add_spacing().set(qn("w:after"), str(LINE // 2))
                found.append(_paragraph(block.text, block.role))
            case Signature():
                if before is not None:  # a page never holds the signature alone
                    before.get_or_add_pPr().get_or_add_keepNext()
                found += _signature(block)
            case Imprint() | Table():
                if before is None:
                    found.append(_paragraph("", "nothing"))
                found.append(imprint(block) if isinstance(block, Imprint) else table_element(block, sheet.width, told))
    if not found or found[-1].tag != PARAGRAPH:
        found.append(_paragraph("", "nothing"))
    return found


def _paragraph(text: str, key: str, direct: str = "") -> Any:
    """A paragraph of a style; ``direct`` goes into its run's properties. Line breaks are kept."""
    run = f"<w:rPr>{fonts(LOOKS[key].font)}{direct}</w:rPr>"
    shown = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    content = f"<w:r>{run}{shown}</w:r>" if text else ""
    return parse_xml(f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="{key}"/></w:pPr>{content}</w:p>')


def _head(text: str) -> Any:
    """On one line: a long name is set smaller, its upper edge where that of any other is."""
    look = LOOKS["head"]
    points = TEXT_WIDTH // (max(width(text), 1) * 10) / 2
    if points >= look.size:
        return _paragraph(text, "head")
    paragraph = _paragraph(text, "head", size(points))
    spacing = paragraph.pPr.get_or_add_spacing()
    spacing.set(qn("w:line"), str(head_line(points)))
    spacing.set(qn("w:lineRule"), "exact")
    return paragraph


def _title(title: Title, whole: int) -> Any:
    widest = whole // (LOOKS[title.role].size * 20)
    return _paragraph("\n".join(line.strip() for line in lines(title.words, widest)), title.role)


def _annex_list(texts: list[str]) -> list[Any]:
    """A paragraph a line: one that wraps stays below its own beginning. A blank line stands above the first."""
    found = []
    for i, text in enumerate(texts):
        paragraph = _paragraph(text, "annex_list")
        if i == 0:
            paragraph.pPr.get_or_add_spacing().set(qn("w:before"), str(LINE))
        mark = width(_OWN_BEGINNING.match(text)[0])  # type: ignore[index]  # it matches anything
        start = 2 if i == 0 else 2 + width("附件：")
        _indent(paragraph, left=start + mark, hanging=mark)
        found.append(paragraph)
    return found


def _signature(signature: Signature) -> list[Any]:
    name, day = _paragraph(signature.name, "sign"), _paragraph(signature.day, "sign_day")
    long, short = width(signature.name), width(signature.day)
    line = TEXT_WIDTH // CHARACTER
    if signature.sealed:
        # Both are centred 4 characters and half a day's length from the right: on what is left of a line's right part.
        left = max(min(line - 4 - short - 4, line - long), 0)
        for paragraph in (name, day):
            _indent(paragraph, left=left)
    else:
        start = line - 2 - (short + 2 if short > long else long)
        for paragraph, left in ((name, start), (day, start + 2)):
            _indent(paragraph, left=max(left, 0), right=-2)
            paragraph.pPr.get_or_add_jc().set(qn("w:val"), "left")
    name.pPr.get_or_add_spacing().set(qn("w:before"), str((2 if signature.sealed else 1) * LINE))
    return [name, day]


def _indent(paragraph: Any, **characters: float) -> None:
    ind = paragraph.pPr.get_or_add_ind()
    for side, length in characters.items():
        ind.set(qn(f"w:{side}"), f"{length * CHARACTER:.0f}")


def _set_up(word: Any) -> None:
    """The template, brought up to date: Word opens the file as one of its own, knows our fonts and repairs nothing."""
    for relations in (word.part.rels, word.part.package.rels):
        for key in [key for key, relation in relations.items() if relation.reltype.endswith(NOT_OURS)]:
            del relations[key]
    settings = word.settings.element
    for setting in settings.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")
    settings.find(qn("w:zoom")).set(qn("w:percent"), "100")
    settings.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    table = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in OTHER_NAMES.items()
    )
    part = word.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    part._blob = f"<?xml version='1.0' encoding='UTF-8'?><w:fonts {nsdecls('w')}>{table}</w:fonts>".encode()


def _set_styles(word: Any) -> None:
    """Our styles in place of the template's, of which only the defaults stay; no font comes from the theme."""
    styles = word.styles.element
    for old in list(styles.findall(qn("w:style"))):
        if old.get(qn("w:default")) is None:
            styles.remove(old)
    for key, look in LOOKS.items():
        styles.append(style(key, look))
    for found in styles.iter(qn("w:rFonts")):
        for name in [name for name in found.attrib if name.lower().endswith("theme")]:
            del found.attrib[name]
            found.set(name[: -len("theme")], FANGSONG)
    for language in styles.iter(qn("w:lang")):
        language.set(qn("w:val"), "zh-CN")
        language.set(qn("w:eastAsia"), "zh-CN")


def _set_page(word: Any) -> None:
    section = word.sections[0]
    grid = section._sectPr.find(qn("w:docGrid"))
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(LINE))
    word.settings.odd_and_even_pages_header_footer = True
    for footer, key in ((section.footer, "page_odd"), (section.even_page_footer, "page_even")):
        footer.is_linked_to_previous = False
        element = footer._element
        for paragraph in list(element):
            element.remove(paragraph)
        element.append(_page_number(key))


def _turn(section: Any, sheet: Sheet) -> None:
    """Paper and margins of a section, and where its page numbers stand."""
    page = sheet.page
    paper, margins = section.get_or_add_pgSz(), section.get_or_add_pgMar()
    paper.w, paper.h = Twips(page["width"]), Twips(page["height"])
    if sheet.on_its_side:
        paper.set(qn("w:orient"), "landscape")
    margins.top, margins.bottom = Twips(page["top"]), Twips(page["bottom"])
    margins.left, margins.right = Twips(page["left"]), Twips(page["right"])
    margins.footer = Twips(page["bottom"] - PAGE_NUMBER)


def _page_number(key: str) -> Any:
    """— 1 —, counted by the reader's program."""
    run = f"<w:rPr>{fonts(SONG)}</w:rPr>"
    return parse_xml(
        f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="{key}"/></w:pPr>'
        f'<w:r>{run}<w:t xml:space="preserve">— </w:t></w:r>'
        f'<w:fldSimple w:instr=" PAGE "><w:r>{run}<w:t>1</w:t></w:r></w:fldSimple>'
        f'<w:r>{run}<w:t xml:space="preserve"> —</w:t></w:r></w:p>'
    )
