"""How far a piece of work is: writers and builders call a ``Progress`` now and then, with rows done and rows in all.

A call may raise, and then the work is given up: that is how a cancelled report stops.
"""

from collections.abc import Callable

Progress = Callable[[int, int], None]


def untold(done: int, total: int) -> None:
    """For work that nobody watches."""
