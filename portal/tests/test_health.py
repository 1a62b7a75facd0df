"""``/healthz`` and ``/readyz`` (DESIGN 9.9)."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from portal import views
from reports.models import WorkerHeart

pytestmark = pytest.mark.django_db(transaction=True)  # each check asks on a connection of its own


def beat(ago: int = 0) -> None:
    WorkerHeart.objects.create(worker="w", beat_at=timezone.now() - timedelta(seconds=ago))


def test_healthz_answers_while_the_process_serves(client):
    assert client.get("/healthz").status_code == 200


def test_readyz_is_ready_with_a_fresh_heart(client):
    beat()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


def test_readyz_names_the_worker_whose_heart_stopped(client):
    beat(ago=61)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"not ready: worker\n")


def test_readyz_names_a_queue_that_refuses_and_one_that_hangs(client, monkeypatch):
    beat()

    def refuses() -> None:
        raise ConnectionError

    monkeypatch.setattr(views, "_ask_queue", refuses)
    assert client.get("/readyz").content == b"not ready: queue\n"
    monkeypatch.setattr(views, "LIMIT", 0.2)
    monkeypatch.setattr(views, "_ask_queue", lambda: time.sleep(1))
    assert client.get("/readyz").content == b"not ready: queue\n"
