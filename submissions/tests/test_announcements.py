"""Announcements: whom one reaches, who has read it, and that it says nothing to anybody else."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from submissions.announcements import announce, reach, read_by, readings, recipients, withdraw
from submissions.models import AnnouncedUnit, Announcement
from submissions.tests.test_decisions import at, signed_in
from tests.races import at_once
from tests.world import build_world, roster_unit
from trail.models import TrailEntry
from units.models import Alias, Contact, Membership, Role, RosterGroup, RosterLine
from units.verdicts import Refused, TooLate

TOKEN = "0" * 32


@pytest.fixture
def wang(world):
    return signed_in(world.editor)


def tell(world, *units, title="关于报送工作的通知", html="<p>请阅。</p>", token=TOKEN, by=None):
    told = [unit.pk for unit in units] or recipients(world.office, "all")
    return announce(world.office, title, html, told, token, by or world.editor)


def names(announcement):
    return [str(row.unit) for row in announcement.units.select_related("unit")]


def typed(**fields):
    return {"token": TOKEN, "title": "关于培训的通知", "body": "请按时参加。\n地点另告。", "to": "all", **fields}


def test_all_are_the_units_of_that_days_roster_in_printed_order(world):
    group = RosterGroup.objects.get(office=world.office, name="各高等院校")
    tomorrow = timezone.localdate() + timedelta(days=1)
    roster_unit(world.office, group, "将来的学院", 2, since=tomorrow)
    roster_unit(world.office, group, "离开的学院", 3, until="2020-12-31")
    RosterLine.objects.filter(unit=world.second_bureau).update(order=0)
    assert names(tell(world)) == ["乙市教育局", "甲市教育局", "丙学院"]


def test_groups_and_names_are_what_was_chosen(world, wang):
    colleges = RosterGroup.objects.get(office=world.office, name="各高等院校")
    wang.post(at("new-announcement"), typed(to="groups", groups=[colleges.pk], title="给院校"))
    assert names(Announcement.objects.get(title="给院校")) == ["丙学院"]
    Alias.objects.create(office=world.office, unit=world.college, name="丙院")
    wang.post(at("new-announcement"), typed(to="units", units="丙院、甲市教育局", title="给两个"))
    assert names(Announcement.objects.get(title="给两个")) == ["甲市教育局", "丙学院"]


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"to": ""}, "请选发给哪些单位"),
        ({"to": "groups"}, "请勾选类别"),
        ({"to": "units"}, "请写单位的全称"),
        ({"to": "units", "units": "没有的学院"}, "名册上没有“没有的学院”"),
        ({"to": "units", "units": "丙学院、丙学院"}, "同一个单位写了两次"),
        ({"to": "all", "units": "丙学院"}, "请只选一样"),
        ({"to": "groups", "groups": "99999999999999999999"}, "不在名册上"),
        ({"title": ""}, "请写标题"),
        ({"title": "长" * 201}, "标题最多 200 个字，现在有 201 个"),
        ({"body": "\x00"}, "请写正文"),
        ({"body": "字" * 20_001}, "正文最多 20000 个字"),
        ({"body": "字" * 1_700_000}, "正文太长"),
        ({"title": "机密★10年"}, "有密级标志"),
        ({"body": "内部资料 注意保存"}, "有密级标志或内部资料标志"),
        ({"token": "短"}, "没有发出"),
    ],
)
@pytest.mark.once
def test_what_is_wrong_is_told_and_everything_typed_stays(world, wang, chosen, sentence):
    asked = typed(**chosen)
    answer = wang.post(at("new-announcement"), asked)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(sentence, page)
    assert asked["title"] in page
    assert asked["body"].strip("\x00")[:1000] in page
    assert not Announcement.objects.exists()
    if "密级" in sentence:
        assert "data-marked" in page, "the browser keeps nothing of it"
        assert asked["title"] not in str(TrailEntry.objects.latest("id").after)


def test_a_text_is_cleaned_and_shown_as_it_was_laid_out(world, wang):
    html = '<h2>要求</h2><p onclick="x()">请<script>alert(1)</script>阅</p><img src="//evil/x.png"><p>\x00完</p>'
    answer = wang.post(at("new-announcement"), typed(editor="on", html=html, body=""), follow=True)
    made = Announcement.objects.get()
    assert made.body == "<h2>要求</h2><p>请阅</p><p>完</p>"
    assert made.body in answer.content.decode()
    assert "已经发给 3 个单位" in answer.content.decode()
    assert f'data-sent="announce-{world.office.code}"' in answer.content.decode(), "the browser forgets its copy"


def test_five_presses_make_one_and_another_text_from_the_same_page_another(world, wang):
    for _ in range(5):
        assert wang.post(at("new-announcement"), typed()).status_code == 302
    assert Announcement.objects.count() == 1
    assert TrailEntry.objects.filter(act="发通知公告").count() == 1
    wang.post(at("new-announcement"), typed(title="改过的标题"))
    assert Announcement.objects.count() == 2


@pytest.mark.parametrize("who", ["auditor", "sysadmin", "officer", "signer", "other_editor"])
def test_only_editors_and_managers_of_the_office_announce_and_withdraw(world, who):
    made = tell(world, by=world.manager)
    person = getattr(world, who)
    with pytest.raises(Refused, match="只有收稿单位的编辑和管理员"):
        tell(world, title="别人的", by=person)
    with pytest.raises(Refused, match="只有收稿单位的编辑和管理员"):
        withdraw(made, "不要了", person)


def test_it_exists_for_its_units_and_the_office_and_for_nobody_else(world):
    made = tell(world, world.bureau)
    page = at("announcement", made.pk)
    seen = {"editor", "manager", "auditor", "officer", "signer", "colleague"}
    for who in (*seen, "other_unit_officer", "sysadmin", "other_editor"):
        assert signed_in(getattr(world, who)).get(page).status_code == (200 if who in seen else 404), who
    assert made.title not in signed_in(world.other_unit_officer).get(at("announcements")).content.decode()
    assert signed_in(world.sysadmin).get(at("announcements")).status_code == 404
    elsewhere = reverse("announcement", args=["yi", made.pk])
    assert signed_in(world.other_editor).get(elsewhere).status_code == 404


def test_who_reads_first_stays_and_the_office_reads_for_nobody(world):
    made = tell(world)
    for person in (world.editor, world.auditor):
        signed_in(person).get(at("announcement", made.pk))
    signed_in(world.officer).head(at("announcement", made.pk))
    assert not AnnouncedUnit.objects.exclude(read_at=None).exists()
    for person in (world.officer, world.signer):
        signed_in(person).get(at("announcement", made.pk))
    row = AnnouncedUnit.objects.get(unit=world.bureau)
    assert row.read_by == world.officer
    assert list(AnnouncedUnit.objects.exclude(read_at=None)) == [row]
    assert TrailEntry.objects.filter(act="阅读通知公告").count() == 1


def test_an_officer_of_two_units_reads_for_both(world):
    Membership.objects.create(account=world.officer, unit=world.college, role=Role.SIGNER)
    made = tell(world)
    assert read_by(made, world.officer) == 2
    assert readings([made]) == {made.pk: (2, 3)}


def test_a_withdrawn_one_is_gone_for_units_and_told_to_the_office(world, wang):
    made = tell(world)
    sun = signed_in(world.officer)
    assert "未读" in sun.get(at("announcements")).content.decode()
    refused = wang.post(at("withdraw-announcement", made.pk), {"reason": ""})
    assert refused.status_code == 422
    marked = wang.post(at("withdraw-announcement", made.pk), {"reason": "此件机密★10年"})
    assert "此件机密★10年" in marked.content.decode(), "what was typed stays"
    wang.post(at("withdraw-announcement", made.pk), {"reason": "日期写错"})
    assert sun.get(at("announcement", made.pk)).status_code == 404
    for page in ("announcements", "home"):
        assert made.title not in sun.get(at(page)).content.decode()
    assert read_by(made, world.officer) == 0
    for page in (at("announcements"), at("announcement", made.pk)):
        assert "日期写错" in wang.get(page).content.decode()
    assert wang.post(at("withdraw-announcement", made.pk), {"reason": "再撤"}).status_code == 422
    with pytest.raises(TooLate):
        withdraw(made, "看的是旧的一页", world.manager)
    assert Announcement.objects.get().withdraw_reason == "日期写错"


def test_counts_are_those_of_the_lists_behind_them(world):
    for number in range(5):
        tell(world, title=f"第{number}条通知")
    withdraw(Announcement.objects.get(title="第4条通知"), "写错", world.editor)
    read_by(Announcement.objects.get(title="第0条通知"), world.officer)
    sun = signed_in(world.officer)
    home = sun.get(at("home"))
    text = home.content.decode()
    assert "3 条通知公告没有读" in text
    assert '<span class="count count-todo">3</span>' in text
    assert [one.title for one in home.context["unread"]] == ["第3条通知", "第2条通知", "第1条通知"]
    unread = sun.get(at("announcements") + "?show=unread").content.decode()
    assert unread.count('class="title"') == 3
    everything = sun.get(at("announcements")).content.decode()
    assert (everything.count('class="title"'), everything.count(">未读</span>")) == (4, 3)
    assert 'class="num">4</span>' in everything
    assert "1 / 3 个单位已读" in signed_in(world.editor).get(at("announcements")).content.decode()


def test_the_office_sees_who_has_read_and_whom_to_ring(world, wang):
    made = tell(world)
    read_by(made, world.officer)
    for unit in (world.bureau, world.college):
        Contact.objects.create(
            unit=unit, kind="officer", name=f"{unit}的人", phone="13800005678", email=f"{unit.pk}@example.cn",
            since="2020-01-01",
        )  # fmt: skip
    found = reach(made)
    assert [(name, [one.name for one in units]) for name, units in found.unread] == [
        ("各市教育局", ["乙市教育局"]),
        ("各高等院校", ["丙学院"]),
    ]
    assert found.emails == [f"{world.college.pk}@example.cn"]
    page = wang.get(at("announcement", made.pk)).content.decode()
    assert "1 / 3 个单位已读" in page
    assert f"mailto:?bcc={world.college.pk}@example.cn" in page
    assert "甲市教育局的人" not in page
    auditors = signed_in(world.auditor).get(at("announcement", made.pk)).content.decode()
    assert "138****5678" in auditors
    assert "example.cn" not in auditors
    assert "丙学院的人" not in signed_in(world.officer).get(at("announcement", made.pk)).content.decode()


def test_a_unit_is_named_as_it_was_that_day(world):
    made = tell(world)
    group = RosterGroup.objects.get(office=world.office, name="各高等院校")
    tomorrow = timezone.localdate() + timedelta(days=1)
    RosterLine.objects.filter(unit=world.bureau).update(until=timezone.localdate())
    new = {"office": world.office, "unit": world.bureau, "group": group, "order": 9, "since": tomorrow}
    RosterLine.objects.create(name="甲市教体局", **new)
    assert reach(made).unread[0][1][0].name == "甲市教育局"
    RosterLine.objects.filter(unit=world.bureau).delete()
    assert ("已经不在名册上的", ["甲市教育局"]) in [
        (name, [one.name for one in units]) for name, units in reach(made).unread
    ]


def test_pages_go_by_key_and_miss_nothing(world, monkeypatch):
    monkeypatch.setattr("submissions.views.announcements.PAGE", 2)
    for number in range(5):
        tell(world, title=f"第{number}条通知")
    sun = signed_in(world.officer)
    seen, query = [], "?show=unread"
    while query:
        page = sun.get(at("announcements") + query)
        seen += [row.title for row, *_ in page.context["rows"]]
        query = f"?show=unread&before={page.context['next']}" if page.context["next"] else ""
    assert seen == [f"第{number}条通知" for number in (4, 3, 2, 1, 0)]
    for odd in ("?before=0", "?before=x", "?before=99999999999999999999", "?show=x"):
        assert sun.get(at("announcements") + odd).status_code == 200


@pytest.mark.parametrize("who", ["editor", "officer"])
def test_each_page_costs_the_same_with_one_and_with_many(world, who, django_assert_max_num_queries):
    client = signed_in(getattr(world, who))
    first = tell(world)
    read_by(first, world.officer)
    pages = [at("announcements"), at("announcement", first.pk), at("home")]
    pages += [at("new-announcement")] if who == "editor" else []
    costs = []
    for page in pages:
        client.get(page)
        with django_assert_max_num_queries(20) as one:
            client.get(page)
        costs.append(len(one))
    group = world.office.roster_groups.first()
    units = [roster_unit(world.office, group, f"单位{number}", number) for number in range(10)]
    for number, unit in enumerate(units[:3]):
        tell(world, title=f"又一条{number}")
        Contact.objects.create(unit=unit, kind="officer", name="某人", since="2020-01-01")
        AnnouncedUnit.objects.create(
            announcement=first, unit=unit, position=9, read_at=timezone.now(), read_by=world.officer
        )
    AnnouncedUnit.objects.create(announcement=first, unit=units[4], position=9)
    for page, cost in zip(pages, costs, strict=True):
        with django_assert_max_num_queries(cost):
            client.get(page)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_it_at_once_one_has_read_it_and_five_presses_at_once_make_one():
    world = build_world()
    for turn in range(5):
        token = f"{turn:032d}"
        made = at_once(*[lambda token=token: tell(world, token=token)] * 3)
        assert len({one.pk for one in made}) == 1
        marked = at_once(
            *(lambda to=made[0], person=person: read_by(to, person) for person in (world.officer, world.signer))
        )
        assert sorted(marked) == [0, 1]
    assert Announcement.objects.count() == 5
    assert AnnouncedUnit.objects.count() == 15


def test_an_office_without_units_is_told_so(world, client):
    world.other.roster_lines.all().delete()
    client.force_login(world.other_editor)
    answer = client.post(reverse("new-announcement", args=["yi"]), typed())
    assert answer.status_code == 422
    assert "名册上没有要发给的单位" in answer.content.decode()
    assert "名册上还没有单位" in answer.content.decode()
