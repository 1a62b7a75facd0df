"""Alternated rounds, and how a figure is printed beside its aim."""

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

ROUNDS = 5

Act = Callable[[], Any]


def seconds(act: Act) -> float:
    """How long an act takes; what others left to be collected is collected before."""
    gc.collect()
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def alternate(*acts: Act, rounds: int = ROUNDS, times: int = 1) -> list[list[float]]:
    """The seconds of each act in each round, the median of so many calls a round: A B A B …

    A first call of each is not counted. Calls alternate within a round too, so that what else the machine
    does meets all acts alike.
    """
    for act in acts:
        act()
    taken: list[list[float]] = [[] for _ in acts]
    for _ in range(rounds):
        calls = [[seconds(act) for act in acts] for _ in range(times)]
        for of_act, several in zip(taken, zip(*calls, strict=True), strict=True):
            of_act.append(median(several))
    return taken


def ratio(name: str, ours: Sequence[float], theirs: Sequence[float], aim: float | None = None) -> None:
    """Print how many times as long ours took as theirs, round by round."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    verdict = "" if aim is None else f"at most {aim:<6g} {'ok' if median(ratios) <= aim else 'short'}"
    _line(name, [f"{r:.2f}" for r in (median(ratios), min(ratios), max(ratios))], verdict, ours, theirs)


def rate(name: str, pieces: int, ours: Sequence[float], aim: float) -> None:
    """Print how many pieces a second were done."""
    rates = [pieces / s for s in ours]
    verdict = f"at least {aim:<5,.0f} {'ok' if median(rates) >= aim else 'short'}"
    _line(name, [f"{r:,.0f}" for r in (median(rates), min(rates), max(rates))], verdict, ours)


def size(name: str, sizes: Sequence[float], aim: float) -> None:
    """Print how much of something there was."""
    verdict = f"under {aim:<8g} {'ok' if median(sizes) < aim else 'short'}"
    _line(name, [f"{s:,.0f}" for s in (median(sizes), min(sizes), max(sizes))], verdict)


def percent(name: str, found: float, aim: float) -> None:
    """Print of how many in a hundred something held."""
    _line(name, [f"{found:.1f} %"] * 3, f"at least {aim:<5g} {'ok' if found >= aim else 'short'}")


def _line(name: str, figures: list[str], verdict: str, *times: Sequence[float]) -> None:
    middle, least, most = figures
    spread = f"({least}–{most})"
    took = " : ".join(f"{median(some) * 1000:,.4g} ms" for some in times)
    line = f"  {name:<66} {middle:>9} {spread:<20} {verdict:<22} {f'[{took}]' if took else ''}"
    print(line.rstrip(), flush=True)
