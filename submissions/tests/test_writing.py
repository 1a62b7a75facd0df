"""Writing, saving, submitting: no word is lost, nothing marked comes in, five clicks make one item."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from submissions import drafts
from submissions.models import Draft, Item, ItemEvent, Revision, Theme
from submissions.moves import move
from submissions.states import State
from tests.races import at_once
from tests.world import build_world
from trail.models import TrailEntry
from units.models import Membership, Role, RosterLine, Unit

TEXT = "第一段，写明做法和成效，共一千二百人次。\r\n\r\n　　第二段 <b>不是标签</b>。"


def typed(world, **changes):
    kind = world.office.item_kinds.get().pk
    fields = {"token": "a" * 32, "version": 0, "unit": world.bureau.pk, "title": "运城市的做法", "kind": kind}
    return {**fields, "body": TEXT, "do": "save", **changes}


def write(client, world, item=None, autosave=False, **changes):
    page = reverse("write-item", args=["jia", item.pk]) if item else reverse("write", args=["jia"])
    headers = {"X-Autosave": "1"} if autosave else {}
    return client.post(page, typed(world, **changes), headers=headers)


def test_a_text_is_saved_found_again_and_submitted_with_a_receipt(world, sun):
    answer = write(sun, world)
    item = Item.objects.get()
    assert answer.url == reverse("write-item", args=["jia", item.pk])
    page = sun.get(answer.url).content.decode()
    assert "第二段 &lt;b&gt;不是标签&lt;/b&gt;。" in page
    answer = write(sun, world, item, do="submit", version=1, token=item.form_token, themes=[world.theme.pk])
    item.refresh_from_db()
    assert (item.state, item.title, item.unit) == (State.SUBMITTED, "运城市的做法", world.bureau)
    assert item.number
    revision = item.revisions.get()
    assert revision.body == "<p>第一段，写明做法和成效，共一千二百人次。</p><p>第二段 &lt;b&gt;不是标签&lt;/b&gt;。</p>"
    assert revision.text.startswith("第一段")
    assert [link.theme for link in item.themes.all()] == [world.theme]
    assert item.themes.get().confirmed_at is None
    assert not Draft.objects.exists()
    text = sun.get(answer.url).content.decode()
    assert f"编号 {item.number}" in text
    assert "<p>第一段" in text


def test_where_the_unit_needs_a_signer_it_goes_there_first(world, sun):
    Unit.objects.filter(pk=world.bureau.pk).update(needs_signer=True)
    answer = write(sun, world, do="submit")
    item = Item.objects.get()
    assert (item.state, item.number) == (State.SIGNING, None)
    assert "已交本单位签发人" in sun.get(answer.url).content.decode()
    move(item, "send_back", world.signer, "标题太长")
    page = sun.get(reverse("write-item", args=["jia", item.pk])).content.decode()
    assert "第一段" in page
    write(sun, world, item, do="submit", title="短标题")
    assert [revision.title for revision in Revision.objects.order_by("number")] == ["运城市的做法", "短标题"]


def test_a_returned_item_is_revised_beside_the_reason_and_keeps_its_receipt(world, sun):
    write(sun, world, do="submit")
    item = Item.objects.get()
    number = item.number
    move(item, "return", world.editor, "数字和附表对不上")
    page = sun.get(reverse("write-item", args=["jia", item.pk])).content.decode()
    assert "数字和附表对不上" in page
    assert "第一段" in page
    write(sun, world, item, do="submit", body="改过的正文，数字已经核对，共一千三百人次。")
    item.refresh_from_db()
    assert (item.state, item.number, item.revisions.count()) == (State.SUBMITTED, number, 2)


def test_sending_the_same_text_again_makes_no_new_revision(world, sun):
    write(sun, world, do="submit")
    item = Item.objects.get()
    move(item, "return", world.editor, "再看看")
    write(sun, world, item, do="submit")
    assert item.revisions.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "请写标题"),
        ({"body": "太短"}, "正文至少 10 个字，现在 2 个"),
        ({"kind": ""}, "请选种类"),
        ({"body": "长" * 20_001}, "正文最多 20000 个字"),
    ],
)
def test_what_is_missing_is_told_and_the_text_is_saved(world, sun, changes, said):
    answer = write(sun, world, do="submit", **changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    item = Item.objects.get()
    assert item.state == State.DRAFT
    assert Draft.objects.get().title == changes.get("title", "运城市的做法")
    version = re.search(r'name="version" value="(\d+)"', answer.content.decode())[1]
    assert write(sun, world, item, do="submit", version=version).status_code == 302


def test_a_text_too_long_for_any_box_stays_in_the_box(world, sun):
    answer = write(sun, world, body="长" * 100_001)
    assert answer.status_code == 422
    assert "最多 100000 个字符" in answer.content.decode()
    assert answer.content.decode().count("长" * 1000) > 90


@pytest.mark.parametrize("place", ["title", "body", "authors"])
def test_what_is_marked_is_stored_nowhere(world, sun, place):
    answer = write(sun, world, **{place: "关于某事的报告\n机密★10年" if place == "body" else "报告 机密★10年"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "没有保存" in text
    assert "机密★10年" in text  # it stays in the page
    assert not Item.objects.exists()
    assert not Draft.objects.exists()
    entry = TrailEntry.objects.latest("id")
    assert (entry.act, entry.result) == ("写信息", "refused")
    assert "报告" not in str(entry.after)
    assert "密级标志" in entry.after["reason"]


def test_a_mark_in_a_later_save_leaves_the_earlier_text(world, sun):
    write(sun, world)
    answer = write(sun, world, Item.objects.get(), autosave=True, version=1, body="秘密★1年")
    assert answer.status_code == 409
    assert "没有保存" in answer.json()["error"]
    assert "第一段" in Draft.objects.get().body


def test_personal_numbers_are_warned_about_and_stored(world, sun):
    answer = write(sun, world, autosave=True, body="联系人电话１３８ ００１３ ８０００，欢迎来访指导工作。")
    assert "手机号" in answer.json()["warnings"][0]
    assert Draft.objects.exists()


def test_a_repost_is_refused_with_the_earlier_receipt(world, sun):
    write(sun, world, do="submit")
    first = Item.objects.get()
    answer = write(sun, world, do="submit", token="b" * 32, body=TEXT.replace("，", ", "))
    assert answer.status_code == 422
    assert f"编号 {first.number}" in answer.content.decode()
    move(first, "withdraw", world.officer)
    second = Item.objects.exclude(pk=first.pk).get()
    assert write(sun, world, second, do="submit", version=1, body=TEXT).status_code == 302


def test_the_second_window_does_not_overwrite_the_first(world, sun):
    write(sun, world)
    item = Item.objects.get()
    write(sun, world, item, version=1, body="第一个窗口里改过的正文，已经存好。")
    answer = write(sun, world, item, autosave=True, version=1, body="第二个窗口里的旧稿，也改了几个字。")
    assert answer.status_code == 409
    assert "在另一个窗口里存过更新的一稿" in answer.json()["error"]
    assert "第一个窗口" in Draft.objects.get().body
    page = write(sun, world, item, version=1, body="第二个窗口里的旧稿，也改了几个字。")
    assert "第二个窗口里的旧稿" in page.content.decode()


def test_a_page_that_saves_itself_is_one_entry_a_sitting(world, sun):
    for version in range(5):
        write(sun, world, Item.objects.first(), autosave=True, version=version, body=f"{TEXT}{version}")
    assert Draft.objects.get().version == 5
    assert [entry.act for entry in TrailEntry.objects.exclude(actor="")] == ["写信息"]


def test_pressing_submit_again_leads_to_the_same_receipt(world, sun):
    first, second = write(sun, world, do="submit"), write(sun, world, do="submit")
    assert first.url == second.url
    assert Item.objects.count() == 1
    assert ItemEvent.objects.filter(move="submit").count() == 1


def test_another_text_from_an_older_window_is_not_taken_for_the_same_press(world, sun):
    write(sun, world, do="submit")
    answer = write(sun, world, do="submit", body="另一个窗口里多写的几句话，还没有报送。")
    assert answer.status_code == 422
    assert "多写的几句话" in answer.content.decode()


def test_pressing_twice_on_a_returned_item_from_an_import_leads_to_it(world, sun):
    item = world.item(state=State.RETURNED)
    answers = [write(sun, world, item, do="submit") for _ in range(2)]
    assert {answer.url for answer in answers} == {reverse("item", args=["jia", item.pk])}


@pytest.mark.django_db(transaction=True)
def test_five_clicks_at_once_make_one_item_with_one_receipt():
    world = build_world()

    def click():
        client = Client()
        client.force_login(world.officer)
        return write(client, world, do="submit")

    answers = at_once(*[click] * 5)
    item = Item.objects.get()
    assert item.number
    assert item.revisions.count() == 1
    assert not Draft.objects.exists()
    assert ItemEvent.objects.filter(move="submit").count() == 1
    assert {(answer.status_code, getattr(answer, "url", "")) for answer in answers} == {
        (302, reverse("item", args=["jia", item.pk]))
    }


def test_nobody_writes_for_a_unit_that_is_not_theirs(world, sun):
    answer = write(sun, world, unit=world.college.pk)
    assert not Item.objects.filter(unit=world.college).exists()
    assert answer.status_code == 422
    other = Client()
    other.force_login(world.other_unit_officer)
    write(sun, world)
    assert write(other, world, Item.objects.get(), version=1).status_code == 404
    assert write(other, world, unit=world.college.pk, token="a" * 32).status_code == 422  # a token of another's page


def test_who_writes_for_two_units_chooses(world, sun):
    Membership.objects.create(account=world.officer, unit=world.college, role=Role.OFFICER)
    assert "报送单位" in sun.get(reverse("write", args=["jia"])).content.decode()
    write(sun, world, unit=world.college.pk)
    assert Item.objects.get().unit == world.college


def test_a_draft_is_deleted_and_what_has_a_receipt_never(world, sun):
    write(sun, world)
    item = Item.objects.get()
    sun.post(reverse("discard-draft", args=["jia", item.pk]))
    assert not Item.objects.exists()
    write(sun, world, do="submit", token="c" * 32)
    item = Item.objects.get()
    assert "不能" in sun.post(reverse("discard-draft", args=["jia", item.pk]), follow=True).content.decode()
    assert Item.objects.exists()


def test_the_moves_of_writing_are_made_on_the_writing_page_only(world, sun):
    draft = Item.objects.create(office=world.office, unit=world.bureau, title="没有检查过")
    answer = sun.post(reverse("move-item", args=["jia", draft.pk, "submit"]), follow=True)
    assert "请在写信息的页面上报送" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_text_from_the_past_is_shown_clean(world, sun):
    item = world.item()
    Revision.objects.filter(item=item).update(body='<p onclick="x">字</p><script>alert(1)</script>')
    text = sun.get(reverse("item", args=["jia", item.pk])).content.decode()
    assert "<p>字</p>" in text
    assert "alert(1)" not in text


def test_an_item_that_waits_is_not_written_on(world, sun):
    write(sun, world, do="submit")
    item = Item.objects.get()
    assert sun.get(reverse("write-item", args=["jia", item.pk])).status_code == 302
    with pytest.raises(drafts.Refused, match="不能再改"):
        drafts.save(item, drafts.Typed("别的", "<p>别的</p>"), world.officer)


def test_a_draft_is_read_on_its_page_before_it_is_submitted(world, sun):
    write(sun, world)
    text = sun.get(reverse("item", args=["jia", Item.objects.get().pk])).content.decode()
    assert "<p>第一段" in text
    assert "没有正文" not in text


def test_a_page_saves_on_top_of_its_own_lost_answer_and_a_late_save_takes_nothing_back(world, sun):
    page = "b" * 32
    write(sun, world, autosave=True, page=page, turn=1)
    item = Item.objects.get()
    assert write(sun, world, autosave=True, page=page, turn=2, title="又写了一句").json()["version"] == 2
    assert write(sun, world, item, autosave=True, page=page, version=1, turn=4, title="再写一句").json()["version"] == 3
    late = write(sun, world, item, autosave=True, page=page, version=1, turn=3, title="路上耽搁的")
    assert late.status_code == 409
    assert late.json()["newer"]
    other = write(sun, world, item, autosave=True, page="c" * 32, version=1, turn=9, title="另一个窗口的")
    assert other.json()["newer"]
    assert Draft.objects.get().title == "再写一句"


def test_a_theme_that_ended_stays_with_its_item_and_costs_no_save(world, sun):
    old = Theme.objects.create(office=world.office, name="去年的主题", year=2019)
    write(sun, world, do="submit")
    item = Item.objects.get()
    item.themes.create(theme=old)
    move(item, "return", world.editor, "再看看")
    page = sun.get(reverse("write-item", args=["jia", item.pk])).content.decode()
    assert "去年的主题" in page
    answer = write(sun, world, item, do="submit", title="改过的", themes=[old.pk, 999])
    assert answer.status_code == 302
    assert [link.theme for link in item.themes.all()] == [old]


def test_a_tick_on_a_theme_that_went_meanwhile_is_said_to_the_officer(world, sun):
    retired = Theme.objects.create(office=world.office, name="停用的", active=False)
    answer = write(sun, world, themes=[world.theme.pk, retired.pk], autosave=True)
    told = "刚刚停用、过期、删去或者并入了别的主题，没有带上；要选请另选。"
    assert f"勾选的主题“停用的”{told}" in answer.json()["warnings"]
    item = Item.objects.get()
    assert Draft.objects.get().themes == [world.theme.pk]
    write(sun, world, item, do="submit", version=1, themes=[999])
    page = sun.get(reverse("item", args=["jia", item.pk])).content.decode()
    assert f"勾选的主题有 1 个{told}" in page


def test_an_items_unit_is_chosen_once(world, sun):
    Membership.objects.create(account=world.officer, unit=world.college, role=Role.OFFICER)
    write(sun, world)
    item = Item.objects.get()
    assert write(sun, world, item, autosave=True, version=1, unit=world.college.pk).status_code == 200
    again = write(sun, world, version=1, unit=world.college.pk)
    assert "不能再换单位" in again.content.decode()
    item.refresh_from_db()
    assert item.unit == world.bureau


def test_a_token_of_one_office_is_nothing_at_another(world, sun):
    group = world.other.roster_groups.get()
    RosterLine.objects.create(
        office=world.other, unit=world.bureau, group=group, name="甲局", order=2, since="2020-01-01"
    )
    write(sun, world)
    kind = world.other.item_kinds.get().pk
    answer = sun.post(reverse("write", args=["yi"]), typed(world, kind=kind, title="别处的", version=1))
    assert answer.status_code == 422
    assert Item.objects.get().office == world.office
    assert Draft.objects.get().title == "运城市的做法"


def test_without_a_script_a_file_chosen_beside_a_refused_text_is_to_be_chosen_again(world, sun):
    answer = write(sun, world, body="机密★十年", files=[SimpleUploadedFile("a.docx", b"x")])
    assert "刚才选的文件要重新选一次" in answer.content.decode()
