"""Issuing a circular: what is refused, what is frozen, and how a correction names what it corrects."""

import datetime

import docx
import pytest

from reports import circulars, runs
from reports.models import Circular, Letterhead, ReportRun, RunState
from reports.writers import pdf
from scoring import closing
from trail.models import TrailEntry
from units.verdicts import Refused

TYPED = {
    "number": "示教办〔2020〕5号",
    "issued_on": "2020-04-02",
    "signature": "示例厅",
    "printed_on": "2020-04-03",
    "corrects": "",
}


@pytest.fixture
def run(quarter, media, monkeypatch) -> ReportRun:
    """A circular made from the closed quarter. PDF has tests of its own."""
    monkeypatch.setattr(pdf, "available", lambda: False)
    quarter.receive("甲市", 2, adopted=[("门户网站", "甲的")])
    closing.close(quarter.period, quarter.manager)
    made = runs.request(quarter.office, "circular", quarter.period, quarter.manager)
    runs.run(made.pk)
    made.refresh_from_db()
    assert made.state == RunState.DONE
    return made


def issue(quarter, run, **changes) -> ReportRun:
    asked = runs.issue(run, {**TYPED, **changes}, quarter.manager)
    runs.run(asked.pk)
    asked.refresh_from_db()
    return asked


def words(media, run) -> str:
    path = media / run.files.get(format="docx").path
    return "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)


def test_what_was_typed_in_is_printed_frozen_and_on_record(quarter, media, run):
    asked = issue(quarter, run)
    circular = Circular.objects.get()
    assert (asked.state, circular.run, circular.number) == (RunState.DONE, asked, "示教办〔2020〕5号")
    assert circular.result == quarter.period.results.get()
    assert circular.issued_on == datetime.date(2020, 4, 2)
    assert circulars.is_intact(circular)
    text = words(media, asked)
    for word in ("示教办〔2020〕5号", "示例厅", "2020年4月2日"):
        assert word in text
    assert "印发时填写" not in text
    entry = TrailEntry.objects.get(act="印发通报")
    assert entry.after == {"number": circular.number, "digest": circular.digest, "corrects": ""}


def test_a_changed_or_lost_file_is_noticed(quarter, media, run):
    issue(quarter, run)
    circular = Circular.objects.get()
    path = media / circular.run.files.get(format="html").path
    path.write_text(path.read_text(encoding="utf-8").replace("112", "113") + " ", encoding="utf-8")
    assert not circulars.is_intact(circular)
    path.unlink()
    assert not circulars.is_intact(circular)


@pytest.mark.parametrize(
    ("number", "tidied"),
    [
        ("晋教办[2020]5号", "晋教办〔2020〕5号"),
        ("晋教办（2020）12号", "晋教办〔2020〕12号"),
        (" 晋〔2020〕 1号 ", "晋〔2020〕1号"),
        ("晋［2020］1０号", "晋〔2020〕10号"),
        ("晋〔2020〕5\u200b号", "晋〔2020〕5号"),
    ],
)
def test_a_number_typed_with_other_brackets_is_tidied(number, tidied):
    assert circulars.tidied(number) == tidied
    assert circulars.NUMBER.fullmatch(tidied)


@pytest.mark.parametrize(
    "number", ["晋教办〔2020〕05号", "〔2020〕5号", "晋教办2020-5", "晋教办〔20〕5号", "晋〔2019〕〔2020〕5号", ""]
)
def test_a_number_against_the_standard_is_refused(quarter, run, number):
    with pytest.raises(Refused, match="不合规范"):
        runs.issue(run, {**TYPED, "number": number}, quarter.manager)


def test_an_open_period_is_not_issued(quarter, run):
    closing.reopen(quarter.period, quarter.manager, "更正")
    with pytest.raises(Refused, match="请先封存"):
        runs.issue(run, TYPED, quarter.manager)


def test_what_was_reopened_meanwhile_is_not_issued_and_leaves_no_file(quarter, media, run):
    asked = runs.issue(run, TYPED, quarter.manager)
    closing.reopen(quarter.period, quarter.manager, "更正")
    runs.run(asked.pk)
    asked.refresh_from_db()
    assert asked.state == RunState.FAILED
    assert "没有印发" in asked.failure
    assert not Circular.objects.exists()
    assert not any(runs.folder_of(asked.pk).glob("*"))


def test_what_was_closed_anew_while_it_was_printed_is_not_issued(quarter, run, monkeypatch):
    asked = runs.issue(run, TYPED, quarter.manager)
    print_files = runs.press.print_files

    def meanwhile(*args, **kwargs):
        printed = print_files(*args, **kwargs)
        closing.reopen(quarter.period, quarter.manager, "更正")
        quarter.receive("乙市")
        closing.close(quarter.period, quarter.manager)
        return printed

    monkeypatch.setattr(runs.press, "print_files", meanwhile)
    runs.run(asked.pk)
    asked.refresh_from_db()
    assert asked.state == RunState.FAILED
    assert "重新封存" in asked.failure
    assert not Circular.objects.exists()


def test_the_same_typed_in_twice_is_issued_once(quarter, run):
    first = runs.issue(run, TYPED, quarter.manager)
    assert runs.issue(run, TYPED, quarter.manager) == first
    runs.run(first.pk)
    with pytest.raises(Refused, match="已经用过"):
        runs.issue(run, TYPED, quarter.manager)
    assert Circular.objects.count() == 1


def test_of_two_issues_at_once_under_two_numbers_the_second_is_refused_with_a_sentence(quarter, run):
    first = runs.issue(run, TYPED, quarter.manager)
    second = runs.issue(run, {**TYPED, "number": "示教办〔2020〕6号"}, quarter.manager)
    runs.run(first.pk)
    runs.run(second.pk)
    second.refresh_from_db()
    assert second.state == RunState.FAILED
    assert "应当是对它的更正" in second.failure
    assert Circular.objects.count() == 1


def test_a_correction_is_a_new_one_that_names_the_old_and_the_old_stays(quarter, media, run):
    issue(quarter, run)
    old = Circular.objects.get()
    closing.reopen(quarter.period, quarter.manager, "漏了一条")
    quarter.receive("乙市")
    closing.close(quarter.period, quarter.manager)
    with pytest.raises(Refused, match="应当是对它的更正"):
        runs.issue(run, {**TYPED, "number": "示教办〔2020〕9号"}, quarter.manager)
    asked = issue(quarter, run, number="示教办〔2020〕9号", corrects=old.number)
    new = Circular.objects.get(run=asked)
    assert new.corrects == old
    assert circulars.in_force(quarter.period) == new
    assert "本通报更正示教办〔2020〕5号，以本通报为准。" in words(media, asked)
    assert "有效信息3条" in words(media, asked)
    assert "有效信息2条" in words(media, old.run)
    assert circulars.is_intact(old)


def test_only_a_circular_is_issued_and_only_by_a_manager(quarter, media, run):
    with pytest.raises(Refused):
        runs.issue(run, TYPED, quarter.stranger)
    statistics = ReportRun.objects.create(office=quarter.office, kind="statistics", period=quarter.period)
    with pytest.raises(Refused, match="不是公文"):
        runs.issue(statistics, TYPED, quarter.manager)


def test_what_was_issued_is_never_removed(quarter, media, run):
    Letterhead.objects.create(office=quarter.office, kept_days=1)
    asked = issue(quarter, run)
    ReportRun.objects.update(finished_at=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    runs.remove_old_files()
    run.refresh_from_db()
    asked.refresh_from_db()
    assert run.files_removed_at
    assert asked.files_removed_at is None
    assert circulars.is_intact(Circular.objects.get())


def test_a_finding_that_is_not_right_stops_an_issue_and_not_a_draft(quarter, media, run, monkeypatch):
    from reports.document import Finding
    from reports.kinds import findings

    monkeypatch.setattr(findings, "_scores", lambda figures: Finding("一行的得分不对。", False))
    asked = issue(quarter, run)
    assert asked.state == RunState.FAILED
    assert "一行的得分不对。" in asked.failure
    draft = ReportRun.objects.create(office=quarter.office, kind="circular", period=quarter.period)
    runs.run(draft.pk)
    draft.refresh_from_db()
    assert draft.state == RunState.DONE
    assert {"text": "一行的得分不对。", "right": False, "address": ""} in draft.findings
