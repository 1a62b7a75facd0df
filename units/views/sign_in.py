"""Signing in and out: password, code, first set-up of the code, again in place, forgotten passwords."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from trail.acts import act
from trail.records import record
from units import factors, links, lockout
from units import signing_in as door
from units.forms import AgainForm, CodeForm, FirstCodeForm, ForgottenForm, NewPassword, SignInForm, try_code
from units.models import Account, AttemptKind
from units.queue import QUEUE_IS_AWAY
from units.tasks import send_reset_link


@method_decorator(login_not_required, name="dispatch")
class SignIn(views.LoginView):
    """Name and password; then a code, where the account has or must have one."""

    template_name = "units/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Who has signed in meanwhile, in another window, goes on with what was kept."""
        user: Any = request.user
        if user.is_authenticated and request.method == "POST" and (kept := door.own(request, user)):
            return door.go_on(request, kept, "/")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        account: Account = form.get_user()
        kept, address = door.own(self.request, account), self.get_success_url()
        is_set = factors.is_set(account)
        if is_set or factors.is_must(account):
            door.wait_for_code(self.request, account, address, kept)
            return redirect("sign-in-code" if is_set else "sign-in-set-up")
        door.sign_in(self.request, account, factor=False)
        return _go_on(self.request, account, address, kept)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(kept=self.request.POST.get("kept", ""), **kwargs)


sign_in = act("登录", ["username", "password"])(SignIn.as_view())


def _go_on(request: HttpRequest, account: Account, address: str, kept: str) -> HttpResponse:
    """To where somebody wanted to go; or the form whose sender had been signed out, to be sent on."""
    if account.password_is_old:
        request.session[door.KEPT] = kept
        return redirect("change-password")
    response = door.go_on(request, kept, address)
    lockout.remember_device(request, response, account)
    return response


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page of ours whose token is old, because its reader has signed in again in another window: what it held
    is shown to be sent on. Of another site's page nothing is."""
    account: Any = request.user
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    if ours and account.is_authenticated and request.method == "POST":
        if kept := door.own(request, account):
            return door.go_on(request, kept, "/")
        if request.path != reverse("sign-in"):
            return render(request, "units/go_on.html", door.kept_form(door.keep(request)), status=403)
    return render(request, "403_csrf.html", status=403)


@act("登录", ["code"])
@never_cache
@login_not_required
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the phone, or a recovery code."""
    half = door.half_signed_in(request)
    if half is None:
        return _begin_again(request)
    account, noted = half
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            try_code(request, account, form.cleaned_data["code"])
        except ValidationError as error:
            form.add_error("code", error)
        else:
            door.sign_in(request, account, factor=True)
            if factors.codes_left(account) < 3:
                messages.warning(request, "恢复码快用完了，请到“我的账号”里换一组新的。")
            return _go_on(request, account, noted["next"], noted["kept"])
    return render(request, "units/code.html", {"form": form}, status=422 if form.errors else 200)


@act("启用手机验证码", ["code"])
@never_cache
@login_not_required
def set_up(request: HttpRequest) -> HttpResponse:
    """The first sign-in of somebody who must have a second factor: the phone gets the key, and shows it."""
    half = door.half_signed_in(request)
    if half is None:
        return _begin_again(request)
    account, noted = half
    if factors.is_set(account):
        return redirect("sign-in-code")
    form = FirstCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = factors.set_up(account, noted["key"], form.cleaned_data["code"], first=True)
        if codes:
            door.sign_in(request, account, factor=True)
            context = {"codes": codes, "next": noted["next"], **door.kept_form(noted["kept"])}
            response = render(request, "units/recovery_codes.html", context)
            lockout.remember_device(request, response, account)
            return response
        form.say_wrong()
    context = {"form": form, "account": account, **factors.offer(account, noted["key"])}
    return render(request, "units/set_up.html", context, status=422 if form.errors else 200)


def _begin_again(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("start")
    messages.warning(request, "请从账号和密码重新开始：等得太久，或者密码刚刚改过。")
    return redirect("sign-in")


@act("退出")
@require_POST
@never_cache
@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; what the browser has kept of our pages goes too."""
    door.sign_out(request)
    response = redirect("sign-in")
    response["Clear-Site-Data"] = '"cache"'
    return response


@require_GET
@never_cache
@login_not_required
def session_state(request: HttpRequest) -> HttpResponse:
    """How many seconds are left, for the page's warning. Asking counts as use, unless it bears ``X-Poll``."""
    if not request.user.is_authenticated:
        return JsonResponse({"left": 0})
    return JsonResponse({"left": request.session.seconds_left, "account": request.user.username})  # type: ignore[attr-defined]


@act("登录", ["username", "password", "code"])
@never_cache
@sensitive_post_parameters("password")
@login_not_required
def again(request: HttpRequest) -> HttpResponse:
    """Sign in again within a page whose session is over: password and code at once.

    The answer is a piece of the page: the form, or the new token for the page's own forms.
    """
    form = AgainForm(request, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        username = request.POST.get("username") or request.GET.get("account", "")
        return render(request, "units/again.html", {"form": form, "username": username})
    account = form.get_user()
    door.sign_in(request, account, factor=form.has_factor)
    response = render(request, "units/again.html", {"done": True})
    lockout.remember_device(request, response, account)
    return response


@act("找回密码", ["username"])
@login_not_required
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail. The answer is the same for every name: a worker finds out whose it is."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and settings.MAIL_WORKS and form.is_valid():
        name = form.cleaned_data["username"]
        try:
            lockout.fail(lockout.begin(AttemptKind.RESET, lockout.who(request, name)))  # each counts
        except lockout.Locked:
            pass  # the same answer; no more mail
        else:
            record("找回密码")
            try:
                send_reset_link.delay(name, f"{request.scheme}://{request.get_host()}")
            except QUEUE_IS_AWAY:
                form.add_error(None, "现在发不出邮件。请过几分钟再试，或者请管理员给您一个设密码的链接。")
        if not form.errors:
            return render(request, "units/forgotten.html", {"sent": True})
    context = {"form": form, "mail_works": settings.MAIL_WORKS}
    return render(request, "units/forgotten.html", context, status=422 if form.errors else 200)


@method_decorator(login_not_required, name="dispatch")
class SetPassword(views.PasswordResetConfirmView):
    """Set a password by a link. Whoever is signed in with the old one is out."""

    template_name = "units/set_password.html"
    form_class = NewPassword
    token_generator = links.tokens

    def form_valid(self, form: Any) -> HttpResponse:
        account: Account = form.user
        door.set_password(form, account)
        del self.request.session[views.INTERNAL_RESET_SESSION_TOKEN]
        messages.success(self.request, "密码已经设好，请登录。")
        response = redirect("sign-in")
        lockout.remember_device(self.request, response, account)  # the link has shown whose browser it is
        return response


set_password = act("设置密码", ["new_password1", "new_password2"])(SetPassword.as_view())
