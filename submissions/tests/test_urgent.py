"""Urgent items: above the queue with a clock, told on the editor's screen, carried on by follow-ups, told of when late."""

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from submissions import decisions, drafts, telling, urgent
from submissions.drafts import Typed
from submissions.exact import ONE
from submissions.models import Item
from submissions.moves import move
from submissions.states import State
from tests.races import at_once
from tests.world import build_world
from units.models import Notice, Role, Session
from units.verdicts import Refused

MINUTE = datetime.timedelta(minutes=1)
TEXT = "<p>情况已经稳定，师生全部安置好了。</p>"


def at(name: str, *args) -> str:
    return reverse(name, args=["jia", *args])


def signed_in(account) -> Client:
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def wang(world):
    return signed_in(world.editor)


def reported(world, title: str = "宿舍楼起火", minutes: float = 0, **fields) -> Item:
    """An urgent item that has waited for some minutes."""
    item = world.item(title, state=State.SUBMITTED, **fields)
    since = timezone.now() - minutes * MINUTE
    Item.objects.filter(pk=item.pk).update(urgent=True, waits_since=since)
    return Item.objects.select_related("office", "unit").get(pk=item.pk)


def sent(world, title: str, follows: Item, final: bool = False) -> Item:
    typed = Typed(title=title, body=f"{TEXT}<p>{title}</p>", kind=world.office.item_kinds.get(), final=final)
    draft = drafts.begin(world.office, world.bureau, f"{title:0>32}", typed, world.officer, follows=follows.pk)
    return drafts.submit(draft, world.officer)


# ---- The lane ----


@pytest.mark.once
@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "已等 0 分，还剩 30 分"),
        (12.9, "已等 12 分，还剩 18 分"),
        (29.9, "已等 29 分，还剩 1 分"),
        (30, "已等 30 分，超 0 分"),
        (35, "已等 35 分，超 5 分"),
        (200, "已等 3 时 20 分，超 2 时 50 分"),
        (3 * 1440 + 60, "已等 3 天 1 时，超 3 天 0 时"),
        (-5, "已等 0 分，还剩 30 分"),
    ],
)
def test_a_clock_says_what_is_left_of_the_offices_minutes(minutes, said):
    now = timezone.now()
    clock = urgent.clock_of(now - minutes * MINUTE, 30, now)
    assert str(clock) == said
    assert clock.late == (minutes >= 30)


def test_urgent_items_stand_in_a_band_above_the_list_which_leaves_them_out(world, wang, monkeypatch):
    monkeypatch.setattr("submissions.filters.PAGE", 3)
    old = [world.item(f"普通{n}", state=State.SUBMITTED) for n in range(4)]
    hot = [reported(world, f"紧急{n}", minutes=35 - n) for n in range(2)]
    page, seen = at("queue"), []
    while page:
        answer = wang.get(page)
        text = answer.content.decode()
        band = re.search(r'class="panel lane".*?</section>', text, re.S)
        rows = [int(pk) for pk in re.findall(r'data-item="(\d+)"', text)]
        assert [int(pk) for pk in re.findall(r'data-item="(\d+)"', band[0] if band else "")] == [
            pk for pk in rows if pk in {item.pk for item in hot}
        ]
        seen += rows
        shown = answer.context["filter"]
        page = at("queue") + shown.next_address if shown.next_address else ""
    assert seen == [item.pk for item in (*hot, *old)], "each once, the urgent ones first, pages by key"
    first = wang.get(at("queue")).content.decode()
    assert "待审 6 条" in first
    assert '<h2 id="lane">紧急信息 2 条</h2>' in first
    assert "已等 35 分，超 5 分" in first
    assert wang.get(at("queue") + "?mark=urgent").context["filter"].total == "2"


# ---- The editor's screen ----


def test_the_screen_asks_what_is_urgent_and_keeps_no_session_alive(world, wang):
    assert wang.get(at("urgent-now")).json() == {"number": "0", "items": []}
    item = reported(world, minutes=5)
    world.item("普通的一条", state=State.SUBMITTED)
    Session.objects.update(expire_date=timezone.now() + MINUTE)
    left = Session.objects.get().expire_date
    told = wang.get(at("urgent-now"), headers={"X-Poll": "1"}).json()
    assert told["number"] == "1"
    assert told["items"][0]["said"] == "甲市教育局报来紧急信息《宿舍楼起火》"
    assert Session.objects.get().expire_date == left
    move(item, "return", world.editor, "请补充")
    assert wang.get(at("urgent-now")).json()["number"] == "0"
    item.refresh_from_db()
    Item.objects.filter(pk=item.pk).update(state=State.SUBMITTED, waits_since=timezone.now())
    again = wang.get(at("urgent-now")).json()
    assert again["items"][0]["key"] != told["items"][0]["key"], "what came in again is told again"


def test_who_is_signed_out_or_no_editor_is_told_nothing(world):
    reported(world)
    assert Client().get(at("urgent-now"), headers={"HX-Request": "true", "X-Poll": "1"}).status_code == 204
    for who in (world.manager, world.officer, world.other_editor):
        client = signed_in(who)
        assert client.get(at("urgent-now")).status_code == 404
    assert "urgent.js" not in signed_in(world.manager).get(at("home")).content.decode()
    assert 'id="urgent-number">1<' in signed_in(world.editor).get(at("home")).content.decode()


def test_many_that_wait_cost_the_screen_the_same(world, wang, django_assert_num_queries):
    reported(world)
    wang.get(at("urgent-now"))
    with django_assert_num_queries(6) as one:
        wang.get(at("urgent-now"), headers={"X-Poll": "1"})
    for n in range(60):
        reported(world, f"第{n}件")
    with django_assert_num_queries(len(one)):
        told = wang.get(at("urgent-now"), headers={"X-Poll": "1"}).json()
    assert (told["number"], len(told["items"])) == ("61", 50)


# ---- Beyond the minutes ----


def test_of_a_late_one_the_editors_in_charge_are_told_once_and_again_when_it_came_in_again(world):
    on_time, late, ancient = (reported(world, f"第{n}件", minutes=n) for n in (29, 31, 2000))
    world.item("普通的一条", state=State.SUBMITTED)
    narrowed = world.manager.memberships.create(unit=world.office.unit, role=Role.EDITOR)
    narrowed.groups.add(world.office.roster_groups.get(name="各高等院校"))
    for _ in range(2):
        telling.tell_of_late()
    said = [(notice.account.username, notice.kind, notice.said) for notice in Notice.objects.all()]
    assert said == [("wang", "urgent", "紧急信息《第31件》已等 31 分，超 1 分，还没有办理")]
    assert not Notice.objects.filter(key__contains=f":{ancient.pk}:").exists(), "of that the daily notice tells"
    assert not Notice.objects.filter(key__contains=f":{on_time.pk}:").exists()
    Item.objects.filter(pk=late.pk).update(waits_since=timezone.now() - 40 * MINUTE)
    telling.tell_of_late()
    assert Notice.objects.count() == 2


def test_looking_for_late_ones_is_one_query(world, django_assert_num_queries):
    for n in range(5):
        reported(world, f"第{n}件", minutes=n)
    with django_assert_num_queries(1):
        telling.tell_of_late()


# ---- Follow-ups ----


def test_a_follow_up_hangs_on_the_first_report_and_a_final_one_ends_it(world, sun, wang):
    first = reported(world)
    page = sun.get(at("write"), {"follows": first.pk}).content.decode()
    assert 'value="宿舍楼起火（续报一）"' in page
    data = {"token": "a" * 32, "version": 0, "unit": world.bureau.pk, "title": "宿舍楼起火（续报一）", "body": TEXT}
    data |= {"kind": world.office.item_kinds.get().pk, "do": "submit"}
    for _ in range(2):
        sun.post(f"{at('write')}?follows={first.pk}", data)
    second = Item.objects.get(follows=first)
    assert (second.urgent, second.final, second.state) == (True, False, State.SUBMITTED)
    third = sent(world, "（续报二）", second)
    assert third.follows == first, "of a follow-up too the first report"
    last = sent(world, "（终报）", first, final=True)
    assert (last.final, last.follows) == (True, first)
    for client in (sun, wang):
        text = client.get(at("item", second.pk)).content.decode()
        assert re.findall(r'<span class="tag">(..)</span> <', text) == ["首报", "续报", "续报", "终报"]
    assert "首报和续报" in wang.get(at("read-item", first.pk)).content.decode()
    assert "已经报过终报" in sun.get(at("write"), {"follows": first.pk}, follow=True).content.decode()
    answer = sun.post(f"{at('write')}?follows={first.pk}", data | {"token": "b" * 32, "title": "晚了"})
    assert answer.status_code == 422
    assert "已经报过终报" in answer.content.decode()
    assert "晚了" in answer.content.decode(), "what was typed is kept"
    assert not Item.objects.filter(form_token="b" * 32).exists()


def test_what_is_no_follow_up_has_no_final_tick(world, sun):
    item = drafts.begin(
        world.office, world.bureau, "c" * 32, Typed(title="一条", body="", final=True), world.officer
    ).item
    assert not item.draft.final
    assert "这是终报" not in sun.get(at("write-item", item.pk)).content.decode()


@pytest.mark.parametrize("state", State.values)
def test_what_may_be_followed_up(world, state):
    first = reported(world)
    Item.objects.filter(pk=first.pk).update(state=state)
    if state in (State.SUBMITTED, State.RETURNED, State.VALID, State.REJECTED):
        assert sent(world, "（续报一）", first).follows == first
    else:
        with pytest.raises(Refused, match="不能续报"):
            sent(world, "（续报一）", first)


def test_only_ones_own_units_urgent_items_are_followed_up(world, sun):
    plain, others = world.item(state=State.SUBMITTED), reported(world, shares=[(world.college.pk, ONE)])
    with pytest.raises(Refused, match="只有紧急信息"):
        sent(world, "（续报一）", plain)
    with pytest.raises(Refused, match="没有找到"):
        sent(world, "（续报一）", others)
    assert sun.get(at("write"), {"follows": others.pk}).status_code == 404
    for odd in ("x", "9" * 30, "-1", "%00"):
        assert sun.get(f"{at('write')}?follows={odd}").status_code in (200, 400)


def test_a_final_report_ends_nothing_once_it_was_withdrawn_or_its_unit_knows_it_rejected(world, settings):
    settings.UNDO_SECONDS = 60
    first = reported(world)
    move(sent(world, "（终报）", first, final=True), "withdraw", world.officer)
    last = sent(world, "（终报二）", first, final=True)
    decisions.decide(Item.objects.select_related("office").get(pk=last.pk), "reject", world.editor, "重复")
    with pytest.raises(Refused, match="已经报过终报"):
        sent(world, "（续报三）", first)
    Item.objects.update(undo_until=None)
    assert sent(world, "（续报四）", first).follows == first


def test_a_returned_follow_up_comes_in_again_after_the_final_one(world):
    first = reported(world)
    early = sent(world, "（续报一）", first)
    move(early, "return", world.editor, "请补充人数")
    sent(world, "（终报）", first, final=True)
    typed = Typed(title="（续报一）", body=f"{TEXT}<p>共 32 人。</p>", kind=world.office.item_kinds.get())
    early = Item.objects.select_related("office", "unit").get(pk=early.pk)
    assert drafts.submit(drafts.save(early, typed, world.officer), world.officer).state == State.SUBMITTED


@pytest.mark.parametrize("followed", [True, False])
def test_a_first_report_stays_urgent_as_long_as_others_follow_it(world, followed):
    first = reported(world)
    if followed:
        sent(world, "（续报一）", first)
    move(first, "return", world.editor, "请补充人数")
    typed = Typed(title="宿舍楼起火", body=f"{TEXT}<p>共 32 人。</p>", kind=world.office.item_kinds.get(), urgent=False)
    first = Item.objects.select_related("office", "unit").get(pk=first.pk)
    drafts.submit(drafts.save(first, typed, world.officer), world.officer)
    assert Item.objects.get(pk=first.pk).urgent == followed


@pytest.mark.django_db(transaction=True)
def test_of_two_final_reports_at_once_one_goes_out():
    world = build_world()
    first = reported(world)
    kind = world.office.item_kinds.get()
    written = [
        drafts.begin(
            world.office,
            world.bureau,
            f"{n:032}",
            Typed(title=f"终报{n}", body=f"{TEXT}<p>{n}</p>", kind=kind, final=True),
            world.officer,
            follows=first.pk,
        )
        for n in range(2)
    ]
    fates = at_once(*(lambda draft=draft: drafts.submit(draft, world.officer) for draft in written))
    assert sorted(type(fate).__name__ for fate in fates) == ["Item", "Refused"]


def test_a_chain_costs_an_items_page_the_same_however_long(world, sun, wang, django_assert_max_num_queries):
    first = reported(world)
    sent(world, "（续报0）", first)
    for client, name in ((sun, "item"), (wang, "read-item")):
        client.get(at(name, first.pk))
        with django_assert_max_num_queries(50) as one:
            client.get(at(name, first.pk))
        for n in range(3):
            sent(world, f"（续报{name}{n}）", first)
        with django_assert_max_num_queries(len(one)):
            client.get(at(name, first.pk))
