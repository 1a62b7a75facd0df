import datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.document import Figure, Imprint, Paragraph
from reports.kinds.circular import build
from reports.kinds.figures import gather
from reports.models import Head, Letterhead
from reports.tests.pages import grid, prose, texts
from scoring import closing
from submissions.adoptions import revoke
from submissions.exact import ONE, plain
from submissions.models import Adoption, Period, Theme


def test_the_prose_tells_every_total_with_its_unit_also_where_it_is_zero(quarter):
    quarter.receive("甲市", 2, adopted=[("门户网站", "")])
    quarter.receive("丙大学", 1, themed=True)
    text = prose(quarter)
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


def test_units_that_share_the_first_rank_are_all_named_and_a_group_without_points_names_none(quarter):
    quarter.receive("甲市")
    quarter.receive("乙市")
    text = prose(quarter)
    assert "各市中得分最高的是甲市、乙市，均为1分。" in text
    assert "各校中得分最高" not in text


def test_the_table_has_one_row_a_unit_and_keeps_columns_of_zeros(quarter):
    quarter.receive("乙市", 1, adopted=[("门户网站", "")])
    assert grid(quarter) == [
        ["各市"],
        ["1", "乙市", "1", "0", "1", "0", "5"],
        ["2", "甲市", "0", "0", "0", "0", "0"],
        ["各校"],
        ["1", "丙大学", "0", "0", "0", "0", "0"],
        ["", "丁大学", "0", "0", "0", "0", "0"],
    ]


def test_a_joint_item_stands_with_its_shares_and_once_in_the_total(quarter):
    shares = [(quarter.units["甲市"].pk, 600_000), (quarter.units["丙大学"].pk, 400_000)]
    quarter.receive("甲市", shares=shares, adopted=[("门户网站", "合写的")])
    assert "共收到有效信息1条" in prose(quarter)
    assert "各市0.6条（主题信息0条），各校0.4条" in prose(quarter)
    assert ["1", "甲市", "0.6", "0", "0.6", "0", "3"] in grid(quarter)
    assert "1.合写的（甲市、丙大学，门户网站）" in texts(quarter)
    assert sum(share for _, share in shares) == ONE


def test_adopted_titles_stand_by_group_and_channel_under_running_numbers(quarter):
    quarter.receive("丙大学", adopted=[("内刊", "丙的内刊"), ("门户网站", "丙的")])
    quarter.receive("甲市", adopted=[("门户网站", "甲的")])
    lines = texts(quarter)
    start = lines.index("2020年第一季度被采用信息篇目", lines.index("附件2")) + 1
    assert lines[start:] == [
        "一、各市",
        "1.甲的（甲市，门户网站）",
        "二、各校",
        "2.丙的（丙大学，门户网站）",
        "3.丙的内刊（丙大学，内刊）",
    ]


def annexes_of(lines: list[str]) -> dict[str, str]:
    return {text: lines[i + 1] for i, text in enumerate(lines) if text.startswith("附件") and len(text) == 3}


def test_the_numbers_in_the_text_are_those_of_the_annexes_with_all_three(quarter):
    quarter.receive("甲市", adopted=[("门户网站", "")])
    quarter.want("复学", "就业")
    lines = texts(quarter)
    assert "附件：1.2020年第一季度信息报送及采用情况统计表" in lines
    assert annexes_of(lines) == {
        "附件1": "2020年第一季度信息报送及采用情况统计表",
        "附件2": "2020年第一季度被采用信息篇目",
        "附件3": "2020年第二季度信息报送要点",
    }
    assert {"2.2020年第一季度被采用信息篇目", "3.2020年第二季度信息报送要点"} <= set(lines)
    assert "各单位情况见附件1。被采用信息的篇目见附件2。2020年第二季度的报送要点见附件3。" in lines
    assert lines[-2:] == ["1.复学", "2.就业"]


def test_without_adoptions_the_priorities_are_annex_2_and_without_priorities_there_is_none(quarter):
    assert list(annexes_of(texts(quarter))) == ["附件1"]
    quarter.want("复学")
    lines = texts(quarter)
    assert annexes_of(lines)["附件2"] == "2020年第二季度信息报送要点"
    assert "各单位情况见附件1。2020年第二季度的报送要点见附件2。" in lines
    assert not any("被采用信息" in line for line in lines)


def test_the_notes_tell_formula_cut_off_themes_and_remark(quarter):
    quarter.period.remark = "第一行\n\n第二行"
    quarter.period.save()
    Theme.objects.create(office=quarter.office, name="不计分的", scored=False)
    lines = texts(quarter)
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


def test_what_the_letterhead_does_not_say_is_left_out(quarter):
    lines = texts(quarter)
    assert lines[:2] == ["示例厅", "（文号印发时填写）"]
    assert not any("联系" in line for line in lines)
    Letterhead.objects.create(office=quarter.office, issuer="示例省厅", addressee="各市、各校：", contact="电话1")
    lines = texts(quarter)
    assert lines[0] == "示例省厅"
    assert lines[lines.index("（成文日期印发时填写）") - 1] == "示例省厅"
    assert {"各市、各校：", "联系方式：电话1。"} <= set(lines)


def imprint(quarter) -> Imprint:
    block = build(quarter.period).parts[-1].blocks[-1]
    assert isinstance(block, Imprint)
    return block


def test_copies_stand_in_the_imprint_and_so_do_addressees_that_leave_no_room_for_text(quarter):
    head = Letterhead.objects.create(office=quarter.office, addressee="各市：", copied_to="省委。", printed_by="办公室")
    assert imprint(quarter) == Imprint(("抄送：省委。",), "办公室", "（印发日期印发时填写）")
    head.addressee = "、".join(["某某市教育局"] * 30)
    head.save()
    assert imprint(quarter).lines == (f"主送：{head.addressee}。", "抄送：省委。")
    assert f"{head.addressee}：" not in texts(quarter)


def test_the_red_head_is_drawn_or_its_room_kept_or_there_is_none(quarter):
    head = Letterhead.objects.create(office=quarter.office)
    roles = {}
    for choice in Head:
        head.head = choice
        head.save()
        blocks = build(quarter.period).parts[0].blocks
        roles[choice] = [block.role for block in blocks[: [b.shape for b in blocks].index("title")]]
    assert roles == {
        "drawn": ["head", "number", "flag"],
        "preprinted": ["head_space", "number_plain", "flag"],
        "none": ["flag"],
    }


def before(quarter, count: int) -> None:
    """A quarter before, with so many items of 乙市."""
    day = datetime.date(2019, 12, 1)
    Period.objects.create(
        office=quarter.office, kind="quarter", name="2019年第四季度", starts_on=day, ends_on=day.replace(day=31)
    )
    quarter.receive("乙市", count, day=day)


def test_it_is_compared_with_the_period_before_where_there_is_anything_in_it(quarter):
    quarter.receive("甲市", 3)
    before(quarter, 0)
    assert "2019年" not in prose(quarter)
    quarter.receive("乙市", 5, day=datetime.date(2019, 12, 3))
    text = prose(quarter)
    assert "共收到有效信息3条，其中主题信息0条，比2019年第四季度减少2条。" in text
    assert "信息被采用0条，与2019年第四季度持平。" in text
    assert "得分合计3分，比2019年第四季度减少2分" in text


def test_units_without_items_are_named_in_the_text_or_where_they_are_many_below_the_table(quarter, monkeypatch):
    quarter.receive("甲市")
    assert "没有报送有效信息的单位有3家：乙市、丙大学、丁大学。" in prose(quarter)
    assert not any("没有报送" in note for note in texts(quarter)[texts(quarter).index("注：") :])
    monkeypatch.setattr("reports.kinds.prose.MOST_NAMED", 2)
    monkeypatch.setattr("reports.kinds.tables.MOST_NAMED", 2)
    assert "没有报送有效信息的单位有3家，名单附在统计表后。" in prose(quarter)
    assert any("没有报送有效信息的单位3家。各市1家：乙市；各校2家：丙大学、丁大学。" in line for line in texts(quarter))


def test_every_figure_of_the_text_leads_to_what_it_counts(quarter, client):
    quarter.receive("甲市", 2, themed=True, adopted=[("门户网站", "甲的")])
    client.force_login(quarter.manager)
    figures = [
        figure
        for block in build(quarter.period).parts[0].blocks
        if isinstance(block, Paragraph)
        for figure in block.parts
        if isinstance(figure, Figure) and figure.address
    ]
    assert len(figures) > 10
    for figure in figures:
        answer = client.get(figure.address)
        assert answer.status_code == 200
        if "/entries/" in figure.address:
            assert plain(answer.context["n"]) == figure.text.removesuffix("条")


def test_an_open_period_says_that_it_is_open_and_a_closed_one_prints_what_was_stored(quarter):
    quarter.receive("甲市", adopted=[("门户网站", "甲的")])
    assert "数据未封存，仅供核对" in texts(quarter)
    closing.close(quarter.period, quarter.manager)
    before = texts(quarter), grid(quarter)
    assert not any("未封存" in line for line in before[0])
    revoke(Adoption.objects.get(), None, "登记错了")
    assert (texts(quarter), grid(quarter)) == before

    quarter.period = quarter.upcoming
    assert ["2", "甲市", "0", "0", "-1", "0", "-4"] in grid(quarter)
    assert "5.表中含2020年第一季度封存以后的变动1项，合计-4分。" in texts(quarter)
    assert "以上数字包括2020年第一季度封存以后的变动1项，合计-4分。" in prose(quarter)
    assert not any("甲的" in line for line in texts(quarter))


def test_an_open_period_follows_a_revocation_at_once(quarter):
    quarter.receive("甲市", adopted=[("门户网站", "甲的")])
    revoke(Adoption.objects.get(), None, "登记错了")
    assert ["1", "甲市", "1", "0", "0", "0", "1"] in grid(quarter)
    assert not any("甲的" in line for line in texts(quarter))


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
