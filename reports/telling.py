"""That a circular was issued (印发), told once to the officers of its units where they may read it."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from reports.models import Circular
from submissions.reminders import on_roster
from units.models import NoticeKind, Role, StandingsShown
from units.notices import people_of, tell


def tell_of_new() -> None:
    """Tell of what was issued since the last time; as ``submissions.telling`` does."""
    for circular in Circular.objects.filter(told_at=None).select_related("office__unit", "run__period"):
        with transaction.atomic():
            if Circular.objects.filter(pk=circular.pk, told_at=None).update(told_at=timezone.now()):
                _tell(circular)


def _tell(circular: Circular) -> None:
    office = circular.office
    if office.standings_shown != StandingsShown.ALL:  # as ``scoring.standings.sees_whole``
        return
    units = {line.unit_id for line in on_roster(circular.run.period)}
    told = dict.fromkeys(people_of(units, Role.OFFICER), f"已印发{circular.number}《{circular.title}》")
    address = reverse("circular", args=[office.code, circular.pk])
    tell(office, NoticeKind.CIRCULAR, f"circular:{circular.pk}", told, address)
