"""Similar items: what is found of ten thousand, what is found by mistake, and what a look-up costs among ten times as
many.

Run alone on the database of the environment: ``python -m benchmarks.similar``.
"""

import datetime
import os
import time
from collections.abc import Callable, Iterator
from itertools import count, islice

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()

from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from benchmarks import sql
from benchmarks.news import Event, Newsroom
from benchmarks.rounds import ROUNDS, alternate, percent, rate, ratio, size
from submissions import similar
from submissions.models import Item, Revision
from submissions.similarity import Piece
from submissions.states import State
from units.models import Account, Membership, Office, Role, RosterGroup, RosterLine, Unit

SMALL, LARGE = 10_000, 100_000
ASKED = 200  # look-ups a kind of edit
UNITS = 100
DAY = datetime.date(2020, 6, 30)
DAYS = 180  # over which the items were received
BATCH = 2_000


class Desk:
    """An office with so many items that went out, and an editor."""

    def __init__(self, items: int) -> None:
        code = f"similar{items}"
        self.office = Office.objects.create(code=code, name=code, unit=Unit.objects.create(name=code))
        group = RosterGroup.objects.create(office=self.office, name="各市教育局", order=1)
        units = Unit.objects.bulk_create([Unit(name=f"{code}第{n}局") for n in range(UNITS)])
        since = datetime.date(2020, 1, 1)
        RosterLine.objects.bulk_create(
            RosterLine(office=self.office, unit=unit, group=group, name=unit.name, order=n, since=since)
            for n, unit in enumerate(units)
        )
        self.editor = Account.objects.create_user(code, None, name="编辑", demonstration=True)
        Membership.objects.create(account=self.editor, unit=self.office.unit, role=Role.EDITOR)
        self.room = Newsroom(items)
        self.kept: list[tuple[Item, Event, Piece]] = []  # one in a few, to be asked for
        self.turn = count()
        begin = time.perf_counter()
        number = 0
        while batch := list(islice(self._news(items - number), BATCH)):
            self._store(batch, units, number, items)
            number += len(batch)
        self.seconds = time.perf_counter() - begin

    def _news(self, number: int) -> Iterator[tuple[Event, Piece]]:
        for _ in range(number):
            event = self.room.event()
            yield event, Piece(self.room.title(event), self.room.text(event))

    def _store(self, batch: list[tuple[Event, Piece]], units: list[Unit], first: int, items: int) -> None:
        made = Item.objects.bulk_create(
            Item(
                office=self.office,
                unit=units[(first + n) % UNITS],
                number=f"{first + n:06d}",
                title=piece.title,
                state=State.SUBMITTED,
                received_on=DAY - datetime.timedelta(days=DAYS - (first + n) * DAYS // items),
            )
            for n, (_, piece) in enumerate(batch)
        )
        rows = list(zip(made, batch, strict=True))
        Revision.objects.bulk_create(
            Revision(item=item, number=1, title=piece.title, text=piece.text, sent_at=item.waits_since)
            for item, (_, piece) in rows
        )
        similar.index((self.office.pk, item.pk, piece) for item, (_, piece) in rows)
        self.kept += [(item, event, Piece(piece.title, piece.text)) for item, (event, piece) in rows[:: items // 2_000]]

    def find(self, piece: Piece, but: int | None = None) -> list[similar.Similar]:
        return similar.like(piece, self.office, self.editor, day=DAY, but=but)

    def look(self) -> None:
        """A look-up as the editor's page makes it, of one item after another."""
        item, _, piece = self.kept[7 * next(self.turn) % len(self.kept)]
        self.find(Piece(piece.title, piece.text), item.pk)


EDITS: list[tuple[str, float, Callable[[Newsroom, Event, Piece], Piece]]] = [
    ("the same text", 100, lambda room, event, piece: Piece(piece.title, piece.text.replace("，", ","))),
    ("only the title is another", 100, lambda room, event, piece: Piece(room.title(room.event()), piece.text)),
    ("10 % of its characters", 99, lambda room, event, piece: Piece(piece.title, room.scattered(piece.text, 0.1))),
    ("25 % of its characters", 98, lambda room, event, piece: Piece(piece.title, room.scattered(piece.text, 0.25))),
    (
        "10 % of its sentences",
        99,
        lambda room, event, piece: Piece(piece.title, room.rewritten(piece.text, event.theme, 0.1)),
    ),
    (
        "25 % of its sentences",
        98,
        lambda room, event, piece: Piece(piece.title, room.rewritten(piece.text, event.theme, 0.25)),
    ),
    ("a quarter of it", 95, lambda room, event, piece: Piece(room.title(event), piece.text[: len(piece.text) // 4])),
    (
        "another unit's words, three sentences shared",
        95,
        lambda room, event, piece: Piece(room.title(event), room.retold(event, piece.text, 3)),
    ),
    (
        "another unit's words, names, days and figures shared",
        90,
        lambda room, event, piece: Piece(room.title(event), room.retold(event, piece.text, 0)),
    ),
]


def measure() -> None:
    """What is found, what by mistake, what it costs."""
    small, large = Desk(SMALL), Desk(LARGE)
    sql.settle()
    for desk, items in ((small, SMALL), (large, LARGE)):
        recall(desk, items)
    rows, taken = stored()
    size("traces an item", [rows / (SMALL + LARGE)], 80)
    size("bytes an item that they take", [taken / (SMALL + LARGE)], 6_000)
    rate("items indexed a second, with their texts written", LARGE, [large.seconds], 500)
    of_large, of_small = alternate(large.look, small.look, times=20)
    ratio(f"a look-up among {LARGE:,} items : among {SMALL:,}", of_large, of_small, 1.5)
    size(f"ms of database of a look-up among {LARGE:,}", [database_ms(large) for _ in range(ROUNDS)], 20)


def recall(desk: Desk, items: int) -> None:
    """Percent of the edited texts whose item is found, and of others' items told of by mistake."""
    asked = desk.kept[:: max(len(desk.kept) // ASKED, 1)][:ASKED]
    for name, aim, edited in EDITS:
        hits = 0
        for item, event, piece in asked:
            hits += item.pk in {one.item.pk for one in desk.find(edited(desk.room, event, piece))}
        percent(f"found among {items:,}: {name}", 100 * hits / len(asked), aim)
    mistaken = sum(bool(desk.find(piece, item.pk)) for item, _, piece in asked)
    size(f"percent of {items:,} that have a false alarm", [100 * mistaken / len(asked)], 5)


def database_ms(desk: Desk, times: int = 20) -> float:
    """Milliseconds in the database of a look-up, the mean of so many."""
    with CaptureQueriesContext(connection) as captured:
        for _ in range(times):
            desk.look()
    return 1000 * sum(float(query["time"]) for query in captured.captured_queries) / times


def stored() -> tuple[int, int]:
    """Rows of traces in all, and bytes with their index."""
    rows = sql.fetched((f"SELECT count(*) FROM {similar.TABLE}", []))[0][0]
    if connection.vendor == "postgresql":
        return rows, sql.fetched((f"SELECT pg_total_relation_size('{similar.TABLE}')", []))[0][0]
    try:
        return rows, sql.fetched(("SELECT sum(pgsize) FROM dbstat WHERE name = %s", [similar.TABLE]))[0][0]
    except DatabaseError:
        return rows, 0  # this SQLite does not tell


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    measure()
