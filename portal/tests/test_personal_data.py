"""Personal data: taken along as a file, deleted where it must be, kept no longer than was promised."""

import datetime
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp

from portal import personal_data
from portal.tests.test_settings import check
from submissions.models import Item
from tests.world import PASSWORD
from trail.models import TrailEntry
from trail.records import record
from units import accounts, factors, forgetting
from units.links import password_link
from units.models import Account, Contact, Membership, Registration, Role, Session
from units.tasks import forget
from units.verdicts import Refused


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def to(name, *args):
    return reverse(name, args=["jia", *args])


def taken(person):
    answer = browser(person).get(reverse("my-data"))
    assert answer.status_code == 200
    return json.loads(answer.content.decode("utf-8")), answer


def a_line(unit, name="sun", until=None, **fields):
    since = datetime.date(2015, 3, 1)
    return Contact.objects.create(
        unit=unit, kind="officer", name=name, phone="0351-1111111", since=since, until=until, **fields
    )


@pytest.fixture
def gone(world):
    """The officer, with an address and a phone, disabled."""
    Account.objects.filter(pk=world.officer.pk).update(email="sun@example.cn")
    key = factors.new_key()
    assert factors.set_up(world.officer, key, _code(key))
    accounts.disable(world.officer, world.office, world.manager)
    return Account.objects.get(pk=world.officer.pk)


def _code(key):
    return f"{totp(bytes.fromhex(key)):06d}"


# ---- One's own data ----


def test_the_file_holds_what_is_kept_about_its_reader_and_nobody_else(world):
    a_line(world.bureau)
    a_line(world.bureau, name="zhou")
    a_line(world.college)  # another of the same name, elsewhere
    item = Item.objects.create(office=world.office, unit=world.bureau, title="一条")
    for number in (1, 2):
        item.revisions.create(number=number, title="一条", author=world.officer)
    data, answer = taken(world.officer)
    assert (data["账号"]["账号"], data["写过的信息"]) == ("sun", 1)
    assert [row["单位"] for row in data["角色"]] == ["甲市教育局"]
    assert [(row["单位"], row["电话"]) for row in data["联系人"]] == [("甲市教育局", "0351-1111111")]
    assert len(data["登录"]) == 1
    assert "zhou" not in answer.content.decode()
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    for secret in (world.officer.password, Session.objects.latest("began_at").session_key):
        assert secret not in answer.content.decode()


def test_that_it_was_taken_is_on_the_trail(world):
    taken(world.officer)
    entry = TrailEntry.objects.latest("id")
    assert (entry.act, entry.actor, entry.object_id) == ("导出个人数据", "sun", world.officer.pk)
    data, _ = taken(world.officer)
    assert [row["操作"] for row in data["审计记录"]["条目"]][:2] == ["导出个人数据", "导出个人数据"]


def test_of_others_the_entries_tell_neither_addresses_nor_what_was_held_of_them(world):
    accounts.change(world.officer, "孙", "sun@example.cn", world.office, world.manager)
    accounts.change(world.colleague, "周", "zhou@example.cn", world.office, world.manager)
    theirs = str(taken(world.officer)[0]["审计记录"])
    assert "sun@example.cn" in theirs
    assert "来源地址" not in str([row for row in taken(world.officer)[0]["审计记录"]["条目"] if row["操作人"] == "li"])
    mine = str(taken(world.manager)[0]["审计记录"])
    assert "修改账号" in mine
    assert "zhou@example.cn" not in mine


def test_a_trail_too_long_is_cut_and_says_so(world, monkeypatch):
    monkeypatch.setattr(personal_data, "MOST", 3)
    for _ in range(5):
        record("试", by=world.officer)
    trail = taken(world.officer)[0]["审计记录"]
    assert len(trail["条目"]) == 3
    assert "只有最近的 3 条" in trail["范围"]


def test_a_stranger_has_no_data(world, client):
    assert client.get(reverse("my-data")).status_code == 302
    assert browser(world.officer).post(reverse("my-data")).status_code == 405


# ---- Deleting a person's ----


def test_what_serves_to_reach_or_sign_in_goes_and_the_name_stays(world, gone):
    a_line(world.bureau, until=datetime.date(2026, 1, 1))
    standing = a_line(world.bureau)
    item = world.item()
    item.events.create(actor=gone, move="submit", was="draft", now="submitted")
    link = password_link(gone, "")
    client = browser(world.manager)
    shown = client.get(to("forget-account", gone.pk)).content.decode()
    assert "以前的联系人里他的 1 行" in shown
    assert "现在的联系人里还有他 1 行" in shown
    client.post(to("forget-account", gone.pk))
    gone.refresh_from_db()
    assert (gone.name, gone.email, gone.has_usable_password(), gone.is_active) == ("sun", "", False, False)
    assert gone.forgotten_at
    assert not factors.is_set(gone)
    assert not Client().login(username="sun", password=PASSWORD)
    assert "new_password1" not in Client().get(link, follow=True).content.decode()
    assert list(Contact.objects.all()) == [standing]
    assert "sun" in client.get(to("item", item.pk)).content.decode()
    assert "个人信息已删除" in client.get(to("account", gone.pk)).content.decode()


def test_who_was_forgotten_is_never_let_in_again(world, gone):
    forgetting.forget_person(gone, world.office, world.sysadmin)
    gone.refresh_from_db()
    for act in (accounts.enable, accounts.open_door, forgetting.forget_person, accounts.throw_out):
        with pytest.raises(Refused, match="已经删除"):
            act(gone, world.office, world.manager)
    with pytest.raises(Refused, match="已经删除"):
        accounts.change(gone, "sun", "sun@example.cn", world.office, world.manager)
    with pytest.raises(Refused, match="已经删除"):
        accounts.give(gone, world.bureau, Role.SIGNER, world.office, world.manager)
    client = browser(world.manager)
    client.post(to("enable-account", gone.pk))
    assert not Account.objects.get(pk=gone.pk).is_active
    assert "启用账号" not in client.get(to("account", gone.pk)).content.decode()


def test_who_can_still_sign_in_is_disabled_first(world):
    client = browser(world.manager)
    assert "先停用" in client.get(to("forget-account", world.officer.pk)).content.decode()
    client.post(to("forget-account", world.officer.pk))
    assert Account.objects.get(pk=world.officer.pk).forgotten_at is None


@pytest.mark.parametrize("who", ["editor", "auditor", "signer", "other_editor"])
def test_only_who_keeps_the_account_deletes(world, gone, who):
    with pytest.raises(Refused):
        forgetting.forget_person(gone, world.office, getattr(world, who))
    assert browser(getattr(world, who)).post(to("forget-account", gone.pk)).status_code == 404


def test_a_manager_does_not_forget_an_auditor(world):
    Account.objects.filter(pk=world.auditor.pk).update(is_active=False)
    with pytest.raises(Refused, match="只有系统管理员"):
        forgetting.forget_person(world.auditor, world.office, world.manager)


def test_one_whose_name_stands_in_another_unit_keeps_that_line(world, gone):
    other = a_line(world.college, until=datetime.date(2026, 1, 1))
    forgetting.forget_person(gone, world.office, world.manager)
    assert list(Contact.objects.all()) == [other]


def test_who_handed_over_can_be_forgotten(world):
    to_whom = accounts.NewPerson("xin", "辛", "")
    accounts.hand_over(world.officer, world.bureau, to_whom, "", "", world.office, world.officer)
    forgetting.forget_person(world.officer, world.office, world.manager)
    assert Membership.objects.filter(account=world.officer).exists()  # by which it is found


# ---- What is old ----


@pytest.fixture
def settings_of_a_year(settings):
    settings.CONTACT_YEARS, settings.REGISTRATION_DAYS = 1, 30
    return settings


def an_application(world, state, days):
    return Registration.objects.create(
        office=world.office,
        state=state,
        link=f"{state}{days}",
        name="某校",
        officer_name="王芳",
        officer_phone="0351-1111111",
        leader_email="a@example.cn",
        sent_at=timezone.now() - timedelta(days=days),
        decided_at=None if state == "waiting" else timezone.now() - timedelta(days=days),
        reason="不全",
        unit=world.bureau if state == "approved" else None,
    )


def test_ended_contacts_and_persons_of_decided_applications_go_in_time(world, settings_of_a_year):
    today = timezone.localdate()
    a_line(world.bureau, until=today - timedelta(days=367))
    kept = [a_line(world.bureau), a_line(world.bureau, until=today - timedelta(days=365))]
    old = [an_application(world, state, 31) for state in ("approved", "refused", "returned")]
    young = [an_application(world, "refused", 29), an_application(world, "waiting", 99)]
    forget()
    assert list(Contact.objects.order_by("id")) == kept
    for row in old:
        row.refresh_from_db()
        assert {getattr(row, name) for name in Registration.OF_PERSONS} == {""}
        assert row.name == "某校"
    for row in young:
        row.refresh_from_db()
        assert row.officer_phone == "0351-1111111"
    entry = TrailEntry.objects.latest("id")
    assert (entry.act, entry.after) == ("清理个人信息", {"contacts": 1, "registrations": 3})


def test_where_nothing_is_old_the_trail_is_not_filled(world, settings_of_a_year):
    an_application(world, "refused", 31)
    forget()
    forget()
    assert TrailEntry.objects.filter(act="清理个人信息").count() == 1


@pytest.mark.once
def test_a_span_below_nothing_stops_the_start(tmp_path):
    status, output = check(tmp_path, CONTACT_YEARS="-1")
    assert status == 1
    assert "CONTACT_YEARS and REGISTRATION_DAYS must be 0 or more" in output
