"""Five hundred letters while workers are killed and the mail server refuses: each is sent once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.journeys.conftest import ROOT, own_database
from tests.journeys.test_faults import wait_for
from tests.postbox import Postbox, open_postbox
from tests.web import Web, found

MANY = 500
PEOPLE = f"""
from units.models import Account, Membership, Role, Unit
bureau = Unit.objects.get(name="甲市教育局")
made = Account.objects.bulk_create(
    Account(username=f"p{{n}}", name=f"p{{n}}", email=f"p{{n}}@example.cn") for n in range({MANY})
)
Membership.objects.bulk_create(Membership(account=one, unit=bureau, role=Role.OFFICER) for one in made)
"""
RETURN = """
from submissions.models import Item
from submissions.moves import move
from submissions.states import State
from units.models import Account, Office, Unit
office, bureau = Office.objects.get(code="jia"), Unit.objects.get(name="甲市教育局")
item = Item.objects.create(office=office, unit=bureau, title="一条", number="W1", received_on="2020-02-02",
                           state=State.SUBMITTED)
move(item, "return", Account.objects.get(username="wang"), "请补充数字")
"""
# What waits for its next try is tried now; the test does not sit out the minutes.
NOW = """
from django.utils import timezone
from units.models import Notice
Notice.objects.to_mail().update(mail_at=timezone.now())
"""
LEFT = "from units.models import Notice; print(Notice.objects.to_mail().count(), Notice.objects.count())"


@contextmanager
def worker(place: Web, box: Postbox) -> Iterator[subprocess.Popen]:
    """A worker with its beat, as it is started in production; whatever is left of it is killed at the end."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "portal", "worker", "--beat", "--concurrency", "2"]
    environment = {**place.environment, "EMAIL_URL": box.url}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


@contextmanager
def held(box: Postbox, number: int, stage: str, answer: str) -> Iterator[threading.Event]:
    """The server stops at a stage of a letter, and answers when the block has ended."""
    there, go_on = threading.Event(), threading.Event()

    def trick(at: str) -> str | None:
        if at != stage:
            return None
        there.set()
        go_on.wait(60)
        return answer

    box.tricks[number] = trick
    yield there
    go_on.set()


def test_each_of_five_hundred_letters_is_sent_once(tmp_path: Path):
    with own_database() as urls:
        place = found(tmp_path / "data", urls)
        try:
            place.shell(PEOPLE)
            place.shell(RETURN)
            send_through_faults(place)
            assert place.shell(LEFT) == f"0 {MANY + 2}", "two officers have no address"
        finally:
            place.console.close()


def send_through_faults(place: Web) -> None:
    with open_postbox() as box:
        with worker(place, box) as first, held(box, 100, "data", "") as there:
            assert there.wait(60), "the worker came to the hundredth letter"
            kill(first)  # before the letter was given
        place.shell(NOW)
        with worker(place, box) as second, held(box, 250, "end", "250 kept") as there:
            assert there.wait(60)
            kill(second)  # after the letter was given, before the answer came
        box.tricks[300] = lambda stage: "451 later" if stage == "end" else None
        gone = threading.Event()
        box.tricks[350] = lambda stage: gone.set() or "" if stage == "end" else None
        place.shell(NOW)
        last = worker(place, box)
        process = last.__enter__()
        assert gone.wait(60)
    try:  # the server is away
        time.sleep(1)
        assert process.poll() is None
        kept = len(box.letters)
        assert kept < MANY
        with open_postbox(box.port, box):

            def all_there() -> bool:
                place.shell(NOW)
                return len(box.letters) >= MANY

            wait_for(all_there, 60, pause=1)
    finally:
        last.__exit__(None, None, None)
    assert sorted(box.receivers) == sorted(f"p{n}@example.cn" for n in range(MANY))


@pytest.mark.once
def test_the_postbox_keeps_nothing_that_has_no_end():
    """The control: what the test above relies on."""
    import smtplib

    with open_postbox() as box:
        session = smtplib.SMTP("127.0.0.1", box.port, timeout=10)
        session.ehlo()
        session.mail("a@example.cn")
        session.rcpt("b@example.cn")
        session.docmd("data")
        session.send(b"Subject: half\r\n\r\nhalf\r\n")
        session.close()
        smtplib.SMTP("127.0.0.1", box.port, timeout=10).quit()
        assert (box.begun, box.letters) == (1, [])
