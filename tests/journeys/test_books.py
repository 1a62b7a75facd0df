"""The published 2020 Q1 in a running product: the table, a revocation, the documents, and the stop.

The tests of this file follow each other on one running product.
"""

import csv
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from tests import servers
from tests.journeys.conftest import PASSWORD, ROOT, Served, copy

Q1 = "2020年第一季度"
OFFICE = ("--office", "shanxi")


def published() -> list[dict[str, str]]:
    """The published lines, the doubled one once."""
    with (ROOT / "examples/shanxi-2020q1/statistics.csv").open(encoding="utf-8") as file:
        lines = {}
        for row in csv.DictReader(file):
            lines.setdefault(row["unit"], row)
    return list(lines.values())


def figures(row: dict[str, str]) -> list[int]:
    return [int(row[name]) for name in ("submitted", "theme", "adopted_department", "adopted_province_moe", "score")]


def standings(served: Served, period: str = Q1) -> dict[str, Any]:
    return json.loads(served.command("standings", *OFFICE, "--period", period, "--format", "json"))


def by_unit(table: dict[str, Any]) -> dict[str, str]:
    return {row["unit"]: row["score"] for group in table["groups"] for row in group["rows"]}


def test_it_serves_and_is_ready_and_says_what_it_loaded(served):
    assert served.get("/healthz")[0] == 200
    deadline = time.monotonic() + 30
    while served.get("/readyz")[0] != 200 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert served.get("/readyz") == (200, "ready\n")
    log = served.log.read_text()
    assert "单位 93，信息 1133，采用 33" in log
    assert "山西艺术职业学院（各高等院校第52行和第71行）" in log
    assert "演示数据" in served.get("/")[1]


@pytest.mark.once
def test_a_second_start_on_the_same_data_is_refused_with_a_sentence(served):
    second = served.manage("serve")
    assert second.returncode == 1
    assert "已经在运行" in second.stderr


def test_the_published_figures_and_order_stand_in_the_table(served):
    table = standings(served)
    assert table["totals"] == {
        "items": "1133", "submitted": "1133", "theme": "114", "department": "33", "province": "0", "state_council": "0", "score": "1493",
    }  # fmt: skip
    rows = [(group["name"], row) for group in table["groups"] for row in group["rows"]]
    keys = ("submitted", "theme", "department", "province")
    printed = [
        (name, row["unit"], [int(row["counts"][key]) for key in keys] + [int(row["score"])]) for name, row in rows
    ]
    assert printed == [(row["group"], row["unit"], figures(row)) for row in published()]
    assert len(rows) == 93
    sums = {
        g["name"]: (sum(int(r["score"]) for r in g["rows"]), sum(int(r["counts"]["department"]) for r in g["rows"]))
        for g in table["groups"]
    }
    assert sums == {"各市教育局": (538, 15), "各高等院校": (955, 18)}


@pytest.mark.once
def test_loading_the_example_again_and_checking_the_ledger_change_nothing(served):
    before = standings(served)
    assert "没有改动" in served.command("load_example", "shanxi-2020q1")
    assert served.command("check_ledger") == "1280 entries, 0 differences"
    assert standings(served) == before


def sign_in(browser: Any, served: Served, who: str, width: int = 1366) -> Any:
    page = browser.new_context(viewport={"width": width, "height": 800}, accept_downloads=True).new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{served.url}/accounts/login/")
    page.fill("[name=username]", who)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/o/shanxi/")
    return page


PAGES = [
    "",
    "standings/",
    "standings/?unit=2",
    "items/",
    "items/?q=没有这样的标题",
    "items/1/",
    "entries/",
    "periods/",
    "periods/1/close/",
    "silent/",
    "channels/",
    "channels/1/",
    "reasons/",
    "reports/",
    "circulars/",
    "letterhead/",
    "scheme/",
    "adoptions/1/revoke/",
    "themes/",
    "themes/import/",
    "periods/2/priorities/",
    "coverage/?group=2",
    "commissions/new/",
    "commissions/units/",
    "announcements/",
    "load/",
]


@pytest.mark.once
@pytest.mark.browser
@pytest.mark.parametrize("width", [1366, 360])
def test_no_page_breaks_wcag_or_scrolls_sideways(served, browser, width):
    page = sign_in(browser, served, "manager", width)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in PAGES:
        page.goto(f"{served.url}/o/shanxi/{path}")
        assert_sound(page, width)
    assert complaints == []


def assert_sound(page: Any, width: int = 1366) -> None:
    """The page keeps to WCAG 2.2 AA and does not scroll sideways."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    # evaluated by the debugger, which the page's CSP does not bind
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == [], page.url


@pytest.mark.browser
def test_revoking_one_adoption_lowers_one_units_score_by_four_at_once(served, browser):
    before = by_unit(standings(served))
    page = sign_in(browser, served, "editor")
    page.goto(f"{served.url}/o/shanxi/standings/")
    page.get_by_role("link", name="112", exact=True).click()
    page.get_by_role("heading", name="运城市教育局的 112 分").wait_for()
    page.get_by_role("link", name="山西运城：联动教研催生联动效应").click()
    page.get_by_role("link", name="撤销采用").click()
    page.get_by_label("理由").fill("测试撤销")
    page.get_by_role("button", name="撤销采用").click()
    page.get_by_text("采用已撤销，得分已更新").wait_for()
    page.goto(f"{served.url}/o/shanxi/standings/")
    assert page.get_by_role("row", name="运城市教育局").inner_text().split()[-1] == "108"
    after = by_unit(standings(served))
    assert {unit: (before[unit], after[unit]) for unit in before if before[unit] != after[unit]} == {
        "运城市教育局": ("112", "108")
    }
    assert served.command("check_ledger").endswith(" 0 differences")


def wait_until(page: Any, condition: str) -> None:
    """Ask again and again from outside: within the page, its CSP forbids to evaluate what is not true at once."""
    deadline = time.monotonic() + 20
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(50)


@pytest.mark.browser
def test_a_figure_is_explained_and_left_again_by_keyboard(served, browser):
    page = sign_in(browser, served, "editor")
    page.goto(f"{served.url}/o/shanxi/standings/")
    figure = page.get_by_role("row", name="长治市教育局").get_by_role("link", name="65")
    figure.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="长治市教育局的 85 分").wait_for()
    wait_until(page, "document.activeElement.id === 'explain'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "收起"
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="长治市教育局的 85 分").wait_for(state="detached")
    wait_until(page, "document.activeElement.textContent === '65'")


def make_report(page: Any, served: Served, kind: str, folder: Path) -> dict[str, Path]:
    """Ask for a report of Q1 in the browser, watch it, and download its files."""
    page.goto(f"{served.url}/o/shanxi/reports/")
    page.get_by_label("种类").select_option(kind)
    page.get_by_label("报送期").select_option(label=Q1)
    page.get_by_role("button", name="生成报表").click()
    first = page.locator("#runs li").first
    first.get_by_text("已完成").wait_for(timeout=60_000)
    files = {}
    for link in first.get_by_role("link", name="下载").all():
        with page.expect_download() as download:
            link.click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        files[path.suffix] = path
    return files


@pytest.mark.once
@pytest.mark.browser
def test_the_next_documents_have_the_lowered_score_and_every_other_published_figure(served, browser, tmp_path):
    page = sign_in(browser, served, "manager")
    word = make_report(page, served, "circular", tmp_path)[".docx"]
    assert word.name == "2020年第一季度通报.docx"
    expected = [figures(row) for row in published()]
    expected[0][2], expected[0][4] = 1, 108
    document = docx.Document(str(word))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "1133条" in text
    assert "32条" in text
    with (ROOT / "examples/shanxi-2020q1/adopted.csv").open(encoding="utf-8") as file:
        titles = [row["published_title"] for row in csv.DictReader(file)]
    assert [title for title in titles if title not in text] == ["山西运城：联动教研催生联动效应"]
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    lines = [row for row in rows if row[0].isdecimal()]
    assert [row[1] for row in lines] == [row["unit"] for row in published()]
    assert [[int(row[i]) for i in (2, 3, 4, 5, 7)] for row in lines] == expected

    excel = make_report(page, served, "statistics", tmp_path)[".xlsx"]
    sheet = openpyxl.load_workbook(excel).worksheets[0]
    lines = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert [[row[i] for i in (2, 3, 4, 5, 7)] for row in lines] == expected


@pytest.mark.browser
def test_after_closing_the_result_stays_and_the_next_period_gets_minus_four(served, browser, tmp_path):
    page = sign_in(browser, served, "manager")
    page.goto(f"{served.url}/o/shanxi/periods/")
    page.get_by_role("row", name=Q1).get_by_role("link", name="封存").click()
    page.get_by_role("button", name=f"封存{Q1}").click()
    page.get_by_text("已封存。以后的更改会计入下一期").wait_for()
    closed = standings(served)
    assert closed["closed"] is True

    editor = sign_in(browser, served, "editor")
    editor.goto(f"{served.url}/o/shanxi/items/?q=山西平顺控辍保学记")
    editor.get_by_role("link", name="长治：山西平顺控辍保学记").click()
    editor.get_by_role("link", name="撤销采用").click()
    editor.get_by_label("理由").fill("网站撤下")
    editor.get_by_role("button", name="撤销采用").click()
    editor.get_by_role("status").filter(has_text="采用已撤销").wait_for()
    assert standings(served) == closed
    second = standings(served, "2020年第二季度")
    assert by_unit(second)["长治市教育局"] == "-4"
    assert second["totals"]["score"] == "-4"
    page.goto(f"{served.url}/o/shanxi/standings/")
    page.get_by_label("报送期").select_option(label="2020年第二季度")
    page.get_by_role("button", name="查看").click()
    page.locator("tbody").get_by_role("link", name="−4").click()
    page.get_by_text("更正2020年第一季度").wait_for()
    page.get_by_text("网站撤下").wait_for()
    rows = openpyxl.load_workbook(make_report(page, served, "statistics", tmp_path)[".xlsx"]).worksheets[0]
    assert [row[7] for row in rows.iter_rows(values_only=True) if row[1] == "长治市教育局"] == [85]


@pytest.mark.browser
def test_the_closed_quarter_is_read_issued_and_found_by_its_units(served, browser, tmp_path):
    page = sign_in(browser, served, "manager")
    make_report(page, served, "circular", tmp_path)
    page.get_by_role("link", name=f"查看{Q1}通报").first.click()
    assert_sound(page)
    page.get_by_text("被采用32条与篇目条数一致").wait_for()
    page.locator(".sheet").get_by_role("link", name="1133条").click()
    page.get_by_text("明细 1133 笔").wait_for()
    page.go_back()
    page.get_by_role("link", name="填文号，印发").click()
    page.get_by_label("发文字号").fill("五号")
    page.get_by_role("button", name="印发并封存文件").click()
    page.get_by_text("不合规范").wait_for()
    assert_sound(page)
    page.get_by_label("发文字号").fill("示教办[2020]1号")
    page.get_by_label("成文日期").fill("2020-04-02")
    page.get_by_role("button", name="印发并封存文件").click()
    page.get_by_text("正在生成").wait_for()
    page.locator("#runs li").first.get_by_text("已完成").wait_for(timeout=60_000)

    officer = sign_in(browser, served, "officer", 360)
    officer.goto(f"{served.url}/o/shanxi/circulars/")
    assert_sound(officer, 360)
    officer.get_by_role("link", name="政务信息报送和采用情况的通报").click()
    officer.get_by_role("heading", name="示教办〔2020〕1号").wait_for()
    officer.get_by_text("文件完好").wait_for()
    assert_sound(officer, 360)
    with officer.expect_download() as download:
        officer.get_by_role("link", name="下载 Word").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    text = "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)
    assert "示教办〔2020〕1号" in text
    assert "印发时填写" not in text


@pytest.mark.once
def test_the_command_prints_the_same_documents(served, tmp_path):
    made = served.manage("build_report", "circular", *OFFICE, "--period", Q1, "--out", str(tmp_path))
    paths = [Path(line) for line in made.stdout.splitlines()]
    assert {path.suffix for path in paths} >= {".docx", ".html"}
    assert all(path.stat().st_size for path in paths)
    assert "运城市教育局" in next(path for path in paths if path.suffix == ".html").read_text(encoding="utf-8")


def processes_below(pid: int) -> set[int]:
    """All processes below one, from /proc."""
    below = {pid}
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(path.parent.name)] = int(fields[1])
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    return below


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture(scope="module")
def place(tmp_path_factory, example):
    """A folder in which the product is started more than once."""
    folder = tmp_path_factory.mktemp("run") / "data"
    copy(example, folder, {})
    return folder


@pytest.mark.once
@pytest.mark.parametrize("everybody", [True, False], ids=["ctrl-c", "term to make alone"])
def test_make_run_stops_all_of_it(place, everybody):
    """Ctrl-C reaches the whole terminal group, TERM make alone; five seconds after make nothing is left."""
    port = servers.free_port()
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment = {**kept, "DATA_DIR": str(place), "PORT": str(port), "DEMO_PASSWORD": PASSWORD}
    log = place.with_suffix(f".{everybody}.log")
    with log.open("wb") as output:
        make = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    deadline = time.monotonic() + 120
    while "READY" not in log.read_text() and make.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert f"READY http://127.0.0.1:{port}/" in log.read_text()
    started = processes_below(make.pid)
    assert len(started) > 5
    if everybody:
        os.killpg(make.pid, signal.SIGINT)
    else:
        os.kill(make.pid, signal.SIGTERM)
    make.wait(timeout=30)
    deadline = time.monotonic() + 5
    while any(map(alive, started)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert {pid for pid in started if alive(pid)} == set()
