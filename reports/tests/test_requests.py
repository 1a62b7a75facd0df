"""Asking for a report: the same again is the same run while nothing has changed; it waits while the queue is away."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from reports import press, runs
from reports.models import Letterhead, ReportRun, RunFile, RunState
from reports.tasks import build_report
from units.models import Office
from units.verdicts import Refused, TooLate


@pytest.fixture
def sent(monkeypatch):
    """The messages that would have gone into the queue."""
    messages = []
    monkeypatch.setattr(build_report, "delay", messages.append)
    return messages


def ask(quarter, kind="statistics"):
    return runs.request(quarter.office, kind, quarter.period, quarter.manager)


def test_a_request_is_sent_once_its_row_is_there(quarter, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = ask(quarter)
        assert sent == []
    assert sent == [row.pk]
    row.refresh_from_db()
    assert (row.state, row.requested_by) == (RunState.QUEUED, quarter.manager)
    assert row.sent_at


def test_a_request_waits_while_the_queue_is_away(quarter, monkeypatch, django_capture_on_commit_callbacks):
    def refuse(run_id):
        raise OperationalError("Connection refused")

    monkeypatch.setattr(build_report, "delay", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        ask(quarter)
    row = ReportRun.objects.get()
    assert (row.state, row.sent_at) == (RunState.QUEUED, None)


def test_only_managers_of_the_office_may_ask_and_only_for_what_there_is(quarter, sent):
    elsewhere = Office.objects.create(code="other", name="别厅", unit=quarter.units["甲市"])
    for args in (
        (quarter.office, "circular", quarter.period, quarter.stranger),
        (quarter.office, "novel", quarter.period, quarter.manager),
        (elsewhere, "circular", quarter.period, None),
    ):
        with pytest.raises(Refused):
            runs.request(*args)
    assert not ReportRun.objects.exists()


def test_the_same_request_is_the_same_run_while_it_waits_is_made_and_is_done(quarter, media):
    first = ask(quarter)
    assert ask(quarter) == first
    ReportRun.objects.update(state=RunState.RUNNING)
    assert ask(quarter) == first
    ReportRun.objects.update(state=RunState.QUEUED)
    runs.run(first.pk)
    assert ask(quarter) == first
    assert ask(quarter, "circular") != first


def test_once_something_has_changed_it_is_another(quarter, media):
    first = ask(quarter)
    runs.run(first.pk)
    quarter.receive("甲市")
    second = ask(quarter)
    assert second != first
    runs.run(second.pk)
    Letterhead.objects.create(office=quarter.office, issuer="新名")
    Office.objects.hold(quarter.office.pk)  # as the letterhead's page does
    assert ask(quarter) not in (first, second)


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED])
def test_what_came_to_nothing_is_made_anew(quarter, state):
    first = ask(quarter)
    ReportRun.objects.update(state=state, failure="坏了")
    assert ask(quarter) != first


def test_where_a_format_can_be_made_only_now_it_is_made(quarter, media, monkeypatch):
    monkeypatch.setattr(press.pdf, "available", lambda: False)
    first = ask(quarter, "circular")
    runs.run(first.pk)
    assert ask(quarter, "circular") == first
    monkeypatch.setattr(press.pdf, "available", lambda: True)
    assert ask(quarter, "circular") != first


def test_a_run_whose_files_were_removed_is_made_anew(quarter, media):
    first = ask(quarter)
    runs.run(first.pk)
    ReportRun.objects.update(files_removed_at=timezone.now())
    assert ask(quarter) != first


def test_one_that_waits_or_is_made_can_be_cancelled_and_one_that_has_ended_cannot(quarter, media):
    for state in (RunState.QUEUED, RunState.RUNNING):
        row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period, state=state)
        runs.cancel(row, quarter.manager)
        row.refresh_from_db()
        assert row.state == RunState.CANCELLED
        assert row.finished_at
        with pytest.raises(TooLate):
            runs.cancel(row, quarter.manager)
        runs.run(row.pk)
        assert not row.files.exists()
    with pytest.raises(Refused):
        runs.cancel(row, quarter.stranger)


def waiting(quarter, **fields) -> ReportRun:
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    ReportRun.objects.filter(pk=row.pk).update(**{"requested_at": timezone.now() - timedelta(minutes=9), **fields})
    return row


def test_what_waits_in_vain_is_sent_again_and_nothing_else(quarter, sent):
    now = timezone.now()
    never_sent = waiting(quarter)
    lost = waiting(quarter, sent_at=now - timedelta(minutes=2))
    waiting(quarter, sent_at=now - timedelta(seconds=30))  # somebody will take it
    waiting(quarter, requested_at=now)  # its transaction sends it
    waiting(quarter, state=RunState.DONE)
    runs.sweep()
    assert sent == [never_sent.pk, lost.pk]
    runs.sweep()
    assert sent == [never_sent.pk, lost.pk]


def test_a_run_whose_heart_stopped_waits_again_and_is_sent(quarter, sent):
    now = timezone.now()
    dead = waiting(quarter, state=RunState.RUNNING, attempt=1, sent_at=now, heartbeat_at=now - timedelta(seconds=25))
    alive = waiting(quarter, state=RunState.RUNNING, attempt=1, sent_at=now, heartbeat_at=now - timedelta(seconds=10))
    runs.sweep()
    assert sent == [dead.pk]
    states = dict(ReportRun.objects.values_list("pk", "state"))
    assert states == {dead.pk: RunState.QUEUED, alive.pk: RunState.RUNNING}


def test_a_report_that_ends_its_worker_each_time_is_given_up_with_a_sentence(quarter, sent, media):
    long_ago = timezone.now() - timedelta(minutes=1)
    row = waiting(quarter, state=RunState.RUNNING, attempt=runs.ATTEMPTS, heartbeat_at=long_ago)
    (runs.folder_of(row.pk) / "3").mkdir(parents=True)
    runs.sweep()
    row.refresh_from_db()
    assert row.state == RunState.FAILED
    assert "每次都中途断了" in row.failure
    assert sent == []
    assert not runs.folder_of(row.pk).exists()


@pytest.mark.parametrize("kept_days", [30, None])
def test_files_go_when_the_office_keeps_them_no_longer(quarter, media, kept_days):
    if kept_days:
        Letterhead.objects.create(office=quarter.office, kept_days=kept_days)
    old, new = (ReportRun.objects.create(office=quarter.office, kind="statistics", period=quarter.period) for _ in "12")
    for row in (old, new):
        runs.run(row.pk)
    ReportRun.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=(kept_days or 730) + 1))
    runs.remove_old_files()
    old.refresh_from_db()
    new.refresh_from_db()
    assert old.files_removed_at
    assert new.files_removed_at is None
    assert not runs.folder_of(old.pk).exists()
    assert [file.run for file in RunFile.objects.all()] == [new]
    assert (media / new.files.get().path).exists()


def test_a_worker_that_wakes_up_and_ends_its_run_while_it_is_swept_keeps_its_files(quarter, media, sent, monkeypatch):
    row = ReportRun.objects.create(office=quarter.office, kind="statistics", period=quarter.period)
    runs.run(row.pk)
    done = {"state": RunState.DONE, "attempt": runs.ATTEMPTS}
    stopped = {"state": RunState.RUNNING, "heartbeat_at": timezone.now() - timedelta(minutes=1)}
    ReportRun.objects.update(**{**done, **stopped})
    fail = runs._fail

    def too_late(these, sentence):
        ReportRun.objects.update(**done)
        return fail(these, sentence)

    monkeypatch.setattr(runs, "_fail", too_late)
    runs.sweep()
    row.refresh_from_db()
    assert row.state == RunState.DONE
    assert (media / row.files.get().path).exists()


def test_whoever_dies_while_removing_old_files_is_made_up_for(quarter, media, monkeypatch):
    row = ReportRun.objects.create(office=quarter.office, kind="statistics", period=quarter.period)
    runs.run(row.pk)
    ReportRun.objects.update(finished_at=timezone.now() - timedelta(days=800))
    remove = runs._remove

    def dies(folder):
        remove(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "_remove", dies)
    with pytest.raises(KeyboardInterrupt):
        runs.remove_old_files()
    monkeypatch.setattr(runs, "_remove", remove)
    runs.remove_old_files()
    row.refresh_from_db()
    assert row.files_removed_at
    assert not row.files.exists()
