"""The roster (名册): who reports to the office, in which group and order; and the order of a group."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from trail.acts import act
from units import rosters
from units.desk import DeskRequest, at_office, only_for
from units.models import STAFF, Role, RosterGroup, RosterLine
from units.roster_forms import OrderForm
from units.text import one_line, row_id
from units.verdicts import Refused, TooLate

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
    """Those of the lines that stand, that are exempt of them, or whose unit has left for good."""
    if state == "former":
        standing = RosterLine.objects.current().filter(office__in=lines.values("office")).values("unit")
        return lines.filter(until__isnull=False).exclude(unit__in=standing)
    return lines.current().filter(ranked=False) if state == "exempt" else lines.current()


def behind(line: RosterLine) -> Q:
    """Those that stand behind this one in printed order."""
    group = Q(group__order__gt=line.group.order) | Q(group__order=line.group.order, group_id__gt=line.group_id)
    return group | Q(group=line.group_id) & (Q(order__gt=line.order) | Q(order=line.order, pk__gt=line.pk))


def address(kept: dict[str, Any], **changes: Any) -> str:
    return "?" + urlencode({name: value for name, value in {**kept, **changes}.items() if value})


@act("排名册次序", ["since", "line", "order"])
@at_office
def order_group(request: DeskRequest, pk: int) -> HttpResponse:
    """The units of a group with a number each; saved, they stand in the order of the numbers."""
    only_for(request, Role.MANAGER)
    group = get_object_or_404(RosterGroup, pk=pk, office=request.office)
    request.about = group
    lines = list(RosterLine.objects.current().filter(office=request.office, group=group).in_printed_order())
    form = OrderForm(request.POST if request.method == "POST" else None, lines)
    if request.method == "POST" and form.is_valid():
        try:
            moved = rosters.reorder(group, form.order, form.cleaned_data["since"], request.user)
        except (Refused, TooLate) as error:
            form.add_error(None, str(error))
            request.refusal = str(error)
        else:
            messages.success(request, f"{group}的次序已经排好，动了 {moved} 个单位。")
            return redirect(f"{roster_of(request)}?group={group.pk}")
    context = {"form": form, "group": group}
    return render(request, "units/order_group.html", context, status=422 if form.errors else 200)


def roster_of(request: DeskRequest) -> str:
    return redirect("roster", request.office.code).url
