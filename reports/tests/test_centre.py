"""The report centre on the screen: ask, watch, cancel, read, issue, download; what it costs and for whom it exists."""

import re
import shutil
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reports import runs
from reports.models import Circular, Letterhead, ReportRun, RunState
from reports.tasks import build_report
from reports.writers import pdf
from scoring import closing
from trail.models import TrailEntry
from units.models import StandingsShown

TYPED = {"number": "甲教办[2020]5号", "issued_on": "2020-04-02", "signature": "jia厅", "printed_on": "2020-04-03"}


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch):
    """Messages go nowhere; PDF has tests of its own."""
    monkeypatch.setattr(build_report, "delay", lambda run_id: None)
    monkeypatch.setattr(pdf, "available", lambda: False)


@pytest.fixture
def manager(world) -> Client:
    client = Client()
    client.force_login(world.manager)
    return client


def at(world, name: str, *args) -> str:
    return reverse(name, args=[world.office.code, *args])


def text_of(answer) -> str:
    return answer.content.decode()


def ask(world, manager, kind: str = "circular"):
    return manager.post(at(world, "reports"), {"kind": kind, "period": world.q1.pk}, follow=True)


def made(world, manager, kind: str = "circular") -> ReportRun:
    ask(world, manager, kind)
    run = ReportRun.objects.newest_first().first()
    runs.run(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.DONE
    return run


def test_asking_answers_at_once_keeps_what_was_chosen_and_does_not_ask_twice(world, manager):
    answer = ask(world, manager, "statistics")
    assert "已经排上" in text_of(answer)
    assert f'<option value="{world.q1.pk}" selected>' in text_of(answer)
    assert '<option value="statistics" selected>' in text_of(answer)
    assert "已经在做，不用再要一次" in text_of(ask(world, manager, "statistics"))
    runs.run(ReportRun.objects.get().pk)
    assert "数据没有变化，不用重做" in text_of(ask(world, manager, "statistics"))
    assert ReportRun.objects.count() == 1


def test_wrong_input_is_said_beside_its_field_and_nothing_is_asked_for(world, manager):
    for data in ({"kind": "novel", "period": world.q1.pk}, {"kind": "circular", "period": 0}, {}):
        answer = manager.post(at(world, "reports"), data)
        assert answer.status_code == 422
    assert "没有这种报表" in text_of(manager.post(at(world, "reports"), {"kind": "novel"}))
    other = world.other.periods.get(name="2020年第1季度")
    assert manager.post(at(world, "reports"), {"kind": "circular", "period": other.pk}).status_code == 422
    assert not ReportRun.objects.exists()


def test_the_rows_tell_how_far_it_is_and_ask_again_only_while_something_is_made(world, manager):
    ask(world, manager)
    run = ReportRun.objects.get()
    now = timezone.now()
    running = {"state": RunState.RUNNING, "started_at": now - timedelta(seconds=65), "heartbeat_at": now}
    ReportRun.objects.update(**running, step="写 Word", done=30, total=60)
    text = text_of(manager.get(at(world, "report-runs")))
    assert "已用 1 分 5 秒" in text
    assert '<progress value="50" max="100"' in text
    assert '<li class="done">取数、核对 ✓</li><li aria-current="step">写 Word 30 / 60</li>' in text
    assert "every 1s" in text
    runs.cancel(run, world.manager)
    text = text_of(manager.get(at(world, "report-runs")))
    assert "已取消" in text
    assert "every 1s" not in text
    assert "重新生成" in text


def test_one_that_waits_says_how_many_are_before_it(world, manager):
    for kind in ("circular", "statistics"):
        ask(world, manager, kind)
    text = text_of(manager.get(at(world, "report-runs")))
    assert "前面还有 1 个" in text
    assert "马上开始" in text


def test_cancelling_and_making_again_on_the_page(world, manager):
    ask(world, manager)
    run = ReportRun.objects.get()
    assert "已取消" in text_of(manager.post(at(world, "cancel-run", run.pk), follow=True))
    assert "已经结束" in text_of(manager.post(at(world, "cancel-run", run.pk), follow=True))
    assert TrailEntry.objects.filter(act="取消报表", result="done").count() == 1
    manager.post(at(world, "make-again", run.pk))
    assert list(ReportRun.objects.order_by("id").values_list("state", flat=True)) == ["cancelled", "queued"]
    assert manager.get(at(world, "cancel-run", run.pk)).status_code == 405


def test_what_was_made_is_read_in_the_browser_with_what_was_checked(world, manager):
    world.item(adopted_by=world.site)
    run = made(world, manager)
    text = text_of(manager.get(at(world, "report-run", run.pk)))
    assert "共收到有效信息<a href=" in text
    assert "没有封存，数字还会变" in text
    assert "被采用1条与篇目条数一致" in text
    assert "填文号，印发" not in text
    assert "style=" not in text
    assert "下载 Word" in text
    closing.close(world.q1, world.manager)
    assert "在现在的封存以前生成的" in text_of(manager.get(at(world, "report-run", run.pk)))
    assert "封存以前的草稿" in text_of(manager.get(at(world, "reports")))


def test_a_title_with_markup_stays_text_in_the_browser(world, manager):
    world.item("<script>alert(1)</script>&", adopted_by=world.site)
    text = text_of(manager.get(at(world, "report-run", made(world, manager).pk)))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in text


def test_the_clocks_draft_is_news_until_a_manager_has_looked(world, manager):
    run = ReportRun.objects.create(office=world.office, kind="circular", period=world.q1, drafted=True)
    assert "等您看过" not in text_of(manager.get(at(world, "home")))
    runs.run(run.pk)
    auditor = Client()
    auditor.force_login(world.auditor)
    auditor.get(at(world, "report-run", run.pk))
    home = text_of(manager.get(at(world, "home")))
    assert "2020年第1季度通报草稿" in home
    assert '报表 <span class="count count-todo">1</span>' in home
    manager.get(at(world, "report-run", run.pk))
    home = text_of(manager.get(at(world, "home")))
    assert "等您看过" not in home
    assert "count-todo" not in home


def test_issuing_on_the_page_and_correcting_it(world, manager):
    world.item(adopted_by=world.site)
    run = made(world, manager)
    assert "没有封存" in text_of(manager.get(at(world, "issue-run", run.pk)))
    closing.close(world.q1, world.manager)
    run = made(world, manager)
    page = at(world, "issue-run", run.pk)
    assert "填文号，印发" in text_of(manager.get(at(world, "report-run", run.pk)))
    for data, words in (
        ({}, "请填发文字号"),
        ({**TYPED, "number": "五号"}, "不合规范"),
        ({**TYPED, "issued_on": "2020-03-31"}, "成文日期应当在那以后"),
        ({**TYPED, "printed_on": "2020-04-01"}, "印发日期不能早于成文日期"),
        ({**TYPED, "issued_on": "四月"}, "成文日期应当像"),
        ({**TYPED, "issued_on": "2126-04-02", "number": "甲教办〔2126〕5号"}, "2126-04-02还没有到"),
        ({**TYPED, "printed_on": "2126-04-02"}, "2126-04-02还没有到"),
        ({**TYPED, "number": "甲教办〔2019〕5号"}, "里的年份和成文日期的 2020 年不同"),
    ):
        answer = manager.post(page, data)
        assert answer.status_code == 422
        assert words in text_of(answer)
    assert "正在生成" in text_of(manager.post(page, TYPED, follow=True))
    issuing = ReportRun.objects.newest_first().first()
    runs.run(issuing.pk)
    circular = Circular.objects.get()
    assert circular.number == "甲教办〔2020〕5号"
    assert manager.get(at(world, "report-run", issuing.pk)).url == at(world, "circular", circular.pk)
    assert {file.name for file in issuing.files.all()} == {
        "甲教办〔2020〕5号2020年第1季度通报.docx",
        "甲教办〔2020〕5号2020年第1季度通报.html",
    }
    text = text_of(manager.get(at(world, "circular", circular.pk)))
    assert "文件完好" in text
    assert circular.digest in text
    assert "已经印发 甲教办〔2020〕5号" in text_of(manager.get(page))
    answer = manager.post(page, {**TYPED, "number": "甲教办〔2020〕6号"})  # from a form that stood open before
    assert answer.status_code == 422
    assert "刚刚有人印发过" in text_of(answer)
    assert f'name="corrects" value="{circular.number}"' in text_of(answer)
    again = {**TYPED, "number": "甲教办〔2020〕6号", "corrects": circular.number}
    assert "更正不能早于它更正的" in text_of(manager.post(page, {**again, "issued_on": "2020-04-01"}))
    manager.post(page, again)
    runs.run(ReportRun.objects.newest_first().first().pk)
    text = text_of(manager.get(at(world, "circulars")))
    assert "已由甲教办〔2020〕6号更正" in text
    assert "更正甲教办〔2020〕5号" in text


@pytest.fixture
def circular(world, manager) -> Circular:
    world.item(adopted_by=world.site)
    closing.close(world.q1, world.manager)
    run = made(world, manager)
    manager.post(at(world, "issue-run", run.pk), TYPED)
    runs.run(ReportRun.objects.newest_first().first().pk)
    return Circular.objects.get()


@pytest.mark.parametrize(
    ("shown", "who", "exists"),
    [
        (StandingsShown.ALL, "officer", True),
        (StandingsShown.OWN, "officer", False),
        (StandingsShown.NOTHING, "officer", False),
        (StandingsShown.NOTHING, "editor", True),
        (StandingsShown.ALL, "other_editor", False),
    ],
)
def test_an_issued_circular_is_read_by_those_who_may_see_the_whole_table(world, circular, shown, who, exists):
    world.office.standings_shown = shown
    world.office.save()
    client = Client()
    client.force_login(getattr(world, who))
    pages = [at(world, "circular", circular.pk), at(world, "circular-file", circular.run.files.first().pk)]
    answers = [client.get(page) for page in pages]
    assert [answer.status_code for answer in answers] == [200 if exists else 404] * 2
    b"".join(answers[1])  # which closes the file, too
    if who == "officer":
        assert client.get(at(world, "circulars")).status_code == (200 if exists else 404)
        assert client.get(at(world, "report-file", circular.run.files.first().pk)).status_code == 404


@pytest.mark.parametrize("page", ["report-run", "issue-run", "cancel-run", "make-again"])
@pytest.mark.parametrize("who", ["officer", "editor", "auditor", "sysadmin", "other_editor"])
def test_a_run_is_its_managers_and_an_auditor_may_only_read(world, page, who):
    run = ReportRun.objects.create(office=world.office, kind="circular", period=world.q1)
    client = Client()
    client.force_login(getattr(world, who))
    answer = client.get(at(world, page, run.pk)) if page == "report-run" else client.post(at(world, page, run.pk))
    if who != "auditor":
        assert answer.status_code == 404
    elif page == "issue-run":
        assert answer.status_code == 403
    run.refresh_from_db()
    assert run.state == RunState.QUEUED
    assert ReportRun.objects.count() == 1


def test_the_letterhead_is_set_on_its_page_and_on_record(world, manager):
    page = at(world, "letterhead")
    first = made(world, manager, "statistics")
    data = {
        "issuer": "甲省教育厅",
        "docket_code": "甲教办",
        "head": "preprinted",
        "kept_days": 30,
        "addressee": "各市\n各校",
    }
    assert "已保存" in text_of(manager.post(page, data, follow=True))
    saved = Letterhead.objects.get()
    assert (saved.issuer, saved.sealed, saved.addressee) == ("甲省教育厅", False, "各市各校")
    entry = TrailEntry.objects.get(act="改公文设置")
    assert (entry.before["issuer"], entry.after["issuer"]) == ("", "甲省教育厅")
    assert made(world, manager, "statistics") != first
    for wrong, words in (
        ({"kept_days": 0}, "文件保留天数不能小于 1。"),
        ({"kept_days": -5}, "文件保留天数不能小于 1。"),
        ({"kept_days": "许多"}, "文件保留天数应当是一个整数。"),
        ({"kept_days": ""}, "请填文件保留天数。"),
        ({"head": "gold"}, "gold"),
        ({"issuer": "长" * 101}, "发文机关太长了"),
        ({"docket_code": "晋教办〔2020〕"}, "只写代字本身"),
    ):
        answer = manager.post(page, {**data, **wrong})
        assert answer.status_code == 422
        assert words in text_of(answer)
    assert Letterhead.objects.get().kept_days == 30


@pytest.mark.parametrize("who", ["officer", "editor", "auditor", "other_editor"])
def test_the_letterhead_is_the_managers(world, who):
    client = Client()
    client.force_login(getattr(world, who))
    answer = client.post(at(world, "letterhead"), {"issuer": "别名", "head": "drawn", "kept_days": 30})
    assert answer.status_code == (403 if who == "auditor" else 404)
    assert not Letterhead.objects.exists()


def test_history_pages_by_key_and_costs_the_same_with_many(world, manager, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr("reports.history.PAGE", 3)
    made(world, manager, "statistics")
    manager.get(at(world, "reports"))
    with django_assert_max_num_queries(40) as one:
        manager.get(at(world, "reports"))
    for _ in range(6):
        ReportRun.objects.create(office=world.office, kind="circular", period=world.q1, state="cancelled")
    with django_assert_max_num_queries(len(one)):
        manager.get(at(world, "reports"))
    page, seen = at(world, "reports"), []
    while page:
        history = manager.get(page).context["history"]
        seen += [line.run.pk for line in history.lines]
        page = f"{at(world, 'reports')}?before={history.next_key}" if history.next_key else ""
    assert seen == list(ReportRun.objects.newest_first().values_list("pk", flat=True))
    assert len(seen) == 7


def test_where_there_is_no_libreoffice_the_page_says_so(world, manager, monkeypatch):
    assert "没有安装 LibreOffice" in text_of(manager.get(at(world, "reports")))
    monkeypatch.setattr(pdf, "available", lambda: True)
    assert "没有安装 LibreOffice" not in text_of(manager.get(at(world, "reports")))


@pytest.mark.parametrize("query", ["?before=x", "?before=²", "?kind=novel&period=zz", "?before=99999999999999999999"])
def test_an_odd_address_never_answers_500(world, manager, query):
    assert manager.get(at(world, "reports") + query).status_code == 200


def test_what_was_typed_in_for_an_issue_that_failed_is_not_lost(world, manager):
    closing.close(world.q1, world.manager)
    run = made(world, manager)
    manager.post(at(world, "issue-run", run.pk), TYPED)
    issuing = ReportRun.objects.newest_first().first()
    closing.reopen(world.q1, world.manager, "更正")
    runs.run(issuing.pk)
    text = text_of(manager.get(at(world, "reports")))
    assert "没有印发" in text
    assert "重新填写，印发" in text
    closing.close(world.q1, world.manager)
    assert 'value="甲教办〔2020〕5号"' in text_of(manager.get(at(world, "issue-run", issuing.pk)))


def test_issued_circulars_page_by_key_at_a_fixed_cost(
    world, manager, circular, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr("reports.views.CIRCULARS", 2)
    manager.get(at(world, "circulars"))
    with django_assert_max_num_queries(30) as one:
        manager.get(at(world, "circulars"))
    for i in range(4):
        run = ReportRun.objects.create(office=world.office, kind="circular", period=world.q1, state=RunState.DONE)
        day = {"issued_on": f"2020-05-0{1 + i // 2}", "issued_by": world.manager, "digest": ""}
        Circular.objects.create(office=world.office, run=run, result=circular.result, number=f"甲〔2020〕{i}号", **day)
    with django_assert_max_num_queries(len(one)):
        manager.get(at(world, "circulars"))
    page, seen = at(world, "circulars"), []
    while page:
        context = manager.get(page).context
        seen += [row.pk for row in context["circulars"]]
        page = f"{at(world, 'circulars')}?after={context['next_key']}" if context["next_key"] else ""
    assert seen == list(Circular.objects.newest_first().values_list("pk", flat=True))
    assert len(seen) == 5


def test_statistics_are_not_issued(world, manager):
    run = made(world, manager, "statistics")
    assert manager.get(at(world, "issue-run", run.pk)).status_code == 404
    assert manager.post(at(world, "issue-run", run.pk), TYPED).status_code == 404


def test_what_an_earlier_closing_gave_is_not_issued_unseen(world, manager):
    world.item(adopted_by=world.site)
    closing.close(world.q1, world.manager)
    run = made(world, manager)
    page = at(world, "report-run", run.pk)
    assert "填文号，印发" in text_of(manager.get(page))
    closing.reopen(world.q1, world.manager, "更正")
    world.item()
    assert "填文号，印发" not in text_of(manager.get(page))
    closing.close(world.q1, world.manager)
    text = text_of(manager.get(page))
    assert "填文号，印发" not in text
    assert "在现在的封存以前生成的" in text
    assert "上一次封存的" in text_of(manager.get(at(world, "reports")))


def test_a_draft_of_the_clock_that_failed_is_told_too(world, manager):
    run = ReportRun.objects.create(
        office=world.office,
        kind="circular",
        period=world.q1,
        drafted=True,
        state=RunState.FAILED,
        failure="磁盘空间不足。",
    )
    home = text_of(manager.get(at(world, "home")))
    assert "没有做成" in home
    assert "磁盘空间不足。" in home
    assert "重新生成" in text_of(manager.get(at(world, "report-run", run.pk)))
    assert "没有做成" not in text_of(manager.get(at(world, "home")))


def test_lost_files_are_said_to_be_lost_and_made_anew(world, manager, settings):
    run = made(world, manager)
    shutil.rmtree(settings.MEDIA_ROOT)
    assert "文件已经不在了" in text_of(manager.get(at(world, "report-run", run.pk)))
    assert manager.get(at(world, "report-file", run.files.first().pk)).status_code == 404
    ask(world, manager)
    assert ReportRun.objects.count() == 2


def test_a_run_of_a_kind_that_is_not_known_any_more_breaks_no_page(world, manager):
    run = ReportRun.objects.create(office=world.office, kind="annual", period=world.q1, state=RunState.DONE)
    for page in (at(world, "reports"), at(world, "report-run", run.pk)):
        assert manager.get(page).status_code == 200
    assert "没有这种报表" in text_of(manager.post(at(world, "make-again", run.pk), follow=True))


def test_everything_that_can_be_reached_by_keyboard_keeps_its_place_while_the_rows_are_replaced(world, manager):
    made(world, manager)
    ask(world, manager, "statistics")
    text = text_of(manager.get(at(world, "report-runs")))
    controls = re.findall(r"<(?:a|button)[^>]*>", text)
    assert len(controls) >= 4
    assert [control for control in controls if " id=" not in control] == []


def test_the_end_of_the_work_is_said_once_to_those_who_listen(world, manager):
    ask(world, manager)
    assert "runs-told" not in text_of(manager.get(at(world, "report-runs")))
    runs.run(ReportRun.objects.get().pk)
    text = text_of(manager.get(at(world, "report-runs")))
    assert '<p id="runs-told" hx-swap-oob="innerHTML">2020年第1季度通报：已完成</p>' in text
