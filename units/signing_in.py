"""Signing in and out, once it is known who somebody is; and whose sessions end when."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import login, logout
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from trail.records import record
from units import factors
from units.addresses import address_of
from units.models import Account, Session

HALF_TIME = timedelta(minutes=10)  # between the password and the code
HALF = "half"
FACTOR = "factor"  # in the session of somebody who showed a second factor
SALT = "kept"
NOT_KEPT = ("csrfmiddlewaretoken", "kept", "code")


def wait_for_code(request: HttpRequest, account: Account, next_url: str, kept: str) -> None:
    """Note that the password was right. Nobody is signed in by that."""
    request.session[HALF] = {
        "account": account.pk,
        "hash": account.get_session_auth_hash(),
        "at": timezone.now().timestamp(),
        "next": next_url,
        "kept": kept,
        "key": factors.new_key(),
    }


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
    record("登录", by=account, on=account, after={"factor": factor})


@transaction.atomic
def sign_out(request: HttpRequest) -> None:
    """End the session."""
    if isinstance(request.user, Account) or request.user.is_authenticated:
        record("退出", by=request.user, on=request.user)
    logout(request)


def end_sessions(account: Account, besides: str | None = None) -> int:
    """End an account's sessions at once, but for the one with this key; how many."""
    sessions = Session.objects.filter(account=account).exclude(session_key=besides)
    return sessions.delete()[0]


def keep(request: HttpRequest) -> str:
    """What a form held whose sender was no longer signed in, to be sent on after signing in; signed, so that
    nobody else can make us ask for something to be sent."""
    fields = [
        (name, values) for name, values in request.POST.lists() if name not in NOT_KEPT and "password" not in name
    ]
    return signing.dumps({"path": request.get_full_path(), "fields": fields}, salt=SALT, compress=True)


def kept(text: str) -> tuple[str, QueryDict] | None:
    """Path and fields of what ``keep`` has kept within the last day; None of anything else."""
    try:
        content = signing.loads(text, salt=SALT, max_age=86_400)
    except signing.BadSignature:
        return None
    fields = QueryDict(mutable=True)
    for name, values in content["fields"]:
        fields.setlist(name, values)
    return content["path"], fields


@transaction.atomic
def set_password(form: Any, account: Account, besides: str | None = None) -> None:
    """Save a password form. Sessions begun with the old password end, but for the one with the key ``besides``."""
    form.save()
    record("设置密码", by=account, on=account, after={"sessions": end_sessions(account, besides)})
