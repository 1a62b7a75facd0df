"""What a paragraph's style makes of it: a heading, a title, a caption; bold, large, centred; numbered."""

import re
from dataclasses import dataclass

from submissions.manuscripts.package import Element, W, is_on, number, value

_HEADING = re.compile(r"^(?:heading|标题)\s*([1-9])")
_NAMED = {
    "title": ("title", "标题"),
    "subtitle": ("subtitle", "副标题"),
    "caption": ("caption", "题注"),
}
_CONTENTS = re.compile(r"^(?:toc|目录)\s*\d|^toc heading$|^table of figures$")
DEEPEST = 20  # styles that are based on one another
BODY = 21  # half points: 五号, Word's own


@dataclass(frozen=True)
class Look:
    """A paragraph as it stands on the page. ``heading`` is its level or 0; ``size`` is in half points."""

    kind: str = ""
    heading: int = 0
    centred: bool = False
    size: int = BODY
    bold: bool = False
    hidden: bool = False
    list_id: str = ""
    level: int = 0


class Styles:
    """The styles of a file, each with what it inherits."""

    def __init__(self, part: Element) -> None:
        rows = part.findall(W + "style") if part is not None else []
        self.rows = {row.get(W + "styleId", ""): row for row in rows}
        plain = [row for row in rows if row.get(W + "default") in ("1", "true", "on")]
        self.plain = next((row.get(W + "styleId", "") for row in plain if row.get(W + "type") == "paragraph"), "")
        defaults = part.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr") if part is not None else None
        self.size = number(value(defaults, "sz"), BODY)
        self.looks: dict[str, Look] = {}

    def look(self, properties: Element) -> Look:
        """What a paragraph looks like by its style and its own properties."""
        name = value(properties, "pStyle") or self.plain
        if name not in self.looks:
            self.looks[name] = self._of_style(name)
        look = self.looks[name]
        return look if properties is None else _with(look, properties, None)

    def run(self, properties: Element, look: Look) -> Look:
        """What a run in such a paragraph looks like."""
        if properties is None:
            return look
        for row in reversed(self._chain(value(properties, "rStyle") or "")):
            look = _with(look, None, row.find(W + "rPr"))
        return _with(look, None, properties)

    def _of_style(self, name: str) -> Look:
        chain = self._chain(name)
        kind, heading = "", 0
        for row in chain:  # the style itself first
            told = (value(row, "name") or "").lower().strip()
            kind = kind or next((kind for kind, names in _NAMED.items() if told in names), "")
            kind = kind or ("contents" if _CONTENTS.match(told) else "")
            if not heading and (match := _HEADING.match(told)):
                heading = int(match[1])
        look = Look(kind=kind, heading=heading, size=self.size)
        for row in reversed(chain):
            look = _with(look, row.find(W + "pPr"), row.find(W + "rPr"))
        return look

    def _chain(self, name: str) -> list[Element]:
        """A style and those that it is based on."""
        found: list[Element] = []
        while name in self.rows and len(found) < DEEPEST:
            found.append(self.rows[name])
            name = value(self.rows[name], "basedOn") or ""
        return found


def _with(look: Look, paragraph: Element, run: Element) -> Look:
    """A look changed by properties of a paragraph and of its runs."""
    changed: dict[str, object] = {}
    if paragraph is not None:
        if (jc := value(paragraph, "jc")) is not None:
            changed["centred"] = jc == "center"
        outline = value(paragraph, "outlineLvl")
        if outline is not None:
            changed["heading"] = number(outline, 9) + 1 if number(outline, 9) < 9 else 0
        if (listed := paragraph.find(W + "numPr")) is not None:
            list_id = value(listed, "numId")
            if list_id is not None:
                changed["list_id"] = "" if list_id == "0" else list_id
            if (level := value(listed, "ilvl")) is not None:
                changed["level"] = number(level)
    if run is not None:
        for name, attribute in (("b", "bold"), ("vanish", "hidden")):
            if (on := is_on(run, name)) is not None:
                changed[attribute] = on
        if size := number(value(run, "sz")):
            changed["size"] = size
    return Look(**{**look.__dict__, **changed}) if changed else look
