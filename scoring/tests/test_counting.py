"""Properties of the counting function, tried on random facts, closings and scheme versions."""

import datetime
import random
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.counting import Calendar, Entry, Fact, Part, Price, SchemeVersion, count
from submissions.exact import ONE, apportion

pytestmark = pytest.mark.once

START = datetime.date(2020, 1, 1)
UNITS = range(1, 5)
CHANNELS = range(1, 4)

days = st.integers(0, 200).map(lambda n: START + datetime.timedelta(days=n))
points = st.integers(0, 30 * ONE)


@st.composite
def shares(draw):
    units = draw(st.lists(st.sampled_from(UNITS), min_size=1, max_size=4, unique=True))
    return list(
        zip(
            units,
            apportion(ONE, draw(st.lists(st.integers(1, 99), min_size=len(units), max_size=len(units)))),
            strict=False,
        )
    )


@st.composite
def facts(draw):
    """Facts as the database has them: an item's submitted and theme fact go together, adoptions follow items."""
    made = []
    for item in range(1, draw(st.integers(1, 6)) + 1):
        day, parts = draw(days), tuple(Part(item, unit, share) for unit, share in draw(shares()))
        themed = draw(st.booleans())
        made.append(Fact("submitted", item, day, parts, themed))
        if themed:
            made.append(Fact("theme", item, day, parts, True))
        for n in range(draw(st.integers(0, 2))):
            made.append(Fact("adoption", item * 10 + n, draw(days), parts, channel=draw(st.sampled_from(CHANNELS))))
    return made


@st.composite
def schemes(draw, versions=2):
    made = []
    for version in range(draw(st.integers(1, versions))):
        first = version * 10
        by_channel = {
            channel: Price(first + 2 + channel, draw(points)) for channel in CHANNELS[: draw(st.integers(0, 3))]
        }
        made.append(
            SchemeVersion(
                rules=frozenset(range(first, first + 10)),
                starts_on=START + datetime.timedelta(days=90 * version),
                submitted=Price(first, draw(points)),
                theme=Price(first + 1, draw(points)),
                by_channel=by_channel,
                theme_items_also_count_as_submitted=draw(st.booleans()),
            )
        )
    return made


ranges = st.lists(
    st.tuples(days, st.integers(0, 60)).map(lambda x: (x[0], x[0] + datetime.timedelta(days=x[1]))), max_size=3
)


def totals(entries):
    """Count and points by unit and rule."""
    sums = defaultdict(lambda: [0, 0])
    for entry in entries:
        sums[entry.unit, entry.rule][0] += entry.count
        sums[entry.unit, entry.rule][1] += entry.points
    return {key: tuple(value) for key, value in sums.items() if any(value)}


def frozen(entries, closed_ranges):
    """The entries that these closings freeze."""
    calendar = Calendar(closed_ranges)
    return [entry for entry in entries if calendar.is_closed(entry.posted_on)]


@given(facts(), schemes(), ranges, st.randoms())
def test_the_order_of_facts_does_not_matter(some, versions, closed, rng: random.Random):
    shuffled = some[:]
    rng.shuffle(shuffled)
    assert count(some, versions, [], closed) == count(shuffled, versions, [], closed)


@given(facts(), schemes(), ranges)
def test_recounting_after_closing_changes_nothing(some, versions, closed):
    before = count(some, versions, [], [])
    kept = frozen(before, closed)
    assert sorted(count(some, versions, kept, closed) + kept) == before


@given(facts(), schemes(versions=1), ranges, ranges, st.data())
def test_closing_at_any_moment_never_changes_the_sum_over_all_periods(some, versions, first, second, data):
    """Facts come and go between the closings; in the end the sums are those of a ledger that never closed."""
    early = data.draw(st.lists(st.sampled_from(some), unique=True))
    kept = frozen(count(early, versions, [], []), first)
    late = count(some, versions, kept, first)
    kept += frozen(late, first + second)
    final = kept + count(some, versions, kept, first + second)
    assert totals(final) == totals(count(some, versions, [], []))


@given(facts(), schemes(), ranges)
def test_taking_every_fact_back_leaves_nothing(some, versions, closed):
    kept = frozen(count(some, versions, [], []), closed)
    assert totals(kept + count([], versions, kept, closed)) == {}


@given(facts(), schemes(), ranges, st.data())
def test_revoking_undoes_adopting(some, versions, closed, data):
    adoption = Fact("adoption", 999, data.draw(days), (Part(1, 1, ONE),), channel=1)
    without = count(some, versions, [], [])
    kept = frozen(count([*some, adoption], versions, [], []), closed)
    assert totals(kept + count(some, versions, kept, closed)) == totals(without)


@given(facts(), schemes(), ranges)
def test_no_entry_is_posted_on_a_closed_day_or_before_its_fact(some, versions, closed):
    calendar = Calendar(closed)
    for entry in count(some, versions, [], closed):
        assert not calendar.is_closed(entry.posted_on)
        assert entry.posted_on >= entry.fact_on


@given(facts(), schemes(versions=1))
def test_shares_lose_nothing_to_the_last_millionth(some, versions):
    by_fact = defaultdict(lambda: [0, 0])
    for entry in count(some, versions, [], []):
        by_fact[entry.kind, entry.ref][0] += entry.count
        by_fact[entry.kind, entry.ref][1] += entry.points
    for fact in some:
        price = versions[0].price(fact)
        assert tuple(by_fact[fact.kind, fact.ref]) == ((ONE, price.points) if price else (0, 0))


@given(st.integers(0, 10**12), st.lists(st.integers(1, ONE), min_size=1, max_size=9))
def test_apportioning_adds_up_and_is_within_one(amount, some):
    parts = apportion(amount, some)
    assert sum(parts) == amount
    assert all(abs(part - amount * share / sum(some)) <= 1 for part, share in zip(parts, some, strict=True))


def test_the_last_millionth_goes_to_the_earlier_unit_of_equal_shares():
    assert apportion(ONE, [1, 1, 1]) == [333_334, 333_333, 333_333]


def only(fact: Fact, closed=(), ranges=()) -> list[Entry]:
    scheme = SchemeVersion(frozenset(range(3)), START, Price(0, ONE), Price(1, 2 * ONE), {1: Price(2, 4 * ONE)})
    return count([fact] if fact else [], [scheme], closed, ranges)


Q1 = (datetime.date(2020, 1, 1), datetime.date(2020, 3, 31))
APRIL_1 = datetime.date(2020, 4, 1)


def test_a_revocation_after_closing_is_a_negative_entry_on_the_first_open_day():
    adoption = Fact("adoption", 7, datetime.date(2020, 3, 31), (Part(5, 9, ONE),), channel=1)
    kept = only(adoption)
    assert only(None, kept, [Q1]) == [Entry("adoption", 7, 5, 9, 2, APRIL_1, adoption.day, -ONE, -4 * ONE)]


def test_a_fact_that_comes_late_counts_in_the_next_open_period_once():
    late = Fact("submitted", 5, datetime.date(2020, 3, 31), (Part(5, 9, ONE),))
    entries = only(late, [], [Q1])
    assert [(entry.posted_on, entry.points) for entry in entries] == [(APRIL_1, ONE)]


def test_a_correction_uses_the_version_of_the_entry_it_corrects():
    old = SchemeVersion(frozenset({0}), START, Price(0, ONE), None, {})
    new = SchemeVersion(frozenset({10}), APRIL_1, Price(10, 5 * ONE), None, {})
    fact = Fact("submitted", 5, datetime.date(2020, 3, 1), (Part(5, 9, ONE),))
    kept = count([fact], [old, new], [], [])
    assert [(e.rule, e.points) for e in count([], [old, new], kept, [Q1])] == [(0, -ONE)]
    late = fact._replace(ref=6, parts=(Part(6, 9, ONE),))
    assert [(e.rule, e.points) for e in count([fact, late], [old, new], kept, [Q1])] == [(10, 5 * ONE)]


def test_a_theme_item_counts_in_both_columns_unless_the_scheme_says_otherwise():
    parts = (Part(5, 9, ONE),)
    themed = [Fact("submitted", 5, START, parts, True), Fact("theme", 5, START, parts, True)]
    scheme = SchemeVersion(frozenset({0, 1}), START, Price(0, ONE), Price(1, 2 * ONE), {})
    assert sum(entry.points for entry in count(themed, [scheme], [], [])) == 3 * ONE
    apart = scheme._replace(theme_items_also_count_as_submitted=False)
    assert [(entry.rule, entry.points) for entry in count(themed, [apart], [], [])] == [(1, 2 * ONE)]


def test_what_its_own_days_rules_gave_nothing_for_is_worth_nothing_behind_the_closed_period():
    unpriced = SchemeVersion(frozenset({0}), START, Price(0, ONE), None, {})
    priced = SchemeVersion(frozenset({10, 12}), APRIL_1, Price(10, ONE), None, {1: Price(12, 4 * ONE)})
    adoption = Fact("adoption", 7, datetime.date(2020, 3, 1), (Part(5, 9, ONE),), channel=1)
    assert count([adoption], [unpriced, priced], [], []) == []
    assert count([adoption], [unpriced, priced], [], [Q1]) == []
