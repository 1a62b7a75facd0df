"""A unit's line on the roster, changed beside what that does to the standings."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from scoring.shifts import shifts_of
from trail.acts import act
from units import rosters
from units.desk import DeskRequest, at_office, only_for
from units.models import Role, RosterLine
from units.roster_forms import LeaveForm, MergeForm, PlaceForm, group_names
from units.verdicts import Refused, TooLate

KINDS: dict[str, tuple[str, type]] = {
    "change": ("改名称、类别、次序、排名", PlaceForm),
    "leave": ("退出名册", LeaveForm),
    "merge": ("并入别的单位", MergeForm),
}


@act("改名册", ["kind", "do", "since", "name", "group", "order", "ranked", "into"])
@at_office
def change_line(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask how a unit is to stand; show what that does to the tables, open and closed; do it."""
    only_for(request, Role.MANAGER)
    lines = RosterLine.objects.current().filter(office=request.office).select_related("unit", "group", "office")
    line = get_object_or_404(lines, pk=pk)
    request.about = line.unit
    posted = request.method == "POST"
    kind = (request.POST if posted else request.GET).get("kind", "")
    kind = kind if kind in KINDS else "change"
    form = KINDS[kind][1](request.POST if posted else None, line)
    context: dict[str, Any] = {"line": line, "kind": kind, "form": form, "groups": group_names(request.office)}
    context["kinds"] = [(value, label, value == kind) for value, (label, _) in KINDS.items()]
    if posted and form.is_valid():
        act_of = act_on(line, kind, form, request)
        try:
            if request.POST.get("do") == "save":
                act_of()
                messages.success(request, f"名册已改：{line.name}。封存了的报送期不变。")
                return redirect("unit", request.office.code, line.unit_id)
            shifts, closed = shifts_of(act_of, request.office, form.day)
        except (Refused, TooLate) as error:
            form.add_error(None, str(error))
            request.refusal = str(error)
        else:
            context |= {"looked": True, "shifts": shifts, "closed": closed}
    return render(request, "portal/change_line.html", context, status=422 if form.errors else 200)


def act_on(line: RosterLine, kind: str, form: Any, request: DeskRequest) -> Callable[[], object]:
    """What the form asks for, to be tried or done."""
    if kind == "leave":
        return lambda: rosters.leave(line, form.day, request.user)
    if kind == "merge":
        return lambda: rosters.merge(line, form.cleaned_data["into"], form.day, request.user)
    return lambda: rosters.change(line, form.place, form.day, request.user)
