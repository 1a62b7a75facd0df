"""Every page for everybody: who sees what, who is told that there is nothing, what it costs."""

import datetime
import re
from decimal import Decimal

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from reports.models import ReportRun, RunFile
from scoring import closing
from scoring.schemes import put_in_force
from submissions.adoptions import revoke
from submissions.exact import ONE
from submissions.models import Adoption, Item
from submissions.states import State
from tests.world import World, shanxi_scheme
from units.models import Account, Membership, Role, RosterLine, StandingsShown


def client_of(account: Account) -> Client:
    client = Client()
    client.force_login(account)
    return client


def address(world: World, name: str, *args) -> str:
    return reverse(name, args=[world.office.code, *args])


STAFF, MANAGERS, EDITORS = {"editor", "manager", "auditor"}, {"manager", "auditor"}, {"editor", "manager"}
OWN = {"officer", "colleague", "signer"}
EVERYBODY = {*STAFF, *OWN, "other_unit_officer", "sysadmin"}
PEOPLE = [*sorted(EVERYBODY), "other_editor"]
PAGES = {
    "home": EVERYBODY,
    "items": EVERYBODY,
    "standings": EVERYBODY,
    "entries": EVERYBODY,
    "scheme": EVERYBODY,
    "periods": STAFF,
    "silent": {"editor", "manager"},
    "channels": STAFF,
    "reasons": {"manager"},
    "reports": MANAGERS,
    "report-runs": MANAGERS,
    "upward": EDITORS,
}


@pytest.mark.once
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", PEOPLE)
def test_a_page_exists_for_those_it_is_for_and_for_nobody_else(world, page, who):
    world.item(themes=[world.theme.pk], adopted_by=world.site)
    answer = client_of(getattr(world, who)).get(address(world, page))
    assert answer.status_code == (200 if who in PAGES[page] else 404)


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_sign_in(world, client, page):
    answer = client.get(address(world, page))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("sign-in"))


@pytest.mark.parametrize("who", PEOPLE)
def test_an_item_exists_for_its_unit_and_its_office_only(world, who):
    item = world.item()
    draft = Item.objects.create(office=world.office, unit=world.bureau, title="草稿")
    client = client_of(getattr(world, who))
    own = who in OWN
    assert client.get(address(world, "item", item.pk)).status_code == (200 if own or who in STAFF else 404)
    assert client.get(address(world, "item", draft.pk)).status_code == (200 if own else 404)


def test_a_joint_item_is_seen_by_both_units(world):
    item = world.item(shares=[(world.bureau.pk, ONE // 2), (world.college.pk, ONE // 2)])
    assert client_of(world.other_unit_officer).get(address(world, "item", item.pk)).status_code == 200


def test_of_others_items_not_even_a_title_is_shown(world):
    world.item("甲市的标题", adopted_by=world.site)
    client = client_of(world.other_unit_officer)
    pages = [
        address(world, "home"),
        address(world, "items"),
        address(world, "entries"),
        f"{address(world, 'standings')}?period={world.q1.pk}&unit={world.bureau.pk}",
        f"{address(world, 'items')}?q=甲市的标题",
    ]
    for page in pages:
        text = client.get(page).content.decode()
        assert "甲市的标题</a>" not in text
        assert text.count("甲市的标题") == (1 if "q=" in page else 0)  # what was typed stands in its box


def test_units_see_of_the_standings_what_the_office_chooses(world):
    world.item()
    page = f"{address(world, 'standings')}?period={world.q1.pk}"
    officer, editor = client_of(world.officer), client_of(world.editor)
    seen = {}
    for choice in StandingsShown:
        world.office.standings_shown = choice
        world.office.save()
        text = officer.get(page).content.decode()
        seen[choice] = ("甲市教育局</a>" in text, "乙市教育局" in text)
        assert "乙市教育局" in editor.get(page).content.decode()
    assert seen == {"all": (True, True), "own": (True, False), "nothing": (False, False)}


def test_where_only_ones_own_line_is_shown_others_entries_and_sums_are_not(world):
    world.office.standings_shown = StandingsShown.OWN
    world.office.save()
    world.item(shares=[(world.college.pk, ONE)], adopted_by=world.site)
    world.item()
    client = client_of(world.officer)
    page = address(world, "entries")
    assert client.get(f"{page}?period={world.q1.pk}&unit={world.college.pk}").status_code == 404
    assert "明细 1 笔" in client.get(f"{page}?period={world.q1.pk}").content.decode()
    world.office.standings_shown = StandingsShown.NOTHING
    world.office.save()
    assert client.get(page).status_code == 404


def test_revoking_on_the_page_lowers_the_score_on_the_page(world):
    item = world.item(adopted_by=world.site)
    client = client_of(world.editor)
    page = f"{address(world, 'standings')}?period={world.q1.pk}&unit={world.bureau.pk}"
    assert "甲市教育局的 5 分" in client.get(page).content.decode()
    answer = client.post(address(world, "revoke-adoption", Adoption.objects.get().pk), {"reason": ""})
    assert answer.status_code == 422
    assert "请写明理由" in answer.content.decode()
    client.post(address(world, "revoke-adoption", Adoption.objects.get().pk), {"reason": "登记错了"})
    assert "甲市教育局的 1 分" in client.get(page).content.decode()
    assert "登记错了" in client.get(address(world, "item", item.pk)).content.decode()


@pytest.mark.parametrize("who", [*sorted(EVERYBODY - {"editor"}), "other_editor"])
def test_only_an_editor_decides_over_http(world, who):
    item = world.item(state=State.SUBMITTED)
    adopted = world.item(adopted_by=world.site)
    client = client_of(getattr(world, who))
    client.post(address(world, "move-item", item.pk, "accept"))
    client.post(address(world, "adopt-item", item.pk), {"channel": world.site.pk, "adopted_on": "2020-03-02"})
    client.post(address(world, "revoke-adoption", world.adoption(adopted).pk), {"reason": "试试"})
    item.refresh_from_db()
    assert item.state == State.SUBMITTED
    assert Adoption.objects.live().count() == 1


def test_an_editor_accepts_adopts_returns_and_reopens_on_the_page(world):
    client = client_of(world.editor)
    item = world.item(state=State.SUBMITTED)
    page = address(world, "item", item.pk)
    answer = client.post(address(world, "move-item", item.pk, "return"), {"reason": " "})
    assert answer.status_code == 422
    client.post(address(world, "adopt-item", item.pk), {"channel": world.province.pk, "adopted_on": "2020-03-02"})
    text = client.get(page).content.decode()
    assert "已采用" in text
    assert "认定有效" in text
    answer = client.post(address(world, "move-item", item.pk, "reopen"), {"reason": "再看"}, follow=True)
    assert "先撤销采用" in answer.content.decode()
    answer = client.post(address(world, "adopt-item", item.pk), {"channel": world.site.pk, "adopted_on": "不是日期"})
    assert answer.status_code == 422
    assert "采用日期应当像" in answer.content.decode()


def test_closing_and_reopening_on_the_page(world):
    world.item()
    page = address(world, "close-period", world.q1.pk)
    assert client_of(world.editor).post(page).status_code == 403
    assert client_of(world.officer).post(page).status_code == 404
    assert client_of(world.other_editor).post(page).status_code == 404
    manager = client_of(world.manager)
    assert "1 <small>条" in manager.get(page).content.decode()
    assert "已封存" in manager.post(page, follow=True).content.decode()
    reopen = address(world, "reopen-period", world.q1.pk)
    assert manager.post(reopen, {"reason": ""}).status_code == 422
    assert "更正撤稿" in manager.post(reopen, {"reason": "更正撤稿"}, follow=True).content.decode()
    closing.close(world.q1, world.manager)


def test_a_correction_says_on_the_page_which_period_and_why(world):
    world.item(adopted_by=world.site)
    closing.close(world.q1, world.manager)
    client = client_of(world.editor)
    client.post(address(world, "revoke-adoption", Adoption.objects.get().pk), {"reason": "网站撤稿"})
    text = client.get(f"{address(world, 'entries')}?period={world.q2.pk}&unit={world.bureau.pk}").content.decode()
    assert "更正2020年第1季度" in text
    assert "网站撤稿" in text
    assert "−4" in text


def test_a_file_of_a_report_is_for_its_managers(world, settings):
    settings.MEDIA_ROOT.mkdir(parents=True)
    (settings.MEDIA_ROOT / "x.docx").write_bytes(b"word")
    run = ReportRun.objects.create(office=world.office, kind="circular", period=world.q1, state="done")
    file = RunFile.objects.create(
        run=run, format="docx", name="2020年第一季度通报.docx", path="x.docx", sha256="", size=4
    )
    page = address(world, "report-file", file.pk)
    answers = {who: client_of(getattr(world, who)).get(page) for who in PEOPLE}
    assert {who for who, answer in answers.items() if answer.status_code == 200} == MANAGERS
    assert "2020%E5%B9%B4" in answers["manager"]["Content-Disposition"]
    for who in MANAGERS:
        assert b"".join(answers[who]) == b"word"  # which closes the file, too
    (settings.MEDIA_ROOT / "x.docx").unlink()
    assert client_of(world.manager).get(page).status_code == 404


@pytest.mark.parametrize("page", ["home", "items", "standings", "entries", "periods", "silent", "channels"])
def test_a_page_costs_the_same_queries_with_many_rows_as_with_one(world, page, django_assert_max_num_queries):
    client = client_of(world.editor)
    world.item(themes=[world.theme.pk], adopted_by=world.site)
    client.get(address(world, page))
    with django_assert_max_num_queries(40) as one:
        client.get(address(world, page))
    for unit in (world.bureau, world.second_bureau, world.college):
        world.item(themes=[world.theme.pk], adopted_by=world.site, shares=[(unit.pk, ONE)])
    with django_assert_max_num_queries(len(one)):
        client.get(address(world, page))
    assert len(one) <= 20


ODD = [
    "?q=%00",
    "?period=x",
    "?period=99999999999999999999",
    "?unit=-1",
    "?after=2020-99-99_1",
    "?after=_",
    "?page=0",
    "?page=²",
    "?theme=१",
    "?state=gone",
    "?q=" + "长" * 500,
]


@pytest.mark.parametrize("query", ODD)
@pytest.mark.parametrize("page", ["home", "items", "standings", "entries", "reports", "upward", "silent"])
def test_an_odd_address_never_answers_500(world, page, query):
    assert client_of(world.manager).get(address(world, page) + query).status_code in (200, 400, 404)


def test_the_list_pages_by_key_and_shows_each_item_once(world, monkeypatch):
    monkeypatch.setattr("submissions.filters.PAGE", 3)
    for day in (1, 1, 1, 2, 2, 3, 4, 4):
        world.item(received_on=datetime.date(2020, 2, day))
    client = client_of(world.editor)
    page, seen = address(world, "items"), []
    while page:
        items = client.get(page).context["filter"]
        seen += [item.pk for item in items.page]
        page = address(world, "items") + items.next_address if items.next_address else ""
    assert seen == list(Item.objects.newest_first().values_list("pk", flat=True))


def test_sign_in_answers_the_same_for_known_and_unknown_names(client, world):
    page = reverse("sign-in")
    wrong = [client.post(page, {"username": name, "password": "x"}).content.decode() for name in ("wang", "nobody")]
    assert all("账号或密码不对" in text for text in wrong)
    client.post(page, {"username": "wang", "password": "a-long-test-password", "next": "//evil.example"})
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize("next_page", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_signing_in_never_leads_elsewhere(client, world, next_page):
    data = {"username": "wang", "password": "a-long-test-password", "next": next_page}
    assert client.post(reverse("sign-in"), data).url == "/"


def test_the_start_leads_to_ones_office(world):
    assert client_of(world.officer).get("/").url == address(world, "home")


def test_headers_and_no_inline_script_or_style(world):
    world.item(adopted_by=world.site)
    for page in PAGES:
        answer = client_of(world.manager).get(address(world, page))
        text = answer.content.decode()
        assert "style=" not in text
        assert "<script>" not in text
        assert "unsafe-inline" not in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"


def test_the_demonstration_says_so(world, client):
    assert "演示数据" not in client.get(reverse("sign-in")).content.decode()
    world.office.demonstration = True
    world.office.save()
    assert "演示数据" in client.get(reverse("sign-in")).content.decode()
    assert "演示数据" in client_of(world.editor).get(address(world, "home")).content.decode()


def test_a_form_that_stood_too_long_is_told_so(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.editor)
    answer = client.post(address(world, "close-period", world.q1.pk))
    assert answer.status_code == 403
    assert "放得太久" in answer.content.decode()


def test_a_colleague_of_the_office_who_also_writes_for_a_unit_sees_the_drafts_of_that_unit(world):
    Membership.objects.create(account=world.editor, unit=world.bureau, role=Role.OFFICER)
    draft = Item.objects.create(office=world.office, unit=world.bureau, title="草稿")
    assert client_of(world.editor).get(address(world, "item", draft.pk)).status_code == 200


def test_the_drawer_adds_up_to_the_last_millionth(world):
    description = shanxi_scheme(world.q2.name)
    description["rules"][0]["points"] = "0.5"
    put_in_force(world.office, description)
    units = [world.bureau.pk, world.second_bureau.pk, world.college.pk]
    shares = list(zip(units, [333_334, 333_333, 333_333], strict=True))
    world.item(shares=shares, received_on=datetime.date(2020, 4, 2))
    page = f"{address(world, 'standings')}?period={world.q2.pk}&unit="
    texts = [client_of(world.editor).get(f"{page}{unit}").content.decode() for unit in units]
    worth = [re.search(r'有效信息</a></th>.*?<td class="num score">([\d.]+)</td>', text, re.S)[1] for text in texts]
    assert worth == [re.search(r"的 ([\d.]+) 分", text)[1] for text in texts]
    assert sum(map(Decimal, worth)) == Decimal("0.5")


def test_a_database_that_keeps_one_waiting_is_a_sentence(world, monkeypatch):
    def waits(*args: object, **kwargs: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    item = world.item(state=State.SUBMITTED)
    monkeypatch.setattr("submissions.views.items.decide", waits)
    answer = client_of(world.editor).post(address(world, "move-item", item.pk, "accept"))
    assert answer.status_code == 503
    assert "什么也没有改" in answer.content.decode()


def test_the_list_behind_a_groups_figure_is_of_the_units_that_stood_in_it(world):
    """A unit that was in the group another year does not count among its entries."""
    group = world.office.roster_groups.get(name="各市教育局")
    past = {"since": "2018-01-01", "until": "2018-12-31"}
    RosterLine.objects.create(office=world.office, unit=world.college, group=group, name="丙学院", order=9, **past)
    world.item(shares=[(world.college.pk, ONE)])
    world.item()
    page = f"{address(world, 'entries')}?period={world.q1.pk}&group=各市教育局"
    assert "明细 1 笔" in client_of(world.editor).get(page).content.decode()


def test_a_correction_is_neither_an_adoption_nor_a_report_in_the_chips(world):
    world.item(adopted_by=world.site)
    closing.close(world.q1, world.manager)
    revoke(Adoption.objects.select_related("item__office", "channel").get(), world.editor, "撤")
    page = client_of(world.editor).get(f"{address(world, 'standings')}?period={world.q2.pk}").context["page"]
    assert page.adopted_and_silent == (0, 3)


def test_points_that_no_period_holds_yet_are_told_on_the_periods_page(world):
    world.item(adopted_by=world.site)
    for period in (world.q1, world.q2):
        closing.close(period, world.manager)
    revoke(Adoption.objects.select_related("item__office", "channel").get(), world.editor, "撤")
    text = client_of(world.manager).get(address(world, "periods")).content.decode()
    assert "有 1 笔得分（合计 −4 分）记在2020年6月30日以后" in text


def test_a_system_administrator_is_told_that_nothing_waits_here(world):
    assert "没有要办的事" in client_of(world.sysadmin).get(address(world, "home")).content.decode()
