"""The imprint (版记) of a Word file: a table at the foot of the last page, whatever room the text leaves above it."""

from typing import Any
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from reports.document import Imprint
from reports.writers.lines import width
from reports.writers.looks import FANGSONG, LOOKS, PAGE, TEXT_WIDTH, fonts

CHARACTER = 280  # 14 pt
LEFT = PAGE["left"]
THICK, THIN = 8, 6  # eighths of a point: 0.35 mm and 0.25 mm


def imprint(block: Imprint) -> Any:
    rules = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>'
        for side, size in (("top", THICK), ("bottom", THICK), ("insideH", THIN))
    )
    rows = [_row(_listed(line)) for line in block.lines]
    rows.append(_row(_printed(block.printed_by, block.day)))
    return parse_xml(
        f"<w:tbl {nsdecls('w')}><w:tblPr>"
        '<w:tblpPr w:leftFromText="0" w:rightFromText="0" w:vertAnchor="margin" w:horzAnchor="page"'
        f' w:tblpX="{LEFT}" w:tblpYSpec="bottom"/><w:tblOverlap w:val="never"/>'
        f'<w:tblW w:w="{TEXT_WIDTH}" w:type="dxa"/><w:tblBorders>{rules}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="{TEXT_WIDTH}"/></w:tblGrid>{"".join(rows)}</w:tbl>'
    )


def _row(paragraph: str) -> str:
    return (
        f'<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr><w:tcW w:w="{TEXT_WIDTH}" w:type="dxa"/></w:tcPr>'
        f"{paragraph}</w:tc></w:tr>"
    )


def _listed(text: str) -> str:
    """抄送：and the names; lines that wrap stand below the first name."""
    hanging = round(width(text[: text.find("：") + 1]) * CHARACTER)
    left = LOOKS["imprint"].left
    return _paragraph(f'<w:snapToGrid w:val="0"/><w:ind w:left="{left + hanging}" w:hanging="{hanging}"/>', _run(text))


def _printed(name: str, day: str) -> str:
    """Who printed it at the left, when at the right."""
    right = TEXT_WIDTH - LOOKS["imprint"].right
    tab = f'<w:tabs><w:tab w:val="right" w:pos="{right}"/></w:tabs><w:snapToGrid w:val="0"/>'
    return _paragraph(tab, f"{_run(name)}<w:r><w:tab/></w:r>{_run(day)}")


def _paragraph(direct: str, runs: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="imprint"/>{direct}</w:pPr>{runs}</w:p>'


def _run(text: str) -> str:
    return f'<w:r><w:rPr>{fonts(FANGSONG)}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
