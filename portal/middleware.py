"""What happens around every request."""

import logging
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string

log = logging.getLogger(__name__)


def clean_query(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a NUL in the address: PostgreSQL cannot store one, so each query with it would answer 500."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or any("\x00" in value for values in request.GET.lists() for value in values[1]):
            return HttpResponseBadRequest("地址里有不能使用的字符。", content_type="text/plain; charset=utf-8")
        return get_response(request)

    return middleware


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
