"""A Document as a Word file, laid out as GB/T 9704-2012 asks."""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from io import BytesIO
from itertools import count, groupby
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Twips

from reports.document import (
    Block,
    Document,
    Figure,
    Grid,
    Heading,
    Imprint,
    Paragraph,
    Part,
    Picture,
    Signature,
    Table,
    Title,
    Words,
)
from reports.progress import Progress, untold
from reports.writers.grids import grid_element, wanted
from reports.writers.imprint import imprint
from reports.writers.lines import lines, width
from reports.writers.looks import (
    CHARACTER,
    FANGSONG,
    LINE,
    LOOKS,
    MASTHEAD_SIZE,
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
LEAST_MASTHEAD = 22  # points: a name that would have to be smaller takes two lines
HIGHEST = (PAGE["height"] - PAGE["top"] - PAGE["bottom"]) * 6 // 10  # twips: a picture leaves room for text
PIXEL = 15  # twips: a picture is no larger than it would be on a screen
TOLD_EVERY = 50  # rows
MOST_NAMED = 255  # characters of a file's properties
NOT_OURS = ("/stylesWithEffects", "/numbering", "/thumbnail")  # of the template, and about styles that go
PARAGRAPH, DRAWING = qn("w:p"), qn("wp:docPr")
_OWN_BEGINNING = re.compile(r"(附件：)?(\d+\.)?")


def write(document: Document, path: Path, progress: Progress = untold) -> None:
    word = docx.Document()
    word.core_properties.title, word.core_properties.author = document.title[:MOST_NAMED], ""
    word.core_properties.comments = ""
    _set_up(word)
    _set_styles(word)
    _set_page(word)
    end = word.element.body.sectPr
    for element in _elements(word, document, _teller(document, progress)):
        end.addprevious(element)
    for number, drawing in enumerate(word.element.body.iter(DRAWING), start=1):
        drawing.set("id", str(number))  # python-docx looks for a free one where the picture does not stand yet
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
    """A part with a wide table is on its side, and so is a wide grid alone; the imprint, which ends all, never is."""
    for part in parts:
        wide = any(
            isinstance(block, Table) and sum(column.width for column in block.columns) > WIDEST_UPRIGHT
            for block in part.blocks
        )
        turned = _all_but_the_imprint if wide else _a_wide_grid
        for on_its_side, blocks in groupby(part.blocks, turned):
            yield Sheet(tuple(blocks), on_its_side)
        if not part.blocks:
            yield Sheet((), False)


def _all_but_the_imprint(block: Block) -> bool:
    return not isinstance(block, Imprint)


def _a_wide_grid(block: Block) -> bool:
    return isinstance(block, Grid) and wanted(block) > WIDEST_UPRIGHT


def _teller(document: Document, progress: Progress) -> Callable[[], None]:
    """What is called once a row, and passes on every fiftieth."""
    total = sum(len(block.rows) for part in document.parts for block in part.blocks if isinstance(block, Table))
    rows = count(1)

    def told() -> None:
        done = next(rows)
        if done % TOLD_EVERY == 0 or done == total:
            progress(done, total)

    return told


def _elements(word: Any, document: Document, told: Callable[[], None]) -> Iterator[Any]:
    """The body's elements. Where the page turns on its side or back, a section ends; the body's describes the last."""
    end = word.element.body.sectPr
    sheets = list(_sheets(document.parts))
    for before, sheet, after in zip([None, *sheets], sheets, [*sheets[1:], None], strict=False):
        elements = _of_sheet(word, sheet, told)
        if before and before.on_its_side == sheet.on_its_side:
            elements[0].get_or_add_pPr().get_or_add_pageBreakBefore()
        if after and after.on_its_side != sheet.on_its_side:
            section = deepcopy(end)
            _turn(section, sheet)
            elements[-1].set_sectPr(section)
        elif not after:
            _turn(end, sheet)
        yield from elements


def _of_sheet(word: Any, sheet: Sheet, told: Callable[[], None]) -> list[Any]:
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
            case Paragraph(role="masthead"):
                found.append(_masthead(block.text))
            case Paragraph():
                if block.role == "flag" and before is not None:  # in the middle of the two blank lines there
                    before.get_or_add_pPr().get_or_add_spacing().set(qn("w:after"), str(LINE // 2))
                found.append(_paragraph(block.parts, block.role))
            case Picture():
                found += _picture(word, block, sheet.width)
            case Grid():
                if block.caption:
                    found.append(_kept_with_next(_paragraph(block.caption, "caption")))
                elif before is None:
                    found.append(_paragraph("", "nothing"))
                found.append(grid_element(block, sheet.width))
            case Signature():
                if before is not None:  # a page never holds the signature alone
                    _kept_with_next(before)
                found += _signature(block)
            case Imprint() | Table():
                if before is None:
                    found.append(_paragraph("", "nothing"))
                found.append(imprint(block) if isinstance(block, Imprint) else table_element(block, sheet.width, told))
    if not found or found[-1].tag != PARAGRAPH:
        found.append(_paragraph("", "nothing"))
    return found


def _paragraph(content: str | Sequence[Figure | Words], key: str, direct: str = "") -> Any:
    """A paragraph of a style; ``direct`` goes into its runs' properties. Line breaks are kept."""
    parts = [Words(content)] if isinstance(content, str) else content
    runs = "".join(_run(part, key, direct) for part in parts if part.text)
    return parse_xml(f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="{key}"/></w:pPr>{runs}</w:p>')


def _run(part: Figure | Words, key: str, direct: str) -> str:
    shown = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in part.text.split("\n"))
    before = after = ""
    if isinstance(part, Words):  # the schema has them on either side of what is direct
        before = f"{'<w:b/>' if part.bold else ''}{'<w:i/>' if part.italic else ''}"
        after = '<w:u w:val="single"/>' if part.underlined else ""
    return f"<w:r><w:rPr>{fonts(LOOKS[key].font)}{before}{direct}{after}</w:rPr>{shown}</w:r>"


def _kept_with_next(paragraph: Any) -> Any:
    paragraph.get_or_add_pPr().get_or_add_keepNext()
    return paragraph


def _picture(word: Any, picture: Picture, whole: int) -> list[Any]:
    """As large as on a screen, if the page has room for that, and its caption below it on the same page."""
    scale = min(PIXEL, whole / picture.width, HIGHEST / picture.height)
    lengths = (Twips(max(round(length * scale), 1)) for length in (picture.width, picture.height))
    drawn = word.part.new_pic_inline(BytesIO(picture.content), *lengths)
    drawn.docPr.set("descr", picture.caption or "图片")
    paragraph = _paragraph("", "picture")
    spacing = paragraph.pPr.get_or_add_spacing()  # an exact line would show a strip of it
    spacing.set(qn("w:line"), "240")
    spacing.set(qn("w:lineRule"), "auto")
    paragraph.add_r().add_drawing(drawn)
    if not picture.caption:
        return [paragraph]
    return [_kept_with_next(paragraph), _paragraph(picture.caption, "caption")]


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


def _masthead(text: str) -> Any:
    """On one line if that can still be read as a masthead, else on two."""
    points = max(TEXT_WIDTH // (max(width(text), 1) * 10) / 2, LEAST_MASTHEAD)
    if points >= MASTHEAD_SIZE:
        return _paragraph(text, "masthead")
    paragraph = _paragraph(text, "masthead", size(points))
    paragraph.pPr.get_or_add_spacing().set(qn("w:line"), str(round(points * 26)))
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
