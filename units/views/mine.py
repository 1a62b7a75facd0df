"""My account: password, second factor, and where I am signed in."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from trail.acts import act
from units import factors
from units import signing_in as door
from units.desk import DeskRequest, at_ones_office, say_refused
from units.forms import CodeForm, OwnPasswordForm, SetUpForm, try_code
from units.models import Session
from units.records import record_for
from units.sessions import live_sessions
from units.verdicts import Refused

KEY = "factor_key"


@never_cache
@at_ones_office
def my_account(request: DeskRequest) -> HttpResponse:
    """Who I am here, whether a second factor guards me, and each browser I am signed in from."""
    account = request.user
    here = request.session.session_key
    sessions = [{"row": row, "here": row.session_key == here} for row in live_sessions(account)]
    context = {
        "account": account,
        "memberships": account.memberships.select_related("unit").prefetch_related("groups", "theme_charges__theme"),
        "sessions": sessions,
        "factor": factors.is_set(account),
        "must": factors.is_must(account),
        "codes_left": factors.codes_left(account),
    }
    return render(request, "units/my_account.html", context)


@act("修改密码", ["old_password", "new_password1", "new_password2"])
@never_cache
@sensitive_post_parameters()
@at_ones_office
def change_password(request: DeskRequest) -> HttpResponse:
    """A new password for me; my other sessions end."""
    form = OwnPasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        door.set_password(form, request.user, besides=request.session.session_key)
        update_session_auth_hash(request, request.user)
        messages.success(request, "密码已经改好。在别处登录的都已退出。")
        return door.go_on(request, request.session.pop(door.KEPT, ""), reverse("my-account"))
    return render(request, "units/change_password.html", {"form": form}, status=422 if form.errors else 200)


@act("启用手机验证码", ["password", "current", "code"])
@never_cache
@sensitive_post_parameters()
def set_up_factor(request: DeskRequest) -> HttpResponse:
    """Give my phone a key, for my password and, where I had one before, a code of it; my other sessions end."""
    account = request.user
    key = request.session.setdefault(KEY, factors.new_key())
    form = SetUpForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if codes := factors.set_up(account, key, form.cleaned_data["code"]):
            del request.session[KEY]
            request.session[door.FACTOR] = True
            door.end_sessions(account, besides=request.session.session_key)
            return render(request, "units/recovery_codes.html", {"codes": codes, "next": reverse("my-account")})
        form.say_wrong()
    context = {"form": form, "account": account, **factors.offer(account, key)}
    return render(request, "units/set_up.html", context, status=422 if form.errors else 200)


@act("更换恢复码", ["code"])
@never_cache
@at_ones_office
def recovery_codes(request: DeskRequest) -> HttpResponse:
    """Ten new recovery codes, for a code of the phone."""
    return _with_code(request, "units/new_codes.html", _new_codes)


@act("解除手机验证码", ["code"])
@never_cache
@at_ones_office
def drop_factor(request: DeskRequest) -> HttpResponse:
    """Do without a second factor, where that is allowed."""
    if factors.is_must(request.user):
        raise Http404
    return _with_code(request, "units/drop_factor.html", _drop)


def _with_code(request: DeskRequest, template: str, then: Callable[[DeskRequest], HttpResponse]) -> HttpResponse:
    """Ask for a code, and act only on a right one."""
    if not factors.is_set(request.user):
        raise Http404
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():  # a code is not used up by an act that fails
                try_code(request, request.user, form.cleaned_data["code"])
                return then(request)
        except ValidationError as error:
            form.add_error("code", error)
    return render(request, template, {"form": form}, status=422 if form.errors else 200)


def _new_codes(request: DeskRequest) -> HttpResponse:
    codes = factors.new_recovery_codes(request.user)
    return render(request, "units/recovery_codes.html", {"codes": codes, "next": reverse("my-account")})


def _drop(request: DeskRequest) -> HttpResponse:
    factors.take_away(request.user)
    request.session[door.FACTOR] = False
    messages.success(request, "手机验证码已经解除，以后只用密码登录。")
    return redirect("my-account")


@act("结束登录", ["session"])
@require_POST
@transaction.atomic
def end_session(request: DeskRequest) -> HttpResponse:
    """Sign out elsewhere: one session by what the list calls it, or all but this one."""
    asked = request.POST.get("session", "")
    others = Session.objects.filter(account=request.user).exclude(session_key=request.session.session_key)
    keys = [row.session_key for row in others if asked in ("all", row.name)]
    if not keys:
        say_refused(request, Refused("没有别处的登录，或者已经结束了。"))
        return redirect("my-account")
    others.filter(session_key__in=keys).delete()
    record_for(request.user, "结束登录", after={"sessions": len(keys)})
    messages.success(request, f"已结束 {len(keys)} 处登录。")
    return redirect("my-account")
