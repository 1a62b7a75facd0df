"""The door of a running product: faults 20 to 25 over HTTP, and a session that ends while somebody writes.

A product of its own: what fails to sign in here must not lock the address that other journeys come from.
"""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.journeys.conftest import PASSWORD, Served, own_database, start
from tests.journeys.test_books import assert_sound, wait_until
from tests.visitor import Visitor

NAME = "Neu-und-lang-77"
LOCKED = "15 分钟再试"
PEOPLE = ("officer", "signer", "editor", "manager", "auditor", "sysadmin")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, example: Path) -> Iterator[Served]:
    with own_database() as urls:
        running = start(tmp_path_factory.mktemp("door") / "data", {**urls, "PROXIES": "1"}, example)
        yield running
        running.stop()


def port(door: Served) -> int:
    return int(door.url.rpartition(":")[2])


def stranger(door: Served, address: str) -> Visitor:
    return Visitor(port(door), address)


def person(door: Served, name: str, address: str = "10.0.0.1") -> Visitor:
    visitor = stranger(door, address).come()
    assert visitor.sign_in(name, PASSWORD)[0] == 302
    return visitor


def shell(door: Served, code: str) -> Any:
    return json.loads(door.console.run(f"import json\n{code}"))


# ---- Fault 20: a NUL in any parameter ----

ASKED = {
    "officer": ["/o/shanxi/items/?{}=x%00", "/o/shanxi/standings/?{}=%00", "/o/shanxi/entries/?{}=%00", "/?{}=%00"],
    "manager": ["/o/shanxi/accounts/?{}=%00", "/o/shanxi/reports/?{}=%00", "/o/shanxi/circulars/?{}=%00"],
    "auditor": ["/o/shanxi/trail/?{}=%00", "/o/shanxi/trail/export/?{}=%00"],
}
NAMES = ("q", "state", "period", "unit", "after", "before", "role", "column", "since", "result", "kind", "next")


def test_a_nul_in_any_parameter_is_refused_and_never_an_error(door):
    for who, pages in ASKED.items():
        visitor = person(door, who)
        for page in pages:
            assert {visitor.ask("GET", page.format(name))[0] for name in NAMES} == {400}
    anybody = stranger(door, "10.0.0.2")
    assert anybody.ask("GET", "/accounts/login/?next=%00")[0] == 400
    assert anybody.ask("GET", "/accounts/login/%00")[0] == 400
    for path, fields in {
        "/accounts/login/": {"username": "a\x00b", "password": "x\x00"},
        "/accounts/login/again/": {"username": "\x00", "password": "\x00", "code": "\x00"},
    }.items():
        assert anybody.post("/accounts/login/", path, **fields)[0] < 500
    manager = person(door, "manager")
    fields = {"username": "a\x00", "name": "\x00", "email": "\x00", "role": "\x00", "unit": "\x00", "groups": "\x00"}
    assert manager.post("/o/shanxi/accounts/new/", **fields)[0] == 422
    assert manager.post("/accounts/me/", "/accounts/me/sessions/end/", session="\x00")[0] == 302


# ---- Fault 21: characters that look like others, or like nothing ----


def test_look_alikes_are_one_name_and_invisible_characters_are_none(door):
    assert stranger(door, "10.0.0.3").come().sign_in(" ＯＦＦＩＣＥＲ", PASSWORD)[0] == 302
    manager = person(door, "manager")
    new = {"username": "Xin", "name": "\u202e新\u200b人\ufeff", "role": "officer", "unit": "运城\u200b市教育局"}
    assert manager.post("/o/shanxi/accounts/new/", **new)[0] == 302
    found = "from units.models import Account\nprint(json.dumps(Account.objects.get(username='xin').name))"
    assert shell(door, found) == "新人"
    assert manager.post("/o/shanxi/accounts/new/", **{**new, "username": "ｘｉｎ"})[0] == 422
    assert "xin" in manager.ask("GET", "/o/shanxi/accounts/?q=%E6%96%B0%E2%80%8B%E4%BA%BA")[1]


# ---- Fault 22: ids of others ----


@pytest.mark.once
def test_what_belongs_to_others_is_absent(door):
    officer, unknown = person(door, "officer"), "999999999"
    others = shell(
        door,
        """
from submissions.models import Item
from units.models import Unit
item = Item.objects.exclude(unit__name="运城市教育局").filter(adoptions__isnull=False).first()
print(json.dumps({"item": item.pk, "adoption": item.adoptions.get().pk, "unit": item.unit_id, "title": item.title}))
""",
    )
    for path in (
        "items/{item}/",
        "adoptions/{adoption}/revoke/",
        "reports/runs/1/",
        "reports/files/1/",
        "circulars/files/1/",
        "periods/1/close/",
    ):
        answer = officer.ask("GET", f"/o/shanxi/{path.format(**others)}")
        absent = officer.ask("GET", f"/o/shanxi/{re.sub('[0-9]+|{.*?}', unknown, path)}")
        assert answer[0] == absent[0] == 404, path
        assert re.sub(r'value="\w{64}"', "", answer[1]) == re.sub(r'value="\w{64}"', "", absent[1]), path
    assert officer.ask("GET", "/o/elsewhere/")[0] == 404
    assert officer.ask("GET", f"/o/shanxi/entries/?period=1&unit={others['unit']}")[0] in (200, 404)
    assert others["title"] not in officer.ask("GET", f"/o/shanxi/entries/?period=1&unit={others['unit']}")[1]


# ---- Fault 23: fields that no form has ----


@pytest.mark.once
def test_fields_that_no_form_has_are_ignored_and_on_record(door):
    extra = {"unit": "5", "state": "valid", "score": "999", "role": "manager", "received_on": "2019-01-01"}
    editor = person(door, "editor")
    before = shell(door, STATE)
    page = f"/o/shanxi/items/{before['item']}/"
    editor.post(page, f"{page}move/reopen/", reason="核对", **extra)
    after = shell(door, STATE)
    assert after == {**before, "state": "submitted"}
    entry = shell(
        door,
        """
from trail.models import TrailEntry
entry = TrailEntry.objects.filter(act="多余的字段").latest("id")
print(json.dumps([entry.actor, entry.result, entry.after["ignored"]]))
""",
    )
    assert entry == ["演示编辑（editor）", "refused", extra]


STATE = """
from submissions.models import Item
from units.models import Account
item = Item.objects.filter(adoptions=None).first()
roles = list(Account.objects.get(username="editor").memberships.values_list("role", flat=True))
print(json.dumps({"item": item.pk, "state": item.state, "unit": item.unit_id, "day": str(item.received_on), "roles": roles}))
"""


# ---- Fault 24: redirects ----


@pytest.mark.once
@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "%2F%2Fevil.example", "/%09/evil.example"]
)
def test_signing_in_leads_to_our_own_pages_only(door, target):
    import http.client
    from urllib.parse import unquote, urlencode

    visitor = stranger(door, "10.0.0.4").come()
    fields = {
        "csrfmiddlewaretoken": visitor.token,
        "username": "officer",
        "password": PASSWORD,
        "next": unquote(target),
    }
    connection = http.client.HTTPConnection("127.0.0.1", port(door), timeout=30)
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/accounts/login/?next={target}", urlencode(fields), headers)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (302, "/")
    connection.close()


# ---- Fault 25: fixation, enumeration, brute force ----


@pytest.mark.once
def test_a_planted_session_is_not_the_one_that_signs_in(door):
    visitor = stranger(door, "10.0.0.5").come()
    visitor.cookies["session"] = "planted0planted0planted0planted0"
    visitor.sign_in("officer", PASSWORD)
    assert visitor.cookies["session"] != "planted0planted0planted0planted0"
    thief = stranger(door, "10.0.0.6")
    thief.cookies["session"] = "planted0planted0planted0planted0"
    assert thief.ask("GET", "/accounts/me/")[0] == 302


@pytest.mark.once
def test_known_and_unknown_names_get_the_same_answer_in_the_same_time(door):
    took: dict[str, list[float]] = {"officer": [], "nobody": []}
    pages = set()
    for i in range(9):
        for name, seconds in took.items():
            visitor = stranger(door, f"10.5.{i}.{len(name)}").come()
            begin = time.perf_counter()
            status, page = visitor.sign_in(name, "wrong")
            seconds.append(time.perf_counter() - begin)
            pages.add((status, re.sub(r'value="(\w{64}|officer|nobody)"', "", page)))
    assert len(pages) == 1
    known, unknown = (median(seconds) for seconds in took.values())
    assert 0.8 < known / unknown < 1.25


def test_guesses_at_once_do_not_slip_through(door):
    visitors = [stranger(door, "10.0.0.7").come() for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda visitor: visitor.sign_in("signer", "wrong")[1], visitors))
    assert sum("账号或密码不对" in page for page in answers) == 5
    assert sum(LOCKED in page for page in answers) == 7
    assert LOCKED in stranger(door, "10.0.0.7").come().sign_in("signer", PASSWORD)[1]
    assert stranger(door, "10.0.0.8").come().sign_in("signer", PASSWORD)[0] == 302


def test_twenty_at_once_are_all_let_in(door):
    """Fault 26: a queue, not a collapse. ``make bench`` measures it beside a bare sign-in."""
    visitors = [stranger(door, "10.0.0.9").come() for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda visitor: visitor.sign_in("officer", PASSWORD)[0], visitors))
    assert statuses == [302] * 20


def test_every_act_of_these_tests_is_sealed_in_order(door):
    time.sleep(11)  # a worker seals every ten seconds, once it has begun
    deadline = time.monotonic() + 60
    while not (head := re.search(r"^head shanxi \d+ \w{64}$", (done := door.manage("verify_trail")).stdout, re.M)):
        assert time.monotonic() < deadline, "nothing was sealed"
        time.sleep(1)
    assert head
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith(" 0 findings\n")


# ---- In the browser ----

TEXT = "第二段的数字和附表对不上：一千二百和一千三百，请核对以后再报。"


def signed_in(browser: Any, door: Served, who: str, width: int = 1366, secret: str = PASSWORD) -> Any:
    page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{door.url}/accounts/login/")
    page.fill("[name=username]", who)
    page.fill("[name=password]", secret)
    page.get_by_role("button", name="登录").click()
    page.wait_for_load_state()
    return page


def end_sessions(door: Served, minutes: float) -> None:
    """As if so many minutes had passed without use."""
    shell(
        door,
        f"""
from datetime import timedelta
from django.utils import timezone
from units.models import Session
Session.objects.update(seen_at=timezone.now() - timedelta(minutes={minutes}))
print(1)
""",
    )


@pytest.mark.once
@pytest.mark.browser
def test_a_session_that_ends_while_somebody_writes_is_renewed_on_the_page(door, browser):
    page = signed_in(browser, door, "editor")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{door.url}/o/shanxi/adoptions/1/revoke/")
    page.get_by_label("理由").fill(TEXT)
    end_sessions(door, 29)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when coming back to the window
    page.get_by_role("heading", name="登录快到期了").wait_for()
    assert_sound(page)
    end_sessions(door, 31)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("heading", name="再登录一次").wait_for()
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_text("账号或密码不对").wait_for()
    assert_sound(page)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    wait_until(page, "!document.getElementById('again').open")
    assert page.get_by_label("理由").input_value() == TEXT
    page.get_by_role("button", name="撤销采用").click()
    page.get_by_text("采用已撤销").wait_for()
    assert complaints == []


@pytest.mark.once
@pytest.mark.browser
def test_staying_is_one_click(door, browser):
    page = signed_in(browser, door, "officer")
    end_sessions(door, 29)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("button", name="继续使用").click()
    wait_until(page, "!document.getElementById('soon').open")
    left = page.evaluate("fetch('/accounts/session/', {headers: {'X-Poll': '1'}}).then(answer => answer.json())")[
        "left"
    ]
    assert left > 1700


@pytest.mark.once
@pytest.mark.browser
def test_without_javascript_the_text_waits_behind_the_sign_in(door, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{door.url}/accounts/login/")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.goto(f"{door.url}/o/shanxi/adoptions/2/revoke/")
    page.get_by_label("理由").fill(TEXT)
    end_sessions(door, 31)
    page.get_by_role("button", name="撤销采用").click()
    page.get_by_text("没有丢").wait_for()
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_text(TEXT).wait_for()
    page.get_by_role("button", name="接着送出").click()
    page.get_by_text("采用已撤销").wait_for()


@pytest.mark.once
@pytest.mark.browser
@pytest.mark.parametrize("width", [1366, pytest.param(360, marks=pytest.mark.proof)])
def test_an_account_is_made_invited_given_a_second_factor_and_disabled(door, browser, width):
    """By hand, as an administrator and the new editor do it; each page is looked at by axe."""
    from django_otp.oath import totp

    manager = signed_in(browser, door, "manager", width)
    manager.goto(f"{door.url}/o/shanxi/accounts/")
    assert_sound(manager, width)
    manager.get_by_role("link", name="建立账号").click()
    assert_sound(manager, width)
    name = f"editor-{width}"
    manager.get_by_role("textbox", name="账号").fill(name)
    manager.get_by_label("姓名").fill("新编辑")
    manager.get_by_label("角色").select_option("editor")
    manager.get_by_role("button", name="建立账号").click()
    link = manager.get_by_label("链接", exact=True).input_value()
    assert_sound(manager, width)

    context = browser.new_context(viewport={"width": width, "height": 800})
    new = context.new_page()
    new.set_default_timeout(20_000)
    new.goto(link)
    assert_sound(new, width)
    new.fill("[name=new_password1]", NAME)
    new.fill("[name=new_password2]", NAME)
    new.get_by_role("button", name="设好密码").click()
    new.get_by_text("密码已经设好").wait_for()
    new.fill("[name=username]", name)
    new.fill("[name=password]", NAME)
    new.get_by_role("button", name="登录").click()
    new.get_by_role("heading", name="加一道锁").wait_for()
    assert_sound(new, width)
    import base64

    secret = new.locator("code").inner_text().replace(" ", "")
    key = base64.b32decode(secret)
    new.get_by_label("验证码").fill(f"{totp(key):06d}")
    new.get_by_role("button", name="启用").click()
    new.get_by_text("抄下这 10 个恢复码").wait_for()
    assert_sound(new, width)
    new.get_by_role("link", name="抄好了").click()
    new.wait_for_url("**/o/shanxi/")
    new.get_by_role("link", name="我的账号").first.click()
    new.get_by_text("已启用").wait_for()
    assert_sound(new, width)
    for page in ("password/", "factor/", "factor/codes/"):
        new.goto(f"{door.url}/accounts/me/{page}")
        assert_sound(new, width)

    manager.goto(f"{door.url}/o/shanxi/accounts/?q={name}")
    manager.get_by_role("link", name=name).click()
    assert_sound(manager, width)
    manager.get_by_role("link", name="设分管").click()
    assert_sound(manager, width)
    manager.get_by_label("各市教育局").check()
    manager.get_by_role("button", name="保存").click()
    manager.get_by_text("分管 各市教育局").wait_for()
    manager.locator("summary", has_text="停用账号").click()
    assert_sound(manager, width)
    manager.get_by_role("button", name="确定停用").click()
    manager.get_by_text("账号已经停用").wait_for()
    new.goto(f"{door.url}/o/shanxi/")
    assert "/accounts/login/" in new.url
    assert_sound(new, width)
    new.goto(f"{door.url}/accounts/forgotten/")
    assert_sound(new, width)

    auditor = signed_in(browser, door, "auditor", width)
    auditor.goto(f"{door.url}/o/shanxi/trail/?q={'新编辑'}")
    for act in ("停用账号", "给予角色", "建立账号"):
        auditor.locator("td", has_text=act).first.wait_for()
    assert_sound(auditor, width)
