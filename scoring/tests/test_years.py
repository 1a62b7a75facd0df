"""Random years of work on overlapping periods: after every act the books are right and what was closed stands still."""

import contextlib
import datetime
import random

import pytest

from scoring import closing, ledger
from scoring.models import ScoreEntry
from scoring.standings import as_json, standings
from submissions.adoptions import adopt, revoke
from submissions.exact import ONE
from submissions.models import Adoption, Item, Period
from submissions.moves import move
from units.verdicts import Refused, TooLate

EXTRA = [
    ("quarter", "2019年第4季度", "2019-10-01", "2019-12-31"),
    ("quarter", "2020年第3季度", "2020-07-01", "2020-09-30"),
    ("month", "2020年1月", "2020-01-01", "2020-01-31"),
    ("month", "2020年2月", "2020-02-01", "2020-02-29"),
    ("week", "第5周", "2020-01-27", "2020-02-02"),
]
ACTS = ["item", "item", "adopt", "revoke", "revoke", "close", "close", "reopen", "move", "move"]


@pytest.mark.parametrize("seed", range(6))
def test_after_every_act_the_books_are_right(world, seed):
    rng = random.Random(seed)
    for kind, name, starts_on, ends_on in EXTRA:
        Period.objects.create(office=world.office, kind=kind, name=name, starts_on=starts_on, ends_on=ends_on)
    periods = list(Period.objects.filter(office=world.office).order_by("id").values_list("pk", flat=True))
    frozen: dict[int, dict] = {}
    for _ in range(60):
        act = rng.choice(ACTS)
        with contextlib.suppress(Refused, TooLate):
            do(act, world, rng, periods, frozen)
        assert not list(ledger.differences(world.office)), act
        for period in Period.objects.filter(office=world.office).closed():
            assert closing.is_intact(period), act
            assert as_json(standings(period)) == frozen[period.pk], act
        assert sum(entry.points for entry in ScoreEntry.objects.all()) == worth(world), act


def do(act, world, rng, periods, frozen):
    """One act on something chosen at random, as far as it is allowed."""
    day = datetime.date(2019, 10, 1) + datetime.timedelta(days=rng.randrange(300))
    period = Period.objects.select_related("office").get(pk=rng.choice(periods))
    item = chosen(Item.objects.select_related("office", "unit"), rng)
    adoption = chosen(Adoption.objects.live().select_related("item__office", "channel"), rng)
    if act == "item":
        units = rng.sample([world.bureau, world.second_bureau, world.college], rng.randint(1, 3))
        shares = [333_333] * (len(units) - 1)
        shares = [*shares, ONE - sum(shares)]
        world.item(
            shares=[(unit.pk, share) for unit, share in zip(units, shares, strict=True)],
            received_on=day,
            state=rng.choice(["valid", "submitted"]),
            themes=[world.theme.pk] if rng.random() < 0.4 else [],
            cleared=True,
        )
    elif act == "adopt" and item:
        adopt(item, rng.choice([world.site, world.province]), day, world.editor)
    elif act == "revoke" and adoption:
        revoke(adoption, world.editor, "撤")
    elif act == "move" and item:
        move(item, rng.choice(["accept", "reopen", "reject"]), world.editor, "看过")
    elif act == "close":
        closing.close(period, world.manager)
        frozen[period.pk] = as_json(standings(period))
    elif act == "reopen":
        closing.reopen(period, world.manager, "更正")
        del frozen[period.pk]


def chosen(rows, rng):
    rows = list(rows.order_by("id"))
    return rng.choice(rows) if rows else None


def worth(world) -> int:
    """What the facts are worth today, counted by hand: 1, 2, 4 and 6."""
    valid = Item.objects.filter(state="valid")
    themed = valid.filter(themes__confirmed_at__isnull=False).distinct()
    live = Adoption.objects.live()
    return (
        valid.count()
        + 2 * themed.count()
        + 4 * live.filter(channel=world.site).count()
        + 6 * live.filter(channel=world.province).count()
    )
