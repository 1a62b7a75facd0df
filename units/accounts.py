"""Keeping accounts: made, given roles, handed over, disabled, let in again. Each act asks its verdict and is on record.

An act holds the account's row first, so that two managers act one after another and nobody is made an
auditor and a manager at the same moment.
"""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from trail.records import record
from units import contacts, factors
from units.links import may_mail
from units.models import UNIT_ROLES, Account, Membership, Office, Role, Unit
from units.permissions import may_give, may_hand_over, may_hold, may_keep, may_keep_accounts, may_take, may_take_over
from units.signing_in import end_sessions
from units.verdicts import Refused


class NewPerson(NamedTuple):
    """Somebody who has no account yet."""

    username: str
    name: str
    email: str


class Handover(NamedTuple):
    """Who has taken over, whether with a new account, and whether the leaver's is disabled."""

    successor: Account
    is_new: bool
    is_disabled: bool


def _hold(account: Account) -> Account:
    return Account.objects.select_for_update().get(pk=account.pk)


@transaction.atomic
def create(office: Office, by: Account | None, username: str, name: str, email: str, unit: Unit, role: str) -> Account:
    """A new account with its first role and no password yet. Raises Refused. ``by`` None is the command line."""
    if by is not None and not (verdict := may_keep_accounts(by, office)):
        raise Refused(verdict.reason)
    account = _make(office, by, username, name, email)
    give(account, unit, role, office, by)
    return account


def _make(office: Office, by: Account | None, username: str, name: str, email: str) -> Account:
    try:
        username = Account.valid_username(username)
        with transaction.atomic():
            account = Account.objects.create_user(username, name=name, email=email)
    except ValidationError as error:
        raise Refused(error.messages[0]) from error
    except IntegrityError as error:
        raise Refused(f"已经有账号“{username}”，请换一个。") from error
    after = {"username": account.username, "name": name, "email": email}
    record("建立账号", by=by, office=office.code, on=account, after=after)
    return account


@transaction.atomic
def change(account: Account, name: str, email: str, office: Office, by: Account) -> None:
    """Correct a person's name or address. Raises Refused."""
    account = _hold(account)
    if not (verdict := may_keep(by, account, office)):
        raise Refused(verdict.reason)
    before = {"name": account.name, "email": account.email}
    account.name, account.email = name, email
    account.save(update_fields=["name", "email"])
    record("修改账号", by=by, office=office.code, on=account, before=before, after={"name": name, "email": email})


@transaction.atomic
def give(account: Account, unit: Unit, role: str, office: Office, by: Account | None) -> Membership:
    """Give a role in a unit; an editor is at first for all of it. Raises Refused. ``by`` None is the command line."""
    account = _hold(account)
    verdict = may_hold(account, role) if by is None else may_give(by, account, unit, role, office)
    if not verdict:
        raise Refused(verdict.reason)
    membership = _give(account, unit, role, office, by)
    if membership is None:
        raise Refused(f"{account}已经是{unit}的{Role(role).label}。")
    return membership


def _give(account: Account, unit: Unit, role: str, office: Office, by: Account | None) -> Membership | None:
    """The new role; None where it is held already."""
    membership, new = Membership.objects.get_or_create(account=account, unit=unit, role=role)
    if not new:
        return None
    after = {"unit": unit.name, "role": membership.get_role_display()}
    record("给予角色", by=by, office=office.code, on=account, after=after)
    return membership


@transaction.atomic
def take(membership: Membership, office: Office, by: Account) -> None:
    """Take a role away; at once, for roles are read with each request. Raises Refused."""
    account = _hold(membership.account)
    if not (verdict := may_take(by, membership, office)):
        raise Refused(verdict.reason)
    if account.memberships.count() == 1:
        raise Refused("这是他唯一的角色。不再用这个账号，请停用；换角色，请先加新的再取消旧的。")
    _take(membership, office, by)


def _take(membership: Membership, office: Office, by: Account) -> None:
    before = {"unit": membership.unit.name, "role": membership.get_role_display()}
    membership.delete()
    record("收回角色", by=by, office=office.code, on=membership.account, before=before)


@transaction.atomic
def disable(account: Account, office: Office, by: Account) -> int:
    """Nobody signs in with it any more, and whoever is signed in is out at once; how many sessions. Raises Refused."""
    account = _hold(account)
    if not (verdict := may_keep(by, account, office)):
        raise Refused(verdict.reason)
    if not account.is_active:
        raise Refused(f"账号“{account.username}”已经停用。")
    return _disable(account, office, by)


def _disable(account: Account, office: Office, by: Account) -> int:
    Account.objects.filter(pk=account.pk).update(is_active=False)
    ended = end_sessions(account)
    record("停用账号", by=by, office=office.code, on=account, after={"sessions": ended})
    return ended


@transaction.atomic
def hand_over(
    leaver: Account, unit: Unit, to: Account | NewPerson, post: str, phone: str, office: Office, by: Account
) -> Handover:
    """What somebody is in a unit (交接) passes to a new person, or to one who is something in it already: the roles
    and the lines of contact. Items are the unit's, so none is moved, and names stay on old ones. Raises Refused.

    Roles elsewhere stay. Where there are none the account is disabled with the roles still on it, which open
    nothing any more: without any it would be in nobody's list.
    """
    leaver = _hold(leaver)
    if not (verdict := may_hand_over(by, leaver, unit, office)):
        raise Refused(verdict.reason)
    passing = list(leaver.memberships.filter(unit=unit, role__in=UNIT_ROLES).select_related("account", "unit"))
    if is_new := isinstance(to, NewPerson):
        successor = _make(office, by, *to)
    else:
        successor = _hold(to)
        if not (verdict := may_take_over(successor, leaver, unit)):
            raise Refused(verdict.reason)
    for membership in passing:
        _give(successor, unit, membership.role, office, by)
    details = contacts.Details(successor.name, post, phone, successor.email)
    contacts.pass_on(unit, leaver.name, details, office, by)
    is_disabled = leaver.memberships.count() == len(passing)
    if is_disabled:
        _disable(leaver, office, by)
    else:
        for membership in passing:
            _take(membership, office, by)
    after = {"unit": unit.name, "successor": successor.on_record, "role": [m.get_role_display() for m in passing]}
    record("交接", by=by, office=office.code, on=leaver, after=after)
    return Handover(successor, is_new, is_disabled)


@transaction.atomic
def enable(account: Account, office: Office, by: Account) -> None:
    """Let somebody sign in again. Raises Refused."""
    account = _hold(account)
    if not (verdict := may_keep(by, account, office)):
        raise Refused(verdict.reason)
    if account.is_active:
        raise Refused(f"账号“{account.username}”没有停用。")
    Account.objects.filter(pk=account.pk).update(is_active=True)
    record("启用账号", by=by, office=office.code, on=account)


@transaction.atomic
def open_door(account: Account, office: Office, by: Account) -> None:
    """Put on record that a link to set the password is given out by another. Raises Refused."""
    if not (verdict := may_keep(by, account, office)):
        raise Refused(verdict.reason)
    if not account.is_active:
        raise Refused("账号已经停用；先启用，再给链接。")
    record(
        "给出设密码链接",
        by=by,
        office=office.code,
        on=account,
        after={"mailed": account.email} if may_mail(account) else None,
    )


@transaction.atomic
def reset_factor(account: Account, office: Office, by: Account) -> None:
    """Take a lost second factor away: at the next sign-in a new one is asked for. Sessions end. Raises Refused."""
    account = _hold(account)
    if not (verdict := may_keep(by, account, office)):
        raise Refused(verdict.reason)
    if not factors.is_set(account):
        raise Refused(f"{account}没有启用手机验证码。")
    factors.take_away(account, by, office.code)
    end_sessions(account)


@transaction.atomic
def throw_out(account: Account, office: Office, by: Account) -> int:
    """End an account's sessions; how many. Raises Refused."""
    if not (verdict := may_keep(by, account, office)):
        raise Refused(verdict.reason)
    ended = end_sessions(account)
    record("结束登录", by=by, office=office.code, on=account, after={"sessions": ended})
    return ended
