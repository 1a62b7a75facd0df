"""What of a Word file could not be taken over, or only in another way: a sentence a kind, with its places."""

from dataclasses import dataclass, field

from submissions.manuscripts.blocks import Paragraph

PLACES = 3  # that a sentence names
QUOTED = 14  # characters of a place

SENTENCES = {
    "untitled": "没有认出标题，先用了第一句，请改",
    "box": "文本框里的文字放进了正文，排在它所在段落的后面",
    "note": "脚注、尾注改成了正文里括号中的“注”",
    "comment": "批注没有带过来",
    "revision": "有修订痕迹，按全部接受处理：加的留下，删的去掉",
    "formula": "公式没有带过来，那里写着“〔公式〕”，请自己补上",
    "chart": "图表没有带过来，可以截成图片再添加",
    "smartart": "SmartArt 图形没有带过来，可以截成图片再添加",
    "art": "艺术字没有带过来",
    "shape": "线条、形状等图形没有带过来",
    "object": "嵌入的对象没有带过来",
    "floating": "浮动的图片放在了它所在的段落旁边",
    "recoded": "GIF、BMP、TIFF 等图片转成了 PNG",
    "format": "EMF、WMF 等格式的图片没有带过来，请截成图片再添加",
    "broken": "图片打不开，没有带过来",
    "many": "图片太多，一条信息最多 30 个附件，后面的没有带过来",
    "header": "页眉页脚没有带过来",
    "link": "链接没有带过来，文字留着",
    "hidden": "隐藏的文字没有带过来",
    "contents": "目录没有带过来",
    "nested": "表格里套着的表格改成了文字",
    "symbol": "认不出的特殊符号没有带过来",
}


@dataclass
class Losses:
    """Kinds of losses, each with the paragraphs where it happened or words that name its place."""

    places: dict[str, list[Paragraph | str]] = field(default_factory=dict)

    def note(self, kind: str, place: Paragraph | str = "") -> None:
        self.places.setdefault(kind, []).append(place)

    def sentences(self, paragraphs: list[Paragraph]) -> list[str]:
        """A sentence a kind. ``paragraphs`` stand in order: a place without words is named by those before it."""
        before: dict[int, str] = {}
        last = ""
        for paragraph in paragraphs:
            before[id(paragraph)] = last
            last = paragraph.text or last
        return [self._sentence(kind, places, before) for kind, places in self._in_order()]

    def _in_order(self) -> list[tuple[str, list[Paragraph | str]]]:
        return [(kind, self.places[kind]) for kind in SENTENCES if kind in self.places]

    def _sentence(self, kind: str, places: list[Paragraph | str], before: dict[int, str]) -> str:
        named = [told for place in places if (told := _told(place, before))]
        shown = list(dict.fromkeys(named))
        text = SENTENCES[kind] + (f"（{len(places)} 处）" if len(places) > 1 else "")
        if shown:
            text += f"：{'、'.join(shown[:PLACES])}{'等处' if len(shown) > PLACES else ''}"
        return text + "。"


def _told(place: Paragraph | str, before: dict[int, str]) -> str:
    if isinstance(place, str):
        return f"“{_short(place)}”" if place else ""
    if place.text:
        return f"“{_short(place.text)}”一段"
    earlier = before.get(id(place), "")
    return f"“{_short(earlier)}”之后" if earlier else "开头"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else f"{line[:QUOTED]}…"
