"""Following an item: its state, reason, adoptions and points; the list as a workbook; copying an earlier one."""

import io

import openpyxl
import pytest
from django.urls import reverse

from submissions.models import Channel, Item, Theme
from submissions.moves import move
from submissions.states import State
from submissions.tests.test_writing import write
from units.models import Office


def rows_of(answer):
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer)))
    rows = list(book.active.iter_rows(values_only=True))
    start = next(i for i, row in enumerate(rows) if row[0] == "编号")
    return rows[start], rows[start + 1 :]


def test_an_items_points_stand_beside_it_with_their_rules(world, sun):
    item = world.item("被采用的", adopted_by=world.site, themes=[world.theme.pk])
    page = sun.get(reverse("item", args=["jia", item.pk])).content.decode()
    for rule in ("有效信息", "主题信息", "厅采用"):
        assert rule in page
    row = sun.get(reverse("items", args=["jia"])).content.decode()
    assert f'/items/{item.pk}/#points">7</a>' in row


def test_where_the_office_shows_nothing_there_are_no_points(world, sun):
    Office.objects.filter(pk=world.office.pk).update(standings_shown="nothing")
    item = world.item("被采用的", adopted_by=world.site)
    assert "points-title" not in sun.get(reverse("item", args=["jia", item.pk])).content.decode()
    assert "得分" not in sun.get(reverse("items", args=["jia"])).content.decode()
    heads, _ = rows_of(sun.get(reverse("export-items", args=["jia"])))
    assert "得分" not in heads


def test_of_a_joint_item_one_sees_ones_own_points_where_only_these_are_shown(world, sun):
    Office.objects.filter(pk=world.office.pk).update(standings_shown="own")
    world.item("联合的", shares=[(world.bureau.pk, 700_000), (world.college.pk, 300_000)])
    _, rows = rows_of(sun.get(reverse("export-items", args=["jia"])))
    assert rows[0][-1] == 0.7


def test_why_it_came_back_stands_in_the_list_while_it_matters(world, sun):
    write(sun, world, do="submit")
    item = Item.objects.get()
    move(item, "return", world.editor, "数字对不上")
    address = reverse("items", args=["jia"])
    assert "数字对不上" in sun.get(address).content.decode()
    assert "数字对不上" in sun.get(reverse("home", args=["jia"])).content.decode()
    write(sun, world, item, do="submit", title="改好的")
    assert "数字对不上" not in sun.get(address).content.decode()


def test_the_workbook_is_exactly_what_is_filtered(world, sun):
    world.item("=1+1", state=State.REJECTED)
    world.item('=HYPERLINK("http://x")', themes=[world.theme.pk], adopted_by=world.site)
    world.item("别的单位的", shares=[(world.college.pk, 1_000_000)])
    write(sun, world)
    heads, rows = rows_of(sun.get(reverse("export-items", args=["jia"])))
    assert heads[-1] == "得分"
    assert {row[3] for row in rows} == {"=1+1", '=HYPERLINK("http://x")'}
    _, rows = rows_of(sun.get(reverse("export-items", args=["jia"]), {"theme": world.theme.pk}))
    assert [(row[3], row[5], row[7], row[8], row[9]) for row in rows] == [
        ('=HYPERLINK("http://x")', "有效", "安全工作", "2020-03-01 门户网站", 7)
    ]
    _, rows = rows_of(sun.get(reverse("export-items", args=["jia"]), {"state": "draft"}))
    assert [row[3] for row in rows] == ["运城市的做法"]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("http://x")'])
def test_a_formula_in_a_title_is_inert_text(world, sun, start):
    world.item(start)
    answer = sun.get(reverse("export-items", args=["jia"]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer)))
    (cell,) = [cell for row in book.active.iter_rows() for cell in row if cell.value == start]
    assert cell.data_type == "s"


def test_too_long_a_list_is_asked_for_in_parts(world, sun, monkeypatch):
    monkeypatch.setattr("reports.listing.MOST", 1)
    world.item("一")
    world.item("二")
    answer = sun.get(reverse("export-items", args=["jia"]))
    assert answer.status_code == 422
    assert "超过 1 条" in answer.content.decode()


def test_another_is_begun_from_an_earlier_one_without_its_files(world, sun):
    write(sun, world, do="submit", themes=[world.theme.pk], authors="张三", joint=["丙学院"], share=["0.5", "0.5"])
    item = Item.objects.get()
    page = sun.get(reverse("write", args=["jia"]), {"copy": item.pk}).content.decode()
    for kept in (
        "运城市的做法",
        "第一段，写明做法和成效",
        "张三",
        "丙学院",
        f'value="{world.theme.pk}" id="theme-{world.theme.pk}" checked',
    ):
        assert kept in page
    assert item.form_token not in page
    others = world.item("别的", shares=[(world.college.pk, 1_000_000)])
    assert sun.get(reverse("write", args=["jia"]), {"copy": others.pk}).status_code == 404
    assert sun.get(reverse("write", args=["jia"]), {"copy": "x"}).status_code == 200


def test_a_channels_limit_is_shown_while_writing(world, sun):
    Channel.objects.filter(pk=world.site.pk).update(most_characters=140)
    assert "门户网站最多 140 字" in sun.get(reverse("write", args=["jia"])).content.decode()


def test_themes_stand_under_their_chapters(world, sun):
    chapter = Theme.objects.create(office=world.office, name="第一章", position=5)
    Theme.objects.create(office=world.office, name="第一点", position=6, parent=chapter)
    page = sun.get(reverse("write", args=["jia"])).content.decode()
    assert "<summary>第一章</summary>" in page
    assert page.index("安全工作") < page.index("第一章") < page.index("第一点")
