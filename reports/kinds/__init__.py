"""The reports there are: what each is called, what it says and what it is written in."""

from collections.abc import Callable
from typing import NamedTuple

from reports.document import Document
from reports.kinds import circular, statistics
from submissions.models import Period


class Kind(NamedTuple):
    label: str
    build: Callable[[Period], Document]
    formats: tuple[str, ...]


KINDS = {
    "circular": Kind("通报", circular.build, ("docx", "html")),
    "statistics": Kind("统计表", statistics.build, ("xlsx",)),
}
