"""What is tended by the clock."""

from celery import shared_task

from submissions import files, telling


@shared_task
def sweep_files() -> None:
    """Take away files that nothing hangs on, and what a worker that died left in the storage."""
    files.sweep()
    files.remove(files.orphans())


@shared_task
def tell() -> None:
    telling.tell_of_new()


@shared_task
def tell_of_late() -> None:
    telling.tell_of_late()


@shared_task
def look_ahead() -> None:
    telling.look_ahead()
