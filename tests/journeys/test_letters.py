"""Five hundred notices while workers are killed and the mail server refuses: each is sent once."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.journeys.conftest import ROOT, own_database
from tests.journeys.test_faults import wait_for
from tests.postbox import Postbox, open_postbox
from tests.web import Web, found

PEOPLE, TITLES = 125, ("甲", "乙", "丙", "丁")
ACCOUNTS = f"""
from units.models import Account, Membership, Role, Unit
bureau = Unit.objects.get(name="甲市教育局")
made = Account.objects.bulk_create(
    Account(username=f"p{{n}}", name=f"p{{n}}", email=f"p{{n}}@example.cn") for n in range({PEOPLE})
)
Membership.objects.bulk_create(Membership(account=one, unit=bureau, role=Role.OFFICER) for one in made)
"""
RETURN = """
from submissions.models import Item
from submissions.moves import move
from submissions.states import State
from units.models import Account, Office, Unit
office, bureau = Office.objects.get(code="jia"), Unit.objects.get(name="甲市教育局")
for title in ("甲", "乙", "丙", "丁"):
    item = Item.objects.create(office=office, unit=bureau, title=title, number=title, received_on="2020-02-02",
                               state=State.SUBMITTED)
    move(item, "return", Account.objects.get(username="wang"), "请补充数字")
"""
# What waits for its next try is tried now; the test does not sit out the minutes, nor wait for beat.
NOW = """
from django.utils import timezone
from units.models import Notice
from units.tasks import post
waiting = Notice.objects.to_mail().update(mail_at=timezone.now())
post.delay()
print(waiting)
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


def test_each_of_five_hundred_notices_is_sent_once(tmp_path: Path):
    with own_database() as urls:
        place = found(tmp_path / "data", urls)
        try:
            place.shell(ACCOUNTS)
            place.shell(RETURN)
            box = send_through_faults(place)
            told = PEOPLE * len(TITLES)
            assert place.shell(LEFT) == f"0 {told + 2 * len(TITLES)}", "two officers have no address"
        finally:
            place.console.close()
    said = [
        (str(letter["To"]), title) for letter in box.letters for title in re.findall("《(.)》", letter.get_content())
    ]
    assert len(said) == told
    assert set(said) == {(f"p{n}@example.cn", title) for n in range(PEOPLE) for title in TITLES}


def send_through_faults(place: Web) -> Postbox:
    """The mail server when all is sent, through two deaths, a refusal, a broken connection and its absence."""
    with ExitStack() as third, ExitStack() as hold:
        with open_postbox() as box:
            with worker(place, box) as first, held(box, 30, "data", "") as there:
                tried(place, there)
                kill(first)  # before the letter was given
            with worker(place, box) as second, held(box, 60, "end", "250 kept") as there:
                tried(place, there)
                kill(second)  # after the letter was given, before the answer came
            box.tricks[80] = lambda stage: "451 later" if stage == "end" else None
            third.enter_context(worker(place, box))
            tried(place, hold.enter_context(held(box, 100, "end", "")))
        hold.close()  # it hangs up, and the server is away
        time.sleep(1)
        assert len(set(box.receivers)) < PEOPLE
        with open_postbox(box.port, box):
            wait_for(lambda: place.shell(NOW) == "0", 90, pause=1)
    return box


def tried(place: Web, reached: threading.Event) -> None:
    """Until the server has come to what it waits for, whatever was put off is tried at once."""
    wait_for(lambda: place.shell(NOW) and reached.wait(1), 90)


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
