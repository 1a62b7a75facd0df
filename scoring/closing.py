"""Closing a period (封存) and, with a reason, reopening it. From closing on, what was stored is what counts."""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils import timezone

from scoring import ledger
from scoring.models import ClosedResult, ScoreEntry, Standing
from scoring.standings import Standings, live, standings
from submissions.exact import to_decimal
from submissions.models import Period
from trail.records import record
from units.models import Account, Office, Role
from units.verdicts import YES, Refused, TooLate, Verdict, no


def may_close(account: Account | None, period: Period) -> Verdict:
    """A manager of the office (None is the command line), once the last day is over."""
    if account is not None and not account.has_role(period.office.unit_id, Role.MANAGER):
        return no("只有管理员可以封存报送期。")
    if period.closed:
        return no(f"{period.name}已经封存。")
    if timezone.localdate() <= period.ends_on:
        return no(f"{period.name}到{period.ends_on:%Y-%m-%d}才结束，结束以后才能封存。")
    return YES


def may_reopen(account: Account | None, period: Period) -> Verdict:
    """A manager of the office (None is the command line)."""
    if account is not None and not account.has_role(period.office.unit_id, Role.MANAGER):
        return no("只有管理员可以重新打开报送期。")
    return YES if period.closed else no(f"{period.name}没有封存，不用重新打开。")


@transaction.atomic
def close(period: Period, by: Account | None) -> ClosedResult:
    """Store the period's table, its scheme and a digest. Raises Refused, or TooLate if somebody just did."""
    Office.objects.hold(period.office_id)
    if not (verdict := may_close(by, period)):
        raise Refused(verdict.reason)
    table = live(period)
    if table.scheme is None:
        raise Refused(f"{period.office}还没有计分办法，不能封存。")
    now = timezone.now()
    if not Period.objects.filter(pk=period.pk, closed_at=None).update(closed_at=now):
        raise TooLate(f"{period.name}刚刚已被封存。")
    period.closed_at = now
    result = ClosedResult.objects.create(
        period=period,
        scheme=table.scheme,
        columns=[
            {"key": column.key, "label": column.label, "points": column.points, "measure": column.measure}
            for column in table.columns
        ],
        totals={"items": table.items},
        digest=digest(table),
        closed_at=now,
        closed_by=by,
    )
    Standing.objects.bulk_create(_lines(table, result), batch_size=1_000)
    record("封存报送期", by=by, office=period.office.code, on=period, after={"digest": result.digest})
    return result


@transaction.atomic
def reopen(period: Period, by: Account | None, reason: str) -> None:
    """Make the period count live again; what was stored stays on record. Raises Refused or TooLate."""
    Office.objects.hold(period.office_id)
    if not (verdict := may_reopen(by, period)):
        raise Refused(verdict.reason)
    if not reason.strip():
        raise Refused("请写明重新打开的理由。")
    now = timezone.now()
    if not Period.objects.filter(pk=period.pk, closed_at__isnull=False).update(closed_at=None):
        raise TooLate(f"{period.name}刚刚已被重新打开。")
    period.closed_at = None
    ClosedResult.objects.filter(period=period, reopened_at=None).update(
        reopened_at=now, reopened_by=by, reopen_reason=reason.strip()[:500]
    )
    # What was diverted past the period comes home, and what was frozen in it follows the facts again: all
    # entries between whose own day and the day they are posted on the period lies.
    touched = ScoreEntry.objects.filter(
        office=period.office_id, fact_on__lte=period.ends_on, posted_on__gte=period.starts_on
    )
    ledger.recount(touched.order_by().values_list("item_id", flat=True).distinct())
    record("重新打开报送期", by=by, office=period.office.code, on=period, after={"reason": reason.strip()})


def digest(table: Standings) -> str:
    """SHA-256 over every figure of a table, in hexadecimal: the same table gives the same text for ever."""
    content: Any = {
        "office": table.office.code,
        "period": [table.period.name, table.period.starts_on.isoformat(), table.period.ends_on.isoformat()],
        "scheme": table.scheme.version if table.scheme else None,
        "columns": [[column.key, column.points] for column in table.columns],
        "items": table.items,
        "groups": [
            [group.name, [[line.no, line.rank, line.name, line.counts, line.score] for line in group.lines]]
            for group in table.groups
        ],
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def is_intact(period: Period) -> bool:
    """Whether what was stored still has its digest and still is what the ledger's frozen entries add up to."""
    stored = standings(period)
    result = ClosedResult.objects.get(period=period, reopened_at=None)
    if digest(stored) != result.digest:
        return False
    by_unit = {line.unit: (line.counts, line.score) for line in live(period).lines if any(line.counts) or line.score}
    return by_unit == {line.unit: (line.counts, line.score) for line in stored.lines if any(line.counts) or line.score}


def _lines(table: Standings, result: ClosedResult) -> list[Standing]:
    keys = [column.key for column in table.columns]
    lines: list[Standing] = []
    for group in table.groups:
        for line in group.lines:
            lines.append(
                Standing(
                    result=result,
                    position=len(lines) + 1,
                    group=group.name,
                    unit_id=line.unit,
                    name=line.name,
                    no=line.no,
                    rank=line.rank,
                    counts=dict(zip(keys, line.counts, strict=True)),
                    score=to_decimal(line.score),
                )
            )
    return lines
