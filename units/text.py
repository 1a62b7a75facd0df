"""Cleaning of what people type, paste and import: characters that no file may hold go, look-alikes stay."""

import re
from collections.abc import Iterable

# Control characters, lone surrogates and non-characters crash the writers of Word and Excel files;
# zero-width and direction marks make two titles look the same that are not.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_SPACES = re.compile(r"\s+")
_HALF_WIDTH = str.maketrans("：，", ":,")
_FULL_WIDTH = str.maketrans(":,", "：，")


def fit(text: str) -> str:
    """Without characters that no file may hold or that cannot be seen; lines stay lines."""
    return _UNFIT.sub("", text)


def one_line(text: str) -> str:
    """A title or a name: without unfit characters, white space folded and trimmed."""
    return _SPACES.sub(" ", fit(text)).strip()


def key(name: str) -> str:
    """What names are compared by: ``one_line`` with full-width colons and commas read as half-width."""
    return one_line(name).translate(_HALF_WIDTH)


def row_id(text: str) -> int | None:
    """A row's id as it stands in an address or a form; None where it is none, or no database holds so large a one."""
    return int(text) if text.isdecimal() and len(text) < 18 else None


def row_ids(texts: Iterable[str]) -> list[int]:
    """Those of the texts that are ids, in their order."""
    return [found for text in texts if (found := row_id(text)) is not None]


def spellings(name: str) -> set[str]:
    """The ways in which a stored name may be written that has this key."""
    return {name, key(name), name.translate(_FULL_WIDTH)}
