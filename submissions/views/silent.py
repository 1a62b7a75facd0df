"""Silent units: whom to ring, and that one has."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from submissions.forms import ReminderForm
from submissions.models import Period
from submissions.permissions import may_remind
from submissions.reminders import remind, silence
from submissions.views.periods import chosen_period
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import Role, Unit
from units.verdicts import Refused, TooLate


@at_office
def silent_units(request: DeskRequest) -> HttpResponse:
    """The units from which nothing came in a period, with their contacts and the reminders made."""
    only_for(request, Role.EDITOR, Role.MANAGER)
    if not Period.objects.filter(office=request.office).exists():
        return render(request, "submissions/silent.html")
    return _shown(request, chosen_period(request))


@act("催报", ["note", "seen"])
@require_POST
@at_office
def remind_unit(request: DeskRequest, pk: int) -> HttpResponse:
    """Record a reminder, in the address's period; where it is refused or late, what was typed stands in the list."""
    only_for(request, Role.EDITOR, Role.MANAGER)
    unit = get_object_or_404(Unit.objects.filter(roster_lines__office=request.office).distinct(), pk=pk)
    request.about = unit
    period = chosen_period(request)
    form = ReminderForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(form.told)
        remind(period, unit, request.user, form.cleaned_data["note"], form.cleaned_data["seen"])
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return _shown(request, period, status=422, unit=unit, note=request.POST.get("note", ""))
    messages.success(request, f"已经记下：{period}催过{unit}。")
    return redirect(f"{reverse('silent', args=[request.office.code])}?period={period.pk}#unit-{unit.pk}")


def _shown(request: DeskRequest, period: Period, status: int = 200, **typed: Any) -> HttpResponse:
    today = timezone.localdate()
    context = {
        "period": period,
        "periods": Period.objects.filter(office=request.office).newest_first(),
        "silence": silence(period),
        "to_come": period.starts_on > today,
        "over": period.ends_on < today,
        "days_left": (period.ends_on - today).days,
        "may_remind": may_remind(request.user, period),
        **typed,
    }
    return render(request, "submissions/silent.html", context, status=status)
