"""Coverage: points by groups and units; each number is that of its list, on the screen and in the workbook."""

import datetime
import io
import re
from collections import Counter

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from submissions.coverage import all_units, columns_of, coverage
from submissions.exact import ONE
from submissions.models import Item, ItemTheme, Theme, ThemeKind
from submissions.states import State
from submissions.themes import Reach
from units.models import Office, RosterGroup, RosterLine


@pytest.fixture
def points(world):
    """A chapter of three points, of which the last gets nothing; a topic of the period by itself."""
    chapter = Theme.objects.create(office=world.office, year=2020, number="一", name="育人", position=1)
    made = [
        Theme.objects.create(office=world.office, year=2020, number=str(i), name=name, parent=chapter, position=i + 1)
        for i, name in enumerate(("阅读", "体育", "劳动"), start=1)
    ]
    world.theme.delete()
    reading, sport, _ = made
    of_college = [(world.college.pk, ONE)]
    joint = [(world.bureau.pk, 500_000), (world.college.pk, 500_000)]
    world.item("甲市的", themes=[reading.pk])
    world.item("甲市两个要点的", themes=[reading.pk, sport.pk])
    world.item("学院的", themes=[sport.pk], shares=of_college)
    world.item("联合的", themes=[sport.pk], shares=joint)
    world.item("等着的", themes=[reading.pk], state=State.SUBMITTED, shares=of_college)
    world.item("退了的", themes=[reading.pk], state=State.REJECTED)
    world.item("别年的", themes=[reading.pk], received_on=datetime.date(2021, 3, 3))
    return [chapter, *made]


def client_of(account):
    client = Client()
    client.force_login(account)
    return client


def numbers(table):
    return {line.theme.name: [tuple(cell.numbers) for cell in line.cells] for line in table.lines}


def test_a_periods_own_priorities_come_first_and_each_number_is_its_lists(world, points):
    wanted = Theme.objects.create(
        office=world.office, period=world.q1, kind=ThemeKind.PRIORITY, scored=False, name="防汛"
    )
    Theme.objects.create(office=world.office, period=world.q2, kind=ThemeKind.PRIORITY, scored=False, name="下一期的")
    world.item("甲市防汛", themes=[wanted.pk])
    reach = Reach(world.office, period=world.q1)
    table = coverage(reach, world.manager, columns_of(reach, world.manager))
    assert list(numbers(table))[:2] == ["防汛", "育人"]
    assert numbers(table)["防汛"] == [(1, 0), (1, 0), (0, 0)]
    assert "下一期的" not in numbers(table)
    page = client_of(world.manager).get(table.lines[0].cells[0].confirmed_at).content.decode()
    assert "信息 1 条" in page
    assert "甲市防汛" in page


def test_points_by_groups_with_chapters_and_what_nobody_reported(world, points):
    reach = Reach(world.office, year=2020)
    table = coverage(reach, world.manager, columns_of(reach, world.manager))
    assert [column.name for column in table.columns] == ["合计", "各市教育局", "各高等院校"]
    assert numbers(table) == {
        "育人": [(4, 1), (3, 0), (1, 1)],  # the item of two points once
        "阅读": [(2, 1), (2, 0), (0, 1)],
        "体育": [(3, 0), (2, 0), (1, 0)],  # the joint one is its lead's
        "劳动": [(0, 0), (0, 0), (0, 0)],
    }
    assert [theme.name for theme in table.silent] == ["劳动"]
    shades = [[cell.shade for cell in line.cells] for line in table.lines]
    assert shades == [[0, 0, 0], [0, 4, 0], [0, 4, 2], [0, 0, 0]]


def test_units_of_a_group_count_joint_items_each_and_who_left_is_apart(world, points):
    reach, group = Reach(world.office, period=world.q1), RosterGroup.objects.get(name="各市教育局")
    table = coverage(reach, world.manager, columns_of(reach, world.manager, group))
    assert [column.name for column in table.columns] == ["本类合计", "甲市教育局", "乙市教育局"]
    assert numbers(table)["体育"] == [(2, 0), (2, 0), (0, 0)]
    college = coverage(
        reach, world.manager, columns_of(reach, world.manager, RosterGroup.objects.get(name="各高等院校"))
    )
    assert numbers(college)["体育"] == [(1, 0), (2, 0)]
    RosterLine.objects.filter(unit=world.college).update(until="2020-12-31")
    left = coverage(reach, world.manager, columns_of(reach, world.manager))
    assert [column.name for column in left.columns] == ["合计", "各市教育局", "各高等院校", "不在名册"]
    assert numbers(left)["体育"] == [(3, 0), (2, 0), (0, 0), (1, 0)]


@pytest.mark.parametrize("left", [False, True], ids=["on the roster", "one left"])
def test_each_number_is_that_of_its_list(world, points, left):
    if left:
        RosterLine.objects.filter(unit=world.college).update(until="2020-12-31")
    manager, checked = client_of(world.manager), 0
    group = RosterGroup.objects.get(name="各市教育局").pk
    for query in ("of=year-2020", f"of=period-{world.q1.pk}", f"of=year-2020&group={group}"):
        table = manager.get(f"{reverse('coverage', args=['jia'])}?{query}").context["table"]
        for cell in [cell for line in table.lines for cell in line.cells]:
            for address, number in zip((cell.confirmed_at, cell.waiting_at), cell.numbers, strict=True):
                listed = manager.get(address).context["filter"]
                assert (query, address, len(listed.page)) == (query, address, number)
                checked += 1
    assert checked > 60


def test_a_unit_sees_its_own_column_and_waits_until_it_is_told(world, points):
    officer = client_of(world.other_unit_officer)
    page = officer.get(reverse("coverage", args=["jia"]) + "?of=year-2020&group=1")
    table = page.context["table"]
    assert numbers(table) == {"育人": [(2, 1)], "阅读": [(0, 1)], "体育": [(2, 0)], "劳动": [(0, 0)]}
    assert [column.name for column in table.columns] == ["丙学院"]
    assert "甲市教育局" not in page.content.decode()
    Item.objects.filter(title="学院的").update(undo_until="2999-01-01 00:00+08:00")
    again = officer.get(reverse("coverage", args=["jia"]) + "?of=year-2020").context["table"]
    assert numbers(again)["体育"] == [(1, 1)]
    for cell in [cell for line in again.lines for cell in line.cells]:
        for address, number in zip((cell.confirmed_at, cell.waiting_at), cell.numbers, strict=True):
            assert len(officer.get(address).context["filter"].page) == number


def test_the_page_costs_the_same_whatever_there_is(world, points):
    manager, page = client_of(world.manager), reverse("coverage", args=["jia"]) + "?of=year-2020"

    def cost():
        manager.get(page)
        with CaptureQueriesContext(connection) as asked:
            manager.get(page)
        return len(asked)

    before = cost()
    for i in range(5):
        theme = Theme.objects.create(office=world.office, year=2020, name=f"又一条{i}", parent=points[0])
        world.item(themes=[theme.pk])
        RosterGroup.objects.create(office=world.office, name=f"又一类{i}", order=9)
    assert cost() == before


@pytest.mark.parametrize("query", ["of=year-99999", "of=x", "of=period-9999999999999999999", "group=abc"])
def test_what_there_is_not_is_not_found(world, points, query):
    assert client_of(world.manager).get(reverse("coverage", args=["jia"]) + f"?{query}").status_code == 404


def rows(book, sheet):
    found = [list(row) for row in book[sheet].iter_rows(values_only=True)]
    at = next(i for i, row in enumerate(found) if "要点" in row)
    return found[at], [row for row in found[at + 1 :] if row[1] is not None]


@pytest.mark.parametrize("of", ["group", "all"])
def test_what_is_on_the_screen_of_a_year_is_downloaded_with_its_numbers(world, points, of):
    RosterLine.objects.filter(unit=world.college).update(until="2020-12-31")  # the workbook adds up all the same
    manager = client_of(world.manager)
    group = RosterGroup.objects.get(name="各市教育局")
    page = manager.get(
        reverse("coverage", args=["jia"]), {"of": "year-2020"} | ({"group": group.pk} if of == "group" else {})
    )
    address = re.search(r'href="([^"]*export.xlsx[^"]*)"', page.content.decode())[1].replace("&amp;", "&")
    book = openpyxl.load_workbook(io.BytesIO(manager.get(address).getvalue()))
    table = page.context["table"]
    head, found = rows(book, "按单位" if of == "group" else "按类别")
    assert head == ["编号", "要点", *(column.name for column in table.columns), "待确认"]
    assert [row[2:-1] for row in found] == [[cell.numbers.confirmed for cell in line.cells] for line in table.lines]
    if of == "all":
        head, found = rows(book, "按单位")
        assert head[2:] == ["甲市教育局", "乙市教育局", "不在名册"]
        assert found[2] == ["2", "体育", 2, 0, 2]
        assert found[0][2:] == [3, 0, 2]


def test_the_workbook_has_the_numbers_of_the_screen(world, points, tmp_path):
    call_command("build_report", "coverage", "--office", "jia", "--period", world.q1.name, "--out", str(tmp_path))
    book = openpyxl.load_workbook(tmp_path / "2020年第1季度要点覆盖表.xlsx")
    assert book.sheetnames == ["按类别", "按单位", "没有单位报送的"]
    head, table = rows(book, "按类别")
    assert head == ["编号", "要点", "合计", "各市教育局", "各高等院校", "待确认"]
    assert table == [
        ["一", "育人", 4, 3, 1, 1], ["1", "阅读", 2, 2, 0, 1], ["2", "体育", 3, 2, 1, 0], ["3", "劳动", 0, 0, 0, 0],
    ]  # fmt: skip
    head, table = rows(book, "按单位")
    assert head == ["编号", "要点", "甲市教育局", "乙市教育局", "丙学院"]
    assert table[2] == ["2", "体育", 2, 0, 2]
    assert rows(book, "没有单位报送的")[1] == [["一、育人", "3", "劳动"]]


@pytest.mark.once
def test_the_examples_items_put_on_points_are_covered(db):
    """The 1133 items of the published quarter, put on four points by turns; a fifth gets none."""
    call_command("load_example", "shanxi-2020q1", verbosity=0)
    office = Office.objects.get(code="shanxi")
    made = [Theme.objects.create(office=office, year=2020, name=f"要点{i}", position=i) for i in range(5)]
    items = list(Item.objects.filter(office=office).order_by("pk"))
    ItemTheme.objects.bulk_create(
        ItemTheme(item=item, theme=made[i % 4], confirmed_at=timezone.now()) for i, item in enumerate(items)
    )
    reach = Reach(office, year=2020)
    table = coverage(reach, None, columns_of(reach, None))
    assert [line.cells[0].numbers.confirmed for line in table.lines] == [284, 283, 283, 283, 0]
    by_group = [sum(line.cells[at].numbers.confirmed for line in table.lines) for at in (1, 2)]
    published = Counter(item.unit_id for item in items)
    groups = RosterGroup.objects.filter(office=office).order_by("order")
    assert by_group == [sum(published[line.unit_id] for line in group.lines.all()) for group in groups]
    assert sum(by_group) == 1133
    assert table.silent == [made[4]]
    by_unit = coverage(reach, None, all_units(office))

    def confirmed(cell):
        return cell.numbers.confirmed

    assert [sum(cells) for cells in zip(*(map(confirmed, line.cells) for line in by_unit.lines), strict=True)] == [
        published[column.pk] for column in by_unit.columns
    ]  # fmt: skip
