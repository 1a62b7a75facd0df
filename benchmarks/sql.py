"""What somebody would write by hand: the standings as one query, and the rows of an import with ``executemany``."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models, transaction

from scoring.models import Rule, ScoreEntry
from submissions.models import Adoption, AdoptionCredit, Item, ItemEvent, ItemShare, ItemTheme, Period, Revision

# What an import of items writes, parents first.
WRITTEN = (Item, Revision, ItemShare, ItemTheme, ItemEvent, Adoption, AdoptionCredit, ScoreEntry)
BOOKS = ", ".join(f'"{model._meta.db_table}"' for model in WRITTEN)


def standings(period: Period) -> tuple[str, list[Any]]:
    """A period's table: the roster with zeros, one SUM a column, score and rank, in printed order; and its parameters.

    The rules' ids are written into it, so that it needs the ledger's index and nothing else of the ledger.
    """
    rules = list(Rule.objects.filter(scheme__office=period.office_id).order_by("position").values_list("pk", flat=True))
    names = [f"c{place}" for place in range(len(rules))]
    sums = ", ".join(
        f"CAST(SUM(CASE WHEN rule_id = {rule} THEN count ELSE 0 END) AS bigint) AS {name}"
        for rule, name in zip(rules, names, strict=True)
    )
    counts = ", ".join(f"COALESCE(s.{name}, 0)" for name in names)
    query = f"""
        SELECT g.name, l.unit_id, l.name, {counts}, COALESCE(s.score, 0) AS score,
               RANK() OVER (PARTITION BY l.group_id ORDER BY COALESCE(s.score, 0) DESC) AS place
        FROM units_rosterline l
        JOIN units_rostergroup g ON g.id = l.group_id
        LEFT JOIN (
            SELECT unit_id, {sums}, CAST(SUM(points) AS bigint) AS score
            FROM scoring_scoreentry
            WHERE office_id = %s AND posted_on BETWEEN %s AND %s
            GROUP BY unit_id
        ) s ON s.unit_id = l.unit_id
        WHERE l.office_id = %s AND l.since <= %s AND (l.until IS NULL OR l.until >= %s)
        ORDER BY g."order", g.id, score DESC, l."order", l.id
    """
    dates = [period.starts_on, period.ends_on]
    return query, [period.office_id, *dates, period.office_id, *reversed(dates)]


def fetched(query: tuple[str, list[Any]]) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(*query)
        return cursor.fetchall()


def rows_of(model: type[models.Model]) -> list[tuple[Any, ...]]:
    """All rows of a table, dates and times as text: the cheapest form in which both databases take them."""
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    rows = fetched((f'SELECT {columns} FROM "{model._meta.db_table}" ORDER BY id', []))
    days = [
        place for place, field in enumerate(model._meta.concrete_fields) if isinstance(field, models.DateField)
    ]  # a DateTimeField is one too
    made = []
    for row in rows:
        values = list(row)
        for place in days:
            if values[place] is not None:
                values[place] = str(values[place])
        made.append(tuple(values))
    return made


@transaction.atomic
def write(tables: Sequence[tuple[type[models.Model], list[tuple[Any, ...]]]]) -> None:
    """Write rows with one ``executemany`` a table, in one transaction."""
    with connection.cursor() as cursor:
        for model, rows in tables:
            columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
            places = ", ".join(["%s"] * len(model._meta.concrete_fields))
            cursor.executemany(f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places})', rows)


def empty() -> None:
    """Empty the tables that an import of items writes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {BOOKS} CASCADE")
            cursor.execute(f"VACUUM ANALYZE {BOOKS}")
            return
        with transaction.atomic():
            for model in reversed(WRITTEN):
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def settle() -> None:
    """What databases do by themselves at night: statistics anew, and on PostgreSQL dead rows away."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
