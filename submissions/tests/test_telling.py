"""Who is told of what: after it was committed, once, and of a decision when it can no longer be undone."""

import datetime
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from submissions import adoptions, announcements, comments, decisions, reminders, telling
from submissions.exact import ONE
from submissions.models import AnnouncedUnit, Announcement, Comment, Item, ItemEvent, Period
from submissions.moves import move
from submissions.states import State
from units.models import Account, Membership, Notice, NoticeKind, Role


def told() -> list[tuple[str, str, str]]:
    """Who was told what, after a run of the teller."""
    telling.tell_of_new()
    return list(Notice.objects.order_by("account__username").values_list("account__username", "kind", "said"))


@pytest.fixture
def waiting(world) -> Item:
    """An item of two units that waits; nobody was told of the past."""
    shares = [(world.bureau.pk, ONE // 2), (world.college.pk, ONE // 2)]
    return world.item("秋季招聘会", state=State.SUBMITTED, shares=shares)


def test_of_the_past_nobody_is_told(world):
    world.item("一条", adopted_by=world.site)
    assert told() == []


def test_a_return_is_told_to_the_lead_and_an_acceptance_to_all_its_units(world, waiting):
    move(waiting, "return", world.editor, "请补充数字")
    assert told() == [(who, "returned", "退回修改：《秋季招聘会》") for who in ("sun", "zhou")]
    move(waiting, "reopen", world.editor, "看错了")
    move(waiting, "accept", world.editor)
    Notice.objects.all().delete()
    assert [who for who, kind, _ in told() if kind == "accepted"] == ["sun", "wu", "zhou"]
    assert told() == told(), "once"


def test_what_is_rolled_back_is_told_to_nobody(world, waiting):
    with transaction.atomic():
        move(waiting, "return", world.editor, "理由")
        transaction.set_rollback(True)
    assert told() == []


def test_a_decision_is_told_when_it_cannot_be_undone_any_more(world, waiting, settings):
    settings.UNDO_SECONDS = 60
    decisions.decide(waiting, "reject", world.editor, "重复")
    assert told() == []
    Item.objects.update(undo_until=timezone.now())
    assert [kind for _, kind, _ in told()] == ["rejected", "rejected"]


def test_what_was_undone_is_never_told(world, waiting, settings):
    settings.UNDO_SECONDS = 60
    decisions.decide(waiting, "reject", world.editor, "重复")
    decisions.undo(waiting, world.editor)
    assert told() == []
    assert not ItemEvent.objects.filter(move="reject", told_at=None).exists(), "it is not looked at again"


def test_an_adoption_and_its_end_name_the_channel(world, waiting):
    adoption = adoptions.adopt(waiting, world.province, datetime.date(2020, 3, 1), world.editor)
    assert {said for _, kind, said in told() if kind == "adopted"} == {"省委采用《秋季招聘会》"}
    adoptions.revoke(adoption, world.editor, "登记错了")
    assert {(who, said) for who, kind, said in told() if kind == "revoked"} == {
        (who, "采用已撤销：省委采用《秋季招聘会》") for who in ("sun", "wu", "zhou")
    }


def test_of_a_forwarding_that_ends_no_unit_is_told(world, waiting):
    forwarding = adoptions.forward(waiting, world.province, datetime.date(2020, 3, 1), world.editor)
    telling.tell_of_new()
    Notice.objects.all().delete()
    adoptions.revoke(forwarding, world.editor, "登记错了")
    assert told() == []


def test_who_may_sign_is_told_that_something_waits(world):
    world.bureau.needs_signer = True
    world.bureau.save()
    item = world.item("待签的", state=State.SUBMITTED)
    Item.objects.filter(pk=item.pk).update(state=State.SIGNING)
    ItemEvent.objects.create(item=item, actor=world.officer, move="submit", was="draft", now="signing")
    assert told() == [("qian", "to_sign", "等您审查或签发：《待签的》")]


def test_of_an_urgent_item_the_editors_in_charge_are_told(world):
    college_only = Account.objects.create_user("xu", "a-long-test-password", name="徐")
    held = Membership.objects.create(account=college_only, unit=world.office.unit, role=Role.EDITOR)
    held.groups.add(world.college.roster_lines.get().group)
    item = world.item("暴雨停课", state=State.SUBMITTED)
    Item.objects.filter(pk=item.pk).update(urgent=True)
    ItemEvent.objects.create(item=item, actor=world.officer, move="submit", was="draft", now="submitted")
    assert told() == [("wang", "urgent", "甲市教育局报来紧急信息《暴雨停课》")]


def test_a_comment_is_told_to_the_other_side(world, waiting):
    common = {"item": waiting, "text": "请补充数字"}
    Comment.objects.create(by=world.editor, from_office=True, form_token="1" * 32, **common)
    Comment.objects.create(
        by=world.other_unit_officer, unit=world.college, from_office=False, form_token="2" * 32, **common
    )
    Comment.objects.create(
        by=world.editor, from_office=True, form_token="3" * 32, taken_back_at=timezone.now(), **common
    )
    assert told() == [
        ("sun", "comment", "jia厅点评《秋季招聘会》"),
        ("wang", "comment", "丙学院点评《秋季招聘会》"),
        ("wu", "comment", "jia厅点评《秋季招聘会》"),
        ("zhou", "comment", "jia厅点评《秋季招聘会》"),
    ]


def test_who_spoke_in_a_thread_hears_of_the_answer(world, waiting):
    beginning = Comment.objects.create(
        item=waiting, text="几点？", by=world.signer, unit=world.bureau, from_office=False, form_token="1" * 32
    )
    telling.tell_of_new()
    Notice.objects.all().delete()
    Comment.objects.create(
        item=waiting, text="三点", by=world.manager, from_office=True, answers=beginning, form_token="2" * 32
    )
    assert [who for who, _, _ in told()] == ["qian", "sun", "wu", "zhou"]


def test_what_was_taken_back_is_not_told_any_more(world, waiting):
    said = comments.say(waiting, "请补充数字", world.editor, "1" * 32)
    made = announcements.announce(world.office, "要求", "<p>请看</p>", [world.bureau.pk], "2" * 32, world.editor)
    assert {kind for _, kind, _ in told()} == {"comment", "announcement"}
    comments.take_back(said, world.editor)
    announcements.withdraw(made, "写错了", world.editor)
    assert told() == []


def test_one_that_cannot_be_told_of_holds_up_no_other(world, waiting, monkeypatch, caplog):
    monkeypatch.setattr(telling, "AT_A_TIME", 1)
    ItemEvent.objects.create(item=waiting, actor=world.editor, move="return", was="submitted", now="returned")
    broken = ItemEvent.objects.create(item=waiting, actor=world.editor, move="reject", was="submitted", now="rejected")
    right = telling.WORDS.copy()
    del right["reject"]
    right["reject"] = None
    monkeypatch.setattr(telling, "WORDS", right)
    move(waiting, "accept", world.editor)
    assert {kind for _, kind, _ in told()} == {"returned", "accepted"}
    assert f"ItemEvent {broken.pk}" in caplog.text


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of PostgreSQL depends on how full the table is")
def test_the_history_is_not_read_to_find_what_is_new(world):
    new = ItemEvent.objects.filter(told_at=None).order_by("id")[: telling.AT_A_TIME]
    assert "event_to_tell" in new.explain()


def test_an_announcement_is_told_to_the_people_of_its_units(world):
    made = Announcement.objects.create(
        office=world.office, title="报送要求", body="<p>请看</p>", made_by=world.editor, form_token="1" * 32
    )
    AnnouncedUnit.objects.create(announcement=made, unit=world.bureau)
    assert [who for who, _, _ in told()] == ["qian", "sun", "zhou"]


def test_a_reminder_is_told_to_the_silent_unit(world):
    reminders.remind(world.q1, world.second_bureau, world.editor)
    assert not Notice.objects.exists(), "it has nobody who signs in"
    reminders.remind(world.q1, world.college, world.editor)
    assert [(who, kind) for who, kind, _ in told()] == [("wu", "reminded")]


def test_officers_are_told_three_days_before_a_period_ends(world):
    today = timezone.localdate()
    world.item("一条", received_on=today)
    for days, kind in ((3, "quarter"), (4, "month"), (2, "week")):
        Period.objects.create(
            office=world.office,
            kind=kind,
            name=kind,
            starts_on=today - timedelta(days=5),
            ends_on=today + timedelta(days=days),
        )
    telling.look_ahead()
    telling.look_ahead()
    ends = today + timedelta(days=3)
    rows = Notice.objects.filter(kind=NoticeKind.PERIOD_ENDS).values_list("account__username", "said")
    assert sorted(rows) == [
        (who, f"quarter到{ends.month}月{ends.day}日为止，本单位已报送 {number} 条")
        for who, number in (("sun", 1), ("wu", 0), ("zhou", 1))
    ]


def test_each_editor_is_told_once_a_day_what_is_overdue_of_theirs(world):
    college_only = Account.objects.create_user("xu", "a-long-test-password", name="徐")
    held = Membership.objects.create(account=college_only, unit=world.office.unit, role=Role.EDITOR)
    held.groups.add(world.college.roster_lines.get().group)
    for _ in range(2):
        world.item("等着的", state=State.SUBMITTED)
    telling.tell_of_overdue(world.office)
    telling.tell_of_overdue(world.office)
    days = world.office.decides_within
    assert [(who, said) for who, _, said in told()] == [("wang", f"2 条信息等了超过 {days} 天，还没有办理")]


def test_where_nothing_is_new_four_statements_say_so(world, waiting, django_assert_num_queries):
    with django_assert_num_queries(4):
        telling.tell_of_new()
