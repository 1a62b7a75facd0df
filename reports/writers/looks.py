"""How an official document looks on paper: the figures of GB/T 9704-2012, as styles of Word.

Lengths are in twips (a twentieth of a point), indents in hundredths of a character.
"""

from typing import Any, NamedTuple

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

PAGE = {"width": 11906, "height": 16838, "top": 2098, "left": 1588, "bottom": 1984, "right": 1474}
TEXT_WIDTH = PAGE["width"] - PAGE["left"] - PAGE["right"]
LINE = 579  # exactly 28.95 pt: 22 lines a page
RED = "D40000"

FANGSONG, TITLE_SONG, HEI, KAI, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"


class Look(NamedTuple):
    """A paragraph's style. ``size`` in points; ``tight`` puts 28 characters on a line of the body."""

    name: str
    font: str = FANGSONG
    size: float = 16
    align: str = "both"
    first: int = 0
    left: int = 0
    hanging: int = 0
    right: int = 0
    before: int = 0
    after: int = 0
    line: int = LINE
    colour: str = ""
    outline: int | None = None
    ruled: bool = False
    kept: bool = False
    tight: bool = False


LOOKS = {
    "head": Look("发文机关", TITLE_SONG, 48, "center", before=1984, after=2 * LINE, line=1200, colour=RED, ruled=True),
    "flag": Look("状态提示", KAI, 16, "center", after=LINE // 2),
    "title": Look("公文标题", TITLE_SONG, 22, "center", after=LINE, line=660, kept=True),
    "flush": Look("主送机关", tight=True),
    "body": Look("公文正文", first=200, tight=True),
    "annex_list": Look("附件说明", left=600, hanging=400, before=LINE, align="left"),
    "annex_more": Look("附件说明续", left=600, hanging=100, align="left"),
    "sign": Look("落款", align="center", left=1000, right=400, before=2 * LINE),
    "annex_mark": Look("附件序号", HEI, align="left", kept=True),
    "annex_title": Look("附件标题", TITLE_SONG, 22, "center", before=LINE, after=LINE, line=660, kept=True),
    "note": Look("表注", size=12, line=400),
    "heading1": Look("heading 1", HEI, first=200, outline=0, kept=True),
    "heading2": Look("heading 2", KAI, first=200, outline=1, kept=True),
    "cell": Look("表格文字", size=12, align="left", line=360),
    "figure": Look("表格数字", size=12, align="center", line=360),
    "cell_head": Look("表头", HEI, 10.5, "center", line=300),
    "group_row": Look("表格类别", HEI, 12, "left", line=360, kept=True),
    "page_odd": Look("页码单页", SONG, 14, "right", right=100),
    "page_even": Look("页码双页", SONG, 14, "left", left=100),
}


def fonts(font: str) -> str:
    """The fonts of a run or a style; East Asian text follows only ``w:eastAsia``."""
    return f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}" w:cs="{font}"/>'


def style(key: str, look: Look) -> Any:
    """The style of Word that a look is."""
    rule = f'<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="12" w:color="{RED}"/></w:pBdr>' if look.ruled else ""
    outline = f'<w:outlineLvl w:val="{look.outline}"/>' if look.outline is not None else ""
    free = '<w:snapToGrid w:val="0"/>' if look.line != LINE else ""
    kept, size = "<w:keepNext/>" if look.kept else "", f"{look.size * 2:.0f}"
    custom = "" if look.outline is not None else ' w:customStyle="1"'
    return parse_xml(
        f'<w:style {nsdecls("w")} w:type="paragraph"{custom} w:styleId="{key}"><w:name w:val="{look.name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{kept}<w:widowControl w:val="0"/>{rule}{free}'
        f'<w:spacing w:before="{look.before}" w:after="{look.after}" w:line="{look.line}" w:lineRule="exact"/>'
        f'{_indent(look)}<w:jc w:val="{look.align}"/>{outline}</w:pPr>'
        f"<w:rPr>{fonts(look.font)}{_colour(look)}{_tightness(look)}"
        f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>'
    )


def _indent(look: Look) -> str:
    """Word takes the characters, LibreOffice the twips."""
    twips = look.size * 20 / 100
    found = (("firstLine", look.first), ("left", look.left), ("hanging", look.hanging), ("right", look.right))
    texts = (f'w:{name}Chars="{chars}" w:{name}="{chars * twips:.0f}"' for name, chars in found if chars)
    return f"<w:ind {' '.join(texts)}/>"


def _colour(look: Look) -> str:
    return f'<w:color w:val="{look.colour}"/>' if look.colour else ""


def _tightness(look: Look) -> str:
    return '<w:spacing w:val="-5"/>' if look.tight else ""
