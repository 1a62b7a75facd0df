"""Which office a page is about. Every page of an office is reached through ``at_office``."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseBase

from units.models import Account, Office


class DeskRequest(HttpRequest):
    """A request of somebody signed in, at an office's desk. ``about`` is the thing in the address, for the trail."""

    user: Account
    office: Office
    about: Model
    refusal: str


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


def at_ones_office(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For pages of no office: where the account has one office only, its frame stands around the page."""

    @wraps(view)
    def found(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        offices = list(Office.objects.for_account(request.user).select_related("unit")[:2])
        if len(offices) == 1:
            request.office = offices[0]
        return view(request, *args, **kwargs)

    return found


def only_for(request: DeskRequest, *roles: str) -> None:
    """A page of these roles in the office; for everybody else there is none."""
    if not request.user.has_role(request.office.unit_id, *roles):
        raise Http404


def say_refused(request: HttpRequest, error: Exception) -> None:
    """Tell the reader why nothing was done; the trail (``portal.middleware.keep_trail``) gets what it may keep."""
    messages.warning(request, str(error))
    request.refusal = getattr(error, "on_record", str(error))  # type: ignore[attr-defined]
