"""The queue: jobs run in a worker of their own, which says that it lives."""

import logging
import os
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps
from celery.signals import beat_init, worker_init, worker_ready
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

log = logging.getLogger(__name__)
TRANSPORT_ALIASES["filesystem"] = "portal.queue:Transport"
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Seconds between two of each; the worker does each at its start too, so that nothing waits for what it missed.
TENDING = {
    "reports.tasks.sweep": 10.0,
    "trail.tasks.seal": 10.0,
    "submissions.tasks.tell": 10.0,
    "units.tasks.post": 15.0,
    "submissions.tasks.tell_of_late": 60.0,
    "reports.tasks.tell": 60.0,
    "reports.tasks.draft": 60.0,
    "reports.tasks.remove_old_files": 3600.0,
    "units.tasks.forget": 3600.0,
    "submissions.tasks.look_ahead": 3600.0,
    "submissions.tasks.sweep_files": 86_400.0,
    "trail.tasks.note_heads": 86_400.0,
}
app.conf.beat_schedule = {
    # One that finds no worker is not kept: the next one does the same.
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in TENDING.items()
}
FOLDERS = ("data_folder_in", "data_folder_out", "control_folder", "processed_folder")


@app.on_after_configure.connect
def make_queue_folders(sender: Celery, **kwargs: Any) -> None:
    """The embedded queue is a few folders; kombu wants them there."""
    if str(sender.conf.broker_url).startswith("filesystem:"):
        for name in FOLDERS:
            Path(sender.conf.broker_transport_options[name]).mkdir(parents=True, exist_ok=True)


@worker_init.connect
@beat_init.connect
def refuse_unfit_settings(**kwargs: Any) -> None:
    """Stop with the sentence. Celery logs what other exceptions a signal raises, and goes on."""
    from django.core.exceptions import ImproperlyConfigured

    from portal.checks import refuse_unfit

    try:
        refuse_unfit()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error


@worker_ready.connect
def make_up(sender: Any, **kwargs: Any) -> None:
    """What beat would do next is done at once. A queue that is away takes it later, from beat."""
    from units.queue import QUEUE_IS_AWAY

    for task, seconds in TENDING.items():
        try:
            app.send_task(task, expires=seconds)
        except QUEUE_IS_AWAY as error:
            log.warning("%s waits for beat: %s", task, error)


class Heart(bootsteps.StartStopStep):
    """Writes ``WorkerHeart`` from the worker's main process, so that it beats while every child is busy."""

    requires = {"celery.worker.components:Timer"}

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self.timer: Any = None

    def start(self, parent: Any) -> None:
        from django.conf import settings

        self.beat(parent.hostname)
        interval = settings.HEART_INTERVAL.total_seconds()
        self.timer = parent.timer.call_repeatedly(interval, self.beat, (parent.hostname,), priority=10)

    def stop(self, parent: Any) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def beat(self, worker: str) -> None:
        """One beat. A database that does not answer is the next beat's matter."""
        from django.db import DatabaseError, connection
        from django.utils import timezone

        from reports.models import WorkerHeart

        try:
            WorkerHeart.objects.update_or_create(worker=worker, defaults={"beat_at": timezone.now()})
        except DatabaseError as error:
            log.warning("the heart of %s missed a beat: %s", worker, error)
        finally:
            connection.close()  # children are forked from this process and must not inherit it


app.steps["worker"].add(Heart)
