"""The job of this room, as the queue knows it."""

from celery import shared_task

from trail import seals


@shared_task
def seal() -> None:
    seals.seal()
