"""That a circular was issued (印发), told once to the officers of its units where they may read it."""

from django.urls import reverse

from reports.models import Circular
from submissions.reminders import on_roster
from submissions.telling import each
from units.models import NoticeKind, Role, StandingsShown
from units.notices import people_of, tell


def tell_of_new() -> None:
    """Tell of what was issued since the last time."""
    each(Circular.objects.select_related("office__unit", "run__period"), _tell)


def _tell(circular: Circular) -> None:
    office = circular.office
    if office.standings_shown != StandingsShown.ALL:  # as ``scoring.standings.sees_whole``
        return
    units = {line.unit_id for line in on_roster(circular.run.period)}
    told = dict.fromkeys(people_of(units, Role.OFFICER), f"已印发{circular.number}《{circular.title}》")
    address = reverse("circular", args=[office.code, circular.pk])
    tell(office, NoticeKind.CIRCULAR, f"circular:{circular.pk}", told, address)
