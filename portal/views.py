"""The start, the home page, whether the system is well, and what to say when it is not."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from datetime import timedelta
from typing import Any

from celery import current_app
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from reports.models import ReportRun, WorkerHeart
from reports.permissions import may_make
from scoring.standings import may_see_standings, shown_to, standings
from submissions.filters import counted
from submissions.models import Item, Period, Theme
from submissions.states import State
from units.desk import DeskRequest, at_office
from units.models import Office, Role

log = logging.getLogger(__name__)
LIMIT = 2  # seconds a check may take
LIVES = timedelta(minutes=1)  # how fresh a worker's heart must be
NEIGHBOURS = 2  # units shown above and below one's own


def start(request: DeskRequest) -> HttpResponse:
    """To the office where the account works or reports; to a choice where there are several."""
    offices = list(Office.objects.for_account(request.user).order_by("code"))
    if len(offices) == 1:
        return redirect("home", offices[0].code)
    return render(request, "offices.html", {"offices": offices})


@at_office
def home(request: DeskRequest) -> HttpResponse:
    """What waits for the reader, how the period stands, what is asked for."""
    account, office = request.user, request.office
    items = Item.objects.visible_to(account, office)
    own = account.units_with(Role.OFFICER, Role.SIGNER)
    period = Period.objects.filter(office=office).select_related("office").at_hand(timezone.localdate())
    editing, manages = account.works_at(office), may_make(account, office)
    if not editing and not own:
        return render(request, "home.html", {"no_desk": True})
    waiting = (
        items.awaiting_decision() if editing else items.filter(unit__in=own, state__in=_TO_DO).order_by("state", "-id")
    )
    context: dict[str, Any] = {
        "editing": editing,
        "today": timezone.localdate(),
        "period": period,
        "todo": waiting.for_table()[:8],
        "todo_number": counted(waiting)[0],
        "drafts": ReportRun.objects.filter(office=office).news().newest_first().for_table()[:4] if manages else [],
        "latest": items.exclude(received_on=None).newest_first().for_table()[:6],
    }
    if period:
        context |= _period_at_a_glance(request, period, own)
        context["priorities"] = Theme.objects.asked_for_from(period)
        context["days_left"] = (period.ends_on - timezone.localdate()).days
    return render(request, "home.html", context)


_TO_DO = (State.RETURNED, State.SIGNING, State.DRAFT)


def _period_at_a_glance(request: DeskRequest, period: Period, own: list[int]) -> dict[str, Any]:
    """The period's figures for the office, or one's own line and its neighbours, as far as they are shown."""
    verdict = may_see_standings(request.user, request.office)
    if not verdict:
        return {"not_shown": verdict.reason}
    table = shown_to(request.user, standings(period))
    if request.user.works_at(request.office):
        lines = list(table.lines)
        return {
            "table": table,
            "reporting": sum(not line.silent for line in lines),
            "units": len(lines),
            "adopted": sum(
                n for column, n in zip(table.columns, table.counts, strict=True) if column.measure == "adoption"
            ),
            "leaders": [(group, group.lines[:3]) for group in table.groups],
        }
    found = next(filter(None, (table.line_of(unit) for unit in own)), None)
    if found is None:
        return {}
    group, line = found
    place = group.lines.index(line)
    near = group.lines[max(place - NEIGHBOURS, 0) : place + NEIGHBOURS + 1]
    tied = sum(other.rank == line.rank for other in group.lines) > 1
    return {
        "table": table,
        "group": group,
        "line": line,
        "tied": tied,
        "near": [(other, other.score - line.score) for other in near],
    }


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the process serves."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, queue and a worker answer, each within two seconds; else 503 naming what does not."""
    checks: dict[str, Callable[[], None]] = {"database": _ask_database, "queue": _ask_queue, "worker": _ask_worker}
    failed = [name for name, check in checks.items() if not _answers(name, check)]
    if failed:
        return HttpResponse(f"not ready: {', '.join(failed)}\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


def _answers(name: str, check: Callable[[], None]) -> bool:
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        pool.submit(_with_own_connection, check).result(timeout=LIMIT)
    except TooSlow:
        log.warning("%s did not answer within %s s", name, LIMIT)
        return False
    except Exception:
        log.warning("%s does not answer", name, exc_info=True)
        return False
    finally:
        pool.shutdown(wait=False)
    return True


def _with_own_connection(check: Callable[[], None]) -> None:
    """A thread has its own database connection, which nobody else would close."""
    try:
        check()
    finally:
        connection.close()


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_queue() -> None:
    """Put a message and take it back, on a queue that no worker listens to."""
    with current_app.connection_for_write() as broker, broker.SimpleQueue("readiness") as queue:
        queue.put("?")
        queue.get(timeout=LIMIT).ack()


def _ask_worker() -> None:
    if not WorkerHeart.objects.filter(beat_at__gte=timezone.now() - LIVES).exists():
        raise LookupError("no worker's heart beat in the last minute")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """A page of its own: whatever failed may fail again in the frame."""
    return render(request, "500.html", status=500)
