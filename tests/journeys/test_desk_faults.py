"""Faults that a desk must survive, tried over HTTP on a real server (the numbers are those of the list of faults).

Where the list says "measured", the naive way is tried beside ours and is seen to fail as it says.
"""

import datetime
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import openpyxl
import psycopg2
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from openpyxl.utils.exceptions import IllegalCharacterError
from PIL import Image

from submissions.tests.papers import changed, picture, sheet, word
from submissions.tests.test_inspection import bomb
from tests import programs
from tests.disks import small_disk
from tests.journeys.conftest import own_database
from tests.visitor import TOKEN, Visitor
from tests.web import Person, Web, found

WRITE = "/o/jia/items/write/"
TEXT = "一段足够长的正文，写明做法和成效，共一千二百人次。"
TOLD = """
import json
from submissions.models import Draft, Item
print(json.dumps([
    [item.title, item.state, item.number, str(item.received_on), [event.move for event in item.events.all()],
     [revision.text for revision in item.revisions.all()], Draft.objects.filter(item=item).count()]
    for item in Item.objects.filter(title__contains={title!r}).order_by("id")
]))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with own_database() as urls:
        made = found(tmp_path_factory.mktemp("desk") / "data", urls)
        yield made
        made.console.close()


@pytest.fixture(scope="module")
def web(place: Web) -> Iterator[Web]:
    with place.serving() as serving:
        yield serving


def told(web: Web, title: str) -> list[list]:
    """State, number, day, events, texts and drafts of the items with this in their title."""
    return json.loads(web.shell(TOLD.format(title=title)))


def form(person: Person, **fields: object) -> tuple[str, dict[str, object]]:
    """The tokens and choices of a new writing page, with a text."""
    _, page = person.ask("GET", WRITE)
    value = lambda name: re.search(rf'name="{name}" value="(\w+)"', page)[1]  # noqa: E731
    kind = re.search(r'name="kind" value="(\d+)"', page)[1]
    made = {"token": value("token"), "version": "0", "unit": value("unit"), "kind": kind, "body": TEXT, "do": "submit"}
    return value("csrfmiddlewaretoken"), {**made, **fields}


def saved(person: Person, title: str) -> tuple[str, str]:
    """A draft's address and the token of its page."""
    token, fields = form(person, title=title, do="save")
    assert person.send(WRITE, token, **fields)[0] == 302
    return person.location, token


def upload(person: Person, address: str, token: str, name: str, content: bytes) -> tuple[int, dict]:
    status, text = person.send(address.replace("/write/", "/files/"), token, [("file", name, content)])
    return status, json.loads(text)


# ---- 1: the web worker is killed in the middle of a POST ----


@contextmanager
def held(web: Web) -> Iterator[None]:
    """Somebody else holds what a submission needs: on PostgreSQL its last row, when the rest is written already."""
    if url := web.environment.get("DATABASE_URL"):
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT * FROM submissions_receiptcounter FOR UPDATE")
            yield
    else:
        path = Path(web.environment["DATA_DIR"]) / "db.sqlite3"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield


def test_1_a_worker_killed_in_the_middle_leaves_all_or_nothing_and_sending_again_is_safe(web):
    person = web.person("sun")
    token, fields = form(person, title="被打断之前的一条")
    assert person.send(WRITE, token, **fields)[0] == 302  # so that there is a counter to hold
    address, token = saved(person, "被打断的一条")
    _, fields = form(person, title="被打断的一条", body=TEXT + "又一句。", version="1")
    fields["token"] = re.search(r'name="token" value="(\w+)"', person.ask("GET", address)[1])[1]
    with ThreadPoolExecutor(1) as pool:
        with held(web):
            sending = pool.submit(person.send, address, token, **fields)
            time.sleep(1.5)
            for pid in web.workers():
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)
        with pytest.raises((ConnectionError, OSError)):
            sending.result(timeout=30)
    ((_, state, number, _, events, texts, drafts),) = told(web, "被打断的一条")
    assert (state, number, events, texts, drafts) == ("draft", None, [], [], 1)
    for _ in range(2):
        assert wait_for_answer(person, address, token, fields)[0] == 302
    ((_, state, number, _, events, texts, drafts),) = told(web, "被打断的一条")
    assert (state, events, drafts, len(texts)) == ("submitted", ["submit"], 0, 1)
    assert number


def wait_for_answer(person: Person, address: str, token: str, fields: dict) -> tuple[int, str]:
    """The workers are being started again. The page's version is read anew, as its reader would."""
    deadline = time.monotonic() + 30
    while True:
        with suppress(OSError):
            _, page = person.ask("GET", address)
            version = re.search(r'name="version" value="(\d+)"', page)
            fields = {**fields, "version": version[1] if version else fields["version"]}
            return person.send(address, token, **fields)
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.once
def test_1_measured_without_a_transaction_an_item_stays_without_its_event(web):
    naive = """
import os, signal
from django.utils import timezone
from submissions.models import Item, ItemEvent
from units.models import Office
office = Office.objects.get(code="jia")
item = Item.objects.create(office=office, unit=office.roster_lines.first().unit, title="naive", state="submitted",
                           number="N1", received_on=timezone.localdate())
os.kill(os.getpid(), signal.SIGKILL)
ItemEvent.objects.create(item=item, move="submit", now="submitted")
"""
    command = [sys.executable, "manage.py", "shell", "-c", naive]
    done = subprocess.run(command, env=web.environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    ((_, state, *_, events, _, _),) = told(web, "naive")
    assert (state, events) == ("submitted", [])
    web.shell("from submissions.models import Item; Item.objects.filter(title='naive').delete()")


# ---- 8: the disk is full ----


@pytest.fixture
def disk(place: Web) -> Iterator[Path]:
    """A disk of 1 MB that holds the files of items."""
    with small_disk(Path(place.environment["DATA_DIR"]) / "files" / "items", 1) as folder:
        yield folder


def noise(kilobytes: int) -> bytes:
    made = io.BytesIO()
    side = int((kilobytes * 1024 / 3) ** 0.5)
    Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)).save(made, "PNG")
    return made.getvalue()


@pytest.mark.once
def test_8_where_the_disk_is_full_there_is_a_message_the_text_and_no_orphan(web, disk):
    person = web.person("sun")
    address, token = saved(person, "磁盘满的一条")
    large = noise(1500)
    status, answer = upload(person, address, token, "大图.png", large)
    assert status == 422
    assert "存不下这个文件" in answer["error"]
    _, fields = form(person, title="磁盘满的另一条", do="save")
    status, page = person.send(WRITE, token, [("files", "大图.png", large)], **fields)
    assert status == 422
    assert "存不下这个文件" in page
    assert TEXT in page
    ((*_, drafts),) = told(web, "磁盘满的另一条")
    assert drafts == 1
    assert [path for path in disk.rglob("*") if path.is_file()] == []
    assert upload(person, address, token, "小图.png", noise(100))[0] == 200
    assert web.manage("check_files").endswith("1 files, 0 wrong, 0 known to no item")
    naive = FileSystemStorage(disk / "naive")
    with pytest.raises(OSError, match="No space left"):
        naive.save("x.png", ContentFile(large))
    assert [path for path in (disk / "naive").rglob("*") if path.is_file()], "measured: the naive way leaves one"
    web.shell("from submissions.models import ItemFile; ItemFile.objects.all().delete()")


# ---- 9: a double click, or sending again ----


def test_9_five_posts_at_once_are_one_item_with_one_receipt(web):
    people = [web.person("sun") for _ in range(5)]
    token, fields = form(people[0], title="点了五次的一条")
    for person in people[1:]:
        person.cookies = people[0].cookies
    with ThreadPoolExecutor(5) as pool:
        answers = [done.result() for done in [pool.submit(person.send, WRITE, token, **fields) for person in people]]
    assert [status for status, _ in answers] == [302] * 5
    assert len({person.location for person in people}) == 1
    ((_, state, number, _, events, texts, _),) = told(web, "点了五次的一条")
    assert (state, events, texts) == ("submitted", ["submit"], [TEXT])
    assert number in people[0].ask("GET", people[0].location)[1]
    assert people[0].send(WRITE, token, **fields)[0] == 302
    assert len(told(web, "点了五次的一条")) == 1


# ---- 10: two editors decide at once ----


def decided_at_once(web: Web, title: str) -> tuple[list[str], list[str]]:
    """Two editors decide one item at the same moment: its decisions, and the pages of those who were too late."""
    code = f"""
import datetime
from submissions.exact import ONE
from submissions.models import Item
from submissions.moves import PastItem, record_past
from tests.world import account
from units.models import Account, Office, Role
office = Office.objects.get(code="jia")
if not Account.objects.filter(username="he").exists():
    account("he", office.unit, Role.EDITOR)
unit = office.roster_lines.get(name="甲市教育局").unit_id
record_past(office, [PastItem({title!r}, {title!r}, datetime.date(2020, 5, 1), "submitted", [(unit, ONE)])], source="test")
print(Item.objects.get(title={title!r}).pk)
"""
    page = f"/o/jia/queue/{web.shell(code)}/"
    people = [web.person("wang"), web.person("he")]
    tokens = [person.token_of(page) for person in people]
    asked = [{"do": "accept", "themed": 1}, {"do": "reject", "say": "不在要点内"}]
    with ThreadPoolExecutor(2) as pool:
        acts = zip(people, tokens, asked, strict=True)
        done = [pool.submit(person.send, f"{page}decide/", token, **fields) for person, token, fields in acts]
    answers = [one.result() for one in done]
    assert {status for status, _ in answers} <= {302, 422}
    ((_, _, _, _, events, _, _),) = told(web, title)
    return [event for event in events if event in ("accept", "reject")], [
        text for status, text in answers if status == 422
    ]


def test_10_of_two_editors_one_wins_and_the_other_sees_who_and_what(web):
    for n in range(2):
        decisions, pages = decided_at_once(web, f"两人同办的第{n}条")
        who, what = {"accept": ("wang", "认定有效"), "reject": ("he", "退稿")}[decisions[0]]
        assert len(decisions) == 1
        assert len(pages) == 1, "the winner is led to the next, the other told"
        assert re.search(rf"{who}在 .*{what}", pages[0])


@pytest.mark.once
def test_10_measured_without_the_guard_both_decide(place):
    with Web(place.environment).serving(GUNICORN_CMD_ARGS="--config tests/unguarded.py") as unguarded:
        decisions, _ = decided_at_once(unguarded, "没有防护的一条")
    recounted = "from scoring.ledger import recount_office; from units.models import Office"
    place.shell(f"{recounted}; recount_office(Office.objects.get(code='jia'))")  # others use this place
    assert sorted(decisions) == ["accept", "reject"]


# ---- 11: the end of a quarter, wherever the server stands ----


MIDNIGHT = datetime.datetime(2027, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))  # in Shanghai


def test_11_a_second_before_midnight_is_the_old_quarter_and_midnight_the_new(place, tmp_path):
    """A server in New York goes through a Shanghai midnight while items come in."""
    library = programs.faketime()
    if library is None:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail("REQUIRE_SERVICES=1, but libfaketime is not installed.")
        pytest.skip("libfaketime is not installed on this machine.")
    clock = tmp_path / "clock"
    turn(clock, datetime.timedelta(hours=1))
    turned = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    with Web(place.environment).serving(**turned, NO_FAKE_STAT="1", TZ="America/New_York") as web:
        offset = turn(clock, datetime.timedelta(seconds=4))
        person, sent = web.person("sun"), 0
        while datetime.datetime.now(datetime.UTC) + offset < MIDNIGHT + datetime.timedelta(seconds=0.5):
            token, fields = form(person, title=f"跨年的一条{sent}", body=f"{TEXT}第{sent}条。")
            assert person.send(WRITE, token, **fields)[0] == 302
            sent += 1
    rows = json.loads(place.shell(ACROSS))
    assert len(rows) == sent
    naive_is_wrong = 0
    for at, received, number in rows:
        instant = datetime.datetime.fromisoformat(at)
        assert received == ("2026-12-31" if instant < MIDNIGHT else "2027-01-01"), at
        assert number.startswith(received[:4])
        naive_is_wrong += str(instant.astimezone(datetime.UTC).date()) != received
    assert {received for _, received, _ in rows} == {"2026-12-31", "2027-01-01"}
    assert naive_is_wrong, "measured: by UTC the new year's first eight hours are the old year's"


def turn(clock: Path, before: datetime.timedelta) -> datetime.timedelta:
    """Set the server's clock to so long before midnight; returns how far it is from ours."""
    offset = MIDNIGHT - before - datetime.datetime.now(datetime.UTC)
    clock.write_text(f"+{offset.total_seconds():.3f}s")
    return offset


ACROSS = """
import json
from submissions.models import Item
items = Item.objects.filter(title__startswith="跨年的一条").order_by("id")
print(json.dumps([[item.waits_since.isoformat(), str(item.received_on), item.number] for item in items]))
"""


# ---- 12: a period closes while submissions and decisions are under way ----


def closes_against_submissions(web: Web, times: int) -> None:
    """The rule: an item counts on its day of receipt where that is open, else on the first open day after it."""
    officer, editor, manager = web.person("sun"), web.person("wang"), web.person("li")
    waiting = json.loads(
        web.shell(
            f"""
import datetime
import json
from submissions.exact import ONE
from submissions.models import Item
from submissions.moves import PastItem, record_past
from units.models import Office
office = Office.objects.get(code="jia")
unit = office.roster_lines.get(name="甲市教育局").unit_id
day = datetime.date(2020, 3, 31)
rows = [PastItem(f"R{{n}}", f"封存时的第{{n}}条", day, "submitted", [(unit, ONE)]) for n in range({times})]
record_past(office, rows, source="test")
print(json.dumps([list(Item.objects.filter(title__startswith="封存时的").order_by("id").values_list("id", flat=True)),
                  office.periods.get(starts_on="2020-01-01").pk]))
"""
        )
    )
    items, period = waiting
    tokens = [person.token_of(page) for person, page in ((editor, "/o/jia/"), (manager, "/o/jia/"))]
    close, reopen = f"/o/jia/periods/{period}/close/", f"/o/jia/periods/{period}/reopen/"
    with ThreadPoolExecutor(3) as pool:
        for n, item in enumerate(items):
            token, fields = form(officer, title=f"封存时报的{n}", body=f"{TEXT}第{n}条。")
            acts = [
                pool.submit(officer.send, WRITE, token, **fields),
                pool.submit(editor.send, f"/o/jia/items/{item}/move/accept/", tokens[0]),
                pool.submit(manager.send, close, tokens[1]),
            ]
            assert [act.result()[0] for act in acts] == [302, 302, 302]
            if n < len(items) - 1:
                assert manager.send(reopen, tokens[1], reason="再来一次")[0] == 302
    web.manage("check_ledger")
    table = json.loads(web.manage("standings", "--office", "jia", "--period", "2020年第1季度", "--format", "json"))
    assert table["closed"]
    counted = json.loads(
        web.shell(
            """
import json
from scoring.models import ScoreEntry
from scoring.closing import is_intact
from submissions.models import Item, Period
entries = ScoreEntry.objects.filter(item__title__startswith="封存时的", kind="submitted")
period = Period.objects.get(office__code="jia", starts_on="2020-01-01")
print(json.dumps([entries.count(), entries.filter(posted_on__lte="2020-03-31").count(), is_intact(period),
                  Item.objects.filter(title__startswith="封存时报的", number__isnull=False).count()]))
"""
        )
    )
    assert counted[0] == times, "each counts once"
    assert counted[2], "what was closed is as it was closed"
    assert counted[3] == times, "no submission was lost"
    assert table["totals"]["items"] == str(counted[1])


def test_12_a_period_closes_while_items_come_in(web):
    closes_against_submissions(web, 4)


@pytest.mark.proof
def test_12_two_hundred_times(web):
    closes_against_submissions(web, 200)


# ---- 13, 14: files that would do something ----

WORD, SHEET = word("一段话"), sheet("一格")
HARMFUL = {
    "炸弹.xlsx": bomb(),
    "宏.docx": changed(WORD, "word/vbaProject.bin", lambda old: b"x"),
    "对象.docx": changed(WORD, "word/embeddings/oleObject1.bin", lambda old: b"x"),
    "加密.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 2000,
    "外链.xlsx": changed(SHEET, "xl/externalLinks/externalLink1.xml", lambda old: b"<a/>"),
}


@pytest.mark.once
def test_13_14_bombs_macros_objects_encryption_and_links_are_refused(web):
    person = web.person("sun")
    address, token = saved(person, "附件的一条")
    for name, content in HARMFUL.items():
        began = time.perf_counter()
        status, answer = upload(person, address, token, name, content)
        took = time.perf_counter() - began
        assert (status, "没有传上来" in answer["error"]) == (422, True), name
        if name == "炸弹.xlsx":
            began = time.perf_counter()
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                archive.read("xl/worksheets/sheet1.xml")
            naive = time.perf_counter() - began
            assert took < naive, "measured: unpacking alone takes longer than the whole answer"
    assert web.manage("check_files").endswith("0 files, 0 wrong, 0 known to no item")


# ---- 15, 16: what a title may hold ----


def exported(person: Person) -> dict[str, openpyxl.cell.Cell]:
    """The cells of the exported list by what they say."""
    _, content = person.fetch("/o/jia/items/export/")
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {cell.value: cell for row in book.active.iter_rows() for cell in row if cell.value is not None}


@pytest.mark.once
def test_15_a_formula_in_a_title_stays_those_characters(web):
    person = web.person("sun")
    titles = ["=1+1", '=HYPERLINK("http://x.cn")', "+1", "-1", "@SUM(1)"]
    for n, title in enumerate(titles):
        token, fields = form(person, title=title, body=f"{TEXT}公式{n}。")
        assert person.send(WRITE, token, **fields)[0] == 302
    cells = exported(person)
    assert all(cells[title].data_type == "s" for title in titles)
    naive = openpyxl.Workbook().active
    naive["A1"] = "=1+1"
    assert naive["A1"].data_type == "f", "measured: openpyxl takes it for a formula"


def test_16_characters_that_no_file_may_hold_are_cleaned_and_no_export_fails(web):
    person = web.person("sun")
    odd = "甲\x0b乙\x00丙\ufffe丁\ud800戊\u202e己\u200b庚"
    token, fields = form(
        person,
        title=f"清洗{odd}".encode("utf-8", "surrogatepass"),
        body=f"{TEXT}{odd}".encode("utf-8", "surrogatepass"),
    )
    status, page = person.send(WRITE, token, **fields)
    assert status == 302, page[:500]
    ((title, state, _, _, _, (text,), _),) = told(web, "清洗")
    assert re.sub("[\ufffd]", "", title) == "清洗甲乙丙丁戊己庚"
    assert re.sub("[\ufffd]", "", text).endswith("甲乙丙丁戊己庚")
    assert state == "submitted"
    assert title in exported(person)
    with pytest.raises(IllegalCharacterError):
        openpyxl.Workbook().active["A1"] = "甲\x0b乙"


# ---- 17, 18: names and kinds of files ----


@pytest.mark.once
def test_17_odd_names_are_shown_and_never_used(web):
    person = web.person("sun")
    address, token = saved(person, "怪文件名的一条")
    names = ["../../x.png", "长" * 300 + ".png", "a\u202egnp.exe.png", "a%0d%0aSet-Cookie: b=1.png", "<b>.png"]
    folder = Path(web.environment["DATA_DIR"]) / "files" / "items"
    for n, name in enumerate(names):
        status, answer = upload(person, address, token, name, picture(size=(8, 20 + n)))
        assert status == 200, answer
        headers, content = person.fetch(answer["address"])
        assert content == picture(size=(8, 20 + n))
        assert headers["Content-Disposition"].startswith("attachment")
        assert "Set-Cookie" not in headers
    stored = [path.name for path in folder.rglob("*") if path.is_file()]
    assert len(stored) == len(names)
    assert all(re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]{8}\.png", name) for name in stored)


@pytest.mark.once
def test_18_what_a_browser_could_run_is_refused_or_only_downloaded(web):
    person = web.person("sun")
    address, token = saved(person, "网页文件的一条")
    page = b"<html><script>alert(1)</script></html>"
    for name, content in [("a.svg", b"<svg onload='alert(1)'/>"), ("a.html", page), ("a.png", page), ("a.pdf", page)]:
        assert upload(person, address, token, name, content)[0] == 422, name
    status, answer = upload(person, address, token, "两用.jpg", picture("JPEG") + page)
    assert status == 200
    headers, _ = person.fetch(answer["address"])
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("attachment")
    assert "script-src 'self'" in headers["Content-Security-Policy"]


# ---- 19: too much ----


@pytest.mark.once
def test_19_five_megabytes_stay_in_the_box_with_the_limit_and_ten_thousand_fields_are_a_sentence(web):
    person = web.person("sun")
    token, fields = form(person, title="太长的一条", body="长" * 1_700_000)
    status, page = person.send(WRITE, token, **fields)
    assert status == 422
    assert "正文太长，最多 100000 个字符" in page
    assert "长" * 1_700_000 in page
    assert told(web, "太长的一条") == []
    token, fields = form(person, title="太多的一条")
    status, page = person.send(WRITE, token, **fields, more=["x"] * 10_000)
    assert status == 400
    assert "送来的内容太多" in page or "太多" in page
    assert told(web, "太多的一条") == []


# ---- the public form: floods, hostile fields, who wants to learn whom the office knows ----

JOIN = "/join/jia/"


def an_application(web: Web, **changes: str) -> tuple[int, str]:
    """A stranger fills in the public form and sends it."""
    stranger = Visitor(web.port)
    page = stranger.ask("GET", JOIN)[1]
    fields = {"name": "戊学校", "leader_name": "何某", "officer_name": "冯某", "officer_phone": "0351-4040999"}
    fields |= {"group": re.search(r'<option value="(\d+)"', page)[1], "statement": "on"}
    fields |= {"page": re.search(r'name="page" value="([^"]+)"', page)[1]}
    token = TOKEN.search(page)[1]
    return stranger.ask("POST", JOIN, urlencode({"csrfmiddlewaretoken": token, **fields, **changes}))


def test_however_many_apply_at_once_from_one_place_an_hours_worth_is_taken(web):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: an_application(web, name=f"第{n}个学校"), range(24)))
    assert sorted(status for status, _ in answers) == [302] * 20 + [429] * 4
    refused = next(text for status, text in answers if status == 429)
    assert "请过一小时再提交" in refused
    assert "冯某" in refused, "what was typed stays"
    count = "from units.models import Registration; print(Registration.objects.count())"
    assert web.shell(count) == "20"


def test_hostile_fields_of_the_public_form_are_sentences_and_no_page_tells_who_is_known(web):
    for changes in (
        {"name": "a\x00b", "code": "\x00"},
        {"name": "<script>", "group": "9" * 40, "page": "x" * 9_000},
        {"officer_email": "a" * 300, "officer_phone": "=1+1", "leader_name": "\u202e" * 70},
    ):
        status, text = an_application(web, **changes)
        assert status == 422
        assert "<script></" not in text
    known, unknown = (an_application(web, name=name)[1] for name in ("甲市教育局", "无人知道的学校"))
    same = [re.sub(r'value="[^"]*"|甲市教育局|无人知道的学校', "", text) for text in (known, unknown)]
    assert same[0] == same[1]
    assert Visitor(web.port).ask("GET", "/application/guess/")[0] == 404
    assert Visitor(web.port).ask("GET", "/join/nowhere/")[0] == 404
