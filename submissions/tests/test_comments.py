"""Comments: who may say something about an item, who reads it, and that nothing is said twice or leaks."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.personal_data import data_of
from submissions import comments
from submissions.comments import conversation, say, take_back
from submissions.decisions import decide
from submissions.exact import ONE
from submissions.models import Comment, Item
from submissions.states import State
from submissions.tests.test_decisions import at, signed_in
from tests.races import at_once
from tests.world import build_world
from trail.models import TrailEntry
from units.models import Account
from units.verdicts import Refused

TOKEN = "0" * 32


@pytest.fixture
def item(world):
    return world.item(state=State.SUBMITTED)


def joint(world):
    return world.item(shares=[(world.bureau.pk, ONE // 2), (world.college.pk, ONE // 2)])


def post(person, item, text, answers="", **fields):
    data = {"token": TOKEN, "text": text, "answers": answers, **fields}
    return signed_in(person).post(at("comments", item.pk), data)


def shown(item, person):
    """What a person reads on an item's page, as who, of whom, what; answers after their beginning."""
    talk = conversation(Item.objects.select_related("office").get(pk=item.pk), person)
    return talk and [
        (str(one.comment.by), str(one.comment.unit or "厅"), one.comment.text) for t in talk.threads for one in t.lines
    ]


@pytest.mark.parametrize("who", ["editor", "manager", "officer", "signer", "colleague"])
def test_the_office_and_the_units_people_talk_and_both_sides_read_it(world, item, who):
    person = getattr(world, who)
    assert post(person, item, "请补充数据。").status_code == 302
    said = Comment.objects.get()
    assert (said.by, said.from_office, said.told_at) == (person, who in ("editor", "manager"), None)
    side = world.office.name if said.from_office else "甲市教育局"
    for reader in (world.editor, world.auditor, world.officer):
        page = signed_in(reader).get(at("item", item.pk)).content.decode()
        assert f"<b>{person}</b><span>{side}</span>" in page
        assert "请补充数据。" in page
    assert "请补充数据。" in signed_in(world.auditor).get(at("read-item", item.pk)).content.decode()


def test_of_a_joint_item_each_units_people_talk_and_it_stands_for_whom(world):
    item = joint(world)
    post(world.officer, item, "我们写的前半部分。")
    post(world.other_unit_officer, item, "我们写的后半部分。")
    assert shown(item, world.officer) == [
        ("sun", "甲市教育局", "我们写的前半部分。"),
        ("wu", "丙学院", "我们写的后半部分。"),
    ]
    assert shown(item, world.other_unit_officer) == shown(item, world.officer)


def test_strangers_find_nothing_and_auditors_only_read(world, item):
    say(item, "只给两边看。", world.editor, TOKEN)
    for who in ("other_unit_officer", "sysadmin"):
        assert post(getattr(world, who), item, "偷看").status_code == 404
        assert signed_in(getattr(world, who)).get(at("comments", item.pk)).status_code == 404
    elsewhere = reverse("comments", args=["yi", item.pk])
    assert signed_in(world.other_editor).post(elsewhere, {"token": TOKEN, "text": "偷看"}).status_code == 404
    refused = post(world.auditor, item, "审计员想说的")
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "只有收稿单位的编辑、管理员和报送单位的人可以点评。" in page
    assert "审计员想说的" in page, "what was typed stays"
    assert "<textarea" not in signed_in(world.auditor).get(at("item", item.pk)).content.decode()
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("who", ["auditor", "sysadmin", "other_unit_officer", "other_editor"])
def test_the_act_asks_for_itself(world, item, who):
    with pytest.raises(Refused):
        say(item, "一句", getattr(world, who), TOKEN)


def test_a_draft_has_no_comments_and_an_editor_in_charge_of_something_else_still_talks(world, item):
    draft = Item.objects.create(office=world.office, unit=world.bureau, title="草稿")
    assert "点评" not in signed_in(world.officer).get(at("item", draft.pk)).content.decode()
    with pytest.raises(Refused, match="还没有报送"):
        say(draft, "一句", world.officer, TOKEN)
    world.editor.memberships.get().groups.add(world.office.roster_groups.get(name="各高等院校"))
    assert post(Account.objects.get(pk=world.editor.pk), item, "不归我分管，但我知道一点。").status_code == 302


def test_answers_stand_under_their_beginning_one_level_deep(world, item):
    first = say(item, "第一件事", world.editor, TOKEN)
    say(item, "第二件事", world.editor, TOKEN)
    answer = say(item, "答第一件", world.officer, TOKEN, first)
    say(item, "再答第一件", world.editor, TOKEN, first)
    assert [text for *_, text in shown(item, world.officer)] == ["第一件事", "答第一件", "再答第一件", "第二件事"]
    other = say(world.item(), "别的信息下的", world.editor, TOKEN)
    for wrong in (answer.pk, other.pk, 10**9, 0, "x", "9" * 40):
        refused = post(world.officer, item, "写的回复", wrong)
        assert refused.status_code == 422
        assert "写的回复" in refused.content.decode(), "what was typed stays"
    assert Comment.objects.count() == 5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "请写点评的内容"),
        (" \x00\u200b\r\n ", "请写点评的内容"),
        ("字" * 1001, "最多 1000 个字，现在有 1001 个"),
        ("字" * 1_700_000, "最多 1000 个字"),
        ("此件机密★10年请查收", "有密级标志"),
    ],
)
@pytest.mark.parametrize("page", ["item", "reading"])
@pytest.mark.once
def test_what_is_wrong_is_told_where_it_was_written_and_stays(world, item, text, sentence, page):
    first = say(item, "第一件事", world.officer, TOKEN)
    refused = post(world.editor, item, text, first.pk, **{"from": page})
    told = refused.content.decode()
    assert refused.status_code == 422
    assert sentence in told
    assert ("回到待审列表" in told) == (page == "reading")
    kept = re.search(r'<details class="answer" open>.*?<textarea[^>]*>\n?(.*?)</textarea>', told, re.DOTALL)
    assert kept[1].strip() == text.strip()
    assert "请查收" not in str(list(TrailEntry.objects.values_list("after", flat=True)))
    assert Comment.objects.count() == 1


def test_unfit_characters_go_and_lines_stay_and_a_thousand_characters_with_line_ends_fit(world, item):
    post(world.officer, item, "甲\x00乙\u202e丙\r\n丁\rx" + "字" * 992)
    assert Comment.objects.get().text == "甲乙丙\n丁\nx" + "字" * 992
    post(world.officer, item, "<script>alert(1)</script>")
    page = signed_in(world.editor).get(at("item", item.pk)).content.decode()
    assert "&lt;script&gt;alert(1)" in page


def test_five_presses_say_it_once_and_the_same_page_may_say_something_else(world, item):
    for _ in range(5):
        assert post(world.officer, item, "一句话").status_code == 302
    assert Comment.objects.count() == 1
    assert TrailEntry.objects.filter(act="点评").count() == 1
    assert not TrailEntry.objects.filter(result="refused").exists()
    post(world.officer, item, "另一句")
    post(world.colleague, item, "一句话")
    assert Comment.objects.count() == 3


def test_the_trail_has_that_it_was_said_not_what(world, item):
    said = say(item, "只在点评里的话", world.officer, TOKEN)
    take_back(said, world.officer)
    entries = list(TrailEntry.objects.filter(act__in=("点评", "收回点评")).order_by("pk"))
    assert [(one.act, one.after, one.object_label) for one in entries] == [
        ("点评", {"comment": said.pk}, item.title),
        ("收回点评", {"comment": said.pk}, item.title),
    ]


def test_ones_own_is_taken_back_for_ten_minutes_while_nobody_answered(world, item):
    said = say(item, "说错的话", world.officer, TOKEN)
    sun = signed_in(world.officer)
    assert "收回" in sun.get(at("item", item.pk)).content.decode()
    assert "收回" not in signed_in(world.colleague).get(at("item", item.pk)).content.decode()
    with pytest.raises(Refused, match="只能收回自己的"):
        take_back(said, world.colleague)
    answer = sun.post(at("take-back", item.pk, said.pk))
    assert answer.url.endswith(f"{at('item', item.pk)}#comment-{said.pk}")
    for person in (world.editor, world.officer):
        page = signed_in(person).get(at("item", item.pk)).content.decode()
        assert "（已收回）" in page
        assert "说错的话" not in page
    with pytest.raises(Refused, match="已经收回"):
        take_back(said, world.officer)
    with pytest.raises(Refused, match="已经收回，不能回复"):
        say(item, "回复", world.editor, TOKEN, said)


def test_what_was_answered_or_is_old_stands(world, item):
    first = say(item, "第一件事", world.editor, TOKEN)
    answer = say(item, "答", world.officer, TOKEN, first)
    with pytest.raises(Refused, match="已经有人回复"):
        take_back(first, world.editor)
    take_back(answer, world.officer)
    take_back(first, world.editor)  # what was taken back answers nothing any more
    old = say(item, "早先说的", world.editor, TOKEN)
    Comment.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(minutes=10, seconds=1))
    with pytest.raises(Refused, match="十分钟"):
        take_back(old, world.editor)
    assert "收回<" not in signed_in(world.editor).get(at("item", item.pk)).content.decode()
    assert signed_in(world.editor).post(at("take-back", world.item().pk, old.pk)).status_code == 404


def test_nothing_of_a_decision_that_can_be_undone_is_said(world, item, settings):
    settings.UNDO_SECONDS = 60
    decide(Item.objects.select_related("office", "unit").get(pk=item.pk), "reject", world.editor, "时效已过")
    for person in (world.editor, world.manager):
        refused = post(person, item, "退稿的原因是时效已过")
        assert "还能撤销" in refused.content.decode()
        assert "退稿的原因是时效已过" in refused.content.decode()
    assert post(world.officer, item, "请问有消息吗？").status_code == 302, "its unit is told nothing, this neither"
    page = signed_in(world.officer).get(at("item", item.pk)).content.decode()
    assert "时效已过" not in page
    assert "还能撤销" not in page
    Item.objects.filter(pk=item.pk).update(undo_until=timezone.now() - timedelta(seconds=1))
    assert post(world.editor, item, "退稿的原因是时效已过").status_code == 302


def test_a_page_shows_the_last_threads_and_leads_to_the_rest(world, item, monkeypatch):
    monkeypatch.setattr(comments, "THREADS", 2)
    begun = [say(item, f"第{number}件事", world.editor, f"{number:032d}") for number in range(5)]
    say(item, "答最早的", world.officer, TOKEN, begun[0])
    page = signed_in(world.officer).get(at("item", item.pk)).content.decode()
    assert "点评 6 条" in page
    assert [number for number in range(5) if f"第{number}件事" in page] == [3, 4]
    seen, query = [], ""
    while query is not None:
        talk = signed_in(world.officer).get(at("comments", item.pk) + query).context["conversation"]
        seen[:0] = [one.comment.text for thread in talk.threads for one in thread.lines]
        query = f"?before={talk.earlier}" if talk.earlier else None
    assert seen == ["第0件事", "答最早的", "第1件事", "第2件事", "第3件事", "第4件事"]
    assert len(seen) == talk.number
    for odd in ("?before=0", "?before=x", "?before=99999999999999999999"):
        assert signed_in(world.officer).get(at("comments", item.pk) + odd).status_code == 200
    monkeypatch.setattr(comments, "MOST_ANSWERS", 1)
    with pytest.raises(Refused, match="请另起一条"):
        say(item, "再答", world.officer, TOKEN, begun[0])


@pytest.mark.parametrize("name", ["item", "read-item", "comments"])
def test_pages_cost_the_same_with_one_comment_and_with_many(world, item, name, django_assert_max_num_queries):
    wang, address = signed_in(world.editor), at(name, item.pk)
    wang.get(address)
    with django_assert_max_num_queries(25) as none:
        wang.get(address)
    first = say(item, "第一件事", world.officer, TOKEN)
    with django_assert_max_num_queries(len(none) + (name == "read-item")) as one:
        wang.get(address)
    for number in range(20):
        say(item, f"第{number}件事", world.editor, TOKEN)
        say(item, f"第{number}句回答", world.signer, TOKEN, first)
    with django_assert_max_num_queries(len(one)):
        page = wang.get(address).content.decode()
    assert "点评 41 条" in page
    if name == "read-item":
        assert len(none) <= 15


def test_ones_own_comments_are_in_ones_own_data_and_nobody_elses(world, item):
    said = say(item, "我说的话", world.officer, TOKEN)
    say(item, "编辑说的话", world.editor, TOKEN, said)
    told = data_of(world.officer)["点评"]
    assert [(row["编号"], row["内容"], row["收回时间"]) for row in told] == [(item.number, "我说的话", None)]


@pytest.mark.django_db(transaction=True)
def test_of_an_answer_and_a_taking_back_at_once_one_wins_and_five_presses_say_it_once():
    world = build_world()
    item = world.item()
    for turn in range(5):
        token = f"{turn:032d}"
        said = at_once(*[lambda token=token: say(item, "一句", world.officer, token)] * 3)
        assert len({one.pk for one in said}) == 1
        at_once(
            lambda one=said[0]: take_back(one, world.officer),
            lambda one=said[0], token=token: say(item, "回答", world.editor, token, one),
        )
        beginning = Comment.objects.get(pk=said[0].pk)
        assert bool(beginning.taken_back_at) != beginning.replies.exists()
