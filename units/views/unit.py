"""One's own unit, its contacts and what it chooses for itself; and a unit as its office sees it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from trail.acts import act
from units.choices import choose, may_choose, own_units, people_of
from units.contacts import book_of
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import STAFF, Role, RosterLine, Unit
from units.permissions import may_keep_accounts, may_keep_contacts
from units.privacy import sees_numbers
from units.roster_forms import NamesForm
from units.rosters import name_also
from units.verdicts import Refused


@at_office
def own_unit(request: DeskRequest) -> HttpResponse:
    """The reader's units at this office: how their items go out, their contacts and people."""
    units = own_units(request.user, request.office)
    if not units:
        raise Http404
    rows = [(unit, people_of(unit), may_choose(request.user, unit), book_of(unit, request.office)) for unit in units]
    return render(request, "units/own_unit.html", {"rows": rows})


@act("改报送办法", ["needs_signer", "needs_review"])
@require_POST
@at_office
def choose_for_unit(request: DeskRequest, pk: int) -> HttpResponse:
    unit = next((unit for unit in own_units(request.user, request.office) if unit.pk == pk), None)
    if unit is None:
        raise Http404
    request.about = unit
    try:
        asked = request.POST
        choose(unit, "needs_signer" in asked, "needs_review" in asked, request.office, request.user)
    except Refused as error:
        say_refused(request, error)
    else:
        messages.success(request, f"{unit}的报送办法已经改好。")
    return redirect("own-unit", request.office.code)


@at_office
def unit_page(request: DeskRequest, pk: int) -> HttpResponse:
    """A unit that reports or reported to the office: names and places on the roster, contacts, people."""
    only_for(request, *STAFF)
    return shown_unit(request, pk)


@act("改别名和代码", ["code", "names"])
@require_POST
@at_office
def name_unit(request: DeskRequest, pk: int) -> HttpResponse:
    """Let a unit of the roster have this code and just these aliases."""
    only_for(request, Role.MANAGER)
    lines = RosterLine.objects.current().filter(office=request.office).select_related("unit")
    line = get_object_or_404(lines, unit__pk=pk)
    request.about = line.unit
    form = NamesForm(request.POST)
    if form.is_valid():
        try:
            name_also(line, form.cleaned_data["code"], form.cleaned_data["names"], request.user)
        except Refused as error:
            form.add_error(None, str(error))
            request.refusal = str(error)
        else:
            messages.success(request, f"{line.name}的别名和代码已经改好。")
            return redirect("unit", request.office.code, pk)
    return shown_unit(request, pk, status=422, names_form=form)


def shown_unit(request: DeskRequest, pk: int, status: int = 200, names_form: NamesForm | None = None) -> HttpResponse:
    lines = list(
        RosterLine.objects.filter(office=request.office, unit__id=pk).select_related("group").order_by("-since")
    )
    if not lines:
        raise Http404
    unit = Unit.objects.select_related("successor").get(pk=pk)
    here = any(line.until is None for line in lines)
    context: dict[str, Any] = {
        "unit": unit,
        "lines": lines,
        "aliases": unit.aliases.filter(office=request.office).order_by("name"),
        "here": here,  # of who reports elsewhere now, only its past here is told
        "book": book_of(unit, request.office) if here else None,
        "whole": sees_numbers(request.user, pk, request.office),
        "may_keep": may_keep_contacts(request.user, unit, request.office),
        "people": people_of(unit) if here else [],
        "manager": request.user.has_role(request.office.unit_id, Role.MANAGER),
        "may_open": may_keep_accounts(request.user, request.office),
    }
    typed = {"code": unit.code or "", "names": "、".join(alias.name for alias in context["aliases"])}
    context["names_form"] = names_form or NamesForm(initial=typed)
    return render(request, "units/unit.html", context, status=status)
