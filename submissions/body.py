"""The text of an item: HTML with headings, lists, tables and pictures, and nothing that could harm or disguise.

It is cleaned when it comes in and again before it is shown; searching, counting and checking use its plain form.
"""

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Container, Mapping

import nh3

from units.text import fit

TAGS = {
    *("p", "br", "h2", "h3", "h4", "strong", "em", "u", "ul", "ol", "li", "blockquote"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    "img",  # only as the place of one of the item's own files
}
ATTRIBUTES = {
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "img": {"data-file"},
}
_BLOCK_ENDS = re.compile(r"(?:</p>)?</t[dh]>\s*</tr>|</(?:p|h[2-4]|li|blockquote|caption|tr|table)>|<br\s*/?>")
_CELL_ENDS = re.compile(r"(?:</p>)?</t[dh]>\s*(?=<t[dh])")
_PICTURE = re.compile(r'<img(?: data-file="([0-9]{1,18})")?>')
_EMPTY = re.compile(r"<p>(?:\s|<br>)*</p>")
_TAG = re.compile(r"<[^>]*>")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str, files: Container[int] = ()) -> str:
    """HTML with the tags of ``TAGS`` alone: no styles, scripts or links. Of pictures only the places of ``files``."""
    cleaned = nh3.clean(fit(text), tags=TAGS, attributes=ATTRIBUTES, url_schemes=set(), attribute_filter=_numbers_only)
    cleaned = _EMPTY.sub("", cleaned)
    return with_pictures(cleaned, lambda file: _place_of(file) if file in files else "").strip()


def with_pictures(text: str, shown: Callable[[int], str]) -> str:
    """Cleaned HTML with the place of each picture filled by what ``shown`` makes of its file's id."""
    return _PICTURE.sub(lambda match: shown(int(match[1])) if match[1] else "", text)


def _place_of(file: int) -> str:
    return f'<img data-file="{file}">'


def _numbers_only(tag: str, name: str, value: str) -> str | None:
    """A file's id, a span, a start: short numbers; a scope is one of four words."""
    return value if re.fullmatch(r"(?:row|col)(?:group)?" if name == "scope" else r"[0-9]{1,18}", value) else None


def from_plain(text: str) -> str:
    """HTML of what was typed into a plain box: a paragraph a line, empty lines left out."""
    lines = (line.strip("\u3000 \t\r") for line in fit(text).split("\n"))
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def plain(text: str) -> str:
    """The words of cleaned HTML: a line a paragraph, cells apart by a tab."""
    text = _BLOCK_ENDS.sub("\n", _CELL_ENDS.sub("\t", text))
    return _BLANK_LINES.sub("\n\n", html.unescape(_TAG.sub("", text))).strip()


def outline(text: str, captions: Mapping[int, str]) -> str:
    """The same, to be read beside another: cells in a row, and that there is a picture where one stands."""

    def shown(file: int) -> str:
        caption = html.escape(captions.get(file, ""))
        return f"<p>［图片：{caption}］</p>" if caption else "<p>［图片］</p>"

    return plain(with_pictures(text, shown)).replace("\t", " | ")


def length(text: str) -> int:
    """How many characters somebody would count in a plain text: without blanks."""
    return len(re.sub(r"\s", "", text))


def digest(title: str, text: str) -> str:
    """SHA-256 of the words of title and plain text, whatever their width, blanks and punctuation: equal for reposts."""
    words = unicodedata.normalize("NFKC", f"{title}\n{text}").casefold()
    kept = (character for character in words if unicodedata.category(character)[0] in "LN")
    return hashlib.sha256("".join(kept).encode("utf-8", "surrogatepass")).hexdigest()
