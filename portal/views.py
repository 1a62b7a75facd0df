"""The start, whether the system is well, and what to say when it is not."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from datetime import timedelta

from celery import current_app
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from reports.models import WorkerHeart
from units.desk import DeskRequest
from units.models import Office

log = logging.getLogger(__name__)
LIMIT = 2  # seconds a check may take
LIVES = timedelta(minutes=1)  # how fresh a worker's heart must be


def start(request: DeskRequest) -> HttpResponse:
    """To the office where the account works or reports; to a choice where there are several."""
    offices = list(Office.objects.for_account(request.user).order_by("code"))
    if len(offices) == 1:
        return redirect("home", offices[0].code)
    return render(request, "offices.html", {"offices": offices})


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
