"""What a unit chooses for itself: whether its items are signed, and reviewed by somebody else, before they go out."""

from django.db import transaction

from trail.records import record
from units.models import UNIT_ROLES, Account, Membership, Office, Role, RosterLine, Unit
from units.verdicts import YES, Refused, Verdict, no


def own_units(account: Account, office: Office) -> list[Unit]:
    """The units of this officer or signer that report to the office now, in its roster's order."""
    lines = RosterLine.objects.current().filter(office=office, unit__in=account.units_with(*UNIT_ROLES))
    return [line.unit for line in lines.in_printed_order().select_related("unit")]


def people_of(unit: Unit) -> list[Membership]:
    """Who writes and signs for a unit and can sign in."""
    rows = Membership.objects.filter(unit=unit, role__in=UNIT_ROLES, account__is_active=True)
    return list(rows.select_related("account").order_by("role", "account__username"))


def may_choose(account: Account, unit: Unit) -> Verdict:
    """A signer of the unit; where it has none an officer."""
    if account.has_role(unit.pk, Role.SIGNER):
        return YES
    if any(row.role == Role.SIGNER for row in people_of(unit)):
        return no("由本单位签发人选择。")
    return YES if account.has_role(unit.pk, Role.OFFICER) else no("只有本单位的人可以选择。")


@transaction.atomic
def choose(unit: Unit, needs_signer: bool, needs_review: bool, office: Office, by: Account) -> None:
    """Say how the unit's items go out from now on; what waits already goes the new way. Raises Refused."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    if not (verdict := may_choose(by, unit)):
        raise Refused(verdict.reason)
    people = people_of(unit)
    if needs_signer and not any(row.role == Role.SIGNER for row in people):
        raise Refused("本单位还没有签发人的账号，请先请收稿单位的管理员开一个。")
    if needs_review and len({row.account_id for row in people}) < 2:
        raise Refused("审查的人不能是写稿的人，本单位至少要有两个账号；请先请收稿单位的管理员开一个。")
    before = {"needs_signer": unit.needs_signer, "needs_review": unit.needs_review}
    unit.needs_signer, unit.needs_review = needs_signer, needs_review
    unit.save(update_fields=["needs_signer", "needs_review"])
    after = {"needs_signer": needs_signer, "needs_review": needs_review}
    record("改报送办法", by=by, office=office.code, on=unit, before=before, after=after)
