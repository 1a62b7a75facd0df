"""A pasted list is recorded at once or not at all, and a second time changes nothing; items for units."""

import pytest
from django.test import Client
from django.urls import reverse

from scoring.models import ScoreEntry
from submissions.models import Adoption, Item
from submissions.states import State

PASTE = {"channel": 0, "adopted_on": "2020-03-20", "form": "full"}


@pytest.fixture
def wang(world) -> Client:
    client = Client()
    client.force_login(world.editor)
    return client


def at(name: str, *args) -> str:
    return reverse(name, args=["jia", *args])


def sent(wang, world, text: str, do: str = "match", **columns):
    return wang.post(at("paste-list"), {**PASTE, "channel": world.site.pk, "text": text, "do": do, **columns})


TEXT = "1. 甲市教育局：开展线上教学研讨活动\n2. 丙学院扎实推进就业服务工作\n3. 北京大学举办论坛研讨"


def as_shown(page) -> dict[str, list]:
    """What the page would post as it stands."""
    choices = [one for part in ("to_decide", "new", "clear", "skipped", "known") for one in page.context[part]]
    return {
        "number": [one.guess.line.number for one in choices],
        "units": [one.units for one in choices],
        "what": [one.what for one in choices],
        "code": [one.code for one in choices],
    }


def test_a_list_is_matched_recorded_and_twice_is_harmless(world, wang):
    item = world.item("甲市开展线上教学研讨活动", state=State.SUBMITTED)
    page = sent(wang, world, TEXT)
    assert not Adoption.objects.exists()
    shown = as_shown(page)
    assert dict(zip(shown["number"], shown["what"], strict=True)) == {1: str(item.pk), 2: "new", 3: "skip"}
    answer = wang.post(at("paste-list"), {**PASTE, "channel": world.site.pk, "text": TEXT, "do": "record", **shown})
    assert answer.status_code == 200
    item.refresh_from_db()
    adoption = item.adoptions.get()
    assert (item.state, adoption.title, adoption.form) == (State.VALID, "甲市教育局：开展线上教学研讨活动", "full")
    entered = Item.objects.get(title="丙学院扎实推进就业服务工作")
    assert (entered.unit, entered.state, entered.events.first().move) == (world.college, State.VALID, "record")
    assert entered.events.first().actor == world.editor
    before = (Item.objects.count(), Adoption.objects.count(), ScoreEntry.objects.count())
    again = wang.post(at("paste-list"), {**PASTE, "channel": world.site.pk, "text": TEXT, "do": "record", **shown})
    assert again.status_code == 200, "what is on record is passed over, not refused"
    page = sent(wang, world, TEXT)
    assert len(page.context["known"]) == 2
    wang.post(at("paste-list"), {**PASTE, "channel": world.site.pk, "text": TEXT, "do": "record", **as_shown(page)})
    assert (Item.objects.count(), Adoption.objects.count(), ScoreEntry.objects.count()) == before


def test_one_wrong_line_undoes_all_and_what_was_chosen_stays(world, wang):
    shown = {"number": [1, 2, 3], "units": ["甲市教育局", "没有的单位", ""], "what": ["new", "new", "skip"]}
    answer = sent(wang, world, TEXT, "record", code=["", "", ""], **shown)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "名册上没有“没有的单位”" in page
    assert 'value="没有的单位"' in page
    assert not Item.objects.exists()


def test_what_nobody_has_decided_is_asked_for_or_left_for_later(world, wang):
    shown = {
        "number": [1, 2, 3],
        "units": ["甲市教育局", "丙学院", ""],
        "what": ["new", "", "skip"],
        "code": ["", "", ""],
    }
    assert "还没有定" in sent(wang, world, TEXT, "record", **shown).content.decode()
    assert not Item.objects.exists()
    sent(wang, world, TEXT, "part", **shown)
    assert Item.objects.get().unit == world.bureau


def test_two_units_share_what_they_did_together(world, wang):
    shown = {"number": [1], "units": ["甲市教育局、丙学院"], "what": ["new"], "code": [""]}
    sent(wang, world, "甲市教育局与丙学院联合开展送教下乡", "record", **shown)
    shared = Adoption.objects.get().credits.values_list("unit__name", "share")
    assert sorted((name, str(share)) for name, share in shared) == [("丙学院", "0.500000"), ("甲市教育局", "0.500000")]


def test_an_item_is_found_by_its_number_too(world, wang):
    item = world.item("题目完全不同", number="2020-00077")
    shown = {"number": [1], "units": [""], "what": ["skip"], "code": ["2020-00077"]}
    sent(wang, world, "甲市教育局：开展线上教学研讨活动", "record", **shown)
    assert item.adoptions.get().title == "甲市教育局：开展线上教学研讨活动"
    wrong = {**shown, "code": ["没有这个号"]}
    assert "没有编号是" in sent(wang, world, "甲市教育局：又一条线上教学活动", "record", **wrong).content.decode()


@pytest.mark.parametrize("text", ["", "首页\n上一页\n下一页", "太短"])
def test_a_text_without_titles_is_a_sentence(world, wang, text):
    answer = sent(wang, world, text)
    assert answer.status_code == 422
    assert "清单" in answer.content.decode()


def test_marks_of_secrecy_are_refused_in_a_list(world, wang):
    shown = {"number": [1], "units": ["甲市教育局"], "what": ["new"], "code": [""]}
    sent(wang, world, "甲市教育局关于安全工作的报告（机密★一年）", "record", **shown)
    assert not Item.objects.exists()


def entry(**changes) -> dict:
    asked = {
        "units": "甲市教育局",
        "received_on": "2020-03-05",
        "why": "邮件",
        "title": "邮件送来的",
        "body": "正文一段",
    }
    return {**asked, **changes}


def test_an_item_is_entered_for_its_unit_which_sees_who_did_it(world, wang, sun):
    wang.post(at("enter-item"), entry(accept=1))
    item = Item.objects.get()
    assert (item.unit, item.state, str(item.received_on)) == (world.bureau, State.VALID, "2020-03-05")
    page = sun.get(at("item", item.pk)).content.decode()
    assert "代录" in page
    assert "邮件" in page
    assert world.editor.name in page
    assert ScoreEntry.objects.get().posted_on == item.received_on


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"units": "没有的"}, "名册上没有"),
        ({"units": "甲市教育局、甲市教育局"}, "写了两次"),
        ({"received_on": "2099-01-01"}, "还没有到"),
        ({"title": ""}, "请写标题"),
        ({"body": "机密★一年"}, "密级"),
    ],
)
def test_a_wrong_entry_is_a_sentence_and_nothing_is_kept(world, wang, changes, told):
    answer = wang.post(at("enter-item"), entry(**changes))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Item.objects.exists()


def test_the_same_words_are_not_entered_twice_for_a_unit(world, wang):
    for _ in range(2):
        answer = wang.post(at("enter-item"), entry())
    assert "全文相同" in answer.content.decode()
    assert Item.objects.count() == 1


def test_a_unit_that_is_not_the_items_is_asked_about(world, wang):
    item = world.item("甲市教育局开展校园安全大检查活动")
    line = {"number": [1], "units": ["丙学院"], "what": [item.pk], "code": [""]}
    answer = sent(wang, world, "甲市教育局开展校园安全大检查活动", "record", **line)
    assert answer.status_code == 422
    assert "甲市教育局报的" in answer.content.decode()
    assert not Adoption.objects.exists()


def test_of_two_lines_taken_for_one_item_one_waits_for_the_editor(world, wang):
    world.item("甲市教育局开展校园安全大检查活动")
    page = sent(wang, world, "甲市教育局开展校园安全大检查活动\n甲市教育局开展校园安全大检查")
    assert [one.guess.line.number for one in page.context["to_decide"]] == [2]
    assert "和第 1 行认成了同一条" in page.content.decode()


def test_the_same_title_of_two_units_is_two_lines(world, wang):
    text = "甲市教育局\t召开新学期开学工作部署会议\n乙市教育局\t召开新学期开学工作部署会议"
    page = sent(wang, world, text)
    answer = sent(wang, world, text, "record", **as_shown(page))
    assert answer.status_code == 200
    assert {item.unit for item in Item.objects.filter(title="召开新学期开学工作部署会议")} == {
        world.bureau,
        world.second_bureau,
    }


def test_what_is_left_of_a_list_stays_on_the_page(world, wang):
    text = "甲市教育局开展校园安全大检查活动\n某某地方开展不知道什么样的教育活动"
    line = {"number": [1, 2], "units": ["甲市教育局", "我改的单位"], "what": ["new", ""], "code": ["", ""]}
    answer = sent(wang, world, text, "part", **line)
    told = answer.content.decode()
    assert "已登记 1 条采用" in told
    assert "不知道什么样" in told
    assert "我改的单位" in told


def test_two_hundred_and_fifty_lines_are_recorded(world, wang):
    numbers = list(range(1, 251))
    text = "\n".join(f"甲市教育局开展第{n}次校园安全大检查的活动" for n in numbers)
    columns = {"number": numbers, "units": [""] * 250, "what": ["skip"] * 250, "code": [""] * 250}
    assert sent(wang, world, text, "record", **columns).status_code == 200


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("甲市教育局开展校园安全大检查活动", {"adopted_on": "0001-01-01"}),
        ("甲市教育局开展校园安全大检查活动\t2099-01-01", {"do": "record"}),
        ("甲市教育局开展校园安全大检查活动", {"do": "record", "what": [""], "code": ["a\x00b"]}),
    ],
)
def test_odd_days_and_characters_are_a_sentence(world, wang, text, fields):
    line = {"number": [1], "units": ["甲市教育局"], "what": ["new"], "code": [""]}
    asked = {**PASTE, "channel": world.site.pk, "text": text, **line, **fields}
    assert wang.post(at("paste-list"), asked).status_code == 422
    assert not Adoption.objects.exists()


def test_a_link_longer_than_is_kept_is_left_out(world, wang):
    text = f"甲市教育局开展校园安全大检查活动\thttps://x.cn/{'a' * 600}"
    line = {"number": [1], "units": ["甲市教育局"], "what": ["new"], "code": [""]}
    assert sent(wang, world, text, "record", **line).status_code == 200
    assert Adoption.objects.get().link == ""
