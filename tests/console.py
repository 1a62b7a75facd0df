"""What ``manage.py shell -c`` does, again and again, by a process that has the product loaded already.

Each piece of code runs in a child of its own, with connections of its own, so that none leaves anything to the next.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 120  # seconds for one piece


def console_of(environment: dict[str, str]) -> "Console":
    """The one console of a place, whoever asks for it."""
    place = environment["DATA_DIR"]
    if place not in _consoles:
        _consoles[place] = Console(environment)
    return _consoles[place]


class Console:
    """The process, started with the first piece of code, until it is closed or who started it has ended."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.process: subprocess.Popen | None = None

    def run(self, code: str) -> str:
        """What the code prints. Fails with what it says where it raises."""
        if self.process is None:
            command = [sys.executable, "-m", "tests.console"]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(code).encode() + b"\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], LIMIT)
        assert ready, "no answer"
        status, told = json.loads(self.process.stdout.readline())
        assert status == 0, told
        return str(told).strip()

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate(timeout=30)
            self.process = None


_consoles: dict[str, Console] = {}


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    for line in sys.stdin:
        with tempfile.TemporaryFile() as told:
            child = os.fork()
            if child == 0:
                os.dup2(told.fileno(), 1)
                os.dup2(told.fileno(), 2)
                os._exit(_run(json.loads(line)))
            _, status = os.waitpid(child, 0)
            told.seek(0)
            print(json.dumps([status, told.read().decode()]), flush=True)


def _run(code: str) -> int:
    try:
        exec(compile(code, "console", "exec"), {"__name__": "console"})  # noqa: S102  the tests' own
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main()
