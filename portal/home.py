"""The home page: what waits for the reader, how the period stands, what is asked for."""

from typing import Any

from django.db.models import Case, Q, When
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from reports.models import ReportRun
from reports.permissions import may_make
from scoring.earned import scores_of
from scoring.standings import Group, Line, may_see_standings, shown_to, standings
from submissions.filters import counted
from submissions.models import Announcement, CommissionedUnit, Item, Period, PeriodKind, Theme
from submissions.models.items import ItemQuerySet
from submissions.states import State
from units.contacts import rounds_waiting_for
from units.desk import DeskRequest, at_office
from units.models import Account, Registration, Role

NEIGHBOURS = 2  # units shown above and below one's own
PERIODS = 6  # of the chart
UNREAD = 3  # announcements shown
ASKED = 4  # commissions shown
BAR, HIGH = 48, 60  # width of a bar with its room, height of the highest


@at_office
def home(request: DeskRequest) -> HttpResponse:
    """What waits for the reader, how the period stands, what is asked for."""
    account, office = request.user, request.office
    items = Item.objects.visible_to(account, office)
    own = account.units_with(Role.OFFICER, Role.SIGNER)
    period = Period.objects.filter(office=office).select_related("office").at_hand(timezone.localdate())
    editing, manages = account.works_at(office), may_make(account, office)
    if not editing and not own:
        return render(request, "home.html", {"no_desk": True})
    waiting = items.awaiting_decision() if editing else _waiting_for(account, items)
    unread = Announcement.objects.visible_to(account, office).unread_by(account) if own else Announcement.objects.none()
    asked = CommissionedUnit.objects.of(account, office).waiting() if own else CommissionedUnit.objects.none()
    todo_number, unread_number, asked_number = counted(waiting, unread, asked)
    context: dict[str, Any] = {
        "rounds": rounds_waiting_for(account, office) if own else [],
        "asking": Registration.objects.visible_to(account, office).waiting().count(),
        "editing": editing,
        "today": timezone.localdate(),
        "period": period,
        "todo": waiting.for_table().with_reason(account)[:8],
        "todo_number": todo_number,
        "unread": unread.newest_first()[:UNREAD],
        "unread_number": unread_number,
        "asked": asked.select_related("commission", "unit", "item").order_by("commission__due_on", "id")[:ASKED],
        "asked_number": asked_number,
        "several": len(own) > 1,
        "drafts": ReportRun.objects.filter(office=office).news().newest_first().for_table()[:4] if manages else [],
        "latest": _latest(items, editing).for_table().with_reason(account)[:6],
    }
    if period:
        context |= _period_at_a_glance(request, period, own)
        context["priorities"] = Theme.objects.asked_for_from(period)
        context["days_left"] = (period.ends_on - timezone.localdate()).days
    return render(request, "home.html", context)


def _latest(items: ItemQuerySet, editing: bool) -> ItemQuerySet:
    """What came in last; for a unit also what waits in it."""
    return (
        items.exclude(received_on=None).newest_first() if editing else items.exclude(state=State.DRAFT).order_by("-id")
    )


def _waiting_for(account: Account, items: ItemQuerySet) -> ItemQuerySet:
    """What waits for an officer or signer: returned items first, then those to sign or review, then drafts; the newest
    of each first, urgent ones before all."""
    held = Q(undo_until__gt=timezone.now())  # what was just returned may be taken back
    to_write = Q(unit__in=account.units_with(Role.OFFICER), state__in=(State.RETURNED, State.DRAFT)) & ~held
    mine = to_write | Q(pk__in=items.waiting_for(account).values("pk"))
    order = {State.RETURNED: 0, State.SIGNING: 1, State.DRAFT: 2}
    place = Case(*(When(state=state, then=n) for state, n in order.items()), default=3)
    return items.filter(mine).order_by("-urgent", place, "-id")


def _period_at_a_glance(request: DeskRequest, period: Period, own: list[int]) -> dict[str, Any]:
    """The period's figures for the office, or one's own line and its neighbours, as far as they are shown."""
    verdict = may_see_standings(request.user, request.office)
    if not verdict:
        return {"not_shown": verdict.reason}
    table = shown_to(request.user, standings(period))
    if request.user.works_at(request.office):
        lines = list(table.lines)
        return {
            "table": table,
            "reporting": sum(not line.silent for line in lines),
            "units": len(lines),
            "adopted": sum(
                n for column, n in zip(table.columns, table.counts, strict=True) if column.measure == "adoption"
            ),
            "leaders": [(group, group.lines[:3]) for group in table.groups],
        }
    found = next(filter(None, (table.line_of(unit) for unit in own)), None)
    if found is None:
        return {}
    group, line = found
    place = group.lines.index(line)
    near = group.lines[max(place - NEIGHBOURS, 0) : place + NEIGHBOURS + 1]
    tied = sum(other.rank == line.rank for other in group.lines) > 1
    return {
        "table": table,
        "group": group,
        "line": line,
        "tied": tied,
        "near": [(other, other.score - line.score) for other in near],
        "next": _distance(group, line),
        "bars_wide": BAR * PERIODS,
        "bars": _bars(scores_of(line.unit, _last_periods(period))),
    }


def _distance(group: Group, line: Line) -> int | None:
    """How much the unit lacks to the next place up, in millionths; None for the first, the exempt and where hidden."""
    above = [other.score for other in group.lines if other.ranked and other.score > line.score]
    return min(above) - line.score if line.ranked and above else None


def _last_periods(period: Period) -> list[Period]:
    """This period and those of its kind before it, the oldest first."""
    before = Period.objects.filter(office=period.office_id, kind=period.kind, starts_on__lte=period.starts_on)
    return list(before.order_by("-starts_on")[:PERIODS])[::-1]


def _bars(scores: list[tuple[Period, int]]) -> list[dict[str, Any]]:
    """Bars of a small chart: where each stands and how high, in its drawing's units; nothing for a single period."""
    if len(scores) < 2:
        return []
    most = max(max(score for _, score in scores), 1)
    return [
        {
            "period": period,
            "score": score,
            "x": i * BAR + BAR // 2,
            "left": i * BAR + BAR // 4,
            "top": HIGH - (height := max(score, 0) * HIGH // most),
            "height": height,
            "label": short(period),
        }
        for i, (period, score) in enumerate(scores)
    ]


def short(period: Period) -> str:
    """A period's name where there is little room: 20年1季."""
    if period.kind == PeriodKind.QUARTER:
        return f"{period.starts_on:%y}年{(period.starts_on.month + 2) // 3}季"
    return f"{period.starts_on:%y}年{period.starts_on.month}月" if period.kind == PeriodKind.MONTH else period.name[:6]
