"""The ledger workbook (DESIGN 9.4): all or nothing, every bad cell named."""

import datetime
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from scoring.standings import as_json, standings
from submissions.adoptions import adopt, revoke
from submissions.models import Adoption, Item, ItemEvent, Period, Theme
from submissions.sheets import COLUMNS
from units.models import RosterLine, Unit

ROWS = {
    "单位": [["戊学院", "各高等院校", 2, "戊院、老戊", "是"], ["己局", "直属单位", 1, "", "否"]],
    "报送期": [["2020年第三季度", datetime.date(2020, 7, 1), "2020/9/30"]],
    "主题": [["防汛", "2020年第三季度", "是"], ["安全、稳定", "", "否"]],
    "信息": [
        ["A1", "戊院", "戊学院：防汛", "2020-07-02", "有效", "防汛、安全、稳定"],
        ["A2", "甲市教育局：0.6、戊学院:0.4", "联合", datetime.datetime(2020, 7, 3, 9), "待审", ""],
        [3, "己局", "一条退稿", "2020-7-4", "退稿", "安全工作"],
        ["A4", "丙学院", "待审的", "2020-07-04", "待审", "安全工作"],
    ],
    "采用": [["A2", "省委", "2020-08-01", "另一个标题"], ["A1", "门户网站", "2020-08-02", ""]],
}


def workbook(path: Path, **changes) -> Path:
    """The workbook above with some sheets replaced (None: left out), columns in reversed order."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, columns in COLUMNS.items():
        rows = changes.get(name, ROWS[name])
        if rows is None:
            continue
        sheet = book.create_sheet(name)
        sheet.append([*reversed(columns), "备注"])
        for row in rows:
            sheet.append([*reversed(row), "不读"])
    book.save(path / "book.xlsx")
    return path / "book.xlsx"


def take(path: Path, capsys, office="jia") -> tuple[int, str]:
    """Run the command: exit status and standard error (of the lines before the closing sentence)."""
    capsys.readouterr()
    try:
        call_command("import_workbook", str(path), office=office)
    except CommandError as error:
        return error.returncode, capsys.readouterr().err + f"{error}\n"
    return 0, capsys.readouterr().out


def test_a_workbook_comes_in_with_its_standings(world, tmp_path, capsys):
    assert take(workbook(tmp_path), capsys) == (0, "已导入：单位 2，报送期 1，主题 2，信息 4，采用 2。\n")
    table = as_json(standings(Period.objects.get(office=world.office, name="2020年第三季度")))
    assert table["totals"] == {
        "items": "2", "submitted": "2", "theme": "1", "department": "1", "province": "1", "state_council": "0", "score": "14",
    }  # fmt: skip
    rows = {row["unit"]: row for group in table["groups"] for row in group["rows"]}
    assert rows["甲市教育局"]["counts"] | {"score": rows["甲市教育局"]["score"]} == {
        "submitted": "0.6", "theme": "0", "department": "0", "province": "0.6", "state_council": "0", "score": "4.2",
    }  # fmt: skip
    assert rows["戊学院"]["score"] == "9.8"
    assert (rows["己局"]["no"], rows["己局"]["rank"]) == (None, None)
    assert [group["name"] for group in table["groups"]] == ["各市教育局", "各高等院校", "直属单位"]
    joined = RosterLine.objects.get(office=world.office, name="戊学院")
    assert joined.since == datetime.date(2020, 7, 1)
    assert set(Item.objects.values_list("number", flat=True)) == {"A1", "A2", "3", "A4"}
    assert ItemEvent.objects.filter(move="import").count() == 4
    assert Item.objects.get(number="A1").themes.filter(confirmed_at__isnull=False).count() == 2
    assert Item.objects.get(number="A4").themes.filter(confirmed_at__isnull=True).count() == 1


def test_the_same_file_twice_changes_nothing(world, tmp_path, capsys):
    take(workbook(tmp_path), capsys)
    assert take(workbook(tmp_path), capsys) == (0, "都已经有了，没有改动。\n")
    assert (Item.objects.count(), Adoption.objects.count(), Theme.objects.count()) == (4, 2, 3)


def test_sheets_without_rows_are_enough_and_what_the_office_has_may_be_named(world, tmp_path, capsys):
    only_items = {
        "单位": [],
        "报送期": [],
        "主题": [],
        "采用": [],
        "信息": [["B1", "乙市教育局", "题", "2020-05-01", "待审", ""]],
    }
    assert take(workbook(tmp_path, **only_items), capsys)[0] == 0
    adopt = {**only_items, "信息": [], "采用": [["B1", "省委", "2020-05-02", ""]]}
    assert take(workbook(tmp_path, **adopt), capsys)[0] == 0
    item = Item.objects.get(number="B1")
    assert item.state == "valid"
    assert [event.move for event in item.events.all()] == ["import", "accept", "adopt"]
    assert take(workbook(tmp_path, **adopt), capsys) == (0, "都已经有了，没有改动。\n")


BAD = [
    ("信息", [["A1", "无名局", "题", "2020-07-02", "有效", ""]], "信息!2: 名册里没有“无名局”这个单位"),
    ("信息", [["A1", "己局", "题", "2020-13-02", "有效", ""]], "信息!2: 报送日期“2020-13-02”不是日期"),
    ("信息", [["A1", "己局", "题", 43921, "有效", ""]], "信息!2: 报送日期“43921”不是日期"),
    ("信息", [["A1", "己局", "题", "2031-01-02", "有效", ""]], "信息!2: 报送日期 2031-01-02 不在任何报送期里"),
    ("信息", [["A1", "己局:0.5、丙学院:0.4", "题", "2020-07-02", "有效", ""]], "信息!2: 报送单位份额合计是 0.9，应当是 1"),
    ("信息", [["A1", "己局:1e999999999、丙学院:1", "题", "2020-07-02", "有效", ""]], "份额“1e999999999”不是数字"),
    ("信息", [["A1", "己局:0.60000000000000000000000000000001、丙学院:0.4", "题", "2020-07-02", "有效", ""]], "小数超过六位"),
    ("单位", [["戊学院", "各高等院校", 1, "长" * 201, "是"]], "有 201 个字，最多 200 个"),
    ("信息", [["A1", "己局:0.5、丙学院", "题", "2020-07-02", "有效", ""]], "信息!2: 报送单位“丙学院”后面没有份额"),
    ("信息", [["A1", "己局:0、丙学院:1", "题", "2020-07-02", "有效", ""]], "信息!2: 报送单位“己局”的份额“0”应当大于 0"),
    ("信息", [["A1", "己局:nan、丙学院:1", "题", "2020-07-02", "有效", ""]], "的份额“nan”不是数字"),
    ("信息", [["A1", "己局:0.3333333、丙学院:0.6666667", "题", "2020-07-02", "有效", ""]], "小数超过六位"),
    ("信息", [["A1", "己局", "", "2020-07-02", "有效", ""]], "信息!2: 标题没有填"),
    ("信息", [["A1", "己局", "题" * 301, "2020-07-02", "有效", ""]], "信息!2: 标题有 301 个字，最多 300 个"),
    ("信息", [["A1", "己局", "题", "2020-07-02", "通过", ""]], "信息!2: 状态“通过”应当是有效、退稿或待审"),
    ("信息", [["A1", "己局", "题", "2020-07-02", "有效", "无此主题"]], "信息!2: 没有“无此主题”这个主题"),
    ("信息", [["A1", "己局", "题", "2020-05-02", "有效", "防汛"]], "信息!2: 主题“防汛”不属于 2020-05-02 所在的报送期"),
    ("采用", [["A9", "省委", "2020-07-02", ""]], "采用!2: 没有编号是“A9”的信息"),
    ("采用", [["A1", "晚报", "2020-07-02", ""]], "采用!2: 没有“晚报”这个渠道"),
    ("采用", [["A1", "省委", "2031-07-02", ""]], "采用!2: 采用日期 2031-07-02 不在任何报送期里"),
    ("采用", [["3", "省委", "2020-08-02", ""]], "采用!2: “3”是退稿，不能采用"),
    ("单位", [["戊学院", "各高等院校", "一", "戊院", "是"]], "单位!2: 排序“一”不是整数"),
    ("单位", [["戊学院", "各高等院校", 1, "戊院", "对"]], "单位!2: 参加排名“对”应当是“是”或“否”"),
    ("单位", [["甲市教育局", "各高等院校", 1, "", ""]], "类别和已有的不同：已有“各市教育局”，表里“各高等院校”"),
    ("单位", [["戊学院", "各高等院校", 1, "丙学院", ""]], "单位!2: “丙学院”已是另一个单位的名称或简称"),
    ("报送期", [["三季", "2020-03-01", "2020-05-30"]], "报送期!2: 和“2020年第1季度”（2020-01-01 至 2020-03-31）重叠"),
    ("报送期", [["三季", "2020-09-01", "2020-08-30"]], "报送期!2: 结束日期 2020-08-30 早于开始日期 2020-09-01"),
    ("报送期", [["2020年第1季度", "2020-01-01", "2020-03-30"]], "已有“2020-03-31”，表里“2020-03-30”"),
    ("主题", [["防汛", "无此期", "是"]], "主题!2: 没有“无此期”这个报送期"),
    ("主题", [["安全工作", "", "否"]], "主题!2: 计分和已有的不同：已有“是”，表里“否”"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "rows", "told"), BAD)
def test_a_bad_cell_is_named_and_nothing_is_taken(world, tmp_path, capsys, sheet, rows, told):
    before = (Unit.objects.count(), Period.objects.count(), Theme.objects.count())
    status, error = take(workbook(tmp_path, **{sheet: rows}), capsys)
    assert status == 1
    assert told in error
    assert not Item.objects.exists()
    assert (Unit.objects.count(), Period.objects.count(), Theme.objects.count()) == before


def test_every_bad_row_is_listed_once_in_the_order_of_the_sheets(world, tmp_path, capsys):
    rows = [
        ["A1", "无名局", "", "昨天", "有效", ""],
        ["A2", "己局", "题", "2020-07-02", "有效", ""],
        ["A2", "己局", "别的", "2020-07-02", "有效", ""],
    ]
    changes = {"信息": rows, "单位": [["己局", "", 1, "", ""]], "采用": [["A1", "省委", "2020-07-02", ""]]}
    status, error = take(workbook(tmp_path, **changes), capsys)
    assert status == 1
    assert error.splitlines() == [
        "单位!2: 类别没有填",
        "信息!2: 标题没有填",
        "信息!2: 报送日期“昨天”不是日期，应当像 2020-03-31 或 2020/3/31",
        "信息!4: “A2”在第 3 行已经有了，内容不同",
        "有 4 处要改，一行也没有导入。",
    ]


def test_equal_rows_may_stand_twice(world, tmp_path, capsys):
    assert take(workbook(tmp_path, 信息=ROWS["信息"] * 2, 单位=ROWS["单位"] * 2, 采用=ROWS["采用"] * 2), capsys)[0] == 0
    assert (Item.objects.count(), Adoption.objects.count()) == (4, 2)


def test_a_known_item_with_other_content_names_both_values(world, tmp_path, capsys):
    take(workbook(tmp_path), capsys)
    changed = [
        ["A1", "丙学院", "新题", "2020-07-05", "退稿", "防汛"],
        ["A4", "丙学院", "待审的", "2020-07-04", "有效", "安全工作"],
    ]
    _, error = take(workbook(tmp_path, 信息=changed, 采用=[]), capsys)
    assert error.splitlines()[:-1] == [
        "信息!2: 标题和已有的不同：已有“戊学院：防汛”，表里“新题”",
        "信息!2: 报送日期和已有的不同：已有“2020-07-02”，表里“2020-07-05”",
        "信息!2: 状态和已有的不同：已有“有效”，表里“退稿”",
        "信息!2: 报送单位和已有的不同：已有“戊学院:1”，表里“丙学院:1”",
        "信息!2: 主题和已有的不同：已有“安全、稳定、防汛”，表里“防汛”",
        "信息!3: 状态和已有的不同：已有“待审”，表里“有效”",
    ]


def test_the_same_file_after_a_revocation_changes_nothing_and_brings_nothing_back(world, tmp_path, capsys):
    take(workbook(tmp_path), capsys)
    adoption = Adoption.objects.get(item__number="A1")
    revoke(adoption, world.editor, "登记错了")
    assert take(workbook(tmp_path), capsys) == (0, "都已经有了，没有改动。\n")
    assert not Adoption.objects.live().filter(item__number="A1").exists()
    world.clear(adoption.item)
    adopt(adoption.item, adoption.channel, adoption.adopted_on, world.editor)
    assert take(workbook(tmp_path), capsys) == (0, "都已经有了，没有改动。\n")
    assert Adoption.objects.live().filter(item__number="A1").count() == 1


def halved(cell):
    """A cell with its colons and commas half-width."""
    return cell.replace("：", ":").replace("，", ",") if isinstance(cell, str) else cell


def test_full_width_and_half_width_colons_and_commas_are_the_same_everywhere(world, tmp_path, capsys):
    """Compared as one, stored as typed."""
    typed = {
        "单位": [["戊：学院", "高校：本科", 1, "戊：院", "是"]],
        "报送期": [],
        "主题": [["防汛，抗旱", "", "是"]],
        "信息": [["A：1", "戊：学院:1", "题：一，二", "2020-05-01", "待审", "防汛,抗旱"]],
        "采用": [["A:1", "省委", "2020-05-02", "题：一"]],
    }
    assert take(workbook(tmp_path, **typed), capsys)[0] == 0
    assert Item.objects.get().title == "题：一，二"
    other = {sheet: [[halved(cell) for cell in row] for row in rows] for sheet, rows in typed.items()}
    assert take(workbook(tmp_path, **other), capsys) == (0, "都已经有了，没有改动。\n")
    both = {sheet: typed[sheet] + other[sheet] for sheet in typed}
    assert take(workbook(tmp_path, **both), capsys) == (0, "都已经有了，没有改动。\n")
    assert Adoption.objects.count() == 1


def test_equal_rows_are_equal_in_whatever_order_shares_and_themes_stand(world, tmp_path, capsys):
    rows = [
        ["A1", "甲市教育局:0.6、丙学院:0.4", "题", "2020-05-01", "有效", "安全、稳定、安全工作"],
        ["A1", "丙学院:0.4、甲市教育局:0.6", "题", "2020/5/1", "有效", "安全工作、安全、稳定"],
    ]
    themes = [["安全、稳定", "", "否"]]
    assert take(workbook(tmp_path, 主题=themes, 信息=rows, 采用=[]), capsys)[0] == 0


def test_a_unit_whose_name_holds_a_list_comma_reports_alone(world, tmp_path, capsys):
    units = [["教务、科研处", "处室", 1, "", ""]]
    rows = [
        ["A1", "教务、科研处", "题", "2020-05-01", "有效", ""],
        ["A2", "甲市教育局、丙学院", "题", "2020-05-01", "有效", ""],
    ]
    _, error = take(workbook(tmp_path, 单位=units, 信息=rows, 采用=[]), capsys)
    told = "信息!3: 名册里没有“甲市教育局、丙学院”这个单位；联合报送要写份额，应当像 甲:0.6、乙:0.4"
    assert error.splitlines()[:-1] == [told]


def test_one_mistake_in_a_row_with_a_number_for_a_key_is_told_once(world, tmp_path, capsys):
    rows = [[3, "己局", "", "2020-07-02", "有效", ""]]
    _, error = take(workbook(tmp_path, 信息=rows, 采用=[[3, "省委", "2020-07-03", ""]]), capsys)
    assert error.splitlines()[:-1] == ["信息!2: 标题没有填"]


def with_row(source: Path, row: bytes) -> Path:
    """The workbook with one more row, as somebody might forge it, in its first sheet."""
    path = source.with_name("forged.xlsx")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", row + b"</sheetData>")
            new.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "row", [b'<row r="20000"><c r="zz20000"><v>1</v></c></row>', b"<row r='1048576'><c r = 'XFD1048576'/></row>"]
)
def test_a_cell_far_out_is_seen_however_it_is_written(world, tmp_path, capsys, row):
    assert "离其他内容太远" in take(with_row(workbook(tmp_path), row), capsys)[1]


def test_cells_that_do_not_say_where_they_are_are_refused(world, tmp_path, capsys):
    assert "没有写明位置" in take(with_row(workbook(tmp_path), b"<row><c><v>1</v></c></row>"), capsys)[1]


@pytest.mark.parametrize("sheet", list(COLUMNS))
def test_a_missing_sheet_is_named(world, tmp_path, capsys, sheet):
    assert take(workbook(tmp_path, **{sheet: None}), capsys)[1].splitlines()[0] == f"{sheet}!1: 缺少这张表"


def test_a_missing_column_is_named(world, tmp_path, capsys):
    path = workbook(tmp_path)
    book = openpyxl.load_workbook(path)
    book["采用"].delete_cols(4)
    book.save(path)
    assert take(path, capsys)[1].splitlines()[0] == "采用!1: 缺少“信息编号”一列"


def test_another_offices_units_and_channels_are_not_known(world, tmp_path, capsys):
    rows = [["A1", "丁系", "题", "2020-07-02", "有效", ""]]
    assert "名册里没有“丁系”" in take(workbook(tmp_path, 信息=rows, 采用=[]), capsys)[1]


def test_a_name_that_another_office_uses_makes_a_unit_of_ones_own(world, tmp_path, capsys):
    take(workbook(tmp_path, 单位=[["丁系", "直属单位", 1, "", ""]], 信息=[], 采用=[]), capsys)
    lines = RosterLine.objects.filter(name="丁系")
    assert {line.office.code for line in lines} == {"jia", "yi"}
    assert len({line.unit_id for line in lines}) == 2


@pytest.mark.parametrize("content", [b"", b"not a zip", b"\xd0\xcf\x11\xe0 an old xls"])
def test_what_is_no_workbook_is_refused(world, tmp_path, capsys, content):
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    status, error = take(path, capsys)
    assert status == 1
    assert "不是 Excel 工作簿" in error


def test_a_zip_that_is_no_workbook_is_refused(world, tmp_path, capsys):
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert "不是 Excel 工作簿" in take(path, capsys)[1]


def bomb(path: Path, size: int, claimed: int) -> Path:
    """A workbook with a member that unpacks to ``size`` bytes and claims another size."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<v>          </v>" * (size // 17) + b" " * (size % 17))
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", size), struct.pack("<I", claimed)))
    return path


@pytest.mark.parametrize("claimed", [210 * 1024 * 1024, 1000])
def test_a_workbook_that_would_unpack_to_more_than_200_mb_is_refused(world, tmp_path, capsys, claimed):
    path = bomb(tmp_path / "bomb.xlsx", 210 * 1024 * 1024, claimed)
    assert path.stat().st_size < 1_000_000
    assert "超过 200 MB" in take(path, capsys)[1]


def test_a_cell_far_out_does_not_fill_the_memory(world, tmp_path, capsys):
    path = workbook(tmp_path)
    book = openpyxl.load_workbook(path)
    book["信息"]["XFD1048576"] = "远"
    book.save(path)
    assert "离其他内容太远" in take(path, capsys)[1]


def test_a_damaged_workbook_is_refused(world, tmp_path, capsys):
    data = bytearray(workbook(tmp_path).read_bytes())
    data[len(data) // 3 : len(data) // 3 + 400] = b"\x00" * 400
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(data)
    status, error = take(path, capsys)
    assert status == 1
    assert "损坏" in error or "不是 Excel" in error


def test_an_unknown_office_is_a_sentence(world, tmp_path, capsys):
    assert take(workbook(tmp_path), capsys, office="bing") == (1, "没有代码是“bing”的收稿单位。\n")


def test_unfit_characters_are_cleaned_and_formulas_stay_text(world, tmp_path, capsys):
    rows = [["A1", "丙学院", "=1+1\u200b 题\u202e", "2020-07-02", "有效", ""]]
    assert take(workbook(tmp_path, 信息=rows, 采用=[]), capsys)[0] == 1  # a formula without a value is an empty cell
    rows = [["A1", "丙学院", "’=1+1\u200b 题\u202e", "2020-07-02", "有效", ""]]
    take(workbook(tmp_path, 信息=rows, 采用=[]), capsys)
    assert Item.objects.get().title == "’=1+1 题"


def test_a_unit_in_a_workbook_without_periods_joins_with_the_period_of_its_items(world, tmp_path, capsys):
    rows = [["A1", "己局", "题", "2020-05-01", "有效", ""]]
    assert take(workbook(tmp_path, 报送期=[], 主题=[], 信息=rows, 采用=[]), capsys)[0] == 0
    assert RosterLine.objects.get(office=world.office, name="己局").since == world.q2.starts_on


def test_a_priority_that_an_item_answers_is_no_difference(world, tmp_path, capsys):
    path = workbook(tmp_path)
    take(path, capsys)
    wanted = Theme.objects.create(office=world.office, kind="priority", period=world.q1, name="抓好甲", scored=False)
    Item.objects.get(number="A1").themes.create(theme=wanted)
    assert take(path, capsys)[0] == 0
