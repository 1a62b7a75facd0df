"""Handing over (交接): what passes to whom, shown before it is done.

The units' room does it; portal shows it, because what waits in the unit are items.
"""

from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache

from submissions.models import Item
from submissions.states import State
from trail.acts import act
from units import accounts, contacts
from units.contact_forms import HandoverForm
from units.desk import DeskRequest, at_office
from units.models import UNIT_ROLES, Account, Membership, Office, Unit
from units.permissions import may_hand_over
from units.verdicts import Refused
from units.views.people import invite

PASSES = {State.DRAFT: "草稿", State.RETURNED: "退回来要改的", State.SIGNING: "在单位里等审查签发的"}


@act("交接", ["successor", "username", "name", "email", "post", "phone"])
@never_cache
@at_office
def hand_over(request: DeskRequest, pk: int) -> HttpResponse:
    """Pass on all that the holder of a role is in that unit; the new person's link is shown once, in the answer."""
    here = Membership.objects.at(request.office).filter(role__in=UNIT_ROLES).select_related("account", "unit")
    membership = get_object_or_404(here, pk=pk)
    leaver, unit = membership.account, membership.unit
    if not may_hand_over(request.user, leaver, unit, request.office):
        raise Http404
    request.about = leaver
    form = HandoverForm(request.POST or None, unit=unit, leaver=leaver)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        to = form.others.get(asked["successor"]) or accounts.NewPerson(asked["username"], asked["name"], asked["email"])
        try:
            done = accounts.hand_over(leaver, unit, to, asked["post"], asked["phone"], request.office, request.user)
        except Refused as error:
            form.add_error(None, str(error))
            request.refusal = str(error)
        else:
            return _done(request, leaver, unit, done)
    context = {
        "form": form,
        "leaver": leaver,
        "unit": unit,
        "passing": leaver.memberships.filter(unit=unit, role__in=UNIT_ROLES),
        "others": leaver.memberships.exclude(unit=unit, role__in=UNIT_ROLES).exists(),
        "waiting": waiting_in(unit, leaver, request.office),
        "lines": contacts.bearing(unit, leaver.name),
        "own": leaver == request.user,
    }
    return render(request, "portal/hand_over.html", context, status=422 if form.errors else 200)


def waiting_in(unit: Unit, leaver: Account, office: Office) -> list[tuple[str, int]]:
    """How many items wait for whoever writes or signs for a unit; they are the unit's and stay where they are."""
    items = Item.objects.filter(office=office, unit=unit)
    return [(label, items.told_as(state, leaver, office).count()) for state, label in PASSES.items()]


def _done(request: DeskRequest, leaver: Account, unit: Unit, done: accounts.Handover) -> HttpResponse:
    """What was done. Who has handed over the only role is signed out, so the page stands alone."""
    shown = invite(request, done.successor) if done.is_new else {}
    own = leaver == request.user
    if gone := own and done.is_disabled:
        logout(request)
    context = {
        "layout": "alone.html" if gone else "base.html",
        "leaver": leaver,
        "unit": unit,
        "account": done.successor,
        "done": done,
        "own": own,
        "gone": gone,
        "shown": shown,
        **shown,
    }
    return render(request, "portal/handed_over.html", context)
