"""Units join an office (入网申请): they ask on a public page, a manager lets them in, sends back or refuses.

Nobody who asks learns whom the office knows: every answer to them is the same, and their own application is
found by its private link only, of which the database holds but a digest.
"""

import datetime
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from trail.records import record
from units import accounts, contacts, rosters
from units.models import (
    Account,
    Alias,
    Contact,
    ContactKind,
    Office,
    Registration,
    RegistrationState,
    Role,
    RosterGroup,
    RosterLine,
    Unit,
)
from units.permissions import may_decide_registration, may_open_registration
from units.verdicts import Refused, TooLate

SALT = "registration"
PAGE_LIVES = datetime.timedelta(days=1)
MOST_WAITING = 3_000  # of an office; more than all who could mean it
ASKED = ("name", "short_name", "group", "code", *Registration.OF_PERSONS)


class PageTooOld(Exception):
    """The page bears no secret of ours, or an old one; a new page is to be shown with what was typed."""


def new_page() -> str:
    """What a new page of the form bears: the secret of the link that its application will have, signed by us.

    A page that is sent twice is one application.
    """
    return signing.dumps(secrets.token_urlsafe(24), salt=SALT)


def secret_of(page: str) -> str:
    """The secret that a page bears. Raises PageTooOld."""
    try:
        return signing.loads(page, salt=SALT, max_age=PAGE_LIVES)
    except signing.BadSignature as error:
        raise PageTooOld from error


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def apply(office: Office, secret: str, asked: Mapping[str, Any], network: str) -> Registration:
    """Put an application on the manager's list; the same page again is the same one. Raises Refused, for floods.

    ``network`` is where it comes from; ``settings.REGISTRATIONS_AN_HOUR`` are taken from one.
    """
    office = Office.objects.hold_still(office.pk)
    known = Registration.objects.filter(link=digest(secret)).first()
    if known is not None:
        return known
    if not office.takes_registrations:
        raise Refused("现在不接受入网申请，请和收稿单位联系。")
    now = timezone.now()
    lately = Registration.objects.filter(office=office, network=network, sent_at__gt=now - datetime.timedelta(hours=1))
    if lately.count() >= settings.REGISTRATIONS_AN_HOUR:
        raise Refused("从您这里来的申请太多，没有提交。填的都还在，请过一小时再提交。")
    if Registration.objects.filter(office=office).waiting().count() >= MOST_WAITING:
        raise Refused("等待审核的申请太多，没有提交。填的都还在，请过几天再来，或者给收稿单位打电话。")
    made = Registration.objects.create(
        office=office, link=digest(secret), sent_at=now, network=network, **{name: asked[name] for name in ASKED}
    )
    record("提交入网申请", office=office.code, on=made)
    return made


@transaction.atomic
def open_door(office: Office, takes: bool, by: Account) -> None:
    """Take applications from now on, or take none. Raises Refused."""
    if not (verdict := may_open_registration(by, office)):
        raise Refused(verdict.reason)
    Office.objects.filter(pk=office.pk).update(takes_registrations=takes)
    record("开关入网申请", by=by, office=office.code, on=office, after={"takes": takes})


@transaction.atomic
def correct(registration: Registration, asked: Mapping[str, Any]) -> None:
    """The applicant's own correction of what was sent back; it waits again, with the reason beside. Raises TooLate."""
    changes = {name: asked[name] for name in ASKED}
    waits = {"state": RegistrationState.WAITING, "sent_at": timezone.now()}
    returned = Registration.objects.filter(pk=registration.pk, state=RegistrationState.RETURNED)
    if not returned.update(**changes, **waits):
        raise TooLate("这份申请刚刚已经提交或办理，没有再改。")
    record("补正入网申请", office=registration.office.code, on=registration)


@dataclass(frozen=True)
class Admission:
    """How a unit is taken in. ``unit`` is the id of one that the office knows already; None makes a new one.

    ``name``, ``group``, ``ranked`` and ``since`` are of its line on the roster, where it has none now;
    ``officer`` and ``signer`` are names of accounts to be made, the second may be empty.
    """

    name: str
    group: RosterGroup
    since: datetime.date
    officer: str
    signer: str = ""
    unit: int | None = None
    ranked: bool = True


@transaction.atomic
def approve(
    registration: Registration, admission: Admission, by: Account, seen: datetime.datetime | None = None
) -> list[Account]:
    """Take a unit in: its line on the roster, its contacts, and the accounts whose owners are to be invited.

    ``seen`` is when what its manager has read was sent: an application that was corrected since is to be read anew.

    The applicant's code is kept where no unit of the installation bears it: to whom another belongs is not for
    one office to say. Raises Refused or TooLate.
    """
    office = Office.objects.held(registration.office_id)
    registration = _held(registration, seen, by)
    unit = _known(office, admission.unit) if admission.unit else _new_unit(admission.name, registration.code)
    joins = not RosterLine.objects.current().filter(office=office, unit=unit).exists()
    if joins:
        place = rosters.Place(admission.name, admission.group.name, 0, admission.ranked)
        rosters.join(office, unit, place, admission.since)
    _name_also(office, unit, registration.short_name)
    _keep_contacts(unit, registration, office, by)
    made = [_account(office, unit, Role.OFFICER, admission.officer, registration, "officer", by)]
    if admission.signer:
        made.append(_account(office, unit, Role.SIGNER, admission.signer, registration, "leader", by))
    Registration.objects.filter(pk=registration.pk).update(
        state=RegistrationState.APPROVED, unit=unit, decided_by=by, decided_at=timezone.now(), reason=""
    )
    after: dict[str, object] = {"name": registration.name, "unit": str(unit)}
    if joins:
        after |= {"group": admission.group.name, "since": admission.since.isoformat()}
    record("同意入网申请", by=by, office=office.code, on=unit, after=after)
    return made


@transaction.atomic
def send_back(registration: Registration, state: RegistrationState, reason: str, by: Account) -> None:
    """Return an application to be corrected, or refuse it, with a reason. Raises Refused or TooLate."""
    Office.objects.hold_still(registration.office_id)
    if not reason.strip():
        raise Refused("请写明理由，申请单位会看到。")
    _held(registration, None, by)
    Registration.objects.filter(pk=registration.pk).update(
        state=state, reason=reason.strip()[:300], decided_by=by, decided_at=timezone.now()
    )
    registration.refresh_from_db()
    act = "退回入网申请" if state == RegistrationState.RETURNED else "不同意入网申请"
    record(act, by=by, office=registration.office.code, on=registration, after={"reason": registration.reason})


def _held(registration: Registration, seen: datetime.datetime | None, by: Account) -> Registration:
    """The application, held as it waits; of two who decide at once the second is told. Raises Refused or TooLate."""
    if not (verdict := may_decide_registration(by, registration)):
        raise Refused(verdict.reason)
    rows = Registration.objects.select_for_update(of=("self",)).select_related("decided_by", "office")
    now = rows.get(pk=registration.pk)
    if now.state != RegistrationState.WAITING:
        raise TooLate(f"{now.decided_by}已经办理：{now.get_state_display()}。没有再办一次。")
    if seen and now.sent_at != seen:
        raise TooLate("申请单位刚刚改过这份申请，没有办理。请看过改好的再办。")
    return now


def _known(office: Office, pk: int) -> Unit:
    """A unit that reports or reported to the office, and has not merged into another."""
    unit = Unit.objects.filter(pk=pk, roster_lines__office=office).distinct().first()
    if unit is None or unit.successor_id:
        raise Refused("名册里没有这个单位，或者它已经并入别的单位。请另选。")
    return unit


def _new_unit(name: str, code: str) -> Unit:
    free = code and not Unit.objects.filter(code=code).exists()
    return Unit.objects.create(name=name, code=code if free else None)


def _name_also(office: Office, unit: Unit, name: str) -> None:
    """Keep a short name as an alias, unless somebody bears it."""
    taken = RosterLine.objects.current().filter(office=office, name=name).exists()
    if name and not taken:
        Alias.objects.get_or_create(office=office, name=name, defaults={"unit": unit})


def _keep_contacts(unit: Unit, registration: Registration, office: Office, by: Account) -> None:
    for kind, person in ((ContactKind.LEADER, "leader"), (ContactKind.OFFICER, "officer")):
        told = {what: getattr(registration, f"{person}_{what}") for what in contacts.Details._fields}
        standing = Contact.objects.on(timezone.localdate()).filter(unit=unit, kind=kind, name=told["name"])
        if told["name"] and not standing.exists():
            contacts.add(unit, kind, contacts.Details(**told), office, by)


def _account(
    office: Office, unit: Unit, role: Role, username: str, registration: Registration, person: str, by: Account
) -> Account:
    name, email = getattr(registration, f"{person}_name"), getattr(registration, f"{person}_email")
    return accounts.create(office, by, username, name, email, unit, role)
