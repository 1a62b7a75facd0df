"""One's own unit, its contacts and what it chooses for itself; and a unit as its office sees it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from trail.acts import act
from units.choices import choose, may_choose, own_units, people_of
from units.contacts import book_of
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import STAFF, Role, RosterLine, Unit
from units.permissions import may_keep_accounts, may_keep_contacts
from units.privacy import sees_numbers
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
    if pk >= 10**18:  # larger than any database holds
        raise Http404
    lines = list(RosterLine.objects.filter(office=request.office, unit=pk).select_related("group").order_by("-since"))
    if not lines:
        raise Http404
    unit = Unit.objects.select_related("successor").get(pk=pk)
    here = any(line.until is None for line in lines)
    context = {
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
    return render(request, "units/unit.html", context)
