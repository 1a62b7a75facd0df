"""Handing over: what passes on is shown, the new person goes on where the leaver stopped, old names stay."""

import datetime
import re
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from submissions.models import Item
from submissions.states import State
from tests.races import at_once
from tests.world import PASSWORD, build_world
from trail.models import TrailEntry
from units import accounts
from units.accounts import NewPerson
from units.models import Account, Contact, Membership, Role
from units.verdicts import Refused

NEW = {"username": "xin", "name": "辛新", "email": "xin@example.cn", "post": "科员", "phone": "0351-4040999"}


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def page_of(person, unit=None):
    held = person.memberships.filter(**({"unit": unit} if unit else {})).first()
    return reverse("hand-over", args=["jia", held.pk])


def text(answer):
    return answer.content.decode()


def roles(person, unit):
    return set(Membership.objects.filter(account=person, unit=unit).values_list("role", flat=True))


@pytest.fixture
def sun(world):
    Contact.objects.create(unit=world.bureau, kind="officer", name="sun", phone="0351-1111111", since="2021-03-01")
    return browser(world.officer)


def test_what_passes_on_is_shown_before_it_is_done(world, sun):
    for state, number in ((State.DRAFT, 2), (State.SIGNING, 3)):
        for n in range(number):
            Item.objects.create(office=world.office, unit=world.bureau, title=f"{state}{n}", state=state)
    world.item(state=State.RETURNED)
    shown = sun.get(page_of(world.officer))
    assert shown.context["waiting"] == [("草稿", 2), ("退回来要改的", 1), ("在单位里等审查签发的", 3)]
    assert "信息员 sun，换成接手的人" in text(shown)
    assert "停用，您马上退出" in text(shown)
    assert world.officer.memberships.exists()


def test_the_new_person_goes_on_and_the_leaver_is_out_at_once(world, sun):
    draft = Item.objects.create(office=world.office, unit=world.bureau, title="写了一半")
    answer = sun.post(page_of(world.officer), NEW)
    assert answer.status_code == 200
    link = re.search(r"http://testserver(/accounts/password/[\w/-]+/)", text(answer))[1]
    assert sun.get(reverse("home", args=["jia"])).status_code == 302  # signed out
    assert not Client().login(username="sun", password=PASSWORD)
    new = Account.objects.get(username="xin")
    assert roles(new, world.bureau) == {"officer"}
    client = Client()
    client.post(client.get(link).url, {"new_password1": "Wahr-und-neu-1", "new_password2": "Wahr-und-neu-1"})
    assert client.post(reverse("sign-in"), {"username": "xin", "password": "Wahr-und-neu-1"}).status_code == 302
    assert client.get(reverse("item", args=["jia", draft.pk])).status_code == 200
    standing = Contact.objects.get(until=None)
    assert (standing.name, standing.phone, standing.email) == ("辛新", "0351-4040999", "xin@example.cn")
    assert Contact.objects.get(name="sun").until < standing.since


def test_names_stay_on_old_items(world, sun):
    item = world.item()
    item.events.create(actor=world.officer, move="submit", was=State.DRAFT, now=State.SUBMITTED)
    sun.post(page_of(world.officer), NEW)
    assert "sun" in text(browser(world.editor).get(reverse("item", args=["jia", item.pk])))


def test_it_is_on_the_trail_without_a_number(world, sun):
    sun.post(page_of(world.officer), NEW)
    entries = TrailEntry.objects.filter(actor_id=world.officer.pk, result="done")
    acts = entries.values_list("act", flat=True)
    assert list(acts.order_by("id")) == ["建立账号", "给予角色", "停用账号", "交接"]
    assert entries.get(act="交接").after == {"unit": "甲市教育局", "successor": "辛新（xin）", "role": ["信息员"]}
    assert "4040999" not in str(list(entries.values_list("before", "after")))


def test_one_gives_exactly_the_roles_one_holds_in_that_unit(world):
    Membership.objects.create(account=world.signer, unit=world.bureau, role=Role.OFFICER)
    Membership.objects.create(account=world.signer, unit=world.college, role=Role.SIGNER)
    answer = browser(world.signer).post(page_of(world.signer, world.bureau), NEW)
    new = Account.objects.get(username="xin")
    assert roles(new, world.bureau) == {"officer", "signer"}
    assert not roles(new, world.college)
    world.signer.refresh_from_db()
    assert world.signer.is_active  # for the college
    assert roles(world.signer, world.college) == {"signer"}
    assert not roles(world.signer, world.bureau)
    assert "回到首页" in text(answer)


def test_a_colleague_may_take_over_and_nobody_from_outside(world, sun):
    page = page_of(world.officer)
    for stranger in ("wu", "wang", "sun", "nobody"):
        answer = sun.post(page, {"successor": stranger})
        assert answer.status_code == 422
        assert "不在本单位的人里" in text(answer)
    answer = sun.post(page, {"successor": "qian", "phone": "0351-4040999"})
    assert "用自己原来的账号" in text(answer)
    assert roles(world.signer, world.bureau) == {"officer", "signer"}
    assert Contact.objects.get(until=None).name == "qian"
    for outsider in (world.other_unit_officer, world.editor, world.colleague):
        with pytest.raises(Refused):
            accounts.hand_over(world.signer, world.bureau, outsider, "", "", world.office, world.officer)
    with pytest.raises(Refused, match="接手的人"):
        accounts.hand_over(world.signer, world.bureau, world.other_unit_officer, "", "", world.office, world.manager)


def test_a_colleague_who_stands_among_the_contacts_does_not_stand_there_twice(world, sun):
    Contact.objects.create(unit=world.bureau, kind="officer", name="zhou", phone="0351-2222222", since="2021-03-01")
    sun.post(page_of(world.officer), {"successor": "zhou"})
    assert Contact.objects.get(until=None).phone == "0351-2222222"


def test_wrong_input_is_told_and_what_was_typed_stays(world, sun):
    bad = {"username": "坏 名", "name": "", "email": "不是", "post": "科长", "phone": "打办公室"}
    answer = sun.post(page_of(world.officer), bad)
    assert answer.status_code == 422
    for sentence in ("账号用小写字母", "请填姓名。", "电子邮箱应当像", "电话只写一个号码", "科长", "坏 名"):
        assert sentence in text(answer)
    answer = sun.post(page_of(world.officer), {**NEW, "username": "wang"})
    assert "已经有账号“wang”" in text(answer)
    assert "请填账号。" in text(sun.post(page_of(world.officer), {"name": "辛新"}))
    world.officer.refresh_from_db()
    assert world.officer.is_active


def test_a_manager_hands_over_for_somebody_who_has_left(world):
    client = browser(world.manager)
    assert page_of(world.officer) in text(client.get(reverse("account", args=["jia", world.officer.pk])))
    assert page_of(world.officer) in text(client.get(reverse("unit", args=["jia", world.bureau.pk])))
    answer = client.post(page_of(world.officer), NEW)
    assert "/accounts/password/" in text(answer)
    world.officer.refresh_from_db()
    assert not world.officer.is_active
    disabled = text(client.get(reverse("accounts", args=["jia"]) + "?state=disabled"))
    assert "sun" in disabled  # so that it is found again


@pytest.mark.parametrize("who", ["colleague", "signer", "editor", "auditor", "other_unit_officer", "other_editor"])
def test_nobody_hands_over_for_another_but_who_keeps_accounts(world, who):
    person = getattr(world, who)
    assert browser(person).post(page_of(world.officer), NEW).status_code == 404
    with pytest.raises(Refused):
        accounts.hand_over(world.officer, world.bureau, NewPerson("xin", "辛", ""), "", "", world.office, person)
    assert not Account.objects.filter(username="xin").exists()


def test_an_officer_makes_no_account_otherwise(world):
    with pytest.raises(Refused):
        accounts.create(world.office, world.officer, "xin", "辛", "", world.bureau, Role.OFFICER)
    with pytest.raises(Refused):
        accounts.give(world.colleague, world.bureau, Role.SIGNER, world.office, world.officer)


def test_where_the_unit_has_left_the_roster_nothing_passes_on(world):
    world.bureau.roster_lines.update(until=datetime.date(2020, 12, 31))
    assert browser(world.manager).get(page_of(world.officer)).status_code == 404
    assert browser(world.officer).post(page_of(world.officer), NEW).status_code == 404


def test_the_link_is_mailed_where_mail_works(world, sun, settings):
    settings.MAIL_WORKS = True
    with patch("units.views.people.send_invitation.delay") as sent:
        answer = sun.post(page_of(world.officer), NEW)
    assert sent.call_args.args[0] == Account.objects.get(username="xin").pk
    assert "也已经寄到 xin@example.cn" in text(answer)


@pytest.mark.django_db(transaction=True)
def test_of_two_handovers_at_once_one_is_done():
    world = build_world()
    answers = at_once(
        *(
            lambda name=name, by=by: accounts.hand_over(
                world.officer, world.bureau, NewPerson(name, name, ""), "", "", world.office, by
            )
            for name, by in {"xin": world.officer, "shen": world.manager}.items()
        )
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Handover", "Refused"]
    assert Account.objects.filter(username__in=["xin", "shen"]).count() == 1
