"""Runs: a report is asked for, claimed by one worker, made, and its files kept. The row is the truth, not the queue."""

import errno
import hashlib
import logging
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import ChannelError, KombuError
from redis.exceptions import RedisError

from reports import press
from reports.kinds import KINDS
from reports.models import ReportRun, RunFile, RunState
from reports.permissions import may_make
from submissions.models import Period
from submissions.moves import Refused
from units.models import Account, Office

log = logging.getLogger(__name__)
QUEUE_IS_AWAY = (OSError, KombuError, ChannelError, RedisError)
SOON = timedelta(minutes=1)  # a row that waits longer may have lost its message


def request(office: Office, kind: str, period: Period, by: Account | None) -> ReportRun:
    """Ask for a report. Answers at once, also while the queue is away: then the row waits. Raises Refused."""
    if not (verdict := may_make(by, office)):
        raise Refused(verdict.reason)
    if kind not in KINDS:
        raise Refused("没有这种报表。")
    if period.office_id != office.pk:
        raise Refused("没有这个报送期。")
    run_row = ReportRun.objects.create(office=office, kind=kind, period=period, requested_by=by)
    transaction.on_commit(partial(send, run_row.pk))
    return run_row


def send(run_id: int) -> bool:
    """Put a run in the queue. False, and a warning in the log, where the queue does not take it."""
    from reports.tasks import build_report  # the tasks import this module

    try:
        build_report.delay(run_id)
    except QUEUE_IS_AWAY as error:
        log.warning("run %s stays queued: the queue does not take it (%s)", run_id, error)
        return False
    return True


def requeue() -> None:
    """Send again what has been queued for more than a minute. A run sent twice is made once."""
    waiting = ReportRun.objects.filter(state=RunState.QUEUED, requested_at__lt=timezone.now() - SOON)
    for run_id in waiting.order_by("id").values_list("pk", flat=True):
        if not send(run_id):
            return


def run(run_id: int) -> None:
    """Make a queued run's files. Of several workers one gets it; what is not queued any more is left alone."""
    now = timezone.now()
    claimed = ReportRun.objects.filter(pk=run_id, state=RunState.QUEUED).update(
        state=RunState.RUNNING, started_at=now, heartbeat_at=now, attempt=F("attempt") + 1, step="正在生成"
    )
    if not claimed:
        return
    row = ReportRun.objects.select_related("period").get(pk=run_id)
    try:
        _make(row)
    except Exception as error:
        log.exception("run %s failed", run_id)
        ReportRun.objects.filter(pk=run_id, state=RunState.RUNNING).update(
            state=RunState.FAILED, finished_at=timezone.now(), failure=_sentence(error, run_id)[:500], step=""
        )


def _make(row: ReportRun) -> None:
    place = Path("reports") / str(row.pk)
    printed = press.print_files(row.kind, row.period, settings.MEDIA_ROOT / place, row.kind)
    name = press.name_of(row.kind, row.period)
    files = [_file(row, form, path, f"{name}.{form}", str(place / path.name)) for form, path in printed.files.items()]
    with transaction.atomic():
        row.files.all().delete()
        RunFile.objects.bulk_create(files)
        ReportRun.objects.filter(pk=row.pk, state=RunState.RUNNING).update(
            state=RunState.DONE,
            finished_at=timezone.now(),
            from_closed=not printed.document.draft,
            summary=printed.document.summary,
            step="",
        )


def _file(row: ReportRun, form: str, path: Path, name: str, kept_at: str) -> RunFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return RunFile(run=row, format=form, name=name, path=kept_at, sha256=digest, size=path.stat().st_size)


def _sentence(error: Exception, run_id: int) -> str:
    """What a manager reads: what happened and what to do."""
    match error:
        case Refused():
            return str(error)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return "磁盘空间不足，文件没有写成。请系统管理员腾出空间，然后重新生成。"
        case OSError():
            return "文件写不进数据目录，没有做成。请系统管理员检查数据目录，然后重新生成。"
        case DatabaseError():
            return "数据库暂时没有应答，没有做成。请过几分钟重新生成。"
        case _:
            return f"生成时出了意外，没有做成。请重新生成；如果还是不成，请把任务编号{run_id}告诉系统管理员。"
