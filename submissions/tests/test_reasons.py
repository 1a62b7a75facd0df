"""Reasons and days: words that a manager puts in order, and that nothing past depends on."""

import pytest
from django.test import Client
from django.urls import reverse

from submissions import reasons
from submissions.models import DecisionReason, ItemEvent
from submissions.moves import move
from submissions.stamps import stamp
from submissions.states import State
from tests.races import at_once
from tests.world import build_world
from trail.models import TrailEntry
from units.models import Office
from units.verdicts import Refused

PAGE = reverse("reasons", args=["jia"])


@pytest.fixture
def manager(world):
    for position, text in enumerate(("太长", "太旧")):
        DecisionReason.objects.create(office=world.office, text=text, position=position)
    client = Client()
    client.force_login(world.manager)
    return client


def typed(office, **changes):
    now = reasons.described(office)
    return {**now, "reasons": "\n".join(now["reasons"]), "seen": stamp(now), **changes}


def words(office):
    return reasons.described(Office.objects.get(pk=office.pk))


def test_the_lines_are_the_list_in_their_order(world, manager):
    kept = DecisionReason.objects.get(text="太旧")
    lines = " 没有数据 \r\n\r\n太旧\u200b\r\n  \r\n重复\r\n"
    assert manager.post(PAGE, typed(world.office, reasons=lines, decides_within=5)).status_code == 302
    assert words(world.office) == {"reasons": ["没有数据", "太旧", "重复"], "decides_within": 5, "urgent_within": 30}
    assert DecisionReason.objects.get(text="太旧") == kept
    entry = TrailEntry.objects.get(act="改退回理由")
    assert entry.before == {"reasons": ["太长", "太旧"], "decides_within": 3, "urgent_within": 30}
    assert entry.after == words(world.office)
    text = manager.get(PAGE).content.decode()
    assert "没有数据\n太旧\n重复" in text


def test_what_is_no_reason_any_more_stands_in_the_past_as_it_was(world, manager):
    item = world.item(state=State.SUBMITTED)
    move(item, "return", world.editor, "太长")
    manager.post(PAGE, typed(world.office, reasons=""))
    assert words(world.office)["reasons"] == []
    assert ItemEvent.objects.get(item=item, move="return").reason == "太长"


def test_reports_that_were_made_stay_current(world, manager):
    before = Office.objects.get(pk=world.office.pk).edition
    manager.post(PAGE, typed(world.office, reasons="别的"))
    assert Office.objects.get(pk=world.office.pk).edition == before


WRONG = [
    ({"reasons": "\n".join(f"理由{n}" for n in range(31))}, "退回和退稿的理由最多 30 行，现在有 31 行。"),
    ({"reasons": "长" * 101}, "有 101 个字，一行最多 100 个字。"),
    ({"reasons": "太长\n太旧\n太长"}, "“太长”写了不止一次，请去掉多的。"),
    ({"reasons": "太长:甲\n太长：甲"}, "“太长：甲”写了不止一次，请去掉多的。"),
    ({"reasons": "内部资料"}, "退回理由里的“内部资料”"),
    ({"decides_within": "0"}, "几天内办理是“0”，应当是 1 到 60 之间的整数。"),
    ({"decides_within": "61"}, "几天内办理是“61”，应当是 1 到 60 之间的整数。"),
    ({"decides_within": "三天"}, "几天内办理是“三天”，应当是 1 到 60 之间的整数。"),
    ({"decides_within": ""}, "请填几天内办理。"),
    ({"urgent_within": "0"}, "紧急信息几分钟内办理是“0”，应当是 1 到 1440 之间的整数。"),
    ({"urgent_within": "1441"}, "紧急信息几分钟内办理是“1441”，应当是 1 到 1440 之间的整数。"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_what_cannot_stand_is_told_with_its_value_and_kept(world, manager, changes, sentence):
    before = words(world.office)
    answer = manager.post(PAGE, typed(world.office, **changes))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert changes.get("reasons", "太长\n太旧") in text
    assert words(world.office) == before


def test_thirty_of_a_hundred_characters_and_the_ends_of_the_days_pass(world, manager):
    lines = [f"{n:02}" + "长" * 98 for n in range(30)]
    for days in (1, 60):
        data = typed(Office.objects.get(pk=world.office.pk), reasons="\n".join(lines), decides_within=days)
        assert manager.post(PAGE, data).status_code == 302
        assert words(world.office) == {"reasons": lines, "decides_within": days, "urgent_within": 30}


def test_who_changes_what_another_changed_is_told_first(world, manager):
    mine = typed(world.office, reasons="我的")
    manager.post(PAGE, typed(world.office, decides_within=9))
    answer = manager.post(PAGE, mine)
    assert answer.status_code == 422
    assert "有人改过" in answer.content.decode()
    assert words(world.office)["decides_within"] == 9
    manager.post(PAGE, {**mine, "seen": answer.context["form"]["seen"].value()})
    assert words(world.office) == {"reasons": ["我的"], "decides_within": 3, "urgent_within": 30}


def test_another_offices_reasons_stay(world, manager):
    DecisionReason.objects.create(office=world.other, text="太长")
    manager.post(PAGE, typed(world.office, reasons="别的"))
    assert list(world.other.decision_reasons.values_list("text", flat=True)) == ["太长"]


@pytest.mark.parametrize("who", ["officer", "signer", "editor", "auditor", "sysadmin", "other_editor"])
def test_for_others_the_page_does_not_exist(world, manager, who):
    client = Client()
    client.force_login(getattr(world, who))
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, typed(world.office, reasons="别的")).status_code == 404
    with pytest.raises(Refused):
        reasons.word(world.office, [], 3, 30, getattr(world, who), stamp(reasons.described(world.office)))
    assert words(world.office)["reasons"] == ["太长", "太旧"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_it_at_once_one_is_told():
    world = build_world()
    for n in range(10):
        seen = stamp(words(world.office))
        lists = [f"甲{n}", f"乙{n}"], [f"丙{n}"]
        acts = [
            lambda lines=lines, seen=seen: reasons.word(world.office, lines, 3, 30, world.manager, seen)
            for lines in lists
        ]
        assert sorted(type(answer).__name__ for answer in at_once(*acts)) == ["NoneType", "TooLate"]
        assert words(world.office)["reasons"] in lists
