"""Similar items: found among what one may see, the same on each database; looked at side by side; answered for good."""

import datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from submissions import resemblances, reviews, similar
from submissions.editing import edit
from submissions.joint import units_of
from submissions.models import DecisionReason, Item, Resemblance, Revision
from submissions.moves import move
from submissions.similarity import Piece
from submissions.states import State
from submissions.tests.test_similarity import DRILL, POETRY, RETOLD
from submissions.tests.test_writing import write
from tests.races import at_once
from tests.world import build_world
from trail.models import TrailEntry
from units.models import Account
from units.verdicts import Refused, TooLate

TODAY = datetime.date(2020, 2, 10)


def signed_in(person: Account) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def wang(world) -> Client:
    return signed_in(world.editor)


def sent(world, title: str, text: str, **fields) -> Item:
    """An item with a text, as if it had come in on 2020-02-10."""
    item = world.item(title, **{"state": State.SUBMITTED, **fields})
    Revision.objects.filter(item=item).update(text=text, body=f"<p>{text}</p>")
    similar.index([(item.office_id, item.pk, units_of(item), Piece(title, text))])
    return Item.objects.select_related("office__unit", "unit").get(pk=item.pk)


def of_college(world) -> dict:
    return {"shares": [(world.college.pk, 1_000_000)]}


def found(world, account: Account, text: str, title: str = "新写的") -> list[tuple[str, str]]:
    rows = similar.like(Piece(title, text), world.office, account, day=TODAY)
    return [(row.item.title, row.likeness.kind.label) for row in rows]


def panel(client: Client, item: Item) -> str:
    address = reverse("similar-items", args=["jia", item.pk])
    return client.get(address, headers={"HX-Request": "true"}).content.decode()


def beside(item: Item, other: Item) -> str:
    return reverse("compare-items", args=["jia", item.pk, other.pk])


def test_what_went_out_is_found_again_the_most_alike_first(world):
    sent(world, "演练", DRILL)
    sent(world, "演练的另一种说法", RETOLD, **of_college(world))
    sent(world, "诵读", POETRY)
    world.item("甲市实验中学扎实开展疏散演练活动")
    assert found(world, world.editor, DRILL.replace("，", ",")) == [
        ("演练", "全文相同"),
        ("演练的另一种说法", "同一件事"),
    ]
    assert found(world, world.editor, DRILL[10:150]) == [("演练", "大部分相同")]
    assert found(world, world.editor, POETRY[40:], "甲市实验中学：扎实开展疏散演练活动") == [
        ("诵读", "大部分相同"),
        ("甲市实验中学扎实开展疏散演练活动", "题目相近"),
    ]
    assert found(world, world.other_editor, DRILL) == [], "another office"


@pytest.mark.parametrize("text", ["", "一", "\x00", "教" * 200_000, "，。！" * 50])
def test_whatever_the_text_it_is_kept_and_looked_for(world, text):
    similar.index([(world.office.pk, world.item("很短").pk, [], Piece("", text))])
    assert found(world, world.editor, text, "") == []


def test_each_database_finds_the_same(world):
    """Sixty made-up items; whom the traces name and what is found of them, in order, is written down here."""
    for n in range(60):
        mixed = "".join((DRILL, POETRY, RETOLD)[(n + i) % 3][(n * 7 + i * 31) % 60 :][:40] for i in range(4))
        sent(world, f"第{n}条", mixed)
    named = similar.named_by(world.office.pk, similar.sketch(Piece("", DRILL)), [similar.OFFICE])[:12]
    titles = Item.objects.in_bulk(named)
    assert " ".join(titles[pk].title[1:-1] for pk in named) == "54 12 45 21 3 36 27 51 18 57 48 39"
    assert [title for title, _ in found(world, world.editor, DRILL)] == ["第3条", "第21条", "第0条"]


def test_of_a_trace_that_everybody_has_the_newest_few_are_read(world, monkeypatch):
    monkeypatch.setattr(similar, "NEWEST", 5)
    items = [sent(world, f"第{n}条", DRILL).pk for n in range(12)]
    assert similar.named_by(world.office.pk, similar.sketch(Piece("", DRILL)), [similar.OFFICE]) == items[:-6:-1]


def test_what_an_officer_may_not_see_takes_no_place_of_what_they_may(world, monkeypatch):
    """Own items, joint ones, and what passed for publication are found behind any number of others'."""
    monkeypatch.setattr(similar, "NEWEST", 3)
    monkeypatch.setattr(similar, "NAMED", 3)
    sent(world, "本单位的", DRILL)
    sent(world, "联合的", DRILL, shares=[(world.college.pk, 500_000), (world.bureau.pk, 500_000)])
    passed = sent(world, "公开的", DRILL, adopted_by=world.site, **of_college(world))
    reviews.clear(passed, 1, world.manager, "可以公开", passed=True)
    for n in range(5):
        sent(world, f"别人的{n}", DRILL, **of_college(world))
    assert sorted(title for title, _ in found(world, world.officer, DRILL)) == ["公开的", "本单位的", "联合的"]
    assert [title for title, _ in found(world, world.editor, DRILL)] == ["别人的4", "别人的3", "别人的2"]


def test_who_belongs_to_many_units_is_answered(world):
    """SQLite takes no more than 500 SELECTs in one."""
    sent(world, "演练", DRILL)
    named = similar.named_by(world.office.pk, similar.sketch(Piece("", DRILL)), [*range(10**6, 10**6 + 30), 0])
    assert len(named) == 1


def test_a_joint_item_sent_again_is_found_by_a_unit_that_came_to_it_though_no_word_changed(world):
    item = sent(world, "演练", DRILL)
    assert found(world, world.other_unit_officer, DRILL) == []
    move(item, "return", world.editor, "请加上学院")
    item.shares.create(unit=world.college, share="0.5", position=1)
    move(Item.objects.select_related("office", "unit").get(), "resubmit", world.officer)
    assert found(world, world.other_unit_officer, DRILL) == [("演练", "全文相同")]


def test_after_an_update_a_command_finds_what_went_out_before(world, capsys):
    """All of it, as if it had been kept when it went out; and a migration knows nothing of today's traces."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM submissions_traces")  # what tests left that end without a rollback
    sent(world, "演练", DRILL, shares=[(world.bureau.pk, 500_000), (world.college.pk, 500_000)])
    passed = sent(world, "公开的", POETRY, adopted_by=world.site)
    reviews.clear(passed, 1, world.manager, "可以公开", passed=True)
    world.item("甲市实验中学扎实开展疏散演练活动")
    kept = traces()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM submissions_traces")
    call_command("index_similar")
    call_command("index_similar")
    assert traces() == kept
    assert "3 条信息" in capsys.readouterr().out


def traces() -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT trace, shelf, item FROM submissions_traces ORDER BY 1, 2, 3")
        return cursor.fetchall()


def test_a_year_and_a_month_apart_is_too_far(world, settings):
    sent(world, "去年的", DRILL, received_on=TODAY - datetime.timedelta(days=390))
    assert found(world, world.editor, DRILL) == [("去年的", "全文相同")]
    settings.SIMILAR_DAYS = 300
    assert found(world, world.editor, DRILL) == []


def test_of_others_an_officer_learns_what_is_published_and_nothing_else(world, sun):
    own = sent(world, "本单位的", DRILL)
    others = sent(world, "别人的", DRILL, **of_college(world))
    assert found(world, world.officer, DRILL) == [("本单位的", "全文相同")]
    assert "别人的" not in panel(sun, own)
    assert sun.get(beside(own, others)).status_code == 404
    adopted = world.item("用过的", adopted_by=world.site, **of_college(world))
    Revision.objects.filter(item=adopted).update(text=DRILL)
    similar.publish([(world.office.pk, adopted.pk, Piece("用过的", DRILL))])
    assert sun.get(beside(own, adopted)).status_code == 404, "in print, but not cleared to be public"
    world.clear(adopted)
    page = panel(sun, own)
    assert "用过的" in page
    assert adopted.number not in page
    text = sun.get(beside(own, adopted)).content.decode()
    assert "用过的" in text
    assert adopted.number not in text
    adopted.adoptions.update(revoked_at=timezone.now(), revoke_reason="撤稿")
    assert sun.get(beside(own, adopted)).status_code == 404


def test_thresholds_are_settings(world, wang, settings):
    own, retold = sent(world, "演练", DRILL), sent(world, "另一种说法", RETOLD)
    assert found(world, world.editor, RETOLD[:-2])[1] == ("演练", "同一件事")
    assert "同一件事，短的一条有" in wang.get(beside(own, retold)).content.decode()
    settings.SIMILAR = settings.SIMILAR | {"shared": 100, "supported": 100, "hinted": 100}
    assert [title for title, _ in found(world, world.editor, RETOLD[:-2])] == ["另一种说法"]
    assert "没有看出相近" in wang.get(beside(own, retold)).content.decode()


def test_drafts_and_what_waits_in_its_unit_are_nobodys_and_what_was_withdrawn_is_no_news(world, sun):
    write(sun, world, title="草稿", body=DRILL)
    assert found(world, world.officer, DRILL) == []
    item = Item.objects.get()
    write(sun, world, item, do="submit", version=1, token=item.form_token, title="草稿", body=DRILL)
    day = timezone.localdate()
    assert len(similar.like(Piece("题", DRILL), world.office, world.officer, day=day)) == 1
    move(Item.objects.select_related("office", "unit").get(), "withdraw", world.officer)
    assert similar.like(Piece("题", DRILL), world.office, world.editor, day=day) == []


def test_an_edited_item_is_found_by_what_it_reads_now(world):
    item = sent(world, "演练", DRILL)
    edit(item, 1, "诵读", f"<p>{POETRY}</p>", "", world.editor)
    assert found(world, world.editor, DRILL) == []
    assert found(world, world.editor, POETRY) == [("诵读", "全文相同")]


def test_a_draft_that_is_deleted_takes_its_answers_along(world, sun):
    other = sent(world, "报过的", DRILL)
    write(sun, world, title="草稿", body=DRILL)
    draft = Item.objects.get(state=State.DRAFT)
    assert sun.post(beside(draft, other), {"answer": "continued"}).status_code == 302
    sun.post(reverse("discard-draft", args=["jia", draft.pk]))
    assert not Resemblance.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM submissions_traces WHERE item = %s", [draft.pk])
        assert cursor.fetchone()[0] == 0


def test_the_writing_page_shows_them_and_without_scripts_asks_once_before_submitting(world, sun):
    sent(world, "报过的", DRILL, received_on=timezone.localdate())
    write(sun, world, title="又一条", body=DRILL + "还有后来的事。")
    draft = Item.objects.get(state=State.DRAFT)
    assert "报过的" in panel(sun, draft)
    again = {"title": "又一条", "body": DRILL + "还有后来的事。", "token": draft.form_token, "do": "submit"}
    answer = write(sun, world, draft, version=1, ask="1", **again)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "报过的" in text
    assert 'name="ask"' not in text, "pressing again submits"
    assert write(sun, world, draft, version=2, **again).status_code == 302
    draft.refresh_from_db()
    assert draft.state == State.SUBMITTED


def test_each_item_that_went_out_is_shown_beside_what_is_like_it(world, wang, sun):
    """Its page asks for the list, which leaves out what the page itself tells."""
    first, second = sent(world, "先来的", DRILL), sent(world, "后来的", DRILL)
    sent(world, "别人的", DRILL, **of_college(world))
    resemblances.answer(second, first, "continued", world.officer)
    address = f"{reverse('similar-items', args=['jia', second.pk])}?list"
    for client, titles in ((sun, {"先来的"}), (wang, {"先来的", "别人的"})):
        page = client.get(reverse("item", args=["jia", second.pk])).content.decode()
        assert f'hx-get="{address}"' in page
        answer = client.get(address, headers={"HX-Request": "true"})
        assert {one["item"].title for one in answer.context["similar"]} == titles
        assert "前报" not in answer.content.decode()


def test_the_same_leads_to_a_rejection_with_its_reason_that_the_editor_confirms(world, wang):
    first, second = sent(world, "先来的", DRILL), sent(world, "后来的", RETOLD)
    usual = DecisionReason.objects.create(office=world.office, text="和报过的重复")
    answer = wang.post(beside(second, first), {"answer": "same"}, follow=True)
    assert answer.context["form"].reasons == [str(usual)]
    assert f"和编号 {first.number} 的《先来的》重复" in answer.content.decode()
    second.refresh_from_db()
    assert second.state == State.SUBMITTED, "nothing is decided by itself"
    entry = TrailEntry.objects.get(act="答复相近信息")
    assert entry.after == {"answer": "重复", "other": f"{first.number} 先来的"}


def test_the_reason_tells_no_unit_of_what_it_may_not_see(world, wang):
    """Named is what every unit of the item has a part in; of what is only published, its title."""
    both = {"shares": [(world.bureau.pk, 500_000), (world.college.pk, 500_000)]}
    own = sent(world, "本单位的", DRILL)
    joint = sent(world, "联合的", RETOLD, **both)
    colleges = sent(world, "学院的", DRILL, **of_college(world))
    public = sent(world, "公开的", DRILL, adopted_by=world.site, cleared=True, **of_college(world))

    def said(item: Item, other: Item) -> str:
        page = wang.get(reverse("read-item", args=["jia", item.pk]), {"same": other.pk})
        return str(page.context["form"]["say"].value())

    assert said(own, joint) == f"和编号 {joint.number} 的《联合的》重复"
    assert said(own, public) == "和已公开的《公开的》重复"
    assert [said(own, colleges), said(joint, own), said(joint, colleges)] == ["与已收到的另一条信息重复"] * 3


def test_what_continues_is_a_link_on_both_pages_for_those_who_may_see_both(world, wang, sun):
    first, second = sent(world, "先来的", DRILL), sent(world, "后来的", RETOLD, **of_college(world))
    wang.post(beside(second, first), {"answer": "continued"})
    for item, other in ((first, second), (second, first)):
        for text in (wang.get(reverse("item", args=["jia", item.pk])).content.decode(), panel(wang, item)):
            assert reverse("item", args=["jia", other.pk]) in text
    assert "后来的" not in sun.get(reverse("item", args=["jia", first.pk])).content.decode()


def test_no_matter_hides_the_hint_for_that_pair_and_side_and_can_be_taken_back(world, wang, sun):
    first, second = sent(world, "先来的", DRILL), sent(world, "后来的", RETOLD)
    sun.post(beside(second, first), {"answer": "no_matter"})
    assert "先来的" not in panel(sun, second)
    text = panel(wang, second)
    assert "先来的" in text
    assert "甲市教育局：不是一回事" in text, "the editor sees what the officer said"
    wang.post(beside(second, first), {"answer": "no_matter"})
    assert "先来的" not in panel(wang, second)
    assert "后来的" not in panel(wang, first)
    wang.post(beside(first, second), {"answer": "", "seen": "no_matter"})
    assert "先来的" in panel(wang, second)
    assert Resemblance.objects.get().by == world.officer
    assert TrailEntry.objects.filter(act="答复相近信息").count() == 3


def test_who_may_not_answer_is_refused_and_nothing_is_kept(world):
    first, second = sent(world, "先来的", DRILL), sent(world, "后来的", RETOLD)
    for person in (world.signer, world.manager, world.other_unit_officer):
        with pytest.raises(Refused):
            resemblances.answer(second, first, "same", person)
    with pytest.raises(Refused):
        resemblances.answer(second, first, "rubbish", world.editor)
    assert not Resemblance.objects.exists()


def test_an_answer_that_was_not_seen_is_not_overwritten(world, wang):
    first, second = sent(world, "先来的", DRILL), sent(world, "后来的", RETOLD)
    resemblances.answer(second, first, "same", world.editor)
    with pytest.raises(TooLate, match="wang已经答复“重复”"):
        resemblances.answer(first, second, "continued", world.editor)
    answer = wang.post(beside(second, first), {"answer": "continued"})
    assert answer.status_code == 422
    resemblances.answer(second, first, "continued", world.editor, seen="same")
    assert Resemblance.objects.get().answer == "continued"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_is_told(transactional_db):
    world = build_world()
    first, second = sent(world, "先来的", DRILL), sent(world, "后来的", RETOLD)
    fates = at_once(
        lambda: resemblances.answer(second, first, "same", world.editor),
        lambda: resemblances.answer(first, second, "continued", world.editor),
    )
    assert Resemblance.objects.count() == 1
    assert sum(isinstance(fate, TooLate) for fate in fates) == 1


def test_the_panel_costs_the_same_with_one_and_with_many(world, wang, django_assert_max_num_queries):
    item = sent(world, "演练", DRILL)
    sent(world, "另一条", RETOLD)
    panel(wang, item)
    numbers = []
    for _ in range(2):
        with django_assert_max_num_queries(15) as captured:
            panel(wang, item)
        numbers.append(len(captured))
        for n in range(10):
            sent(world, f"第{n}条", DRILL)
    assert numbers[0] == numbers[1]
