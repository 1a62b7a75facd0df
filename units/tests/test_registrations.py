"""Units join: the public form against floods, hostile fields and who wants to learn whom the office knows; admission."""

import datetime
import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.races import at_once
from tests.world import build_world
from trail.models import TrailEntry
from units import registrations
from units.likeness import alike
from units.models import Account, Alias, Contact, Registration, RegistrationState, RosterLine, Unit
from units.registrations import Admission
from units.tasks import tell_applicant
from units.verdicts import Refused, TooLate

CODE = "91350100M000100Y43"  # the standard's own example (GB 32100-2015, appendix)


def asked(world, **changes) -> dict[str, object]:
    group = world.office.roster_groups.first().pk
    typed = {"name": "戊市教育局", "short_name": "戊市", "group": group, "code": CODE, "statement": "on"}
    typed |= {"leader_name": "何某", "leader_post": "副局长", "leader_phone": "0351-4040001"}
    typed |= {"officer_name": "冯某", "officer_phone": "13800005678", "officer_email": "feng@example.cn"}
    return {**typed, **changes}


def join(world, client=None, page=None, **changes):
    client = client or Client()
    address = reverse("join", args=["jia"])
    page = page or re.search(r'name="page" value="([^"]+)"', client.get(address).content.decode())[1]
    return client.post(address, {**asked(world, **changes), "page": page})


def link_of(answer) -> str:
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


@pytest.fixture
def li(world) -> Client:
    client = Client()
    client.force_login(world.manager)
    return client


def one(world) -> Registration:
    join(world)
    return Registration.objects.get()


def admission(world, **changes) -> Admission:
    group = world.office.roster_groups.first()
    defaults = {"name": "戊市教育局", "group": group, "since": world.q1.starts_on, "officer": "feng"}
    return Admission(**{**defaults, **changes})


def test_who_asks_gets_a_private_link_and_nobody_else_finds_the_application(world):
    answer = join(world)
    made = Registration.objects.get()
    assert (made.name, made.state, made.code) == ("戊市教育局", "waiting", CODE)
    secret = link_of(answer).strip("/").split("/")[-1]
    assert secret not in str(list(Registration.objects.values_list()))
    assert "待审核" in Client().get(link_of(answer)).content.decode()
    for guess in (made.link, str(made.pk), secret[:-1], f"{secret}x", "x"):
        assert Client().get(reverse("application", args=[guess])).status_code == 404


def test_the_same_page_twice_is_one_application(world):
    client = Client()
    first = join(world, client)
    page = re.search(r'name="page" value="([^"]+)"', client.get(reverse("join", args=["jia"])).content.decode())[1]
    again = [join(world, client, page) for _ in range(3)]
    assert len({answer.url for answer in again}) == 1
    assert again[0].url != first.url
    assert Registration.objects.count() == 2


def test_whomever_the_office_knows_the_answer_is_the_same(world):
    """A name on the roster, another's code, an account's address: nothing on the page tells them from new ones."""
    Unit.objects.filter(pk=world.bureau.pk).update(code=CODE)
    Account.objects.filter(pk=world.officer.pk).update(email="sun@example.cn")
    pages = []
    for changes in (
        {},
        {"name": "甲市教育局", "short_name": "甲市", "officer_name": "sun", "officer_email": "sun@example.cn"},
        {"code": ""},
    ):
        answer = join(world, **changes)
        page = Client().get(link_of(answer)).content.decode()
        pages.append(re.sub(r"application/[\w-]+/|<dl.*?</dl>|戊市教育局|甲市教育局|\d+:\d+", "", page, flags=re.S))
    assert len(set(pages)) == 1
    assert Client().get("/join/").status_code == 200, "two offices take applications: a list of them"
    assert Client().get(reverse("join", args=["nowhere"])).status_code == 404


def test_a_flood_from_one_place_is_stopped_and_others_get_through(world, settings):
    settings.REGISTRATIONS_AN_HOUR = 3
    assert [join(world, name=f"第{n}个学校").status_code for n in range(5)] == [302, 302, 302, 429, 429]
    assert "请过一小时再提交" in (last := join(world, name="还要一个学校")).content.decode()
    assert "还要一个学校" in last.content.decode(), "what was typed stays"
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert join(world, elsewhere, name="别处的学校").status_code == 302
    assert Registration.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_slip_through_the_limit(settings):
    settings.REGISTRATIONS_AN_HOUR = 3
    world = build_world()
    group = world.office.roster_groups.first()

    def ask(n):
        told = {**dict.fromkeys(registrations.ASKED, ""), "name": f"第{n}个", "group": group}
        registrations.apply(world.office, f"secret{n}", told, "192.0.2.1")

    outcomes = at_once(*(lambda n=n: ask(n) for n in range(8)))
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 5
    assert Registration.objects.count() == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "请填单位名称"),
        ({"name": "长" * 201}, "单位名称最多 200 个字"),
        ({"code": "91350100M000100Y44"}, "不是正确的统一社会信用代码"),
        ({"officer_phone": "电话"}, "电话只写一个号码"),
        ({"officer_email": "不是"}, "电子邮箱应当像"),
        ({"statement": ""}, "请打勾确认"),
        ({"group": "999999"}, "没有这个类别"),
        ({"group": "²"}, "没有这个类别"),
        ({"fax": "我是程序"}, "请不要用程序填写"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_what_was_typed_stays(world, changes, sentence):
    answer = join(world, **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "冯某" in page
    assert not Registration.objects.exists()


@pytest.mark.parametrize("page", ["x", "", "a" * 5_000, "\x00"])
def test_a_page_that_is_none_of_ours_comes_back_with_what_was_typed(world, page):
    answer = Client().post(reverse("join", args=["jia"]), {**asked(world), "page": page})
    assert answer.status_code == 422
    assert "冯某" in answer.content.decode()
    assert not Registration.objects.exists()


def test_markup_and_odd_characters_are_shown_as_they_are(world, li):
    join(world, name="<script>alert(1)</script>学校\u202e", officer_name='"><img src=x>')
    made = Registration.objects.get()
    assert made.name == "<script>alert(1)</script>学校"
    page = li.get(reverse("registration", args=["jia", made.pk])).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_a_closed_door_is_no_page(world, li):
    li.post(reverse("open-registration", args=["jia"]), {"takes": "0"})
    answer = Client().get(reverse("join", args=["jia"]))
    assert answer.status_code == 410
    assert "现在不接受入网申请" in answer.content.decode()
    assert TrailEntry.objects.filter(act="开关入网申请", result="done").count() == 1


def test_the_manager_sees_whom_it_may_be(world, li):
    Alias.objects.create(office=world.office, unit=world.college, name="戊院")
    Unit.objects.filter(pk=world.second_bureau.pk).update(code=CODE)
    found = alike(world.office, ["甲市教育体育局", "戊院"], CODE)
    assert [(one.unit, one.why) for one in found] == [
        (world.second_bureau.pk, "统一代码相同"),
        (world.college.pk, "别名相同"),
        (world.bureau.pk, "名称相近"),
    ]
    made = one(world)
    page = li.get(reverse("registration", args=["jia", made.pk])).content.decode()
    assert "乙市教育局（统一代码相同；还没有人能登录）" in page
    assert "丁系" not in page, "another office's units are nobody's business here"


def test_a_new_unit_gets_its_line_contacts_accounts_and_links_that_are_shown_once(world, li):
    made = one(world)
    page = reverse("registration", args=["jia", made.pk])
    group = world.office.roster_groups.first()
    form = {
        "do": "approve",
        "unit": "new",
        "name": "戊市教育局",
        "group": group.pk,
        "since": "2020-01-01",
        "ranked": "on",
    }
    assert li.post(page, {**form, "officer": "feng", "signer": "he"}).status_code == 302
    shown = li.get(page).content.decode()
    links = re.findall(r"http://testserver(/accounts/password/[^\s<]+)", shown)
    assert len(links) == 2
    assert "/accounts/password/" not in li.get(page).content.decode()
    made.refresh_from_db()
    line = RosterLine.objects.current().get(unit=made.unit)
    assert (line.name, line.group, line.order, line.ranked) == ("戊市教育局", group, 3, True)
    assert set(Contact.objects.filter(unit=made.unit).values_list("kind", "name")) == {
        ("leader", "何某"),
        ("officer", "冯某"),
    }
    assert Alias.objects.get(unit=made.unit).name == "戊市"
    assert made.unit.code == CODE
    feng = Account.objects.get(username="feng")
    assert feng.has_role(made.unit_id, "officer")
    assert Client().get(links[0], follow=True).status_code == 200
    told = str(list(TrailEntry.objects.values_list("after", flat=True)))
    assert "13800005678" not in told


def test_a_known_unit_gets_its_new_officer_and_keeps_its_line(world):
    made = one(world)
    registrations.approve(made, admission(world, unit=world.bureau.pk), world.manager)
    assert RosterLine.objects.filter(unit=world.bureau).count() == 1
    assert Account.objects.get(username="feng").has_role(world.bureau.pk, "officer")


def test_a_code_that_another_office_knows_gives_nobody_a_role_there(world):
    """Else whoever writes another's code on the form, and is let in here, would read its items there."""
    theirs = world.other.roster_lines.get().unit
    Unit.objects.filter(pk=theirs.pk).update(code=CODE)
    made = one(world)
    registrations.approve(made, admission(world), world.manager)
    made.refresh_from_db()
    assert made.unit != theirs
    assert made.unit.code is None
    with pytest.raises(Refused, match="没有这个单位"):
        again = Registration.objects.create(office=world.office, link="2", name="己", sent_at=made.sent_at, network="")
        registrations.approve(again, admission(world, unit=theirs.pk, officer="ji"), world.manager)


@pytest.mark.parametrize("day", [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)])
def test_a_day_that_cannot_be_is_refused(world, day):
    with pytest.raises(Refused):
        registrations.approve(one(world), admission(world, since=day), world.manager)


def test_nobody_is_taken_for_a_known_unit_unless_its_manager_says_so(world, li):
    join(world, name="甲市教育局")
    made = Registration.objects.get()
    page = reverse("registration", args=["jia", made.pk])
    shown = li.get(page).content.decode()
    assert "现在的人：sun（信息员）" in shown
    group = world.office.roster_groups.first().pk
    form = {"do": "approve", "name": "甲市教育局", "group": group, "since": "2020-01-01", "officer": "feng"}
    answer = li.post(page, form)
    assert answer.status_code == 422
    assert "请选它是名册上的哪个单位，还是新的" in answer.content.decode()


def test_a_name_that_is_anothers_alias_is_refused(world):
    Alias.objects.create(office=world.office, unit=world.college, name="戊市教育局")
    with pytest.raises(Refused, match="名称或别名"):
        registrations.approve(one(world), admission(world), world.manager)


def test_what_was_corrected_meanwhile_is_read_before_it_is_let_in(world):
    made = one(world)
    seen = made.sent_at
    registrations.send_back(made, RegistrationState.RETURNED, "写全称", world.manager)
    group = world.office.roster_groups.first()
    registrations.correct(made, {**dict.fromkeys(registrations.ASKED, ""), "name": "改过的", "group": group})
    with pytest.raises(TooLate, match="刚刚改过"):
        registrations.approve(made, admission(world), world.manager, seen)


def test_the_private_link_is_on_no_trail(world):
    """Not even where somebody signed in uses it: who reads the trail could open the application."""
    client = Client()
    client.force_login(world.officer)
    answer = join(world, client)
    made = Registration.objects.get()
    registrations.send_back(made, RegistrationState.RETURNED, "写全称", world.manager)
    client.post(link_of(answer), asked(world))
    client.post(link_of(answer), asked(world))
    acts = list(TrailEntry.objects.filter(act__endswith="入网申请").order_by("id").values_list("act", "result"))
    assert acts == [
        ("提交入网申请", "done"),
        ("退回入网申请", "done"),
        ("补正入网申请", "done"),
        ("补正入网申请", "refused"),
    ]
    secret = link_of(answer).strip("/").split("/")[-1]
    assert secret not in str(list(TrailEntry.objects.values()))


@pytest.mark.parametrize(
    "changes", [{"name": "甲市教育局"}, {"officer": "sun"}, {"officer": "大写"}, {"signer": "wang"}]
)
def test_what_cannot_be_leaves_nothing_behind(world, changes):
    made = one(world)
    before = (Unit.objects.count(), Account.objects.count(), RosterLine.objects.count(), Contact.objects.count())
    with pytest.raises(Refused):
        registrations.approve(made, admission(world, **changes), world.manager)
    made.refresh_from_db()
    assert made.state == "waiting"
    after = (Unit.objects.count(), Account.objects.count(), RosterLine.objects.count(), Contact.objects.count())
    assert after == before


def test_what_is_sent_back_is_corrected_by_its_link_and_waits_again(world, li, settings):
    settings.MAIL_WORKS = True
    answer = join(world)
    made = Registration.objects.get()
    page = reverse("registration", args=["jia", made.pk])
    assert li.post(page, {"do": "return", "reason": ""}).status_code == 422
    li.post(page, {"do": "return", "reason": "请写全称"})
    private = Client().get(link_of(answer)).content.decode()
    assert "请写全称" in private
    assert "13800005678" in private, "what was written is there to be corrected"
    corrected = Client().post(link_of(answer), asked(world, name="戊市教育和体育局"))
    assert corrected.status_code == 302
    made.refresh_from_db()
    assert (made.state, made.name, made.reason) == ("waiting", "戊市教育和体育局", "请写全称")
    late = Client().post(link_of(answer), asked(world, name="又改"))
    assert late.status_code == 422
    assert "没有再改" in late.content.decode()
    tell_applicant(made.pk)
    assert mail.outbox[-1].to == ["feng@example.cn"]
    assert link_of(answer) not in mail.outbox[-1].body


def test_of_two_who_decide_the_second_is_told_who_was_first(world):
    made = one(world)
    registrations.send_back(made, RegistrationState.REFUSED, "不归我们管", world.manager)
    with pytest.raises(TooLate, match="li已经办理：不予通过"):
        registrations.approve(made, admission(world), world.manager)


@pytest.mark.django_db(transaction=True)
def test_two_managers_at_once_let_a_unit_in_once():
    world = build_world()
    made = one(world)
    let = lambda name: registrations.approve(made, admission(world, officer=name), world.manager)  # noqa: E731
    outcomes = at_once(lambda: let("feng"), lambda: let("feng2"))
    assert sum(isinstance(outcome, TooLate) for outcome in outcomes) == 1
    assert Unit.objects.filter(name="戊市教育局").count() == 1


def test_the_list_costs_the_same_with_one_and_with_many(world, li, django_assert_max_num_queries):
    page = reverse("registrations", args=["jia"])
    one(world)
    with django_assert_max_num_queries(50) as few:
        li.get(page)
    group = world.office.roster_groups.first()
    Registration.objects.bulk_create(
        Registration(office=world.office, link=f"l{n}", name=f"第{n}个", group=group, sent_at=world_time, network="")
        for n, world_time in enumerate([Registration.objects.get().sent_at] * 60)
    )
    with django_assert_max_num_queries(len(few)):
        answer = li.get(page)
    assert len(answer.context["rows"]) == 50
    assert len(li.get(page + answer.context["next"]).context["rows"]) == 11
