"""Joint items: units by name, shares that add to 1, equal ones to the last millionth, counted for each."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from submissions import joint
from submissions.exact import ONE, apportion
from submissions.models import Draft, Item
from submissions.moves import move
from submissions.states import State
from submissions.tests.test_writing import write
from units.models import Alias, RosterLine
from units.verdicts import Refused


def test_three_units_without_shares_are_equal_and_the_first_of_the_roster_has_the_last_millionth(world, sun):
    write(sun, world, do="submit", joint=["丙学院", "乙市教育局"], share=["", "", ""])
    item = Item.objects.get()
    assert [(share.unit, share.share) for share in item.shares.order_by("position")] == [
        (world.bureau, Decimal("0.333334")),
        (world.college, Decimal("0.333333")),
        (world.second_bureau, Decimal("0.333333")),
    ]


def test_shares_as_typed_and_an_alias_is_a_name_too(world, sun):
    Alias.objects.create(office=world.office, unit=world.college, name="丙院")
    write(sun, world, do="submit", joint=["丙院", ""], share=["0.7", "0.3", ""])
    item = Item.objects.get()
    assert dict(item.shares.values_list("unit", "share")) == {
        world.bureau.pk: Decimal("0.7"),
        world.college.pk: Decimal("0.3"),
    }
    wu = Client()
    wu.force_login(world.other_unit_officer)
    page = wu.get(reverse("item", args=["jia", item.pk])).content.decode()
    assert "份额 0.3" in page


@pytest.mark.parametrize(
    ("names", "shares", "said"),
    [
        (["丙学院"], ["0.6", "0.3"], "份额合计是 0.9，应当是 1"),
        (["丙学院"], ["0.6", ""], "请填“丙学院”的份额"),
        (["丙学院"], ["0.6", "四成"], "应当是 0.6 这样的数"),
        (["丙学院"], ["1.5", "-0.5"], "应当大于 0"),
        (["丙学院"], ["0.5", "0.5000001"], "最多六位小数"),
        (["甲市教育局"], ["0.5", "0.5"], "写了两次"),
        (["丙学院", "丙学院"], ["0.4", "0.3", "0.3"], "写了两次"),
        (["没有的学院"], ["0.5", "0.5"], "名册上没有“没有的学院”"),
        (["丁系"], ["0.5", "0.5"], "名册上没有“丁系”"),
        ([""], ["0.5", "0.5"], "请写联合单位的全称"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(world, sun, names, shares, said):
    answer = write(sun, world, do="submit", joint=names, share=shares)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    for typed in (*names, *shares):
        assert f'value="{typed}"' in page
    item = Item.objects.get()
    assert item.state == State.DRAFT
    again = sun.get(reverse("write-item", args=["jia", item.pk])).content.decode()
    assert all(f'value="{typed}"' in again for typed in (*names, *shares))


def test_a_unit_that_left_the_roster_is_not_found(world):
    RosterLine.objects.filter(unit=world.college).update(until="2020-02-01")
    item = Item.objects.create(office=world.office, unit=world.bureau, title="草稿")
    with pytest.raises(Refused, match="名册上没有"):
        joint.shares(item, [["", ""], ["丙学院", ""]])


def test_a_unit_that_left_afterwards_and_one_whose_printed_name_is_another_can_be_resubmitted(world, sun):
    RosterLine.objects.filter(unit=world.college).update(name="丙学院（本部）")
    write(sun, world, do="submit", joint=["丙学院（本部）"], share=["", ""])
    item = Item.objects.get()
    move(item, "return", world.editor, "再看看")
    RosterLine.objects.update(until="2026-01-01")
    page = sun.get(reverse("write-item", args=["jia", item.pk])).content.decode()
    assert 'value="丙学院"' in page
    write(sun, world, item, do="submit", joint=["丙学院"], share=["", ""], title="又报")
    item.refresh_from_db()
    assert (item.state, item.shares.count()) == (State.SUBMITTED, 2)


def test_a_returned_item_may_be_shared_anew(world, sun):
    write(sun, world, do="submit")
    item = Item.objects.get()
    move(item, "return", world.editor, "写明联合单位")
    write(sun, world, item, do="submit", joint=["丙学院"], share=["0.5", "0.5"])
    assert item.shares.count() == 2
    move(Item.objects.get(), "return", world.editor, "份额不对")
    page = sun.get(reverse("write-item", args=["jia", item.pk])).content.decode()
    assert 'value="丙学院"' in page
    assert page.count('value="0.5"') == 2
    write(sun, world, item, do="submit", title="独家")
    assert item.shares.get().unit == world.bureau


def test_a_draft_keeps_whatever_stands_in_the_rows(world, sun):
    write(sun, world, joint=["丙学"], share=["", "0.2"])
    assert Draft.objects.get().shares == [["甲市教育局", ""], ["丙学", "0.2"]]


def test_names_are_offered_from_ones_own_roster(world, sun):
    page = reverse("unit-names", args=["jia"])
    assert sun.get(page, {"joint": "教育"}).json() == ["甲市教育局", "乙市教育局"]
    assert sun.get(page, {"joint": "丁"}).json() == []
    assert sun.get(page, {"joint": ""}).json() == []


@given(st.integers(1, 12))
def test_equal_shares_add_to_one(number):
    assert sum(apportion(ONE, [1] * number)) == ONE
