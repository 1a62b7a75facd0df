"""The roster (名册): who reports to the office, in which group and order."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render

from units.desk import DeskRequest, at_office, only_for
from units.models import STAFF, Role, RosterGroup, RosterLine
from units.models.rosters import RosterLineQuerySet
from units.text import one_line, row_id

ROWS = 50  # units a page
STATES = {"": "现在的", "exempt": "不参加排名", "former": "已经退出的"}


@at_office
def roster(request: DeskRequest) -> HttpResponse:
    """The roster of today by group, or who has left it; searched, a page at a time by key."""
    only_for(request, *STAFF)
    words = one_line(request.GET.get("q", ""))[:100]
    state = request.GET.get("state", "") if request.GET.get("state", "") in STATES else ""
    groups = RosterGroup.objects.filter(office=request.office)
    group = groups.filter(pk=row_id(request.GET.get("group", "")) or 0).first()
    lines = RosterLine.objects.filter(office=request.office)
    if words:
        alias = Q(unit__aliases__office=request.office, unit__aliases__name__icontains=words)
        lines = lines.filter(Q(name__icontains=words) | alias).distinct()
    here = lines.filter(group=group) if group else lines
    found = of_state(here, state).select_related("group", "unit__successor")
    after = row_id(request.GET.get("after", ""))
    rows = list(found.printed_behind(after).in_printed_order()[: ROWS + 1])
    kept = {"q": words, "state": state, "group": group.pk if group else ""}
    context = {
        "rows": rows[:ROWS],
        "words": words,
        "state": state,
        "states": [
            (address(kept, state=value), label, of_state(here, value).count(), value == state)
            for value, label in STATES.items()
        ],
        "groups": groups.annotate(number=Count("lines", filter=Q(lines__until=None))),
        "group": group,
        "next": address(kept, after=rows[ROWS - 1].pk) if len(rows) > ROWS else "",
        "top": address(kept) if after is not None else "",
        "manager": request.user.has_role(request.office.unit_id, Role.MANAGER),
    }
    return render(request, "units/roster.html", context)


def of_state(lines: RosterLineQuerySet, state: str) -> RosterLineQuerySet:
    """Those of the lines that stand, that are exempt of them, or the last of units that have left."""
    if state == "former":
        return lines.left()
    return lines.current().filter(ranked=False) if state == "exempt" else lines.current()


def address(kept: dict[str, Any], **changes: Any) -> str:
    return "?" + urlencode({name: value for name, value in {**kept, **changes}.items() if value})
