"""A Document as a Word file, laid out as GB/T 9704-2012 asks."""

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Twips

from reports.document import Block, Document, Heading, Paragraph, Table
from reports.writers.looks import LINE, LOOKS, PAGE, SONG, TEXT_WIDTH, fonts, style
from reports.writers.rows import table_element

HEAD_SIZE = 48  # points; a longer name of an office is set smaller, so that it stays on one line


def write(document: Document, path: Path) -> None:
    word = docx.Document()
    word.core_properties.title, word.core_properties.author = document.title, ""
    word.core_properties.comments = ""
    _set_styles(word)
    _set_page(word)
    body = word.element.body
    end = body.sectPr
    for i, part in enumerate(document.parts):
        for j, block in enumerate(part.blocks):
            for element in _elements(block, new_page=i > 0 and j == 0):
                end.addprevious(element)
    word.save(str(path))


def _elements(block: Block, new_page: bool) -> list[Any]:
    match block:
        case Heading():
            return [_paragraph(block.text, f"heading{min(block.level, 2)}", new_page)]
        case Paragraph():
            if block.role == "annex_list":
                return _annex_list(block.text.split("\n"), new_page)
            return [_paragraph(block.text, block.role, new_page)]
        case Table():
            return [*([_paragraph("", "cell", True)] if new_page else []), table_element(block)]


def _annex_list(lines: list[str], new_page: bool) -> list[Any]:
    """A paragraph a line, so that a line that wraps stays below its own beginning."""
    first, *more = lines
    return [_paragraph(first, "annex_list", new_page), *(_paragraph(line, "annex_more", False) for line in more)]


def _paragraph(text: str, key: str, new_page: bool) -> Any:
    look = LOOKS[key]
    size = ""
    if key == "head" and len(text) * HEAD_SIZE * 20 > TEXT_WIDTH:
        half_points = TEXT_WIDTH // (len(text) * 10)
        size = f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    run = f"<w:rPr>{fonts(look.font)}{size}</w:rPr>"
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    return parse_xml(
        f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="{key}"/>{"<w:pageBreakBefore/>" if new_page else ""}</w:pPr>'
        f"<w:r>{run}{lines}</w:r></w:p>"
    )


def _set_styles(word: Any) -> None:
    """Our styles in place of the template's, of which only the defaults stay; no font comes from the theme."""
    styles = word.styles.element
    for old in list(styles.findall(qn("w:style"))):
        if old.get(qn("w:default")) is None:
            styles.remove(old)
    for key, look in LOOKS.items():
        styles.append(style(key, look))
    for found in styles.iter(qn("w:rFonts")):
        for name in [name for name in found.attrib if name.endswith("Theme")]:
            del found.attrib[name]
    for language in styles.iter(qn("w:lang")):
        language.set(qn("w:val"), "zh-CN")
        language.set(qn("w:eastAsia"), "zh-CN")


def _set_page(word: Any) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Twips(PAGE["width"]), Twips(PAGE["height"])
    section.top_margin, section.bottom_margin = Twips(PAGE["top"]), Twips(PAGE["bottom"])
    section.left_margin, section.right_margin = Twips(PAGE["left"]), Twips(PAGE["right"])
    section.footer_distance = Twips(1134)
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


def _page_number(key: str) -> Any:
    """— 1 —, counted by the reader's program."""
    run = f"<w:rPr>{fonts(SONG)}</w:rPr>"
    return parse_xml(
        f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="{key}"/></w:pPr>'
        f'<w:r>{run}<w:t xml:space="preserve">— </w:t></w:r>'
        f'<w:fldSimple w:instr=" PAGE "><w:r>{run}<w:t>1</w:t></w:r></w:fldSimple>'
        f'<w:r>{run}<w:t xml:space="preserve"> —</w:t></w:r></w:p>'
    )
