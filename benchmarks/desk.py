"""Submitting: the whole POST in a small and in a large office, and against a bare view that writes the same rows."""

import datetime
import json
import secrets
from itertools import count
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.utils import timezone

from benchmarks import sql
from benchmarks.rounds import alternate, ratio
from scoring.schemes import put_in_force
from submissions.exact import ONE
from submissions.models import Item, ItemEvent, ItemKind, ItemShare, ItemTheme, Period, ReceiptCounter, Revision, Theme
from submissions.moves import PastItem, record_past
from submissions.states import State
from trail.models import TrailEntry
from units.models import Account, Membership, Office, Role, RosterGroup, RosterLine, Unit

SMALL, LARGE = 1_000, 50_000
UNITS = 100
DAY = datetime.date(2020, 3, 31)
TEXT = "某市教育局联合高校开展线上教研，组织一千二百名教师分学科备课，形成课例三百个，向全市学校开放。" * 10
_numbers = count(1)


def found(code: str, items: int) -> Office:
    """An office of a hundred units with so many items, and an officer of its first unit."""
    office = Office.objects.create(code=code, name=code, unit=Unit.objects.create(name=code))
    Period.objects.create(
        office=office, kind="quarter", name="2020年第一季度", starts_on=datetime.date(2020, 1, 1), ends_on=DAY
    )
    ItemKind.objects.create(office=office, name="工作动态")
    theme = Theme.objects.create(office=office, name="安全工作")
    group = RosterGroup.objects.create(office=office, name="各市教育局", order=1)
    units = Unit.objects.bulk_create([Unit(name=f"{code}第{n}局") for n in range(UNITS)])
    RosterLine.objects.bulk_create(
        [
            RosterLine(office=office, unit=unit, group=group, name=unit.name, order=n, since=datetime.date(2020, 1, 1))
            for n, unit in enumerate(units)
        ]
    )
    rule = {"column": "submitted", "label": "有效信息", "measure": "submitted", "points": "1"}
    put_in_force(office, {"name": "计分办法", "starts_with": "2020年第一季度", "rules": [rule]})
    officer = Account.objects.create_user(code, None, name="信息员", demonstration=True)
    Membership.objects.create(account=officer, unit=units[0], role=Role.OFFICER)
    past = [
        PastItem(
            f"{n:05d}", f"第{n}项工作", DAY, State.VALID, [(units[n % UNITS].pk, ONE)], [theme.pk] if n % 10 else []
        )
        for n in range(items)
    ]
    record_past(office, past, source="bench")
    return office


class Officer:
    """Somebody signed in who submits one new text after another."""

    def __init__(self, office: Office) -> None:
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(Account.objects.get(username=office.code))
        self.address = reverse("write", args=[office.code])
        unit = office.roster_lines.order_by("order")[0].unit_id
        theme, kind = office.themes.get(), office.item_kinds.get(name="工作动态")
        self.fields = {"unit": unit, "themes": [theme.pk], "kind": kind.pk, "version": 0, "do": "submit"}

    def fresh(self) -> dict[str, Any]:
        number = next(_numbers)
        token, text = secrets.token_hex(16), f"{TEXT}第{number}期。"
        return {**self.fields, "token": token, "title": f"某市教育局联合高校开展线上教研第{number}期", "body": text}

    def submit(self) -> None:
        answer = self.client.post(self.address, self.fresh())
        assert answer.status_code == 302, answer.content.decode()

    def bare(self) -> None:
        answer = self.client.post("/bare/", self.fresh())
        assert answer.status_code == 302, answer.content.decode()


@login_not_required
def bare(request: HttpRequest) -> HttpResponse:
    """The same rows and nothing else: nobody is asked who he is, nothing is looked for, nothing is checked."""
    asked, now = request.POST, timezone.now()
    with transaction.atomic():
        office = Office.objects.get(roster_lines__unit=asked["unit"])
        item = Item.objects.create(
            office=office,
            unit_id=asked["unit"],
            title=asked["title"],
            kind_id=asked["kind"],
            form_token=asked["token"],
            digest=secrets.token_hex(32),
        )
        ItemShare.objects.create(item=item, unit_id=asked["unit"], share=1)
        text = asked["body"]
        Revision.objects.create(item=item, number=1, title=item.title, body=f"<p>{text}</p>", text=text, kind=item.kind)
        ItemTheme.objects.create(item=item, theme_id=asked["themes"])
        counter, _ = ReceiptCounter.objects.get_or_create(office=office, year=now.year)
        counter.last += 1
        counter.save()
        item.state, item.number, item.received_on = State.SUBMITTED, f"{now.year}-{counter.last:05d}", now.date()
        item.save()
        ItemEvent.objects.create(item=item, move="submit", was="draft", now="submitted")
        for act in ("写信息", "报送"):
            TrailEntry.objects.create(
                at=now,
                office=office.code,
                act=act,
                object_kind="item",
                object_id=item.pk,
                object_label=item.title,
                after={"state": "待审"},
                token=secrets.token_hex(16),
                mark=secrets.token_hex(32),
            )
    return HttpResponse(json.dumps(item.number), status=302)


urlpatterns = [path("bare/", bare), path("", include("portal.urls"))]


def measure() -> None:
    """Whole POSTs, alternated: of a large office against a small one, and of the large one against the bare view."""
    small, large = (Officer(found(f"desk{items}", items)) for items in (SMALL, LARGE))
    sql.settle()
    with override_settings(ROOT_URLCONF="benchmarks.desk"):
        of_large, of_small, of_bare = alternate(large.submit, small.submit, large.bare, times=10)
    ratio(f"submitting with {LARGE:,} items : with {SMALL:,}", of_large, of_small, 1.2)
    ratio("submitting : a bare view that writes the same rows", of_large, of_bare, 3)
