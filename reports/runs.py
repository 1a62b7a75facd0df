"""Runs: a report is asked for, claimed by one worker, made, and its files kept. The row is the truth, not the queue.

A run is claimed, told about and finished by conditional updates that name the attempt: a worker that was
given up, cancelled or overtaken finds nothing to update, and stops.
"""

import errno
import logging
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from reports import circulars, press
from reports.kinds import KINDS
from reports.models import KEPT_DAYS, ReportRun, RunFile, RunState
from reports.permissions import may_make
from reports.writers.pdf import LEAST_ROOM
from submissions.models import Period
from trail.records import record
from units.models import Account, Office
from units.queue import QUEUE_IS_AWAY
from units.verdicts import Refused, TooLate

log = logging.getLogger(__name__)
LOST = timedelta(minutes=1)  # a message that nobody took for so long may have been lost
HEART = 3.0  # seconds between two beats of a run's heart
STOPPED = timedelta(seconds=20)  # a heart that is silent for so long has stopped
ATTEMPTS = 3  # a report that ends its worker each time is given up
TOLD = 0.5  # seconds between two tellings of the same step


class Abandoned(Exception):
    """The run is not this worker's any more: cancelled, or taken over."""


def request(office: Office, kind: str, period: Period, by: Account | None) -> ReportRun:
    """Ask for a report; the same again is the same run while nothing of the office's books has changed.

    Answers at once, also while the queue is away: then the row waits. Raises Refused.
    """
    if kind not in KINDS:
        raise Refused("没有这种报表。")
    with _asking(office, period, by):
        edition = Office.objects.values_list("edition", flat=True).get(pk=office.pk)
        same = ReportRun.objects.good_for(kind, period, edition).prefetch_related("files").newest_first().first()
        if same and _is_complete(same):
            record("生成报表", by=by, office=office.code, on=same, after={"there": True})
            return same
        run = queue(ReportRun(office=office, kind=kind, period=period, requested_by=by, edition=edition))
        record("生成报表", by=by, office=office.code, on=run)
        return run


def issue(run: ReportRun, typed: dict[str, str], by: Account) -> ReportRun:
    """Ask for the circular of a run's period to be made with what was typed in, and issued. Twice is once.

    ``typed`` is what ``circulars`` reads an issue from. Raises Refused.
    """
    with _asking(run.office, run.period, by):
        circulars.refuse_unfit(run.period, run.kind, typed)
        fields = {"office": run.office, "kind": run.kind, "period": run.period, "issue": typed}
        same = ReportRun.objects.underway().filter(**fields).first()
        asked = same or queue(ReportRun(**fields, requested_by=by))
        record("提交印发", by=by, office=run.office.code, on=asked, after=typed)
        return asked


def _is_complete(run: ReportRun) -> bool:
    """Whether a run that is done still has its files, and all that could be made of it today, such as a PDF."""
    if run.state != RunState.DONE:
        return True
    there = {file.format for file in run.files.all() if (Path(settings.MEDIA_ROOT) / file.path).is_file()}
    return there >= set(press.formats(run.kind))


@contextmanager
def _asking(office: Office, period: Period, by: Account | None) -> Iterator[None]:
    """A transaction in which one request for a period's report is looked at after another. Raises Refused."""
    if not (verdict := may_make(by, office)):
        raise Refused(verdict.reason)
    if period.office_id != office.pk:
        raise Refused("没有这个报送期。")
    with transaction.atomic():
        Period.objects.select_for_update(no_key=True).get(pk=period.pk)
        yield


def queue(run: ReportRun) -> ReportRun:
    """Save a new run and put it in the queue once the transaction is over."""
    run.save()
    transaction.on_commit(partial(send, run.pk))
    return run


def send(run_id: int) -> bool:
    """Put a run in the queue. False, and a warning in the log, where the queue does not take it."""
    from reports.tasks import build_report  # the tasks import this module

    try:
        build_report.delay(run_id)
    except QUEUE_IS_AWAY as error:
        log.warning("run %s stays queued: the queue does not take it (%s)", run_id, error)
        return False
    ReportRun.objects.filter(pk=run_id).update(sent_at=timezone.now())
    return True


def cancel(run: ReportRun, by: Account) -> None:
    """Give up a run that waits or is being made. Raises Refused, or TooLate where it has ended."""
    if not (verdict := may_make(by, run.office)):
        raise Refused(verdict.reason)
    with transaction.atomic():
        underway = ReportRun.objects.underway().filter(pk=run.pk)
        if not underway.update(state=RunState.CANCELLED, finished_at=timezone.now(), step="", done=0, total=0):
            raise TooLate("这个任务已经结束，不用取消。")
        record("取消报表", by=by, office=run.office.code, on=run)
    _remove(folder_of(run.pk))  # a worker that is at it finds out and clears up after itself


def sweep() -> None:
    """Bring back what was lost: runs whose worker died wait again, and what waits in vain is sent again.

    A run sent twice is made once. Called at a worker's start and every few seconds by beat.
    """
    now = timezone.now()
    stopped = ReportRun.objects.filter(state=RunState.RUNNING, heartbeat_at__lt=now - STOPPED)
    for run_id, attempt in list(stopped.values_list("pk", "attempt")):
        this = stopped.filter(pk=run_id, attempt=attempt)
        if attempt >= ATTEMPTS:
            # One that woke up and ended by itself this moment keeps its files.
            if _fail(this, f"做了{attempt}次，每次都中途断了。请系统管理员查看工作进程的记录。"):
                _remove(folder_of(run_id))
        elif this.update(state=RunState.QUEUED, sent_at=None, step="", done=0, total=0):
            log.warning("run %s is queued again: its worker has gone", run_id)
    in_vain = Q(sent_at=None) | Q(sent_at__lt=now - LOST)
    # One that was asked for this very second is on its way: its transaction sends it.
    waiting = ReportRun.objects.filter(in_vain, state=RunState.QUEUED, requested_at__lt=now - timedelta(seconds=5))
    for run_id in waiting.order_by("id").values_list("pk", flat=True):
        if not send(run_id):
            return


def remove_old_files() -> None:
    """Remove the files that an office keeps no longer. What was issued stays for ever."""
    now = timezone.now()
    kept = ReportRun.objects.filter(state=RunState.DONE, files_removed_at=None, circular=None)
    days = dict(kept.order_by().values_list("office_id", "office__letterhead__kept_days").distinct())
    for office_id, kept_days in days.items():
        for run in kept.filter(office=office_id, finished_at__lt=now - timedelta(days=kept_days or KEPT_DAYS)):
            _remove(folder_of(run.pk))  # first: whoever dies here is made up for by the next
            with transaction.atomic():
                run.files.all().delete()
                ReportRun.objects.filter(pk=run.pk).update(files_removed_at=now)


def folder_of(run_id: int) -> Path:
    """Where a run's files lie: in a folder an attempt, so that one that was overtaken never touches another's."""
    return Path(settings.MEDIA_ROOT) / "reports" / str(run_id)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def run(run_id: int) -> None:
    """Make a queued run's files. Of several workers one gets it; what is not queued any more is left alone."""
    now = timezone.now()
    claimed = ReportRun.objects.filter(pk=run_id, state=RunState.QUEUED).update(
        state=RunState.RUNNING, started_at=now, heartbeat_at=now, attempt=F("attempt") + 1
    )
    if not claimed:
        return
    row = ReportRun.objects.select_related("period__office", "office", "requested_by").get(pk=run_id)
    mine = ReportRun.objects.filter(pk=row.pk, state=RunState.RUNNING, attempt=row.attempt)
    folder = folder_of(row.pk) / str(row.attempt)
    for left_behind in folder.parent.glob("*"):
        _remove(left_behind)
    try:
        with _beating(mine):
            _make(row, mine, folder)
    except Exception as error:
        _remove(folder)  # first, for it may be what fills the disk
        with suppress(OSError):
            folder.parent.rmdir()  # where nothing of another attempt is in it
        _give_up(row, mine, error)


def _give_up(row: ReportRun, mine: QuerySet[ReportRun], error: Exception) -> None:
    """Say why a run failed. One that is not ours any more is left alone; one that lost the database, to ``sweep``."""
    if isinstance(error, Abandoned) or not mine.exists():
        log.info("run %s was given up", row.pk)
        return
    log.error("run %s failed", row.pk, exc_info=error)
    if not isinstance(error, OperationalError | InterfaceError) or _disk_is_full(error):
        _fail(mine, _sentence(error, row))


def _make(row: ReportRun, mine: QuerySet[ReportRun], folder: Path) -> None:
    issued = circulars.read(row.issue) if row.issue else None
    result = circulars.result_in_force(row.period) if row.issue else None
    edition = Office.objects.values_list("edition", flat=True).get(pk=row.office_id)
    mine.update(edition=edition)
    printed = press.print_files(row.kind, row.period, folder, row.kind, issued, Teller(mine))
    name = press.name_of(row.kind, row.period, issued.number if issued else "")
    files = [_file(row, form, path, f"{name}.{form}") for form, path in printed.files.items()]
    with transaction.atomic():
        if row.issue:
            Office.objects.hold_still(row.office_id)
        done = mine.update(
            state=RunState.DONE,
            finished_at=timezone.now(),
            from_closed=not printed.document.draft,
            summary=printed.document.summary,
            findings=[finding._asdict() for finding in printed.document.findings],
            remark="".join(printed.left_out)[:500],
            step="",
            done=0,
            total=0,
        )
        if not done:
            raise Abandoned
        RunFile.objects.bulk_create(files)
        if row.issue:
            circulars.record_issued(row, printed.document.title, files, result)


class Teller:
    """Writes how far a run is, twice a second at most. Raises Abandoned where the run is somebody else's now."""

    def __init__(self, mine: QuerySet[ReportRun]) -> None:
        self.mine = mine
        self.step, self.at = "", 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if step == self.step and now - self.at < TOLD:
            return
        self.step, self.at = step, now
        told = {"step": step, "done": min(done, total), "total": total}
        if not self.mine.update(**told, heartbeat_at=timezone.now()):
            raise Abandoned


@contextmanager
def _beating(mine: QuerySet[ReportRun]) -> Iterator[None]:
    """Beat the run's heart from a thread of its own while the block runs, however long a library is busy."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEART):
            try:
                mine.update(heartbeat_at=timezone.now())
            except (DatabaseError, InterfaceError) as error:
                log.warning("a heart missed a beat: %s", error)
            finally:
                connection.close()  # this thread's own; the next beat opens another

    heart = threading.Thread(target=beat, name="heart", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()


def _fail(these: QuerySet[ReportRun], sentence: str) -> int:
    """Say why a run failed; how many rows that was still true of."""
    ended = {"state": RunState.FAILED, "finished_at": timezone.now(), "step": "", "done": 0, "total": 0}
    return these.update(**ended, failure=sentence[:500])


def _file(row: ReportRun, form: str, path: Path, name: str) -> RunFile:
    kept_at, digest = str(path.relative_to(settings.MEDIA_ROOT)), press.sha256_of(path)
    return RunFile(run=row, format=form, name=name, path=kept_at, sha256=digest, size=path.stat().st_size)


def _sentence(error: Exception, row: ReportRun) -> str:
    """What a manager reads: what happened and what to do."""
    if _disk_is_full(error):
        return "磁盘空间不足，文件没有写成。请系统管理员腾出空间，然后重新生成。"
    match error:
        case Refused():
            return str(error)
        case OSError():
            return "文件写不进数据目录，没有做成。请系统管理员检查数据目录，然后重新生成。"
        case _:
            return f"生成时出了意外，没有做成。请重新生成；如果还是不成，请把任务编号{row.pk}告诉系统管理员。"


def _disk_is_full(error: BaseException) -> bool:
    """Libraries wrap what the system said, or swallow it; the disk itself is asked too."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        cause = cause.__cause__ or cause.__context__
    files = Path(settings.MEDIA_ROOT)
    place = files if files.exists() else settings.DATA_DIR
    return not isinstance(error, Refused) and shutil.disk_usage(place).free < LEAST_ROOM
