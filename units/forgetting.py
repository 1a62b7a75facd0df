"""Deleting personal data (个人信息) so that the books stay right: see ``docs/personal-data.md``.

A person's name stays where it stands on items and on the trail, which are official records; the account's row
stays because they point to it. What serves to reach somebody or to sign in goes.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from trail.records import record
from units import factors
from units.models import UNIT_ROLES, Account, Contact, Office, Registration, RegistrationState
from units.models.units import ContactQuerySet
from units.permissions import may_forget
from units.signing_in import end_sessions
from units.verdicts import Refused


@transaction.atomic
def forget_person(account: Account, office: Office, by: Account) -> None:
    """Delete what is known of the person of a disabled account but the name; it is never enabled again. Raises
    Refused."""
    account = Account.objects.select_for_update().get(pk=account.pk)
    if not (verdict := may_forget(by, account, office)):
        raise Refused(verdict.reason)
    if factors.is_set(account):
        factors.take_away(account, by, office.code)
    end_sessions(account)
    lines, _ = ended_lines_of(account).delete()
    _empty_applications_of(account)
    account.notices.all().delete()
    account.notice_choices.all().delete()
    account.email = ""
    account.set_unusable_password()
    account.password_set_at = None
    account.link_number += 1
    account.forgotten_at = timezone.now()
    account.save(update_fields=["email", "password", "password_set_at", "link_number", "forgotten_at"])
    record("删除个人信息", by=by, office=office.code, on=account, after={"contacts": lines})


def ended_lines_of(account: Account) -> ContactQuerySet:
    """The lines of contact that bear the person's name, in units of theirs, and are over."""
    units = account.memberships.filter(role__in=UNIT_ROLES).values("unit")
    return Contact.objects.filter(unit__in=units, name=account.name, until__lt=timezone.localdate())


def _empty_applications_of(account: Account) -> None:
    """What decided applications of the person's units tell of them."""
    units = account.memberships.filter(role__in=UNIT_ROLES).values("unit")
    decided = Registration.objects.filter(unit__in=units).exclude(state=RegistrationState.WAITING)
    for person in ("leader", "officer"):
        theirs = [name for name in Registration.OF_PERSONS if name.startswith(person)]
        decided.filter(**{f"{person}_name": account.name}).update(**dict.fromkeys(theirs, ""))


@transaction.atomic
def forget_old() -> None:
    """Delete lines of contact that ended CONTACT_YEARS ago, and empty what applications tell of persons once they
    were decided or sent back REGISTRATION_DAYS ago."""
    years = timedelta(days=366 * settings.CONTACT_YEARS)  # never earlier than was promised
    lines, _ = Contact.objects.filter(until__lt=timezone.localdate() - years).delete()
    decided = Registration.objects.exclude(state=RegistrationState.WAITING)
    old = decided.filter(decided_at__lt=timezone.now() - timedelta(days=settings.REGISTRATION_DAYS))
    nothing = dict.fromkeys(Registration.OF_PERSONS, "")
    emptied = old.exclude(**nothing).update(**nothing)
    if lines or emptied:
        record("清理个人信息", after={"contacts": lines, "registrations": emptied})
