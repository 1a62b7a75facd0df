"""The reports there are: what each is called, what it says and what it is written in."""

from collections.abc import Callable
from typing import NamedTuple

from reports.document import Document
from reports.kinds import circular, statistics
from reports.kinds.circular import Issue
from submissions.models import Period, PeriodKind

__all__ = ["DRAFTED", "KINDS", "Issue", "Kind"]


class Kind(NamedTuple):
    """``build`` takes the period and, of a report to be issued, what was typed in for that."""

    label: str
    build: Callable[[Period, Issue | None], Document]
    formats: tuple[str, ...]
    issued: bool = False


KINDS = {
    "circular": Kind("通报", circular.build, ("docx", "html", "pdf"), issued=True),
    "statistics": Kind("统计表", statistics.build, ("xlsx",)),
}
# What the clock drafts when a period of a kind has ended.
DRAFTED = {PeriodKind.QUARTER: "circular"}
