"""The figures on one database, that of the environment: ``python -m benchmarks.figures WORKBOOK``."""

import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import NoReverseMatch, reverse  # noqa: E402

from benchmarks import books, desk, documents, page, queue, roster, similar, sql  # noqa: E402
from benchmarks.rounds import ROUNDS, alternate, rate, ratio, seconds  # noqa: E402
from scoring import ledger  # noqa: E402
from scoring.counting import count  # noqa: E402
from scoring.models import ScoreEntry  # noqa: E402
from scoring.standings import live  # noqa: E402
from submissions import intake  # noqa: E402
from submissions.models import Item, Period  # noqa: E402
from submissions.moves import record_past  # noqa: E402
from submissions.sheets import COLUMNS  # noqa: E402
from units import workbook  # noqa: E402
from units.models import Account, Office  # noqa: E402

IMPORT_QUARTERS = 4  # 100,000 items
IMPORT_ROUNDS = 3
IMPORT_SECONDS = 150  # no further round begins after that: on PostgreSQL executemany alone takes a minute


def main(path: Path) -> None:
    begin = time.monotonic()
    version = ".".join(map(str, connection.Database.sqlite_version_info if connection.vendor == "sqlite" else ()))
    call_command("migrate", verbosity=0)
    if connection.vendor == "postgresql":
        version = str(sql.fetched(("SHOW server_version", []))[0][0]).split()[0]
    print(f"\n{connection.display_name} {version}", flush=True)

    desk.measure()
    queue.measure()
    roster.measure()
    similar.measure()
    sql.empty()
    import_of_items(books.found("import", IMPORT_QUARTERS), path)

    alone = books.found("alone", books.QUARTERS)
    past = books.items(alone)
    record_past(alone, past, source="bench")
    sql.settle()
    first = Period.objects.select_related("office").get(office=alone, name=books.quarter(0)[0])
    standings(first, "a quarter alone")
    standings_page(first)
    counting(alone, past)
    if connection.vendor == "sqlite":  # a document, once it is built, knows no database
        documents.measure(first)

    history = books.found("history", books.QUARTERS)
    record_past(history, books.items(history), source="bench")
    books.grow(history)
    sql.settle()
    among = Period.objects.select_related("office").get(office=history, name=books.quarter(books.MEASURED)[0])
    standings(among, f"a quarter among {books.QUARTERS}")
    with_history(among, first)
    print(f"  ({time.monotonic() - begin:.0f} s)", flush=True)


def standings(period: Period, which: str) -> None:
    """The live table against the hand-written query for the same table."""
    query = sql.standings(period)
    by_hand = [tuple(row[1:]) for row in sql.fetched(query)]
    table = [(line.unit, line.name, *line.counts, line.score, line.rank) for line in live(period).lines]
    assert table == by_hand, "the query and the house do not agree"
    ours, theirs = alternate(lambda: live(period), lambda: sql.fetched(query), times=10)
    ratio(f"standings, {which} : SQL by hand", ours, theirs, 1.5)


def with_history(among: Period, alone: Period) -> None:
    """The same table of 25,000 items, with 40 quarters in its office and with one.

    Two offices in one database, so that the rounds can alternate: the ledger's index begins with the
    office, so to the second the million items of the first are as far away as in another file.
    """
    assert live(among).score == live(alone).score
    ours, theirs = alternate(lambda: live(among), lambda: live(alone), times=10)
    ratio(f"standings, a quarter among {books.QUARTERS} : alone", ours, theirs, 1.15)


def standings_page(period: Period) -> None:
    """The page with 100 rows against a bare view with the hand-written query and a page of as many bytes."""
    manager = Account.objects.get(username=period.office.code)
    with override_settings(ROOT_URLCONF="benchmarks.page"):
        try:
            address = f"{reverse('standings', args=[period.office.code])}?period={period.pk}"
        except (NoReverseMatch, ImportError) as error:
            print(f"  the standings page: not there yet ({error})", flush=True)
            return
        client = Client(SERVER_NAME="localhost")
        client.force_login(manager)
        page.asked.query = sql.standings(period)
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code
        page.asked.filling = "x" * (len(answer.content) - len(client.get("/bare/").content))
        assert len(answer.content) == len(client.get("/bare/").content)
        ours, theirs = alternate(lambda: client.get(address), lambda: client.get("/bare/"), times=10)
    ratio(f"standings page, {len(answer.content) // 1000} kB : bare view", ours, theirs, 1.5)


def import_of_items(office: Office, path: Path) -> None:
    """A workbook of 100,000 items read and taken in, against writing the very same rows with ``executemany``.

    The office has its roster, periods and themes already; the workbook names them again, as one would.
    """
    if not path.exists():
        books.workbook(office, IMPORT_QUARTERS, path)
    ours, theirs = [], []
    while len(ours) < IMPORT_ROUNDS and sum(ours + theirs) < IMPORT_SECONDS:
        ours.append(seconds(lambda: take_in(office, path)))
        tables = [(model, sql.rows_of(model)) for model in sql.WRITTEN]
        assert Item.objects.filter(office=office).count() == IMPORT_QUARTERS * books.ITEMS
        sql.empty()
        theirs.append(seconds(lambda tables=tables: sql.write(tables)))
        rows = sum(len(rows) for _, rows in tables)
        sql.empty()
    ratio(f"import of 100,000 items ({rows:,} rows, {len(ours)} rounds) : executemany", ours, theirs, 10)


def take_in(office: Office, path: Path) -> None:
    with path.open("rb") as file:
        intake.take_in(office, workbook.read(file, COLUMNS), "bench")


def counting(office: Office, past: list) -> None:
    """The counting function, and recounts of the office with the database, by the facts they go through.

    So that machines can be compared, all three also against a loop that makes one tuple a fact.
    """
    facts = books.facts(past)
    schemes = ledger.open_books(office).schemes

    def loop() -> list[tuple]:
        made = []
        for kind, ref, day, parts, themed, channel in facts:
            made.append((kind, ref, parts[0].item, parts[0].unit, day, day, themed, channel, 1))
        return made

    pure, plain = alternate(lambda: count(facts, schemes, [], []), loop, times=5)
    rate("counting, facts a second", len(facts), pure, 50_000)
    ratio("counting : a loop that makes one tuple a fact", pure, plain)

    anew, again, plain = [], [], []
    for _ in range(ROUNDS):
        with transaction.atomic():
            ScoreEntry.objects.filter(office=office).delete()
            anew.append(seconds(lambda: ledger.recount_office(office)))
            transaction.set_rollback(True)
        sql.settle()
        again.append(seconds(lambda: ledger.recount_office(office)))
        plain.append(seconds(loop))
    assert not any(ledger.differences(office))
    rate("recount of an office, no entry there yet, facts a second", len(facts), anew, 5_000)
    ratio("the same : a loop that makes one tuple a fact", anew, plain)
    rate("recount of an office, every entry in place, facts a second", len(facts), again, 5_000)
    ratio("the same : a loop that makes one tuple a fact", again, plain)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
