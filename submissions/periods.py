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
DAY = datetime.timedelta(days=1)


@transaction.atomic
def begin(
    office: Office, name: str, kind: str, starts_on: datetime.date, ends_on: datetime.date, by: Account
) -> Period:
    """Add a period of a kind, which never overlaps itself. Raises Refused."""
    office = Office.objects.held(office.pk)
    if not (verdict := may_set_desk(by, office)):
        raise Refused(verdict.reason)
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


def following(office: Office) -> dict[str, object]:
    """What the next quarter would be, for the form to begin with; nothing where there is none yet."""
    last = Period.objects.filter(office=office, kind=PeriodKind.QUARTER).newest_first().first()
    if last is None:
        return {"kind": PeriodKind.QUARTER}
    starts_on = last.ends_on + DAY
    beyond = starts_on.year * 12 + starts_on.month + 2  # months since year 0 until the month after it
    ends_on = datetime.date(beyond // 12, beyond % 12 + 1, 1) - DAY
    name = ""
    if match := re.fullmatch(rf"\d{{4}}年第([{QUARTERS}1-4])季度", last.name):
        digits = QUARTERS if match[1] in QUARTERS else "1234"
        name = f"{starts_on.year}年第{digits[(starts_on.month - 1) // 3]}季度"
    return {"name": name, "kind": last.kind, "starts_on": starts_on, "ends_on": ends_on}
