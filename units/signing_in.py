"""Signing in and out, once it is known who somebody is; and whose sessions end when."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import login, logout
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from units import factors, lockout
from units.addresses import address_of
from units.models import Account, Session
from units.records import record_for

HALF_TIME = timedelta(minutes=10)  # between the password and the code
HALF = "half"
KEPT = "kept"  # in the session of somebody who must first change the password
FACTOR = "factor"  # in the session of somebody who showed a second factor
SALT = "kept"
NOT_KEPT = ("csrfmiddlewaretoken", "kept", "code")


@transaction.atomic
def wait_for_code(request: HttpRequest, account: Account, next_url: str, kept: str) -> None:
    """Note that the password was right. Nobody is signed in by that."""
    request.session.cycle_key()
    request.session[HALF] = {
        "account": account.pk,
        "hash": account.get_session_auth_hash(),
        "at": timezone.now().timestamp(),
        "next": next_url,
        "kept": kept,
        "key": factors.new_key(),
    }
    record_for(account, "密码正确，等验证码")


def half_signed_in(request: HttpRequest) -> tuple[Account, dict[str, Any]] | None:
    """Who gave the right password within the last ten minutes, and what was noted then."""
    half = request.session.get(HALF)
    if not half or timezone.now().timestamp() - half["at"] > HALF_TIME.total_seconds():
        return None
    account = Account.objects.filter(pk=half["account"], is_active=True).first()
    if account is None or half["hash"] != account.get_session_auth_hash():
        return None
    return account, half


@transaction.atomic
def sign_in(request: HttpRequest, account: Account, *, factor: bool) -> None:
    """Begin a new session. ``factor``: whether a second factor was shown."""
    request.session.pop(HALF, None)
    login(request, account, backend="django.contrib.auth.backends.ModelBackend")
    request.session["began"] = timezone.now().isoformat()
    request.session["address"] = address_of(request)
    request.session["browser"] = request.headers.get("User-Agent", "")[:200]
    request.session[FACTOR] = factor
    record_for(account, "登录", after={"factor": factor})


@transaction.atomic
def sign_out(request: HttpRequest) -> None:
    """End the session."""
    if request.user.is_authenticated:
        record_for(request.user, "退出")
    logout(request)


def end_sessions(account: Account, besides: str | None = None) -> int:
    """End an account's sessions at once, but for the one with this key; how many."""
    sessions = Session.objects.filter(account=account).exclude(session_key=besides)
    return sessions.delete()[0]


def keep(request: HttpRequest) -> str:
    """What a form held whose sender was no longer signed in, to be sent on after signing in.

    Signed, and good in this browser only: what came here has passed the check that its page was ours.
    """
    fields = [
        (name, values) for name, values in request.POST.lists() if name not in NOT_KEPT and "password" not in name
    ]
    content = {
        "path": request.get_full_path(),
        "fields": fields,
        "browser": lockout.device(request),
        "person": lockout.last_here(request),
    }
    return signing.dumps(content, salt=SALT, compress=True)


def own(request: HttpRequest, account: Account) -> str:
    """What this form brings back of what was kept; empty where it is nothing, old, or of another browser or person."""
    text = request.POST.get("kept", "")
    try:
        content = signing.loads(text, salt=SALT, max_age=86_400)
    except signing.BadSignature:
        return ""
    of_the_same = content["person"] in ("", lockout.digest(account.username))
    return text if content["browser"] == lockout.device(request) and of_the_same else ""


def kept_form(text: str) -> dict[str, Any]:
    """Where a kept form goes and what it held, for a page that sends it on; empty where nothing was kept."""
    content = signing.loads(text, salt=SALT) if text else {}
    return {name: content[name] for name in ("path", "fields") if content}


def go_on(request: HttpRequest, kept: str, address: str) -> HttpResponse:
    """A page that sends the kept form on; where nothing was kept, to the address."""
    return render(request, "units/go_on.html", kept_form(kept)) if kept else redirect(address)


@transaction.atomic
def set_password(form: Any, account: Account, besides: str | None = None) -> None:
    """Save a password form. Sessions begun with the old password end, but for the one with the key ``besides``."""
    form.save()
    record_for(account, "设置密码", after={"sessions": end_sessions(account, besides)})
