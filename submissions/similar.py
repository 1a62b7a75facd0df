"""What is like an item among those that went out: the traces of each are kept, and lead to what is worth comparing.

A trace (``similarity.sketch``) is a row of office, sum and item, the same on each database. A look-up reads the newest
few items of each of its own traces, however many have it, so it costs the same in a small and in a large collection;
what few have weighs most. The best of those are then compared as they read today: a trace that an earlier text left
leads nowhere.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice
from math import log
from typing import Any

from django.conf import settings
from django.db import connection

from submissions.models import Item, Revision
from submissions.similarity import Likeness, Piece, common, compare, sketch
from units.models import Account, Office

TABLE = "submissions_traces"  # made by migration 0010
NEWEST = 40  # items that are looked at of each trace
NAMED = 160  # items that the traces name first; of those whoever asks may see not all
COMPARED = 40  # items whose texts are read and compared
SHOWN = 8
BATCH = 2_000  # rows a statement
# ruff: noqa: S608  the only name put into SQL is that above; the rest are parameters


@dataclass(frozen=True, slots=True)
class Similar:
    """An item that is like another, and how."""

    item: Item
    likeness: Likeness


def index(pieces: Iterable[tuple[int, int, Piece]]) -> None:
    """Keep the traces of what went out: ids of office and item, and the text."""
    rows = ((_key(office, trace), item) for office, item, piece in pieces for trace in sketch(piece))
    with connection.cursor() as cursor:
        for batch in _batches(rows):
            values = ", ".join(["(%s, %s)"] * len(batch))
            statement = f"INSERT INTO {TABLE} (trace, item) VALUES {values} ON CONFLICT DO NOTHING"
            cursor.execute(statement, list(chain.from_iterable(batch)))


def _batches(rows: Iterator[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Rows a statement, in the order of the table."""
    while batch := sorted(islice(rows, BATCH)):
        yield batch


def _key(office: int, trace: int) -> int:
    """Offices are walls: each has its own traces."""
    return office << 32 | trace


def like(
    piece: Piece, office: Office, account: Account, *, day: datetime.date, but: int | None = None
) -> list[Similar]:
    """The items like this text that the account may compare it with, the most alike first.

    Those received within ``SIMILAR_DAYS`` of ``day``; ``but`` is the item whose text it is.
    """
    named = [item for item in named_by(office.pk, sketch(piece)) if item != but]
    days = datetime.timedelta(days=settings.SIMILAR_DAYS)
    may = Item.objects.comparable_by(account, office).filter(received_on__range=(day - days, day + days))
    found = may.select_related("unit", "office").in_bulk(named)
    near = [pk for pk in named if pk in found][:COMPARED]
    texts = texts_of(near)
    pieces = {pk: Piece(*texts[pk]) for pk in near if pk in texts}
    usual = common(piece, list(pieces.values()))
    likenesses = ((pk, compare(piece, other, usual)) for pk, other in pieces.items())
    similar = [Similar(found[pk], likeness) for pk, likeness in likenesses if likeness]
    return sorted(similar, key=lambda one: (*one.likeness.order, -one.item.pk))[:SHOWN]


def named_by(office: int, traces: list[int]) -> list[int]:
    """Ids of the items that these traces name, those first that share most of what few have."""
    if not traces:
        return []
    keys = [_key(office, trace) for trace in traces]
    with connection.cursor() as cursor:
        statement, asked = ASKED[connection.vendor](keys)
        cursor.execute(statement, asked)
        rows = sorted(cursor.fetchall())
    weight: Counter[int] = Counter()
    for _, having in groupby(rows, key=lambda row: row[0]):
        items = [item for _, item in having]
        weight.update(dict.fromkeys(items, round(1000 * log(2 * NEWEST / len(items)))))
    return sorted(weight, key=lambda item: (-weight[item], -item))[:NAMED]


def texts_of(items: list[int]) -> dict[int, tuple[str, str]]:
    """Title and text of what went out last of each."""
    sent = Revision.objects.filter(item__in=items, sent_at__isnull=False).order_by("item", "number")
    return {item: (title, text) for item, title, text in sent.values_list("item", "title", "text")}


def _one_by_one(keys: list[int]) -> tuple[str, list[Any]]:
    one = f"SELECT * FROM (SELECT trace, item FROM {TABLE} WHERE trace = %s ORDER BY item DESC LIMIT {NEWEST})"
    return " UNION ALL ".join([one] * len(keys)), keys


def _laterally(keys: list[int]) -> tuple[str, list[Any]]:
    newest = f"SELECT item FROM {TABLE} WHERE trace = asked ORDER BY item DESC LIMIT {NEWEST}"
    return f"SELECT asked, item FROM unnest(%s::bigint[]) asked, LATERAL ({newest}) found", [keys]


ASKED = {"sqlite": _one_by_one, "postgresql": _laterally}
