"""The auditor's page: what it shows, finds and exports, and that looking is an entry too."""

import ast
import io
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.auditing import LABELS, changes
from submissions import channels
from submissions.moves import move
from submissions.states import State
from tests.world import PASSWORD, account
from trail.models import TrailEntry
from trail.records import record
from units import links


@pytest.fixture
def zhao(world):
    client = Client()
    client.force_login(world.auditor)
    return client


def look(client, query="", name="trail"):
    return client.get(reverse(name, args=["jia"]) + query)


def acts(client, query=""):
    return [entry.act for entry, *_ in look(client, query).context["rows"]]


def test_it_shows_who_did_what_with_before_and_after(world, zhao):
    item = world.item("一条信息", state=State.SUBMITTED)
    move(item, "return", world.editor, "数字对不上")
    text = look(zhao).content.decode()
    for part in ("wang", "退回修改", "一条信息", "理由：数字对不上", "状态：待审 → 退回修改"):
        assert part in text


def test_looking_and_exporting_are_entries(world, zhao):
    look(zhao, "?q=退回")
    entry = TrailEntry.objects.latest("id")
    assert (entry.act, entry.actor) == ("查看审计记录", "zhao")
    assert entry.after["looked for"].endswith(" 退回")
    b"".join(look(zhao, name="export-trail"))
    assert TrailEntry.objects.latest("id").act == "导出审计记录"


def test_of_another_office_nothing_is_seen(world, zhao):
    record("别处的事", office="yi", by=world.other_editor)
    client = Client()
    client.post(reverse("sign-in"), {"username": "zheng", "password": PASSWORD})
    client.post(reverse("sign-in"), {"username": "sun", "password": PASSWORD})
    Client().post(reverse("sign-in"), {"username": "zheng", "password": "wrong"})
    Client().post(reverse("sign-in"), {"username": "nobody", "password": "wrong"})
    rows = [(entry.act, entry.actor) for entry, *_ in look(zhao).context["rows"]]
    assert not [row for row in rows if row[1] == "zheng" or row[0] == "别处的事"]
    assert ("登录", "") in rows  # somebody tried a name that nobody has


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=甲", ["甲事"]),
        ("?q=wang", ["乙事"]),
        ("?q=10.0.0.7", []),
        ("?result=refused", ["丙事"]),
        ("?q=甲&result=refused", []),
        ("?since=2020-01-01&until=2020-01-02", []),
        ("?since=0001-01-01&until=9999-12-31", None),
        ("?since=nonsense&until=2026-99-99&before=x&result=y", None),
        ("?q=%3Cscript%3E", []),
    ],
)
def test_it_is_searched_and_filtered(world, zhao, query, found):
    TrailEntry.objects.purge()
    record("甲事", office="jia")
    record("乙事", office="jia", by=world.editor)
    record("丙事", office="jia", result="refused")
    assert acts(zhao, query) == (found if found is not None else ["丙事", "乙事", "甲事"])


def test_it_looks_back_a_month_unless_told(world, zhao, monkeypatch):
    now = timezone.now()
    with monkeypatch.context() as patched:
        patched.setattr("trail.records.timezone.now", lambda: now - timedelta(days=40))
        record("四十天前", office="jia")
    assert "四十天前" not in acts(zhao)
    assert "四十天前" in acts(zhao, f"?since={(now - timedelta(days=41)):%Y-%m-%d}")


def test_pages_go_by_key_and_cost_the_same(world, zhao, django_assert_max_num_queries):
    for i in range(3):
        record(f"事{i}", office="jia", by=world.editor)
    with django_assert_max_num_queries(14) as few:
        look(zhao)
    for i in range(120):
        record(f"多{i}", office="jia", by=world.editor)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = look(zhao)
    seen = [entry.act for entry, *_ in page.context["rows"]]
    while page.context["next"]:
        page = look(zhao, page.context["next"])
        seen += [entry.act for entry, *_ in page.context["rows"]]
    assert [act for act in seen if act.startswith("多")] == [f"多{i}" for i in reversed(range(120))]


def test_the_export_is_what_is_filtered_as_inert_text(world, zhao):
    record("=HYPERLINK(1)", office="jia", by=world.editor, after={"reason": "+1"})
    record("别的", office="jia")
    answer = look(zhao, "?q=HYPERLINK", "export-trail")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer)))
    rows = [row for row in book.active.iter_rows() if row[1].value == "wang"]
    assert [cell.value for cell in rows[0]][4] == "=HYPERLINK(1)"
    assert rows[0][4].data_type == "s"
    assert rows[0][7].value == "理由：+1"
    assert "别的" not in str([[cell.value for cell in row] for row in book.active.iter_rows()])


def test_an_export_that_is_too_long_is_a_sentence(world, zhao, monkeypatch):
    monkeypatch.setattr("portal.auditing.MOST", 2)
    for _ in range(3):
        record("事", office="jia")
    answer = look(zhao, name="export-trail")
    assert answer.status_code == 422
    assert "没有导出" in answer.content.decode()


def test_what_people_did_at_the_door_stays_with_the_office_they_were_of_then(world, zhao):
    Client().post(reverse("sign-in"), {"username": "sun", "password": PASSWORD})
    world.officer.memberships.update(unit=world.other.roster_lines.get().unit)
    assert ("登录", "sun") in [(entry.act, entry.actor) for entry, *_ in look(zhao).context["rows"]]
    Client().post(reverse("sign-in"), {"username": "sun", "password": PASSWORD})
    assert [entry.actor for entry, *_ in look(zhao).context["rows"]].count("sun") == 1


def test_an_entry_that_is_not_ours_bears_a_mark_on_the_page(world, zhao):
    entry = record("真事", office="jia")
    assert "与写入时不符" not in look(zhao).content.decode()
    TrailEntry.objects.filter(pk=entry.pk)._raw_delete("default")
    TrailEntry.objects.bulk_create([TrailEntry(at=entry.at, act="假事", office="jia", token="1", mark="1")])
    assert "与写入时不符" in look(zhao).content.decode()


def test_what_was_posted_beside_the_form_is_recorded_but_no_secret(world):
    client = Client(raise_request_exception=False)
    client.force_login(world.manager)
    page = reverse("disable-account", args=["jia", world.auditor.pk])
    client.post(page, {"x": "\\u0000", "new_password": "Geheim-2026"})
    refused, extra = TrailEntry.objects.order_by("id")[TrailEntry.objects.count() - 2 :]
    assert (refused.act, refused.object_label, refused.result) == ("停用账号", "zhao", "refused")
    assert extra.after["ignored"] == {"new_password": "…", "x": "\\u0000"}


def test_a_post_of_too_much_is_on_the_trail(world):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(world.manager)
    page = reverse("disable-account", args=["jia", world.officer.pk])
    client.get(reverse("home", args=["jia"]))
    assert client.post(page, {f"f{i}": "x" for i in range(4_500)}).status_code == 400
    assert TrailEntry.objects.latest("id").result == "refused"


def test_a_reset_that_was_mailed_is_told_to_the_offices_of_its_owner_only(world, zhao, mailoutbox):
    for person, office in ((world.officer, "jia"), (world.other_editor, "yi")):
        person.email = "a@example.cn"
        person.save()
        links.mail_reset(person.username, "http://x")
        assert TrailEntry.objects.latest("id").office == office
    sent = [entry.object_label for entry, *_ in look(zhao).context["rows"] if entry.act == "寄出重设密码链接"]
    assert sent == ["sun"]
    nobody = account("nobody", world.bureau)
    record("没有单位的人", on=nobody)
    assert "没有单位的人" not in acts(zhao)


def keys_recorded(module: ast.Module) -> Iterator[str]:
    """The keys of what a module's acts record before and after: of dicts written out in the call, in what the
    function calls by that name, and in the functions of the module that describe it."""
    functions = {one.name: one for one in module.body if isinstance(one, ast.FunctionDef)}
    for function in (one for one in ast.walk(module) if isinstance(one, ast.FunctionDef)):
        calls = [one for one in ast.walk(function) if isinstance(one, ast.Call) and called(one) in RECORDERS]
        told = [kept.value for call in calls for kept in call.keywords if kept.arg in ("before", "after")]
        names = {one.id for value in told for one in parts(value) if isinstance(one, ast.Name)}
        for one in ast.walk(function):
            if isinstance(one, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and one.value:
                targets = one.targets if isinstance(one, ast.Assign) else [one.target]
                if names & {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}:
                    told += [one.value, *targets]
        described = {called(one) for value in told for one in ast.walk(value) if isinstance(one, ast.Call)}
        told += [functions[name] for name in described & set(functions)]
        for one in (part for value in told for part in ast.walk(value)):
            set_by = isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Store)
            keys = one.keys if isinstance(one, ast.Dict) else [one.slice] if set_by else []
            yield from (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


RECORDERS = ("record", "record_for", "_record")


def parts(value: ast.expr) -> Iterator[ast.expr]:
    """What a dict is put together from: the sides of ``|`` and what ``**`` unpacks."""
    yield value
    below = value.values if isinstance(value, ast.Dict) else []
    below = [value.left, value.right] if isinstance(value, ast.BinOp) else below
    for one in below:
        yield from parts(one)


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


@pytest.mark.once
def test_everything_an_act_records_has_a_chinese_name_on_the_auditors_page():
    rooms = ("reports", "scoring", "submissions", "units", "trail", "portal")
    paths = [path for room in rooms for path in (settings.BASE_DIR / room).rglob("*.py") if "tests" not in path.parts]
    recorded = {key: path.name for path in paths for key in keys_recorded(ast.parse(path.read_text()))}
    assert {"units", "reply", "reminders", "sources", "urgent_within", "reason", "ranked"} <= set(recorded)
    recorded |= dict.fromkeys(channels.FIELDS, "channels.py")
    assert {key: name for key, name in recorded.items() if key.isascii() and key not in LABELS} == {}


def test_a_name_is_a_persons_of_an_account_alone():
    told = {"name": "门户网站"}
    assert changes(TrailEntry(object_kind="channel", after=told))[0][0] == "名称"
    assert changes(TrailEntry(object_kind="account", after=told))[0][0] == "姓名"
