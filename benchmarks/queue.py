"""The editor's queue: a thousand items that wait, ten of them urgent, among a thousand, ten and fifty thousand."""

from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine, Template
from django.test import Client, override_settings
from django.urls import include, path, reverse

from benchmarks import sql
from benchmarks.desk import DAY, found
from benchmarks.rounds import alternate, ratio
from submissions.exact import ONE
from submissions.models import Item
from submissions.moves import PastItem, record_past
from submissions.states import State
from units.models import Account, Membership, Office, Role

WAITING = 1_000
IN_ALL = (1_000, 10_000, 50_000)
HITS = 20
URGENT = 10
WORD = "云冈石窟"
TEMPLATE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>待审</title></head><body>
<table>{% for item in items %}<tr><td>{{ item.title }}</td><td>{{ item.unit }}</td><td>{{ item.waits_since }}</td></tr>
{% endfor %}</table></body></html>"""


class Editor:
    """Somebody at a desk with so many items in all, of which a thousand wait."""

    def __init__(self, in_all: int) -> None:
        office = found(f"queue{in_all}", in_all - WAITING)
        self.code, units = office.code, list(office.roster_lines.values_list("unit", flat=True))
        titles = (f"{WORD}第{n}条" if n % (WAITING // HITS) == 0 else f"第{n}条工作进展" for n in range(WAITING))
        waiting = [
            PastItem(f"W{n:05d}", title, DAY, State.SUBMITTED, [(units[n % len(units)], ONE)])
            for n, title in enumerate(titles)
        ]
        record_past(office, waiting, source="bench")
        person = Account.objects.create_user(f"editor{in_all}", None, name="编辑", demonstration=True)
        Membership.objects.create(account=person, unit=office.unit, role=Role.EDITOR)
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(person)
        self.waiting = list(Item.objects.filter(office=office).awaiting_decision().values_list("pk", flat=True))
        Item.objects.filter(pk__in=self.waiting[-URGENT:]).update(urgent=True)
        self.group = office.roster_groups.get().pk
        self.place = count()

    def get(self, name: str, *args: Any, **asked: Any) -> None:
        answer = self.client.get(reverse(name, args=[self.code, *args]), asked)
        assert answer.status_code == 200, answer.status_code

    def first_page(self) -> None:
        self.get("queue")

    def filtered(self) -> None:
        self.get("queue", group=self.group, mark="overdue")

    def an_item(self) -> None:
        self.get("read-item", self.waiting[-1])

    def search(self) -> None:
        self.get("queue", q=WORD)

    def urgent_now(self) -> None:
        self.get("urgent-now")

    def decision(self) -> None:
        address = reverse("decide-item", args=[self.code, self.waiting[next(self.place)]])
        assert self.client.post(address, {"do": "accept", "themed": 1}).status_code == 302

    def bare(self) -> None:
        assert self.client.get(f"/bare/{self.code}/").status_code == 200


@cache
def template() -> Template:
    return Engine().from_string(TEMPLATE)


@login_not_required
def bare(request: HttpRequest, code: str) -> HttpResponse:
    """One query by key and fifty rows, for nobody in particular."""
    office = Office.objects.only("pk").filter(code=code)
    items = Item.objects.filter(office__in=office).awaiting_decision().select_related("unit")
    return HttpResponse(template().render(Context({"items": items[:50]})))


urlpatterns = [path("bare/<slug:code>/", bare), path("", include("portal.urls"))]


def measure() -> None:
    """Each page and a decision, of the larger offices against the smallest; the first page against the bare view."""
    small, middle, large = (Editor(in_all) for in_all in IN_ALL)
    sql.settle()
    for act, told, aim in (
        ("first_page", "the queue's first page", 1.2),
        ("filtered", "the queue filtered", 1.2),
        ("an_item", "an item's page", 1.2),
        ("urgent_now", f"what a screen asks about {URGENT} urgent ones", 1.2),
        ("decision", "a decision", 1.2),
        ("search", f"a search with {HITS} hits", 3),
    ):
        of_small, of_middle, of_large = alternate(*(getattr(one, act) for one in (small, middle, large)), times=6)
        ratio(f"{told}, {IN_ALL[1]:,} items : {IN_ALL[0]:,}", of_middle, of_small, aim)
        ratio(f"{told}, {IN_ALL[2]:,} items : {IN_ALL[0]:,}", of_large, of_small, aim)
    with override_settings(ROOT_URLCONF="benchmarks.queue"):
        of_page, of_bare = alternate(large.first_page, large.bare, times=10)
    ratio("the queue's first page : a bare view with 50 rows", of_page, of_bare, 5)
