"""The text of an item: HTML with headings, lists, tables and pictures, and nothing that could harm or disguise.

It is cleaned when it comes in and again before it is shown; searching, counting and checking use its plain form.
"""

import hashlib
import html
import re
import unicodedata

import nh3

from units.text import fit

TAGS = {
    *("p", "br", "h2", "h3", "h4", "strong", "em", "u", "ul", "ol", "li", "blockquote"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}, "ol": {"start"}}
_BLOCK_ENDS = re.compile(r"</(?:p|h[2-4]|li|blockquote|caption|tr|table)>|<br\s*/?>")
_CELL_ENDS = re.compile(r"</t[dh]>\s*(?=<t[dh])")
_TAG = re.compile(r"<[^>]*>")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """HTML with the tags of ``TAGS`` alone: no styles, scripts, links or pictures from elsewhere."""
    return nh3.clean(fit(text), tags=TAGS, attributes=ATTRIBUTES, url_schemes=set()).strip()


def from_plain(text: str) -> str:
    """HTML of what was typed into a plain box: a paragraph a line, empty lines left out."""
    lines = (line.strip("\u3000 \t\r") for line in fit(text).split("\n"))
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def plain(text: str) -> str:
    """The words of cleaned HTML: a line a paragraph, cells apart by a tab."""
    text = _BLOCK_ENDS.sub("\n", _CELL_ENDS.sub("\t", text))
    return _BLANK_LINES.sub("\n\n", html.unescape(_TAG.sub("", text))).strip()


def length(text: str) -> int:
    """How many characters somebody would count in a plain text: without blanks."""
    return len(re.sub(r"\s", "", text))


def digest(title: str, text: str) -> str:
    """SHA-256 of the words of title and plain text, whatever their width, blanks and punctuation: equal for reposts."""
    words = unicodedata.normalize("NFKC", f"{title}\n{text}").casefold()
    kept = (character for character in words if unicodedata.category(character)[0] in "LN")
    return hashlib.sha256("".join(kept).encode("utf-8", "surrogatepass")).hexdigest()
