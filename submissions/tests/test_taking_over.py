"""Word in: a file becomes a draft with all that belongs to it, or nothing; and its fate is told."""

import io
import zipfile
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from submissions import body, conversion, drafts, taking_over
from submissions.inspection import Unfit
from submissions.models import Draft, Item, ItemFile
from submissions.models.files import kept
from submissions.tests import word_files
from submissions.tests.papers import changed, pdf, sheet, word
from submissions.tests.test_files import stored
from submissions.tests.test_writing import write
from submissions.tests.word_files import BODY, Paper, photo
from tests.races import at_once
from trail.models import TrailEntry
from units.models import Membership, Role

TOKEN = "b" * 32
OLD = conversion.OLE + b"\0" * 504


def bring(client, world, *files: tuple[str, bytes], script: bool = False, **changes):
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    data = {"token": TOKEN, "unit": world.bureau.pk, "files": sent, **changes}
    headers = {"HX-Request": "true"} if script else {}
    return client.post(reverse("from-word", args=["jia"]), data, headers=headers)


def test_a_file_becomes_a_draft_with_its_pictures_and_its_page_says_what_was_left_out(world, sun):
    answer = bring(sun, world, ("演练.docx", word_files.pictures()))
    item, draft = Item.objects.get(), Draft.objects.get()
    assert answer.url == reverse("write-item", args=["jia", item.pk])
    assert (item.title, draft.title, item.unit) == ("甲市开展安全演练", "甲市开展安全演练", world.bureau)
    files = list(ItemFile.objects.order_by("pk"))
    assert draft.files == [
        [files[0].pk, "图为师生在操场集合。（王五 摄）"],
        [files[1].pk, "图2 消防员讲解"],
        [files[2].pk, ""],
    ]
    assert [f'<img data-file="{file.pk}">' in draft.body for file in files] == [True] * 3
    assert (draft.came_from, len(draft.left_out)) == ("演练.docx", 1)
    page = sun.get(answer.url).content.decode()
    assert "从《演练.docx》带过来，有 1 处没有带全" in page
    assert "GIF、BMP、TIFF 等图片转成了 PNG" in page
    done = [entry.act for entry in TrailEntry.objects.filter(result="done", actor="sun").order_by("id")]
    assert done == ["写信息", *["传附件"] * 3, "从 Word 导入"]


def test_what_came_with_a_draft_stays_until_it_is_submitted_and_is_not_copied(world, sun):
    bring(sun, world, ("稿.docx", word_files.untitled()))
    item, draft = Item.objects.get(), Draft.objects.get()
    write(sun, world, item, version=draft.version, token=item.form_token)
    write(sun, world, item, version=draft.version + 1, token=item.form_token, autosave=True)
    assert (Draft.objects.get().came_from, len(Draft.objects.get().left_out)) == ("稿.docx", 1)
    copied = drafts.copy_of(item, world.officer)
    assert (copied.came_from, copied.left_out) == ("", [])
    write(sun, world, item, version=draft.version + 2, token=item.form_token, do="submit")
    assert not Draft.objects.exists()


def test_of_several_files_each_has_its_fate_and_a_bad_one_costs_the_others_nothing(world, sun):
    answer = bring(
        sun, world, ("好.docx", word_files.plain_news()), ("坏.docx", b"PK nothing"), ("长.docx", word("一句话。"))
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert Item.objects.count() == 2
    assert page.count("打开草稿") == 2
    assert "没有导入：打不开：内容不是 .docx 文件，或者已经损坏" in page
    refused = TrailEntry.objects.get(result="refused")
    assert (refused.act, "已经损坏" in refused.after["reason"]) == ("从 Word 导入", True)


def test_the_script_gets_the_row_of_its_file(world, sun):
    answer = bring(sun, world, ("好.docx", word_files.plain_news()), script=True)
    assert answer.content.decode().strip().startswith('<li class="fate">')
    assert bring(sun, world, ("坏.pdf", pdf("字")), script=True).status_code == 422
    assert bring(sun, world, script=True, token="x").status_code == 422


@pytest.mark.parametrize(
    "made",
    [
        lambda: Paper().title("标题").text(BODY[0], "机密★十年").done(),
        lambda: Paper().title("标题").text(BODY[0]).with_notes("comment", "绝密★").done(),
        lambda: Paper().title("秘密★1年").text(BODY[0]).picture(photo(), "图1").done(),
    ],
)
def test_of_a_marked_file_nothing_is_stored_and_the_trail_has_no_word_of_it(world, sun, made):
    answer = bring(sun, world, ("报告.docx", made()), script=True)
    assert answer.status_code == 422
    assert "密级标志" in answer.content.decode()
    assert not Item.objects.exists()
    assert stored() == []
    entry = TrailEntry.objects.latest("id")
    assert (entry.act, entry.result) == ("从 Word 导入", "refused")
    assert entry.after["reason"] == "文件里有密级标志或内部资料标志，共1处，没有保存"


def test_a_mark_in_a_name_or_in_a_picture_is_one(world, sun):
    bring(sun, world, ("【秘密】稿.docx", word_files.plain_news()))
    told = PngInfo()
    told.add_itxt("Comment", "机密★")
    picture = io.BytesIO()
    Image.new("RGB", (8, 6)).save(picture, "PNG", pnginfo=told)
    content = changed(word_files.pictures(), "word/media/image2.png", lambda old: picture.getvalue())
    bring(sun, world, ("稿.docx", content))
    assert not Item.objects.exists()
    assert stored() == []
    reasons = [entry.after["reason"] for entry in TrailEntry.objects.filter(result="refused")]
    assert ["密级标志" in reason for reason in reasons] == [True, True]


def test_personal_numbers_are_warned_about(world, sun):
    content = Paper().title("标题在此").text(BODY[0], "电话13800138000。").done()
    assert "像是手机号" in bring(sun, world, ("稿.docx", content), script=True).content.decode()
    assert Item.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("稿.docx", b"", "文件是空的"),
        ("稿.pdf", b"%PDF-1.7", "是 PDF"),
        ("稿.xlsx", b"PK", "是 Excel 表格"),
        ("稿.txt", b"text", "是纯文本"),
        ("稿.docm", b"PK", "是带宏的 Word 文件"),
        ("稿.exe", b"MZ", "不是 Word 文件。这里只收 .docx、.doc、.wps"),
        ("稿", b"x", "不是 Word 文件"),
        ("稿.docx", sheet("一格"), "内容不是 .docx 文件"),
        ("稿.docx", b"%PDF-1.7", "打不开"),
        ("稿.doc", b"{\\rtf1}", "内容不是 .doc 文件"),
        ("稿.doc", OLD, "内容不是 Word 文件"),
        ("稿.docx", OLD + "EncryptedPackage".encode("utf-16-le"), "有打开密码"),
        ("稿.doc", OLD + b"\xec\xa5" + b"\0" * 9 + b"\x01" + "WordDocument".encode("utf-16-le"), "有打开密码"),
        ("稿.doc", OLD + "WordDocument_VBA_PROJECT".encode("utf-16-le"), "文件里有宏"),
        ("稿.doc", OLD + "Workbook".encode("utf-16-le"), "内容不是 Word 文件"),
    ],
)
@pytest.mark.once
def test_what_is_no_word_file_is_told_so(world, name, content, said):
    fate = taking_over.take_over(world.office, world.bureau, TOKEN, name, content, world.officer)
    assert said in fate.refused
    assert "《" not in fate.refused
    assert not Item.objects.exists()


@pytest.mark.once
def test_a_bomb_is_refused_before_it_is_unpacked(world):
    made = io.BytesIO(word_files.plain_news())
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/x.xml", b"<x/>" * 4_000_000)
    fate = taking_over.take_over(world.office, world.bureau, TOKEN, "稿.docx", made.getvalue(), world.officer)
    assert "太大了，没有打开" in fate.refused


@pytest.mark.once
@pytest.mark.parametrize(
    "name",
    ["长" * 300 + ".docx", "../../etc/passwd\r\n.docx", "\u202excod.exe\u202c稿.docx", "a\x00b.docx", "<i>x.docx"],
)
def test_odd_names_are_cleaned(world, sun, name):
    fate = taking_over.take_over(world.office, world.bureau, TOKEN, name, word_files.plain_news(), world.officer)
    came_from = Draft.objects.get().came_from
    assert fate.item
    assert len(came_from) <= 200
    assert not set("\u202e\r\n\x00/") & set(came_from)
    assert "<i>x" not in sun.get(reverse("write-item", args=["jia", fate.item.pk])).content.decode()


def test_sent_twice_it_is_one_draft(world, sun):
    file = ("稿.docx", word_files.plain_news())
    first = bring(sun, world, file)
    assert bring(sun, world, file).url == first.url
    assert "刚才已经导入过" in bring(sun, world, file, script=True).content.decode()
    assert Item.objects.count() == 1
    assert not TrailEntry.objects.filter(result="refused").exists()
    draft = Draft.objects.get()
    write(sun, world, draft.item, version=draft.version, token=draft.item.form_token, do="submit")
    assert "刚才已经导入过" in bring(sun, world, file, script=True).content.decode()
    bring(sun, world, file, token="c" * 32)  # from another page it is meant
    assert Item.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_five_presses_at_once_make_one_draft_and_one_set_of_pictures(world):
    content = word_files.pictures()

    def press() -> taking_over.Fate:
        return taking_over.take_over(world.office, world.bureau, TOKEN, "稿.docx", content, world.officer)

    fates = at_once(*[press] * 5)
    assert {fate.item.pk for fate in fates} == {Item.objects.get().pk}
    assert len(stored()) == ItemFile.objects.count() == 3


def test_where_a_picture_finds_no_room_nothing_is_left_of_its_file_and_the_next_is_made(world, sun):
    saved = kept().__class__.save
    calls = []

    def full(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return saved(self, *args, **kwargs)

    with patch.object(kept().__class__, "save", full):
        answer = bring(sun, world, ("满.docx", word_files.pictures()), ("好.docx", word_files.plain_news()))
    assert "服务器上存不下它的图片，没有导入" in answer.content.decode()
    assert [item.title for item in Item.objects.all()] == ["甲市开展校园安全大排查"]
    assert stored() == []


def test_a_picture_that_is_broken_is_left_out_and_told(world, sun):
    content = changed(word_files.pictures(), "word/media/image1.jpg", lambda old: old[:300])
    bring(sun, world, ("稿.docx", content))
    draft = Draft.objects.get()
    assert len(draft.files) == draft.body.count("<img") == 2
    assert any("图片1.jpg" in line and "图为师生在操场集合" in line for line in draft.left_out)


def test_more_pictures_than_an_item_may_have_are_told(world):
    paper = Paper().title("标题在此").text(BODY[0])
    for number in range(32):
        paper.picture(photo(f"#{number:02x}4060", "PNG", (20, 20)))
    fate = taking_over.take_over(world.office, world.bureau, TOKEN, "稿.docx", paper.done(), world.officer)
    assert len(fate.draft.files) == 30
    assert any("图片太多" in line and "2 处" in line for line in fate.draft.left_out)


def test_the_unit_is_chosen_among_ones_own(world, sun):
    Membership.objects.create(account=world.officer, unit=world.second_bureau, role=Role.OFFICER)
    page = sun.get(reverse("from-word", args=["jia"])).content.decode()
    assert "乙市教育局" in page
    bring(sun, world, ("稿.docx", word_files.plain_news()), unit=world.second_bureau.pk)
    assert Item.objects.get().unit == world.second_bureau
    answer = bring(sun, world, ("稿.docx", word_files.lists()), unit=world.college.pk)
    assert answer.status_code == 422
    assert "只能替自己的单位写" in answer.content.decode()
    assert Item.objects.count() == 1


def test_files_whose_turn_does_not_come_are_told_so(world, sun):
    with patch("submissions.views.taking_over.MOST_SECONDS", 0):
        page = bring(sun, world, ("一.docx", word_files.lists()), ("二.docx", word_files.notes())).content.decode()
    assert Item.objects.count() == 1
    assert "没有轮到它" in page


def test_a_text_too_long_to_be_submitted_is_kept_and_one_too_long_to_be_saved_is_not(world):
    long, far_too_long = (Paper().title("标题在此").text(*["长" * 1000] * number).done() for number in (21, 101))
    fate = taking_over.take_over(world.office, world.bureau, TOKEN, "稿.docx", long, world.officer)
    assert "报送时最多 20000 个" in fate.warnings[0]
    fate = taking_over.take_over(world.office, world.bureau, TOKEN, "稿.docx", far_too_long, world.officer)
    assert "太长了，存不下" in fate.refused


# ---- Older files ----


@pytest.mark.once
def test_without_libreoffice_an_old_file_says_what_to_do(world, monkeypatch, tmp_path):
    monkeypatch.setattr(conversion.soffice, "program", lambda: None)
    content = OLD + "WordDocument".encode("utf-16-le")
    fate = taking_over.take_over(world.office, world.bureau, TOKEN, "稿.doc", content, world.officer)
    assert "没有安装 LibreOffice" in fate.refused
    assert "另存为 .docx" in fate.refused


@pytest.mark.once
def test_a_conversion_that_hangs_is_ended_and_one_that_fails_is_told(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    content = OLD + "WordDocument".encode("utf-16-le")
    program = tmp_path / "soffice.bin"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(conversion.soffice, "program", lambda: program)
    monkeypatch.setattr(conversion, "SECONDS", 0.5)
    with pytest.raises(Unfit, match="没有转换完"):
        conversion.converted(content)
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(Unfit, match="转换不了：可能有密码"):
        conversion.converted(content)
    assert {path.name for path in (tmp_path / "converting").iterdir()} == {"0.lock"}


@pytest.mark.once
def test_only_two_are_converted_at_a_time(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    (tmp_path / "converting").mkdir()
    monkeypatch.setattr(conversion, "WAIT", 0.2)
    place = tmp_path / "converting"
    with conversion._turn(place), conversion._turn(place), pytest.raises(Unfit, match="没有轮到它"):
        conversion._turn(place).__enter__()
    with conversion._turn(place):
        pass


def test_a_converted_file_is_inspected_like_any_other(world, monkeypatch):
    content = OLD + "WordDocument".encode("utf-16-le")
    monkeypatch.setattr(conversion, "converted", lambda _: word_files.plain_news())
    fate = taking_over.take_over(world.office, world.bureau, TOKEN, "旧稿.wps", content, world.officer)
    assert fate.draft.left_out == [taking_over.CONVERTED]
    assert body.plain(fate.draft.body).startswith("近日")
    monkeypatch.setattr(conversion, "converted", lambda _: word("机密★"))
    fate = taking_over.take_over(world.office, world.bureau, "c" * 32, "旧稿.doc", content, world.officer)
    assert "密级标志" in fate.refused
