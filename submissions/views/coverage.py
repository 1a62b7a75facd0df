"""Coverage: points by groups, or by the units of one; what nobody has reported on stands above."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from submissions import themes
from submissions.coverage import columns_of, coverage
from submissions.models import Period
from submissions.themes import Reach
from submissions.views.themes import reach_in, reaches, usual_reach
from units.desk import DeskRequest, at_office
from units.models import Role, RosterGroup
from units.text import row_id


@at_office
def coverage_page(request: DeskRequest) -> HttpResponse:
    """How many items each topic got, for the office by groups or units; somebody of a unit sees the unit's own."""
    works = request.user.works_at(request.office)
    if not works and not request.user.units_with(Role.OFFICER, Role.SIGNER):
        raise Http404
    reach, group = asked_of(request)
    offered = [one for one in reaches(request.office, themes.years_of(request.office), reach) if one.year or one.period]
    table = coverage(reach, request.user, columns_of(reach, request.user, group))
    groups = RosterGroup.objects.filter(office=request.office).order_by("order", "id") if works else []
    context = {"reach": reach, "reaches": offered, "table": table, "group": group, "groups": groups, "works": works}
    return render(request, "submissions/coverage.html", context)


def asked_of(request: DeskRequest) -> tuple[Reach, RosterGroup | None]:
    """The reach that the address asks for, else the usual one; and the group, of those who work at the office."""
    office = request.office
    reach = reach_in(office, request.GET.get("of", "")) or usual_reach(office, themes.years_of(office))
    if not reach.year and not reach.period:  # those of every period are counted in the one at hand
        now = timezone.localdate()
        period = Period.objects.filter(office=office).at_hand(now)
        reach = Reach(office, period=period) if period else Reach(office, year=now.year)
    group = None
    if (asked := request.GET.get("group", "")) and request.user.works_at(office):
        group = get_object_or_404(RosterGroup, office=office, pk=row_id(asked))
    return reach, group
