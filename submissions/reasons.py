"""How an office decides: its reasons for returning and rejecting (退回理由), and within how many days, of urgent
items minutes (办理期限)."""

from typing import Any

from django.db import transaction

from submissions.permissions import may_set_desk
from submissions.secrecy import refuse_marked
from submissions.stamps import refuse_stale
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused


def described(office: Office) -> dict[str, Any]:
    """Reasons, days and minutes as the page shows them and the trail keeps them."""
    reasons = list(office.decision_reasons.values_list("text", flat=True))
    return {"reasons": reasons, "decides_within": office.decides_within, "urgent_within": office.urgent_within}


@transaction.atomic
def word(office: Office, reasons: list[str], decides_within: int, urgent_within: int, by: Account, seen: str) -> None:
    """Put the list, the days and the minutes in place of those that stood as ``seen`` (``stamps``). Raises Refused
    or TooLate.

    Past events keep their words. Nothing printed depends on them, so the books keep their edition.
    """
    office = Office.objects.hold_still(office.pk)
    if not (verdict := may_set_desk(by, office)):
        raise Refused(verdict.reason)
    before = described(office)
    refuse_stale(seen, before)
    refuse_marked({"退回理由": "\n".join(reasons)})
    office.decision_reasons.exclude(text__in=reasons).delete()
    for position, text in enumerate(reasons):
        office.decision_reasons.update_or_create(text=text, defaults={"position": position})
    office.decides_within, office.urgent_within = decides_within, urgent_within
    office.save(update_fields=["decides_within", "urgent_within"])
    record("改退回理由", by=by, office=office.code, on=office, before=before, after=described(office))
