"""What is like an item among those that went out: the traces of each are kept, and lead to what is worth comparing.

A trace (``similarity.sketch``) is a row of office and sum, shelf, and item, the same on each database. An item lies on
its office's shelf, on that of each of its units, and passed for publication on one that is everybody's: so whoever asks
is led to what they may see, and what they may not takes nobody's place. A look-up reads the newest few items of each of
its own traces, however many have it, so it costs the same in a small and in a large collection; what few have weighs
most. The best of those are then compared as they read today: a trace that an earlier text left leads nowhere.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice, product
from math import log
from typing import Any

from django.conf import settings
from django.db import connection

from submissions.models import Item, Review, ReviewStage, Revision
from submissions.similarity import Likeness, Piece, Thresholds, common, compare, sketch
from units.models import Account, Office, Role

TABLE = "submissions_traces"  # made by migration 0010
OFFICE, PUBLISHED = 0, -1  # the shelves that are no unit's
NEWEST = 40  # items that are looked at of each trace
NAMED = 160  # items that the traces name first; of those some were withdrawn, or are no longer published
COMPARED = 40  # items whose texts are read and compared
SHOWN = 8
BATCH = 20_000  # rows a statement
AT_ONCE = 500  # items whose traces are kept anew
SELECTS = 400  # in one statement; SQLite takes 500
# ruff: noqa: S608  the only name put into SQL is that above; the rest are parameters


@dataclass(frozen=True, slots=True)
class Similar:
    """An item that is like another, and how."""

    item: Item
    likeness: Likeness


def index(pieces: Iterable[tuple[int, int, Collection[int], Piece]]) -> None:
    """Keep the traces of what went out: ids of office, item and the item's units, and the text."""
    _put((office, item, {OFFICE, *units}, piece) for office, item, units, piece in pieces)


def publish(pieces: Iterable[tuple[int, int, Piece]]) -> None:
    """Let the traces of what was passed for publication lead everybody there: ids of office and item, and the text."""
    _put((office, item, {PUBLISHED}, piece) for office, item, piece in pieces)


def index_all() -> int:
    """Keep the traces of all that went out, and return of how many items. What has them keeps them."""
    items = Item.objects.filter(number__isnull=False).order_by("pk")
    number = last = 0
    while several := list(items.filter(pk__gt=last).prefetch_related("shares")[:AT_ONCE]):
        texts = texts_of([item.pk for item in several])
        pieces = {item.pk: Piece(*texts.get(item.pk, (item.title, ""))) for item in several}
        index((i.office_id, i.pk, {i.unit_id, *(s.unit_id for s in i.shares.all())}, pieces[i.pk]) for i in several)
        cleared = Review.objects.filter(revision__item__in=pieces, stage=ReviewStage.BEFORE_PUBLICATION, passed=True)
        passed = set(cleared.values_list("revision__item", flat=True))
        publish((item.office_id, item.pk, pieces[item.pk]) for item in several if item.pk in passed)
        number, last = number + len(several), several[-1].pk
    return number


def _put(pieces: Iterable[tuple[int, int, Collection[int], Piece]]) -> None:
    rows = (
        (_key(office, trace), shelf, item)
        for office, item, shelves, piece in pieces
        for trace in sketch(piece)
        for shelf in shelves
    )
    with connection.cursor() as cursor:
        while batch := sorted(islice(rows, BATCH)):  # in the order of the table
            PUT[connection.vendor](cursor, batch)


def _key(office: int, trace: int) -> int:
    """Offices are walls: each has its own traces."""
    return office << 32 | trace


def like(
    piece: Piece, office: Office, account: Account, *, day: datetime.date, but: int | None = None
) -> list[Similar]:
    """The items like this text that the account may compare it with, the most alike first.

    Those received within ``SIMILAR_DAYS`` of ``day``; ``but`` is the item whose text it is.
    """
    named = [item for item in named_by(office.pk, sketch(piece), shelves_of(account, office)) if item != but]
    days = datetime.timedelta(days=settings.SIMILAR_DAYS)
    may = Item.objects.comparable_by(account, office).filter(received_on__range=(day - days, day + days))
    found = may.select_related("unit", "office").in_bulk(named)
    near = [pk for pk in named if pk in found][:COMPARED]
    texts = texts_of(near)
    pieces = {pk: Piece(*texts[pk]) for pk in near if pk in texts}
    limits = thresholds()
    usual = common(piece, list(pieces.values()), limits.copied)
    likenesses = ((pk, compare(piece, other, limits, usual)) for pk, other in pieces.items())
    similar = [Similar(found[pk], likeness) for pk, likeness in likenesses if likeness]
    return sorted(similar, key=lambda one: (*one.likeness.order, -one.item.pk))[:SHOWN]


def thresholds() -> Thresholds:
    """From where on this site tells two items as alike."""
    return Thresholds(**settings.SIMILAR)


def shelves_of(account: Account, office: Office) -> list[int]:
    """Where what this account may compare lies."""
    if account.works_at(office):
        return [OFFICE]
    return [PUBLISHED, *sorted(account.units_with(Role.OFFICER, Role.SIGNER))]


def named_by(office: int, traces: list[int], shelves: list[int]) -> list[int]:
    """Ids of the items on these shelves that these traces name, those first that share most of what few have."""
    if not traces:
        return []
    with connection.cursor() as cursor:
        rows = sorted(set(ASKED[connection.vendor](cursor, [_key(office, trace) for trace in traces], shelves)))
    weight: Counter[int] = Counter()
    for _, having in groupby(rows, key=lambda row: row[0]):
        items = [item for _, item in having][-NEWEST:]
        weight.update(dict.fromkeys(items, round(1000 * log(2 * NEWEST / len(items)))))
    return sorted(weight, key=lambda item: (-weight[item], -item))[:NAMED]


def texts_of(items: list[int]) -> dict[int, tuple[str, str]]:
    """Title and text of what went out last of each."""
    sent = Revision.objects.filter(item__in=items, sent_at__isnull=False).order_by("item", "number")
    return {item: (title, text) for item, title, text in sent.values_list("item", "title", "text")}


def _put_one_by_one(cursor: Any, rows: list[tuple[int, int, int]]) -> None:
    cursor.executemany(f"INSERT INTO {TABLE} (trace, shelf, item) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", rows)


def _put_together(cursor: Any, rows: list[tuple[int, int, int]]) -> None:
    columns = "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])"
    statement = f"INSERT INTO {TABLE} (trace, shelf, item) {columns} ON CONFLICT DO NOTHING"
    cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _ask_one_by_one(cursor: Any, keys: list[int], shelves: list[int]) -> Iterator[tuple[int, int]]:
    found = f"SELECT trace, item FROM {TABLE} WHERE trace = %s AND shelf = %s ORDER BY item DESC LIMIT {NEWEST}"
    pairs = product(keys, shelves)
    while asked := list(islice(pairs, SELECTS)):
        cursor.execute(" UNION ALL ".join([f"SELECT * FROM ({found})"] * len(asked)), list(chain.from_iterable(asked)))
        yield from cursor.fetchall()


def _ask_laterally(cursor: Any, keys: list[int], shelves: list[int]) -> list[tuple[int, int]]:
    found = f"SELECT item FROM {TABLE} WHERE trace = asked AND shelf = here ORDER BY item DESC LIMIT {NEWEST}"
    both = "unnest(%s::bigint[]) asked, unnest(%s::bigint[]) here"
    cursor.execute(f"SELECT asked, item FROM {both}, LATERAL ({found}) found", [keys, shelves])
    return cursor.fetchall()


PUT = {"sqlite": _put_one_by_one, "postgresql": _put_together}
ASKED = {"sqlite": _ask_one_by_one, "postgresql": _ask_laterally}
