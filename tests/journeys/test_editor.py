"""A quarter's work at the editor's desk in a real browser: by keyboard, a pasted list, an undo, a revocation."""

import re

import pytest

from tests.journeys.conftest import Served
from tests.journeys.test_desk import KEPT, Window, complaints_of, go, look_over, press, signed_in, window

__all__ = ["signed_in", "window"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.once]

DECISIONS = 40
WAITING = f"""
import datetime
from submissions.exact import ONE
from submissions.models import Channel
from submissions.moves import PastItem, record_past
from submissions.states import State
from units.models import Office
office = Office.objects.get(code="shanxi")
lines = list(office.roster_lines.current().in_printed_order()[:20])
day = datetime.date(2020, 3, 20)
record_past(office, [
    PastItem(f"J{{n:03d}}", f"{{lines[n % 20].name}}做好第{{n}}项键盘工作", day, State.SUBMITTED, [(lines[n % 20].unit_id, ONE)])
    for n in range({DECISIONS} + 5)
], source="键盘办理")
"""
LIST = "首页 > 信息公开\n1. 吕梁：孝义市教育系统开展线上家访活动\n2. 山西农大“科研实践育人”见实效\n3. 某地举办一场论坛研讨活动"


@pytest.fixture
def desk(served: Served, window: Window):
    served.console.run(WAITING)
    page = window("editor", "queue/?q=键盘工作")
    complaints = complaints_of(page)
    yield page
    assert complaints == []


def waiting(page) -> int:
    return int(re.search(r"\d+", page.locator("h1").inner_text())[0])


def test_a_quarters_work_of_an_editor(served, desk):
    page = desk
    assert waiting(page) == DECISIONS + 5
    look_over(page, "queue")
    page.locator("#all").check()
    assert page.locator("#chosen").inner_text() == f"已选 {DECISIONS + 5} 条"
    page.locator("#all").uncheck()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("#chosen").inner_text() == "已选 1 条"
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    page.wait_for_selector("#decide")
    look_over(page, "reading")
    for n in range(DECISIONS):
        before = page.url
        if n % 8 == 7:  # a return, in words, by Ctrl+Enter
            page.keyboard.press("r")
            page.locator("#say").fill(f"请补第{n}项的数字")
            page.keyboard.press("Control+Enter")
        else:
            page.keyboard.press("a")
        page.wait_for_url(lambda url, was=before: url != was)
        page.wait_for_load_state()
    page.keyboard.press("u")
    page.get_by_text("已撤销决定，仍然待审").wait_for()
    look_over(page, "reading-after")
    page.keyboard.press("q")
    page.wait_for_selector(".queue")
    assert waiting(page) == 6


def test_a_pasted_list_then_one_of_it_is_revoked(served, window):
    page = window("editor", "adoptions/paste/")
    complaints = complaints_of(page)
    look_over(page, "paste")
    page.get_by_label("渠道").select_option(label="省政府")
    page.get_by_label("采用日期").fill("2020-03-28")
    page.locator("#id_text").fill(LIST)
    page.get_by_role("button", name="对照").click()
    page.get_by_role("heading", name="核对 3 条采用").wait_for()
    look_over(page, "pasted")
    assert page.get_by_label("第 2 行的单位").input_value() == "吕梁市教育局"
    assert page.get_by_label("第 3 行的单位").input_value() == "山西农业大学"
    page.get_by_label("第 2 行是哪一条").select_option("new")
    page.get_by_label("第 3 行是哪一条").select_option("new")
    page.get_by_label("第 4 行是哪一条").select_option("skip")
    press(page, "登记采用", "已登记 2 条采用，其中补录 2 条")
    go(page, served, "items/?q=孝义市教育系统开展线上家访")
    page.get_by_role("link", name="吕梁：孝义市").click()
    page.get_by_text("补录").first.wait_for()
    page.get_by_role("link", name="撤销采用").click()
    page.get_by_text("−6").wait_for()
    look_over(page, "revoke")
    page.get_by_label("理由").fill("贴错了一行")
    press(page, "撤销采用", "采用已撤销")
    assert complaints == []


def test_what_an_editor_typed_outlives_a_closed_window(served, window):
    """A text is changed, others are recorded, merged and asked for; each window is left before it is saved, and on Back
    the words are there again."""
    page = window("editor", "items/?state=valid")
    page.locator(".grid tbody th a").first.click()
    address = f"{page.url}edit/"
    page.on("dialog", lambda dialog: dialog.accept())
    for path, done in (
        (address, "改动已存为新的一稿"),
        (f"{served.url}/o/shanxi/items/enter/", "已替吕梁市教育局代录"),
    ):
        page.goto(path)
        page.locator(".rich").click()
        page.keyboard.type("编辑写的一段话。")
        if "enter" in path:
            page.get_by_label("报送单位").fill("吕梁市教育局")
            page.get_by_label("收到日期").fill("2020-03-20")
            page.get_by_label("来源").fill("邮件")
        page.get_by_label("标题").fill("编辑写的一个标题")
        page.goto(f"{served.url}/o/shanxi/")
        page.go_back()
        page.get_by_text(KEPT).wait_for()
        assert "编辑写的一段话" not in page.locator(".rich").inner_text()
        page.get_by_role("button", name="用它").click()
        assert "编辑写的一段话" in page.locator(".rich").inner_text()
        press(page, "存为新的一稿" if "edit" in path else "录入，等待办理", done)
        page.goto(path)
        page.locator(".rich").wait_for()
        assert page.get_by_text(KEPT).count() == 0, "what is saved is kept here no longer"
    for path, name in (("items/merge/?items=1&items=2", "share"), ("commissions/new/", "brief")):
        go(page, served, path)
        box = page.locator(f"[name={name}]").first
        box.fill("0.3")
        page.locator("[name=title]").fill("写到一半")
        page.goto(f"{served.url}/o/shanxi/")
        page.go_back()
        page.get_by_role("button", name="用它").click()
        assert box.input_value() == "0.3"
        look_over(page, f"back-{name}")
        if name == "share":  # what was refused is not saved: it is there again after its window was closed
            page.get_by_role("button", name="综合成一条").click()
            page.locator(".error-summary").wait_for()
            go(page, served, path)
            page.get_by_text(KEPT).wait_for()


MERGED = """
from django.utils import timezone
from submissions.exact import ONE
from submissions.mergers import Piece, merge
from submissions.models import Item, Revision
from submissions.moves import PastItem, record_past
from submissions.similar import index
from submissions.similarity import Piece as Text
from submissions.states import State
from units.models import Account, Office
office, editor = Office.objects.get(code="shanxi"), Account.objects.get(username="editor")
unit = office.roster_lines.current().in_printed_order().first().unit_id
words = "全市各中小学同步组织防汛疏散演练，九万六千名师生参加，平均用时四分二十秒完成疏散，演练后逐一排查隐患并建立台账。"
row = "<table><tbody><tr><td><p>实验中学</p></td><td><p>1200</p></td></tr></tbody></table>"
past = [PastItem(f"JM{n}", f"防汛演练{n}", timezone.localdate(), State.SUBMITTED, [(unit, ONE)]) for n in (1, 2)]
record_past(office, past, source="综合")
sources = list(Item.objects.filter(number__in=["JM1", "JM2"]))
Revision.objects.filter(item__in=sources).update(body=f"<p>{words}</p>{row}", text=words)
index((office.pk, item.pk, {unit}, Text(item.title, words)) for item in sources)
merge(office, Piece("两地综合的一条", f"<p>{words}</p>", [(item.pk, ONE // 2) for item in sources]), editor)
"""


def test_the_pages_of_the_editors_desk_are_sound(served, window):
    page = window("editor", "items/?state=valid&q=2020Q1-1000")  # which nobody here has written
    page.locator(".grid tbody th a").first.click()
    page.get_by_role("link", name="登记采用").click()
    page.wait_for_load_state()  # what is typed before the scripts have run is reckoned by no one
    item = page.url
    page.get_by_label("省委：采用日期").fill("2020-03-20")
    page.locator("#effects").get_by_text("（省委）").wait_for()
    look_over(page, "adopt")
    page.get_by_label("审查意见").fill("可以公开")
    press(page, "通过", "公开前审查已记录")
    assert page.get_by_label("省委：采用日期").input_value() == "2020-03-20", "a review costs nothing that was typed"
    page.get_by_label("省委：采用日期").fill("2030-03-20")
    page.get_by_role("button", name="登记采用", exact=True).click()
    page.get_by_role("heading", name="没有登记").wait_for()
    look_over(page, "adopt-refused")
    page.get_by_label("省委：采用日期").fill("2020-03-20")
    press(page, "登记采用", "已登记")
    for path, name in (("items/enter/", "enter"), ("silent/", "silent")):
        go(page, served, path)
        look_over(page, name)
    page.goto(item.replace("/adopt/", "/edit/"))
    page.locator(".rich").wait_for()
    look_over(page, "edit")
    served.console.run(MERGED)
    go(page, served, "items/?q=两地综合的一条")
    page.locator(".grid tbody th a").click()
    look_over(page, "piece")
    page.get_by_role("link", name="改", exact=True).click()
    look_over(page, "sources")
    go(page, served, "items/?q=JM1")
    page.locator(".grid tbody th a").click()
    page.get_by_role("link", name="对照").click()
    page.locator(".side-by-side").get_by_text("实验中学 | 1200").first.wait_for()
    look_over(page, "compare")
    manager = window("manager", "channels/")
    look_over(manager, "channels")
    go(manager, served, "reasons/")
    look_over(manager, "reasons")


URGENT = """
import datetime
from django.utils import timezone
from submissions.exact import ONE
from submissions.models import Item
from submissions.moves import PastItem, record_past
from submissions.states import State
from units.models import Office
office = Office.objects.get(code="shanxi")
line = office.roster_lines.current().in_printed_order().first()
past = PastItem("JU1", "校车在县道侧翻", timezone.localdate(), State.SUBMITTED, [(line.unit_id, ONE)])
record_past(office, [past], source="紧急")
since = timezone.now() - datetime.timedelta(minutes=31)
Item.objects.filter(number="JU1").update(urgent=True, waits_since=since)
"""


def test_an_urgent_item_is_told_wherever_the_editor_is(served, window):
    page = window("editor", "queue/")
    complaints = complaints_of(page)
    bar = page.locator("#urgent")
    assert not bar.is_visible()
    served.console.run(URGENT)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when the editor comes back to it
    bar.wait_for()
    assert page.title().startswith("（紧急 1）")
    assert "报来紧急信息《校车在县道侧翻》" in page.locator("#urgent-said").inner_text()
    assert page.locator("#urgent-more").inner_text() == "又来了 1 条紧急信息，重新列出"
    bar.click()
    band = page.locator(".lane")
    assert "超 1 分" in band.inner_text()
    look_over(page, "urgent")
    page.get_by_role("button", name="紧急信息响铃：关").click()
    page.get_by_role("button", name="紧急信息响铃：开").wait_for()
    band.get_by_role("link", name="校车在县道侧翻").click()
    page.locator("#accept").click()
    page.wait_for_url(lambda url: "JU1" not in url and "queue/?" in url)
    assert not page.locator("#urgent").is_visible()
    assert complaints == []
