"""Recording what came by mail or on paper, for its unit (代录)."""

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from submissions import joint
from submissions.decisions import decide
from submissions.entering import Entry, enter
from submissions.forms import EntryForm
from submissions.secrecy import Marked
from submissions.states import State
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for
from units.models import Role
from units.verdicts import Refused, TooLate


@act("代录", EntryForm.NAMES)
@at_office
def enter_item(request: DeskRequest) -> HttpResponse:
    """Record an item that came by mail or on paper, for its unit."""
    only_for(request, Role.EDITOR)
    typed = request.POST if request.method == "POST" else None
    form = EntryForm(typed, office=request.office, initial={"token": uuid.uuid4().hex})
    refused, marked = "", False
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data
        try:
            shares = joint.equally(request.office, asked["received_on"], asked["units"])
            entry = Entry(
                asked["title"],
                shares,
                asked["received_on"],
                asked["why"],
                asked["body"],
                asked["kind"],
                [theme.pk for theme in asked["themes"]],
                asked["urgent"],
                asked["token"],
            )
            with transaction.atomic():
                item = enter(request.office, entry, request.user)
                if "accept" in request.POST and item.state == State.SUBMITTED:
                    decide(item, "accept", request.user)
        except (Refused, TooLate) as error:
            refused = str(error)
            request.refusal = getattr(error, "on_record", refused)
            marked = isinstance(error, Marked)
        else:
            units = "、".join(str(share.unit) for share in item.shares.select_related("unit"))
            messages.success(
                request,
                f"已替{units}代录，编号 {item.number}。单位看得到，也看得到是谁录的。",
                extra_tags=f"enter-{request.office.code}",
            )
            return redirect("item", request.office.code, item.pk)
    context = {"form": form, "refused": refused, "marked": marked, "names": joint.roster_names(request.office)}
    return render(request, "submissions/enter.html", context, status=422 if form.errors or refused else 200)
