"""The jobs of this room, as the queue knows them."""

from celery import shared_task

from trail import seals


@shared_task
def seal() -> None:
    seals.seal()


@shared_task
def note_heads() -> None:
    seals.note_heads()
