"""A report checks its own sums: each check agrees with what is right, and notices what was put wrong."""

import datetime

import pytest

from reports.kinds.circular import build
from reports.kinds.figures import gather
from reports.kinds.findings import of_figures
from scoring import closing
from scoring.models import Scheme, ScoreEntry, Standing
from submissions.adoptions import revoke
from submissions.exact import ONE
from submissions.models import Adoption, Item
from submissions.states import State


@pytest.fixture
def filled(quarter):
    quarter.receive("甲市", 2, adopted=[("门户网站", "甲的")])
    shares = [
        (quarter.units["甲市"].pk, 333_334),
        (quarter.units["乙市"].pk, 333_333),
        (quarter.units["丙大学"].pk, 333_333),
    ]
    quarter.receive("甲市", shares=shares, themed=True)
    return quarter


def wrong(quarter) -> list[str]:
    return [finding.text for finding in of_figures(gather(quarter.period)) if not finding.right]


def test_right_books_have_nothing_but_that_they_are_open(filled):
    assert wrong(filled) == ["2020年第一季度没有封存，数字还会变；封存以后才能印发。"]
    assert len(of_figures(gather(filled.period))) == 4
    closing.close(filled.period, filled.manager)
    assert wrong(filled) == []
    assert all(finding.right for finding in build(filled.period).findings)


def test_a_score_that_is_not_the_sum_of_its_counts_is_named(filled):
    entry = ScoreEntry.objects.filter(unit=filled.units["甲市"], rule__column="department").first()
    ScoreEntry.objects.filter(pk=entry.pk).update(points=5)
    assert any("1行的得分不等于条数乘分值之和：甲市。" in text for text in wrong(filled))


def test_items_that_the_ledger_does_not_know_are_noticed(filled):
    Item.objects.filter(number="N1").update(state=State.REJECTED)
    assert any("信息库里的2条不一致" in text for text in wrong(filled))


def test_a_title_without_its_count_is_noticed(filled):
    entry = ScoreEntry.objects.filter(rule__column="department").first()
    ScoreEntry.objects.filter(pk=entry.pk).update(count="0.5", points=2)
    assert any("被采用1.5条与篇目2条不一致" in text for text in wrong(filled))


def test_a_stored_result_that_somebody_changed_is_noticed(filled):
    closing.close(filled.period, filled.manager)
    line = Standing.objects.filter(unit=filled.units["乙市"])
    line.update(name="别的名字")
    assert any("与明细或摘要不符" in text for text in wrong(filled))


def test_a_correction_of_an_earlier_period_is_no_error(filled):
    closing.close(filled.period, filled.manager)
    revoke(Adoption.objects.first(), None, "撤")
    filled.period = filled.upcoming
    assert wrong(filled) == ["2020年第二季度没有封存，数字还会变；封存以后才能印发。"]


def test_a_quarter_in_which_the_way_to_count_themes_changed_can_be_issued(filled):
    second = Scheme.objects.create(
        office=filled.office,
        version=2,
        name="办法",
        starts_on="2020-02-15",
        theme_items_also_count_as_submitted=False,
    )
    for rule in filled.office.schemes.get(version=1).rules.all():
        channels = list(rule.channels.all())
        rule.pk, rule.scheme = None, second
        rule.save()
        rule.channels.set(channels)
    filled.receive("乙市", 2, themed=True, day=datetime.date(2020, 2, 20))
    closing.close(filled.period, filled.manager)
    assert wrong(filled) == []
    assert gather(filled.period).table.items == 5 * ONE
