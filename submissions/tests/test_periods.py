"""A manager begins a period; the form offers the quarter after the last."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from submissions.models import Period
from submissions.periods import begin, following
from tests.races import at_once
from tests.world import build_world
from units.verdicts import Refused

SUMMER = (datetime.date(2020, 7, 1), datetime.date(2020, 9, 30))


def test_the_next_quarter_is_offered_and_begun(world):
    Period.objects.filter(pk=world.q2.pk).update(name="2020年第二季度")
    li = Client()
    li.force_login(world.manager)
    page = reverse("new-period", args=["jia"])
    assert following(world.office, datetime.date(2020, 8, 1))["name"] == "2020年第三季度"
    assert following(world.office, datetime.date(2026, 11, 28))["name"] == "2026年第四季度", "the rest is long past"
    assert f'value="{following(world.office, timezone.localdate())["name"]}"' in li.get(page).content.decode()
    asked = {"name": "2020年第三季度", "kind": "quarter", "starts_on": "2020-07-01", "ends_on": "2020-09-30"}
    assert li.post(page, asked).status_code == 302
    assert Period.objects.get(name="2020年第三季度").starts_on == SUMMER[0]
    again = li.post(page, asked)
    assert again.status_code == 422
    assert "已经有“2020年第三季度”" in again.content.decode()


@pytest.mark.parametrize("month", range(1, 13))
def test_the_quarter_after_any_month(world, month):
    Period.objects.all().delete()
    ends_on = datetime.date(2020 + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)
    Period.objects.create(office=world.office, kind="quarter", name="x", starts_on="2020-01-01", ends_on=ends_on)
    offered = following(world.office, datetime.date(2020, month, 1))
    assert (offered["ends_on"] - offered["starts_on"]).days in range(88, 93)
    assert (offered["ends_on"] + datetime.timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ((SUMMER[1], SUMMER[0]), "早于开始日期"),
        ((datetime.date(2020, 6, 30), SUMMER[1]), "重叠"),
        ((datetime.date(9999, 9, 30), datetime.date(9999, 12, 31)), "请看年份"),
    ],
)
def test_days_that_cannot_be_are_a_sentence(world, days, sentence):
    with pytest.raises(Refused, match=sentence):
        begin(world.office, "夏", "quarter", *days, world.manager)
    assert not Period.objects.filter(name="夏").exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_overlap():
    world = build_world()
    outcomes = at_once(
        *(lambda name=name: begin(world.office, name, "quarter", *SUMMER, world.manager) for name in ("甲", "乙"))
    )
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
