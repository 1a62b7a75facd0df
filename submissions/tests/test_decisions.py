"""The editor's desk: decide and next, several at once, undo before the unit is told, an editor's change of a text."""

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scoring.models import ScoreEntry
from submissions import search
from submissions.adoptions import Use, record_uses
from submissions.decisions import decide, set_themes, undo
from submissions.editing import edit
from submissions.models import Item, SavedView, Theme
from submissions.states import State
from submissions.tests.test_writing import write
from submissions.themes import merge
from tests.races import at_once
from tests.world import account, build_world
from units.models import Account, Role
from units.verdicts import Refused, TooLate


def signed_in(person: Account) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def wang(world) -> Client:
    return signed_in(world.editor)


@pytest.fixture
def a_minute(settings):
    settings.UNDO_SECONDS = 60


def waiting(world, *titles: str, **fields) -> list[Item]:
    return [world.item(title, state=State.SUBMITTED, **fields) for title in titles]


def at(name: str, *args) -> str:
    return reverse(name, args=["jia", *args])


def test_urgent_ones_come_first_then_the_oldest_also_on_the_next_page(world, wang):
    day = timezone.now() - datetime.timedelta(days=9)
    for n in range(103):
        item = world.item(f"第{n}条", state=State.SUBMITTED)
        Item.objects.filter(pk=item.pk).update(
            waits_since=day + datetime.timedelta(minutes=n // 3), urgent=n % 50 == 49
        )
    seen, address = [], at("queue")
    for _ in range(3):
        filter_ = wang.get(address).context["filter"]
        seen += [row.title for row in filter_.page]
        address = at("queue") + filter_.next_address
    assert seen[:2] == ["第49条", "第99条"]
    assert seen[2:] == [f"第{n}条" for n in range(103) if n % 50 != 49]
    assert filter_.next_address == ""


def test_counts_equal_the_lists_they_lead_to(world, wang):
    old = waiting(world, "旧的")[0]
    Item.objects.filter(pk=old.pk).update(
        waits_since=timezone.now() - datetime.timedelta(days=3, minutes=1), urgent=True
    )
    fresh = waiting(world, "新的", shares=[(world.college.pk, 1_000_000)])[0]
    Item.objects.filter(pk=fresh.pk).update(waits_since=timezone.now())
    fresh.events.create(move="resubmit", was="returned", now="submitted")
    for mark, _, number, address in wang.get(at("queue")).context["filter"].states:
        page = wang.get(at("queue") + address).context["filter"]
        assert (page.mark, str(len(page.page)), page.total) == (mark, number, number)
        assert number == ("2" if mark == "" else "1")
    group = world.office.roster_lines.get(unit=world.college).group_id
    assert [row.title for row in wang.get(at("queue"), {"group": group}).context["filter"].page] == ["新的"]


def test_deciding_leads_to_the_next_with_the_filters_kept(world, wang):
    first, _, third = waiting(world, "安全第一条", "别的", "安全第三条")
    answer = wang.post(f"{at('decide-item', first.pk)}?q=安全", {"do": "accept", "themed": 1})
    assert answer.url == f"{at('read-item', third.pk)}?q=%E5%AE%89%E5%85%A8"
    first.refresh_from_db()
    assert first.state == State.VALID


def test_only_the_ticked_themes_are_confirmed_and_others_can_be_added(world, wang):
    added = Theme.objects.create(office=world.office, name="另一个", position=2)
    item = waiting(world, "一条", themes=[world.theme.pk])[0]
    wang.post(at("decide-item", item.pk), {"do": "accept", "themed": 1, "themes": [added.pk]})
    assert list(item.themes.exclude(confirmed_at=None).values_list("theme", flat=True)) == [added.pk]
    assert item.themes.count() == 2, "what the unit proposed stays on record"


def test_a_return_asks_for_a_reason_of_the_list_or_in_words_and_keeps_what_was_typed(world, wang):
    world.office.decision_reasons.create(text="篇幅过长")
    item, other = waiting(world, "一条", "又一条")
    answer = wang.post(at("decide-item", item.pk), {"do": "return", "say": " "})
    assert answer.status_code == 422
    assert "请选退回修改的理由" in answer.content.decode()
    wang.post(at("decide-item", item.pk), {"do": "return", "reasons": ["篇幅过长", "自己编的"], "say": "请压到一千字"})
    assert item.events.get(move="return").reason == "篇幅过长；请压到一千字"
    wang.post(at("decide-item", other.pk), {"do": "reject", "reasons": ["篇幅过长"]})
    assert other.events.get(move="reject").reason == "篇幅过长"


@pytest.mark.usefixtures("a_minute")
def test_for_a_minute_the_unit_is_told_nothing_and_the_editor_can_undo(world, wang, sun):
    write(sun, world, do="submit", themes=[world.theme.pk])
    item = Item.objects.get()
    since = item.waits_since
    wang.post(at("decide-item", item.pk), {"do": "return", "say": "缺数字"})
    for address in (at("item", item.pk), at("items"), at("home")):
        assert "缺数字" not in sun.get(address).content.decode()
    assert [row.pk for row in sun.get(at("items"), {"state": "submitted"}).context["filter"].page] == [item.pk]
    assert sun.get(at("items"), {"state": "returned"}).context["filter"].page == []
    assert "请过一分钟再来看" in write(sun, world, item, do="save").content.decode()
    answer = sun.post(at("move-item", item.pk, "withdraw"), follow=True)
    assert "请过一分钟再来看" in answer.content.decode(), "and not what was decided"
    wang.post(at("undo-decisions"), {"items": item.pk})
    item.refresh_from_db()
    assert (item.state, item.waits_since) == (State.SUBMITTED, since)
    assert wang.get(at("queue"), {"mark": "again"}).context["filter"].page == [], "it never left"
    wang.post(at("decide-item", item.pk), {"do": "return", "say": "缺数字"})
    Item.objects.update(undo_until=timezone.now())
    assert "缺数字" in sun.get(at("item", item.pk)).content.decode()
    assert "不能再撤销" in wang.post(at("undo-decisions"), {"items": item.pk}, follow=True).content.decode()


@pytest.mark.usefixtures("a_minute")
def test_an_undone_acceptance_takes_its_points_and_themes_along(world):
    added = Theme.objects.create(office=world.office, name="另一个", position=2)
    item = waiting(world, "一条", themes=[world.theme.pk])[0]
    decide(item, "accept", world.editor, themes=[world.theme.pk, added.pk])
    assert ScoreEntry.objects.filter(item=item).count() == 2
    undo(item, world.editor)
    assert not ScoreEntry.objects.filter(item=item).exists()
    assert list(item.themes.values_list("theme", "confirmed_at")) == [(world.theme.pk, None)]


@pytest.mark.parametrize("name", ["decide-item", "set-themes"])
def test_a_tick_on_a_theme_that_was_merged_meanwhile_is_said_and_the_others_are_kept(world, wang, name):
    into, third = (Theme.objects.create(office=world.office, name=n, position=2) for n in ("另一个", "第三个"))
    state = State.SUBMITTED if name == "decide-item" else State.VALID
    item = world.item(themes=[world.theme.pk], state=state)
    merge(world.theme, into, world.manager)
    before = list(item.themes.values_list("theme", "confirmed_at"))
    ticked = {"do": "accept", "themed": 1, "themes": [world.theme.pk, third.pk]}
    answer = wang.post(at(name, item.pk), ticked)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"“{world.theme}”刚刚停用，或者并入了别的主题" in page
    assert re.findall(r'name="themes" value="(\d+)"[^>]* checked', page) == [str(third.pk)]
    assert list(item.themes.values_list("theme", "confirmed_at")) == before
    assert Item.objects.get(pk=item.pk).state == state
    third.delete()
    page = wang.post(at(name, item.pk), {**ticked, "themes": [into.pk, third.pk or 999]}).content.decode()
    assert "勾选的主题有 1 个刚刚删去了，什么也没有保存" in page
    assert list(item.themes.values_list("theme", "confirmed_at")) == before


@pytest.mark.usefixtures("a_minute")
@pytest.mark.parametrize("both", [False, True], ids=["one", "both"])
def test_undoing_puts_back_a_theme_that_was_merged_meanwhile_as_the_other(world, both):
    into = Theme.objects.create(office=world.office, name="另一个", position=2)
    item = waiting(world, "一条", themes=[into.pk, world.theme.pk] if both else [world.theme.pk])[0]
    decide(item, "return", world.editor, "请改")
    merge(world.theme, into, world.manager)
    undo(item, world.editor)
    assert list(item.themes.values_list("theme", "confirmed_at")) == [(into.pk, None)]


@pytest.mark.usefixtures("a_minute")
def test_nobody_undoes_anothers_decision_or_below_what_was_built_on_it(world):
    other = account("he", world.office.unit, Role.EDITOR)
    item = waiting(world, "一条", cleared=True)[0]
    decide(item, "accept", world.editor)
    with pytest.raises(Refused, match="别人"):
        undo(item, other)
    set_themes(item, [world.theme.pk], world.editor)
    with pytest.raises(Refused, match="不能再撤销"):
        undo(item, world.editor)


def test_several_are_shown_before_and_each_has_its_fate(world, wang):
    items = waiting(world, "甲条", "乙条")
    decided = world.item("早办了的")
    asked = {"items": [one.pk for one in (*items, decided)], "do": "accept"}
    page = wang.get(at("decide-several"), asked).content.decode()
    assert "认定有效这 3 条" in page
    assert "甲条" in page
    assert Item.objects.filter(state=State.VALID).count() == 1
    page = wang.post(at("decide-several"), asked).content.decode()
    assert "已认定有效 2 条，1 条没有办" in page
    assert Item.objects.filter(state=State.VALID).count() == 3
    empty = wang.get(at("decide-several"), {"do": "accept"})
    assert "还没有选中信息" in empty.content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins_and_the_other_sees_who_and_what():
    world = build_world()
    other = account("he", world.office.unit, Role.EDITOR)
    item = waiting(world, "一条")[0]

    def deciding(person: Account, do: str):
        seen = Item.objects.select_related("office", "unit").get(pk=item.pk)
        return lambda: decide(seen, do, person, "看过")

    answers = at_once(deciding(world.editor, "accept"), deciding(other, "reject"))
    (late,) = [answer for answer in answers if isinstance(answer, TooLate | Refused)]
    assert item.events.filter(move__in=("accept", "reject")).count() == 1
    assert "已经办理" in str(late) or "现在是" in str(late)


def test_an_editors_change_is_a_revision_that_says_who_changed_what(world, wang, sun):
    write(sun, world, do="submit")
    item = Item.objects.get()
    first = item.revisions.get()
    edit(item, 1, "编辑起的题", first.body.replace("组织", "集中组织"), "压缩", world.editor)
    item.refresh_from_db()
    newest = item.revisions.latest("number")
    assert (item.title, item.state, newest.author) == ("编辑起的题", State.SUBMITTED, world.editor)
    assert world.editor.pk in newest.writers
    page = sun.get(at("item-changes", item.pk, 2)).content.decode()
    assert "<ins>编辑起的题</ins>" in page
    assert list(Item.objects.filter(pk__in=search.items_with("编辑起的题"))) == [item]
    with pytest.raises(TooLate):
        edit(item, 1, "迟到的", first.body, "", world.editor)
    answer = wang.post(at("edit-item", item.pk), {"number": 1, "title": "迟到的题", "body": "迟到的字"})
    assert answer.status_code == 422
    assert "迟到的字" in answer.content.decode()


def test_filters_are_kept_under_a_name_of_ones_own(world, wang):
    wang.post(at("save-view"), {"name": "安全", "query": "q=安全"})
    assert 'href="?q=安全"' in wang.get(at("queue")).content.decode()
    assert "还没有选条件" in wang.post(at("save-view"), {"name": "空的"}, follow=True).content.decode()
    manager = signed_in(world.manager)
    assert "?q=安全" not in manager.get(at("queue")).content.decode()
    wang.post(at("save-view"), {"name": "安全", "drop": 1})
    assert not SavedView.objects.exists()


def test_keys_can_be_switched_off_for_good(world, wang):
    assert "<kbd>J</kbd>" in wang.get(at("queue")).content.decode()
    wang.post(at("switch-keys"), {"keys": "0"})
    assert "<kbd>" not in wang.get(at("queue")).content.decode()


@pytest.mark.parametrize("name", ["queue", "read-item"])
def test_a_page_of_the_queue_costs_the_same_with_one_and_with_many(world, wang, name, django_assert_max_num_queries):
    item = waiting(world, "一条", themes=[world.theme.pk])[0]
    address = at(name, *([item.pk] if name == "read-item" else []))
    wang.get(address)
    numbers = []
    for _ in range(2):
        with django_assert_max_num_queries(20) as captured:
            wang.get(address)
        numbers.append(len(captured))
        waiting(world, *(f"第{n}条" for n in range(20)), themes=[world.theme.pk])
    assert numbers[0] == numbers[1]
    assert numbers[1] <= 15, captured.captured_queries


def test_what_a_channel_printed_keeps_its_title_when_the_item_is_renamed(world):
    """A closed period's circular prints the titles of adoptions; an import of the same rows changes nothing."""
    item = world.item("印出来的标题", adopted_by=world.province)
    edit(Item.objects.select_related("office").get(pk=item.pk), 1, "改过的标题", "", "", world.editor)
    assert item.adoptions.get().title == "印出来的标题"
    again = record_uses(
        Item.objects.select_related("office").get(pk=item.pk),
        [Use(world.province, adopted_on=datetime.date(2020, 3, 2), title="改过的标题")],
        world.editor,
    )
    assert again[0].title == "", "the item's own title is kept as none"


@pytest.mark.parametrize("act", ["edit", "enter"])
def test_a_text_beyond_the_limit_is_refused_and_spoils_no_neighbours_index(world, wang, act):
    item, neighbour = world.item("短的一条"), world.item("邻居的一条")
    long = f"<p>{'教育局' * 60_000}</p>"
    data = {"title": "一条长的", "html": long, "editor": "on", "number": 1}
    data |= {"units": "甲市教育局", "received_on": "2020-03-01", "why": "邮件"} if act == "enter" else {}
    answer = wang.post(at("enter-item") if act == "enter" else at("edit-item", item.pk), data)
    assert answer.status_code == 422
    assert "最多 20000 个字" in answer.content.decode()
    search.reindex(item.pk, "教育局" * 60_000)  # whatever comes in, a neighbour's rows are its own
    search.reindex(neighbour.pk, "邻居的一条")
    assert [found.pk for found in Item.objects.all().with_words("邻居", world.office)] == [neighbour.pk]


def test_recording_for_a_unit_is_one_act_and_one_page_one_item(world, wang):
    page = wang.get(at("enter-item")).content.decode()
    token = re.search(r'name="token" value="(\w{32})"', page)[1]
    data = {"units": "甲市教育局", "received_on": "2020-03-01", "why": "邮件", "title": "来信的一条", "token": token}
    for _ in range(2):
        assert wang.post(at("enter-item"), {**data, "accept": "1"}).status_code == 302
    assert Item.objects.get(title="来信的一条").state == State.VALID
