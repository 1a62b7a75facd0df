"""What happens around every request."""

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string

from trail.models import Result
from trail.records import Circumstances, record, survived, under
from units.addresses import address_of
from units.models import Account
from units.records import record_for

log = logging.getLogger(__name__)


def clean_query(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a NUL in the address: PostgreSQL cannot store one, so each query with it would answer 500."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or any("\x00" in value for values in request.GET.lists() for value in values[1]):
            return HttpResponseBadRequest("地址里有不能使用的字符。", content_type="text/plain; charset=utf-8")
        return get_response(request)

    return middleware


# What browsers offer to pages and ours never use.
UNUSED = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


def keep_private(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Our answers are for who asked, not for caches between or other sites, and use no device of theirs.

    A page may be kept by its own browser, so that going back finds what was typed, but is asked for anew.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", UNUSED)
        return response

    return middleware


SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
WHY = {
    400: "送来的内容太多，或者有不能使用的字符",
    403: "没有办这件事的角色，或者页面放得太久",
    404: "没有这个对象，或者不属于他",
    405: "不是这样用的网址",
    422: "填写的内容没有通过检查",
}
SECRET_PATHS = ("application", "set-password")  # who has the address may do what it is for
SECRET = re.compile("pass|code|token|secret|key", re.IGNORECASE)
SHOWN = 200  # characters of what was posted in a field that no form has


def keep_trail(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """See that each request of somebody signed in that would change something leaves an entry on the trail.

    An act records its own success, in its transaction. What left no entry was refused or failed, and is
    recorded here, after the rollback. A stranger's request is recorded where it tries to sign in (``units``);
    others change nothing, and must not fill the trail.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        with under(Circumstances(address_of(request), partial(_unit, request))) as circumstances:
            response = get_response(request)
            if request.method not in SAFE:
                try:
                    _record_rest(request, response, circumstances)
                except Exception:  # the answer stands: it says what was done, or that nothing was
                    log.exception("no entry on the trail for %s %s", request.method, request.path)
        return response

    return middleware


def _record_rest(request: HttpRequest, response: HttpResponse, circumstances: Circumstances) -> None:
    match, user = request.resolver_match, getattr(request, "user", None)
    if match is None or user is None or not user.is_authenticated:
        return
    act = getattr(match.func, "act", None)
    if not circumstances.told and not survived(circumstances):
        reason = getattr(request, "refusal", "") or WHY.get(response.status_code, "")
        path = request.path if match.view_name not in SECRET_PATHS else match.route
        after = {"path": path, **({"reason": reason} if reason else {})}
        name = act.label if act else f"{request.method} {match.view_name}"
        _record(request, name, after, Result.FAILED if response.status_code >= 500 else Result.REFUSED)
    if act and (extra := _unasked(request, act.takes)):
        _record(request, "多余的字段", {"path": request.path, "ignored": extra}, Result.REFUSED)


def _record(request: HttpRequest, act: str, after: dict[str, Any], result: Result) -> None:
    user: Any = request.user
    if office := getattr(request, "office", None):
        about = getattr(request, "about", None)
        record(act[:60], by=user, office=office.code, on=about, after=after, result=result)
    else:
        record_for(user, act[:60], on=None, after=after, result=result)


def _unasked(request: HttpRequest, takes: frozenset[str]) -> dict[str, str]:
    """What was posted in fields that the form has not; of what may be a secret not the content."""
    try:
        posted = request.POST
    except SuspiciousOperation:  # too much of it, which has been refused
        return {}
    extra = sorted(set(posted) - takes)[:20]
    return {name[:SHOWN]: "…" if SECRET.search(name) else posted[name][:SHOWN] for name in extra}


def _unit(request: HttpRequest) -> str:
    """The unit in which the actor acts: the office's where they have a role in it, else their first."""
    user = getattr(request, "user", None)
    if not isinstance(user, Account):
        return ""
    office = getattr(request, "office", None)
    units = [row.unit for row in user.held]
    here = [unit for unit in units if office and unit.pk == office.unit_id]
    return str(next(iter(here or units), ""))


class say_busy:  # noqa: N801  named in the settings beside functions
    """Answer 503 with a sentence where the database made somebody wait too long, as behind a large import."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError):
            return None
        log.error("the database did not answer %s", request.path, exc_info=exception)
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "30"})
