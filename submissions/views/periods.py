"""Which period a page is about, and the page on which one is begun."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from submissions.forms import PeriodForm
from submissions.models import Period
from submissions.periods import begin, following
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for
from units.models import Role
from units.text import row_id
from units.verdicts import Refused


@act("建报送期", ["name", "kind", "starts_on", "ends_on"])
@at_office
def new_period(request: DeskRequest) -> HttpResponse:
    """Begin a period; the form begins with the quarter after the last."""
    only_for(request, Role.MANAGER)
    offered = following(request.office, timezone.localdate())
    form = PeriodForm(request.POST if request.method == "POST" else None, initial=offered)
    if request.method == "POST" and form.is_valid():
        try:
            period = begin(request.office, **form.cleaned_data, by=request.user)
        except Refused as error:
            form.add_error(None, str(error))
            request.refusal = str(error)
        else:
            messages.success(request, f"已建报送期：{period}，{period.starts_on} 至 {period.ends_on}。")
            return redirect("periods", request.office.code)
    return render(request, "submissions/new_period.html", {"form": form}, status=422 if form.errors else 200)


def chosen_period(request: DeskRequest) -> Period:
    """The period in the address, or the one at hand; one of another office does not exist."""
    periods = Period.objects.filter(office=request.office).select_related("office")
    asked = request.GET.get("period", "")
    if asked:
        return get_object_or_404(periods, pk=row_id(asked))
    period = periods.at_hand(timezone.localdate())
    if period is None:
        raise Http404
    return period
