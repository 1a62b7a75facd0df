"""The jobs of this room, as the queue knows them."""

from celery import shared_task

from reports import runs


@shared_task
def build_report(run_id: int) -> None:
    runs.run(run_id)


@shared_task
def requeue() -> None:
    runs.requeue()
