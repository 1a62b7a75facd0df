"""The bare page that the standings page is measured against: the hand-written query, 100 rows, as many bytes."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine, Template
from django.urls import include, path
from django.utils.safestring import mark_safe

from benchmarks.sql import fetched
from submissions.exact import plain

ROWS = 100
TEMPLATE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table><!--{{ filling }}--></body></html>"""


@dataclass
class Asked:
    """What the bare view answers with: a query's rows, and how many bytes in all. Set by the measurement."""

    query: tuple[str, list[Any]] = ("", [])
    size: int = 0
    filling: str = ""


asked = Asked()


@cache
def template() -> Template:
    return Engine().from_string(TEMPLATE)


@login_not_required
def bare(request: HttpRequest) -> HttpResponse:
    """Nobody is asked who he is, nothing is checked: query, template, answer."""
    rows = [
        (group, name, *(plain(figure) for figure in figures), rank)
        for group, _, name, *figures, rank in fetched(asked.query)[:ROWS]
    ]
    context = Context({"title": "排名", "rows": rows, "filling": mark_safe(asked.filling)})  # noqa: S308  # our own filling
    return HttpResponse(template().render(context))


urlpatterns = [path("bare/", bare), path("", include("portal.urls"))]
