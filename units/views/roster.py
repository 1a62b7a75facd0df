"""The roster (名册): who reports to the office, in which group and order."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render

from units.desk import DeskRequest, at_office, only_for
from units.models import STAFF, Role, RosterGroup, RosterLine
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
    if after is not None and (last := RosterLine.objects.filter(pk=after, office=request.office).first()):
        found = found.filter(behind(last))
    rows = list(found.in_printed_order()[: ROWS + 1])
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


def of_state(lines: Any, state: str) -> Any:
    """Those of the lines that stand, that are exempt of them, or the last of units that have left for good."""
    if state == "former":
        later = RosterLine.objects.filter(office=OuterRef("office"), unit=OuterRef("unit"))
        later = later.filter(Q(until=None) | Q(until__gt=OuterRef("until")))
        return lines.filter(until__isnull=False).exclude(Exists(later))
    return lines.current().filter(ranked=False) if state == "exempt" else lines.current()


def behind(line: RosterLine) -> Q:
    """Those that stand behind this one in printed order."""
    group = Q(group__order__gt=line.group.order) | Q(group__order=line.group.order, group_id__gt=line.group_id)
    return group | Q(group=line.group_id) & (Q(order__gt=line.order) | Q(order=line.order, pk__gt=line.pk))


def address(kept: dict[str, Any], **changes: Any) -> str:
    return "?" + urlencode({name: value for name, value in {**kept, **changes}.items() if value})
