"""Which office a page is about. Every page of an office is reached through ``at_office``."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase

from units.models import Account, Office


class DeskRequest(HttpRequest):
    """A request of somebody signed in, at an office's desk."""

    user: Account
    office: Office


def at_office(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the office whose code stands in the address; one that the account has no part in does not exist."""

    @wraps(view)
    def found(request: DeskRequest, code: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        office = Office.objects.for_account(request.user).select_related("unit").filter(code=code).first()
        if office is None:
            raise Http404
        request.office = office
        return view(request, *args, **kwargs)

    return found


def say_refused(request: HttpRequest, error: Exception) -> None:
    """Tell the reader why nothing was done, and the trail too (``portal.middleware.keep_trail``)."""
    messages.warning(request, str(error))
    request.refusal = str(error)  # type: ignore[attr-defined]
