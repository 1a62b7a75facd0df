"""The clock: what is drafted by itself when a period has ended. It closes nothing and issues nothing."""

import datetime
import logging

from django.db import IntegrityError, transaction
from django.utils import timezone

from reports import runs
from reports.kinds import DRAFTED
from reports.models import ReportRun
from submissions.models import Period

log = logging.getLogger(__name__)
MADE_UP = datetime.timedelta(days=92)  # what ended longer ago is history, and nobody waits for its draft


def draft() -> None:
    """Ask for the drafts of periods that have ended, in Asia/Shanghai, and have none yet. Twice is once.

    What was missed while nothing ran is made up, up to a quarter back. A period that is already closed
    needs no draft.
    """
    today = timezone.localdate()
    for period_kind, kind in DRAFTED.items():
        ended = Period.objects.filter(kind=period_kind, ends_on__range=(today - MADE_UP, today - datetime.timedelta(1)))
        drafted = ReportRun.objects.filter(kind=kind, drafted=True).values("period")
        for period in ended.filter(closed_at=None).exclude(pk__in=drafted).order_by("ends_on", "id"):
            try:
                with transaction.atomic():
                    runs.queue(ReportRun(office_id=period.office_id, kind=kind, period=period, drafted=True))
            except IntegrityError:
                log.info("%s of %s was drafted by another clock this moment", kind, period)
