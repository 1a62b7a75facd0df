"""Priorities (报送要点) of a period: what the office wants to be told of. Printed in the circular before it, shown on
the officers' home and, once a manager says so, on the public page."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from submissions.models import Period, Theme, ThemeKind
from submissions.secrecy import refuse_marked
from submissions.stamps import refuse_stale
from submissions.themes import Reach, held
from trail.records import record
from units.models import Account, Office
from units.text import key
from units.verdicts import Refused

MOST = 60  # of a period


@dataclass(frozen=True)
class Line:
    """A priority as it was typed: of a row that stands, or new (0). Without words it is no longer wanted."""

    pk: int
    name: str
    position: int


def described(period: Period) -> dict[str, Any]:
    """The priorities in use and whether they are public, as the page shows them and the trail keeps them."""
    names = [theme.name for theme in Theme.objects.priorities_of(period)]
    return {"priorities": names, "public": period.priorities_public_at is not None}


@transaction.atomic
def want(period: Period, lines: Iterable[Line], public: bool, by: Account, seen: str) -> None:
    """Put these in the place of the priorities that stood as ``seen`` (``stamps``). Raises Refused or TooLate.

    One that an item answers is taken out of use instead of deleted. An issued circular keeps what it printed.
    """
    reach = held(Reach(period.office, period=period), by)
    assert reach.period
    period, before = reach.period, described(reach.period)
    refuse_stale(seen, before)
    standing = {theme.pk: theme for theme in Theme.objects.priorities_of(period)}
    lines = list(lines)
    rows = [line.pk for line in lines if line.pk]
    if len(rows) > len(set(rows)):
        raise Refused("同一条要点在页面上出现了两次，什么也没有保存；请刷新页面再改。")
    wanted = sorted((line for line in lines if line.name), key=lambda line: line.position)
    _refuse_unfit(wanted, public)
    for theme in standing.values():  # so that two may change names with each other
        if theme.pk not in {line.pk for line in wanted}:
            _drop(theme)
        elif theme.name not in {line.name for line in wanted if line.pk == theme.pk}:
            Theme.objects.filter(pk=theme.pk).update(name=f"#{theme.pk}")
    known = {key(theme.name): theme for theme in _all(period) if not theme.active}
    for position, line in enumerate(wanted, start=1):
        theme = standing.get(line.pk) or known.get(key(line.name)) or Theme(office=reach.office, period=period)
        theme.kind, theme.scored, theme.active = ThemeKind.PRIORITY, False, True
        theme.name, theme.position = line.name, position
        if line.pk and (retired := known.get(key(line.name))) and retired.pk != theme.pk:
            raise Refused(f"以前有过要点“{retired}”，已经有信息属于它；请把它写成新的一条，不要改别的要点。")
        theme.save()
    if public != (period.priorities_public_at is not None):
        period.priorities_public_at = timezone.now() if public else None
        period.save(update_fields=["priorities_public_at"])
    if (after := described(period)) != before:
        record("改报送要点", by=by, office=reach.office.code, on=period, before=before, after=after)


def _refuse_unfit(wanted: list[Line], public: bool) -> None:
    refuse_marked({"报送要点": "\n".join(line.name for line in wanted)})
    if len(wanted) > MOST:
        raise Refused(f"报送要点最多 {MOST} 条，现在有 {len(wanted)} 条。")
    keys: set[str] = set()
    for line in wanted:
        if len(line.name) > 500:
            raise Refused(f"“{line.name[:20]}…”有 {len(line.name)} 个字，一条最多 500 个字。")
        if key(line.name) in keys:
            raise Refused(f"“{line.name[:30]}”写了不止一次，请去掉多的。")
        keys.add(key(line.name))
    if public and not wanted:
        raise Refused("还没有要点，不能公开。")


def _drop(theme: Theme) -> None:
    """What an item answers stays on record, out of use."""
    if theme.items.exists():
        Theme.objects.filter(pk=theme.pk).update(active=False)
    else:
        theme.delete()


def _all(period: Period) -> Iterable[Theme]:
    return Theme.objects.filter(kind=ThemeKind.PRIORITY, period=period)


def last_before(period: Period) -> list[Theme]:
    """The priorities of the last period of this kind that had any, to begin from."""
    earlier = Theme.objects.filter(
        kind=ThemeKind.PRIORITY,
        active=True,
        period__office=period.office_id,
        period__kind=period.kind,
        period__starts_on__lt=period.starts_on,
    )
    last = earlier.order_by("-period__starts_on").first()
    if last is None:
        return []
    return list(earlier.filter(period=last.period_id).select_related("period").order_by("position", "id"))


def published(office: Office, today: datetime.date) -> Period | None:
    """The period whose priorities stand on the public page: of those made public the one that began last, else the
    first that is to come."""
    wanted = Theme.objects.filter(kind=ThemeKind.PRIORITY, active=True).values("period")
    public = Period.objects.filter(office=office, priorities_public_at__isnull=False, pk__in=wanted)
    begun = public.filter(starts_on__lte=today).order_by("-starts_on", "-ends_on", "id").first()
    return begun or public.order_by("starts_on", "id").first()
