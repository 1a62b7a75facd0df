"""Guessing is stopped by account and by address, and a stranger cannot lock anybody out by guessing.

A browser in which an account once signed in bears a signed cookie that says so. Its attempts are counted by
themselves, so however often others guess that account's password, its owner signs in from where they
always do. Everybody else is counted three ways: this account from this address, this account from
anywhere, this address for any account. Attempts lie in the database: no restart forgets them.

An attempt is on the books before it is tried and taken off when it succeeded, so that many at once do not all
slip through.
"""

import secrets
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from units.addresses import address_of, network_of
from units.models import Account, Attempt, AttemptKind

WINDOW = timedelta(minutes=15)
HERE, ACCOUNT, ADDRESS = 5, 20, 100  # attempts within the window: of an account in one place, in all; of an address
COOKIE, COOKIE_AGE, COOKIE_NAMES = "device", timedelta(days=365), 8


class Locked(Exception):
    """Too many attempts."""

    sentence = f"尝试的次数太多，请等 {int(WINDOW.total_seconds() // 60)} 分钟再试，或者用“忘记密码”。"


class Who(NamedTuple):
    """Who tries, as far as can be told before anything is shown to be true."""

    name: str
    address: str
    device: str


def who(request: HttpRequest, username: str) -> Who:
    """``device`` is empty where the account has not signed in from this browser before."""
    name = _digest(username)
    device, names = _known(request)
    return Who(name, network_of(address_of(request)), device if name in names else "")


def begin(kind: AttemptKind, tried_by: Who) -> Attempt:
    """Put an attempt on the books. Raises Locked, and leaves nothing, where there were too many."""
    now = timezone.now()
    with transaction.atomic():
        attempt = Attempt.objects.create(kind=kind, at=now, **tried_by._asdict())
        if _share(attempt) > 1:
            raise Locked
    return attempt


def was_last(attempt: Attempt) -> bool:
    """Whether the next attempt like this one will be refused."""
    return _share(attempt) >= 1


def _share(attempt: Attempt) -> float:
    """How much of what is allowed is used up, this attempt included: more than 1 is too much."""
    recent = Attempt.objects.filter(kind=attempt.kind, at__gt=attempt.at - WINDOW)
    same_name = Q(name=attempt.name)
    if attempt.device:
        return recent.filter(same_name, device=attempt.device).count() / HERE
    strangers = recent.filter(same_name | Q(address=attempt.address), device="").aggregate(
        here=Count("pk", same_name & Q(address=attempt.address)),
        account=Count("pk", same_name),
        address=Count("pk", Q(address=attempt.address)),
    )
    return max(strangers["here"] / HERE, strangers["account"] / ACCOUNT, strangers["address"] / ADDRESS)


def succeed(attempt: Attempt) -> None:
    """The attempt was right: it and what was mistyped before it, here, no longer count."""
    here = Q(device=attempt.device) if attempt.device else Q(device="", address=attempt.address)
    Attempt.objects.filter(here, kind=attempt.kind, name=attempt.name).delete()


def forget_old() -> None:
    """Remove what no longer counts."""
    Attempt.objects.filter(at__lt=timezone.now() - WINDOW).delete()


def remember_device(request: HttpRequest, response: HttpResponse, account: Account) -> None:
    """Mark the browser as one that this account signs in from."""
    device, names = _known(request)
    name = _digest(account.username)
    kept = [name, *(other for other in names if other != name)][:COOKIE_NAMES]
    response.set_cookie(
        COOKIE,
        signing.dumps([device or secrets.token_hex(16), kept], salt=COOKIE),
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest) -> tuple[str, list[str]]:
    """The browser's id, and digests of the accounts that signed in from it."""
    try:
        device, names = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE)
    except (signing.BadSignature, ValueError, TypeError):
        return "", []
    return device, names


def _digest(username: str) -> str:
    """What was typed, so that it can be compared but not read: it may be a password in the wrong box."""
    return salted_hmac("attempt", Account.normalize_username(username), algorithm="sha256").hexdigest()[:32]
