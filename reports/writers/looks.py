"""How an official document looks on paper: the figures of GB/T 9704-2012, as styles of Word.

Lengths are in twips (a twentieth of a point; 567 are a centimetre), sizes in points. Between two paragraphs
either the first keeps a distance after it or the second before it, never both: programs differ in adding them up.
"""

from typing import Any, NamedTuple

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

PAGE = {"width": 11906, "height": 16838, "top": 2098, "left": 1588, "bottom": 1984, "right": 1474}
# A page on its side: what is at the left of an upright page, where sheets are bound, is at its top.
ON_ITS_SIDE = {"width": 16838, "height": 11906, "top": 1588, "left": 1984, "bottom": 1474, "right": 2098}
TEXT_WIDTH = PAGE["width"] - PAGE["left"] - PAGE["right"]
LINE = 579  # exactly 28.95 pt: 22 lines a page
CHARACTER = 315  # 16 pt less a quarter point: 28 characters a line
PAGE_NUMBER = 713  # from the text block to the bottom of the page number's line; the number's top is 7 mm below it
BASELINE = 0.8  # of a line's exact height stands above the baseline, in Word and in LibreOffice
TOP = 0.85  # of a font's size a Chinese character rises above the baseline
RED = "FF0000"
RULE, RULE_BELOW = 1.5, 5  # points: how thick, and how far below the line, which leaves some of the 4 mm itself

FANGSONG, TITLE_SONG, HEI, KAI, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
# What a machine without a font should take for it.
OTHER_NAMES = {FANGSONG: "仿宋", TITLE_SONG: "华文中宋", HEI: "SimHei", KAI: "楷体", SONG: "SimSun"}


class Look(NamedTuple):
    """A paragraph's style. ``first`` indents its first line by so many characters."""

    name: str
    font: str = FANGSONG
    size: float = 16
    align: str = "both"
    first: int = 0
    left: int = 0
    right: int = 0
    before: int = 0
    after: int = 0
    line: int = LINE
    colour: str = ""
    outline: int | None = None
    ruled: bool = False
    kept: bool = False

    @property
    def spacing(self) -> int:
        """What each character is moved closer to the next: body text stands 28 to a line."""
        return CHARACTER - 320 if self.size == 16 else 0


def head_line(size: float) -> int:
    """The line of a head of this size in points: the top of the line is the top of the characters."""
    return round(size * 20 * TOP / BASELINE)


HEAD_SIZE, MASTHEAD_SIZE = 48, 36
_HEAD = Look("发文机关标志", TITLE_SONG, HEAD_SIZE, "center", before=1984, after=2 * LINE, line=head_line(HEAD_SIZE))

LOOKS = {
    "head": _HEAD._replace(colour=RED),
    "head_space": _HEAD._replace(name="发文机关标志位置"),
    "masthead": Look(
        *("报头", TITLE_SONG, MASTHEAD_SIZE, "center"),
        after=2 * LINE,
        line=round(MASTHEAD_SIZE * 26),
        colour=RED,
        ruled=True,
    ),
    "number": Look("发文字号", align="center", after=2 * LINE, ruled=True),
    "number_plain": Look("发文字号无线", align="center", after=2 * LINE + round((RULE + RULE_BELOW) * 20)),
    "flag": Look("状态提示", KAI, align="center", after=LINE // 2),
    "title": Look("公文标题", TITLE_SONG, 22, "center", after=LINE, kept=True),
    "flush": Look("主送机关"),
    "body": Look("公文正文", first=2),
    "quote": Look("引文", KAI, first=2),
    "credit": Look("供稿单位", align="right"),
    "annex_list": Look("附件说明", align="left"),
    "sign": Look("落款", align="center", kept=True),
    "sign_day": Look("成文日期", align="center"),
    "annex_mark": Look("附件序号", HEI, align="left", after=LINE, kept=True),
    "annex_title": Look("附件标题", TITLE_SONG, 22, "center", after=LINE, kept=True),
    "note": Look("表注", size=12, line=400),
    "picture": Look("图片", align="center", before=LINE // 4),
    "caption": Look("图表说明", KAI, 14, "center", after=LINE // 4, line=480),
    "heading1": Look("heading 1", HEI, first=2, outline=0, kept=True),
    "heading2": Look("heading 2", KAI, first=2, outline=1, kept=True),
    "heading3": Look("heading 3", first=2, outline=2, kept=True),
    "heading4": Look("heading 4", first=2, outline=3, kept=True),
    "cell": Look("表格文字", size=12, align="left", line=360),
    "figure": Look("表格数字", size=12, align="center", line=360),
    "cell_head": Look("表头", HEI, 10.5, "center", line=300),
    "group_row": Look("表格类别", HEI, 12, "left", line=360, kept=True),
    "imprint": Look("版记", size=14, align="left", left=280, right=280, line=480),
    "nothing": Look("空", size=1, line=20),
    "page_odd": Look("页码单页", SONG, 14, "right", right=280),
    "page_even": Look("页码双页", SONG, 14, "left", left=280),
}

TABLE_SIZES = (12, 10.5, 9)


def smaller(key: str, points: float) -> str:
    """The key of a table's look at this size, or its own where it is no larger."""
    return f"{key}_{points * 2:.0f}" if points < LOOKS[key].size else key


LOOKS |= {
    smaller(key, points): LOOKS[key]._replace(name=f"{LOOKS[key].name}{points}", size=points, line=round(points * 30))
    for key in ("cell", "figure", "cell_head", "group_row")
    for points in TABLE_SIZES
    if points < LOOKS[key].size
}


def fonts(font: str) -> str:
    """The fonts of a run or a style; East Asian text follows only ``w:eastAsia``."""
    return f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}" w:cs="{font}"/>'


def size(points: float) -> str:
    """A size of letters, which Word counts in half points."""
    return f'<w:sz w:val="{points * 2:.0f}"/><w:szCs w:val="{points * 2:.0f}"/>'


def style(key: str, look: Look) -> Any:
    """The style of Word that a look is. Nothing widens the text where Chinese meets digits: 28 characters are 28."""
    rule = f'<w:bottom w:val="single" w:sz="{RULE * 8:.0f}" w:space="{RULE_BELOW}" w:color="{RED}"/>'
    outline = f'<w:outlineLvl w:val="{look.outline}"/>' if look.outline is not None else ""
    custom = "" if look.outline is not None else ' w:customStyle="1"'
    colour = f'<w:color w:val="{look.colour}"/>' if look.colour else ""
    free = "" if look.line == LINE and look.size <= 16 else '<w:snapToGrid w:val="0"/>'
    spacing = f'<w:spacing w:val="{look.spacing}"/>' if look.spacing else ""
    return parse_xml(
        f'<w:style {nsdecls("w")} w:type="paragraph"{custom} w:styleId="{key}"><w:name w:val="{look.name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{"<w:keepNext/>" if look.kept else ""}'
        f'<w:widowControl w:val="0"/>{f"<w:pBdr>{rule}</w:pBdr>" if look.ruled else ""}'
        '<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
        f'{free}<w:spacing w:before="{look.before}" w:after="{look.after}" w:line="{look.line}" w:lineRule="exact"/>'
        f'{_indent(look)}<w:jc w:val="{look.align}"/>{outline}</w:pPr>'
        f"<w:rPr>{fonts(look.font)}{colour}{spacing}{size(look.size)}</w:rPr></w:style>"
    )


def _indent(look: Look) -> str:
    """Of the first line Word takes the characters, LibreOffice the twips."""
    first = f'w:firstLineChars="{look.first * 100}" w:firstLine="{look.first * CHARACTER}"' if look.first else ""
    return f'<w:ind w:left="{look.left}" w:right="{look.right}" {first}/>'
