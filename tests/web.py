"""The web server alone, on a small world, for tests that kill it, stop its clock or fill its disk."""

import http.client
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests import programs, servers
from tests.console import console_of
from tests.visitor import TOKEN, Visitor
from tests.world import PASSWORD

ROOT = Path(__file__).resolve().parent.parent
START = 60  # seconds a start may take on a slow machine
Files = Sequence[tuple[str, str, bytes]]  # field, name, content


@dataclass
class Web:
    """A place with a database, and the servers that are started on it one after another."""

    environment: dict[str, str] = field(repr=False)
    port: int = 0
    process: subprocess.Popen | None = None

    def __post_init__(self) -> None:
        self.console = console_of(self.environment)

    def manage(self, *arguments: str) -> str:
        """What a command of ``manage.py`` prints."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def shell(self, code: str) -> str:
        """What a piece of code prints that runs in the product."""
        return self.console.run(code)

    @contextmanager
    def serving(self, *before: str, **more: str) -> Iterator["Web"]:
        """Serve until the block ends; ``before`` is a command that the server is started by."""
        self.port = servers.free_port()
        options = ["--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket"]
        command = [
            *before,
            sys.executable,
            "-m",
            "gunicorn",
            "portal.wsgi",
            "--bind",
            f"127.0.0.1:{self.port}",
            *options,
        ]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**self.environment, **more}, start_new_session=True)
        try:
            self._wait()
            yield self
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=30)

    def _wait(self) -> None:
        deadline = time.monotonic() + START
        while True:
            with suppress(OSError):
                if Visitor(self.port).ask("GET", "/healthz")[0] == 200:
                    return
            assert time.monotonic() < deadline, "it did not start"
            time.sleep(0.1)

    def workers(self) -> list[int]:
        """Ids of the processes that answer requests."""
        assert self.process
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def person(self, name: str) -> "Person":
        return Person(self.port, name)


class Person(Visitor):
    """Somebody of the small world, signed in, who can send files."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(port)
        assert self.come().sign_in(name, PASSWORD)[0] == 302

    def token_of(self, page: str) -> str:
        found = TOKEN.search(self.ask("GET", page)[1])
        assert found, page
        return found[1]

    def send(self, to: str, secret: str, files: Files = (), /, **fields: object) -> tuple[int, str]:
        """Post a form with the secret of its page; a list is a field that comes several times."""
        edge = uuid.uuid4().hex
        body = b""
        rows = [("csrfmiddlewaretoken", secret), *fields.items()]
        for name, value in rows:
            for one in value if isinstance(value, list) else [value]:
                content = one if isinstance(one, bytes) else str(one).encode()
                body += (
                    f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content + b"\r\n"
                )
        for name, filename, content in files:
            head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
            body += head.encode() + content + b"\r\n"
        return self._post(to, body + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}")

    def _post(self, to: str, body: bytes, content_type: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request("POST", to, body, {"Cookie": cookies, "Content-Type": content_type})
        answer = connection.getresponse()
        text = answer.read().decode()
        self.location = answer.getheader("Location") or ""
        connection.close()
        return answer.status, text

    def fetch(self, path: str) -> tuple[http.client.HTTPMessage, bytes]:
        """Headers and content of a file."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.headers, content


def found(folder: Path, urls: dict[str, str]) -> Web:
    """The small world of the tests, with this year's and the next year's quarters, in a database of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    web = Web(
        {**kept, "DATA_DIR": str(programs.data_folder(folder)), "SECOND_FACTOR": "0", "LOG_LEVEL": "ERROR", **urls}
    )
    web.manage("migrate", "-v", "0")
    web.shell("from tests.world import build_world; build_world()")
    return web
