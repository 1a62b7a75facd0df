"""Nobody gets past here who is not signed in as their roles ask."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from units import factors
from units.forms import SignInForm
from units.signing_in import FACTOR, KEPT, keep


class SignInRequired(LoginRequiredMiddleware):
    """Every view is for those signed in, but for those that say otherwise. Using a page keeps its session alive.

    Whose password is too old changes it first. Somebody who got a role since signing in that asks for a second
    factor signs in again. Who sends a form after their session has ended finds it again behind the sign-in; a
    piece of a page says 401, so that the page can ask for the password where it stands.
    """

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        user: Any = request.user
        if user.is_authenticated and "X-Poll" not in request.headers:
            request.session.touch()  # type: ignore[attr-defined]
        if user.is_authenticated and getattr(view_func, "login_required", True):
            if factors.is_must(user) and not request.session.get(FACTOR):
                logout(request)
            elif user.password_is_old and request.path != reverse("change-password"):
                return self.ask_for_a_new_password(request)
        answer: HttpResponseBase | None = super().process_view(request, view_func, view_args, view_kwargs)
        return answer

    def ask_for_a_new_password(self, request: HttpRequest) -> HttpResponseBase:
        """What a form held is kept, as behind the sign-in."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("change-password")})
        if request.method == "POST":
            request.session[KEPT] = keep(request)
        messages.warning(request, f"密码用了 {settings.PASSWORD_DAYS} 天，请先换一个新的。")
        return redirect("change-password")

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> Any:
        if "X-Poll" in request.headers:  # a page asks by itself; its reader is told by the session's own watch
            return HttpResponse(status=204)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Trigger": "signed-out"})
        if request.method == "POST":
            context = {"form": SignInForm(request), "kept": keep(request), "next": request.get_full_path()}
            return render(request, "units/sign_in.html", context, status=401)
        return super().handle_no_permission(request, view_func)
