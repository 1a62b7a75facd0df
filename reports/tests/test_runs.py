"""Making a report: claimed once, told about, made whole or not at all, also when somebody interferes."""

import errno
import hashlib
import tempfile
import threading
import time
from pathlib import Path

import pytest
from django.db import OperationalError

from reports import press, runs
from reports.kinds import KINDS, Kind
from reports.models import ReportRun, RunState
from reports.writers import pdf
from scoring import closing
from units.verdicts import Refused


@pytest.fixture(autouse=True)
def _without_pdf(monkeypatch):
    """PDF has tests of its own."""
    monkeypatch.setattr(pdf, "available", lambda: False)


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
        assert file.path.startswith(f"reports/{row.pk}/1/")


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
    def fail(period, issue):
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
    def half(document, path, progress):
        path.write_text("half")
        Path(tempfile.gettempdir(), "openpyxl.half").write_text("half")
        raise OSError(errno.ENOSPC, "No space left")

    (tmp_path / "a.docx").write_text("old")
    monkeypatch.setitem(press.WRITERS, "html", half)
    with pytest.raises(OSError, match="No space"):
        press.print_files("circular", quarter.period, tmp_path, "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a.docx"]
    assert (tmp_path / "a.docx").read_text() == "old"


def test_a_pdf_that_cannot_be_made_leaves_the_rest_and_says_why(quarter, media, monkeypatch):
    def refuse(document, path, progress):
        raise pdf.NotConverted("PDF 没有做成。")

    monkeypatch.setattr(pdf, "available", lambda: True)
    monkeypatch.setitem(press.WRITERS, "pdf", refuse)
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    runs.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.remark) == (RunState.DONE, "PDF 没有做成。")
    assert [file.format for file in row.files.all()] == ["docx", "html"]


def test_a_failed_run_leaves_no_file(quarter, media, monkeypatch):
    def full(document, path, progress):
        path.write_text("half")
        raise OSError(errno.ENOSPC, "No space left")

    monkeypatch.setitem(press.WRITERS, "html", full)
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    runs.run(row.pk)
    assert not [path for path in media.rglob("*") if path.is_file()]


def meanwhile(monkeypatch, act):
    """Something that happens while the page is being written."""
    write = press.WRITERS["html"]

    def slow(document, path, progress):
        act()
        progress(1, 2)
        write(document, path, progress)

    monkeypatch.setitem(press.WRITERS, "html", slow)


def test_a_run_that_is_cancelled_while_it_is_made_stops_and_leaves_nothing(quarter, media, monkeypatch):
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    meanwhile(monkeypatch, lambda: runs.cancel(row, quarter.manager))
    monkeypatch.setattr(runs, "TOLD", 0)
    runs.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.failure) == (RunState.CANCELLED, "")
    assert not row.files.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_worker_that_was_overtaken_changes_nothing(quarter, media, monkeypatch):
    """A slow worker's heart was missed, another made the report meanwhile, and then the first goes on."""
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    overtaken = []

    def overtake():
        if not overtaken:
            overtaken.append(True)
            ReportRun.objects.filter(pk=row.pk).update(state=RunState.QUEUED)
            runs.run(row.pk)

    meanwhile(monkeypatch, overtake)
    runs.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempt) == (RunState.DONE, 2)
    files = list(row.files.all())
    assert {file.path.split("/")[2] for file in files} == {"2"}
    for file in files:
        assert hashlib.sha256((media / file.path).read_bytes()).hexdigest() == file.sha256
    assert len([path for path in media.rglob("*") if path.is_file()]) == len(files)


def test_what_a_killed_attempt_left_behind_is_gone_after_the_next(quarter, media):
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period, attempt=1)
    left = runs.folder_of(row.pk) / "1" / ".unfinished-x"
    left.mkdir(parents=True)
    (left / "circular.docx").write_text("half")
    runs.run(row.pk)
    assert [path.name for path in runs.folder_of(row.pk).iterdir()] == ["2"]


def test_a_database_that_goes_away_leaves_the_run_to_the_sweep(quarter, media, monkeypatch):
    def gone(period, issue):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setitem(KINDS, "circular", Kind("通报", gone, ("docx",)))
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    runs.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.failure) == (RunState.RUNNING, "")


def test_the_steps_and_counts_are_told_while_it_is_made(quarter, media, monkeypatch):
    quarter.receive("甲市", 3)
    told = []
    monkeypatch.setattr(runs, "TOLD", 0)
    tell = runs.Teller.__call__

    def listen(teller, step, done, total):
        tell(teller, step, done, total)
        told.append((step, ReportRun.objects.get().step, done <= total))

    monkeypatch.setattr(runs.Teller, "__call__", listen)
    row = ReportRun.objects.create(office=quarter.office, kind="statistics", period=quarter.period)
    runs.run(row.pk)
    assert told[0][0] == "取数、核对"
    assert {(step, stored) for step, stored, _ in told} == {("取数、核对", "取数、核对"), ("写 Excel", "写 Excel")}
    assert all(sound for _, _, sound in told)
    assert list(dict.fromkeys(step for step, _, _ in told)) == press.steps("statistics")


def test_an_office_without_a_scheme_is_told_so(quarter, media):
    quarter.office.schemes.get().rules.all().delete()
    quarter.office.schemes.all().delete()
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    runs.run(row.pk)
    row.refresh_from_db()
    assert "还没有计分办法" in row.failure


@pytest.mark.django_db(transaction=True)
def test_the_heart_beats_while_a_library_is_busy_and_says_nothing(quarter, media, monkeypatch):
    beats = []

    def busy(period, issue):
        for _ in range(2):
            beats.append(ReportRun.objects.get().heartbeat_at)
            time.sleep(0.6)
        raise Refused("够了。")

    monkeypatch.setattr(runs, "HEART", 0.1)
    monkeypatch.setitem(KINDS, "circular", Kind("通报", busy, ("docx",)))
    row = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    runs.run(row.pk)
    assert beats[1] > beats[0]
    assert not [thread for thread in threading.enumerate() if thread.name == "heart"]
