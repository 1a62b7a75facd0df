"""The editors' load: what waits for each, what each decided in a period, and how long it had waited."""

import datetime

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from submissions import decisions
from submissions.exact import ONE
from submissions.load import DAY, Decision, by_week, decided_in, distribution, figures, load_of
from submissions.models import Item, ItemEvent, Period
from submissions.moves import move
from submissions.states import DECISIONS, State
from units.models import Account, Membership, Role

MONDAY = datetime.date(2020, 2, 10)
PAGE = reverse("load", args=["jia"])
decision = st.builds(
    Decision,
    by=st.integers(1, 3),
    move=st.sampled_from(DECISIONS),
    on=st.dates(MONDAY, MONDAY + 30 * DAY),
    waited=st.none() | st.timedeltas(datetime.timedelta(), 400 * DAY),
)


def of(*days: float) -> list[Decision]:
    return [Decision(1, "accept", MONDAY, number * DAY) for number in days]


# ---- Reckoning ----


@pytest.mark.once
@pytest.mark.parametrize(
    ("days", "median", "most", "in_time"),
    [
        ((), None, None, 0),
        ((0,), 0, 0, 1),
        ((2,), 2, 2, 1),
        ((1, 4), 2.5, 4, 1),
        ((3, 3.01), 3.005, 3.01, 1),
        (range(1, 11), 5.5, 9, 3),
    ],
)
def test_half_nine_tenths_and_how_many_in_time(days, median, most, in_time):
    told = figures(of(*days), within=3)
    assert (told.median, told.most, told.in_time, told.timed) == (
        median and pytest.approx(median),
        most,
        in_time,
        len(days),
    )


@pytest.mark.once
@given(st.lists(decision, max_size=40))
def test_every_decision_stands_in_each_account_of_them_once(rows):
    told, timed = figures(rows, within=3), [row.waited / DAY for row in rows if row.waited is not None]
    assert told.decided == len(rows) == sum(week.number for week in by_week(rows, MONDAY, MONDAY + 30 * DAY))
    assert told.timed == len(timed) == sum(bar.number for bar in distribution(rows))
    assert 0 <= told.percent <= 100
    assert (told.percent == 100) == (bool(timed) and max(timed) <= 3)
    if timed:
        assert sum(wait <= told.most for wait in timed) * 10 >= 9 * len(timed)
        assert sum(wait < told.most for wait in timed) * 10 < 9 * len(timed)
        assert min(timed) <= told.median <= max(timed)


@pytest.mark.once
def test_an_edge_belongs_to_the_bar_that_begins_with_it():
    bars = distribution(of(0, 0.99, 1, 6.99, 7, 30, 31))
    assert [(bar.label, bar.number) for bar in bars if bar.number] == [
        ("不到 1 天", 2), ("1–2 天", 1), ("5–7 天", 1), ("7–14 天", 1), ("30 天以上", 2),
    ]  # fmt: skip


@pytest.mark.once
def test_weeks_without_a_decision_are_shown_too():
    rows = [Decision(1, "accept", datetime.date(2020, 3, 1), DAY), Decision(1, "return", MONDAY, 3 * DAY)]
    weeks = by_week(rows, datetime.date(2020, 2, 12), datetime.date(2020, 3, 2))
    told = [("2月10日", 1, 3.0), ("2月17日", 0, None), ("2月24日", 1, 1.0), ("3月2日", 0, None)]
    assert [tuple(week) for week in weeks] == told


# ---- What is reckoned ----


@pytest.fixture
def year() -> int:
    return timezone.localdate().year


@pytest.fixture
def period(world, year) -> Period:
    fields = {"starts_on": f"{year}-01-01", "ends_on": f"{year}-12-31"}
    Period.objects.create(office=world.office, kind="year", name="今年", **fields)
    return Period.objects.select_related("office").get(name="今年")


def waiting(world, title: str = "一条", **fields) -> Item:
    item = world.item(title, state=State.SUBMITTED, **fields)
    return Item.objects.select_related("office", "unit").get(pk=item.pk)


def shifted(item: Item, **days: float) -> None:
    """Let the last event of each move be so many days old."""
    for name, old in days.items():
        last = item.events.filter(move=name.rstrip("_")).latest("pk")
        ItemEvent.objects.filter(pk=last.pk).update(at=timezone.now() - old * DAY)


def test_it_waited_since_it_last_came_in(world, period, settings):
    item = waiting(world)
    move(item, "return", world.editor, "请补充")
    shifted(item, import_=9, return_=7)
    revision = item.revisions.create(number=2, title="新的一稿")
    move(Item.objects.select_related("office", "unit").get(pk=item.pk), "resubmit", world.officer)
    shifted(item, resubmit=2)
    ItemEvent.objects.create(item=item, actor=world.editor, move="edit", was="submitted", now="submitted")
    move(Item.objects.select_related("office", "unit").get(pk=item.pk), "accept", world.editor)
    waits = [(row.move, round(row.waited / DAY)) for row in decided_in(period)]
    assert waits == [("return", 2), ("accept", 2)], revision


def test_what_was_undone_is_no_decision_and_what_was_decided_anew_is_one(world, period, settings):
    settings.UNDO_SECONDS = 60
    item = waiting(world)
    shifted(item, import_=4)
    decisions.decide(item, "reject", world.editor, "重复")
    decisions.undo(item, world.editor)
    assert decided_in(period) == []
    item = Item.objects.select_related("office", "unit").get(pk=item.pk)
    decisions.decide(item, "accept", world.editor)
    assert [(row.move, round(row.waited / DAY)) for row in decided_in(period)] == [("accept", 4)], "since it came in"


def test_a_period_has_the_decisions_of_its_days_in_beijing(world, year):
    day = datetime.date(year, 1, 10)
    Period.objects.create(office=world.office, kind="week", name="一周", starts_on=day, ends_on=day + 6 * DAY)
    period = Period.objects.select_related("office").get(name="一周")
    midnight = timezone.make_aware(datetime.datetime(year, 1, 10))
    second = datetime.timedelta(seconds=1)
    for n, at in enumerate([midnight - second, midnight, midnight + 7 * DAY - second, midnight + 7 * DAY]):
        item = waiting(world, f"第{n}条")
        move(item, "accept", world.editor)
        item.events.filter(move="accept").update(at=at)
    assert [row.on.day for row in decided_in(period)] == [10, 16]


def test_each_editor_has_a_line_and_who_left_keeps_what_they_decided(world, period):
    narrowed = Account.objects.create_user("han", None, name="韩编辑")
    row = Membership.objects.create(account=narrowed, unit=world.office.unit, role=Role.EDITOR)
    row.groups.add(world.office.roster_groups.get(name="各高等院校"))
    old, _ = waiting(world, "甲市的"), waiting(world, "丙院的", shares=[(world.college.pk, ONE)])
    Item.objects.filter(pk=old.pk).update(waits_since=timezone.now() - 5 * DAY)
    Item.objects.exclude(pk=old.pk).update(waits_since=timezone.now())
    gone = waiting(world, "另一条")
    move(gone, "accept", world.editor)
    told = load_of(period)
    lines = {str(line.account): (line.open, line.overdue, line.charge, line.figures.decided) for line in told.lines}
    assert lines == {"wang": ("2", "1", [], 1), "韩编辑": ("1", "0", ["各高等院校"], 0)}
    assert (told.open, told.overdue, told.total.decided) == ("2", "1", 1)
    world.editor.memberships.all().delete()
    lines = {str(line.account): (line.open, line.figures.decided) for line in load_of(period).lines}
    assert lines == {"韩编辑": ("1", 0), "wang": ("", 1)}


# ---- Who sees it, and what it costs ----


def page_of(account) -> HttpResponse:
    client = Client()
    client.force_login(account)
    return client.get(PAGE, {"period": Period.objects.get(name="今年").pk})


def test_an_editor_sees_their_own_line_alone(world, period):
    colleague = Account.objects.create_user("han", None, name="韩编辑")
    Membership.objects.create(account=colleague, unit=world.office.unit, role=Role.EDITOR)
    for who in (world.editor, colleague):
        move(waiting(world, f"{who}办的"), "accept", who)
    for who, names in (
        (world.manager, {"wang", "韩编辑"}),
        (world.auditor, {"wang", "韩编辑"}),
        (colleague, {"韩编辑"}),
    ):
        answer = page_of(who)
        assert {str(line.account) for line in answer.context["load"].lines} == names
        assert answer.context["load"].total.decided == len(names)
    assert "wang" not in page_of(colleague).content.decode()
    assert page_of(world.officer).status_code == page_of(world.other_editor).status_code == 404


def test_many_editors_and_decisions_cost_as_many_queries_as_one(world, period, django_assert_max_num_queries):
    group = world.office.roster_groups.first()

    def another(n: int) -> None:
        editor = Account.objects.create_user(f"han{n}", None, name=f"韩编辑{n}")
        row = Membership.objects.create(account=editor, unit=world.office.unit, role=Role.EDITOR)
        row.groups.add(group)
        row.theme_charges.create(theme=world.theme)
        move(waiting(world, f"{n}办的"), "accept", editor)

    another(0)
    client, asked = Client(), {"period": period.pk}
    client.force_login(world.manager)
    with django_assert_max_num_queries(16) as one:
        client.get(PAGE, asked)
    for n in range(1, 5):
        another(n)
    with django_assert_max_num_queries(len(one)):
        assert len(client.get(PAGE, asked).context["load"].lines) == 6
