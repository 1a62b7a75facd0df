"""A unit joins in a real browser: from the public form to its first submitted item; then what its manager keeps."""

import pytest

from tests.journeys.conftest import Served
from tests.journeys.test_desk import Window, begin, complaints_of, go, look_over, press, signed_in, window

__all__ = ["signed_in", "window"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.once]

TEXT = "我校把劳动教育排进课表，每周两节，四百二十名学生轮流下田，收成进了食堂。"


def test_from_the_public_form_to_the_first_item(served: Served, browser, window: Window):
    stranger = browser.new_context(viewport={"width": 1366, "height": 800})
    page = stranger.new_page()
    page.set_default_timeout(20_000)
    complaints = complaints_of(page)
    page.goto(f"{served.url}/accounts/login/")
    page.get_by_role("link", name="申请入网").click()
    look_over(page, "join")
    page.get_by_label("单位名称").fill("河东实验学校")
    page.get_by_role("button", name="提交申请").click()
    page.get_by_text("请选类别。").first.wait_for()
    look_over(page, "join-refused")
    assert page.get_by_label("单位名称").input_value() == "河东实验学校"
    page.get_by_label("类别").select_option(index=1)
    leader, officer = (page.get_by_role("group", name=name) for name in ("负责领导", "信息员"))
    leader.get_by_label("姓名").fill("何某")
    officer.get_by_label("姓名").fill("冯某")
    officer.get_by_label("电话").fill("0359-2020202")
    page.get_by_label("本单位知道").check()
    page.get_by_role("button", name="提交申请").click()
    page.get_by_text("请收好这个链接").wait_for()
    look_over(page, "application")
    private = page.url

    manager = window("manager", "registrations/")
    look_over(manager, "registrations")
    manager.get_by_role("link", name="河东实验学校").click()
    look_over(manager, "registration")
    manager.get_by_label("理由").fill("请写公章上的全称")
    press(manager, "退回补正", "退回补正：河东实验学校")
    page.goto(private)
    page.get_by_text("请写公章上的全称").wait_for()
    look_over(page, "application-returned")
    page.get_by_label("单位名称").fill("运城市河东实验学校")
    page.get_by_label("本单位知道").check()
    page.get_by_role("button", name="改好了，再提交").click()
    page.get_by_text("请收好这个链接").wait_for()

    go(manager, served, "registrations/")
    manager.get_by_role("link", name="运城市河东实验学校").click()
    manager.get_by_label("信息员的账号").fill("hedong")
    press(manager, "同意，建立账号", "已通过")
    look_over(manager, "registration-approved")
    link = manager.locator("#link1").input_value()
    page.goto(private)
    page.get_by_text("已经通过").wait_for()

    page.goto(link)
    page.locator("[name=new_password1]").fill("He-dong-2026-xx")
    page.locator("[name=new_password2]").fill("He-dong-2026-xx")
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/accounts/login/**")
    page.locator("#id_username").fill("hedong")
    page.locator("#id_password").fill("He-dong-2026-xx")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/o/shanxi/**")
    look_over(page, "new-home")
    go(page, served, "items/write/")
    begin(page, "河东实验学校把劳动教育排进课表", TEXT)
    page.get_by_role("button", name="报送", exact=True).click()
    page.get_by_text("待审").first.wait_for()
    assert [told for told in complaints if "422" not in told] == []  # the refusal that was meant
    stranger.close()


def test_the_pages_of_rosters_and_contacts_are_sound(served: Served, window: Window):
    page = window("manager", "roster/")
    complaints = complaints_of(page)
    look_over(page, "roster")
    page.get_by_role("link", name="改太原市教育局的名册").click()
    look_over(page, "change-line")
    page.get_by_label("印出的名称").fill("太原市教育体育局")
    page.get_by_label("从哪天起").fill("2020-03-01")
    page.get_by_role("button", name="先看影响").click()
    page.get_by_role("heading", name="改了以后，排名表会怎么印").wait_for()
    look_over(page, "change-line-looked")
    go(page, served, "roster/")
    page.get_by_label("类别").select_option(index=1)
    page.get_by_role("button", name="筛选").click()
    page.get_by_role("link", name="排次序").click()
    look_over(page, "order-group")
    for path, name in (
        ("roster/import/", "import-roster"),
        ("contacts/", "contacts"),
        ("contacts/rounds/new/", "new-round"),
        ("registrations/?state=approved", "registrations-approved"),
        ("periods/new/", "new-period"),
    ):
        go(page, served, path)
        look_over(page, name)
    officer = window("officer", "unit/")
    look_over(officer, "own-unit")
    officer.get_by_role("link", name="交接").first.click()
    look_over(officer, "hand-over")
    assert complaints == []
