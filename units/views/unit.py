"""One's own unit, and what it chooses for itself."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from trail.acts import act
from units.choices import choose, may_choose, own_units, people_of
from units.desk import DeskRequest, at_office, say_refused
from units.verdicts import Refused


@at_office
def own_unit(request: DeskRequest) -> HttpResponse:
    """The reader's units at this office: their people, and how their items go out."""
    units = own_units(request.user, request.office)
    if not units:
        raise Http404
    rows = [(unit, people_of(unit), may_choose(request.user, unit)) for unit in units]
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
