"""Which period a page is about."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from submissions.models import Period
from units.desk import DeskRequest
from units.text import row_id


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
