"""Which groups and themes an editor is in charge of (分管). It stands here because ``units`` does not know themes."""

from collections.abc import Iterable

from django.db import transaction

from submissions.models import Theme, ThemeCharge
from trail.records import record
from units.models import Account, Membership, Office, Role, RosterGroup
from units.permissions import may_take
from units.verdicts import Refused


@transaction.atomic
def charge(
    membership: Membership, groups: Iterable[RosterGroup], themes: Iterable[Theme], office: Office, by: Account
) -> None:
    """Say which groups and themes an editor is for; none at all is everything. Raises Refused."""
    Account.objects.select_for_update().get(pk=membership.account_id)
    if not (verdict := may_take(by, membership, office)):
        raise Refused(verdict.reason)
    if membership.role != Role.EDITOR:
        raise Refused("只有编辑有分管的类别和主题。")
    before = in_words(membership)
    membership.groups.set(groups)
    membership.theme_charges.all().delete()
    ThemeCharge.objects.bulk_create([ThemeCharge(membership=membership, theme=theme) for theme in themes])
    record("改分管", by=by, office=office.code, on=membership.account, before=before, after=in_words(membership))


def in_words(membership: Membership) -> dict[str, list[str]]:
    """Names of the groups and themes of a membership."""
    return {
        "groups": list(membership.groups.values_list("name", flat=True)),
        "themes": list(membership.theme_charges.order_by("theme__position").values_list("theme__name", flat=True)),
    }
