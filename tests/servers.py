"""Throwaway servers for the tests and the benchmarks: PostgreSQL and Redis on free ports of 127.0.0.1.

Everything lies in a temporary folder, and only what was started here is stopped, by its process id. Every
wait is bounded. A server also stops when whoever started it dies, if there is ``setpriv`` (each Debian has).
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

START = 60.0  # seconds a server may take to answer, or a set-up command to end
STOP = 15.0  # seconds a server may take to end after each signal


def postgres_installed() -> bool:
    """Whether ``postgres()`` can work: the programs are there, and as root somebody to run them as."""
    return _postgres_bin() is not None and (os.geteuid() != 0 or _postgres_user() is not None)


@contextmanager
def postgres() -> Iterator[str]:
    """A new PostgreSQL cluster without passwords; the DATABASE_URL of its superuser's database."""
    programs = _postgres_bin()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql/*/bin).")
    user = _postgres_user() if os.geteuid() == 0 else None  # the server refuses to run as root
    with _folder(user) as folder:
        initdb = [f"{programs}/initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "postgres"]
        made = subprocess.run(
            [*_as(user), *initdb, "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=START,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        port = free_port()
        settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off"]
        command = [f"{programs}/postgres", "-D", f"{folder}/data", *(arg for s in settings for arg in ("-c", s))]
        url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        # SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
        with _server(command, folder, user, lambda: _postgres_answers(url), (signal.SIGINT, signal.SIGQUIT)):
            yield url


def redis_installed() -> bool:
    """Whether ``redis()`` can work."""
    return shutil.which("redis-server") is not None


@contextmanager
def redis() -> Iterator[str]:
    """A new Redis that saves nothing; the REDIS_URL of its first database."""
    if not redis_installed():
        raise RuntimeError("Redis is not installed (no redis-server in PATH).")
    port = free_port()
    with _folder(None) as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        with _server(command, folder, None, lambda: _redis_answers(port), (signal.SIGTERM,)):
            yield f"redis://127.0.0.1:{port}/0"


def _postgres_bin() -> str | None:
    """The folder of the newest server programs; Debian keeps them out of PATH."""
    if found := shutil.which("initdb"):
        return str(Path(found).resolve().parent)
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return str(max(debian, key=lambda path: float(path.parent.name))) if debian else None


def _postgres_user() -> str | None:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


def _as(user: str | None, at_our_death: str = "KILL") -> list[str]:
    """What a command begins with to run as a user (None: as ourselves) and to be signalled when we die."""
    setpriv = shutil.which("setpriv")
    if setpriv:
        whose = ["--reuid", user, "--regid", user, "--init-groups"] if user else []
        return [setpriv, "--pdeathsig", at_our_death, *whose, "--"]
    return ["runuser", "-u", user, "--"] if user else []


@contextmanager
def _folder(owner: str | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="throwaway-", ignore_cleanup_errors=True) as name:
        if owner:
            shutil.chown(name, owner)
        yield Path(name)


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def _server(
    command: list[str], folder: Path, user: str | None, answers: Callable[[], bool], signals: tuple[signal.Signals, ...]
) -> Iterator[None]:
    """Run a server until the block ends. ``signals`` ask it to stop, one after another, before it is killed."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*_as(user, signals[0].name.removeprefix("SIG")), *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C is for us; we stop the server ourselves
        )
    try:
        deadline = time.monotonic() + START
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                said = (folder / "log").read_text(errors="replace")
                raise RuntimeError(f"{command[0]} does not answer:\n{said[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        _stop(process, signals)


def _stop(process: subprocess.Popen[bytes], signals: tuple[signal.Signals, ...]) -> None:
    for number in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP)
        except subprocess.TimeoutExpired:
            continue


def _postgres_answers(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as link:
            link.sendall(b"PING\r\n")
            return link.recv(16).startswith(b"+PONG")
    except OSError:
        return False
