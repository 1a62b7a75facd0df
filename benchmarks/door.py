"""The door under load: ours and a bare Django sign-in, served alike, in alternated rounds.

Measured are one sign-in alone, twenty at once until the last is in, what a page takes meanwhile, the time of a
known and an unknown name, and what becomes of a thousand names tried with one password.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from benchmarks.rounds import ROUNDS, ratio
from tests.servers import free_port
from tests.visitor import Visitor

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "Ein-langes-Passwort-1"  # noqa: S105  of accounts that live as long as this measurement
PEOPLE = 20
NAMES = 1_000
ACCOUNTS = """
from django.contrib.auth.hashers import make_password
from units.models import Account
hashed = make_password({password!r})
for i in range({people}):
    Account.objects.create(username=f"person{{i}}", name="测试", password=hashed)
"""


@contextmanager
def served(application: str, folder: Path) -> Iterator[int]:
    """Gunicorn as ``manage.py serve`` starts it; its port."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        application,
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
    ]
    command += ["--workers", "2", "--threads", "8", "--no-control-socket", "--log-level", "error"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(folder), start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                Visitor(port).ask("GET", "/healthz")
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPYCACHEPREFIX") if name in os.environ}
    return {**kept, "DATA_DIR": str(folder), "DEMO_PASSWORD": PASSWORD, "PROXIES": "1"}


def prepare(folder: Path) -> None:
    def run(*command: str) -> None:
        subprocess.run([sys.executable, *command], cwd=ROOT, env=environment(folder), check=True, timeout=300)

    run("manage.py", "migrate", "-v", "0")
    run("manage.py", "load_example", "shanxi-2020q1")
    run("manage.py", "shell", "-v", "0", "-c", ACCOUNTS.format(password=PASSWORD, people=PEOPLE))
    run("-m", "benchmarks.bare_door")


def alone(port: int) -> float:
    visitor = Visitor(port).come()
    begin = time.perf_counter()
    status, _ = visitor.sign_in("person0", PASSWORD)
    assert status == 302
    return time.perf_counter() - begin


def at_once(port: int) -> tuple[float, float]:
    """Seconds until the last of twenty is in, and the longest that a page took meanwhile."""
    visitors = [Visitor(port).come() for _ in range(PEOPLE)]
    statuses: list[int] = []
    pages: list[float] = []
    threads = [
        threading.Thread(target=lambda i=i, v=v: statuses.append(v.sign_in(f"person{i}", PASSWORD)[0]))
        for i, v in enumerate(visitors)
    ]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        asked = time.perf_counter()
        Visitor(port).ask("GET", "/accounts/login/")
        pages.append(time.perf_counter() - asked)
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    assert statuses == [302] * PEOPLE, statuses
    return time.perf_counter() - begin, max(pages)


def names_alike(port: int) -> tuple[list[float], list[float]]:
    """Seconds of wrong passwords of a known name and of unknown ones, alternated, each from a place of its own."""
    known, unknown = [], []
    for i in range(12):
        for name, seconds in (("person0", known), (f"nobody{i}", unknown)):
            visitor = Visitor(port, f"10.1.{len(seconds)}.{len(name)}").come()
            begin = time.perf_counter()
            visitor.sign_in(name, "wrong")
            seconds.append(time.perf_counter() - begin)
    return known, unknown


def thousand_names(port: int) -> tuple[int, float, float]:
    """How many of a thousand names had their password looked at, and the seconds of those and of the others, each."""
    visitor = Visitor(port, "10.66.0.1").come()
    looked, refused = [], []
    for i in range(NAMES):
        begin = time.perf_counter()
        _, page = visitor.sign_in(f"name{i}", "Qwer1234!!")
        (refused if "15 分钟再试" in page else looked).append(time.perf_counter() - begin)
    return len(looked), median(looked), median(refused)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="door-") as name, ExitStack() as running:
        folder = Path(name)
        prepare(folder)
        ours = running.enter_context(served("portal.wsgi", folder))
        bare = running.enter_context(served("benchmarks.bare_door:application", folder))
        alone(ours), alone(bare)
        rounds = [(alone(ours), alone(bare), at_once(ours), at_once(bare)) for _ in range(ROUNDS)]
        print("The door: ours against a bare Django sign-in (smallest–largest)")
        ratio("one sign-in alone", [r[0] for r in rounds], [r[1] for r in rounds], 1.5)
        ratio("twenty at once, until the last is in", [r[2][0] for r in rounds], [r[3][0] for r in rounds], 1.5)
        ratio("the slowest page meanwhile", [r[2][1] for r in rounds], [r[3][1] for r in rounds])
        ratio("twenty at once : twenty one after another", [r[2][0] for r in rounds], [r[0] * PEOPLE for r in rounds])
        ratio("a wrong password of a known name : of an unknown one", *names_alike(ours), 1.1)
        looked, of_looked, of_refused = thousand_names(ours)
        print(f"  {NAMES} names with one password from one address: {looked} were looked at, the others refused")
        ratio("  one refused : one looked at", [of_refused], [of_looked])


if __name__ == "__main__":
    main()
