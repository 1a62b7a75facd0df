"""Founding an office from its description, and loading an example into it.

Portal does this because it takes every room: units, channels and themes, scheme, letterhead.
"""

import csv
import datetime
import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from reports.models import Letterhead
from scoring.schemes import put_in_force
from submissions.intake import take_in
from submissions.models import Channel, DecisionReason, ItemKind, Period, Theme, ThemeKind
from submissions.models import kinds as item_kinds
from submissions.models import reasons as decision_reasons
from trail.records import record
from units.models import Account, Membership, Office, Role, RosterLine, StandingsShown, Unit
from units.workbook import Table

EXAMPLES = settings.BASE_DIR / "examples"
DEMONSTRATION_ACCOUNTS = {
    "officer": ("演示信息员", Role.OFFICER),
    "signer": ("演示签发人", Role.SIGNER),
    "editor": ("演示编辑", Role.EDITOR),
    "manager": ("演示管理员", Role.MANAGER),
    "auditor": ("演示审计员", Role.AUDITOR),
    "sysadmin": ("演示系统管理员", Role.SYSADMIN),
}
UNTITLED = "（标题未公布）"
UNNAMED_THEME = "主题信息（具体主题未公布）"


def read_description(path: Path) -> dict[str, Any]:
    """An office's description; its decimals exact."""
    return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)


@transaction.atomic
def found_office(description: dict[str, Any], demonstration: bool = False) -> Office:
    """Make an office with its channels, periods, themes, scheme and letterhead (see ``examples/``)."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", description["code"]):
        raise ValueError(f"代码“{description['code']}”只能有小写字母、数字和连字符")
    office = Office.objects.create(
        code=description["code"],
        name=description["name"],
        unit=Unit.objects.create(name=description["name"]),
        standings_shown=description.get("standings_shown", StandingsShown.OWN),
        demonstration=demonstration,
    )
    for position, channel in enumerate(description["channels"]):
        Channel.objects.create(office=office, position=position, **channel)
    for position, kind in enumerate(description.get("kinds", item_kinds.USUAL)):
        ItemKind.objects.create(office=office, name=kind, position=position)
    for position, text in enumerate(description.get("reasons", decision_reasons.USUAL)):
        DecisionReason.objects.create(office=office, text=text, position=position)
    periods = {}
    for period in description["periods"]:
        days = {name: datetime.date.fromisoformat(period[name]) for name in ("starts_on", "ends_on")}
        made = Period(office=office, **{**period, **days})
        if other := made.overlapping().first():
            raise ValueError(f"报送期“{made}”和“{other}”重叠")
        made.save()
        periods[made.name] = made
    for position, theme in enumerate(description.get("themes", []), start=1):
        period = periods[theme["period"]] if "period" in theme else None
        Theme.objects.create(office=office, name=theme["name"], period=period, position=position)
    for name, priorities in description.get("priorities", {}).items():
        for position, priority in enumerate(priorities, start=1):
            Theme.objects.create(
                office=office,
                kind=ThemeKind.PRIORITY,
                period=periods[name],
                name=priority,
                scored=False,
                position=position,
            )
    put_in_force(office, description["scheme"])
    Letterhead.objects.create(office=office, **description.get("letterhead", {}))
    return office


@transaction.atomic
def load_example(name: str, password: str) -> tuple[bool, list[str]]:
    """Load an example and its accounts: whether anything was (not where its office exists), and sentences to print."""
    folder = EXAMPLES / name
    description = read_description(folder / "office.json")
    if Office.objects.filter(code=description["code"]).exists():
        return False, [f"示例 {name} 已经在库里，没有改动。"]
    office = found_office(description, demonstration=True)
    tables, doubled = _published(folder, description["periods"][0])
    new = take_in(office, tables, source=description["source"])
    _make_accounts(office, password, description["officers_unit"])
    told = [f"示例 {name} 已载入：单位 {new['单位']}，信息 {new['信息']}，采用 {new['采用']}。"]
    told += [f"原表有重复的行，合为一行：{line}。" for line in doubled]
    return True, told


def _published(folder: Path, period: dict[str, str]) -> tuple[dict[str, Table], list[str]]:
    """The published figures as the sheets of a workbook, and the lines that stood twice and were made one.

    Nothing is invented: what bears no published date stands on the cut-off date, and an item without a
    published title is called by its number.
    """
    titles: dict[str, list[str]] = defaultdict(list)
    for row in _csv(folder / "adopted.csv"):
        titles[row["unit"]].append(row["published_title"])
    lines: dict[str, dict[str, Any]] = {}
    doubled = []
    for row in _csv(folder / "statistics.csv"):
        figures = {name: int(row[name]) for name in ("submitted", "theme")}
        if row["unit"] in lines:
            first = lines[row["unit"]]
            doubled.append(f"{row['unit']}（{row['group']}第{first['no']}行和第{row['no']}行）")
            figures = {name: first[name] + figures[name] for name in figures}
            lines[row["unit"]] = first | figures
        else:
            lines[row["unit"]] = row | figures

    units: list[Any] = []
    items: list[Any] = []
    adoptions: list[Any] = []
    for line in lines.values():
        unit = line["unit"]
        units.append((unit, line["group"], line["no"], "", "是"))
        themed_from = line["submitted"] - line["theme"]  # items without a title of their own bear the unnamed theme
        for i in range(line["submitted"]):
            number = f"2020Q1-{len(items) + 1:04d}"
            title = titles[unit][i] if i < len(titles[unit]) else f"{number}{UNTITLED}"
            items.append((number, unit, title, period["ends_on"], "有效", UNNAMED_THEME if i >= themed_from else ""))
            if i < len(titles[unit]):
                adoptions.append((number, "教育厅门户网站", period["ends_on"], title))
    sheets: dict[str, list] = {"单位": units, "报送期": [], "主题": [], "信息": items, "采用": adoptions}
    return {sheet: list(enumerate(rows, start=2)) for sheet, rows in sheets.items()}, doubled


def _make_accounts(office: Office, password: str, officers_unit: str) -> None:
    """One account for each role; those of an example loaded before get their roles here too."""
    unit = RosterLine.objects.get(office=office, name=officers_unit).unit
    hashed = make_password(password)  # once: six times would be half of the time that loading takes
    for username, (name, role) in DEMONSTRATION_ACCOUNTS.items():
        account = Account.objects.filter(username=username).first()
        if account is None:
            account = Account.objects.create(username=username, password=hashed, name=name, demonstration=True)
        elif account.name != name:
            raise ValueError(f"已经有一个不是演示用的账号“{username}”，示例没有载入")
        place = unit if role in (Role.OFFICER, Role.SIGNER) else office.unit
        held = Membership.objects.create(account=account, unit=place, role=role)
        after = {"username": username, "unit": place.name, "role": held.get_role_display()}
        record("建立演示账号", office=office.code, on=account, after=after)


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
