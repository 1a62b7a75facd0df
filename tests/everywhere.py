"""``make test``: the suite on SQLite and the embedded queue, then on throwaway PostgreSQL and Redis.

What is marked ``once`` (neither database nor queue makes a difference to it) is left out of the second half.
Where the servers are not installed the second half is left out and says so; with ``REQUIRE_SERVICES=1`` that
is a failure. Arguments go to pytest.
"""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from tests import programs, servers

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 1800  # seconds for one half, so that a hanging test ends


def main(arguments: list[str]) -> int:
    required = os.environ.get("REQUIRE_SERVICES") == "1"
    missing = [name for name, installed in _wanted().items() if not installed]
    if required and missing:
        print(f"REQUIRE_SERVICES=1, but not installed: {', '.join(missing)}.", file=sys.stderr)
        return 1
    failed = _suite("SQLite and the embedded queue", {}, arguments)
    if servers.postgres_installed() and servers.redis_installed():
        with ExitStack() as running:
            urls = {
                "DATABASE_URL": running.enter_context(servers.postgres()),
                "REDIS_URL": running.enter_context(servers.redis()),
            }
            again = [*arguments, "-m", _besides_once(arguments)]
            failed = _suite("PostgreSQL and Redis", urls, again) or failed
    else:
        print(f"left out, not installed: {', '.join(missing)}")
    return failed


def _besides_once(arguments: list[str]) -> str:
    """The marks that are asked for, without the tests to which neither database nor queue makes a difference."""
    asked = [value for option, value in pairwise(arguments) if option == "-m"]
    return " and ".join(["not once", *(f"({marks})" for marks in asked[-1:])])


def _wanted() -> dict[str, bool]:
    return {
        "PostgreSQL": servers.postgres_installed(),
        "Redis": servers.redis_installed(),
        "Chromium": programs.chromium() is not None,
        "LibreOffice": programs.soffice() is not None,
        "faketime": programs.faketime() is not None,
    }


def _suite(where: str, urls: dict[str, str], arguments: list[str]) -> int:
    print(f"== the suite on {where} ==", flush=True)
    # The environment of whoever calls must not leak in: a DATABASE_URL of theirs would be tested on, and emptied;
    # and where nothing compiled is kept, each of the many processes takes seconds to begin.
    theirs = ("DATABASE_URL", "REDIS_URL", "PORT", "DEMO_PASSWORD", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in theirs}
    kept.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "build" / "pycache"))
    with tempfile.TemporaryDirectory() as folder:
        environment = {**kept, "DATA_DIR": folder, **urls}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "2",
            "--dist",
            "loadfile",
            "--no-loadscope-reorder",
            *arguments,
        ]
        return subprocess.run(command, cwd=ROOT, env=environment, timeout=LIMIT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
