"""The roster as a workbook: what its import reads, and nothing that a spreadsheet would take for a formula."""

import datetime
import io

import openpyxl
import pytest
from django.urls import reverse

from trail.models import TrailEntry
from units import roster_imports
from units.models import Alias, Contact, RosterGroup, RosterLine, Unit
from units.roster_books import COLUMNS

JOINED = datetime.date(2020, 1, 1)


@pytest.fixture
def li(world, client):
    client.force_login(world.manager)
    return client


def fetched(client, name: str) -> bytes:
    return b"".join(client.get(reverse(name, args=["jia"])))


def rows_of(content: bytes) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [tuple(cell.value for cell in row) for row in sheet.iter_rows()] for sheet in book}


def contact(unit, name, kind="officer", **fields):
    return Contact.objects.create(unit=unit, kind=kind, name=name, **{"since": JOINED, **fields})


def test_the_current_roster_is_exported_with_its_contacts(world, li):
    Alias.objects.create(office=world.office, unit=world.bureau, name="甲局")
    Alias.objects.create(office=world.office, unit=world.bureau, name="老甲")
    Alias.objects.create(office=world.other, unit=world.bureau, name="别处的叫法")
    Unit.objects.filter(pk=world.bureau.pk).update(code="91350100M000100Y43")
    RosterLine.objects.filter(unit=world.second_bureau).update(until=datetime.date(2020, 5, 1))
    RosterLine.objects.filter(unit=world.college).update(ranked=False)
    contact(world.bureau, "钱七", phone="13800000000", email="qian@example.cn")
    contact(world.bureau, "赵六", "leader", post="局长")
    contact(world.bureau, "走了的", until=datetime.date(2020, 2, 1))
    contact(world.second_bureau, "不在名册上的")
    contact(world.other.roster_lines.get().unit, "别处的")
    assert rows_of(fetched(li, "export-roster")) == {
        "单位": [
            COLUMNS["单位"],
            ("甲市教育局", "各市教育局", 1, "甲局、老甲", "是", "91350100M000100Y43"),
            ("丙学院", "各高等院校", 1, None, "否", None),
        ],
        "联系人": [
            COLUMNS["联系人"],
            ("甲市教育局", "负责领导", "赵六", "局长", None, None),
            ("甲市教育局", "信息员", "钱七", None, "13800000000", "qian@example.cn"),
        ],
    }


def test_an_export_taken_for_an_import_changes_nothing(world, li):
    group = RosterGroup.objects.create(office=world.office, name="=SUM(A1)", order=9)
    names = ["=1+1", "+86单位", "-甲", "@乙", "“引号”：，、学院", "_x0041_", "1e5", "0012", "甲\u3000 乙"]
    for order, name in enumerate(names):
        unit = Unit.objects.create(name=name, code=f"00{order}")
        RosterLine.objects.create(
            office=world.office, unit=unit, group=group, name=name, order=order, ranked=order % 2, since=JOINED
        )
        Alias.objects.create(office=world.office, unit=unit, name=f"-{order}")
        contact(unit, "=HYPERLINK()", phone="+86 351 1234567", post="-", email="a@example.cn")
        contact(unit, "同一个人", "leader", phone="03511")
        contact(unit, "同一个人", phone="11111")
    content = fetched(li, "export-roster")
    made = roster_imports.preview(world.office, "名册.xlsx", content, JOINED, world.manager)
    assert [(str(row), row.name, row.told) for row in made.rows.exclude(fate="same")] == []
    assert made.counts["单位"]["same"] == 3 + len(names)
    assert made.counts["联系人"]["same"] == 3 * len(names)


def test_what_looks_like_a_formula_stays_text(world, li):
    RosterLine.objects.filter(unit=world.college).update(name="=1+1")
    contact(world.bureau, "@钱", phone="+86 351")
    book = openpyxl.load_workbook(io.BytesIO(fetched(li, "export-roster")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if str(cell.value)[:1] in "=+-@"]
    assert [cell.value for cell in cells] == ["=1+1", "@钱", "+86 351"]
    assert {(cell.data_type, cell.quotePrefix) for cell in cells} == {("s", True)}


def test_the_template_has_the_headings_and_says_what_to_write(world, li):
    content = fetched(li, "roster-template")
    sheets = rows_of(content)
    assert list(sheets) == ["单位", "联系人", "说明"]
    assert (sheets["单位"], sheets["联系人"]) == ([COLUMNS["单位"]], [COLUMNS["联系人"]])
    assert "负责领导" in str(sheets["说明"])
    made = roster_imports.preview(world.office, "模板.xlsx", content, JOINED, world.manager)
    assert not made.rows.exists()


def test_an_export_is_an_entry_without_what_was_exported(world, li):
    contact(world.bureau, "钱七", phone="13800000000")
    fetched(li, "export-roster")
    entry = TrailEntry.objects.latest("id")
    assert (entry.act, entry.actor, entry.office) == ("导出名册", "li", "jia")
    assert entry.after == {"rows": {"单位": 3, "联系人": 1}}


def test_an_export_costs_the_same_queries_whatever_the_size(world, li, django_assert_max_num_queries):
    for number in (3, 40):
        for i in range(number):
            unit = Unit.objects.create(name=f"{number}-{i}")
            group = world.office.roster_groups.first()
            RosterLine.objects.create(
                office=world.office, unit=unit, group=group, name=unit.name, order=i, since=JOINED
            )
            contact(unit, "钱七")
        with django_assert_max_num_queries(10):
            fetched(li, "export-roster")
