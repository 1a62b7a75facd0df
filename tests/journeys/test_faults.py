"""What is left when something dies: every report that was asked for is made, once, and nothing half made stays.

The worker's child, the whole worker, and web and worker together are killed with SIGKILL in the midst of a
report; Redis hangs and refuses. Each product here is one of its own.
"""

import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests import programs, servers
from tests.journeys.conftest import ROOT, Served, own_database, start

AGAIN = 60  # seconds in which a report is done after the restart
SMALL, LARGE = 1_500, 25_000  # items: of a large office the workbook alone takes seconds
OFFICE = """
from benchmarks import books
books.UNITS, books.ITEMS = 600, {items}
books.GROUPS = {{"各市教育局": 100, "各高等院校": 500}}
from submissions.models import Period
from submissions.moves import record_past
from units.models import Account
office = books.found("big", 2)
record_past(office, books.items(office), source="test")
account = Account.objects.get(username="big")
account.set_password("big-password-2020")
account.save()
"""
RUNS = """
import json
from reports.models import ReportRun
rows = ReportRun.objects.filter(office__code="big").order_by("id")
print(json.dumps([[run.state, run.attempt, [file.path for file in run.files.all()]] for run in rows]))
"""
OFFER = """
from units.models import Office
from submissions.models import Item
from submissions.states import State
office = Office.objects.get(code="big")
item = Item.objects.create(office=office, unit=office.roster_lines.first().unit, title="一条", number="W1",
                           received_on="2020-02-02", state=State.SUBMITTED)
from units.models import Account, Membership, Role
Membership.objects.create(account=Account.objects.get(username="big"), unit=office.unit, role=Role.EDITOR)
print(item.pk)
"""


class Person:
    """Somebody signed in over HTTP. ``waited`` is how many seconds the last answer to a form took."""

    def __init__(self, served: Served) -> None:
        self.url = served.url
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )
        self.send("/accounts/login/", username="big", password="big-password-2020")

    def get(self, path: str) -> str:
        return self.opener.open(self.url + path, timeout=30).read().decode()

    def send(self, form: str, to: str = "", **fields: Any) -> str:
        """Fill in the form of a page; ``to`` is where it goes, the page itself unless said."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(form))
        assert token
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        began = time.monotonic()
        answer = self.opener.open(self.url + (to or form), data=data, timeout=30).read().decode()
        self.waited = time.monotonic() - began
        return answer

    def ask(self, kind: str) -> str:
        page = self.get("/o/big/reports/")
        period = re.search(r'<option value="(\d+)"[^>]*>2020年第1季度', page)
        assert period
        return self.send("/o/big/reports/", kind=kind, period=period[1])

    def percent(self) -> int:
        """How far the newest run is, as the page tells."""
        found = re.search(r'<progress value="(\d+)"', self.get("/o/big/reports/runs/"))
        return int(found[1]) if found else 0


def shell(served: Served, code: str) -> str:
    return served.console.run(code)


def newest(served: Served) -> tuple[str, int, list[str]]:
    """State, attempts and files of the newest run."""
    return tuple(json.loads(shell(served, RUNS))[-1])


def wait_for(what: Callable[[], Any], seconds: float, pause: float = 0.05) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(pause)
    return found


def processes(marked: str) -> list[int]:
    """Ids of processes in whose command line or environment this text stands, oldest first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            if marked.encode() in told:
                found.append(int(folder.name))
    return sorted(found)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def workers(served: Served) -> list[list[int]]:
    """The celery processes of a product: of each worker its main process, then its children."""
    mine = [pid for pid in processes(f"DATA_DIR={served.environment['DATA_DIR']}") if b"celery" in _command(pid)]
    mains = [pid for pid in mine if parent_of(pid) not in mine]
    return [[main, *(pid for pid in mine if parent_of(pid) == main)] for main in mains]


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def busiest(pids: list[int]) -> int:
    """The process that has used most of the processor: the child that makes the report."""

    def used(pid: int) -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    return max(pids, key=used)


def stray(served: Served, kept: list[str]) -> list[str]:
    """What lies in the folder of files and was not registered, and what the report's libraries left elsewhere.

    The empty pymp- folders are those of Celery's own processes.
    """
    files = Path(served.environment["DATA_DIR"]) / "files"
    found = [str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()]
    return sorted(set(found) - set(kept)) + [
        path.name for path in Path(served.environment["TMPDIR"]).iterdir() if not path.name.startswith("pymp-")
    ]


def temporary(folder: Path) -> dict[str, str]:
    """A folder of temporary files of one's own, to see what is left in it."""
    folder.with_name("tmp").mkdir(exist_ok=True)
    return {"TMPDIR": str(folder.with_name("tmp"))}


@contextmanager
def product(folder: Path, urls: dict[str, str], items: int = SMALL, example: Path | None = None) -> Iterator[Served]:
    running = start(folder, urls | temporary(folder), example)
    shell(running, OFFICE.format(items=items))
    try:
        yield running
    finally:
        with suppress(subprocess.TimeoutExpired):
            running.stop()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory, example: Path) -> Iterator[Served]:
    with (
        own_database() as urls,
        product(tmp_path_factory.mktemp("embedded") / "data", {"REDIS_URL": "", **urls}, example=example) as made,
    ):
        yield made


def made_after(served: Served, kind: str, kill: Callable[[], Served | None]) -> None:
    """Ask for a report, kill something at 70 %, and see it made once, within a minute of the restart."""
    person = Person(served)
    person.ask(kind)
    wait_for(lambda: person.percent() >= 70, 90)
    again = kill() or served
    began = time.monotonic()
    state, attempt, files = wait_for(lambda: (row := newest(again))[0] == "done" and row, AGAIN, 1)
    assert time.monotonic() - began < AGAIN
    assert (state, attempt) == ("done", 2)
    assert len(files) == len(set(files)) > 0
    data = Path(served.environment["DATA_DIR"])
    assert all((data / "files" / path).stat().st_size for path in files)
    everything = [path for _, _, paths in json.loads(shell(again, RUNS)) for path in paths]
    assert stray(again, everything) == []
    wait_for(lambda: not [pid for pid in processes(str(data / "files")) if b"soffice" in _command(pid)], 10)


takes_libreoffice = pytest.mark.skipif(
    programs.soffice() is None and os.environ.get("REQUIRE_SERVICES") != "1",
    reason="LibreOffice is not installed, and without a PDF the report is made before it can be interrupted.",
)


@pytest.mark.once
@takes_libreoffice
def test_the_whole_worker_is_killed(embedded):
    def kill() -> None:
        for pid in workers(embedded)[0]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    made_after(embedded, "circular", kill)


@takes_libreoffice
@pytest.mark.proof
def test_the_workers_child_is_killed(embedded):
    made_after(embedded, "circular", lambda: os.kill(busiest(workers(embedded)[0][1:]), signal.SIGKILL))


@contextmanager
def redis_on(port: int) -> Iterator[subprocess.Popen]:
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(timeout=10)


@contextmanager
def second_worker(served: Served) -> Iterator[None]:
    command = [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "portal",
        "worker",
        "--concurrency",
        "1",
        "--hostname",
        "second@localhost",
    ]
    with Path(f"{served.log}.second").open("wb") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=served.environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        process.kill()


needs_redis = pytest.mark.skipif(
    not servers.redis_installed() and os.environ.get("REQUIRE_SERVICES") != "1",
    reason="Redis is not installed on this machine.",
)


@pytest.mark.proof
@pytest.mark.parametrize("queue", ["embedded", pytest.param("redis", marks=needs_redis)])
def test_web_and_workers_are_killed_and_started_again(tmp_path, queue):
    folder = tmp_path / "data"
    with ExitStack() as running:
        redis = running.enter_context(servers.redis()) if queue == "redis" else ""
        urls = {**running.enter_context(own_database()), "REDIS_URL": redis}
        first = running.enter_context(product(folder, urls, LARGE))
        if queue == "redis":
            running.enter_context(second_worker(first))
            wait_for(lambda: len(workers(first)) == 2, 30)

        def kill() -> Served:
            for pid in processes(f"DATA_DIR={first.environment['DATA_DIR']}"):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            first.process.wait(timeout=10)
            again = start(folder, urls | temporary(folder))
            running.callback(again.process.wait, timeout=30)
            running.callback(again.process.terminate)
            return again

        made_after(first, "statistics", kill)


@needs_redis
@pytest.mark.proof
@pytest.mark.parametrize("what", ["child", "worker"])
def test_with_two_workers_on_redis(tmp_path, what):
    with (
        servers.redis() as url,
        own_database() as urls,
        product(tmp_path / "data", {**urls, "REDIS_URL": url}, LARGE) as served,
        second_worker(served),
    ):
        wait_for(lambda: len(workers(served)) == 2, 30)

        def kill() -> None:
            busy = busiest([pid for group in workers(served) for pid in group[1:]])
            group = next(group for group in workers(served) if busy in group)
            for pid in group if what == "worker" else [busy]:
                os.kill(pid, signal.SIGKILL)

        made_after(served, "statistics", kill)


@pytest.mark.proof
@needs_redis
def test_while_redis_hangs_or_refuses_asking_answers_in_two_seconds_and_deciding_goes_on(tmp_path):
    port = servers.free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with (
        own_database() as urls,
        redis_on(port) as redis,
        product(tmp_path / "data", {**urls, "REDIS_URL": url}) as served,
    ):
        item = int(shell(served, OFFER))
        person = Person(served)

        def asked(kind: str) -> None:
            assert "已经排上" in person.ask(kind)
            assert person.waited < 2
            assert newest(served)[0] == "queued"

        redis.send_signal(signal.SIGSTOP)
        asked("statistics")
        page = f"/o/big/items/{item}/"
        assert "已认定有效" in person.send(page, f"{page}move/accept/")
        assert person.waited < 2
        redis.send_signal(signal.SIGCONT)
        wait_for(lambda: newest(served)[0] == "done", AGAIN, 1)

        redis.kill()
        redis.wait(timeout=10)
        asked("circular")
        assert "已重新打开" in person.send(page, f"{page}move/reopen/", reason="再看")
        with redis_on(port):
            wait_for(lambda: newest(served)[0] == "done", AGAIN, 1)
