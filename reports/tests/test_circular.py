from django.db import connection
from django.test.utils import CaptureQueriesContext
from docx.oxml.ns import qn

from reports.kinds.figures import gather
from reports.models import Letterhead
from reports.tests.pages import grid, open_circular, prose, texts
from scoring import closing
from submissions.exact import ONE
from submissions.models import Adoption, Theme
from submissions.moves import revoke


def test_the_prose_tells_every_total_with_its_unit_also_where_it_is_zero(quarter, tmp_path):
    quarter.receive("甲市", 2, adopted=[("门户网站", "")])
    quarter.receive("丙大学", 1, themed=True)
    text = prose(open_circular(quarter, tmp_path))
    for words in (
        "共收到有效信息3条，其中主题信息1条",
        "各市2条（主题信息0条），各校1条（主题信息1条）",
        "没有报送有效信息的单位有2家",
        "信息被采用2条",
        "本厅采用2条（各市2条、各校0条）",
        "省级采用0条",
        "得分合计13分，其中各市10分、各校3分",
        "各市中得分最高的是甲市，10分",
    ):
        assert words in text


def test_units_that_share_the_first_rank_are_all_named_and_a_group_without_points_names_none(quarter, tmp_path):
    quarter.receive("甲市")
    quarter.receive("乙市")
    text = prose(open_circular(quarter, tmp_path))
    assert "各市中得分最高的是甲市、乙市，均为1分。" in text
    assert "各校中得分最高" not in text


def test_the_table_has_one_row_a_unit_and_keeps_columns_of_zeros(quarter, tmp_path):
    quarter.receive("乙市", 1, adopted=[("门户网站", "")])
    assert grid(open_circular(quarter, tmp_path)) == [
        ["序号", "单位", "报送（条）", "报送（条）", "采用（条）", "采用（条）", "得分"],
        ["序号", "单位", "有效信息", "主题信息", "本厅采用", "省级采用", "得分"],
        ["各市"] * 7,
        ["1", "乙市", "1", "0", "1", "0", "5"],
        ["2", "甲市", "0", "0", "0", "0", "0"],
        ["各校"] * 7,
        ["1", "丙大学", "0", "0", "0", "0", "0"],
        ["", "丁大学", "0", "0", "0", "0", "0"],
    ]


def test_both_rows_of_the_header_repeat_and_no_row_splits(quarter, tmp_path):
    rows = open_circular(quarter, tmp_path).tables[0].rows
    assert [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in rows] == [True, True] + [False] * 6
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in rows)


def test_a_joint_item_stands_with_its_shares_and_once_in_the_total(quarter, tmp_path):
    shares = [(quarter.units["甲市"].pk, 600_000), (quarter.units["丙大学"].pk, 400_000)]
    quarter.receive("甲市", shares=shares, adopted=[("门户网站", "合写的")])
    document = open_circular(quarter, tmp_path)
    assert "共收到有效信息1条" in prose(document)
    assert "各市0.6条（主题信息0条），各校0.4条" in prose(document)
    assert ["1", "甲市", "0.6", "0", "0.6", "0", "3"] in grid(document)
    assert "1.合写的（甲市、丙大学）" in texts(document)
    assert sum(share for _, share in shares) == ONE


def test_adopted_titles_stand_by_channel_group_and_unit_under_running_numbers(quarter, tmp_path):
    quarter.receive("丙大学", adopted=[("内刊", "丙的内刊"), ("门户网站", "丙的")])
    quarter.receive("甲市", adopted=[("门户网站", "甲的")])
    lines = texts(open_circular(quarter, tmp_path))
    start = lines.index("2020年第一季度被采用信息篇目") + 1
    assert lines[start:] == [
        "一、门户网站",
        "（一）各市",
        "1.甲的（甲市）",
        "（二）各校",
        "2.丙的（丙大学）",
        "二、内刊",
        "（一）各校",
        "3.丙的内刊（丙大学）",
    ]


def annexes_of(lines: list[str]) -> dict[str, str]:
    return {text: lines[i + 1] for i, text in enumerate(lines) if text.startswith("附件") and len(text) == 3}


def test_the_numbers_in_the_text_are_those_of_the_annexes_with_all_three(quarter, tmp_path):
    quarter.receive("甲市", adopted=[("门户网站", "")])
    quarter.want("复学", "就业")
    lines = texts(open_circular(quarter, tmp_path))
    assert "附件：1.2020年第一季度信息报送及采用情况统计表" in lines
    assert annexes_of(lines) == {
        "附件1": "2020年第一季度信息报送及采用情况统计表",
        "附件2": "2020年第一季度被采用信息篇目",
        "附件3": "2020年第二季度信息报送要点",
    }
    assert {"2.2020年第一季度被采用信息篇目", "3.2020年第二季度信息报送要点"} <= set(lines)
    assert "各单位情况见附件1。被采用信息的篇目见附件2。2020年第二季度的报送要点见附件3。" in lines
    assert lines[-2:] == ["1.复学", "2.就业"]


def test_without_adoptions_the_priorities_are_annex_2_and_without_priorities_there_is_none(quarter, tmp_path):
    assert list(annexes_of(texts(open_circular(quarter, tmp_path)))) == ["附件1"]
    quarter.want("复学")
    lines = texts(open_circular(quarter, tmp_path))
    assert annexes_of(lines)["附件2"] == "2020年第二季度信息报送要点"
    assert "各单位情况见附件1。2020年第二季度的报送要点见附件2。" in lines
    assert not any("被采用信息" in line for line in lines)


def test_the_notes_tell_formula_cut_off_themes_and_remark(quarter, tmp_path):
    quarter.period.remark = "第一行\n\n第二行"
    quarter.period.save()
    Theme.objects.create(office=quarter.office, name="不计分的", scored=False)
    lines = texts(open_circular(quarter, tmp_path))
    assert lines[lines.index("注：") :] == [
        "注：",
        "1.得分＝有效信息×1＋主题信息×2＋本厅采用×4＋省级采用×6。",
        "2.一条主题信息同时计入“有效信息”和“主题信息”两栏。",
        "3.数据截至2020年3月31日。",
        "4.不参加排名的单位列在各类别之后，不编序号。",
        "5.本期计分主题：计分的主题。",
        "6.第一行",
        "7.第二行",
    ]


def test_what_the_letterhead_does_not_say_is_left_out(quarter, tmp_path):
    lines = texts(open_circular(quarter, tmp_path))
    assert lines[0] == "示例厅"
    assert not any("联系" in line for line in lines)
    Letterhead.objects.create(office=quarter.office, issuer="示例省厅", addressee="各市、各校：", contact="电话1")
    lines = texts(open_circular(quarter, tmp_path))
    assert lines[0] == "示例省厅"
    assert "示例省厅\n（成文日期印发时填写）" in lines
    assert {"各市、各校：", "联系方式：电话1。"} <= set(lines)


def test_an_open_period_says_that_it_is_open_and_a_closed_one_prints_what_was_stored(quarter, tmp_path):
    quarter.receive("甲市", adopted=[("门户网站", "甲的")])
    assert "数据未封存，仅供核对" in texts(open_circular(quarter, tmp_path))
    closing.close(quarter.period, quarter.manager)
    before = texts(open_circular(quarter, tmp_path)), grid(open_circular(quarter, tmp_path))
    assert not any("未封存" in line for line in before[0])
    revoke(Adoption.objects.get(), None, "登记错了")
    assert (texts(open_circular(quarter, tmp_path)), grid(open_circular(quarter, tmp_path))) == before

    quarter.period = quarter.upcoming
    document = open_circular(quarter, tmp_path)
    assert ["2", "甲市", "0", "0", "-1", "0", "-4"] in grid(document)
    assert "5.表中含2020年第一季度封存以后的变动1项，合计-4分。" in texts(document)
    assert not any("甲的" in line for line in texts(document))


def test_an_open_period_follows_a_revocation_at_once(quarter, tmp_path):
    quarter.receive("甲市", adopted=[("门户网站", "甲的")])
    revoke(Adoption.objects.get(), None, "登记错了")
    document = open_circular(quarter, tmp_path)
    assert ["1", "甲市", "1", "0", "0", "0", "1"] in grid(document)
    assert not any("甲的" in line for line in texts(document))


def test_more_titles_take_no_more_queries(quarter):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            gather(quarter.period)
        return len(captured)

    quarter.receive("甲市", adopted=[("门户网站", "")])
    one = queries()
    quarter.receive("乙市", 3, adopted=[("门户网站", ""), ("内刊", "")])
    quarter.receive("丙大学", adopted=[("内刊", "")])
    assert queries() == one
