"""Files of items: kept once under their own names, refused with a sentence, seen by those who see the item, checked."""

import re
from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from submissions import files
from submissions.models import Attachment, Draft, Item, ItemFile
from submissions.models.files import kept
from submissions.moves import move
from submissions.states import State
from submissions.tests.papers import pdf, picture, word
from submissions.tests.test_writing import write
from tests.races import at_once
from trail.models import TrailEntry
from units.verdicts import Refused


@pytest.fixture
def draft(world, sun):
    write(sun, world)
    return Item.objects.get()


def upload(client, item, name, content):
    page = reverse("add-file", args=["jia", item.pk])
    return client.post(page, {"file": SimpleUploadedFile(name, content)})


def stored() -> list[str]:
    return sorted(f"{folder}/{name}" for folder in files._entries("")[0] for name in files._entries(folder)[1])


def test_a_file_is_kept_under_our_own_name_and_its_digest_and_goes_with_the_revision(world, sun, draft):
    told = upload(sun, draft, "现场.png", picture()).json()
    file = ItemFile.objects.get()
    assert (told["id"], told["name"], told["picture"], file.size) == (file.pk, "现场.png", True, len(picture()))
    assert re.fullmatch(rf"{draft.pk}/[0-9a-f]{{16}}-[0-9a-f]{{8}}\.png", file.path)
    write(sun, world, draft, do="submit", version=1, file=[file.pk], caption=["师生在上课"])
    assert Attachment.objects.get().caption == "师生在上课"
    page = sun.get(reverse("item", args=["jia", draft.pk])).content.decode()
    assert "师生在上课" in page
    answer = sun.get(told["address"])
    assert b"".join(answer) == picture()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_without_a_script_files_come_with_the_form_and_one_that_is_refused_costs_no_word(world, sun):
    good, bad = SimpleUploadedFile("甲.docx", word("一段")), SimpleUploadedFile("乙.docm", word("一段"))
    answer = write(sun, world, do="submit", files=[good, bad])
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "《乙.docm》没有传上来：不收 .docm 文件" in page
    assert "甲.docx" in page
    assert "第一段，写明做法和成效" in page
    assert Item.objects.get().state == State.DRAFT
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    file = ItemFile.objects.get()
    write(sun, world, do="submit", version=version, file=[file.pk], caption=[""])
    assert Item.objects.get().state == State.SUBMITTED
    assert Attachment.objects.get().file == file


def test_a_mark_in_a_file_or_its_name_is_refused_and_nothing_of_it_is_kept(world, sun, draft):
    for name, content in [("稿.docx", word("机密★十年")), ("稿.pdf", pdf("绝密★")), ("【秘密】稿.docx", word("一段"))]:
        answer = upload(sun, draft, name, content)
        assert answer.status_code == 422
        assert "密级标志" in answer.json()["error"]
    assert not ItemFile.objects.exists()
    assert stored() == []
    told = list(TrailEntry.objects.filter(result="refused").values_list("after", flat=True))
    assert len(told) == 3
    assert not any("机密" in str(after) or "绝密" in str(after) or "秘密" in str(after) for after in told)


def test_personal_numbers_in_a_file_and_scans_are_told(world, sun, draft):
    told = upload(sun, draft, "名单.docx", word("联系 13800138000 张老师")).json()
    assert "手机号" in told["warnings"][0]
    assert "扫描件" in upload(sun, draft, "扫描.pdf", pdf()).json()["warnings"][0]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x.png", "x.png"),
        ("..\\..\\x.png", "x.png"),
        ("/etc/passwd.png", "passwd.png"),
        ("长" * 300 + ".png", "长" * 196 + ".png"),
        ("a\r\nSet-Cookie: x.png", "a Set-Cookie: x.png"),
        ("gnp.\u202egnp.png", "gnp.gnp.png"),
        ("<script>alert(1)</script>.png", "script>.png"),
        ('a";b=".png', "a;b=.png"),
    ],
)
def test_odd_names_are_only_shown_and_escaped(world, draft, name, shown):
    assert files.own_name(name) == shown
    file = files.add(draft, name, picture(), world.officer).file
    assert file.path.startswith(f"{draft.pk}/")
    client = Client()
    client.force_login(world.officer)
    Draft.objects.update(files=[[file.pk, "<b>"]])
    page = client.get(reverse("write-item", args=["jia", draft.pk])).content.decode()
    assert "<script>alert" not in page
    assert 'value="&lt;b&gt;"' in page
    answer = client.get(reverse("item-file", args=["jia", file.pk]))
    assert "\n" not in answer.headers["Content-Disposition"]
    b"".join(answer)


def test_a_file_too_large_is_told(settings, world, sun, draft):
    settings.ATTACHMENT_MB = 1
    answer = upload(sun, draft, "大.png", b"x" * 3_000_000)
    assert answer.json() == {"error": "《大.png》太大，单个附件最多 1 MB，没有传上来。"}
    settings.ATTACHMENT_KINDS = ["pdf"]
    assert "只收 pdf" in upload(sun, draft, "小.png", picture()).json()["error"]


def test_of_a_file_too_large_no_more_is_kept_in_memory_than_tells_it(settings, rf):
    settings.ATTACHMENT_MB = 1
    request = rf.post("/", {"files": [SimpleUploadedFile(f"{n}.png", b"x" * 5_000_000) for n in range(4)]})
    kept = [(len(file.read()), file.size) for file in request.FILES.getlist("files")]
    assert kept == [(1_048_577, 5_000_000)] * 3 + [(0, 5_000_000)]


def test_of_several_files_that_are_too_much_together_none_is_kept_in_part(settings, world, sun, draft):
    settings.ATTACHMENT_MB = 1
    rows = [(f"{n}.jpg", picture("JPEG") + bytes([n]) * 900_000) for n in range(5)]
    answer = write(sun, world, draft, version=1, files=[SimpleUploadedFile(*row) for row in rows])
    assert "《3.jpg》没有收全" in answer.content.decode()
    sizes = {name: len(content) for name, content in rows[:3]}
    assert dict(ItemFile.objects.values_list("name", "size")) == sizes


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_is_one(world, draft):
    took = at_once(*[lambda: files.add(draft, "图.png", picture(), world.officer).file.pk] * 3)
    assert len(set(took)) == 1
    assert len(stored()) == 1


def test_so_many_files_and_no_more(world, draft, monkeypatch):
    monkeypatch.setattr(files, "MOST", 1)
    files.add(draft, "图.png", picture(), world.officer)
    with pytest.raises(Refused, match="最多 1 个附件"):
        files.add(draft, "图.jpg", picture("JPEG"), world.officer)


def test_where_the_row_fails_the_content_goes_too(world, draft):
    with patch.object(ItemFile, "save", side_effect=DatabaseError("gone")), pytest.raises(DatabaseError):
        files.add(draft, "图.png", picture(), world.officer)
    assert stored() == []


def test_a_file_of_a_draft_is_its_units_alone_and_of_a_revision_the_offices_too(world, sun, draft):
    editor, stranger, elsewhere = Client(), Client(), Client()
    for client, person in (
        (editor, world.editor),
        (stranger, world.other_unit_officer),
        (elsewhere, world.other_editor),
    ):
        client.force_login(person)
    write(sun, world, draft, do="submit", version=1)
    move(Item.objects.get(), "return", world.editor, "补一张图")
    told = upload(sun, draft, "图.png", picture()).json()
    assert editor.get(told["address"]).status_code == 404
    write(sun, world, draft, do="submit", title="补了图", file=[told["id"]], caption=[""])
    seen = editor.get(told["address"])
    assert seen.status_code == 200
    b"".join(seen)
    assert stranger.get(told["address"]).status_code == 404
    assert elsewhere.get(told["address"]).status_code == 404


def test_another_items_file_is_not_hung_on(world, sun, draft):
    mine = files.add(draft, "图.png", picture(), world.officer).file
    other = Item.objects.create(office=world.office, unit=world.college, title="别的")
    theirs = ItemFile.objects.create(
        item=other, name="x.png", kind="png", path="9/x.png", sha256="1" * 64, size=1, added_by=world.other_unit_officer
    )
    write(sun, world, draft, version=1, file=[theirs.pk, mine.pk, mine.pk], caption=["", "说明"])
    assert Draft.objects.get().files == [[mine.pk, "说明"]]


def test_a_picture_stands_in_the_text_with_its_caption_and_only_where_it_is_ones_own(world, sun, draft):
    mine = files.add(draft, "图.png", picture(), world.officer).file
    html = f'<p>正文写得足够长，共一千二百人次。</p><img data-file="{mine.pk}"><img data-file="999"><img src="http://x/y.png">'
    write(sun, world, draft, do="submit", version=1, editor="1", html=html, file=[mine.pk], caption=['图一"><b>'])
    revision = Item.objects.get().revisions.get()
    assert revision.body == f'<p>正文写得足够长，共一千二百人次。</p><img data-file="{mine.pk}">'
    page = sun.get(reverse("item", args=["jia", draft.pk])).content.decode()
    assert f'<figure><img src="/o/jia/items/files/{mine.pk}/" alt="图一&quot;&gt;&lt;b&gt;"' in page
    assert "<figcaption>图一&quot;&gt;&lt;b&gt;</figcaption>" in page


def test_what_hangs_on_nothing_for_a_day_is_swept_and_what_hangs_stays(
    world, draft, django_capture_on_commit_callbacks
):
    hung = files.add(draft, "一.png", picture(), world.officer).file
    files.add(draft, "二.png", picture(size=(9, 9)), world.officer)
    Draft.objects.update(files=[[hung.pk, ""]])
    assert files.sweep() == 0
    ItemFile.objects.update(added_at=timezone.now() - timedelta(days=2))
    with django_capture_on_commit_callbacks(execute=True):
        assert files.sweep() == 1
    assert ItemFile.objects.get() == hung
    assert stored() == [hung.path]


def test_a_draft_that_is_deleted_takes_its_files_along(world, sun, draft, django_capture_on_commit_callbacks):
    files.add(draft, "一.png", picture(), world.officer)
    with django_capture_on_commit_callbacks(execute=True):
        sun.post(reverse("discard-draft", args=["jia", draft.pk]))
    assert not ItemFile.objects.exists()
    assert stored() == []


def test_check_files_names_what_is_missing_changed_or_nobodys(world, draft):
    for n in range(3):
        files.add(draft, f"{n}.png", picture(size=(8, 8 + n)), world.officer)
    assert checked() == "3 files, 0 wrong, 0 known to no item"
    gone, other, _ = ItemFile.objects.order_by("pk")
    kept().delete(gone.path)
    with open(kept().path(other.path), "wb") as content:  # noqa: PTH123  a storage's path is text
        content.write(b"something else")
    path = kept().save(f"{draft.pk}/left.png", SimpleUploadedFile("x", b"half"))
    assert "0 known to no item" in told_wrong(), "a file that is being added has a day"
    with patch.object(files, "UNHUNG", timedelta(days=-1)):
        said = told_wrong()
        assert f"file {gone.pk} ({gone.path}): missing" in said
        assert f"file {other.pk} ({other.path}): content differs from its digest" in said
        assert f"{path}: known to no item" in said
        assert "1 known to no item" in said
        assert "0 known to no item" in told_wrong("--purge")
    assert not kept().exists(path)


def checked(*arguments: str) -> str:
    said = StringIO()
    call_command("check_files", *arguments, stdout=said)
    return said.getvalue().strip()


def told_wrong(*arguments: str) -> str:
    said = StringIO()
    with pytest.raises(CommandError, match="不符"):
        call_command("check_files", *arguments, stdout=said)
    return said.getvalue()
