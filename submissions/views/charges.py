"""Which groups and themes an editor is for."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from submissions.charges import charge
from submissions.forms import ChargeForm
from trail.acts import act
from units.desk import DeskRequest, at_office, say_refused
from units.models import Membership, Role
from units.permissions import may_keep_accounts, may_take
from units.verdicts import Refused


@act("改分管", ["groups", "themes"])
@at_office
def charge_editor(request: DeskRequest, pk: int) -> HttpResponse:
    """Which groups and themes an editor of the office is for; for those who keep its accounts."""
    if not may_keep_accounts(request.user, request.office):
        raise Http404
    editors = Membership.objects.filter(unit=request.office.unit_id, role=Role.EDITOR)
    membership = get_object_or_404(editors.select_related("account", "unit"), pk=pk)
    request.about = membership.account
    typed = request.POST if request.method == "POST" else None
    form = ChargeForm(typed, membership=membership, office=request.office)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            charge(membership, chosen["groups"], chosen["themes"], request.office, request.user)
        except Refused as error:
            say_refused(request, error)
        else:
            messages.success(request, f"{membership.account}分管的已经改好。")
        return redirect("account", request.office.code, membership.account_id)
    context = {"form": form, "membership": membership, "verdict": may_take(request.user, membership, request.office)}
    return render(request, "submissions/charge.html", context, status=422 if form.errors else 200)
