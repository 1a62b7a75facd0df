"""The ledger's only writer: facts out of the database, through ``counting``, into entries.

``recount`` runs in the transaction of the change (the signal ``facts_changed``); ``check_ledger`` is the
same comparison without the writing.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from scoring.counting import Calendar, Entry, Fact, Kind, Part, Price, SchemeVersion, count
from scoring.models import Measure, Scheme, ScoreEntry
from submissions.exact import from_decimal, to_decimal
from submissions.fields import whole
from submissions.models import Adoption, AdoptionCredit, Item, ItemEvent, ItemShare, ItemTheme, Period
from submissions.states import ENTER, IMPORT, MOVES, RECORD, THEMES, UNDO, State
from units.models import Office

COUNTS = (*MOVES, RECORD, ENTER, IMPORT, THEMES, UNDO)  # events that change what an item itself counts
CHUNK = 2_000  # items counted at a time, so that no office is ever in memory as a whole


class Difference(NamedTuple):
    """What a recount of some items would change."""

    superfluous: dict[int, Entry]  # by the entry's id
    missing: list[Entry]

    def __bool__(self) -> bool:
        return bool(self.superfluous or self.missing)


class Books(NamedTuple):
    """What a recount needs to know of an office besides the facts."""

    schemes: list[SchemeVersion]
    closed: list[Period]

    @property
    def ranges(self) -> list[tuple[datetime.date, datetime.date]]:
        return [(period.starts_on, period.ends_on) for period in self.closed]


@transaction.atomic
def recount(item_ids: Iterable[int]) -> None:
    """Bring the open entries of these items in line with the facts. Twice changes nothing; closed entries stay."""
    by_office = defaultdict(list)
    ids = sorted(set(item_ids))
    for chunk in _chunks(ids):
        for item_id, office_id in Item.objects.filter(pk__in=chunk).values_list("pk", "office_id"):
            by_office[office_id].append(item_id)
    for office_id, office_items in by_office.items():
        office = Office.objects.held(office_id)
        books = open_books(office)
        for chunk in _chunks(office_items):
            _apply(compare(books, chunk), office, books)


@transaction.atomic
def recount_office(office: Office) -> None:
    """Recount every item of an office, as after a change of its scheme."""
    office = Office.objects.held(office.pk)
    books = open_books(office)
    for chunk in _chunks(_item_ids(office)):
        _apply(compare(books, chunk), office, books)


def differences(office: Office) -> Iterator[Difference]:
    """What ``recount_office`` would change, a stretch of items at a time; nothing where the books are right."""
    books = open_books(office)
    yield from filter(None, (compare(books, chunk) for chunk in _chunks(_item_ids(office))))


def open_books(office: Office) -> Books:
    """The office's scheme versions and closed periods."""
    schemes = [_version(scheme) for scheme in office.schemes.order_by("starts_on").prefetch_related("rules__channels")]
    return Books(schemes, list(Period.objects.filter(office=office).closed()))


def compare(books: Books, item_ids: Sequence[int]) -> Difference:
    """What a recount of these items, and of every adoption credited to them, would change."""
    adoption_ids = set(AdoptionCredit.objects.filter(item__in=item_ids).values_list("adoption_id", flat=True))
    adoption_ids |= set(
        ScoreEntry.objects.filter(item__in=item_ids, adoption__isnull=False).values_list("adoption_id", flat=True)
    )
    calendar = Calendar(books.ranges)
    closed: list[Entry] = []
    standing: dict[Entry, int] = {}
    for pk, entry in _entries(item_ids, adoption_ids):
        if calendar.is_closed(entry.posted_on):
            closed.append(entry)
        else:
            standing[entry] = pk
    facts = [*_item_facts(item_ids), *_adoption_facts(adoption_ids)]
    due = count(facts, books.schemes, closed, books.ranges) if books.schemes else []
    missing = [entry for entry in due if standing.pop(entry, None) is None]
    return Difference({pk: entry for entry, pk in standing.items()}, missing)


def _apply(difference: Difference, office: Office, books: Books) -> None:
    if difference.superfluous:
        ScoreEntry.objects.filter(pk__in=difference.superfluous).delete()
    why = _reasons([entry for entry in difference.missing if entry.posted_on != entry.fact_on])
    ScoreEntry.objects.bulk_create(
        [
            ScoreEntry(
                office=office,
                unit_id=entry.unit,
                posted_on=entry.posted_on,
                kind=entry.kind,
                item_id=entry.item,
                adoption_id=entry.ref if entry.kind == Measure.ADOPTION else None,
                fact_on=entry.fact_on,
                rule_id=entry.rule,
                count=to_decimal(entry.count),
                points=to_decimal(entry.points),
                late_for=_closed_period(books, entry.fact_on) if entry.posted_on != entry.fact_on else None,
                reason=why.get((entry.kind, entry.ref), ""),
            )
            for entry in difference.missing
        ],
        batch_size=2_000,
    )


def _closed_period(books: Books, day: datetime.date) -> Period | None:
    """The closed period that a fact of this day comes too late for; of several the one that ends last."""
    covering = [period for period in books.closed if period.starts_on <= day <= period.ends_on]
    return max(covering, key=lambda period: period.ends_on, default=None)


def _reasons(late: list[Entry]) -> dict[tuple[Kind, int], str]:
    """Why late entries are written at all: by kind and reference, asked for once for all of them."""
    reasons: dict[tuple[Kind, int], str] = {}
    adoptions = Adoption.objects.filter(pk__in={entry.ref for entry in late if entry.kind == Measure.ADOPTION})
    for adoption in adoptions:
        revoked = f"采用已撤销：{adoption.revoke_reason}"
        reasons["adoption", adoption.pk] = (revoked if adoption.revoked_at else "采用在封存后登记或更改")[:600]
    events = ItemEvent.objects.filter(item__in={entry.ref for entry in late if entry.kind != Measure.ADOPTION})
    for event in events.filter(move__in=COUNTS).order_by("at", "id"):
        told = f"{event.label}：{event.reason}" if event.reason else event.label
        reasons["submitted", event.item_id] = reasons["theme", event.item_id] = told[:600]
    return reasons


def _entries(item_ids: Sequence[int], adoption_ids: Iterable[int]) -> Iterator[tuple[int, Entry]]:
    rows = ScoreEntry.objects.filter(
        Q(item__in=item_ids, adoption=None) | Q(adoption__in=adoption_ids) if adoption_ids else Q(item__in=item_ids)
    ).values_list(
        "pk",
        "kind",
        "adoption_id",
        "item_id",
        "unit_id",
        "rule_id",
        "posted_on",
        "fact_on",
        whole("count"),
        whole("points"),
    )
    for pk, kind, adoption, item, *rest in rows.iterator():
        yield pk, Entry(kind, adoption or item, item, *rest)


def _item_facts(item_ids: Sequence[int]) -> Iterator[Fact]:
    """The submitted and theme facts of the valid ones among these items, on the day of the first receipt."""
    themed = ItemTheme.objects.filter(item=OuterRef("item"), confirmed_at__isnull=False, theme__scored=True)
    rows = (
        ItemShare.objects.filter(item__in=item_ids, item__state=State.VALID)
        .order_by("item_id", "position", "id")
        .annotate(themed=Exists(themed))
        .values_list("item_id", "unit_id", whole("share"), "item__received_on", "themed")
    )
    parts: list[Part] = []
    submitted: Kind = "submitted"
    theme: Kind = "theme"
    day, is_themed = datetime.date.min, False

    def facts() -> Iterator[Fact]:
        yield Fact(submitted, parts[0].item, day, tuple(parts), is_themed)
        if is_themed:
            yield Fact(theme, parts[0].item, day, tuple(parts), True)

    for item, unit, share, row_day, row_themed in rows.iterator():
        if parts and parts[0].item != item:
            yield from facts()
            parts = []
        parts.append(Part(item, unit, share))
        day, is_themed = row_day, row_themed
    if parts:
        yield from facts()


def _adoption_facts(adoption_ids: Iterable[int]) -> Iterator[Fact]:
    """The live ones among these adoptions, on the channel's day."""
    rows = (
        AdoptionCredit.objects.filter(adoption__in=adoption_ids, adoption__revoked_at=None)
        .order_by("adoption_id", "id")
        .values_list(
            "adoption_id", "item_id", "unit_id", whole("share"), "adoption__adopted_on", "adoption__channel_id"
        )
    )
    facts: dict[int, tuple] = {}
    for adoption, item, unit, share, day, channel in rows.iterator():
        facts.setdefault(adoption, (day, channel, []))[2].append(Part(item, unit, share))
    for adoption, (day, channel, parts) in facts.items():
        yield Fact("adoption", adoption, day, tuple(parts), channel=channel)


def _version(scheme: Scheme) -> SchemeVersion:
    prices: dict[str, Price] = {}
    by_channel: dict[int, Price] = {}
    rules = list(scheme.rules.all())
    for rule in rules:
        price = Price(rule.pk, from_decimal(rule.points))
        if rule.measure != Measure.ADOPTION:
            prices[rule.measure] = price
        for channel in rule.channels.all():
            by_channel.setdefault(channel.pk, price)
    return SchemeVersion(
        rules=frozenset(rule.pk for rule in rules),
        starts_on=scheme.starts_on,
        submitted=prices.get(Measure.SUBMITTED),
        theme=prices.get(Measure.THEME),
        by_channel=by_channel,
        theme_items_also_count_as_submitted=scheme.theme_items_also_count_as_submitted,
    )


def _item_ids(office: Office) -> Iterator[int]:
    return Item.objects.filter(office=office).order_by("pk").values_list("pk", flat=True).iterator()


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    iterator = iter(ids)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
