"""Silent units: who is listed, whom one rings, and that nobody is rung twice for want of a note."""

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scoring import closing
from submissions.exact import ONE
from submissions.models import Item, Period, Reminder
from submissions.reminders import remind, silence
from submissions.states import State
from tests.races import at_once
from tests.world import build_world, roster_unit
from trail.models import TrailEntry
from units.models import Contact, Notice, NoticeKind, Office, RosterGroup, RosterLine, Unit
from units.verdicts import Refused


@pytest.fixture
def desk(world):
    client = Client()
    client.force_login(world.editor)
    return client


def page_of(period):
    return f"{reverse('silent', args=['jia'])}?period={period.pk}"


def post(client, unit, period, **data):
    address = f"{reverse('remind', args=['jia', unit.pk])}?period={period.pk}"
    return client.post(address, {"seen": 0, "note": "", **data})


def names(period):
    return [silent.line.name for silent in silence(period).ranked]


def in_groups(period):
    return [(name, [silent.line.name for silent in units]) for name, units in silence(period).groups]


def contact(unit, **fields):
    defaults = {"kind": "officer", "name": "李明", "since": "2020-01-01"}
    return Contact.objects.create(unit=unit, **{**defaults, **fields})


def quarter_of(office, name, starts_in, **fields):
    """A period of thirty days that begins so many days from now."""
    starts = timezone.localdate() + datetime.timedelta(days=starts_in)
    ends = starts + datetime.timedelta(days=30)
    return Period.objects.create(office=office, kind="quarter", name=name, starts_on=starts, ends_on=ends, **fields)


def test_units_of_which_nothing_came_in_stand_by_group_in_the_rosters_order(world, desk):
    assert in_groups(world.q1) == [("各市教育局", ["甲市教育局", "乙市教育局"]), ("各高等院校", ["丙学院"])]
    RosterLine.objects.filter(unit=world.second_bureau).update(order=0)
    assert names(world.q1) == ["乙市教育局", "甲市教育局", "丙学院"]
    world.item()
    text = desk.get(page_of(world.q1)).content.decode()
    assert "2 个单位还没有报送" in text
    assert names(world.q1) == ["乙市教育局", "丙学院"]
    assert names(world.q2) == ["乙市教育局", "甲市教育局", "丙学院"]


@pytest.mark.parametrize("state", [State.SUBMITTED, State.VALID, State.REJECTED, State.RETURNED, State.WITHDRAWN])
def test_what_was_received_counts_whatever_became_of_it(world, state):
    item = world.item()
    Item.objects.filter(pk=item.pk).update(state=state)
    assert "甲市教育局" not in names(world.q1)


def test_what_never_arrived_or_went_to_another_office_does_not_count(world):
    Item.objects.create(office=world.office, unit=world.bureau, title="草稿").shares.create(
        unit=world.bureau, share="1"
    )
    elsewhere = Item.objects.create(
        office=world.other, unit=world.bureau, title="别处", number="E1", received_on="2020-02-02", state="valid"
    )
    elsewhere.shares.create(unit=world.bureau, share="1")
    found = silence(world.q1).ranked[0]
    assert (found.line.unit, found.last_on) == (world.bureau, None)


def test_a_joint_item_speaks_for_each_of_its_units(world):
    world.item(shares=[(world.bureau.pk, ONE // 2), (world.college.pk, ONE // 2)])
    assert names(world.q1) == ["乙市教育局"]


def test_the_first_and_the_last_day_belong_to_the_period(world):
    world.item(received_on=world.q1.starts_on)
    world.item(received_on=world.q1.ends_on, shares=[(world.second_bureau.pk, ONE)])
    world.item(received_on=world.q2.starts_on, shares=[(world.college.pk, ONE)])
    assert names(world.q1) == ["丙学院"]


def test_exempt_units_stand_apart_and_are_not_in_the_number(world, desk):
    RosterLine.objects.filter(unit=world.college).update(ranked=False)
    found = silence(world.q1)
    assert [silent.line.name for silent in found.exempt] == ["丙学院"]
    text = desk.get(page_of(world.q1)).content.decode()
    assert "2 个单位还没有报送" in text
    assert "不参加排名，上面的数没有算　1个" in text


def test_a_unit_whose_line_changed_stands_once_as_it_did_last(world):
    group = RosterGroup.objects.get(office=world.office, name="各高等院校")
    RosterLine.objects.filter(unit=world.bureau).update(until="2020-02-01")
    new = {"office": world.office, "unit": world.bureau, "group": group, "order": 9}
    RosterLine.objects.create(name="甲市教体局", since="2020-02-02", **new)
    assert names(world.q1) == ["乙市教育局", "丙学院", "甲市教体局"]


def test_who_was_not_on_the_roster_then_is_not_silent(world):
    RosterLine.objects.filter(unit=world.college).update(since="2020-04-01")
    RosterLine.objects.filter(unit=world.bureau).update(until="2020-03-31")
    assert names(world.q1) == ["甲市教育局", "乙市教育局"]
    assert names(world.q2) == ["乙市教育局", "丙学院"]


def test_contacts_can_be_rung_and_written_to(world, desk):
    contact(world.bureau, kind="officer", phone="0351-3046789 转 12", email="li@example.cn", post="秘书")
    contact(world.bureau, kind="leader", name="王局", phone="见办公室")
    contact(world.bureau, name="前任", until="2020-02-01", email="gone@example.cn")
    contact(world.bureau, name="后任", since="2999-01-01", email="later@example.cn")
    contact(world.second_bureau, email="li@example.cn", phone="13800000000、13900000000")
    text = desk.get(page_of(world.q1)).content.decode()
    assert '<a class="nowrap" href="tel:0351304678912">' not in text
    assert 'href="tel:03513046789">0351-3046789 转 12</a>' in text
    assert 'href="tel:13800000000">' in text
    assert "王局" in text
    assert "见办公室</a>" not in text
    assert text.index("王局") < text.index("李明"), "the leader first"
    assert '<a href="mailto:li@example.cn">' in text
    assert 'href="mailto:?bcc=li@example.cn"' in text
    assert "给 1 个邮箱写信" in text
    assert "前任" not in text
    assert "后任" not in text
    assert text.count("没有登记联系人") == 1  # the college


def test_an_odd_address_stays_within_the_letter(world):
    contact(world.bureau, email="a&body=b@example.cn")
    assert silence(world.q1).letter == "mailto:?bcc=a%26body%3Db@example.cn"


def test_without_an_address_there_is_no_letter(world, desk):
    assert "mailto:" not in desk.get(page_of(world.q1)).content.decode()


def test_when_it_last_reported_leads_to_its_items(world, desk):
    world.item(received_on=datetime.date(2020, 1, 5))
    world.item(received_on=datetime.date(2020, 3, 5))
    text = desk.get(page_of(world.q2)).content.decode()
    link = f'{reverse("items", args=["jia"])}?unit={world.bureau.pk}">2020年3月5日</a>'
    assert link in text
    assert text.count("没有报送过") == 2
    assert "2 条" in desk.get(f"{reverse('items', args=['jia'])}?unit={world.bureau.pk}").content.decode()


def test_a_reminder_is_kept_and_on_the_trail(world, desk):
    answer = post(desk, world.bureau, world.q1, note="  说本周报\n两条 ")
    assert answer.url.endswith(f"?period={world.q1.pk}#unit-{world.bureau.pk}")
    made = Reminder.objects.get()
    assert (made.period, made.unit, made.made_by, made.note) == (world.q1, world.bureau, world.editor, "说本周报 两条")
    entry = TrailEntry.objects.get(act="催报")
    assert entry.after == {"period": "2020年第1季度", "note": "说本周报 两条"}
    assert (entry.object_label, entry.result) == ("甲市教育局", "done")
    text = desk.get(page_of(world.q1)).content.decode()
    assert "wang催过：说本周报 两条" in text
    assert "1 个催过" in text
    assert "wang催过" not in desk.get(page_of(world.q2)).content.decode()


def test_a_second_click_is_told_that_it_was_done(world, desk):
    post(desk, world.bureau, world.q1)
    answer = post(desk, world.bureau, world.q1, note="我的备注")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(r"wang在\d\d-\d\d \d\d:\d\d已经催过甲市教育局", text)
    assert 'value="我的备注"' in text
    assert Reminder.objects.count() == 1
    told = Notice.objects.filter(kind=NoticeKind.REMINDED).count()
    again = post(desk, world.bureau, world.q1, seen=1)
    assert re.search(r"今天已经催过甲市教育局（\d\d:\d\d，wang），这一次没有记", again.content.decode())
    assert Reminder.objects.count() == 1
    assert post(desk, world.bureau, world.q1, seen=1, note="下午又打了").status_code == 302
    assert Reminder.objects.count() == 2
    assert told == Notice.objects.filter(kind=NoticeKind.REMINDED).count() > 0, "the unit is told once a day"


@pytest.mark.parametrize(
    ("note", "sentence"), [("秘密★1年", "密级标志"), ("长" * 201, "备注最多 200 个字，现在有 201 个")]
)
def test_a_note_that_cannot_stand_is_told_and_stays_in_its_box(world, desk, note, sentence):
    answer = post(desk, world.bureau, world.q1, note=note)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert f'value="{note}"' in answer.content.decode()
    assert not Reminder.objects.exists()
    assert "秘密" not in str(TrailEntry.objects.latest("id").after)


def test_who_has_reported_meanwhile_is_not_reminded(world, desk):
    world.item()
    answer = post(desk, world.bureau, world.q1)
    assert "甲市教育局已经报送了，不用再催。" in answer.content.decode()
    assert not Reminder.objects.exists()


def test_who_is_not_on_the_periods_roster_is_not_reminded(world):
    RosterLine.objects.filter(unit=world.college).update(since="2020-04-01")
    with pytest.raises(Refused, match="不在2020年第1季度的名册上"):
        remind(world.q1, world.college, world.editor)


def test_a_closed_period_is_read_but_nobody_is_reminded(world, desk):
    contact(world.bureau, email="li@example.cn")
    seen = Period.objects.select_related("office").get(pk=world.q1.pk)
    closing.close(world.q1, world.manager)
    text = desk.get(page_of(world.q1)).content.decode()
    assert "3 个单位没有报送" in text
    assert "已经封存，不用再催" in text
    assert "记一次" not in text
    assert "给 1 个邮箱写信" not in text
    with pytest.raises(Refused, match="已经封存"):
        remind(seen, world.bureau, world.editor)
    assert not Reminder.objects.exists()


def test_a_period_to_come_lists_nobody(world, desk):
    period = quarter_of(world.office, "将来", 10)
    text = desk.get(page_of(period)).content.decode()
    assert "将来还没有开始" in text
    assert "甲市教育局" not in text
    assert "将来还没有开始，不用催。" in post(desk, world.bureau, period).content.decode()
    assert not Reminder.objects.exists()


def test_a_running_period_says_how_many_days_are_left(world, desk):
    assert "还有 10 天" in desk.get(page_of(quarter_of(world.office, "现在", -20))).content.decode()
    assert "今天结束" in desk.get(page_of(quarter_of(world.office, "今天", -30))).content.decode()


def test_where_everybody_reported_it_says_so(world, desk):
    for unit in (world.bureau, world.second_bureau, world.college):
        world.item(shares=[(unit.pk, ONE)])
    assert "单位都报送了" in desk.get(page_of(world.q1)).content.decode()


def test_an_office_without_periods_or_roster_says_so(world, desk):
    RosterLine.objects.filter(office=world.office).delete()
    assert "名册上还没有单位" in desk.get(page_of(world.q1)).content.decode()
    office = Office.objects.create(code="bing", name="丙厅", unit=Unit.objects.create(name="丙"))
    world.editor.memberships.create(unit=office.unit, role="editor")
    assert "还没有报送期" in desk.get(reverse("silent", args=["bing"])).content.decode()


def test_another_offices_units_and_periods_do_not_exist(world, desk):
    theirs = world.other.roster_lines.get().unit
    period = world.other.periods.first()
    assert post(desk, theirs, world.q1).status_code == 404
    assert post(desk, world.bureau, period).status_code == 404
    assert desk.get(page_of(period)).status_code == 404
    with pytest.raises(Refused):
        remind(period, theirs, world.editor)
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("who", ["officer", "signer", "auditor", "sysadmin", "other_editor"])
def test_for_others_the_page_does_not_exist(world, who):
    client = Client()
    client.force_login(getattr(world, who))
    assert client.get(page_of(world.q1)).status_code == 404
    assert post(client, world.bureau, world.q1).status_code == 404
    with pytest.raises(Refused):
        remind(world.q1, world.bureau, getattr(world, who))


def test_one_unit_costs_as_many_queries_as_many(world, desk, django_assert_max_num_queries):
    def everything(unit):
        contact(unit, email=f"{unit.pk}@example.cn")
        Reminder.objects.create(period=world.q2, unit=unit, made_by=world.editor)
        world.item(shares=[(unit.pk, ONE)])  # in the quarter before

    RosterLine.objects.filter(unit__in=[world.second_bureau, world.college]).delete()
    everything(world.bureau)
    desk.get(page_of(world.q2))
    with django_assert_max_num_queries(15) as one:
        desk.get(page_of(world.q2))
    for number, group in enumerate(list(world.office.roster_groups.all()) * 10):
        everything(roster_unit(world.office, group, f"单位{number}", number))
    with django_assert_max_num_queries(len(one)):
        answer = desk.get(page_of(world.q2))
    assert answer.context["silence"].number == 21


@pytest.mark.django_db(transaction=True)
def test_of_two_who_rang_at_once_one_is_told():
    world = build_world()
    for seen in range(10):
        acts = [
            lambda who=who, seen=seen: remind(world.q1, world.bureau, who, f"第{seen}次", seen)
            for who in (world.editor, world.manager)
        ]
        assert sorted(type(answer).__name__ for answer in at_once(*acts)) == ["Reminder", "TooLate"]
    assert Reminder.objects.count() == 10
