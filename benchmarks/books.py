"""Offices of 3,000 units, quarters of 25,000 items, and 40 such quarters, made up from a fixed seed.

Of the items 10 % carry a theme, 8 % are adopted by one of five channels, 3 % are joint ones.
"""

import datetime
import random
from pathlib import Path

from django.db import connection, models, transaction
from openpyxl import Workbook

from scoring.counting import Fact, Part
from scoring.models import ScoreEntry
from scoring.schemes import put_in_force
from submissions.exact import ONE, plain
from submissions.models import Adoption, AdoptionCredit, Channel, Item, ItemShare, ItemTheme, Period, Theme
from submissions.moves import PastAdoption, PastItem
from submissions.sheets import COLUMNS
from submissions.states import State
from units.models import Account, Membership, Office, Role, RosterGroup, RosterLine, Unit

UNITS = 3_000
ITEMS = 25_000  # of a quarter
QUARTERS = 40
MEASURED = 20  # the quarter in the midst of the history
DAYS = 90  # of a quarter that have items: the shortest has no more
GROUPS = {"各市教育局": 120, "各县区教育局": 1_380, "各高等院校": 300, "各中小学": 1_200}
ADOPTING = {
    "教育厅门户网站": "department",
    "省委": "province",
    "省政府": "province",
    "教育部": "province",
    "国办": "state_council",
}
THEMES = ("安全工作", "教学改革")
STEP = 10_000_000  # what a copied quarter adds to ids


def quarter(place: int) -> tuple[str, datetime.date, datetime.date]:
    """Name, first and last day of a quarter; 0 is the first of 2020."""
    year, number = 2020 + place // 4, place % 4
    after = datetime.date(year + number // 3, (number + 1) % 4 * 3 + 1, 1)
    return f"{year}年第{number + 1}季度", datetime.date(year, number * 3 + 1, 1), after - datetime.timedelta(days=1)


def found(code: str, quarters: int) -> Office:
    """An office with a manager, the Shanxi scheme, five channels, two themes, its roster and its quarters."""
    office = Office.objects.create(code=code, name=code, unit=Unit.objects.create(name=code))
    manager = Account.objects.create_user(code, None, name="管理员", demonstration=True)  # no second factor
    Membership.objects.create(account=manager, unit=office.unit, role=Role.MANAGER)
    Channel.objects.bulk_create([Channel(office=office, name=name, position=i) for i, name in enumerate(ADOPTING)])
    Theme.objects.bulk_create([Theme(office=office, name=name, position=i) for i, name in enumerate(THEMES)])
    Period.objects.bulk_create(
        [
            Period(office=office, kind="quarter", name=name, starts_on=starts_on, ends_on=ends_on)
            for name, starts_on, ends_on in map(quarter, range(quarters))
        ]
    )
    for order, (name, number) in enumerate(GROUPS.items(), start=1):
        group = RosterGroup.objects.create(office=office, name=name, order=order)
        units = Unit.objects.bulk_create([Unit(name=f"{name[1:]}{i:04d}") for i in range(number)])
        RosterLine.objects.bulk_create(
            [
                RosterLine(office=office, unit=unit, group=group, name=unit.name, order=i, since=quarter(0)[1])
                for i, unit in enumerate(units)
            ]
        )
    columns = {"submitted": "1", "theme": "2", "department": "4", "province": "6", "state_council": "10"}
    rules = [
        {
            "column": column,
            "label": column,
            "measure": column if column in ("submitted", "theme") else "adoption",
            "points": points,
            "channels": [name for name, adopts_as in ADOPTING.items() if adopts_as == column],
        }
        for column, points in columns.items()
    ]
    put_in_force(office, {"name": "计分办法", "starts_with": quarter(0)[0], "rules": rules})
    return office


def items(office: Office, place: int = 0) -> list[PastItem]:
    """A quarter's items, always the same of the same quarter: some units send much, some nothing."""
    dice = random.Random(place)
    units = list(RosterLine.objects.filter(office=office).order_by("id").values_list("unit_id", flat=True))
    dice.shuffle(units)
    channels = list(Channel.objects.filter(office=office).order_by("position").values_list("pk", flat=True))
    themes = list(Theme.objects.filter(office=office).order_by("position").values_list("pk", flat=True))
    name, starts_on, _ = quarter(place)
    made = []
    for i in range(ITEMS):
        day = dice.randrange(DAYS)
        leader = int(UNITS * dice.random() ** 1.5)
        shares = [(units[leader], ONE)]
        if dice.random() < 0.03:
            shares = [(units[leader], 600_000), (units[(leader + 1) % UNITS], 400_000)]
        item = PastItem(
            number=f"{name}-{i:05d}",
            title=f"某某单位扎实推进第{i}项重点工作并取得阶段性成效",
            received_on=starts_on + datetime.timedelta(days=day),
            state=State.VALID,
            shares=shares,
            themes=[dice.choice(themes)] if dice.random() < 0.10 else [],
        )
        if dice.random() < 0.08:
            day = min(day + dice.randrange(20), DAYS - 1)
            item.adoptions.append(PastAdoption(dice.choice(channels), starts_on + datetime.timedelta(days=day)))
        made.append(item)
    return made


def facts(past: list[PastItem]) -> list[Fact]:
    """What the ledger would read of these items, without a database."""
    made = []
    for ref, item in enumerate(past):
        parts = tuple(Part(ref, unit, share) for unit, share in item.shares)
        themed = bool(item.themes)
        made.append(Fact("submitted", ref, item.received_on, parts, themed))
        if themed:
            made.append(Fact("theme", ref, item.received_on, parts, themed))
        made += [Fact("adoption", ref, a.adopted_on, parts, channel=a.channel) for a in item.adoptions]
    return made


def workbook(office: Office, quarters: int, path: Path) -> None:
    """Write some quarters' items as a ledger workbook, with the roster and the periods that the office has."""
    past = [item for place in range(quarters) for item in items(office, place)]
    units = dict(RosterLine.objects.filter(office=office).values_list("unit_id", "name"))
    channels = dict(Channel.objects.filter(office=office).values_list("pk", "name"))
    themes = dict(Theme.objects.filter(office=office).values_list("pk", "name"))
    lines = RosterLine.objects.filter(office=office).in_printed_order().select_related("group")
    rows = {
        "单位": [(line.name, line.group.name, line.order, "", "是") for line in lines],
        "报送期": [quarter(place) for place in range(quarters)],
        "主题": [(name, "", "是") for name in themes.values()],
        "信息": [
            (
                item.number,
                units[item.shares[0][0]]
                if len(item.shares) == 1
                else "、".join(f"{units[unit]}:{plain(share)}" for unit, share in item.shares),
                item.title,
                item.received_on,
                "有效",
                "、".join(themes[theme] for theme in item.themes),
            )
            for item in past
        ],
        "采用": [(item.number, channels[a.channel], a.adopted_on, "") for item in past for a in item.adoptions],
    }
    book = Workbook(write_only=True)
    for name, headings in COLUMNS.items():
        sheet = book.create_sheet(name)
        for row in (headings, *rows[name]):
            sheet.append(row)
    book.save(path)


def grow(office: Office) -> None:
    """Copy an office's first quarter into the others by SQL: items, shares, themes, adoptions, credits and entries.

    Revisions and events are left out: nothing that is measured there touches them. References are right by
    the way the rows are copied, so the databases are told not to look.
    """
    ids = Item.objects.filter(office=office).aggregate(first=models.Min("pk"), last=models.Max("pk"))
    first_day = quarter(0)[1]
    with connection.cursor() as cursor:
        postgresql = connection.vendor == "postgresql"
        cursor.execute("SET session_replication_role = replica" if postgresql else "PRAGMA foreign_keys = OFF")
        for place in range(1, QUARTERS):
            days, more = (quarter(place)[1] - first_day).days, place * STEP

            def later(column: str, days: int = days) -> str:
                return f"{column} + {days}" if postgresql else f"date({column}, '+{days} days')"

            with transaction.atomic():
                _copy(
                    Item,
                    f"id BETWEEN {ids['first']} AND {ids['last']}",
                    id=f"id + {more}",
                    number=f"number || '-{place}'",
                    received_on=later("received_on"),
                )
                of_items = f"item_id BETWEEN {ids['first']} AND {ids['last']}"
                of_item = {"item_id": f"item_id + {more}"}
                of_adoption = {**of_item, "adoption_id": f"adoption_id + {more}"}
                _copy(ItemShare, of_items, **of_item)
                _copy(ItemTheme, of_items, **of_item)
                _copy(Adoption, of_items, id=f"id + {more}", **of_item, adopted_on=later("adopted_on"))
                _copy(AdoptionCredit, of_items, **of_adoption)
                _copy(ScoreEntry, of_items, **of_adoption, posted_on=later("posted_on"), fact_on=later("fact_on"))
        cursor.execute("SET session_replication_role = DEFAULT" if postgresql else "PRAGMA foreign_keys = ON")


def _copy(model: type[models.Model], where: str, **changed: str) -> None:
    """Copy rows of a table with some columns changed; ids are new ones unless they are said."""
    columns = [field.column for field in model._meta.concrete_fields if field.column != "id" or "id" in changed]
    values = ", ".join(changed.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = f'"{model._meta.db_table}"'
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {where}")
