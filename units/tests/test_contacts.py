"""Contacts: kept by the unit or for it, with their history; looked through in rounds; found in the directory."""

import datetime
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.races import at_once
from tests.world import build_world, roster_unit
from trail.models import TrailEntry
from units import contacts
from units.contacts import Details
from units.models import Contact, ContactConfirmation, RosterGroup, RosterLine
from units.privacy import masked
from units.verdicts import Refused, TooLate

PHONE, EMAIL = "0351-4567890", "a@example.cn"
LONG_AGO = datetime.date(2021, 3, 1)


@pytest.fixture
def line(world):
    return a_line(world.bureau)


def a_line(unit, kind="officer", name="王芳", phone=PHONE, since=LONG_AGO, **fields):
    return Contact.objects.create(
        unit=unit, kind=kind, name=name, post="科员", phone=phone, email=EMAIL, since=since, **fields
    )


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def to(name, *args):
    return reverse(name, args=["jia", *args])


def text(answer):
    return answer.content.decode()


def today():
    return timezone.localdate()


def a_round(world, name="2026年联系人核对"):
    return contacts.start_round(world.office, name, today() + datetime.timedelta(days=30), world.manager)


def numbers(client, query=""):
    """The chips' numbers of the directory, by state."""
    page = client.get(to("contacts") + query)
    return {
        re.search(r"state=([\w-]*)", address)[1] if "state" in address else "": number
        for address, _, number, _ in page.context["directory"].chips
    }


def test_a_change_ends_one_line_and_begins_another_and_both_are_shown(world, line):
    client = browser(world.officer)
    answer = client.post(to("contact", line.pk), {"name": "王芳", "post": "科长", "phone": "0351-1111111"}, follow=True)
    line.refresh_from_db()
    new = Contact.objects.get(until=None)
    assert (line.until, line.post) == (today() - datetime.timedelta(days=1), "科员")
    assert (new.since, new.post, new.phone, new.confirmed_on) == (today(), "科长", "0351-1111111", today())
    assert "以前的联系人（1）" in text(answer)
    assert PHONE in text(answer)


def test_a_line_begun_today_is_corrected_in_place(world):
    made = contacts.add(world.bureau, "officer", Details("王芳", "", PHONE), world.office, world.officer)
    changed = contacts.change(made, Details("王方", "", PHONE), world.office, world.officer)
    assert (changed.pk, Contact.objects.get().name) == (made.pk, "王方")
    contacts.end(changed, world.office, world.officer)
    assert not Contact.objects.exists()


def test_the_trail_holds_names_and_kinds_and_no_number_or_address(world, line):
    client = browser(world.officer)
    data = {"kind": "leader", "name": "李明", "post": "副局长", "phone": "13800005678", "email": "li@example.cn"}
    client.post(to("new-contact", world.bureau.pk), data)
    client.post(to("contact", line.pk), {**data, "phone": "13900005678"})
    client.post(to("contact", line.pk), {"name": "王芳", "phone": "坏 13700005678"})
    client.post(to("end-contact", Contact.objects.get(kind="leader").pk))
    client.post(to("confirm-contacts", world.bureau.pk))
    entries = TrailEntry.objects.filter(actor_id=world.officer.pk)
    acts = ["加联系人", "改联系人", "改联系人", "多余的字段", "结束联系人", "核对联系人"]
    assert sorted(entries.values_list("act", flat=True)) == sorted(acts)
    assert entries.get(act="加联系人").after == {"person": "负责领导 李明"}
    assert entries.filter(act="改联系人").first().after["changed"] == "姓名、职务、电话、邮箱"
    for entry in entries:
        told = f"{entry.object_label}{entry.before}{entry.after}"
        assert not re.search(r"\d{7}|@", told), told


def test_a_manager_keeps_the_contacts_of_a_unit_on_the_roster(world):
    client = browser(world.manager)
    data = {"kind": "officer", "name": "王芳", "phone": PHONE}
    answer = client.post(to("new-contact", world.bureau.pk), data)
    assert answer.url == to("unit", world.bureau.pk)
    assert PHONE in text(client.get(answer.url))
    assert Contact.objects.get().confirmed_on is None  # the unit has not looked at it
    RosterLine.objects.filter(unit=world.bureau).update(until=today())
    assert client.post(to("new-contact", world.bureau.pk), data).status_code == 404
    with pytest.raises(Refused, match="不在现在的名册上"):
        contacts.add(world.bureau, "leader", Details("李明"), world.office, world.manager)


@pytest.mark.parametrize("who", ["editor", "auditor", "sysadmin", "other_unit_officer", "other_editor"])
def test_nobody_else_keeps_them_whatever_a_view_lets_through(world, line, who):
    person = getattr(world, who)
    with pytest.raises(Refused):
        contacts.add(world.bureau, "leader", Details("李明"), world.office, person)
    with pytest.raises(Refused):
        contacts.change(line, Details("李明"), world.office, person)
    with pytest.raises(Refused):
        contacts.end(line, world.office, person)
    with pytest.raises(Refused):
        contacts.confirm(world.bureau, world.office, person)
    assert browser(person).get(to("contact", line.pk)).status_code == 404


@pytest.mark.parametrize(
    "phone", ["13800005678", "0351-4040999", "(0351) 4040999转801", "+86 351 4040999", "（0351）4040999分机8", "96110"]
)
def test_numbers_as_they_are_written_are_taken(world, phone):
    data = {"kind": "officer", "name": "王芳", "phone": phone}
    assert browser(world.officer).post(to("new-contact", world.bureau.pk), data).status_code == 302


@pytest.mark.parametrize(
    "phone", ["1234", "打办公室电话", "13800005678、13900005678", "1" * 41, "0351\n<b>", "转801", "-----"]
)
def test_of_anything_else_a_sentence_is_said_and_what_was_typed_stays(world, phone):
    data = {"kind": "officer", "name": "王芳<script>", "post": "科员", "phone": phone, "email": "不是邮箱"}
    answer = browser(world.officer).post(to("new-contact", world.bureau.pk), data)
    assert answer.status_code == 422
    assert "电话" in text(answer)
    assert "电子邮箱应当像 li@example.cn。" in text(answer)
    assert "王芳&lt;script&gt;" in text(answer)
    assert "科员" in text(answer)
    assert not Contact.objects.exists()


def test_the_same_person_is_not_added_twice_and_nothing_is_no_change(world, line):
    client = browser(world.officer)
    data = {"kind": "officer", "name": "王芳", "post": "科员", "phone": PHONE, "email": EMAIL}
    assert "已经是甲市教育局的信息员" in text(client.post(to("new-contact", world.bureau.pk), data))
    assert "没有要改的" in text(client.post(to("contact", line.pk), data))
    assert Contact.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_a_line_at_once_one_is_too_late():
    world = build_world()
    line = a_line(world.bureau)
    people = {"科长": world.officer, "处长": world.manager}
    answers = at_once(
        *(
            lambda post=post, by=by: contacts.change(line, Details("王芳", post), world.office, by)
            for post, by in people.items()
        )
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Contact", "TooLate"]
    assert Contact.objects.filter(until=None).count() == 1


def test_one_that_somebody_has_ended_is_too_late(world, line):
    contacts.end(line, world.office, world.officer)
    with pytest.raises(TooLate):
        contacts.change(line, Details("李明"), world.office, world.officer)
    with pytest.raises(TooLate):
        contacts.end(line, world.office, world.officer)


def test_only_a_manager_starts_a_round_of_one_name_that_ends_in_time(world):
    client = browser(world.manager)
    assert f"{today().year}年联系人核对" in text(client.get(to("new-contact-round")))
    late = client.post(to("new-contact-round"), {"name": "核对", "due_on": "2020-01-01"})
    assert (late.status_code, "已经过了" in text(late)) == (422, True)
    client.post(to("new-contact-round"), {"name": "核对", "due_on": today() + datetime.timedelta(days=9)})
    twice = client.post(to("new-contact-round"), {"name": "核对", "due_on": today()})
    assert (twice.status_code, "已经有“核对”" in text(twice)) == (422, True)
    with pytest.raises(Refused):
        contacts.start_round(world.office, "别的", today(), world.editor)


def test_a_unit_confirms_by_one_button_and_twice_is_harmless(world, line):
    made = a_round(world)
    client = browser(world.signer)
    assert contacts.rounds_waiting_for(world.signer, world.office) == [(made, world.bureau)]
    assert "核对无误" in text(client.get(to("own-unit")))
    for _ in range(2):
        client.post(to("confirm-contacts", world.bureau.pk))
    line.refresh_from_db()
    assert line.confirmed_on == today()
    assert ContactConfirmation.objects.get().made_by == world.signer
    assert contacts.rounds_waiting_for(world.signer, world.office) == []
    assert numbers(browser(world.manager))["waiting"] == 2


def test_without_any_contact_there_is_nothing_to_confirm(world):
    a_round(world)
    answer = browser(world.officer).post(to("confirm-contacts", world.bureau.pk), follow=True)
    assert "还没有登记联系人" in text(answer)
    assert not ContactConfirmation.objects.exists()


@pytest.mark.parametrize(("who", "counts"), [("officer", True), ("manager", False)])
def test_a_change_of_the_units_own_counts_as_confirming_and_one_made_for_it_does_not(world, line, who, counts):
    a_round(world)
    contacts.change(line, Details("王芳", "科长"), world.office, getattr(world, who))
    assert ContactConfirmation.objects.exists() == counts


def test_a_change_before_the_round_counts_for_nothing_and_a_new_round_asks_anew(world, line):
    contacts.change(line, Details("王芳", "科长"), world.office, world.officer)
    a_round(world)
    assert len(contacts.rounds_waiting_for(world.officer, world.office)) == 1
    contacts.confirm(world.bureau, world.office, world.officer)
    again = a_round(world, "再一次")
    assert contacts.rounds_waiting_for(world.officer, world.office) == [(again, world.bureau)]


def test_each_chips_number_is_its_lists_length(world, line):
    a_line(world.college, kind="leader", name="赵六", phone="")
    a_line(world.second_bureau, name="走了的", until=datetime.date(2022, 1, 1))
    RosterLine.objects.filter(unit=world.second_bureau).update(order=1)
    client = browser(world.manager)
    a_round(world)
    contacts.confirm(world.bureau, world.office, world.officer)
    for words in ("", "教育局", "王芳", "赵六", "走了的", "没有这样的"):
        for state, number in numbers(client, f"?q={words}").items():
            page = client.get(to("contacts") + f"?q={words}&state={state}")
            assert len(page.context["entries"]) == number, (words, state)
    assert numbers(client) == {"": 3, "no-officer": 2, "no-phone": 2, "waiting": 2}
    assert numbers(client, "?q=王芳")[""] == 1
    assert numbers(client, "?q=走了的")[""] == 0


def test_the_directory_shows_each_unit_once_in_printed_order_a_page_by_key(world, monkeypatch):
    monkeypatch.setattr("units.directory.ROWS", 2)
    group = world.office.roster_groups.get(name="各市教育局")
    for n in range(5):
        roster_unit(world.office, group, f"县{n}", order=2)
    client, query, seen = browser(world.editor), "", []
    while True:
        page = client.get(to("contacts") + query)
        seen += [entry.line.pk for entry in page.context["entries"]]
        if not (query := page.context["next"]):
            break
    printed = RosterLine.objects.current().filter(office=world.office).in_printed_order()
    assert seen == list(printed.values_list("pk", flat=True))


@pytest.mark.parametrize("query", ["?after=x", "?after=99999999999", "?state=gone", "?q=%25", "?state=waiting"])
def test_an_odd_address_shows_a_page(world, query):
    assert browser(world.manager).get(to("contacts") + query).status_code == 200


@pytest.mark.once
def test_pages_cost_the_same_queries_with_3_units_and_with_60(world, line, django_assert_num_queries):
    a_round(world)
    client = browser(world.manager)
    pages = [to("contacts"), to("contacts") + "?q=教育局&state=waiting", to("unit", world.bureau.pk)]
    costs = []
    for page in pages:
        client.get(page)
        with CaptureQueriesContext(connection) as counted:
            client.get(page)
        costs.append(len(counted))
    group = RosterGroup.objects.get(office=world.office, name="各市教育局")
    for n in range(57):
        unit = roster_unit(world.office, group, f"第{n}县教育局", order=n + 3)
        for kind in ("leader", "officer"):
            a_line(unit, kind, f"某{n}")
        a_line(world.bureau, name=f"以前{n}", until=datetime.date(2022, 1, 1))
    for page, cost in zip(pages, costs, strict=True):
        with django_assert_num_queries(cost):
            client.get(page)


def test_numbers_are_masked_for_those_who_need_none(world, line):
    for page in ("contacts", "unit"):
        address = to(page, *([world.bureau.pk] if page == "unit" else []))
        seen = {who: text(browser(getattr(world, who)).get(address)) for who in ("editor", "manager", "auditor")}
        assert [who for who, shown in seen.items() if PHONE in shown and EMAIL in shown] == ["editor", "manager"]
        assert "035****7890" in seen["auditor"]
        assert "4567890" not in seen["auditor"]
        assert EMAIL not in seen["auditor"]
    assert PHONE in text(browser(world.colleague).get(to("own-unit")))
    assert PHONE not in text(browser(world.other_unit_officer).get(to("own-unit")))


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("88886666", "****66"),
        ("0351-4040999转801", "035****9801"),
        ("", ""),
        ("转", "****"),
    ],
)
def test_a_masked_number_is_known_again_and_cannot_be_rung(phone, shown):
    assert masked(phone) == shown


def test_a_unit_that_left_keeps_its_page_and_one_elsewhere_has_none(world, line):
    RosterLine.objects.filter(unit=world.bureau).update(until=today())
    client = browser(world.manager)
    answer = text(client.get(to("unit", world.bureau.pk)))
    assert "已不在名册上" in answer
    assert "加信息员" not in answer
    assert client.get(to("unit", world.other.roster_lines.get().unit_id)).status_code == 404


def test_a_unit_ends_nobody_elses_contact(world, line):
    assert browser(world.other_unit_officer).post(to("end-contact", line.pk)).status_code == 404
    line.refresh_from_db()
    assert line.until is None
