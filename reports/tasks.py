"""The jobs of this room, as the queue knows them."""

from celery import shared_task

from reports import clock, runs, telling


@shared_task
def build_report(run_id: int) -> None:
    runs.run(run_id)


@shared_task
def sweep() -> None:
    runs.sweep()


@shared_task
def draft() -> None:
    clock.draft()


@shared_task
def remove_old_files() -> None:
    runs.remove_old_files()


@shared_task
def tell() -> None:
    telling.tell_of_new()
