"""What was asked for, as the report centre lists it: newest first, with how far each is."""

import datetime
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from reports import press
from reports.kinds import kind_of
from reports.models import ReportRun, RunState
from reports.permissions import may_make
from units.desk import DeskRequest
from units.text import row_id

PAGE = 20


@dataclass(slots=True)
class Step:
    """A step of a run that is being made; ``told`` is how far the current one is."""

    name: str
    done: bool
    current: bool
    told: str = ""


@dataclass(slots=True)
class Line:
    """A run on its way to the screen. ``ahead`` is how many others are made before it; ``percent`` how far it is."""

    run: ReportRun
    name: str
    steps: list[Step]
    percent: int
    took: str
    ahead: int


class History:
    """A page of an office's runs as its reader sees them; further pages go by key."""

    def __init__(self, request: DeskRequest) -> None:
        self.account, self.office = request.user, request.office
        before = request.GET.get("before", "")
        self.before = row_id(before)

    @cached_property
    def found(self) -> list[ReportRun]:
        visible = ReportRun.objects.visible_to(self.account, self.office).newest_first().for_table()
        if self.before is not None:
            visible = visible.filter(pk__lt=self.before)
        return list(visible[: PAGE + 1])

    @cached_property
    def lines(self) -> list[Line]:
        waiting = list(ReportRun.objects.underway().values_list("pk", flat=True)) if self.busy else []
        return [_line(run, sum(other < run.pk for other in waiting)) for run in self.found[:PAGE]]

    @cached_property
    def may_make(self) -> bool:
        return bool(may_make(self.account, self.office))

    @property
    def busy(self) -> bool:
        return any(run.is_underway for run in self.found[:PAGE])

    @property
    def next_key(self) -> int | None:
        """The key of the next page, where there is one."""
        return self.found[PAGE - 1].pk if len(self.found) > PAGE else None


def _line(run: ReportRun, ahead: int) -> Line:
    names = press.steps(run.kind) if run.state == RunState.RUNNING else [""]
    if run.step not in names:  # of a worker that can write what this machine cannot
        names.append(run.step)
    at = names.index(run.step)
    part = run.done / run.total if run.total else 0
    told = f"{run.done} / {run.total}" if run.total > 1 else ""
    steps = [Step(name, i < at, i == at, told if i == at else "") for i, name in enumerate(names)]
    percent = round(100 * (at + part) / len(names))
    return Line(run, f"{run.period}{kind_of(run.kind).label}", steps, percent, _took(run), ahead)


def _took(run: ReportRun) -> str:
    """How long it has taken until now, or took: 1 分 5 秒."""
    if run.started_at is None:
        return ""
    taken: datetime.timedelta = (run.finished_at or timezone.now()) - run.started_at
    minutes, seconds = divmod(max(round(taken.total_seconds()), 1), 60)
    return f"{minutes} 分 {seconds} 秒" if minutes else f"{seconds} 秒"
