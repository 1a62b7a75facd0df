"""Several at once, on real connections: one wins, nothing is lost, closed totals never move."""

import datetime
from collections.abc import Callable

import pytest
from django.db import transaction

from scoring import closing, ledger
from scoring.models import ScoreEntry
from submissions import moves
from submissions.adoptions import adopt
from submissions.models import Adoption, Item, ItemEvent, Period
from submissions.moves import move
from submissions.states import State
from tests.races import at_once
from tests.world import build_world

pytestmark = pytest.mark.django_db(transaction=True)


def deciding(item_id: int, name: str, by) -> Callable[[], Item]:
    """A decision on the item as its editor saw it before anybody decided."""
    seen = Item.objects.select_related("office", "unit").get(pk=item_id)
    return lambda: move(seen, name, by, "理由")


def test_of_two_editors_deciding_at_once_one_wins_and_the_other_is_told():
    world = build_world()
    for _ in range(10):
        item = world.item(state=State.SUBMITTED)
        answers = at_once(deciding(item.pk, "accept", world.editor), deciding(item.pk, "reject", world.editor))
        assert sorted(type(answer).__name__ for answer in answers) == ["Item", "TooLate"]
        assert ItemEvent.objects.filter(item=item).exclude(move="import").count() == 1
    assert not list(ledger.differences(world.office))


def test_without_the_guard_both_would_win(monkeypatch):
    """The control: the same race with the conditional update and the lock taken out."""
    world = build_world()
    item = world.item(state=State.SUBMITTED)

    @transaction.atomic
    def unguarded(seen: Item, name: str) -> Item:
        Item.objects.filter(pk=seen.pk).update(state=moves.MOVES[name].target)
        ItemEvent.objects.create(item=seen, move=name, was=seen.state, now=moves.MOVES[name].target)
        return seen

    seen = [Item.objects.get(pk=item.pk) for _ in range(2)]
    at_once(lambda: unguarded(seen[0], "accept"), lambda: unguarded(seen[1], "reject"))
    assert ItemEvent.objects.filter(item=item).exclude(move="import").count() == 2


def test_adoptions_of_one_item_at_once_are_all_counted_once():
    world = build_world()
    item = world.item(state=State.SUBMITTED, cleared=True)

    def adopting(day: int) -> Callable[[], Adoption]:
        seen = Item.objects.select_related("office", "unit").get(pk=item.pk)
        return lambda: adopt(seen, world.site, datetime.date(2020, 3, day), world.editor)

    answers = at_once(*(adopting(day) for day in (1, 1, 2, 3, 4, 5)))
    done = [answer for answer in answers if isinstance(answer, Adoption)]
    assert Adoption.objects.count() == len(done)
    assert ScoreEntry.objects.filter(kind="adoption").count() == len(done)
    assert not list(ledger.differences(world.office))


@pytest.mark.parametrize("attempt", range(5))
def test_what_happens_during_a_closing_falls_before_or_after_it(attempt):
    """One stated rule: the office's books are held, so each act is counted in the closed period or after it."""
    world = build_world()
    items = [world.item(state=State.SUBMITTED).pk for _ in range(6)]
    acts = [deciding(pk, "accept", world.editor) for pk in items]
    answers = at_once(*acts[:3], lambda: closing.close(world.q1, world.manager), *acts[3:])
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    world.q1.refresh_from_db()
    assert closing.is_intact(world.q1)
    assert not list(ledger.differences(world.office))
    points = {
        p.name: sum(e.points for e in ScoreEntry.objects.filter(posted_on__range=(p.starts_on, p.ends_on)))
        for p in Period.objects.filter(office=world.office)
    }
    assert sum(points.values()) == 6


def test_a_period_is_closed_once():
    world = build_world()
    periods = [Period.objects.select_related("office").get(pk=world.q1.pk) for _ in range(4)]
    answers = at_once(*((lambda p=p: closing.close(p, world.manager)) for p in periods))
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
