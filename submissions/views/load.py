"""The editors' load: for managers and auditors everybody's, for an editor their own."""

from django.http import HttpResponse
from django.shortcuts import render

from submissions.load import load_of
from submissions.models import Period
from submissions.views.periods import chosen_period
from units.desk import DeskRequest, at_office, only_for
from units.models import STAFF, Role

WIDE, HIGH = 10, 60  # width of a week's bar with its room, height of the highest


@at_office
def load_page(request: DeskRequest) -> HttpResponse:
    """What waits for each editor, what each decided in a period, and after how many days."""
    only_for(request, *STAFF)
    whole = request.user.has_role(request.office.unit_id, Role.MANAGER, Role.AUDITOR)
    periods = Period.objects.filter(office=request.office).newest_first()
    if not periods.exists():
        return render(request, "submissions/load.html", {"whole": whole})
    period = chosen_period(request)
    load = load_of(period, None if whole else request.user)
    most = max((week.number for week in load.weeks), default=0) or 1
    longest = max(bar.number for bar in load.distribution) or 1
    context = {
        "whole": whole,
        "period": period,
        "periods": periods,
        "load": load,
        "most": most,
        "wide": WIDE * len(load.weeks),
        "bars": [(i * WIDE + 1, week.number * HIGH // most, week) for i, week in enumerate(load.weeks)],
        "days": [(bar, bar.number * 100 // longest) for bar in load.distribution],
    }
    return render(request, "submissions/load.html", context)
