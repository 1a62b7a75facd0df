"""The roster, changed beside what that does to the standings: a unit's line, a group's order, an import."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from scoring.shifts import outlook
from submissions.joint import roster_names
from submissions.models import Item
from submissions.stamps import stamp
from trail.acts import act
from units import roster_imports, rosters
from units.desk import DeskRequest, at_office, only_for
from units.models import Role, RosterGroup, RosterImport, RosterLine
from units.roster_forms import LeaveForm, MergeForm, OrderForm, PlaceForm, RestoreForm, group_names
from units.verdicts import Refused, TooLate

KINDS: dict[str, tuple[str, type]] = {
    "change": ("改名称、类别、次序、排名", PlaceForm),
    "leave": ("退出名册", LeaveForm),
    "merge": ("并入别的单位", MergeForm),
}
GONE: dict[str, tuple[str, type]] = {"restore": ("恢复：当作没有退出、没有并入", RestoreForm)}


@act("改名册", ["kind", "do", "seen", "since", "name", "group", "order", "ranked", "into"])
@at_office
def change_line(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask how a unit is to stand; show what that does to the tables, open and closed; do just what was shown."""
    only_for(request, Role.MANAGER)
    lines = RosterLine.objects.filter(office=request.office).select_related("unit__successor", "group", "office")
    line = get_object_or_404(lines, pk=pk)
    request.about = line.unit
    posted = request.method == "POST"
    kinds = KINDS if line.until is None else GONE
    kind = (request.POST if posted else request.GET).get("kind", "")
    kind = kind if kind in kinds else next(iter(kinds))
    form = kinds[kind][1](request.POST if posted else None, line)
    context: dict[str, Any] = {"line": line, "kind": kind, "form": form, "groups": group_names(request.office)}
    context["kinds"] = [(value, label, value == kind) for value, (label, _) in kinds.items()]
    context["units"] = roster_names(request.office) if kind == "merge" else []
    if posted and form.is_valid():
        done = look_or_do(request, form, act_on(line, kind, form, request), form.day, context)
        if done:
            messages.success(request, f"名册已改：{line.name}。封存了的报送期不变。")
            return redirect("unit", request.office.code, line.unit_id)
        if kind in ("leave", "merge"):
            later = Item.objects.filter(office=request.office, unit=line.unit_id, received_on__gt=form.day)
            context["later"] = later.count()
    return render(request, "portal/change_line.html", context, status=422 if form.errors else 200)


def act_on(line: RosterLine, kind: str, form: Any, request: DeskRequest) -> Callable[[], object]:
    """What the form asks for, to be tried or done."""
    if kind == "leave":
        return lambda: rosters.leave(line, form.day, request.user)
    if kind == "merge":
        return lambda: rosters.merge(line, form.cleaned_data["into"], form.day, request.user)
    if kind == "restore":
        return lambda: rosters.restore(line, request.user)
    return lambda: rosters.change(line, form.place, form.day, request.user)


def look_or_do(
    request: DeskRequest, form: Any, act_of: Callable[[], object], since: Any, context: dict[str, Any]
) -> bool:
    """Whether the act was done: only what was shown is. Else it is tried, and what it would do is in the context."""
    seen = looked_at(form)
    try:
        if request.POST.get("do") == "save" and request.POST.get("seen") == seen:
            act_of()
            return True
        context |= {"looked": True, **outlook(act_of, request.office, since)._asdict(), "seen": seen}
    except (Refused, TooLate) as error:
        form.add_error(None, str(error))
        request.refusal = str(error)
    return False


def looked_at(form: Any) -> str:
    """What a valid form asked for when its effects were shown: only that is done."""
    return stamp({"asked": str(form.cleaned_data), "rows": str(getattr(form, "order", ""))})


@act("排名册次序", ["do", "seen", "since", "line", "order"])
@at_office
def order_group(request: DeskRequest, pk: int) -> HttpResponse:
    """The units of a group with a number each; shown what it does, they stand in the order of the numbers."""
    only_for(request, Role.MANAGER)
    group = get_object_or_404(RosterGroup, pk=pk, office=request.office)
    request.about = group
    lines = list(RosterLine.objects.current().filter(office=request.office, group=group).in_printed_order())
    form = OrderForm(request.POST if request.method == "POST" else None, lines)
    context: dict[str, Any] = {"form": form, "group": group}
    if request.method == "POST" and form.is_valid():
        since = form.cleaned_data["since"]
        if look_or_do(request, form, lambda: rosters.reorder(group, form.order, since, request.user), since, context):
            messages.success(request, f"{group}的次序已经排好。")
            return HttpResponseRedirect(f"{reverse('roster', args=[request.office.code])}?group={group.pk}")
    return render(request, "portal/order_group.html", context, status=422 if form.errors else 200)


@at_office
def import_effects(request: DeskRequest, pk: int) -> HttpResponse:
    """What an import that waits would do to the tables."""
    only_for(request, Role.MANAGER)
    chosen = get_object_or_404(RosterImport.objects.select_related("office"), pk=pk, office=request.office)
    context: dict[str, Any] = {"chosen": chosen}
    try:
        tried = outlook(lambda: roster_imports.take_in(chosen, request.user), request.office, chosen.since)
    except (Refused, TooLate) as error:
        context["refused"] = str(error)
    else:
        context |= tried._asdict()
    return render(request, "portal/import_effects.html", context, status=422 if "refused" in context else 200)
