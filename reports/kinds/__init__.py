"""The reports there are: what each is called, what it says and what it is written in."""

from collections.abc import Callable
from typing import NamedTuple

from reports.document import Document
from reports.kinds import circular, coverage, statistics
from reports.kinds.circular import Issue
from submissions.models import Period, PeriodKind
from units.verdicts import Refused

__all__ = ["DRAFTED", "KINDS", "Issue", "Kind", "kind_of"]


class Kind(NamedTuple):
    """``build`` takes the period and, of a report to be issued, what was typed in for that."""

    label: str
    build: Callable[[Period, Issue | None], Document]
    formats: tuple[str, ...]
    issued: bool = False


KINDS = {
    "circular": Kind("通报", circular.build, ("docx", "html", "pdf"), issued=True),
    "statistics": Kind("统计表", statistics.build, ("xlsx",)),
    "coverage": Kind("要点覆盖表", coverage.build, ("xlsx",)),
}
# What the clock drafts when a period of a kind has ended.
DRAFTED = {PeriodKind.QUARTER: "circular"}


def kind_of(key: str) -> Kind:
    """The kind of a run, also of one that this version of the product does not know (any more)."""
    return KINDS.get(key) or Kind(key, _unknown, ())


def _unknown(period: Period, issue: Issue | None) -> Document:
    raise Refused("没有这种报表。")
