"""The ledger follows the facts in their own transaction; closed entries never move."""

import datetime
import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from scoring import closing, ledger
from scoring.models import ClosedResult, Scheme, ScoreEntry, Standing
from scoring.schemes import BadScheme, put_in_force
from scoring.standings import as_json, entries_of, live, standings
from submissions.adoptions import adopt, revoke
from submissions.exact import ONE, to_decimal
from submissions.models import Period
from submissions.moves import move, record_past
from tests.world import quarter, shanxi_scheme
from units.models import RosterLine, Unit
from units.verdicts import Refused


def score(period, unit) -> str:
    """A unit's score in a period, as printed."""
    period.refresh_from_db()
    rows = [row for group in as_json(standings(period))["groups"] for row in group["rows"]]
    return next(row["score"] for row in rows if row["unit"] == unit.name)


def test_an_adopted_theme_item_is_worth_one_and_two_and_four(world):
    world.item(themes=[world.theme.pk], adopted_by=world.site)
    assert score(world.q1, world.bureau) == "7"
    assert score(world.q1, world.college) == "0"


def test_a_theme_that_does_not_score_or_is_not_confirmed_counts_nothing(world):
    world.theme.scored = False
    world.theme.save()
    world.item(themes=[world.theme.pk])
    assert score(world.q1, world.bureau) == "1"


def test_revoking_takes_exactly_its_points_from_one_unit_at_once(world):
    item = world.item(adopted_by=world.site)
    world.item(shares=[(world.college.pk, ONE)], adopted_by=world.site)
    revoke(world.adoption(item), world.editor, "登记错了")
    assert (score(world.q1, world.bureau), score(world.q1, world.college)) == ("1", "5")


def test_rejecting_after_reopening_takes_the_item_out(world):
    item = world.item()
    move(item, "reopen", world.editor, "再看")
    assert score(world.q1, world.bureau) == "0"
    move(item, "reject", world.editor, "重复")
    assert not ScoreEntry.objects.exists()


def test_thirds_add_up_to_the_last_millionth(world):
    units = [world.bureau.pk, world.second_bureau.pk, world.college.pk]
    world.item(shares=list(zip(units, [333_334, 333_333, 333_333], strict=True)), adopted_by=world.province)
    table = as_json(standings(world.q1))
    assert table["totals"]["items"] == "1"
    assert table["totals"]["province"] == "1"
    assert table["totals"]["score"] == "7"


def test_seven_tenths_of_many_items_are_exact(world):
    """SQLite adds decimals as floats; whole millionths do not drift."""
    shares = [(world.bureau.pk, 700_000), (world.college.pk, 300_000)]
    record_past(world.office, [world.past(shares=shares) for _ in range(2500)], source="测试")
    assert score(world.q1, world.bureau) == "1750"


def test_a_closed_period_stays_to_the_digit_and_the_next_names_it(world):
    item = world.item(themes=[world.theme.pk], adopted_by=world.site)
    result = closing.close(world.q1, world.manager)
    before = as_json(standings(world.q1))
    revoke(world.adoption(item), world.editor, "频道撤下了稿件")
    assert as_json(standings(Period.objects.get(pk=world.q1.pk))) == before
    assert closing.is_intact(world.q1)
    assert score(world.q2, world.bureau) == "-4"
    entry = entries_of(world.q2).get()
    assert (entry.count, entry.points, entry.late_for) == (-1, -4, world.q1)
    assert entry.reason == "采用已撤销：频道撤下了稿件"
    assert ClosedResult.objects.get().digest == result.digest


def test_recounting_twice_changes_nothing_not_even_the_rows(world):
    item = world.item(themes=[world.theme.pk], adopted_by=world.site)
    closing.close(world.q1, world.manager)
    revoke(world.adoption(item), world.editor, "撤")
    rows = list(ScoreEntry.objects.order_by("pk").values())
    ledger.recount([item.pk])
    ledger.recount_office(world.office)
    assert list(ScoreEntry.objects.order_by("pk").values()) == rows


def test_reopening_brings_the_correction_home_and_keeps_the_old_result(world):
    item = world.item(adopted_by=world.site)
    closing.close(world.q1, world.manager)
    revoke(world.adoption(item), world.editor, "撤")
    closing.reopen(world.q1, world.manager, "更正撤稿")
    assert (score(world.q1, world.bureau), score(world.q2, world.bureau)) == ("1", "0")
    result = ClosedResult.objects.get()
    assert (result.reopen_reason, result.reopened_by) == ("更正撤稿", world.manager)
    assert Standing.objects.filter(result=result).exists()
    closing.close(world.q1, world.manager)
    assert ClosedResult.objects.filter(period=world.q1, reopened_at=None).count() == 1


def test_a_late_item_counts_in_the_next_period(world):
    closing.close(world.q1, world.manager)
    world.item()
    assert (score(world.q1, world.bureau), score(world.q2, world.bureau)) == ("0", "1")


def test_a_period_cannot_be_closed_before_it_has_ended_nor_twice_nor_by_an_editor(world):
    today = timezone.localdate()
    running = Period.objects.create(office=world.office, kind="week", name="本周", starts_on=today, ends_on=today)
    with pytest.raises(Refused, match="结束以后"):
        closing.close(running, world.manager)
    with pytest.raises(Refused, match="只有管理员"):
        closing.close(world.q1, world.editor)
    with pytest.raises(Refused, match="只有管理员"):
        closing.close(world.q1, world.other_editor)
    closing.close(world.q1, world.manager)
    with pytest.raises(Refused, match="已经封存"):
        closing.close(world.q1, world.manager)
    with pytest.raises(Refused, match="理由"):
        closing.reopen(world.q1, world.manager, " ")


def test_a_month_may_be_closed_within_an_open_quarter(world):
    month = Period.objects.create(
        office=world.office,
        kind="month",
        name="2020年2月",
        starts_on=datetime.date(2020, 2, 1),
        ends_on=datetime.date(2020, 2, 29),
    )
    item = world.item()
    closing.close(month, world.manager)
    move(item, "reopen", world.editor, "再看")
    assert score(month, world.bureau) == "1"
    assert score(world.q1, world.bureau) == "0"
    assert entries_of(world.q1).get(points=-1).posted_on == datetime.date(2020, 3, 1)


def test_standings_rank_share_and_number(world):
    world.item(shares=[(world.second_bureau.pk, ONE)])
    world.item(shares=[(world.bureau.pk, ONE)])
    line = world.office.roster_lines.get(unit=world.college)
    line.ranked = False
    line.save()
    table = as_json(standings(world.q1))
    assert [(row["unit"], row["no"], row["rank"]) for group in table["groups"] for row in group["rows"]] == [
        ("甲市教育局", 1, 1),
        ("乙市教育局", 2, 1),
        ("丙学院", None, None),
    ]


def test_a_unit_that_left_before_the_period_keeps_what_it_earned_in_it(world):
    line = world.office.roster_lines.get(unit=world.bureau)
    line.until = datetime.date(2020, 1, 31)
    line.save()
    assert "甲市教育局" not in [line.name for line in live(world.q2).lines]
    world.item(received_on=datetime.date(2020, 4, 2))
    assert score(world.q2, world.bureau) == "1"


def test_a_new_version_holds_from_its_period_on_and_corrects_the_old_with_the_old(world):
    item = world.item(adopted_by=world.site)
    closing.close(world.q1, world.manager)
    description = shanxi_scheme(world.q2.name)
    description["rules"][2]["points"] = "9.5"
    put_in_force(world.office, description, world.manager)
    world.item(received_on=datetime.date(2020, 4, 5))
    adopt(world.item(cleared=True), world.site, datetime.date(2020, 5, 1), world.editor)
    assert score(world.q2, world.bureau) == "11.5"  # one item of Q2, one late for Q1, and 9.5
    revoke(world.adoption(item), world.editor, "撤")
    assert score(world.q2, world.bureau) == "7.5"


def test_a_scheme_cannot_begin_where_one_stands_or_a_period_is_closed(world):
    with pytest.raises(BadScheme, match="已经有一版"):
        put_in_force(world.office, shanxi_scheme(world.q1.name))
    with pytest.raises(BadScheme, match="没有“无此期”"):
        put_in_force(world.office, shanxi_scheme("无此期"))
    closing.close(world.q2, world.manager)
    with pytest.raises(BadScheme, match="封存"):
        put_in_force(world.office, shanxi_scheme(world.q2.name))
    assert Scheme.objects.filter(office=world.office).count() == 1


def test_two_offices_see_nothing_of_each_other(world):
    world.item()
    other = Period.objects.get(office=world.other, name=world.q1.name)
    assert as_json(standings(other))["totals"]["items"] == "0"
    assert [line.name for line in standings(other).lines] == ["丁系"]


def test_standings_cost_the_same_queries_with_three_items_as_with_one(world, django_assert_num_queries):
    world.item()
    with django_assert_num_queries(3):
        live(world.q1)
    for unit in (world.bureau, world.second_bureau, world.college):
        world.item(shares=[(unit.pk, ONE)], adopted_by=world.site)
    with django_assert_num_queries(3):
        live(world.q1)


def run(name: str, **options) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command(name, stdout=out, **options)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def test_check_ledger_counts_and_names_what_is_wrong(world):
    world.item(adopted_by=world.site)
    assert run("check_ledger") == (0, "2 entries, 0 differences\n")
    ScoreEntry.objects.filter(kind="adoption").update(points=Decimal("40"))
    status, told = run("check_ledger")
    assert status == 1
    assert "2 entries, 2 differences" in told
    assert "多出 2020-03-01 甲市教育局" in told
    run("check_ledger", repair=True)
    assert run("check_ledger")[0] == 0


def test_check_ledger_finds_a_closed_entry_or_a_stored_line_that_was_altered(world):
    world.item()
    closing.close(world.q1, world.manager)
    ScoreEntry.objects.update(points=3)
    assert "2020年第1季度的封存结果与明细或摘要不符" in run("check_ledger")[1]
    ScoreEntry.objects.update(points=1)
    Standing.objects.filter(unit=world.bureau).update(score=2)
    assert run("check_ledger")[0] == 1


def test_the_commands_answer_with_a_sentence(world):
    assert run("standings", office="bing", period="x") == (1, "没有代码是“bing”的收稿单位。")
    assert run("standings", office="jia", period="x") == (1, "jia厅没有叫“x”的报送期。")
    assert run("close_period", office="jia", period=world.q1.name)[0] == 0
    assert run("close_period", office="jia", period=world.q1.name) == (1, "2020年第1季度已经封存。")
    assert run("reopen_period", office="jia", period=world.q1.name, reason="更正")[0] == 0
    future = quarter(world.office, 3)
    Period.objects.filter(pk=future.pk).update(starts_on="2090-01-01", ends_on="2090-03-31")
    status, told = run("close_period", office="jia", period=future.name)
    assert status == 1
    assert "结束以后才能封存" in told


def test_millionths_are_exact_both_ways(world):
    entry = ScoreEntry(points=to_decimal(1))
    assert ScoreEntry._meta.get_field("points").get_prep_value(entry.points) == 1
    with pytest.raises(ValueError, match="floats"):
        ScoreEntry.objects.filter(points=0.5).exists()


def test_reopening_brings_home_what_jumped_over_the_period(world):
    """A correction of an older closed period that was posted behind this one belongs into it again."""
    fourth = Period.objects.create(
        office=world.office, kind="quarter", name="2019年第4季度", starts_on="2019-10-01", ends_on="2019-12-31"
    )
    fourth.refresh_from_db()
    item = world.item(received_on=datetime.date(2019, 11, 1), cleared=True)
    adoption = adopt(item, world.site, datetime.date(2019, 12, 1), world.editor)
    closing.close(fourth, world.manager)
    closing.close(world.q1, world.manager)
    revoke(adoption, world.editor, "撤")
    assert score(world.q2, world.bureau) == "-4"
    closing.reopen(world.q1, world.manager, "更正")
    assert (score(world.q1, world.bureau), score(world.q2, world.bureau)) == ("-4", "0")
    assert run("check_ledger")[0] == 0


def test_a_unit_that_never_was_on_the_roster_keeps_its_points_in_the_totals(world):
    stranger = Unit.objects.create(name="名册外学院")
    world.item(shares=[(stranger.pk, ONE)])
    table = as_json(standings(world.q1))
    assert (table["totals"]["items"], table["totals"]["submitted"], table["totals"]["score"]) == ("1", "1", "1")
    assert table["groups"][-1]["rows"][0]["unit"] == "名册外学院"


def test_a_unit_off_the_roster_stands_with_its_last_name_before_not_with_a_later_one(world):
    line = world.office.roster_lines.get(unit=world.bureau)
    RosterLine.objects.filter(pk=line.pk).update(since="2018-01-01", until="2019-06-30")
    RosterLine.objects.create(
        office=world.office, unit=world.bureau, group=line.group, name="新名教育局", order=1, since="2021-01-01"
    )
    world.item()
    assert "甲市教育局" in [line.name for line in live(world.q1).lines]


def test_a_renamed_unit_stands_once_with_its_last_name(world):
    line = world.office.roster_lines.get(unit=world.bureau)
    RosterLine.objects.filter(pk=line.pk).update(until="2020-01-31")
    RosterLine.objects.create(
        office=world.office, unit=world.bureau, group=line.group, name="新名教育局", order=1, since="2020-02-01"
    )
    world.item()
    names = [line.name for line in live(world.q1).lines]
    assert "新名教育局" in names
    assert "甲市教育局" not in names


def test_a_late_import_costs_no_query_an_item(world, django_assert_max_num_queries):
    closing.close(world.q1, world.manager)
    with django_assert_max_num_queries(45):
        record_past(world.office, [world.past() for _ in range(60)], source="补报台账")
    assert set(entries_of(world.q2).values_list("reason", flat=True)) == {"导入：补报台账"}


@pytest.mark.parametrize("column", ["items", "score", '"><b>', "Ä", ""])
def test_a_column_has_a_plain_name_of_its_own(world, column):
    description = shanxi_scheme(world.q2.name)
    description["rules"][0]["column"] = column
    with pytest.raises(BadScheme, match="列名"):
        put_in_force(world.office, description)


def test_theme_items_must_count_somewhere(world):
    description = shanxi_scheme(world.q2.name, theme_items_also_count_as_submitted=False)
    del description["rules"][1]
    with pytest.raises(BadScheme, match="哪里也不计"):
        put_in_force(world.office, description)
