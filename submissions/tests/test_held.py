"""A decision that can still be undone: the unit is told nothing of it, wherever it looks; undone, it never was."""

import pytest
from django.utils import timezone

from submissions.decisions import decide, set_themes, undo
from submissions.editing import edit
from submissions.entering import Entry, enter
from submissions.exact import ONE
from submissions.models import Item, Theme
from submissions.moves import move
from submissions.states import State
from submissions.tests.test_decisions import at, signed_in
from tests.world import account
from trail.models import TrailEntry
from units.models import Account, Role
from units.verdicts import Refused, TooLate


@pytest.fixture(autouse=True)
def _a_minute(settings):
    settings.UNDO_SECONDS = 60


def now(item: Item) -> Item:
    return Item.objects.select_related("office", "unit").get(pk=item.pk)


def test_a_joint_units_officer_is_told_nothing_either(world):
    item = world.item(state=State.SUBMITTED, shares=[(world.bureau.pk, ONE // 2), (world.college.pk, ONE // 2)])
    decide(now(item), "reject", world.editor, "时效已过")
    for person in (world.officer, world.other_unit_officer):
        page = signed_in(person).get(at("item", item.pk)).content.decode()
        assert "时效已过" not in page
        assert "退稿" not in page


def test_neither_points_nor_themes_give_an_acceptance_away(world):
    item = world.item(state=State.SUBMITTED, themes=[world.theme.pk])
    decide(now(item), "accept", world.editor, themes=[world.theme.pk])
    sun = signed_in(world.officer)
    page, listed = (sun.get(address).content.decode() for address in (at("item", item.pk), at("items")))
    assert "还没有得分" in page
    assert "待确认" in page
    assert "待确认" in listed
    assert "#points" not in listed
    assert "待确认" not in signed_in(world.editor).get(at("item", item.pk)).content.decode()


def test_what_was_undone_is_told_to_the_office_alone(world):
    item = world.item(state=State.SUBMITTED)
    decide(now(item), "return", world.editor, "缺少数据")
    undo(now(item), world.editor)
    assert "缺少数据" not in signed_in(world.officer).get(at("item", item.pk)).content.decode()
    assert "缺少数据" in signed_in(world.editor).get(at("item", item.pk)).content.decode()


def test_who_loses_the_race_against_it_is_not_told_what_it_was(world):
    item = world.item(state=State.SUBMITTED)
    as_it_was = now(item)
    decide(now(item), "reject", world.editor, "时效已过")
    with pytest.raises(TooLate, match="正在办理"):
        move(as_it_was, "withdraw", world.officer)


def test_themes_stand_as_before_once_it_is_undone(world):
    other = Theme.objects.create(office=world.office, name="党建", position=2)
    entry = Entry("代录的一条", [(world.bureau.pk, ONE)], timezone.localdate(), "邮件", themes=[world.theme.pk])
    item = enter(world.office, entry, world.editor)
    decide(now(item), "accept", world.editor, themes=[world.theme.pk, other.pk])
    undo(now(item), world.editor)
    assert list(item.themes.values_list("theme", "confirmed_at")) == [(world.theme.pk, None)]


def test_what_was_built_on_it_ends_it(world):
    for build in (
        lambda item: set_themes(item, [world.theme.pk], world.editor),
        lambda item: edit(item, 1, "改过的题", "", "", world.editor),
    ):
        item = world.item(state=State.SUBMITTED)
        decide(now(item), "accept", world.editor)
        build(now(item))
        with pytest.raises(Refused, match="已经改变"):
            undo(now(item), world.editor)


def test_each_act_of_the_minute_can_be_undone_not_the_last_alone(world):
    first, second = (world.item(title, state=State.SUBMITTED) for title in ("先办的", "后办的"))
    wang = signed_in(world.editor)
    for item in (first, second):
        wang.post(at("decide-item", item.pk), {"do": "accept", "themed": "1"})
    assert "撤销刚才的决定" in wang.get(at("read-item", first.pk)).content.decode()
    wang.post(at("undo-decisions"), {"items": [second.pk]})
    page = wang.get(at("queue")).content.decode()
    assert "已认定有效：先办的" in page, "the line goes back to the one before"
    wang.post(at("undo-decisions"), {"items": [first.pk]})
    assert now(first).state == State.SUBMITTED


def test_a_theme_of_ones_own_puts_no_editor_in_charge(world):
    """Before it was mended, ticking a theme that one is for was enough to decide whatever one likes."""
    narrow = account("narrow", world.office.unit, Role.EDITOR)
    own = Theme.objects.create(office=world.office, name="党建", position=2)
    narrow.memberships.get().theme_charges.create(theme=own)
    narrow = Account.objects.get(pk=narrow.pk)
    item = world.item(state=State.SUBMITTED)
    answer = signed_in(narrow).post(
        at("decide-item", item.pk), {"do": "accept", "themed": "1", "themes": [own.pk], "say": "我写的话"}
    )
    assert answer.status_code == 422
    assert "我写的话" in answer.content.decode(), "what was typed stays"
    assert now(item).state == State.SUBMITTED
    assert not item.themes.exists()
    with pytest.raises(Refused, match="不归您分管"):
        enter(world.office, Entry("代录", [(world.bureau.pk, ONE)], timezone.localdate(), "邮件"), narrow)


def test_a_marked_reason_leaves_no_word_on_the_trail(world):
    item = world.item(state=State.SUBMITTED)
    asked = {"items": [item.pk], "do": "return", "say": "此件机密★10年请查收"}
    signed_in(world.editor).post(at("decide-several"), asked)
    assert now(item).state == State.SUBMITTED
    assert "请查收" not in str(list(TrailEntry.objects.values_list("after", flat=True)))
