"""The trail of what people do at the door and with their own account, where no office is at hand."""

from typing import Any

from django.db.models import Q

from trail.records import record
from units.models import Account, Office


def record_for(account: Account | None, act: str, **told: Any) -> None:
    """An entry in the trail of each office that the account has to do with now; one of no office where it has none.

    Costs the same number of queries for nobody as for somebody of one office.
    """
    pk = account.pk if account else 0  # which nobody has
    concerned = Q(unit__memberships__account=pk) | Q(roster_lines__unit__memberships__account=pk)
    for office in list(Office.objects.filter(concerned).values_list("code", flat=True).distinct()) or [""]:
        record(act, office=office, **{"by": account, "on": account, **told})
