"""Beginning a period (报送期). What was received in its days and waits in none is its from then on."""

import datetime
import re

from django.db import transaction

from submissions.models import Period, PeriodKind
from submissions.permissions import may_set_desk
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused

QUARTERS = "一二三四"
EARLIEST, LATEST = datetime.date(2000, 1, 1), datetime.date(2100, 12, 31)
DAY = datetime.timedelta(days=1)


@transaction.atomic
def begin(
    office: Office, name: str, kind: str, starts_on: datetime.date, ends_on: datetime.date, by: Account
) -> Period:
    """Add a period of a kind, which never overlaps itself. Raises Refused."""
    office = Office.objects.held(office.pk)
    if not (verdict := may_set_desk(by, office)):
        raise Refused(verdict.reason)
    if not EARLIEST <= starts_on <= ends_on <= LATEST and starts_on <= ends_on:
        raise Refused(f"报送期要在 {EARLIEST.year} 年到 {LATEST.year} 年之间，请看年份有没有写错。")
    if ends_on < starts_on:
        raise Refused(f"结束日期 {ends_on} 早于开始日期 {starts_on}。")
    if Period.objects.filter(office=office, name=name).exists():
        raise Refused(f"已经有“{name}”，请换一个名称。")
    period = Period(office=office, name=name, kind=kind, starts_on=starts_on, ends_on=ends_on)
    if other := period.overlapping().first():
        raise Refused(f"和“{other}”（{other.starts_on} 至 {other.ends_on}）重叠；同一种报送期不能重叠。")
    period.save()
    after = {"name": name, "kind": period.get_kind_display(), "starts_on": starts_on, "ends_on": ends_on}
    record("建报送期", by=by, office=office.code, on=period, after=after)
    return period


def following(office: Office, today: datetime.date) -> dict[str, object]:
    """What the next quarter would be, for the form to begin with: after the last one, or where that is long past, the
    one that runs."""
    last = Period.objects.filter(office=office, kind=PeriodKind.QUARTER).newest_first().first()
    running = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    if last is None:
        return {"kind": PeriodKind.QUARTER, **_quarter(running, "")}
    starts_on = last.ends_on + DAY
    return {"kind": last.kind, **_quarter(running if _after(starts_on) <= running else starts_on, last.name)}


def _after(starts_on: datetime.date) -> datetime.date:
    """The first day of the month three months later."""
    months = starts_on.year * 12 + starts_on.month + 2  # since year 0, until that month
    return datetime.date(months // 12, months % 12 + 1, 1)


def _quarter(starts_on: datetime.date, like: str) -> dict[str, object]:
    """A quarter that begins on a day; named as ``like`` is, where that counts quarters."""
    name = ""
    if match := re.fullmatch(rf"\d{{4}}年第([{QUARTERS}1-4])季度", like):
        digits = QUARTERS if match[1] in QUARTERS else "1234"
        name = f"{starts_on.year}年第{digits[(starts_on.month - 1) // 3]}季度"
    return {"name": name, "starts_on": starts_on, "ends_on": _after(starts_on) - DAY}
