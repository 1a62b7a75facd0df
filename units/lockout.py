"""Guessing is stopped by account and by address, and a stranger cannot lock anybody out by guessing.

A browser in which an account once signed in bears a signed cookie that says so. Its attempts are counted by
themselves, so however often others guess that account's password, its owner signs in from where they
always do. Everybody else is counted three ways: this account from this address, this account from
anywhere, this address for any account. Attempts lie in the database: no restart forgets them.

An attempt is on the books before it is tried, so that many at once do not all slip through.
"""

import secrets
import time
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from units.addresses import address_of, network_of
from units.models import Account, Attempt, AttemptKind

WINDOW = timedelta(minutes=15)
HERE, ACCOUNT, ADDRESS = 5, 20, 100  # attempts within the window: of an account in one place, in all; of an address
PATIENCE = timedelta(seconds=15)  # how long one waits for those before it
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
    """``device`` is empty where the account has not signed in from this browser with the password it has now."""
    name = digest(username)
    browser, known = _known(request)
    if name in known and known[name] != _stamp(Account.objects.filter(username=_normal(username)).first()):
        browser = ""
    return Who(name, network_of(address_of(request)), browser if name in known else "")


def begin(kind: AttemptKind, tried_by: Who) -> Attempt:
    """Put an attempt on the books; end it with ``fail`` or ``succeed``. Raises Locked where too many failed.

    Where those under way would be too many if they all failed, it waits for them: twenty who sign in at once
    are let in one after another.
    """
    attempt = Attempt.objects.create(kind=kind, at=timezone.now(), **tried_by._asdict())
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while True:
        failed, with_those_before = _used_up(attempt)
        if failed < 1 and with_those_before <= 1:
            break
        if failed >= 1 or time.monotonic() > deadline:
            attempt.delete()
            raise Locked
        time.sleep(0.1)
    Attempt.objects.filter(pk=attempt.pk).update(at=timezone.now())  # it is tried from now on, having waited
    return attempt


def fail(attempt: Attempt) -> bool:
    """It was wrong; whether the next like it will be refused."""
    Attempt.objects.filter(pk=attempt.pk).update(failed=True)
    return _used_up(attempt)[0] >= 1


def succeed(attempt: Attempt) -> None:
    """It was right: it and what was mistyped before it, here, no longer count."""
    here = Q(device=attempt.device) if attempt.device else Q(device="", address=attempt.address)
    mistyped = Q(here, failed=True, kind=attempt.kind, name=attempt.name)
    Attempt.objects.filter(mistyped | Q(pk=attempt.pk)).delete()


def _used_up(attempt: Attempt) -> tuple[float, float]:
    """How much of what is allowed the failures use up, and how much with this attempt and those begun before it.

    One that nobody ended within a minute, because its process died, has failed.
    """
    recent = Attempt.objects.filter(kind=attempt.kind, at__gt=attempt.at - WINDOW, device=attempt.device)
    failed = Q(failed=True) | Q(at__lt=timezone.now() - 4 * PATIENCE)
    limits = {"account": (Q(name=attempt.name), HERE)}
    if not attempt.device:
        from_here = Q(address=attempt.address)
        limits = {
            "here": (Q(name=attempt.name) & from_here, HERE),
            "account": (Q(name=attempt.name), ACCOUNT),
            "address": (from_here, ADDRESS),
        }
        recent = recent.filter(Q(name=attempt.name) | from_here)
    counts = recent.aggregate(
        **{f"{name}_failed": Count("pk", which & failed) for name, (which, _) in limits.items()},
        **{f"{name}_all": Count("pk", which & (failed | Q(pk__lte=attempt.pk))) for name, (which, _) in limits.items()},
    )
    return (
        max(counts[f"{name}_failed"] / limit for name, (_, limit) in limits.items()),
        max(counts[f"{name}_all"] / limit for name, (_, limit) in limits.items()),
    )


def forget_old() -> None:
    """Remove what no longer counts."""
    Attempt.objects.filter(at__lt=timezone.now() - WINDOW).delete()


def remember_device(request: HttpRequest, response: HttpResponse, account: Account) -> None:
    """Mark the browser as one that this account signs in from, until its password changes."""
    browser, known = _known(request)
    known.pop(name := digest(account.username), None)
    kept = dict([(name, _stamp(account)), *known.items()][:COOKIE_NAMES])
    response.set_cookie(
        COOKIE,
        signing.dumps([browser or secrets.token_hex(16), kept], salt=COOKIE),
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def device(request: HttpRequest) -> str:
    """The browser's id; empty where nobody has signed in from it."""
    return _known(request)[0]


def last_here(request: HttpRequest) -> str:
    """The digest of the account that signed in last from this browser; empty where none did."""
    return next(iter(_known(request)[1]), "")


def _known(request: HttpRequest) -> tuple[str, dict[str, str]]:
    """The browser's id; of the accounts that signed in from it, their digests and what stamped them then."""
    try:
        browser, known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=COOKIE_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return "", {}
    return browser, known


def _stamp(account: Account | None) -> str:
    """Changes with the password: who once knew it is a stranger again."""
    return salted_hmac("device", account.password).hexdigest()[:16] if account else ""


def _normal(username: str) -> str:
    return Account.normalize_username(username)


def digest(username: str) -> str:
    """What was typed, so that it can be compared but not read: it may be a password in the wrong box."""
    return salted_hmac("attempt", _normal(username), algorithm="sha256").hexdigest()[:32]
