"""Rosters: pages of an office with 3,000 units and 9,000 contacts beside those of one with 30 and 90."""

import io

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from benchmarks import sql
from benchmarks.rounds import alternate, ratio
from units import roster_imports
from units.models import Account, Contact, Membership, Office, Role, RosterGroup, RosterLine, Unit
from units.roster_books import COLUMNS

SIZES = (30, 3_000)
KINDS = (("leader", "负责领导"), ("officer", "信息员"), ("officer", "信息员"))
SINCE = "2020-01-01"


class Manager:
    """Somebody who keeps a roster of so many units, each with three contacts."""

    def __init__(self, size: int) -> None:
        self.size, code = size, f"roster{size}"
        self.office = Office.objects.create(code=code, name=code, unit=Unit.objects.create(name=code))
        group = RosterGroup.objects.create(office=self.office, name="学校", order=1)
        units = Unit.objects.bulk_create(Unit(name=f"第{n}中学") for n in range(size))
        RosterLine.objects.bulk_create(
            RosterLine(office=self.office, unit=unit, group=group, name=unit.name, order=n, since=SINCE)
            for n, unit in enumerate(units)
        )
        Contact.objects.bulk_create(
            Contact(unit=unit, kind=kind, name=f"王{n}", phone="0351-4040999", since=SINCE)
            for unit in units
            for n, (kind, _) in enumerate(KINDS)
        )
        self.person = Account.objects.create_user(f"keeper{size}", None, name="管理员", demonstration=True)
        Membership.objects.create(account=self.person, unit=self.office.unit, role=Role.MANAGER)
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(self.person)
        self.book = book(size)
        self.import_page = ""
        self.upload()

    def get(self, name: str, **asked: str) -> None:
        assert self.client.get(reverse(name, args=[self.office.code]), asked).status_code == 200

    def roster(self) -> None:
        self.get("roster")

    def search(self) -> None:
        self.get("roster", q="第29中学")

    def contacts(self) -> None:
        self.get("contacts")

    def without_phone(self) -> None:
        self.get("contacts", state="no-phone")

    def upload(self) -> None:
        file = SimpleUploadedFile("名册.xlsx", self.book)
        answer = self.client.post(
            reverse("import-roster", args=[self.office.code]), {"file": file, "since": "2020-02-01"}
        )
        assert answer.status_code == 302, answer.content.decode()
        self.import_page = answer.url

    def preview(self) -> None:
        assert self.client.get(self.import_page, {"fate": "new"}).status_code == 200


def book(size: int) -> bytes:
    """A workbook of as many units again, each with its contacts."""
    made = openpyxl.Workbook(write_only=True)
    units, contacts = (made.create_sheet(name) for name in COLUMNS)
    for sheet, name in ((units, "单位"), (contacts, "联系人")):
        sheet.append(COLUMNS[name])
    for n in range(size):
        units.append((f"新{n}中学", "学校", n, "", "是", ""))
        for i, (_, kind) in enumerate(KINDS):
            contacts.append((f"新{n}中学", kind, f"李{i}", "科员", "0351-4040999", ""))
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def measure() -> None:
    """Each page of the large roster against the small one's."""
    small, large = (Manager(size) for size in SIZES)
    sql.settle()
    for act, told, aim in (
        ("roster", "the roster's first page", 3),
        ("search", "a search in the roster", 3),
        ("contacts", "the contacts' first page", 3),
        ("without_phone", "units without a phone", 3),
        ("preview", "an import's preview", 3),
    ):
        of_small, of_large = alternate(getattr(small, act), getattr(large, act), times=6)
        ratio(f"{told}, {SIZES[1]:,} units : {SIZES[0]}", of_large, of_small, aim)
    of_small, of_large = alternate(small.upload, large.upload, times=1)
    ratio(f"an import's upload, {SIZES[1]:,} units and {3 * SIZES[1]:,} contacts : {SIZES[0]}", of_large, of_small)
    roster_imports.forget()
