"""A small world of named people for the tests: an office, its units and editors, a colleague, and strangers."""

import datetime
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from scoring.schemes import put_in_force
from submissions.exact import ONE
from submissions.models import Adoption, Channel, Item, ItemKind, Period, Review, Theme
from submissions.moves import PastAdoption, PastItem, record_past
from submissions.states import State
from units.models import Account, Membership, Office, Role, RosterGroup, RosterLine, StandingsShown, Unit

DAY = datetime.date(2020, 2, 10)
PASSWORD = "a-long-test-password"
_numbers = count(1)
Made = TypeVar("Made")


@dataclass
class World:
    """``bureau`` and ``college`` report to ``office``; ``other`` is an office with a unit and people of its own."""

    office: Office
    q1: Period
    q2: Period
    site: Channel
    province: Channel
    theme: Theme
    bureau: Unit
    second_bureau: Unit
    college: Unit
    editor: Account
    manager: Account
    auditor: Account
    sysadmin: Account
    signer: Account
    officer: Account
    colleague: Account
    other_unit_officer: Account
    other: Office
    other_editor: Account

    def past(self, title: str = "一条信息", **fields: Any) -> PastItem:
        """An item as an import would bring it: of the bureau, valid, on 2020-02-10, unless said otherwise."""
        defaults: dict[str, Any] = {
            "number": f"N{next(_numbers):05d}",
            "received_on": DAY,
            "state": State.VALID,
            "shares": [(self.bureau.pk, ONE)],
        }
        return PastItem(title=title, **{**defaults, **fields})

    def item(
        self, title: str = "一条信息", *, adopted_by: Channel | None = None, cleared: bool = False, **fields: Any
    ) -> Item:
        """Such an item, recorded; adopted on 2020-03-01 if a channel is given; ``cleared`` to be public."""
        row = self.past(title, **fields)
        if adopted_by:
            row.adoptions.append(PastAdoption(adopted_by.pk, datetime.date(2020, 3, 1)))
        record_past(self.office, [row], source="测试")
        item = Item.objects.get(office=self.office, number=row.number)
        if cleared:
            self.clear(item)
        return item

    def clear(self, item: Item) -> None:
        """Let the manager pass an item's text for public channels."""
        revision = item.revisions.latest("number")
        Review.objects.create(
            revision=revision, stage="before_publication", reviewer=self.manager, statement="可以公开", passed=True
        )

    def adoption(self, item: Item) -> Adoption:
        return item.adoptions.select_related("item__office", "channel").get()


def account(username: str, unit: Unit, *roles: Role) -> Account:
    """A person with some roles in a unit."""
    made = Account.objects.create_user(username, PASSWORD, name=username)
    for role in roles:
        Membership.objects.create(account=made, unit=unit, role=role)
    return made


def people(*asked: tuple[str, Unit, *tuple[Role, ...]]) -> list[Account]:
    """The same for several at once: every test begins with them."""
    secret = make_password(PASSWORD)
    made = Account.objects.bulk_create(
        Account(username=name, name=name, password=secret, password_set_at=timezone.now()) for name, *_ in asked
    )
    Membership.objects.bulk_create(
        Membership(account=account, unit=unit, role=role)
        for account, (_, unit, *roles) in zip(made, asked, strict=True)
        for role in roles
    )
    return made


def roster_unit(office: Office, group: RosterGroup, name: str, order: int, **fields: Any) -> Unit:
    """A unit on an office's roster since 2020."""
    unit = Unit.objects.create(name=name)
    defaults = {"since": datetime.date(2020, 1, 1)}
    RosterLine.objects.create(office=office, unit=unit, group=group, name=name, order=order, **{**defaults, **fields})
    return unit


def quarter(office: Office, number: int) -> Period:
    """A quarter of 2020."""
    starts = datetime.date(2020, number * 3 - 2, 1)
    ends = datetime.date(2020 + number // 4, number % 4 * 3 + 1, 1) - datetime.timedelta(days=1)
    return Period.objects.create(
        office=office, kind="quarter", name=f"2020年第{number}季度", starts_on=starts, ends_on=ends
    )


def shanxi_scheme(starts_with: str, **fields: Any) -> dict[str, Any]:
    """The default scheme: 1, 2, 4, 6, 10."""
    adoption = {"measure": "adoption"}
    return {
        "name": "计分办法",
        "starts_with": starts_with,
        "rules": [
            {"column": "submitted", "label": "有效信息", "measure": "submitted", "points": "1"},
            {"column": "theme", "label": "主题信息", "measure": "theme", "points": "2"},
            {"column": "department", "label": "厅采用", "points": "4", "channels": ["门户网站"], **adoption},
            {"column": "province", "label": "省部采用", "points": "6", "channels": ["省委"], **adoption},
            {"column": "state_council", "label": "国办采用", "points": "10", "channels": [], **adoption},
        ],
        **fields,
    }


def found(code: str) -> tuple[Office, Period, Period]:
    """An office with two channels, two quarters and the default scheme."""
    office = Office.objects.create(
        code=code, name=f"{code}厅", unit=Unit.objects.create(name=f"{code}厅"), standings_shown=StandingsShown.ALL
    )
    Channel.objects.create(office=office, name="门户网站", public=True, position=1)
    Channel.objects.create(office=office, name="省委", level="province", position=2)
    ItemKind.objects.create(office=office, name="工作动态", position=1)
    q1, q2 = quarter(office, 1), quarter(office, 2)
    put_in_force(office, shanxi_scheme(q1.name))
    return office, q1, q2


def build_world() -> World:
    office, q1, q2 = found("jia")
    bureaus = RosterGroup.objects.create(office=office, name="各市教育局", order=1)
    colleges = RosterGroup.objects.create(office=office, name="各高等院校", order=2)
    bureau = roster_unit(office, bureaus, "甲市教育局", 1)
    second = roster_unit(office, bureaus, "乙市教育局", 2)
    college = roster_unit(office, colleges, "丙学院", 1)
    other, *_ = found("yi")
    names = ("editor", "manager", "auditor", "sysadmin", "signer", "officer", "colleague", "other_unit_officer")
    persons = people(
        ("wang", office.unit, Role.EDITOR),
        ("li", office.unit, Role.MANAGER),
        ("zhao", office.unit, Role.AUDITOR),
        ("chen", office.unit, Role.SYSADMIN),
        ("qian", bureau, Role.SIGNER),
        ("sun", bureau, Role.OFFICER),
        ("zhou", bureau, Role.OFFICER),
        ("wu", college, Role.OFFICER),
        ("zheng", other.unit, Role.EDITOR, Role.MANAGER),
    )
    other_group = RosterGroup.objects.create(office=other, name="各院系", order=1)
    roster_unit(other, other_group, "丁系", 1)
    return World(
        office=office,
        q1=q1,
        q2=q2,
        site=Channel.objects.get(office=office, name="门户网站"),
        province=Channel.objects.get(office=office, name="省委"),
        theme=Theme.objects.create(office=office, name="安全工作", position=1),
        bureau=bureau,
        second_bureau=second,
        college=college,
        **dict(zip(names, persons, strict=False)),
        other=other,
        other_editor=persons[-1],
    )


def remembered(build: Callable[[], Made]) -> Made:
    """What ``build`` makes in an empty database, its rows put back as they were: most tests begin with the same."""
    made, statements = _made(build)
    with transaction.atomic(), connection.cursor() as cursor:  # in whatever order: keys are checked at its end
        for sql, values in statements:
            cursor.execute(sql, values)
    return pickle.loads(made)  # noqa: S301  our own


@cache
def _made(build: Callable[[], Made]) -> tuple[bytes, list[tuple[str, Any]]]:
    """What ``build`` makes, and the statements that put its rows back with their ids. Leaves nothing behind."""
    models = [model for model in apps.get_models(include_auto_created=True) if not model._base_manager.exists()]
    statements: list[tuple[str, Any]] = []

    def keep(execute: Callable, sql: str, values: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT"):
            statements.append((sql, values))
        return execute(sql, values, many, context)

    with transaction.atomic():
        made = build()
        rows = {model: list(model._base_manager.all()) for model in models}
        transaction.set_rollback(True)
    with transaction.atomic():
        with connection.execute_wrapper(keep):
            for model, found in rows.items():
                model._base_manager.bulk_create(found)
        transaction.set_rollback(True)
    return pickle.dumps(made), statements
