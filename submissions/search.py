"""Searching titles and texts for any two characters or more: what LIKE would find, without reading every item.

A text is kept as its overlapping pairs of characters (疫情防控: 疫情 情防 防控 控), so that words of Chinese, which
stand without spaces between them, are phrases of pairs. SQLite keeps them in an FTS5 table, PostgreSQL in a
tsvector under a GIN index; both find the same.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from django.db import connection
from django.db.models.expressions import RawSQL

TABLE = "submissions_words"  # made by migration 0006
PART = 8_000  # characters of a row: a tsvector tells no more than 16,383 places apart
PARTS = 16  # rows of an item at most, what is beyond is not searched; the key of a row is item * PARTS + part
BATCH = 500  # rows a statement
# ruff: noqa: S608, S611  the only names put into SQL are those above and below; what is asked for is a parameter
_RUN = re.compile(r"[^\W_]+")


def runs(text: str) -> list[str]:
    """The stretches of letters, digits and characters in a text, as they are compared."""
    return _RUN.findall(unicodedata.normalize("NFKC", text).lower())


def pairs(run: str) -> list[str]:
    """Each two neighbours of a stretch, and its last character alone, so that every character begins one."""
    return [run[i : i + 2] for i in range(len(run))]


def index(texts: Iterable[tuple[int, str]]) -> None:
    """Keep what is searched of items that are new here: their ids and texts."""
    vendor = connection.vendor
    place, written = WRITTEN[vendor]
    rows = (
        (item * PARTS + i, written(part)) for item, text in texts for i, part in enumerate(islice(_parts(text), PARTS))
    )
    with connection.cursor() as cursor:
        while batch := list(islice(rows, BATCH)):
            values = ", ".join([f"(%s, {place})"] * len(batch))
            cursor.execute(f"INSERT INTO {TABLE} ({KEY[vendor]}, pairs) VALUES {values}", list(chain(*batch)))


def reindex(item: int, text: str) -> None:
    """The same of one item, in place of what was kept before."""
    forget(item)
    index([(item, text)])


def forget(item: int) -> None:
    """An item is deleted, as drafts are."""
    first = item * PARTS
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {TABLE} WHERE {KEY[connection.vendor]} BETWEEN %s AND %s", [first, first + PARTS - 1]
        )


def items_with(run: str) -> RawSQL:
    """Ids of the items in which these characters stand one after another; of one of ``runs``."""
    condition, asked = ASKED[connection.vendor]
    return RawSQL(
        f"SELECT {KEY[connection.vendor]} / {PARTS} FROM {TABLE} WHERE {condition}",
        [asked(pairs(run)[:-1] or [run])],
    )


def _parts(text: str) -> Iterator[list[list[str]]]:
    """The stretches of a text as pairs, some thousand characters a part."""
    part: list[list[str]] = []
    length = 0
    for run in runs(text):
        for piece in (run[i : i + PART] for i in range(0, len(run), PART - 100)):
            if length + len(piece) > PART and part:
                yield part
                part, length = [], 0
            part.append(pairs(piece))
            length += len(piece)
    if part:
        yield part


def _as_tsvector(part: list[list[str]]) -> str:
    """A tsvector as it is written: each pair with its places, as many as one may have."""
    places: dict[str, list[int]] = {}
    for place, pair in enumerate(chain(*part), start=1):
        places.setdefault(pair, []).append(place)
    return " ".join(f"'{pair}':{','.join(map(str, at[:255]))}" for pair, at in places.items())


def _as_phrase(phrase: list[str]) -> str:
    return f'"{" ".join(phrase)}"' if len(phrase[0]) > 1 else f'"{phrase[0]}" *'


def _as_tsquery(phrase: list[str]) -> str:
    return " <-> ".join(f"'{pair}'" for pair in phrase) if len(phrase[0]) > 1 else f"'{phrase[0]}':*"


KEY = {"sqlite": "rowid", "postgresql": "id"}
WRITTEN: dict[str, tuple[str, Callable[[list[list[str]]], str]]] = {
    "sqlite": ("%s", lambda part: " ".join(chain(*part))),
    "postgresql": ("%s::tsvector", _as_tsvector),
}
ASKED = {
    "sqlite": (f"{TABLE} MATCH %s", _as_phrase),
    "postgresql": ("pairs @@ %s::tsquery", _as_tsquery),
}
