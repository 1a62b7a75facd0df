"""What is tended by the clock."""

from celery import shared_task

from submissions import files


@shared_task
def sweep_files() -> None:
    """Take away files that nothing hangs on, and what a worker that died left in the storage."""
    files.sweep()
    files.remove(files.orphans())
