"""Turns: what costs a machine much happens in few places at once, whichever process asks."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT = 10.0  # seconds for one's turn


class NoTurn(Exception):
    """None of the places got free in time."""


@contextmanager
def turn(folder: Path, places: int) -> Iterator[None]:
    """One of so many places, whose locks lie in a folder: who dies gives up his. Raises NoTurn."""
    folder.mkdir(exist_ok=True)
    until = time.monotonic() + WAIT
    while True:
        for number in range(places):
            with (folder / f"{number}.lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue
                yield
                return
        if time.monotonic() > until:
            raise NoTurn
        time.sleep(0.1)
