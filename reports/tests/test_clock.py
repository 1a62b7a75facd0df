"""The clock drafts a quarter's circular once it has ended in Asia/Shanghai, once, also when it was late."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError
from django.utils import timezone

from reports import clock
from reports.models import ReportRun
from scoring import closing
from submissions.models import Period

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def at(monkeypatch):
    """Set the hour, given in Shanghai; the server's own zone does not matter."""

    def set_to(*moment: int) -> None:
        now = datetime.datetime(*moment, tzinfo=SHANGHAI).astimezone(datetime.UTC)
        monkeypatch.setattr(timezone, "now", lambda: now)

    return set_to


def drafts() -> list[str]:
    return [run.period.name for run in ReportRun.objects.filter(drafted=True).select_related("period").order_by("id")]


def test_nothing_is_drafted_until_the_last_second_of_the_quarter_and_then_once(quarter, at):
    at(2020, 3, 31, 23, 59, 59)
    clock.draft()
    assert drafts() == []
    at(2020, 4, 1, 0, 0, 0)
    clock.draft()
    clock.draft()
    assert drafts() == ["2020年第一季度"]
    run = ReportRun.objects.get()
    assert (run.kind, run.state, run.requested_by) == ("circular", "queued", None)


def test_what_was_missed_is_made_up_but_history_is_left_alone(quarter, at):
    at(2020, 6, 20, 9, 0)
    clock.draft()
    assert drafts() == ["2020年第一季度"]
    at(2020, 9, 20, 9, 0)
    clock.draft()
    assert drafts() == ["2020年第一季度", "2020年第二季度"]
    ReportRun.objects.all().delete()
    at(2026, 11, 24, 9, 0)
    clock.draft()
    assert drafts() == []


def test_months_and_closed_quarters_get_no_draft(quarter, at):
    day = datetime.date(2020, 3, 1)
    Period.objects.create(office=quarter.office, kind="month", name="3月", starts_on=day, ends_on=day.replace(day=31))
    at(2020, 4, 1, 8, 0)
    closing.close(quarter.period, quarter.manager)
    clock.draft()
    assert drafts() == []


def test_two_clocks_make_one_draft(quarter, at):
    row = {"office": quarter.office, "kind": "circular", "period": quarter.period, "drafted": True}
    ReportRun.objects.create(**row)
    with pytest.raises(IntegrityError):
        ReportRun.objects.create(**row)
