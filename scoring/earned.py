"""What an item earned: for whom its reader may see it, with the rule behind each point."""

from collections.abc import Iterable, Sequence

from django.db.models import BigIntegerField, QuerySet, Sum

from scoring.models import ScoreEntry, Standing
from scoring.standings import may_see_standings, sees_whole
from submissions.fields import whole
from submissions.models import Item, Period
from units.models import Account, Office


def entries_for(account: Account, office: Office, items: Iterable[Item]) -> QuerySet[ScoreEntry] | None:
    """The ledger entries of items as far as the office shows them, of all units or one's own. None: it shows none.

    What comes of a decision that can still be undone the office alone sees.
    """
    if not may_see_standings(account, office):
        return None
    works = account.works_at(office)
    entries = ScoreEntry.objects.filter(office=office, item__in=[item.pk for item in items if works or not item.held])
    return entries if sees_whole(account, office) else entries.filter(unit__in=account.roles)


def points_by_item(account: Account, office: Office, items: Iterable[Item]) -> dict[int, int] | None:
    """Points of each item in whole millionths, in one query; items without any are not in it. None: not shown."""
    entries = entries_for(account, office, items)
    if entries is None:
        return None
    sums = entries.values_list("item").annotate(worth=Sum("points", output_field=BigIntegerField()))
    return {item: int(worth) for item, worth in sums}


def scores_of(unit: int, periods: Sequence[Period]) -> list[tuple[Period, int]]:
    """A unit's score in each period of an office, in whole millionths: as stored where it is closed, else as of now."""
    closed = [period.pk for period in periods if period.closed]
    stored = Standing.objects.filter(unit=unit, result__period__in=closed, result__reopened_at=None)
    scores = dict(stored.values_list("result__period", whole("score")))
    for period in periods:
        if not period.closed:
            posted = (period.starts_on, period.ends_on)
            entries = ScoreEntry.objects.filter(office=period.office_id, unit=unit, posted_on__range=posted)
            scores[period.pk] = int(entries.aggregate(n=Sum("points", output_field=BigIntegerField()))["n"] or 0)
    return [(period, scores.get(period.pk, 0)) for period in periods]
