"""Units and contacts from a workbook: the fate of each row before anything is written, then all or nothing."""

import datetime
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from trail.models import TrailEntry
from units import roster_imports, tasks
from units.models import Alias, Contact, RosterGroup, RosterImport, RosterImportRow, RosterLine, Unit
from units.roster_books import COLUMNS
from units.verdicts import Refused, TooLate

SINCE = datetime.date(2020, 4, 1)
JOINED = datetime.date(2020, 1, 1)  # when the units of the small world did
BUREAU = ["甲市教育局", "各市教育局", 1, "", "", ""]
CODE, OTHER_CODE = "91350100M000100Y43", "12100000400002259P"
LEADER = ["甲市教育局", "负责领导", "赵六", "局长", "0351-1234567", "zhao@example.cn"]


def book(units=(), contacts=(), sheets=COLUMNS) -> bytes:
    """A workbook with these rows."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in zip(sheets, (units, contacts), strict=False):
        sheet = made.create_sheet(name)
        sheet.append(sheets[name])
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def preview(world, units=(), contacts=(), since=SINCE, by=None) -> RosterImport:
    return roster_imports.preview(world.office, "名册.xlsx", book(units, contacts), since, by or world.manager)


def told(made: RosterImport) -> list[tuple[str, str, str]]:
    return [(str(row), row.fate, row.told) for row in made.rows.order_by("position")]


def wrong(made: RosterImport) -> list[str]:
    return [f"{row}: {row.told}" for row in made.rows.filter(fate="bad").order_by("position")]


def take(world, units=(), contacts=(), since=SINCE):
    return roster_imports.take_in(preview(world, units, contacts, since), world.manager)


def lines_of(unit) -> list[tuple]:
    fields = ("name", "group__name", "order", "ranked", "since", "until")
    return list(RosterLine.objects.filter(unit=unit).order_by("since", "id").values_list(*fields))


@pytest.fixture
def li(world, client):
    client.force_login(world.manager)
    return client


@pytest.fixture
def leader(world):
    details = {"name": "赵六", "post": "局长", "phone": "0351-1234567", "email": "zhao@example.cn"}
    return Contact.objects.create(unit=world.bureau, kind="leader", since=JOINED, **details)


# ---- The fate of a row ----


def test_each_row_is_told_its_fate(world, leader):
    made = preview(
        world,
        [
            BUREAU,
            ["乙市教育局", "各高等院校", 5, "乙局", "否", CODE],
            ["戊学院", "独立学院", 1, "", "是", ""],
            ["己学院", "", "一", "", "是", ""],
        ],
        [
            LEADER,
            ["乙市教育局", "信息员", "钱七", "", 13800000000, ""],
            ["戊学院", "信息员", "孙八", "", "", ""],
        ],
    )
    assert told(made) == [
        ("单位!2", "same", ""),
        (
            *("单位!3", "changed"),
            f"类别 各市教育局 → 各高等院校；排序 2 → 5；简称 （空） → 乙局；参加排名 是 → 否；统一代码 （空） → {CODE}",
        ),
        ("单位!4", "new", "独立学院，第 1 位；新建类别“独立学院”"),
        ("单位!5", "bad", "类别没有填；排序“一”不是整数"),
        ("联系人!2", "same", ""),
        ("联系人!3", "new", "13800000000"),
        ("联系人!4", "new", ""),
    ]
    assert made.counts == {
        "单位": {"bad": 1, "new": 1, "changed": 1, "same": 1},
        "联系人": {"bad": 0, "new": 2, "changed": 0, "same": 1},
    }
    assert [row.name for row in made.rows.order_by("position")][-2:] == ["乙市教育局 信息员 钱七", "戊学院 信息员 孙八"]


def test_a_preview_writes_nothing_else(world):
    preview(world, [["戊学院", "独立学院", 1, "戊院", "是", CODE]], [["戊学院", "信息员", "孙八", "", "", ""]])
    assert not Unit.objects.filter(name="戊学院").exists()
    assert not RosterGroup.objects.filter(name="独立学院").exists()
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("units", "contacts", "reasons"),
    [
        ([["", "各市教育局", 1, "", "", ""]], [], ["单位!2: 单位名称没有填"]),
        ([["戊学院", "各高等院校", 1, "", "也许", ""]], [], ["单位!2: 参加排名“也许”应当是“是”或“否”"]),
        (
            [["戊学院", "各高等院校", 1, "", "", "91350100M000100Y44"]],
            [],
            ["单位!2: 统一代码“91350100M000100Y44”有 18 位，但不是正确的统一社会信用代码，请逐位核对"],
        ),
        (
            [["戊学院", "各高等院校", 1, "", "", "7"]],
            [],
            ["单位!2: 统一代码“7”不像统一代码，应当是 2 到 32 位字母和数字"],
        ),
        (
            [["戊学院", "各高等院校", 1, "", "", CODE], ["己学院", "各高等院校", 1, "", "", CODE.lower()]],
            [],
            [f"单位!3: 统一代码“{CODE}”已是另一个单位的"],
        ),
        (
            [["戊学院", "各高等院校", 1, "", "", ""], ["戊学院", "各高等院校", 2, "", "", ""]],
            [],
            ["单位!3: “戊学院”在第 2 行已经有了，内容不同"],
        ),
        (
            [["戊学院", "各高等院校", 1, "丙学院", "", ""]],
            [],
            ["单位!2: “丙学院”已是另一个单位的名称或简称"],
        ),
        (
            [["戊学院", "各高等院校", 1, "院", "", ""], ["己学院", "各高等院校", 1, "院", "", ""]],
            [],
            ["单位!3: “院”已是另一个单位的名称或简称"],
        ),
        (
            [["戊学院", "各高等院校", 1, "己学院", "", ""], ["己学院", "各高等院校", 1, "", "", ""]],
            [],
            ["单位!2: “己学院”已是另一个单位的名称或简称"],
        ),
        (
            [],
            [["戊学院", "信息员", "孙八", "", "", ""]],
            ["联系人!2: 名册里没有“戊学院”这个单位，“单位”表里也没有"],
        ),
        ([], [["丙学院", "校长", "孙八", "", "", ""]], ["联系人!2: 身份“校长”应当是“负责领导”或“信息员”"]),
        ([], [["丙学院", "信息员", "", "", "", ""]], ["联系人!2: 姓名没有填"]),
        (
            [],
            [["丙学院", "信息员", "孙八", "", "1" * 41, "sun@"]],
            ["联系人!2: 电话有 41 个字，最多 40 个；电子邮箱“sun@”应当像 li@example.cn"],
        ),
        (
            [],
            [["丙学院", "信息员", "孙八", "甲", "", ""], ["丙学院", "信息员", "孙八", "乙", "", ""]],
            ["联系人!3: “丙学院”在第 2 行已经有了，内容不同"],
        ),
        # The unit's own row is bad: that is told once.
        ([["戊学院", "", 1, "", "", ""]], [["戊学院", "信息员", "孙八", "", "", ""]], ["单位!2: 类别没有填"]),
    ],
)
def test_bad_rows_are_named_and_nothing_is_taken_in(world, units, contacts, reasons):
    made = preview(world, units, contacts)
    assert wrong(made) == reasons
    with pytest.raises(Refused, match="有 1 行有错，一行也没有导入。"):
        roster_imports.take_in(made, world.manager)
    assert RosterLine.objects.filter(office=world.office).count() == 3
    assert not Contact.objects.exists()


def test_a_code_of_another_offices_unit_is_refused(world):
    Unit.objects.filter(name="丁系").update(code=CODE)
    assert wrong(preview(world, [["戊学院", "各高等院校", 1, "", "", CODE]])) == [
        f"单位!2: 统一代码“{CODE}”已是另一个单位的"
    ]


def test_a_row_twice_is_one(world):
    rows = [["戊学院", "各高等院校", 3, "", "", ""]] * 2
    made = preview(world, rows)
    assert told(made) == [("单位!2", "new", "各高等院校，第 3 位"), ("单位!3", "same", "和前面的一行相同")]
    roster_imports.take_in(made, world.manager)
    assert RosterLine.objects.filter(name="戊学院").count() == 1


# ---- What is written ----


def test_new_units_join_from_the_day_with_their_groups_short_names_codes_and_contacts(world):
    counts = take(
        world,
        [["戊学院", "独立学院", 2, "戊院、老戊", "否", CODE.lower()], ["己学院", "成人院校", 1, "", "", " "]],
        [["戊学院", "信息员", "孙八", "干事", 13800000000.0, "sun@example.cn"]],
    )
    assert counts["单位"]["new"] == 2
    unit = Unit.objects.get(code=CODE)
    assert lines_of(unit) == [("戊学院", "独立学院", 2, False, SINCE, None)]
    assert set(unit.aliases.values_list("office", "name")) == {(world.office.pk, "戊院"), (world.office.pk, "老戊")}
    contact = unit.contacts.get()
    assert (contact.kind, contact.name, contact.post, contact.phone) == ("officer", "孙八", "干事", "13800000000")
    assert (contact.email, contact.since, contact.until) == ("sun@example.cn", SINCE, None)
    groups = world.office.roster_groups.order_by("order").values_list("name", "order")
    assert list(groups) == [("各市教育局", 1), ("各高等院校", 2), ("独立学院", 3), ("成人院校", 4)]
    assert Unit.objects.get(name="己学院").code is None


def test_a_changed_line_ends_the_day_before_and_another_begins(world):
    take(world, [["甲市教育局", "各高等院校", 1, "", "否", ""]])
    assert lines_of(world.bureau) == [
        ("甲市教育局", "各市教育局", 1, True, JOINED, datetime.date(2020, 3, 31)),
        ("甲市教育局", "各高等院校", 1, False, SINCE, None),
    ]


def test_a_line_that_began_on_the_day_or_later_is_corrected_in_place(world):
    for order, since in ((7, JOINED), (8, JOINED - datetime.timedelta(days=9))):
        take(world, [["甲市教育局", "各市教育局", order, "", "", ""]], since=since)
        assert lines_of(world.bureau) == [("甲市教育局", "各市教育局", order, True, JOINED, None)]


def test_a_changed_code_or_short_name_does_not_end_the_line(world):
    Alias.objects.create(office=world.office, unit=world.bureau, name="甲局")
    Alias.objects.create(office=world.office, unit=world.bureau, name="老甲")
    Alias.objects.create(office=world.other, unit=world.bureau, name="别处的叫法")
    take(world, [["甲市教育局", "各市教育局", 1, "老甲、新甲", "", OTHER_CODE]])
    assert lines_of(world.bureau) == [("甲市教育局", "各市教育局", 1, True, JOINED, None)]
    world.bureau.refresh_from_db()
    assert world.bureau.code == OTHER_CODE
    assert set(world.bureau.aliases.values_list("name", flat=True)) == {"老甲", "新甲", "别处的叫法"}


def test_codes_and_short_names_may_change_places(world):
    for unit, code, name in ((world.bureau, CODE, "一"), (world.second_bureau, OTHER_CODE, "二")):
        Unit.objects.filter(pk=unit.pk).update(code=code)
        Alias.objects.create(office=world.office, unit=unit, name=name)
    take(
        world, [["甲市教育局", "各市教育局", 1, "二", "", OTHER_CODE], ["乙市教育局", "各市教育局", 2, "一", "", CODE]]
    )
    world.bureau.refresh_from_db()
    world.second_bureau.refresh_from_db()
    assert (world.bureau.code, world.second_bureau.code) == (OTHER_CODE, CODE)
    assert list(Alias.objects.order_by("name").values_list("name", "unit")) == [
        ("一", world.second_bureau.pk),
        ("二", world.bureau.pk),
    ]


def test_a_changed_contact_ends_and_another_begins(world, leader):
    take(world, [], [[*LEADER[:4], "0351-7654321", ""]])
    old, new = Contact.objects.order_by("since")
    assert (old.phone, old.until) == ("0351-1234567", datetime.date(2020, 3, 31))
    assert (new.name, new.phone, new.email, new.since, new.until) == ("赵六", "0351-7654321", "", SINCE, None)


def test_a_contact_that_began_on_the_day_or_later_is_corrected_in_place(world, leader):
    Contact.objects.update(confirmed_on=JOINED)
    take(world, [], [[*LEADER[:4], "0351-7654321", ""]], since=JOINED)
    contact = Contact.objects.get()
    assert (contact.phone, contact.email, contact.since, contact.confirmed_on) == ("0351-7654321", "", JOINED, None)


def test_who_is_not_in_the_file_stays(world, leader):
    take(world, [], [["甲市教育局", "负责领导", "另一位", "", "", ""]])
    assert list(Contact.objects.order_by("id").values_list("name", "until")) == [("赵六", None), ("另一位", None)]
    assert RosterLine.objects.current().filter(office=world.office).count() == 3


def test_a_contact_that_has_ended_is_not_the_same(world, leader):
    Contact.objects.update(until=datetime.date(2020, 2, 1))
    assert told(preview(world, [], [LEADER])) == [("联系人!2", "new", "局长；0351-1234567；zhao@example.cn")]


def test_a_unit_that_left_comes_back_as_itself(world):
    RosterLine.objects.filter(unit=world.college).update(until=datetime.date(2020, 2, 28))
    made = preview(world, [["丙学院", "各高等院校", 1, "", "", CODE]])
    assert told(made) == [("单位!2", "new", f"重新加入；各高等院校，第 1 位；{CODE}")]
    roster_imports.take_in(made, world.manager)
    assert [line[4:] for line in lines_of(world.college)] == [(JOINED, datetime.date(2020, 2, 28)), (SINCE, None)]
    world.college.refresh_from_db()
    assert world.college.code == CODE


def test_a_former_name_is_not_given_to_another_unit(world):
    line = RosterLine.objects.get(unit=world.college)
    row = ["丙学院", "各高等院校", 1, "", "", ""]
    RosterLine.objects.filter(pk=line.pk).update(until=SINCE)
    assert wrong(preview(world, [row])) == ["单位!2: 到 2020-04-01 为止在名册上，重新加入要从其后的一天起"]
    line.pk, line.name, line.since = None, "丙大学", datetime.date(2020, 4, 2)
    line.save()
    assert wrong(preview(world, [row])) == ["单位!2: 是“丙大学”原来的名称"]
    RosterLine.objects.filter(name="丙大学").update(until=datetime.date(2020, 5, 1))
    Unit.objects.filter(pk=world.college.pk).update(successor=world.bureau, merged_on=SINCE)
    assert wrong(preview(world, [row])) == ["单位!2: 已并入“甲市教育局”；“丙学院”已是另一个单位的名称或简称"]


def test_the_same_file_twice_changes_nothing(world):
    rows = [["甲市教育局", "各高等院校", 3, "甲局", "否", CODE], ["戊学院", "独立学院", 1, "戊院", "", ""]]
    people = [LEADER, ["戊学院", "信息员", "孙八", "", "", ""]]
    take(world, rows, people)
    lines, contacts = (list(model.objects.order_by("id").values()) for model in (RosterLine, Contact))
    made = preview(world, rows, people)
    assert {row.fate for row in made.rows.all()} == {"same"}
    with pytest.raises(Refused, match="没有要导入的"):
        roster_imports.take_in(made, world.manager)
    assert lines == list(RosterLine.objects.order_by("id").values())
    assert contacts == list(Contact.objects.order_by("id").values())


def test_the_books_turn_an_edition_and_the_trail_says_how_many_and_no_telephone(world, leader):
    world.office.refresh_from_db()
    edition = world.office.edition
    take(world, [["戊学院", "独立学院", 1, "", "", ""]], [[*LEADER[:4], "0351-7654321", ""]])
    world.office.refresh_from_db()
    assert world.office.edition == edition + 1
    entry = TrailEntry.objects.get(act="导入名册")
    assert (entry.actor, entry.office, entry.object_label) == ("li", "jia", "jia厅")
    assert entry.after == {
        "file": "名册.xlsx", "从哪天起": "2020-04-01", "单位": {"新增": 1}, "联系人": {"更改": 1},
    }  # fmt: skip
    everything = str(list(TrailEntry.objects.values()))
    assert "7654321" not in everything
    assert "1234567" not in everything


# ---- Between preview and taking in ----


def test_what_changed_since_the_preview_is_noticed(world):
    made = preview(world, [["甲市教育局", "各高等院校", 1, "", "", ""]])
    RosterLine.objects.filter(unit=world.bureau).update(order=9)
    with pytest.raises(TooLate, match="预览以后名册有了变化"):
        roster_imports.take_in(made, world.manager)
    assert lines_of(world.bureau) == [("甲市教育局", "各市教育局", 9, True, JOINED, None)]
    assert RosterImport.objects.filter(pk=made.pk).exists()


def test_who_is_too_late_sees_the_new_preview(world, li):
    made = preview(world, [["甲市教育局", "各高等院校", 1, "", "", ""]])
    RosterLine.objects.filter(unit=world.bureau).update(order=9)
    page = reverse("roster-import", args=["jia", made.pk])
    answer = li.post(page, {"do": "take"}, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert "预览以后名册有了变化" in answer.content.decode()
    assert "排序 9 → 1" in answer.content.decode()
    assert TrailEntry.objects.latest("id").result == "refused"
    li.post(page, {"do": "take"})
    assert lines_of(world.bureau)[-1][:3] == ("甲市教育局", "各高等院校", 1)


def test_a_contact_changed_meanwhile_is_noticed(world, leader):
    made = preview(world, [], [[*LEADER[:4], "0351-7654321", ""]])
    Contact.objects.update(until=datetime.date(2020, 3, 1))
    with pytest.raises(TooLate):
        roster_imports.take_in(made, world.manager)
    assert Contact.objects.count() == 1


def test_an_import_is_taken_in_or_cancelled_once(world):
    made = preview(world, [["戊学院", "独立学院", 1, "", "", ""]])
    roster_imports.take_in(made, world.manager)
    for again in (roster_imports.take_in, roster_imports.cancel):
        with pytest.raises(TooLate, match="已经导入，或者取消了"):
            again(made, world.manager)
    assert not RosterImport.objects.exists()
    assert not RosterImportRow.objects.exists()
    assert Unit.objects.filter(name="戊学院").count() == 1


def test_a_second_upload_replaces_ones_own_first(world):
    first, second = preview(world, [BUREAU]), preview(world, [BUREAU])
    assert list(RosterImport.objects.all()) == [second]
    assert first.pk != second.pk


def test_previews_are_forgotten_after_a_day(world):
    old = preview(world, [BUREAU])
    RosterImport.objects.update(made_at=timezone.now() - datetime.timedelta(hours=23))
    tasks.forget()
    assert RosterImport.objects.filter(pk=old.pk).exists()
    RosterImport.objects.update(made_at=timezone.now() - datetime.timedelta(hours=25))
    tasks.forget()
    assert not RosterImport.objects.exists()
    assert not RosterImportRow.objects.exists()


def test_the_acts_ask_for_themselves(world):
    for person in (world.editor, world.auditor, world.sysadmin, world.officer, world.other_editor):
        with pytest.raises(Refused, match="只有收稿单位的管理员可以改名册。"):
            preview(world, [BUREAU], by=person)
        made = preview(world, [["戊学院", "独立学院", 1, "", "", ""]])
        for act in (roster_imports.take_in, roster_imports.cancel):
            with pytest.raises(Refused):
                act(made, person)


# ---- The pages ----


def upload(client, content, since="2020-04-01", name="名册.xlsx"):
    data = {"file": SimpleUploadedFile(name, content), "since": since}
    return client.post(reverse("import-roster", args=["jia"]), data)


def test_from_the_file_to_the_roster(world, li):
    answer = upload(li, book([["戊学院", "独立学院", 1, "", "", ""], BUREAU], [LEADER]))
    page = li.get(answer.url).content.decode()
    assert "可以导入。" in page
    assert "新建类别“独立学院”" in page
    assert "单位!2" in page
    assert "单位!3" not in page  # it stays as it is
    assert "全部导入" in page
    answer = li.post(answer.url, {"do": "take"}, follow=True)
    assert "名册已导入：单位新增 1、更改 0，联系人新增 1、更改 0。" in answer.content.decode()


def test_bad_rows_come_first_and_hide_the_button(world, li):
    answer = upload(li, book([BUREAU, ["<b>戊", "", 1, "", "", ""], ["己学院", "独立学院", 1, "", "", ""]]))
    page = li.get(answer.url).content.decode()
    assert "有 1 行有错。" in page
    assert "类别没有填" in page
    assert "&lt;b&gt;戊" in page
    assert "全部导入" not in page
    assert "己学院" in li.get(f"{answer.url}?fate=new").content.decode()
    assert "没有更改的行" in li.get(f"{answer.url}?fate=changed").content.decode()
    assert "类别没有填" in li.get(f"{answer.url}?fate=x&after=x").content.decode()


def test_cancelling_throws_the_preview_away(world, li):
    address = upload(li, book([["戊学院", "独立学院", 1, "", "", ""]])).url
    assert "已取消，名册.xlsx没有导入。" in li.post(address, {"do": "cancel"}, follow=True).content.decode()
    assert li.get(address).status_code == 404
    assert not Unit.objects.filter(name="戊学院").exists()


def test_a_post_that_says_nothing_does_nothing(world, li):
    address = upload(li, book([["戊学院", "独立学院", 1, "", "", ""]])).url
    assert li.post(address).status_code == 422
    assert not Unit.objects.filter(name="戊学院").exists()


@pytest.mark.parametrize(
    ("content", "since", "sentence"),
    [
        (b"not a workbook", "2020-04-01", "这个文件不是 Excel 工作簿（.xlsx），或者已损坏。"),
        (book(sheets={"单位": COLUMNS["单位"]}), "2020-04-01", "联系人!1: 缺少这张表。请用模板的表头。"),
        (
            book(sheets={**COLUMNS, "单位": COLUMNS["单位"][:-1]}),
            "2020-04-01",
            "单位!1: 缺少“统一代码”一列。请用模板的表头。",
        ),
        (b"x" * (5 * 1024 * 1024 + 1), "2020-04-01", "文件超过 5 MB，没有读取。请拆成几个文件。"),
        (b"", "2020-04-01", "这个文件是空的，请另选。"),
        (book([BUREAU]), "2999-04-01", "“从哪天起”应当是 2000-01-01 到今天的一天。"),
        (book([BUREAU]), "0202-04-01", "“从哪天起”应当是 2000-01-01 到今天的一天。"),
        (book([BUREAU]), "下个月", "日期应当像 2020-03-31。"),
    ],
    ids=["no workbook", "no sheet", "no column", "too large", "empty", "to come", "too early", "no day"],
)
def test_what_cannot_be_read_is_a_sentence_and_the_day_is_kept(world, li, content, since, sentence):
    answer = upload(li, content, since)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert f'value="{since}"' in page
    assert not RosterImport.objects.exists()


def test_too_many_rows_are_a_sentence(world, li, monkeypatch):
    monkeypatch.setattr(roster_imports, "MOST_ROWS", 1)
    page = upload(li, book([BUREAU, BUREAU])).content.decode()
    assert "“单位”有 2 行，一次最多 1 行。请拆成几个文件。" in page


def test_a_manager_of_another_office_finds_no_preview(world, client):
    made = preview(world, [["戊学院", "独立学院", 1, "", "", ""]])
    client.force_login(world.other_editor)
    for code in ("jia", "yi"):
        page = reverse("roster-import", args=[code, made.pk])
        assert client.get(page).status_code == 404
        assert client.post(page, {"do": "take"}).status_code == 404
    assert RosterImport.objects.filter(pk=made.pk).exists()


def many(number: int) -> tuple[list, list]:
    units = [[f"第{i}中学", "各高等院校", i, f"{i}中", "", f"SX{i:06d}"] for i in range(number)]
    kinds = (("负责领导", "甲"), ("信息员", "乙"), ("信息员", "丙"))
    return units, [
        [unit[0], kind, name, "", f"0351-{1000000 + i}", ""] for i, unit in enumerate(units) for kind, name in kinds
    ]


def queries(act) -> tuple[int, object]:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = act()
    # A database takes so many values a statement: rows are written in as few statements as hold them.
    return len([query for query in seen if not query["sql"].startswith("INSERT")]), answer


def test_looking_costs_the_same_queries_whatever_the_size(world, li):
    cost = []
    for number in (30, 300):
        units, contacts = many(number)
        changed = [[name, group, order + 1, *rest] for name, group, order, *rest in units]
        steps = [queries(lambda units=units, contacts=contacts: upload(li, book(units, contacts)))]
        address = steps[0][1].url
        steps += [queries(lambda address=address: li.get(address)) for _ in range(2)]
        li.post(address, {"do": "take"})
        steps.append(queries(lambda changed=changed, contacts=contacts: upload(li, book(changed, contacts))))
        page = f"{steps[-1][1].url}?fate=same&after=31"
        steps.append(queries(lambda page=page: li.get(page)))
        assert "后面的" in steps[-1][1].content.decode()
        cost.append([count for count, _ in steps])
        RosterImport.objects.all().delete()
        RosterLine.objects.filter(name__startswith="第").delete()
        Contact.objects.all().delete()
        Alias.objects.all().delete()
        Unit.objects.filter(name__startswith="第").delete()
    assert cost[0] == cost[1]


def test_the_pages_follow_each_other(world, li):
    units, _ = many(120)
    address = upload(li, book(units)).url
    found, page = [], ""
    for _ in range(3):
        answer = li.get(f"{address}{page}")
        found += [row.row for row in answer.context["rows"]]
        page = answer.context["next"]
    assert found == list(range(2, 122))
    assert page == ""
