"""Themes and priorities: changed by managers, recounted, closed periods unchanged; the public page shows them alone."""

import datetime
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from scoring import closing, ledger
from scoring.standings import as_json, standings
from submissions import decisions, drafts, priorities, themes
from submissions.coverage import Counts
from submissions.filters import ItemFilter
from submissions.models import Draft, Item, ItemEvent, ItemTheme, Period, Theme
from submissions.priorities import Line
from submissions.stamps import stamp
from submissions.states import State
from submissions.themes import Reach
from trail.models import TrailEntry
from units.models import Membership, Role
from units.verdicts import Refused, TooLate


@pytest.fixture
def manager(world):
    client = Client()
    client.force_login(world.manager)
    return client


def topic(world, name, **fields):
    return Theme.objects.create(office=world.office, name=name, **fields)


def typed(theme, **changes):
    now = themes.described(theme)
    ready = {"name": theme.name, "number": theme.number, "chapter": theme.parent, "scored": theme.scored}
    return {**ready, "active": theme.active, **changes}, stamp(now)


def change(world, theme, **changes):
    fields, seen = typed(theme, **changes)
    return themes.change(theme, fields, world.manager, seen)


def scores(period):
    groups = as_json(standings(period))["groups"]
    return {row["unit"]: row["score"] for group in groups for row in group["rows"]}


def right(world):
    return not list(ledger.differences(world.office))


def test_a_change_of_what_scores_is_recounted_and_on_the_items_history(world):
    item = world.item(themes=[world.theme.pk])
    assert scores(world.q1)["甲市教育局"] == "3"
    change(world, world.theme, scored=False)
    assert scores(world.q1)["甲市教育局"] == "1"
    assert right(world)
    event = item.events.latest("id")
    assert (event.label, event.reason, event.actor) == ("改主题", "“安全工作”改为不计分", world.manager)
    entry = TrailEntry.objects.get(act="改主题设置")
    assert (entry.before["scored"], entry.after["scored"]) == (True, False)


def test_a_closed_period_stands_and_the_difference_is_posted_after_it(world, monkeypatch):
    world.item(themes=[world.theme.pk])
    closing.close(world.q1, None)
    before = as_json(standings(Period.objects.get(pk=world.q1.pk)))
    change(world, world.theme, scored=False)
    assert as_json(standings(Period.objects.get(pk=world.q1.pk))) == before
    assert scores(world.q2)["甲市教育局"] == "-2"
    assert right(world)
    own = topic(world, "这一期的", period=Period.objects.get(pk=world.q1.pk))
    with pytest.raises(Refused, match="已经封存"):
        change(world, own, name="改名")


def test_merging_takes_the_items_along_and_counts_each_once_as_was_told_before(world, manager):
    into = topic(world, "阅读", scored=True)
    both = world.item("两个都有", themes=[world.theme.pk, into.pk])
    alone = world.item("只有一个", themes=[world.theme.pk])
    waiting = world.item("等着的", themes=[world.theme.pk, into.pk], state=State.SUBMITTED)
    ItemTheme.objects.filter(item=both, theme=into).update(confirmed_at=None)
    point = topic(world, "下面的", parent=world.theme)
    role = Membership.objects.get(account=world.editor, role=Role.EDITOR)
    role.theme_charges.create(theme=world.theme)
    role.theme_charges.create(theme=into)
    draft = Item.objects.create(office=world.office, unit=world.bureau, title="草稿")
    Draft.objects.create(item=draft, themes=[world.theme.pk, into.pk], saved_by=world.officer, saved_at=timezone.now())
    before = scores(world.q1)
    text = manager.get(reverse("theme", args=["jia", world.theme.pk]), {"into": into.pk}).content.decode()
    for told in (
        "“安全工作”的 3 条信息归到“阅读”，其中 2 条两个主题都有",
        "2 条有效信息重新计分",
        "下面的 1 条要点放到",
        "1 位编辑改为分管",
        "1 份正在写的稿子改选",
    ):
        assert told in text
    assert Theme.objects.get(pk=world.theme.pk).active, "looking changes nothing"
    assert themes.merge(world.theme, into, world.manager) == 3
    assert scores(world.q1) == before
    assert right(world)
    rows = ItemTheme.objects.filter(item__in=[both, alone, waiting]).order_by("item")
    assert [(row.item, row.theme, row.confirmed_at is not None) for row in rows] == [
        (both, into, True), (alone, into, True), (waiting, into, False),
    ]  # fmt: skip
    point.refresh_from_db()
    world.theme.refresh_from_db()
    assert (point.parent, world.theme.active) == (into, False)
    assert list(role.theme_charges.values_list("theme", flat=True)) == [into.pk]
    assert Draft.objects.get(item=draft).themes == [into.pk]
    assert ItemEvent.objects.filter(move="themes", reason="“安全工作”并入“阅读”").count() == 2
    assert TrailEntry.objects.get(act="合并主题").after["items"] == 3


def test_merging_into_what_does_not_score_takes_the_points_and_a_closed_table_stays(world):
    into = topic(world, "阅读", scored=False)
    world.item(themes=[world.theme.pk])
    closing.close(world.q1, None)
    before = as_json(standings(Period.objects.get(pk=world.q1.pk)))
    themes.merge(world.theme, into, world.manager)
    assert as_json(standings(Period.objects.get(pk=world.q1.pk))) == before
    assert scores(world.q2)["甲市教育局"] == "-2"
    assert right(world)


def test_merging_is_refused_across_reaches_offices_and_into_itself(world):
    year, retired = topic(world, "一年的", year=2020), topic(world, "停用的", active=False)
    chapter, other = topic(world, "章", year=2020), topic(world, "别章", year=2020)
    topic(world, "章下", year=2020, parent=chapter)
    below = topic(world, "别章下", year=2020, parent=other)
    elsewhere = Theme.objects.create(office=world.other, name="别处的")
    wanted = topic(world, "要点", period=world.q1, kind="priority", scored=False)
    world.item(themes=[world.theme.pk])
    for theme, into in (
        *((world.theme, into) for into in (year, retired, elsewhere, wanted, world.theme)),
        (chapter, below),
    ):
        with pytest.raises(Refused):
            themes.merge(theme, into, world.manager)
    with pytest.raises(Refused, match="管理员"):
        themes.merge(chapter, other, world.editor)
    assert ItemTheme.objects.filter(theme=world.theme).count() == 1


def test_a_retired_theme_is_offered_nowhere_and_its_items_keep_it(world, sun):
    chapter = topic(world, "停用的章", position=3)
    topic(world, "章下的要点", parent=chapter, position=4)
    item = world.item(themes=[world.theme.pk], state=State.SUBMITTED)
    change(world, world.theme, active=False)
    change(world, chapter, active=False)
    today = timezone.localdate()
    assert not Theme.objects.filter(office=world.office).open_on(today).exists()
    assert list(Theme.objects.choices_for(item, today)) == [world.theme]
    assert not list(Theme.objects.choices_for(world.item(state=State.SUBMITTED), today))
    page = sun.get(reverse("write", args=["jia"])).content.decode()
    assert "安全工作" not in page
    assert "章下的要点" not in page
    decisions.decide(item, "accept", world.editor)
    assert scores(world.q1)["甲市教育局"] == "3"
    other = world.item()
    with pytest.raises(TooLate, match="“安全工作”刚刚停用"):  # from a page that was open before
        decisions.set_themes(other, [world.theme.pk], world.editor)
    assert not other.themes.exists()


def test_the_tree_has_two_levels_and_a_name_once(world):
    reach = Reach(world.office)
    fields = {"number": "", "name": "阅读", "chapter": world.theme, "scored": True}
    point = themes.add(reach, fields, world.manager)
    assert (point.parent, point.position) == (world.theme, 2)
    for bad, sentence in (
        ({"name": "阅读"}, "已经有主题“阅读”"),
        ({"name": "新的", "chapter": point}, "只有两层"),
        ({"name": "新的", "chapter": topic(world, "别的", year=2020)}, "不在这里"),
        ({"name": "新的，机密★1年"}, "密级"),
    ):
        with pytest.raises(Refused, match=sentence):
            themes.add(reach, {**fields, **bad}, world.manager)
    with pytest.raises(Refused, match="带着要点"):
        change(world, world.theme, chapter=topic(world, "一章"))
    with pytest.raises(TooLate):
        themes.change(point, typed(point, name="改名")[0], world.manager, "旧的")


def test_what_an_item_has_is_not_deleted(world):
    world.item(themes=[world.theme.pk])
    with pytest.raises(Refused, match="停用"):
        themes.remove(world.theme, world.manager)
    unused = topic(world, "没用过的")
    themes.remove(unused, world.manager)
    assert not Theme.objects.filter(pk=unused.pk).exists()


def test_order_by_numbers_and_by_one_place_without_javascript(world, manager):
    reach = Reach(world.office, year=2020)
    a, b = (topic(world, name, year=2020, position=i) for i, name in enumerate("甲乙"))
    points = [topic(world, name, year=2020, position=9, parent=a) for name in "子丑寅"]

    def sent(**more):
        return {"seen": themes.order_seen(themes.tree_of(reach.topics)), **more}

    def order():
        return [theme.name for _, theme in sorted((theme.position, theme) for theme in reach.topics)]

    page = reverse("themes", args=["jia"]) + "?of=year-2020"
    manager.post(page, sent(theme=[a.pk, b.pk], position=[2, 1]))
    assert order() == ["乙", "甲", "子", "丑", "寅"]
    manager.post(page, sent(theme=[a.pk, b.pk], position=[2, 1], up=points[1].pk))
    assert order() == ["乙", "甲", "丑", "子", "寅"]
    manager.post(page, sent(theme=[], position=[], up=a.pk))
    stale = sent(theme=[], position=[], up=points[2].pk)
    manager.post(page, stale)
    manager.post(page, stale)  # five clicks make one
    assert order() == ["甲", "丑", "寅", "子", "乙"]
    answer = manager.post(page, sent(theme=["x\x00", "9" * 30], position=["", "-1"], up="9" * 30))
    assert answer.status_code == 302
    assert order() == ["甲", "丑", "寅", "子", "乙"]


def test_each_number_is_that_of_the_list_it_leads_to(world, manager, django_assert_num_queries):
    chapter = topic(world, "章", year=2020)
    point = topic(world, "要点", year=2020, parent=chapter)
    world.item(themes=[point.pk])
    world.item(themes=[chapter.pk, point.pk])
    world.item(themes=[point.pk], state=State.SUBMITTED)
    unconfirmed = world.item(themes=[point.pk])
    unconfirmed.themes.update(confirmed_at=None)
    world.item(themes=[point.pk], received_on=datetime.date(2021, 2, 2))
    counts = Counts(Reach(world.office, year=2020), world.manager)
    found = counts.of([chapter, point])
    assert found == {chapter.pk: (2, 1), point.pk: (2, 1)}
    for theme in (chapter, point):
        for confirmed, number in zip((True, False), found[theme.pk], strict=True):
            page = manager.get(counts.address(theme, confirmed)).context["filter"]
            assert (page.total, len(page.page)) == (str(number), number)
    with django_assert_num_queries(2):
        counts.of([chapter, point, world.theme])


def test_the_list_of_a_chapter_holds_an_item_of_two_of_its_points_once(world):
    chapter = topic(world, "章")
    points = [topic(world, name, parent=chapter) for name in "甲乙"]
    item = world.item(themes=[point.pk for point in points])
    listed = ItemFilter({"theme": str(chapter.pk)}, world.editor, world.office)
    assert (listed.page, listed.total) == ([item], "1")


def test_the_item_lists_themes_stand_under_their_chapters(world, manager):
    chapter = topic(world, "抓教学", number="一", year=2020, position=1)
    topic(world, "旧的", year=2019, position=1)
    topic(world, "课程", parent=chapter, year=2020, position=2)
    text = manager.get(reverse("items", args=["jia"])).content.decode()
    groups = re.findall(r'<optgroup label="([^"]*)">(.*?)</optgroup>', text)
    assert [(label, re.findall(r">([^<]+)</option>", options)) for label, options in groups] == [
        ("2020年　一、抓教学", ["一、抓教学", "课程"]),
        ("2019年", ["旧的"]),
        ("各期通用", ["安全工作"]),
    ]


# ---- Priorities ----


def want(world, *lines, public=False, by=None, period=None):
    period = period or world.q2
    seen = stamp(priorities.described(Period.objects.get(pk=period.pk)))
    rows = [Line(pk, name, i) for i, (pk, name) in enumerate(lines)]
    priorities.want(period, rows, public, by or world.manager, seen)
    return list(Theme.objects.priorities_of(period))


def test_priorities_are_added_changed_ordered_and_dropped(world):
    first, second = want(world, (0, "抓好甲"), (0, "抓好乙"))
    assert (first.scored, first.kind, first.period) == (False, "priority", world.q2)
    again = want(world, (second.pk, "抓好甲"), (first.pk, "抓好乙"))  # which change names
    assert [(theme.pk, theme.name) for theme in again] == [(second.pk, "抓好甲"), (first.pk, "抓好乙")]
    item = world.item(themes=[first.pk])
    assert want(world, (second.pk, "抓好甲"), (first.pk, "")) == [second]
    assert item.themes.get().theme.active is False
    assert want(world, (second.pk, ""), (0, "抓好乙"))[0].pk == first.pk
    assert not Theme.objects.filter(pk=second.pk).exists()
    for lines, sentence in (
        ([(0, "甲"), (0, "甲")], "不止一次"),
        ([(0, "长" * 501)], "最多 500 个字"),
        ([(0, str(i)) for i in range(61)], "最多 60 条"),
        ([(0, "机密★1年")], "密级"),
        ([(first.pk, "甲"), (first.pk, "乙")], "出现了两次"),
    ):
        with pytest.raises(Refused, match=sentence):
            want(world, *lines)
    with pytest.raises(Refused, match="不能公开"):
        want(world, (first.pk, ""), public=True)
    with pytest.raises(Refused, match="管理员"):
        want(world, (0, "甲"), by=world.editor)
    with pytest.raises(TooLate):
        priorities.want(world.q2, [], False, world.manager, "旧的")


def test_a_page_is_copied_from_the_last_period_and_keeps_what_was_typed(world, manager):
    want(world, (0, "上一期的"), (0, "两期都有"), period=world.q1)
    want(world, (0, "两期都有"))
    page = reverse("priorities", args=["jia", world.q2.pk])
    copied = manager.get(page + "?copy=1").context["more"]
    assert copied == "上一期的"
    assert not Theme.objects.filter(period=world.q2, name="上一期的").exists()
    row = Theme.objects.priorities_of(world.q2)[0]
    data = {"row": row.pk, "name": "改了字", "position": "1", "more": "新\x00的\n改了字", "seen": "旧的"}
    answer = manager.post(page, data)
    assert answer.status_code == 422
    assert "改了字</textarea>" in answer.content.decode()
    again = manager.post(page, {**data, "more": "新的", "seen": answer.context["seen"]})
    assert again.status_code == 302
    assert [theme.name for theme in Theme.objects.priorities_of(world.q2)] == ["改了字", "新的"]


@pytest.mark.parametrize("number", ["abc", "-1", "1e9", "10000", ""])
def test_a_number_that_is_none_is_told_by_its_row_and_what_was_typed_stays(world, manager, number):
    first, second = want(world, (0, "抓好甲"), (0, "抓好乙"))
    page = reverse("priorities", args=["jia", world.q2.pk])
    seen = manager.get(page).context["seen"]
    data = {"row": [first.pk, second.pk], "name": ["改了字", "抓好乙"], "position": ["2", number], "seen": seen}
    answer = manager.post(page, data)
    text, told = answer.content.decode(), f"是“{number}”" if number else "空着"
    assert answer.status_code == 422
    assert f"第 2 条：次序{told}，应当是 0 到 9999 之间的整数。" in text
    assert "改了字</textarea>" in text
    assert re.findall(r'name="position" value="([^"]*)"', text) == ["2", number]
    assert [theme.name for theme in Theme.objects.priorities_of(world.q2)] == ["抓好甲", "抓好乙"]
    one, other = topic(world, "章甲", year=2020), topic(world, "章乙", year=2020)
    page = reverse("themes", args=["jia"]) + "?of=year-2020"
    data = {"theme": [one.pk, other.pk], "position": ["9", number], "seen": manager.get(page).context["seen"]}
    text = manager.post(page, {**data, "down": one.pk}).content.decode()
    assert f"“章乙”：次序{told}，应当是" in text
    assert re.findall(r'name="position" value="([^"]*)"', text) == ["9", number]
    assert not TrailEntry.objects.filter(act="排主题次序", result="done").exists()


def test_an_item_answers_a_priority_and_scores_nothing_by_it(world, sun):
    (wanted,) = want(world, (0, "抓好甲"))
    page = reverse("write", args=["jia"])
    had = world.item(state=State.RETURNED, themes=[wanted.pk])
    told = "2020年第2季度报送要点（不计分）"
    assert told not in sun.get(page).content.decode(), "the period has ended"
    assert told in sun.get(reverse("write-item", args=["jia", had.pk])).content.decode(), "what it has it keeps"
    had.themes.all().delete()
    Period.objects.filter(pk=world.q2.pk).update(ends_on=timezone.localdate())
    assert told in sun.get(page).content.decode()
    item = world.item(state=State.SUBMITTED)
    drafts._propose(item, [wanted.pk], world.officer)
    decisions.decide(item, "accept", world.editor)
    assert scores(world.q1)["甲市教育局"] == "1"
    counts = Counts(Reach(world.office, period=world.q1), world.manager)
    assert counts.of([wanted])[wanted.pk] == (1, 0)


def test_the_public_page_shows_what_is_published_and_nothing_else(world, client, django_assert_num_queries):
    page = reverse("public-priorities", args=["jia"])
    want(world, (0, "抓好甲"))
    assert client.get(page).status_code == 404
    assert client.get(reverse("public-priorities", args=["nobody"])).status_code == 404
    world.item("一条内部的信息", adopted_by=world.site)
    want(world, (0, "上一期的"), period=world.q1, public=True)
    want(world, (Theme.objects.priorities_of(world.q2)[0].pk, "抓好甲<script>"), public=True)
    with django_assert_num_queries(3):
        answer = client.get(page)
    text = answer.content.decode()
    assert "抓好甲&lt;script&gt;" in text
    for hidden in ("上一期的", "一条内部的信息", "甲市教育局", "sun", "/o/jia/", "csrf", "<form", "<script"):
        assert hidden not in text
    assert answer["Cache-Control"] == "public, max-age=300"
    assert "script-src" in answer["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert not answer.cookies
    client.force_login(world.manager)
    assert client.get(page).content == answer.content  # whoever asks
    assert client.post(page).status_code == 405
    want(world, (Theme.objects.priorities_of(world.q2)[0].pk, "抓好甲"), public=False)
    assert "上一期的" in client.get(page).content.decode()
    assert TrailEntry.objects.filter(act="改报送要点").latest("id").after["public"] is False


def test_the_page_of_themes_costs_the_same_for_one_and_for_many(world, manager):
    def cost(path):
        manager.get(path)
        with CaptureQueriesContext(connection) as asked:
            assert manager.get(path).status_code == 200
        return len(asked)

    pages = [reverse("themes", args=["jia"]) + "?of=every", reverse("priorities", args=["jia", world.q2.pk])]
    want(world, (0, "甲"))
    before = [cost(page) for page in pages]
    chapter = topic(world, "章")
    for i in range(4):
        world.item(themes=[topic(world, f"要点{i}", parent=chapter).pk])
    first = Theme.objects.priorities_of(world.q2)[0]
    want(world, (first.pk, "甲"), (0, "乙"), (0, "丙"))
    assert [cost(page) for page in pages] == before
