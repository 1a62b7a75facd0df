import errno
import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from reports import press, runs
from reports.kinds import KINDS, Kind
from reports.models import ReportRun, RunState
from reports.tasks import build_report
from scoring import closing
from submissions.moves import Refused


@pytest.fixture
def sent(monkeypatch):
    """The messages that would have gone into the queue."""
    messages = []
    monkeypatch.setattr(build_report, "delay", messages.append)
    return messages


def test_a_run_leaves_files_with_digest_size_and_a_name_for_the_download(quarter, media):
    quarter.receive("甲市", 2)
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    runs.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.summary, row.from_closed, row.attempt) == (RunState.DONE, "4家单位，2条，2分", False, 1)
    assert row.finished_at
    assert [(file.format, file.name) for file in row.files.all()] == [
        ("docx", "2020年第一季度通报.docx"),
        ("html", "2020年第一季度通报.html"),
    ]
    for file in row.files.all():
        content = (media / file.path).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert file.path.startswith(f"reports/{row.pk}/")


def test_a_run_from_a_closed_period_says_so(quarter, media):
    closing.close(quarter.period, quarter.manager)
    row = ReportRun.objects.create(office=quarter.office, kind="statistics", period=quarter.period)
    runs.run(row.pk)
    assert ReportRun.objects.get().from_closed


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.DONE, RunState.CANCELLED])
def test_what_is_not_queued_is_left_alone(quarter, media, state):
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period, state=state)
    runs.run(row.pk)
    runs.run(row.pk + 1)
    row.refresh_from_db()
    assert (row.state, row.attempt, row.files.count()) == (state, 0, 0)
    assert not media.exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left"), "磁盘空间不足"),
        (PermissionError(errno.EACCES, "denied"), "数据目录"),
        (KeyError("boom"), "任务编号"),
        (Refused("没有计分办法。"), "没有计分办法。"),
    ],
)
def test_a_run_that_fails_says_why_in_plain_words(quarter, media, monkeypatch, error, words):
    def fail(period):
        raise error

    monkeypatch.setitem(KINDS, "circular", Kind("通报", fail, ("docx",)))
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    runs.run(row.pk)
    row.refresh_from_db()
    assert row.state == RunState.FAILED
    assert row.finished_at
    assert words in row.failure
    assert "Traceback" not in row.failure
    assert "boom" not in row.failure


def test_a_writer_that_breaks_off_leaves_nothing_and_the_old_file_as_it_was(quarter, tmp_path, monkeypatch):
    def half(document, path):
        path.write_text("half")
        raise OSError(errno.ENOSPC, "No space left")

    (tmp_path / "a.docx").write_text("old")
    monkeypatch.setitem(press.WRITERS, "docx", half)
    with pytest.raises(OSError, match="No space"):
        press.print_files("circular", quarter.period, tmp_path, "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a.docx"]
    assert (tmp_path / "a.docx").read_text() == "old"


def test_a_request_is_sent_once_its_row_is_there(quarter, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = runs.request(quarter.office, "circular", quarter.period, quarter.manager)
        assert sent == []
    assert sent == [row.pk]
    assert (row.state, row.requested_by) == (RunState.QUEUED, quarter.manager)


def test_a_request_waits_while_the_queue_is_away(quarter, monkeypatch, django_capture_on_commit_callbacks):
    def refuse(run_id):
        raise OperationalError("Connection refused")

    monkeypatch.setattr(build_report, "delay", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        runs.request(quarter.office, "circular", quarter.period, quarter.manager)
    assert ReportRun.objects.get().state == RunState.QUEUED


def test_only_managers_of_the_office_may_ask_and_only_for_what_there_is(quarter, sent):
    for args in (
        (quarter.office, "circular", quarter.period, quarter.stranger),
        (quarter.office, "novel", quarter.period, quarter.manager),
    ):
        with pytest.raises(Refused):
            runs.request(*args)
    assert not ReportRun.objects.exists()


def test_what_waits_for_more_than_a_minute_is_sent_again(quarter, sent):
    old, _new, done = (
        ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period) for _ in range(3)
    )
    long_ago = timezone.now() - timedelta(minutes=2)
    ReportRun.objects.filter(pk__in=[old.pk, done.pk]).update(requested_at=long_ago)
    ReportRun.objects.filter(pk=done.pk).update(state=RunState.DONE)
    runs.requeue()
    assert sent == [old.pk]


def test_an_office_without_a_scheme_is_told_so(quarter, media):
    quarter.office.schemes.get().rules.all().delete()
    quarter.office.schemes.all().delete()
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    runs.run(row.pk)
    row.refresh_from_db()
    assert "还没有计分办法" in row.failure
