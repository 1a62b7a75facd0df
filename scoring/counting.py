"""Counting: from facts to ledger entries. A pure function, with no database and no Django in it.

All quantities are ints. ``share``, ``count`` and ``points`` are whole millionths (``submissions/exact.py``).
The rules are DESIGN section 5: a closed entry is never touched; what changed after closing is written as the
difference, on the first day on or after the fact's own that no closed period covers.
"""

import datetime
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from submissions.exact import apportion

ONE_DAY = datetime.timedelta(days=1)

Kind = Literal["submitted", "theme", "adoption"]


class Part(NamedTuple):
    """Whom a fact counts for: a unit, for an item, with a share. The parts of a fact add to 1."""

    item: int
    unit: int
    share: int


class Fact(NamedTuple):
    """Something that counts today. What was undone is simply absent.

    ``ref`` is the item's id, or for an adoption the adoption's. ``day`` is the first receipt's, or the
    channel's date. ``parts`` stand in roster order. ``themed``: the item carries a confirmed, scored theme.
    """

    kind: Kind
    ref: int
    day: datetime.date
    parts: tuple[Part, ...]
    themed: bool = False
    channel: int | None = None


class Price(NamedTuple):
    """A rule and its points for one whole fact."""

    rule: int
    points: int


class SchemeVersion(NamedTuple):
    """A version of the rules, in force from ``starts_on`` until the next begins. ``rules`` are all its rules' ids."""

    rules: frozenset[int]
    starts_on: datetime.date
    submitted: Price | None
    theme: Price | None
    by_channel: dict[int, Price]
    theme_items_also_count_as_submitted: bool = True

    def price(self, fact: Fact) -> Price | None:
        """What this version gives for a fact; None where it has no rule for it."""
        if fact.kind == "adoption":
            return self.by_channel.get(fact.channel) if fact.channel is not None else None
        if fact.kind == "theme":
            return self.theme
        if fact.themed and not self.theme_items_also_count_as_submitted:
            return None
        return self.submitted


class Pricing(NamedTuple):
    """The versions in force on a fact's own day and where it is posted; the same unless it comes late."""

    own: SchemeVersion
    posted: SchemeVersion

    def price(self, fact: Fact) -> Price | None:
        """What the fact is worth where it is posted; None where its own day's version gave nothing for it."""
        return self.posted.price(fact) if self.own.price(fact) is not None else None


class Entry(NamedTuple):
    """A line of the ledger, without who and why."""

    kind: Kind
    ref: int
    item: int
    unit: int
    rule: int
    posted_on: datetime.date
    fact_on: datetime.date
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody asks of an entry
    points: int


class Calendar:
    """Which days closed periods cover."""

    def __init__(self, closed_ranges: Iterable[tuple[datetime.date, datetime.date]]) -> None:
        self.starts: list[datetime.date] = []
        self.ends: list[datetime.date] = []
        for start, end in sorted(closed_ranges):
            if self.ends and start <= self.ends[-1] + ONE_DAY:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)

    def first_open_day(self, day: datetime.date) -> datetime.date:
        """The day itself, or the day after the closed stretch it lies in."""
        i = bisect_right(self.starts, day) - 1
        return self.ends[i] + ONE_DAY if i >= 0 and day <= self.ends[i] else day

    def is_closed(self, day: datetime.date) -> bool:
        return self.first_open_day(day) != day


def count(
    facts: Iterable[Fact],
    schemes: Sequence[SchemeVersion],
    closed_entries: Iterable[Entry],
    closed_ranges: Iterable[tuple[datetime.date, datetime.date]],
) -> list[Entry]:
    """The open entries that these facts are worth, given what closed entries already gave.

    A late fact is priced by the version in force where it is posted, if the one of its own day priced it at all:
    else what was worth nothing in a closed period would be worth something behind it.

    ``schemes`` are an office's versions, oldest first. ``closed_entries`` are all those of the same
    facts, and of facts that are no more. The order of ``facts`` does not matter; the entries come sorted.
    """
    calendar = Calendar(closed_ranges)
    starts = [scheme.starts_on for scheme in schemes]
    posting: dict[datetime.date, tuple[datetime.date, Pricing]] = {}
    version_of = {rule: scheme for scheme in schemes for rule in scheme.rules}
    given: dict[tuple[Kind, int], list[Entry]] = defaultdict(list)
    for entry in closed_entries:
        given[entry.kind, entry.ref].append(entry)

    entries: list[Entry] = []
    for fact in facts:
        day = fact.day
        if day not in posting:
            posted_on = calendar.first_open_day(day)
            own, later = (schemes[max(bisect_right(starts, d) - 1, 0)] for d in (day, posted_on))
            posting[day] = posted_on, Pricing(own, later)
        posted_on, pricing = posting[day]
        kind, ref, _, parts, _, _ = fact
        closed = given.pop((kind, ref), None) if given else None
        if closed is not None:
            entries += _differences(fact, fact.day, posted_on, pricing, version_of, closed)
            continue
        price = pricing.price(fact)
        if price is None:
            continue
        rule, points = price
        if len(parts) == 1:
            item, unit, share = parts[0]
            entries.append(Entry(kind, ref, item, unit, rule, posted_on, day, share, points))
        else:
            split = apportion(points, [part.share for part in parts])
            entries += [
                Entry(kind, ref, part.item, part.unit, rule, posted_on, day, part.share, given_points)
                for part, given_points in zip(parts, split, strict=True)
            ]
    for closed in given.values():
        day = min(entry.fact_on for entry in closed)
        entries += _differences(None, day, calendar.first_open_day(day), None, version_of, closed)
    return sorted(entries)


def _differences(
    fact: Fact | None,
    day: datetime.date,
    posted_on: datetime.date,
    pricing: Pricing | None,
    version_of: dict[int, SchemeVersion],
    closed: list[Entry],
) -> list[Entry]:
    """What one fact is worth now minus what its closed entries gave, by item, unit and rule.

    A part that has closed entries is priced by their version, another as a late fact.
    """
    sums: dict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0])
    versions: dict[tuple[int, int], SchemeVersion] = {}
    for entry in sorted(closed, key=lambda entry: (entry.posted_on, entry.rule)):
        versions.setdefault((entry.item, entry.unit), version_of[entry.rule])
        total = sums[entry.item, entry.unit, entry.rule]
        total[0] -= entry.count
        total[1] -= entry.points
    if fact is not None:
        shares = [part.share for part in fact.parts]
        for i, part in enumerate(fact.parts):
            scheme = versions.get((part.item, part.unit), pricing)
            price = scheme.price(fact) if scheme else None
            if price is not None:
                total = sums[part.item, part.unit, price.rule]
                total[0] += part.share
                total[1] += apportion(price.points, shares)[i]
    kind, ref = closed[0].kind, closed[0].ref
    return [
        Entry(kind, ref, item, unit, rule, posted_on, day, n, points)
        for (item, unit, rule), (n, points) in sums.items()
        if n or points
    ]
