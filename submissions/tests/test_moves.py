"""Every move from every state by everyone; who is first wins; each act leaves its event."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from submissions.adoptions import adopt, revoke
from submissions.exact import ONE
from submissions.models import AdoptionCredit, Item, ItemShare
from submissions.moves import move, record_past
from submissions.states import MOVES, State
from units.verdicts import Refused, TooLate

LEGAL = {(name, source) for name, made in MOVES.items() for source in made.sources}
ROLE_OF = {"officer": "officer", "signer": "signer", "editor": "editor"}


def item_in(world, state: State) -> Item:
    received = state not in (State.DRAFT, State.SIGNING)
    return Item.objects.create(
        office=world.office,
        unit=world.bureau,
        title="题",
        state=state,
        number="T1" if received else None,
        received_on=timezone.localdate() if received else None,
    )


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("state", State)
def test_each_move_starts_only_where_the_table_says(world, name, state):
    item = item_in(world, state)
    if (name, state) in LEGAL:
        move(item, name, None, "理由")
        event = item.events.get()
        assert (event.move, event.was, event.now) == (name, state, Item.objects.get().state)
    else:
        with pytest.raises(Refused, match="不能"):
            move(item, name, None, "理由")
        assert Item.objects.get().state == state
        assert not item.events.exists()


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize(
    "who", ["officer", "colleague", "editor", "manager", "auditor", "other_unit_officer", "other_editor"]
)
def test_only_the_role_of_the_table_may_move(world, name, who):
    item = item_in(world, MOVES[name].sources[0])
    person = getattr(world, who)
    # Who reviews is tried in test_signing: it takes a text, which these items have not.
    roles = {"officer": ("officer", "colleague"), "signer": (), "reviewer": (), "editor": ("editor",)}
    allowed = roles[MOVES[name].role]
    if who in allowed:
        move(item, name, person, "理由")
    else:
        with pytest.raises(Refused, match=r"只有|不能审查|没有要求报送前审查"):
            move(item, name, person, "理由")
        assert Item.objects.get().state == MOVES[name].sources[0]


@pytest.mark.parametrize("name", [name for name, made in MOVES.items() if made.needs_reason])
def test_a_move_that_needs_a_reason_is_refused_without(world, name):
    with pytest.raises(Refused, match="请写明"):
        move(item_in(world, MOVES[name].sources[0]), name, None, "  ")


def test_the_second_editor_is_too_late_and_told_who_was_first(world):
    mine, theirs = Item.objects.get(pk=item_in(world, State.SUBMITTED).pk), Item.objects.get()
    move(mine, "accept", world.editor)
    with pytest.raises(TooLate, match=r"wang在.*认定有效"):
        move(theirs, "reject", world.editor, "理由")
    assert Item.objects.get().state == State.VALID


def test_submitting_gives_a_number_and_todays_day_once(world):
    item = item_in(world, State.DRAFT)
    move(item, "submit", world.officer)
    number, day = item.number, item.received_on
    assert day == timezone.localdate()
    move(item, "return", world.editor, "补数据")
    move(item, "resubmit", world.officer)
    assert (Item.objects.get().number, Item.objects.get().received_on) == (number, day)


def test_numbers_go_on_and_skip_one_that_is_taken(world):
    year = timezone.localdate().year
    Item.objects.create(
        office=world.office,
        unit=world.bureau,
        title="旧",
        state="valid",
        number=f"{year}-00002",
        received_on=timezone.localdate(),
    )
    items = [Item.objects.create(office=world.office, unit=world.bureau, title="题") for _ in range(2)]
    assert [move(item, "submit", world.officer).number for item in items] == [f"{year}-00001", f"{year}-00003"]


def test_a_unit_with_a_signer_submits_by_way_of_the_signer(world):
    world.bureau.needs_signer = True
    world.bureau.save()
    item = item_in(world, State.DRAFT)
    assert move(item, "submit", world.officer).state == State.SIGNING
    assert item.number is None
    assert move(item, "sign", None).number


def test_accepting_confirms_the_proposed_themes(world):
    item = world.item(state=State.SUBMITTED, themes=[world.theme.pk])
    move(item, "accept", world.editor)
    assert item.themes.get().confirmed_by == world.editor


def test_adopting_a_submitted_item_accepts_it_first_and_credits_its_shares(world):
    shares = [(world.bureau.pk, 600_000), (world.college.pk, 400_000)]
    item = world.item(state=State.SUBMITTED, shares=shares, cleared=True)
    adopt(item, world.site, datetime.date(2020, 3, 1), world.editor)
    assert [event.move for event in item.events.all()] == ["import", "accept", "adopt"]
    assert sorted(AdoptionCredit.objects.values_list("unit_id", "share")) == sorted(
        ItemShare.objects.values_list("unit_id", "share")
    )


@pytest.mark.parametrize("state", [State.REJECTED, State.RETURNED, State.DRAFT, State.WITHDRAWN])
def test_what_is_not_waiting_or_valid_cannot_be_adopted(world, state):
    with pytest.raises(Refused, match="不能登记采用"):
        adopt(item_in(world, state), world.site, datetime.date(2020, 3, 1), world.editor)


def test_another_offices_channel_does_not_exist(world):
    channel = world.other.channels.first()
    with pytest.raises(Refused, match="没有这个渠道"):
        adopt(world.item(), channel, datetime.date(2020, 3, 1), world.editor)


def test_the_same_adoption_is_not_recorded_twice_but_again_after_its_revocation(world):
    item = world.item(cleared=True)
    first = adopt(item, world.site, datetime.date(2020, 3, 1), world.editor)
    with pytest.raises(Refused, match="已经登记过"):
        adopt(item, world.site, datetime.date(2020, 3, 1), world.editor)
    revoke(first, world.editor, "登记错了")
    adopt(item, world.site, datetime.date(2020, 3, 1), world.editor)
    assert item.adoptions.live().count() == 1


def test_an_adopted_item_cannot_be_reopened_until_the_adoption_is_revoked(world):
    item = world.item(adopted_by=world.site)
    with pytest.raises(Refused, match="先撤销采用"):
        move(item, "reopen", world.editor, "再看")
    revoke(world.adoption(item), world.editor, "登记错了")
    assert move(item, "reopen", world.editor, "再看").state == State.SUBMITTED


def test_revoking_needs_a_reason_and_works_once(world):
    adoption = world.adoption(world.item(adopted_by=world.site))
    with pytest.raises(Refused, match="请写明"):
        revoke(adoption, world.editor, " ")
    stale = world.adoption(adoption.item)
    revoke(adoption, world.editor, "登记错了")
    with pytest.raises(TooLate):
        revoke(stale, world.editor, "登记错了")


BREAKING = {
    "a state that does not exist": {"state": "done"},
    "a received item without a number": {"number": None, "received_on": None},
    "a number without its day": {"received_on": None},
    "an empty number": {"number": ""},
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_the_database_refuses(world, change):
    item = item_in(world, State.SUBMITTED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(**change)


def test_the_database_refuses_a_number_twice_in_an_office(world):
    item_in(world, State.SUBMITTED)
    with pytest.raises(IntegrityError), transaction.atomic():
        item_in(world, State.VALID)


@pytest.mark.parametrize("share", [0, "1.000001", "-0.5"])
def test_the_database_refuses_a_share_outside_nothing_to_one(world, share):
    with pytest.raises(IntegrityError), transaction.atomic():
        ItemShare.objects.filter(item=world.item()).update(share=share)


def test_one_signal_and_one_event_an_item_for_the_past(world, django_assert_max_num_queries):
    with django_assert_max_num_queries(45):
        record_past(world.office, [world.past(shares=[(world.bureau.pk, ONE)]) for _ in range(200)], source="测试")
    assert world.office.items.count() == 200
