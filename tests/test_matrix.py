"""Every address of the product × every role × own unit's, another unit's, another office's object.

The table is compared with the URLconf: an address that is not in it fails. Where a post succeeds it must leave
an entry on the trail in the act's own transaction; where it does not, nothing may change and the entry says so.
"""

import contextlib
import datetime
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import openpyxl
import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, models, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from django_otp.oath import totp
from PIL import Image

from portal import rosters
from reports import runs
from reports.models import Circular, ReportRun, RunFile
from scoring import closing
from submissions import channels, commissions, priorities, reasons, themes
from submissions.adoptions import adopt
from submissions.announcements import announce
from submissions.comments import say
from submissions.exact import ONE
from submissions.mergers import Piece, in_words, merge
from submissions.models import Announcement, Comment, Commission, CommissionedUnit, Item, ItemFile
from submissions.models.files import kept
from submissions.stamps import stamp
from submissions.states import State
from submissions.tests.papers import word
from tests.world import DAY, PASSWORD, World, account
from trail.models import TrailEntry
from units import factors, roster_books, roster_imports
from units.links import password_link
from units.models import Account, Contact, Membership, Registration, Role, RosterGroup, RosterLine, Unit
from units.roster_forms import OrderForm, PlaceForm
from units.verdicts import Refused

OWN, OTHERS, ELSEWHERE = "own unit's", "another unit's", "another office's"
ROLES = [str(role) for role in Role]
ALL, STAFF, MANAGERS = set(ROLES), {"editor", "manager", "auditor"}, {"manager", "auditor"}
KEEPERS, UNIT, NOBODY = {"manager", "sysadmin"}, {"officer", "signer"}, set()
EDITORS = {"editor", "manager"}
DECIDERS = {"editor", "manager"}
Places = dict[str, Any]  # what was made for a test: the world and the objects of one owner


@dataclass
class Row:
    """``reads`` and ``posts`` are the roles for which a GET answers 200 and a POST does something, on own objects;
    ``reads_others`` and ``posts_others`` on another unit's (the same unless said). ``told`` are roles that get
    403 and a sentence instead of 404."""

    name: str
    reads: set[str]
    posts: set[str] = field(default_factory=set)
    thing: Callable[[World, str], Any] | None = None
    data: Callable[[World], dict[str, Any]] = lambda world: {}
    path: tuple[str, ...] = ()
    asked: str = ""  # ``thing`` is then named in the query under this name, not in the path
    reads_others: set[str] | None = None
    posts_others: set[str] | None = None
    told: set[str] = field(default_factory=set)

    def expected(self, whose: str, method: str) -> set[str]:
        if whose == ELSEWHERE:
            return set()
        own, others = (self.reads, self.reads_others) if method == "get" else (self.posts, self.posts_others)
        return own if whose == OWN or others is None else others

    def __str__(self) -> str:
        return " ".join((self.name, *self.path, self.asked)).strip()


# ---- The objects ----


def unit_of(world: World, whose: str) -> Any:
    return world.bureau if whose == OWN else world.college


def office_of(world: World, whose: str) -> Any:
    return world.other if whose == ELSEWHERE else world.office


def an_item(world: World, whose: str, state: State = State.SUBMITTED, adopted: bool = False) -> Item:
    if whose == ELSEWHERE:
        unit = world.other.roster_lines.get().unit
        return Item.objects.create(
            office=world.other, unit=unit, title="别处的", number="E1", received_on="2020-02-02", state=state
        )
    shares = [(unit_of(world, whose).pk, ONE)]
    return world.item("一条", state=state, shares=shares, adopted_by=world.site if adopted else None)


def beside_another(world: World, whose: str) -> Item:
    """An item of its owner's, and beside it another of the same, whose id the row names."""
    item, unit = an_item(world, whose), unit_of(world, whose)
    if whose != ELSEWHERE:
        fields = {"office": world.office, "unit": unit, "number": "N900000", "received_on": DAY, "state": "submitted"}
        Item.objects.create(pk=900_000, title="一条", **fields).revisions.create(number=1, sent_at=timezone.now())
    return item


def an_adoption(world: World, whose: str) -> Any:
    item = an_item(world, whose, State.VALID, adopted=whose != ELSEWHERE)
    if whose == ELSEWHERE:
        return item.adoptions.create(channel=world.other.channels.first(), adopted_on="2020-03-01")
    return item.adoptions.get()


def a_piece(world: World, whose: str) -> Item:
    """Merged of two items of its owner's."""
    if whose == ELSEWHERE:
        return Item.objects.create(office=world.other, unit=world.other.unit, title="综合", state=State.MERGED)
    shares = [(a_valid_item(world, whose).pk, ONE // 4), (a_valid_item(world, whose).pk, ONE * 3 // 4)]
    return merge(world.office, Piece("综合", "<p>一并写在这里。</p>", shares), world.editor)


def a_merger(world: World) -> dict[str, Any]:
    sources = [a_valid_item(world, whose).pk for whose in (OWN, OTHERS)]
    return {"token": "2" * 32, "title": "综合", "body": "一并写在这里。", "source": sources, "share": ["", ""]}


def shared_out(world: World) -> dict[str, Any]:
    """Other shares of the items of the one piece that there is."""
    sources = Item.objects.filter(pieces__piece__office=world.office).order_by("pk")
    seen = [stamp({"sources": in_words(piece)}) for piece in Item.objects.filter(state=State.MERGED)]
    return {"source": [item.pk for item in sources], "share": ["0.5", "0.5"], "seen": seen}


def a_valid_item(world: World, whose: str) -> Item:
    return an_item(world, whose, State.VALID)


def adopted_by_province(world: World) -> dict[str, Any]:
    return {"channel": world.province.pk, "adopted_on": "2020-03-02"}


def a_forwarding(world: World, whose: str) -> Any:
    item = an_item(world, whose, State.VALID)
    return item.forwardings.create(channel=office_of(world, whose).channels.first(), forwarded_on="2020-03-01")


def an_instruction(world: World, whose: str) -> Any:
    return an_item(world, whose, State.VALID).instructions.create(leader="某副省长", given_on="2020-03-01")


def an_urgent_item(world: World, whose: str) -> Item:
    item = an_item(world, whose)
    Item.objects.filter(pk=item.pk).update(urgent=True)
    return item


def an_edited_item(world: World, whose: str) -> Any:
    item = an_item(world, whose)
    for number in (1, 2):
        item.revisions.update_or_create(number=number, defaults={"title": f"第{number}稿", "sent_at": timezone.now()})
    return item


def a_pasted_list(world: World) -> dict[str, Any]:
    asked = {"channel": world.site.pk, "adopted_on": "2020-03-02", "text": "甲市教育局扎实推进安全工作"}
    return {**asked, "do": "record", "number": 1, "units": "甲市教育局", "what": "new", "code": ""}


def an_entry(world: World) -> dict[str, Any]:
    return {"units": "甲市教育局", "received_on": "2020-03-02", "why": "邮件", "title": "一条", "body": "正文"}


def several(world: World) -> dict[str, Any]:
    return {"items": [an_item(world, OWN).pk, an_item(world, OTHERS).pk], "do": "accept"}


def just_decided(world: World) -> dict[str, Any]:
    item = a_valid_item(world, OWN)
    item.events.create(actor=world.editor, move="accept", was=State.SUBMITTED, now=State.VALID)
    Item.objects.filter(pk=item.pk).update(undo_until=timezone.now() + timedelta(minutes=1))
    return {"items": item.pk}


def a_reporting_unit(world: World, whose: str) -> Unit:
    return world.other.roster_lines.get().unit if whose == ELSEWHERE else unit_of(world, whose)


def a_roster_book() -> bytes:
    """A workbook that adds a unit."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet, columns in roster_books.COLUMNS.items():
        book.create_sheet(sheet).append(columns)
    book["单位"].append(["戊学院", "各高等院校", 9, "", "是", ""])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def a_roster_file(world: World) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("名册.xlsx", a_roster_book()), "since": "2020-02-01"}


def a_roster_import(world: World, whose: str) -> Any:
    office, by = office_of(world, whose), world.other_editor if whose == ELSEWHERE else world.manager
    return roster_imports.preview(office, "名册.xlsx", a_roster_book(), DAY, by)


def a_roster_line(world: World, whose: str) -> RosterLine:
    office = office_of(world, whose)
    return office.roster_lines.current().filter(unit=unit_of(world, whose)).first() or office.roster_lines.first()


def a_place(world: World) -> dict[str, Any]:
    return {"since": "2020-06-01", "name": "改了名的单位", "group": "各县教育局", "order": 3, "ranked": "on"}


def looked_at(form: Any, typed: dict[str, Any]) -> dict[str, Any]:
    """What is posted once the effects were shown."""
    assert form.is_valid(), form.errors
    return {**typed, "do": "save", "seen": rosters.looked_at(form)}


def a_place_looked_at(world: World) -> dict[str, Any]:
    typed = a_place(world)
    return looked_at(PlaceForm(QueryDict(urlencode(typed)), a_roster_line(world, OWN)), typed)


def a_unit_of_the_roster(world: World, whose: str) -> Unit:
    return a_roster_line(world, whose).unit


def a_roster_group(world: World, whose: str) -> RosterGroup:
    return office_of(world, whose).roster_groups.first()


def an_order(world: World) -> dict[str, Any]:
    lines = RosterLine.objects.filter(group=a_roster_group(world, OWN)).order_by("-order")
    typed = {"since": "2020-06-01", "line": [line.pk for line in lines], "order": [1, 2]}
    return looked_at(OrderForm(QueryDict(urlencode(typed, doseq=True)), list(lines.in_printed_order())), typed)


def a_registration(world: World, whose: str) -> Registration:
    office = office_of(world, whose)
    return Registration.objects.create(
        office=office, link=whose, name="戊市教育局", group=office.roster_groups.first(), sent_at=timezone.now(),
        network="192.0.2.1", officer_name="冯某", officer_phone="0351-4040999",
    )  # fmt: skip


def an_admission(world: World) -> dict[str, Any]:
    group = world.office.roster_groups.first().pk
    return {
        "do": "approve",
        "unit": "new",
        "name": "戊市教育局",
        "group": group,
        "since": "2020-06-01",
        "officer": "feng",
    }


def a_channel(world: World, whose: str) -> Any:
    return office_of(world, whose).channels.first()


def a_channel_typed(world: World, **typed: Any) -> dict[str, Any]:
    seen = stamp(channels.described(world.site))
    return {"name": "厅门户网站", "level": "own", "position": 1, "columns": "要闻", "seen": seen, **typed}


def a_theme(world: World, whose: str) -> Any:
    if whose != ELSEWHERE:
        return world.theme
    return office_of(world, whose).themes.get_or_create(name="别处的")[0]


def a_theme_typed(world: World) -> dict[str, Any]:
    return {"name": "改名", "active": "on", "seen": stamp(themes.described(world.theme))}


def another_theme(world: World) -> dict[str, Any]:
    return {"into": world.office.themes.create(name="阅读").pk}


def an_order_of_themes(world: World) -> dict[str, Any]:
    other = world.office.themes.create(name="阅读", position=2)
    tree = themes.tree_of(themes.Reach(world.office).topics)
    return {"theme": [world.theme.pk, other.pk], "position": [2, 1], "seen": themes.order_seen(tree)}


def a_plan(world: World) -> dict[str, Any]:
    row = {"row": 0, "name": "抓好阅读", "number": "一", "tick": 0}
    return {"year": 2020, "text": "一、抓好阅读", "do": "save", **row}


def priorities_typed(world: World) -> dict[str, Any]:
    return {"more": "抓好阅读", "seen": stamp(priorities.described(a_period(world, OWN)))}


def the_reasons_typed(world: World) -> dict[str, Any]:
    return {"reasons": "太长", "decides_within": 5, "urgent_within": 20, "seen": stamp(reasons.described(world.office))}


def a_period(world: World, whose: str, closed: bool = False) -> Any:
    period = office_of(world, whose).periods.order_by("starts_on").first()
    if closed:
        closing.close(period, None)
    return period


def a_run(world: World, whose: str, state: str = "done", closed: bool = False) -> ReportRun:
    period = a_period(world, whose, closed)
    now = timezone.now()
    return ReportRun.objects.create(
        office=period.office, kind="circular", period=period, state=state, started_at=now, from_closed=closed
    )


def a_file(world: World, whose: str, run: ReportRun | None = None) -> RunFile:
    from django.conf import settings

    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    (settings.MEDIA_ROOT / "x.docx").write_bytes(b"word")
    run = run or a_run(world, whose)
    return RunFile.objects.create(run=run, format="docx", name="x.docx", path="x.docx", sha256="", size=4)


def a_circular(world: World, whose: str) -> Circular:
    run = a_run(world, whose, closed=True)
    return Circular.objects.create(
        office=run.office,
        run=run,
        result=run.period.results.get(),
        number="甲〔2020〕1号",
        title="通报",
        issued_on="2020-04-02",
        issued_by=world.manager,
        digest="",
    )


def a_circular_file(world: World, whose: str) -> RunFile:
    return a_file(world, whose, a_circular(world, whose).run)


def somebody(world: World, whose: str, role: Role = Role.OFFICER, **fields: Any) -> Account:
    """An account of the owner's unit, or for a role of an office of the office."""
    unit = office_of(world, whose).unit if role not in (Role.OFFICER, Role.SIGNER) else unit_of(world, whose)
    if whose == ELSEWHERE and role in (Role.OFFICER, Role.SIGNER):
        unit = world.other.roster_lines.get().unit
    made = account("somebody", unit, role)
    Account.objects.filter(pk=made.pk).update(**fields)
    return made


def somebody_with_a_factor(world: World, whose: str) -> Account:
    made = somebody(world, whose)
    give_factor(made)
    return made


def give_factor(to: Account) -> str:
    key = factors.new_key()
    assert factors.set_up(to, key, code_of(key))
    to.totpdevice_set.update(last_t=-1)  # so that the code of this half minute is good once more
    return key


def code_of(key: str) -> str:
    return f"{totp(bytes.fromhex(key)):06d}"


def a_second_role(world: World, whose: str) -> Membership:
    made = somebody(world, whose)
    return Membership.objects.create(account=made, unit=made.memberships.get().unit, role=Role.SIGNER)


def an_editors_role(world: World, whose: str) -> Membership:
    return somebody(world, whose, Role.EDITOR).memberships.get()


def an_officers_role(world: World, whose: str) -> Membership:
    return somebody(world, whose).memberships.get()


def letterhead(world: World) -> dict[str, Any]:
    return {"head": "none", "kept_days": "30", "issuer": "某厅"}


def an_issue(world: World) -> dict[str, Any]:
    return {"number": "甲〔2020〕9号", "issued_on": "2020-04-02", "signature": "甲厅", "printed_on": "2020-04-03"}


def a_contact(world: World, whose: str) -> Contact:
    unit = a_reporting_unit(world, whose)
    return Contact.objects.create(unit=unit, kind="officer", name="某人", phone="13800005678", since="2021-03-01")


def a_unit_with_a_contact(world: World, whose: str) -> Unit:
    return a_contact(world, whose).unit


def a_person(world: World) -> dict[str, Any]:
    return {"kind": "leader", "name": "某领导", "post": "副局长", "phone": "0351-4040999", "email": "a@example.cn"}


def a_draft(world: World, whose: str) -> Item:
    unit = world.other.roster_lines.get().unit if whose == ELSEWHERE else unit_of(world, whose)
    return Item.objects.create(office=office_of(world, whose), unit=unit, title="草稿")


def an_announcement(world: World, whose: str) -> Announcement:
    office, by = office_of(world, whose), world.other_editor if whose == ELSEWHERE else world.manager
    return announce(office, "通知", "<p>请阅。</p>", [a_reporting_unit(world, whose).pk], "0" * 32, by)


def an_announcement_typed(world: World) -> dict[str, Any]:
    return {
        "token": "0" * 32,
        "title": "通知",
        "body": "请阅。",
        "to": "groups",
        "groups": a_roster_group(world, OWN).pk,
    }


def a_commission(world: World, whose: str) -> Commission:
    office, by = office_of(world, whose), world.other_editor if whose == ELSEWHERE else world.manager
    asked = [a_reporting_unit(world, whose).pk]
    due_on = timezone.localdate() + datetime.timedelta(days=9)
    return commissions.commission(office, "开学工作", "请写做法。", due_on, 900, asked, "0" * 32, by)


def an_asked_unit(world: World, whose: str) -> CommissionedUnit:
    return a_commission(world, whose).units.get()


def a_commission_typed(world: World) -> dict[str, Any]:
    day = timezone.localdate() + datetime.timedelta(days=9)
    return {
        "token": "1" * 32,
        "title": "开学工作",
        "due_on": day,
        "to": "groups",
        "groups": a_roster_group(world, OWN).pk,
    }


def a_comment(world: World, whose: str) -> Comment:
    """Said by the bureau's officer, about another's item by the editor; each may take back their own."""
    by = {OWN: world.officer, OTHERS: world.editor, ELSEWHERE: world.other_editor}[whose]
    return say(an_item(world, whose), "请补充数据。", by, "0" * 32)


def a_returned_item(world: World, whose: str) -> Item:
    return an_item(world, whose, State.RETURNED)


def a_text(world: World, do: str) -> dict[str, Any]:
    kind = world.office.item_kinds.get().pk
    text = "一段足够长的正文，写明做法和成效。"
    return {
        "token": "0" * 32,
        "version": 0,
        "unit": world.bureau.pk,
        "title": "标题",
        "kind": kind,
        "body": text,
        "do": do,
    }


def an_item_to_review(world: World, whose: str) -> Item:
    """One that waits in its unit, written by somebody who has left."""
    item = an_item(world, whose, State.SIGNING)
    Unit.objects.filter(pk=item.unit_id).update(needs_review=True)
    if whose == ELSEWHERE:
        item.revisions.create(number=1, title="稿")
    return item


def a_file_of(world: World, whose: str, item: Item | None = None) -> ItemFile:
    item = item or an_item(world, whose)
    path = kept().save(f"{item.pk}/x.png", ContentFile(b"picture"))
    who = world.officer
    file = item.files.create(name="图.png", kind="png", path=path, sha256="0" * 64, size=7, added_by=who)
    revision = item.revisions.first()
    if revision:
        revision.attachments.create(file=file)
    return file


def a_file_of_a_draft(world: World, whose: str) -> ItemFile:
    return a_file_of(world, whose, a_draft(world, whose))


def a_picture() -> SimpleUploadedFile:
    made = io.BytesIO()
    Image.new("RGB", (4, 4)).save(made, "PNG")
    return SimpleUploadedFile("图.png", made.getvalue())


def a_manuscript(world: World) -> dict[str, Any]:
    return {
        "token": "0" * 32,
        "unit": world.bureau.pk,
        "files": SimpleUploadedFile("稿.docx", word("标题", "一段话。")),
    }


# ---- The table ----

OF_OWN: dict[str, Any] = {"reads_others": NOBODY, "posts_others": NOBODY}
TO_MANAGER: dict[str, Any] = {"reads_others": {"manager"}, "posts_others": {"manager"}}

REASON = {"reason": "因为"}
DESK = [
    Row("home", ALL),
    Row("notices", ALL),
    Row("read-notices", NOBODY, ALL),
    Row("items", ALL),
    Row("item", {*STAFF, *UNIT}, thing=an_item, reads_others=STAFF),
    Row("item", STAFF, thing=a_piece),
    Row("merge-items", {"editor"}, {"editor"}, data=a_merger),
    Row("share-out", {"editor"}, {"editor"}, a_piece, shared_out),
    Row("move-item", NOBODY, {"editor"}, a_piece, lambda w: REASON, ("take_apart",)),
    Row("move-item", NOBODY, {"editor"}, an_item, path=("accept",)),
    Row("move-item", NOBODY, {"editor"}, an_item, lambda w: REASON, ("return",)),
    Row("move-item", NOBODY, {"editor"}, an_item, lambda w: REASON, ("reject",)),
    Row("move-item", NOBODY, {"officer"}, an_item, path=("withdraw",), posts_others=NOBODY),
    Row("move-item", NOBODY, {"signer"}, partial(an_item, state=State.SIGNING), path=("sign",), posts_others=NOBODY),
    Row("write", {"officer"}, {"officer"}, data=lambda w: a_text(w, do="save")),
    Row("write", {"officer"}, {"officer"}, data=lambda w: a_text(w, do="submit")),
    Row("write", {"officer"}, thing=an_urgent_item, asked="follows", reads_others=NOBODY),
    Row("write-item", {"officer"}, {"officer"}, a_draft, lambda w: a_text(w, do="save"), **OF_OWN),
    Row("write-item", {"officer"}, {"officer"}, a_draft, lambda w: a_text(w, do="submit"), **OF_OWN),
    Row("write-item", {"officer"}, {"officer"}, a_returned_item, lambda w: a_text(w, do="submit"), **OF_OWN),
    Row("from-word", {"officer"}, {"officer"}, data=a_manuscript),
    Row("add-file", NOBODY, {"officer"}, a_draft, lambda w: {"file": a_picture()}, posts_others=NOBODY),
    Row("item-file", {*STAFF, *UNIT}, thing=a_file_of, reads_others=STAFF),
    Row("item-file", UNIT, thing=a_file_of_a_draft, reads_others=NOBODY),
    Row("unit-names", {"officer"}),
    Row("signing", UNIT),
    Row(
        *("review-item", NOBODY, UNIT, an_item_to_review),
        lambda w: {"number": 1, "statement": "可以", "result": "pass"},
        posts_others=NOBODY,
    ),
    Row(
        *("new-period", {"manager"}, {"manager"}),
        data=lambda w: {"name": "下半年", "kind": "year", "starts_on": "2020-07-01", "ends_on": "2020-12-31"},
    ),
    Row("silent", DECIDERS),
    Row("remind", NOBODY, DECIDERS, a_reporting_unit, lambda w: {"note": "电话", "seen": 0}),
    Row("announcements", {*STAFF, *UNIT}),
    Row("announcement", {*STAFF, *UNIT}, thing=an_announcement, reads_others=STAFF),
    Row("withdraw-announcement", NOBODY, EDITORS, an_announcement, lambda w: REASON),
    Row("new-announcement", EDITORS, EDITORS, data=an_announcement_typed),
    Row("commissions", {*STAFF, *UNIT}),
    Row("commission", {*STAFF, *UNIT}, thing=a_commission, reads_others=STAFF),
    Row("new-commission", EDITORS, EDITORS, data=a_commission_typed),
    Row("withdraw-commission", NOBODY, EDITORS, a_commission, lambda w: REASON),
    Row(
        *("put-off-commission", NOBODY, EDITORS, a_commission),
        lambda w: {"due_on": timezone.localdate() + datetime.timedelta(days=20)},
    ),
    Row("remind-commissioned", NOBODY, EDITORS, a_commission),
    Row("reply-to-commission", NOBODY, UNIT, an_asked_unit, lambda w: {"do": "accept"}, posts_others=NOBODY),
    Row("reply-to-commission", NOBODY, UNIT, an_asked_unit, lambda w: {"do": "decline", **REASON}, posts_others=NOBODY),
    Row("commissions-by-unit", STAFF),
    Row("export-commission", STAFF, thing=a_commission),
    Row(
        *("comments", {*STAFF, *UNIT}, {*EDITORS, *UNIT}, an_item),
        lambda w: {"token": "1" * 32, "text": "请补充数据。"},
        reads_others=STAFF,
        posts_others=EDITORS,
    ),
    Row("take-back", NOBODY, {"officer"}, a_comment, posts_others={"editor"}),
    Row("channels", STAFF),
    Row("channel", STAFF, {"manager"}, a_channel, a_channel_typed),
    Row(
        "new-channel",
        {"manager"},
        {"manager"},
        data=lambda w: a_channel_typed(w, name="市委"),
        told={"editor", "auditor"},
    ),
    Row("reasons", {"manager"}, {"manager"}, data=the_reasons_typed),
    Row("themes", STAFF, {"manager"}, data=an_order_of_themes),
    Row("new-theme", {"manager"}, {"manager"}, data=lambda w: {"name": "阅读"}, told={"editor", "auditor"}),
    Row("theme", STAFF, {"manager"}, a_theme, a_theme_typed),
    Row("merge-theme", NOBODY, {"manager"}, a_theme, another_theme),
    Row("remove-theme", NOBODY, {"manager"}, a_theme),
    Row("import-plan", {"manager"}, {"manager"}, data=a_plan, told={"editor", "auditor"}),
    Row("priorities", STAFF, {"manager"}, a_period, priorities_typed),
    Row("coverage", {*STAFF, *UNIT}),
    Row("export-coverage", STAFF),
    Row("own-unit", UNIT),
    Row("choose-for-unit", NOBODY, {"signer"}, unit_of, lambda w: {"needs_signer": "on"}, posts_others=NOBODY),
    Row("export-items", ALL),
    Row("upward", EDITORS),
    Row("upward", EDITORS, thing=an_item, asked="items"),
    Row("upward-file", EDITORS, thing=an_item, asked="items"),
    Row("roster", STAFF),
    Row("name-unit", NOBODY, {"manager"}, a_unit_of_the_roster, lambda w: {"names": "甲局、老甲", "code": ""}),
    Row("import-effects", {"manager"}, thing=a_roster_import),
    Row("order-group", {"manager"}, {"manager"}, a_roster_group, an_order),
    Row("change-line", {"manager"}, {"manager"}, a_roster_line, a_place_looked_at),
    Row("registrations", {"manager"}),
    Row("open-registration", NOBODY, {"manager"}, data=lambda w: {"takes": "0"}),
    Row("registration", {"manager"}, {"manager"}, a_registration, lambda w: {"do": "refuse", "reason": "重复"}),
    Row("registration", {"manager"}, {"manager"}, a_registration, an_admission),
    Row("import-roster", {"manager"}, {"manager"}, data=a_roster_file),
    Row("roster-import", {"manager"}, {"manager"}, a_roster_import, lambda w: {"do": "take"}),
    Row("roster-import", {"manager"}, {"manager"}, a_roster_import, lambda w: {"do": "cancel"}),
    Row("roster-template", {"manager"}),
    Row("export-roster", {"manager"}),
    Row("discard-draft", NOBODY, {"officer"}, a_draft, posts_others=NOBODY),
    Row("move-item", NOBODY, {"editor"}, partial(an_item, state=State.REJECTED), lambda w: REASON, ("reopen",)),
    Row("queue", STAFF),
    Row("urgent-now", {"editor"}),
    Row("load", STAFF),
    Row("read-item", STAFF, thing=an_item),
    Row("decide-item", NOBODY, {"editor"}, an_item, lambda w: {"do": "accept", "themed": 1, "themes": w.theme.pk}),
    Row("decide-item", NOBODY, {"editor"}, an_item, lambda w: {"do": "reject", "say": "因为"}),
    Row("decide-several", STAFF, {"editor"}, data=several, reads_others=STAFF),
    Row("undo-decisions", NOBODY, {"editor"}, data=just_decided),
    Row("save-view", NOBODY, STAFF, data=lambda w: {"name": "急件", "query": "mark=urgent"}),
    Row("switch-keys", NOBODY, STAFF, data=lambda w: {"keys": 0}),
    Row("set-themes", NOBODY, {"editor"}, a_valid_item, lambda w: {"themes": w.theme.pk}),
    Row("edit-item", {"editor"}, {"editor"}, an_item, lambda w: {"number": 1, "title": "改过的题", "body": "改过"}),
    Row("item-changes", {*STAFF, *UNIT}, thing=an_edited_item, path=("2",), reads_others=STAFF),
    Row("similar-items", {*STAFF, *UNIT}, thing=an_item, reads_others=STAFF),
    Row(
        *("compare-items", {*STAFF, *UNIT}, {"editor", "officer"}, beside_another, lambda w: {"answer": "continued"}),
        path=("900000",),
        reads_others=STAFF,
        posts_others={"editor"},
    ),
    Row("paste-list", {"editor"}, {"editor"}, data=a_pasted_list),
    Row("enter-item", {"editor"}, {"editor"}, data=an_entry),
    Row("adopt-item", {"editor"}, {"editor"}, an_item, adopted_by_province),
    Row("adopt-item", {"editor"}, {"editor"}, a_valid_item, adopted_by_province),
    Row("adopt-item", {"editor"}, {"editor"}, a_piece, adopted_by_province),
    Row(
        *("clear-item", NOBODY, {"editor", "manager"}, a_valid_item),
        lambda w: {"number": 1, "statement": "可以公开", "result": "pass"},
    ),
    Row(
        *("instruct-item", NOBODY, {"editor"}, a_valid_item),
        lambda w: {"leader": "某副省长", "given_on": "2020-03-02", "text": "请研究"},
    ),
    Row("revoke-forwarding", STAFF, {"editor"}, a_forwarding, lambda w: REASON),
    Row("revoke-instruction", STAFF, {"editor"}, an_instruction, lambda w: REASON),
    Row("revoke-adoption", {*STAFF, *UNIT}, {"editor"}, an_adoption, lambda w: REASON, reads_others=STAFF),
    Row("standings", ALL),
    Row("entries", ALL),
    Row("scheme", ALL),
    Row("periods", STAFF),
    Row("close-period", {"manager"}, {"manager"}, a_period, told={"editor", "auditor"}),
    Row(
        *("reopen-period", {"manager"}, {"manager"}, partial(a_period, closed=True), lambda w: REASON),
        told={"editor", "auditor"},
    ),
    Row("reports", MANAGERS, {"manager"}, data=lambda w: {"kind": "circular", "period": w.q1.pk}),
    Row("report-runs", MANAGERS),
    Row("report-run", MANAGERS, thing=a_run),
    Row("cancel-run", NOBODY, {"manager"}, partial(a_run, state="queued")),
    Row("make-again", NOBODY, {"manager"}, a_run),
    Row("issue-run", {"manager"}, {"manager"}, partial(a_run, closed=True), an_issue, told={"auditor"}),
    Row("report-file", MANAGERS, thing=a_file),
    Row("circulars", ALL),
    Row("circular", ALL, thing=a_circular),
    Row("circular-file", ALL, thing=a_circular_file),
    Row("letterhead", {"manager"}, {"manager"}, data=letterhead, told={"auditor"}),
    Row("trail", {"auditor"}),
    Row("unit", STAFF, thing=a_reporting_unit),
    Row("contacts", STAFF),
    Row("new-contact-round", {"manager"}, {"manager"}, data=lambda w: {"name": "核对", "due_on": "2999-12-31"}),
    Row("new-contact", {"manager", *UNIT}, {"manager", *UNIT}, a_reporting_unit, a_person, **TO_MANAGER),
    Row("contact", {"manager", *UNIT}, {"manager", *UNIT}, a_contact, lambda w: {"name": "改名"}, **TO_MANAGER),
    Row("end-contact", NOBODY, {"manager", *UNIT}, a_contact, **TO_MANAGER),
    Row("confirm-contacts", NOBODY, UNIT, a_unit_with_a_contact, posts_others=NOBODY),
    Row("export-trail", {"auditor"}),
    Row("accounts", KEEPERS),
    Row("new-account", KEEPERS, KEEPERS, data=lambda w: {"username": "new", "name": "新人", **a_role(w)}),
    Row("account", KEEPERS, KEEPERS, somebody, lambda w: {"name": "改名", "email": ""}),
    Row(
        "account", KEEPERS, {"sysadmin"}, partial(somebody, role=Role.AUDITOR), lambda w: {"name": "改名", "email": ""}
    ),
    Row("give-role", NOBODY, KEEPERS, somebody, lambda w: {**a_role(w), "role": "signer"}),
    Row("give-role", NOBODY, {"sysadmin"}, somebody, lambda w: {"role": "manager"}),
    Row("take-role", NOBODY, KEEPERS, a_second_role),
    Row("hand-over", KEEPERS, KEEPERS, an_officers_role, lambda w: {"username": "xin", "name": "新人"}),
    Row("charge", KEEPERS, KEEPERS, an_editors_role, lambda w: {"groups": [w.office.roster_groups.first().pk]}),
    Row("charge", KEEPERS, KEEPERS, an_editors_role, lambda w: {"themes": [w.theme.pk]}),
    Row("disable-account", NOBODY, KEEPERS, somebody),
    Row("enable-account", NOBODY, KEEPERS, partial(somebody, is_active=False)),
    Row("forget-account", KEEPERS, KEEPERS, partial(somebody, is_active=False)),
    Row("reset-factor", NOBODY, KEEPERS, somebody_with_a_factor),
    Row("throw-out", NOBODY, KEEPERS, somebody),
    Row("give-link", NOBODY, KEEPERS, somebody),
]
# Addresses that belong to no office: everybody's own, and the door. The tests of their behaviour are below.
DOOR = {"healthz", "readyz", "start", "session-state", "sign-in-again", "forgotten", "set-password"}
DOOR |= {"sign-in", "sign-in-code", "sign-in-set-up", "sign-out"}
JOINING = {"join", "application"}  # a stranger's posts; their tests are in units/tests/test_registrations.py
DOOR |= {*JOINING, "offices-to-join", "public-priorities"}
# What was made by the request before is shown once; its test is in units/tests/test_accounts.py.
SHOWN_ONCE = {"link"}
# Pages of mine that do nothing; of notices those of the account alone: units/tests/test_notices.py.
SHOWN_TO_ME = {"my-account", "my-data", "notice"}
MINE = {
    *SHOWN_TO_ME,
    "notice-ways",
    "change-password",
    "set-up-factor",
    "recovery-codes",
    "drop-factor",
    "end-session",
}


def a_role(world: World) -> dict[str, Any]:
    return {"role": "officer", "unit": "乙市教育局"}


# ---- The tests ----


def patterns(resolver: Any = None) -> Iterator[URLPattern]:
    for part in (resolver or get_resolver()).url_patterns:
        if isinstance(part, URLPattern):
            yield part
        else:
            yield from patterns(part)


def test_every_address_is_in_the_table():
    assert {part.name for part in patterns()} == {row.name for row in DESK} | DOOR | MINE | SHOWN_ONCE


def test_every_address_that_takes_a_post_says_what_it_does_then(world):
    """Views without an act must refuse to be posted to, or a post to them must do nothing: these show pages only."""
    silent = {part.name for part in patterns() if not hasattr(part.callback, "act")}
    acting = {row.name for row in DESK if row.posts} | (MINE - SHOWN_TO_ME)
    acting |= {"sign-in", "sign-in-code", "sign-in-set-up", "sign-in-again", "sign-out", "forgotten", "set-password"}
    acting |= JOINING
    assert not silent & acting
    assert {part.name for part in patterns()} == silent | acting


@contextlib.contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def people(world: World) -> dict[str, dict[str, Client]]:
    """A client for each role: of the bureau and its office, and of the other office."""
    unit = world.other.roster_lines.get().unit
    elsewhere = {role: account(f"yi-{role}", unit if role in UNIT else world.other.unit, Role(role)) for role in ROLES}
    here = {role: getattr(world, role) for role in ROLES}
    return {
        "here": {role: client_of(person) for role, person in here.items()},
        "elsewhere": {role: client_of(person) for role, person in elsewhere.items()},
    }


def client_of(person: Account) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def address(row: Row, world: World, whose: str) -> str:
    thing = row.thing(world, whose) if row.thing else None
    # Another office's object is asked for at one's own desk, where its number might be typed in.
    if row.asked:
        return f"{reverse(row.name, args=[world.office.code])}?{row.asked}={thing.pk}"
    ids = [thing.item_id] if isinstance(thing, Comment) else []
    return reverse(row.name, args=[world.office.code, *ids, *([thing.pk] if thing else []), *row.path])


def whose_of(row: Row) -> list[str]:
    return [OWN, OTHERS, ELSEWHERE] if row.thing else [OWN]


@pytest.mark.once
@pytest.mark.parametrize("row", DESK, ids=str)
def test_reading(row, world, people):
    for whose in whose_of(row):
        with undone():
            page = address(row, world, whose)
            expected = row.expected(whose, "get")
            for role, client in people["here"].items():
                answer = client.get(page)
                if row.posts and not row.reads:
                    assert answer.status_code == 405, (whose, role)
                    continue
                told = role in row.told and whose != ELSEWHERE
                status = 200 if role in expected else 403 if told else 404
                assert (whose, role, answer.status_code) == (whose, role, status)
                if answer.streaming:
                    b"".join(answer)  # which closes the file, too
            for role, client in people["elsewhere"].items():
                assert client.get(page).status_code in (404, 405), (whose, f"{role} of another office")
            anonymous = Client().get(page)
            assert anonymous.status_code == 302
            assert anonymous.url.startswith(reverse("sign-in"))


def snapshot() -> dict[str, list[Any]]:
    """Everything in the database but sessions, attempts and the trail itself."""
    rooms = ("units", "submissions", "scoring", "reports", "otp_totp", "otp_static")
    kept = {"units.session", "units.attempt"}
    tables = [model for room in rooms for model in apps.get_app_config(room).get_models(include_auto_created=True)]
    return {
        model._meta.label: sorted(model.objects.values_list(), key=repr) for model in tables
        if model._meta.label_lower not in kept
    }  # fmt: skip


def entries_by(client: Client, result: str) -> models.QuerySet:
    return TrailEntry.objects.filter(actor_id=int(client.session["_auth_user_id"]), result=result)


@contextlib.contextmanager
def watched() -> Iterator[list[str]]:
    """The statements that would change what a refused post must leave alone."""
    written: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if re.match("INSERT|UPDATE|DELETE", sql) and not re.search('"(units_session|units_attempt|trail_)', sql):
            written.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield written


def again(data: dict[str, Any]) -> dict[str, Any]:
    """The same data, of which somebody may have read the files."""
    for value in data.values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, SimpleUploadedFile):
                part.seek(0)
    return data


@pytest.mark.once
@pytest.mark.parametrize("row", [row for row in DESK if row.posts], ids=str)
def test_posting(row, world, people):
    for whose in whose_of(row):
        expected = {people["here"][role]: role for role in row.expected(whose, "post")}
        told = (str(row), whose)
        for client, role in expected.items():
            with undone():
                page, data = address(row, world, whose), row.data(world)
                was = entries_by(client, "done").count()
                answer = client.post(page, data)
                assert answer.status_code in (200, 302), (*told, role, answer.status_code)
                assert entries_by(client, "done").count() > was, (*told, role)
        refused = [
            (client, f"{role} {where}")
            for where, clients in people.items()
            for role, client in clients.items()
            if client not in expected
        ]
        wrote = []
        with undone():
            page, data = address(row, world, whose), row.data(world)
            for client, role in refused:
                was = entries_by(client, "done").count()
                with watched() as written:
                    answer = client.post(page, again(data))
                assert entries_by(client, "done").count() == was, (*told, role)
                assert answer.status_code < 500, (*told, role)
                assert entries_by(client, "refused").order_by("-id")[0].after["path"] == page, (*told, role)
                wrote += [(client, role)] if written else []
            with watched() as written:
                assert Client().post(page, again(data)).status_code == 401
                assert written == []
        for client, role in wrote:  # refused in the midst of it: what was written must be gone again
            with undone():
                page, data, before = address(row, world, whose), row.data(world), snapshot()
                client.post(page, data)
                assert snapshot() == before, (*told, role)


@pytest.mark.parametrize("row", [row for row in DESK if row.posts], ids=str)
def test_where_the_trail_cannot_be_written_nothing_is_done(row, world, people):
    role = min(row.posts)
    page, data = address(row, world, OWN), row.data(world)
    before = snapshot()
    with patch.object(TrailEntry, "save", side_effect=DatabaseError("no room on the disk")), transaction.atomic():
        answer = people["here"][role].post(page, data)
    assert answer.status_code == 500
    assert snapshot() == before


def test_an_act_that_fails_is_on_the_trail_after_the_rollback(world, people):
    item = world.item(state=State.SUBMITTED)
    page = reverse("move-item", args=["jia", item.pk, "accept"])
    with patch("submissions.moves.facts_changed.send", side_effect=ZeroDivisionError):
        assert people["here"]["editor"].post(page).status_code == 500
    item.refresh_from_db()
    assert item.state == State.SUBMITTED
    entry = TrailEntry.objects.latest("id")
    assert (entry.act, entry.result, entry.actor, entry.unit, entry.address, entry.office) == (
        "办理信息", "failed", "wang", "jia厅", "127.0.0.1", "jia",
    )  # fmt: skip
    assert entry.after == {"path": page}
    assert entry.object_label == "一条信息"


def test_the_reason_of_a_refusal_is_on_the_trail(world, people):
    item = world.item(state=State.SUBMITTED)
    people["here"]["officer"].post(reverse("move-item", args=["jia", item.pk, "accept"]))
    assert TrailEntry.objects.latest("id").after["reason"] == "只有收稿单位的编辑可以认定有效。"


# ---- The door, and one's own account ----


def door(client: Client, name: str, **data: Any) -> Any:
    return client.post(reverse(name), data)


def latest() -> tuple[str, str, str]:
    entry = TrailEntry.objects.latest("id")
    return entry.act, entry.result, entry.actor


def test_each_act_at_the_door_is_on_the_trail(world, client, settings):
    settings.MAIL_WORKS = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    door(client, "sign-in", username="sun", password="wrong")
    assert latest() == ("登录", "refused", "sun")
    door(client, "sign-in", username="nobody-we-know", password="wrong")
    assert latest() == ("登录", "refused", "")
    door(client, "sign-in", username="sun", password=PASSWORD)
    assert latest() == ("登录", "done", "sun")
    door(client, "sign-out")
    assert latest() == ("退出", "done", "sun")
    with patch("units.views.sign_in.send_reset_link.delay"):
        door(client, "forgotten", username="sun")
    assert latest() == ("找回密码", "done", "")
    world.officer.refresh_from_db()
    link = client.get(password_link(world.officer, "")).url
    client.post(link, {"new_password1": "Wahr-und-neu-1", "new_password2": "Wahr-und-neu-1"})
    assert latest() == ("设置密码", "done", "sun")
    door(client, "sign-in-again", username="sun", password="Wahr-und-neu-1")
    assert latest() == ("登录", "done", "sun")


def test_each_act_of_the_second_factor_is_on_the_trail(world, client, settings):
    settings.SECOND_FACTOR = True
    world.editor.password = make_password(PASSWORD)
    world.editor.save()
    door(client, "sign-in", username="wang", password=PASSWORD)
    assert "_auth_user_id" not in client.session
    door(client, "sign-in-set-up", code="000000")
    assert "_auth_user_id" not in client.session
    key = client.session["half"]["key"]
    door(client, "sign-in-set-up", code=code_of(key))
    assert [entry.act for entry in TrailEntry.objects.order_by("-id")[:2]] == ["登录", "启用手机验证码"]
    door(client, "sign-out")
    door(client, "sign-in", username="wang", password=PASSWORD)
    door(client, "sign-in-code", code="000000")
    assert latest() == ("登录", "refused", "wang")
    world.editor.totpdevice_set.update(last_t=-1)
    door(client, "sign-in-code", code=code_of(key))
    assert latest() == ("登录", "done", "wang")


@pytest.mark.parametrize("name", sorted(MINE - SHOWN_TO_ME))
def test_each_act_on_ones_own_account_is_on_the_trail(name, world, client):
    key = give_factor(world.officer)
    client.force_login(world.officer)
    page, data = reverse(name), {"code": code_of(key)}
    if name == "change-password":
        data = {"old_password": PASSWORD, "new_password1": "Neu-genug-2", "new_password2": "Neu-genug-2"}
    if name == "set-up-factor":
        client.get(page)
        data = {"password": PASSWORD, "current": code_of(key), "code": code_of(client.session["factor_key"])}
    if name == "notice-ways":
        data = {"returned": "none"}
    if name == "end-session":
        Client().force_login(world.officer)
        data = {"session": "all"}
    assert Client().get(page).status_code in (302, 405)
    assert Client().post(page, data).status_code == 401
    client.post(page, {"code": "000000", "session": "nothing"})
    refused = TrailEntry.objects.latest("id")
    assert (refused.result, refused.actor, refused.after["path"]) == ("refused", "sun", page)
    before = snapshot()
    with patch.object(TrailEntry, "save", side_effect=DatabaseError("no room on the disk")), transaction.atomic():
        client.raise_request_exception = False
        client.post(page, data)
    assert {**snapshot(), "otp_totp.TOTPDevice": 0} == {**before, "otp_totp.TOTPDevice": 0}  # which notes a used code
    world.officer.totpdevice_set.update(last_t=-1)
    client.post(page, data)
    entry = TrailEntry.objects.latest("id")
    assert (entry.result, entry.actor, entry.unit) == ("done", "sun", "甲市教育局")


def test_the_acts_ask_for_themselves_whatever_a_view_has_let_through(world):
    item = world.item(state=State.VALID, cleared=True)
    for role in ROLES:
        person = getattr(world, role)
        if role != "manager":
            for act in (closing.close, partial(closing.reopen, reason="因为")):
                with pytest.raises(Refused):
                    act(world.q1, person)
            with pytest.raises(Refused):
                runs.request(world.office, "circular", world.q1, person)
        if role != "editor":
            with pytest.raises(Refused):
                adopt(item, world.site, world.q1.ends_on, person)
