"""The parts of a Word file: what is where in it, read with a parser that fetches and expands nothing."""

import io
import posixpath
import zipfile
from typing import Any

from lxml import etree

from submissions.inspection import MEGABYTE, SAVE_AGAIN, Unfit

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MOST_XML = 12 * MEGABYTE  # of one part that is read as a tree
UNREADABLE = f"文件里有一部分读不懂，可能已经损坏。{SAVE_AGAIN}"
# The strict form of the standard says the same under other names.
_STRICT = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": W[1:-1].encode(),
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": R[1:-1].encode(),
    b"http://purl.oclc.org/ooxml/drawingml/": b"http://schemas.openxmlformats.org/drawingml/2006/",
}
Element = Any  # of lxml, which has no types


def local(element: Element) -> str:
    """An element's name without its namespace; of a comment or an instruction, which is none, nothing."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def value(parent: Element, name: str, attribute: str = "val") -> str | None:
    """What a child such as ``<w:jc w:val="center"/>`` says; None where there is none, empty where it says nothing."""
    child = parent.find(W + name) if parent is not None else None
    return None if child is None else child.get(W + attribute, "")


def is_on(parent: Element, name: str) -> bool | None:
    """Whether a child such as ``<w:b/>`` switches something on or off; None where it is not there."""
    told = value(parent, name)
    return None if told is None else told not in ("0", "false", "off", "none")


def number(text: str | None, default: int = 0) -> int:
    """A whole number as Word writes it; anything else is ``default``."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else default


class Package:
    """A Word file that ``inspection`` has let pass. Raises Unfit where it cannot be read."""

    def __init__(self, content: bytes) -> None:
        self.archive = zipfile.ZipFile(io.BytesIO(content))
        self.names = {name.lower(): name for name in self.archive.namelist()}
        self.main = next(iter(self.targets("", "officeDocument")), "word/document.xml")
        self.related = self._relations(self.main)

    def part(self, kind: str) -> Element:
        """The tree of the part to which the text stands in this relation; None where there is none."""
        found = self.targets(self.main, kind)
        return self.tree(found[0]) if found else None

    def parts(self, kind: str) -> list[Element]:
        """The same of all of them."""
        trees = (self.tree(name) for name in self.targets(self.main, kind))
        return [tree for tree in trees if tree is not None]

    def targets(self, source: str, kind: str) -> list[str]:
        return [target for told, target in self._relations(source).values() if told == kind]

    def media(self, relation: str | None, source: str = "") -> bytes | None:
        """The content to which a relation of the text, or of another part, leads."""
        related = self._relations(source) if source else self.related
        _, name = related.get(relation or "", ("", ""))
        return self._read(name)

    def tree(self, name: str) -> Element:
        content = self._read(name)
        if content is None:
            return None
        if len(content) > MOST_XML:
            raise Unfit("文字和表格太多，来不及读。请拆成几个文件再导入。")
        for strict, usual in _STRICT.items():
            content = content.replace(strict, usual)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            return etree.fromstring(content, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise Unfit(UNREADABLE) from error

    def _relations(self, source: str) -> dict[str, tuple[str, str]]:
        """Of each relation of a part its kind and where it leads within the file."""
        folder, _, own = source.rpartition("/")
        rels = self.tree(posixpath.join(folder, "_rels", f"{own}.rels"))
        found = {}
        for row in rels if rels is not None else []:
            if row.get("TargetMode", "").lower() != "external":
                target = posixpath.normpath(posixpath.join("/", folder, row.get("Target", "")))
                found[row.get("Id", "")] = (row.get("Type", "").rpartition("/")[2], target.lstrip("/"))
        return found

    def _read(self, name: str) -> bytes | None:
        stored = self.names.get(name.lower())
        if stored is None:
            return None
        try:
            return self.archive.read(stored)
        except Exception as error:  # zipfile and zlib tell of a broken member in a dozen ways
            raise Unfit(UNREADABLE) from error
