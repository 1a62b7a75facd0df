"""The whole product: web, worker and beat, on the example.

It is started once as a newcomer starts it, on nothing; the journeys begin with copies of what that start has made.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest

from tests import programs, servers
from tests.console import console_of

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "demonstration-2020"
START = 120  # seconds a start may take on a slow machine


@dataclass
class Served:
    """A running product: where it is, what it printed, and how to stop it."""

    url: str
    process: subprocess.Popen
    log: Path
    environment: dict[str, str] = field(repr=False)

    def __post_init__(self) -> None:
        self.console = console_of(self.environment)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess:
        """A command of ``manage.py`` on the same data."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    def command(self, *arguments: str) -> str:
        """What such a command prints, without waiting for a process to begin; it must not fail."""
        return self.console.run(f"from django.core.management import call_command\ncall_command(*{arguments!r})")

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310  ours
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self) -> None:
        self.console.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        finally:
            self.process.kill()


def start(folder: Path, urls: dict[str, str], example: Path | None = None) -> Served:
    """Start it on a free port and wait for READY. It finds nothing, or what it left, or a copy of the example."""
    if example:
        copy(example, folder, urls)
    programs.data_folder(folder)
    port = servers.free_port()
    environment = {
        **os.environ,
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "DEMO_PASSWORD": PASSWORD,
        "UNDO_SECONDS": "4",
        **urls,
    }
    log = folder.with_suffix(".log")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    served = Served(f"http://127.0.0.1:{port}", process, log, environment)
    deadline = time.monotonic() + START
    while f"READY {served.url}/" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"it did not start:\n{log.read_text()}")
        time.sleep(0.1)
    return served


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a product that was started on nothing and stopped: one for all workers of the suite."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    place = root / "example"
    with (root / "example.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            first = tmp_path_factory.mktemp("first")
            with own_database() as urls:
                start(first / "data", urls).stop()
                if urls:
                    subprocess.run(["pg_dump", "-f", first / "data.sql", urls["DATABASE_URL"]], check=True, timeout=60)
            first.rename(place)
    return place / "data"


def copy(example: Path, folder: Path, urls: dict[str, str]) -> None:
    """Lay down the example's folder, log and database."""
    shutil.copytree(example, folder, symlinks=True)
    shutil.copy(example.with_suffix(".log"), folder.with_suffix(".log"))
    if url := urls.get("DATABASE_URL"):
        command = ["psql", "-qX", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", "-f", example.with_suffix(".sql"), url]
        subprocess.run(command, check=True, timeout=60)


@pytest.fixture(scope="session")
def own_urls() -> Iterator[dict[str, str]]:
    with own_database() as urls:
        yield urls


@contextmanager
def own_database() -> Iterator[dict[str, str]]:
    """A database of one's own beside the suite's, so that nothing that exists is touched."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield {}
        return
    name = f"journey_{uuid.uuid4().hex[:12]}"
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield {"DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, own_urls: dict[str, str], example: Path) -> Iterator[Served]:
    """One running product for all journeys; they follow each other in their order."""
    running = start(tmp_path_factory.mktemp("served") / "data", own_urls, example)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """A real Chromium. Where none is installed the journeys are left out, unless services are required.

    Of one file only: while Playwright runs, Django takes its thread for an asynchronous one.
    """
    path = programs.chromium()
    if path is None:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail("REQUIRE_SERVICES=1, but Chromium is not installed.")
        pytest.skip("Chromium is not installed on this machine.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()
