"""Telling people (通知): each thing once to each person, in the product, and by mail as the person chose.

A notice is a row, written in the transaction of whoever tells; ``units.letters`` takes those that go by mail from
there. So a queue or a mail server that is away delays, and loses nothing.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from trail.records import told_before
from units.links import may_mail
from units.models import Account, Membership, Notice, NoticeChoice, NoticeKind, NoticeWay, Office, Role
from units.models.accounts import AccountQuerySet
from units.records import record_for
from units.text import one_line

BATCH = 500  # rows a statement
KEPT = datetime.timedelta(days=400)  # how long a notice is kept
# What a person gets who chose nothing: a letter at once for what somebody waits for, one a day for the rest.
USUAL = dict.fromkeys(NoticeKind, NoticeWay.DAILY) | dict.fromkeys(
    (NoticeKind.RETURNED, NoticeKind.TO_SIGN, NoticeKind.COMMISSION, NoticeKind.REMINDED, NoticeKind.URGENT),
    NoticeWay.AT_ONCE,
)
_OF_SIGNERS = (NoticeKind.TO_SIGN, NoticeKind.ANNOUNCEMENT)
_OF_OFFICERS = (
    *(NoticeKind.RETURNED, NoticeKind.REJECTED, NoticeKind.ACCEPTED, NoticeKind.ADOPTED, NoticeKind.REVOKED),
    *(NoticeKind.COMMENT, NoticeKind.TO_SIGN, NoticeKind.REMINDED, NoticeKind.PERIOD_ENDS, NoticeKind.CIRCULAR),
    *(NoticeKind.COMMISSION, NoticeKind.ANNOUNCEMENT),
)
_OF_EDITORS = (NoticeKind.COMMENT, NoticeKind.COMMISSION, NoticeKind.URGENT, NoticeKind.OVERDUE)


def tell(office: Office, kind: NoticeKind, key: str, told: Mapping[Account, str], address: str) -> None:
    """Tell each of these people a sentence. The same ``key`` again tells nobody twice; who wants none gets none.

    ``address`` is where it leads on this site.
    """
    chosen = dict(NoticeChoice.objects.filter(kind=kind, account__in=told).values_list("account_id", "way"))
    now = timezone.now()
    rows = [
        Notice(
            account=account,
            office=office,
            kind=kind,
            key=key,
            said=one_line(said)[:500],
            address=address,
            mail_at=_mail_at(NoticeWay(chosen.get(account.pk, USUAL[kind])), account, now),
        )
        for account, said in told.items()
        if chosen.get(account.pk) != NoticeWay.NONE
    ]
    Notice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def untell(key: str) -> None:
    """Take back what was told under this key, as what it was about was taken back."""
    Notice.objects.filter(key=key).delete()


def untell_all(people: Iterable[Account], key: str) -> None:
    """Take back from these people what they were told under this key and under all that go on from it with a colon.

    Looked for among theirs, as no index knows how a key begins.
    """
    Notice.objects.filter(Q(key=key) | Q(key__startswith=f"{key}:"), account__in=people).delete()


def _mail_at(way: NoticeWay, account: Account, now: datetime.datetime) -> datetime.datetime | None:
    """When a letter goes; none where the person wants none, or none would arrive."""
    if not may_mail(account):
        return None
    return {NoticeWay.AT_ONCE: now, NoticeWay.DAILY: next_daily(now)}.get(way)


def next_daily(now: datetime.datetime) -> datetime.datetime:
    """When the letter of the day goes next: at NOTICE_HOUR."""
    local = timezone.localtime(now)
    at = local.replace(hour=settings.NOTICE_HOUR, minute=0, second=0, microsecond=0)
    return at if at > local else at + datetime.timedelta(days=1)


def people_of(units: Iterable[int], *roles: Role) -> AccountQuerySet:
    """Those who may sign in and hold one of the roles in one of the units."""
    held = Membership.objects.filter(unit__in=units, role__in=roles).values("account")
    return Account.objects.filter(pk__in=held, is_active=True)


def told_of_nobody(units: QuerySet[Any], *roles: Role) -> str:
    """A sentence about those of these units in which nobody holds one of the roles, whom no notice reaches."""
    held = Membership.objects.filter(unit=OuterRef("unit"), role__in=roles, account__is_active=True)
    number = units.filter(~Exists(held)).count()
    return f"其中 {number} 个单位还没有人能登录，收不到通知，请打电话。" if number else ""


def read(account: Account, office: Office, address: str = "", newest: int | None = None) -> int:
    """Mark as read what leads to this address, or all up to the one of this id; how many were unread. What was read
    goes by no mail."""
    unread = Notice.objects.filter(account=account, office=office).unread()
    if address:
        unread = unread.filter(address=address)
    if newest is not None:
        unread = unread.filter(pk__lte=newest)
    return unread.update(read_at=timezone.now(), mail_at=None)


def kinds_for(account: Account) -> list[NoticeKind]:
    """The kinds that somebody of this account's roles is told at all."""
    of_role = {Role.OFFICER: _OF_OFFICERS, Role.SIGNER: _OF_SIGNERS, Role.EDITOR: _OF_EDITORS}
    kinds = {kind for role, told in of_role.items() if account.units_with(role) for kind in told}
    return [kind for kind in NoticeKind if kind in kinds]


def ways_of(account: Account) -> dict[NoticeKind, NoticeWay]:
    """How much this account wants of each kind that concerns it."""
    chosen = dict(account.notice_choices.values_list("kind", "way"))
    return {kind: NoticeWay(chosen.get(kind, USUAL[kind])) for kind in kinds_for(account)}


@transaction.atomic
def choose(account: Account, ways: Mapping[NoticeKind, NoticeWay]) -> None:
    """Say how much of each kind one wants from now on."""
    Account.objects.select_for_update().get(pk=account.pk)
    before = ways_of(account)
    changed = {kind: way for kind, way in ways.items() if kind in before and before[kind] != way}
    now = timezone.now()
    for kind, way in changed.items():
        account.notices.to_mail().filter(kind=kind).update(mail_at=_mail_at(way, account, now))
        NoticeChoice.objects.update_or_create(account=account, kind=kind, defaults={"way": way})
    if changed:
        told = {kind.label: way.label for kind, way in changed.items()}
        record_for(account, "改通知方式", before={kind.label: before[kind].label for kind in changed}, after=told)
    else:
        told_before()  # as it was


def forget_old() -> None:
    """Delete notices that are older than anybody looks back for."""
    Notice.objects.filter(at__lt=timezone.now() - KEPT).delete()
