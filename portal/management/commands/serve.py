"""``manage.py serve``: everything at once, for one machine: web, worker and beat (DESIGN 9.1)."""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from portal.checks import refuse_unfit
from units.models import Account, Office

EXAMPLE = "shanxi-2020q1"
PATIENCE = 60  # seconds until a page must have come
RESTARTS, OFTEN = 5, 600  # a worker that died is started again, unless it did so more than 5 times in 600 seconds
GRACE = 10  # seconds the children get to end by themselves; make waits for us, so nothing outlives it


class Command(BaseCommand):
    help = "迁移数据库，空库则载入示例，启动网站、工作进程和定时器；Ctrl-C 全部停下"

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unfit()
        signal.signal(signal.SIGTERM, _as_interrupt)
        lock = _only_one()
        _free_port(settings.PORT).close()
        children: list[subprocess.Popen[bytes]] = []
        try:
            call_command("migrate", verbosity=0)
            if not Office.objects.exists() and not Account.objects.exists():
                call_command("load_example", EXAMPLE, stdout=self.stdout)
            children = [_start(*command) for command in (_web(), _worker())]
            self._wait_until_served(children)
            self.stdout.write(f"READY http://127.0.0.1:{settings.PORT}/")
            self.stdout.flush()
            self._keep_running(children)
        except KeyboardInterrupt:
            self.stdout.write("正在停止。")
        finally:
            _stop(children)
            lock.close()

    def _keep_running(self, children: list[subprocess.Popen[bytes]]) -> None:
        """Until the web ends, or the worker ends too often: then CommandError. A dead worker is started again."""
        deaths: list[float] = []
        while len(deaths) <= RESTARTS:
            web, worker = children
            while web.poll() is None and worker.poll() is None:
                time.sleep(0.2)
            if web.poll() is not None:
                raise CommandError("网站自己停了，原因见上面的记录。")
            now = time.monotonic()
            deaths = [*(death for death in deaths if now - death < OFTEN), now]
            self.stderr.write("工作进程自己停了，原因见上面的记录；现在重新启动它，网站照常使用。")
            _end_session(worker)
            children[1] = _start(*_worker())
        raise CommandError("工作进程一再停下，原因见上面的记录。")

    def _wait_until_served(self, children: list[subprocess.Popen[bytes]]) -> None:
        """Until the sign-in page has been fetched. Raises CommandError if it never comes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and all(child.poll() is None for child in children):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{settings.PORT}/accounts/login/", timeout=5).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
            else:
                return
        raise CommandError("网站没有启动成功，原因见上面的记录。")


def _web() -> tuple[str, ...]:
    return (
        *("gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{settings.PORT}", "--worker-class", "gthread"),
        *("--workers", "2", "--threads", "8", "--worker-tmp-dir", str(settings.DATA_DIR), "--no-control-socket"),
        *("--log-level", "warning"),
    )


def _worker() -> tuple[str, ...]:
    return (
        *("celery", "--quiet", "-A", "portal", "worker", "--beat", "--concurrency", "2", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--hostname", "embedded@localhost"),
    )


def _start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A child in a session of its own, so that a Ctrl-C reaches it only through us."""
    command = [sys.executable, "-m", module, *arguments]
    temporary = settings.DATA_DIR / "tmp"  # where workbooks are made, too: nothing is written outside
    temporary.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, start_new_session=True, stdin=subprocess.DEVNULL
    )


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask, wait, then end whatever is left of each child's session."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + GRACE
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(deadline - time.monotonic(), 0))
        _end_session(child)


def _end_session(child: subprocess.Popen[bytes]) -> None:
    """End a child and whatever it has started."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _only_one() -> Any:
    """The lock of the data folder, as an open file. Raises CommandError where another holds it."""
    file = (settings.DATA_DIR / "serve.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise CommandError(
            f"{settings.DATA_DIR} 里的系统已经在运行。要另开一个，请用别的 DATA_DIR 和 PORT。"
        ) from error
    return file


def _free_port(port: int) -> socket.socket:
    """A socket that shows the port is free. Raises CommandError where it is not."""
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", port))
    except OSError as error:
        probe.close()
        if error.errno == errno.EADDRINUSE:
            raise CommandError(f"端口 {port} 已被占用。请换一个，例如 PORT={port + 1} make run。") from error
        raise CommandError(f"不能使用端口 {port}：{error.strerror}。") from error
    return probe


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
