"""The roster by date: what each change lets the standings print, in closed quarters and open ones."""

import datetime
import io
import json

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from scoring.closing import close, is_intact
from scoring.shifts import outlook
from scoring.standings import standings
from submissions.exact import ONE
from submissions.models import Item, Period
from submissions.states import State
from tests.races import at_once
from tests.world import build_world, quarter
from units import accounts, roster_imports, rosters
from units.models import Alias, RosterGroup, RosterLine, Unit
from units.rosters import Place
from units.verdicts import Refused, TooLate

Q3 = datetime.date(2020, 7, 1)


@pytest.fixture
def li(world) -> Client:
    client = Client()
    client.force_login(world.manager)
    return client


def line_of(unit: Unit) -> RosterLine:
    return RosterLine.objects.current().select_related("group").get(unit=unit)


def place(unit: Unit, **changes) -> Place:
    now = rosters.place_of(line_of(unit))
    return Place(**{**vars(now), **changes})


def printed(period: Period) -> list[tuple]:
    """Every line as the table prints it: group, number, rank, name, valid items, score."""
    period.refresh_from_db()
    return [
        (group.name, line.no, line.rank, line.name, line.counts[0] // ONE, line.score // ONE)
        for group in standings(period).groups
        for line in group.lines
    ]


BUREAUS, COLLEGES = "各市教育局", "各高等院校"


def test_a_renamed_a_merged_and_an_exempt_unit_through_three_quarters(world):
    """Two quarters are closed before anything changes; in the third, which is open, all changes on its second day."""
    q3, q4 = quarter(world.office, 3), quarter(world.office, 4)
    for period, day in ((world.q1, "2020-02-10"), (world.q2, "2020-05-10"), (q3, "2020-07-01")):
        for unit, number in ((world.bureau, 3), (world.second_bureau, 2), (world.college, 1)):
            for n in range(number):
                received = datetime.date.fromisoformat(day)
                world.item(f"{period}{unit}{n}", received_on=received, shares=[(unit.pk, ONE)])
    as_it_was = [
        (BUREAUS, 1, 1, "甲市教育局", 3, 3),
        (BUREAUS, 2, 2, "乙市教育局", 2, 2),
        (COLLEGES, 1, 1, "丙学院", 1, 1),
    ]
    for period in (world.q1, world.q2):
        assert printed(period) == as_it_was
        close(period, world.manager)
    day = datetime.date(2020, 7, 2)
    rosters.change(line_of(world.bureau), place(world.bureau, name="甲市教育体育局"), day, world.manager)
    rosters.merge(line_of(world.second_bureau), world.bureau, day, world.manager)
    rosters.change(line_of(world.college), place(world.college, ranked=False), day, world.manager)
    for period in (world.q1, world.q2):
        assert printed(period) == as_it_was, "what was published stays"
        assert is_intact(period)
    assert printed(q3) == [
        (BUREAUS, 1, 1, "甲市教育体育局", 3, 3),
        (BUREAUS, 2, 2, "乙市教育局", 2, 2),  # it stood on the first day, and keeps what it earned
        (COLLEGES, None, None, "丙学院", 1, 1),
    ]
    assert printed(q4) == [
        (BUREAUS, 1, 1, "甲市教育体育局", 0, 0),
        (COLLEGES, None, None, "丙学院", 0, 0),
    ]
    late = Item.objects.get(title=f"{world.q2}{world.second_bureau}0")
    late.adoptions.create(channel=world.province, adopted_on=datetime.date(2020, 10, 8))
    late.adoptions.get().credits.create(item=late, unit=world.second_bureau, share=1)
    from submissions.signals import facts_changed

    facts_changed.send(Item, item_ids=[late.pk])
    assert printed(q4) == [
        (BUREAUS, 1, 1, "乙市教育局", 0, 6),  # what is adopted late is printed under the name that wrote it
        (BUREAUS, 2, 2, "甲市教育体育局", 0, 0),
        (COLLEGES, None, None, "丙学院", 0, 0),
    ]
    call_command("check_ledger")
    world.second_bureau.refresh_from_db()
    assert (world.second_bureau.successor, world.second_bureau.merged_on) == (world.bureau, day)


def test_a_unit_that_another_office_has_too_is_not_merged_away(world):
    group = world.other.roster_groups.get()
    RosterLine.objects.create(office=world.other, unit=world.bureau, group=group, name="甲市", order=2, since=Q3)
    with pytest.raises(Refused, match="也向别的收稿单位报送"):
        rosters.merge(line_of_here(world), world.second_bureau, Q3, world.manager)
    rosters.change(line_of_here(world), Place("甲市教体局", BUREAUS, 1, True), Q3, world.manager)
    world.bureau.refresh_from_db()
    assert world.bureau.name == "甲市教育局", "what it is called elsewhere is not for one office to say"


def line_of_here(world) -> RosterLine:
    return RosterLine.objects.current().select_related("group").get(unit=world.bureau, office=world.office)


def test_people_of_a_unit_that_left_can_still_be_ended(world):
    rosters.merge(line_of(world.bureau), world.second_bureau, Q3, world.manager)
    accounts.disable(world.officer, world.office, world.manager)
    accounts.give(world.colleague, world.second_bureau, "officer", world.office, world.manager)
    accounts.take(world.colleague.memberships.get(unit=world.bureau), world.office, world.manager)
    world.officer.refresh_from_db()
    assert not world.officer.is_active


def test_the_roster_that_was_exported_after_a_merge_can_be_imported(world, li):
    rosters.merge(line_of(world.second_bureau), world.bureau, Q3, world.manager)
    rosters.change(line_of(world.college), place(world.college, name="丙大学"), Q3, world.manager)
    answer = li.get(reverse("export-roster", args=["jia"]))
    content = b"".join(answer) if answer.streaming else answer.content
    made = roster_imports.preview(world.office, "名册.xlsx", content, Q3, world.manager)
    assert {fate for of_sheet in made.counts.values() for fate, number in of_sheet.items() if number} == {"same"}


def test_an_order_costs_the_same_for_few_and_for_many(world, django_assert_max_num_queries):
    group = RosterGroup.objects.get(office=world.office, name=BUREAUS)

    def reversed_order():
        lines = RosterLine.objects.current().filter(group=group).order_by("-order").values_list("pk", flat=True)
        rosters.reorder(group, list(lines), Q3, world.manager)

    with django_assert_max_num_queries(50) as few:
        reversed_order()
    units = Unit.objects.bulk_create(Unit(name=f"第{n}个单位") for n in range(300))
    RosterLine.objects.bulk_create(
        RosterLine(
            office=world.office, unit=unit, group=group, name=unit.name, order=n + 3, since=datetime.date(2020, 1, 1)
        )
        for n, unit in enumerate(units)
    )
    with django_assert_max_num_queries(len(few) + 6):  # batches of bound values
        reversed_order()


def test_old_names_still_find_the_unit(world):
    rosters.change(line_of(world.bureau), place(world.bureau, name="甲市教体局"), Q3, world.manager)
    assert Alias.objects.get(office=world.office, name="甲市教育局").unit == world.bureau
    world.bureau.refresh_from_db()
    assert world.bureau.name == "甲市教体局"
    rosters.change(line_of(world.bureau), place(world.bureau, name="甲市教育局"), Q3, world.manager)
    assert set(Alias.objects.values_list("name", flat=True)) == {"甲市教体局"}, "its own name is no alias"
    rosters.merge(line_of(world.second_bureau), world.bureau, Q3, world.manager)
    assert Alias.objects.get(name="乙市教育局").unit == world.bureau


@pytest.mark.parametrize("act", ["leave", "merge"])
def test_what_was_ended_by_mistake_goes_on_as_if_nothing_had_been(world, li, act):
    line = line_of(world.second_bureau)
    before = RosterLine.objects.filter(pk=line.pk).values().get()
    if act == "leave":
        rosters.leave(line, Q3, world.manager)
    else:
        rosters.merge(line, world.bureau, Q3, world.manager)
    page = reverse("change-line", args=["jia", line.pk])
    assert "恢复" in li.get(page).content.decode()
    looked = li.post(page, {"kind": "restore", "do": "look"})
    assert li.post(page, {"kind": "restore", "do": "save", "seen": looked.context["seen"]}).status_code == 302
    assert RosterLine.objects.filter(pk=line.pk).values().get() == before
    world.second_bureau.refresh_from_db()
    assert world.second_bureau.successor is None
    assert not Alias.objects.filter(name="乙市教育局").exists()


def test_what_an_import_does_to_the_tables_is_shown(world, li):
    answer = li.get(reverse("export-roster", args=["jia"]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer) if answer.streaming else answer.content))
    book["单位"].cell(2, 5).value = "否"
    changed = io.BytesIO()
    book.save(changed)
    made = roster_imports.preview(world.office, "名册.xlsx", changed.getvalue(), Q3, world.manager)
    page = li.get(reverse("import-effects", args=["jia", made.pk])).content.decode()
    assert "没有封存的报送期里，没有一行会变" in page, "no period is open from that day on"
    quarter(world.office, 3)
    page = li.get(reverse("import-effects", args=["jia", made.pk])).content.decode()
    assert "甲市教育局，各市教育局，不参加排名" in page
    assert RosterLine.objects.current().filter(ranked=False).count() == 0


def test_a_unit_gets_its_aliases_and_code_on_its_page(world, li):
    page, act = (reverse(name, args=["jia", world.bureau.pk]) for name in ("unit", "name-unit"))
    assert li.post(act, {"names": "甲局、老甲、甲局", "code": "91350100m000100y43"}).status_code == 302
    assert set(world.bureau.aliases.values_list("name", flat=True)) == {"甲局", "老甲"}
    world.bureau.refresh_from_db()
    assert world.bureau.code == "91350100M000100Y43"
    for typed, sentence in (
        ({"names": "乙市教育局"}, "另一个单位的名称或别名"),
        ({"names": "甲局", "code": "91350100M000100Y44"}, "不是正确的统一社会信用代码"),
        ({"names": "长" * 201}, "一个别名最多 200 个字"),
    ):
        answer = li.post(act, typed)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert "老甲" in li.get(page).content.decode(), "nothing of what was refused was kept"
    li.post(act, {"names": "老甲"})
    assert set(world.bureau.aliases.values_list("name", flat=True)) == {"老甲"}


def test_a_line_that_ended_never_changes_and_a_day_is_changed_in_place(world):
    rosters.change(line_of(world.bureau), place(world.bureau, order=7), Q3, world.manager)
    rosters.change(line_of(world.bureau), place(world.bureau, order=9), Q3, world.manager)
    rows = RosterLine.objects.filter(unit=world.bureau).order_by("since").values_list("since", "until", "order")
    assert list(rows) == [(datetime.date(2020, 1, 1), datetime.date(2020, 6, 30), 1), (Q3, None, 9)]


def test_who_left_may_no_longer_write_and_is_found_among_the_former(world, li):
    rosters.leave(line_of(world.college), datetime.date(2020, 6, 30), world.manager)
    wu = Client()
    wu.force_login(world.other_unit_officer)
    assert wu.get(reverse("write", args=["jia"])).status_code == 404
    page = reverse("roster", args=["jia"])
    assert "丙学院" not in li.get(page).content.decode()
    assert "丙学院" in li.get(page, {"state": "former"}).content.decode()


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda w, line: rosters.change(line, place(w.bureau, name="乙市教育局"), Q3, w.manager), "另一个单位"),
        (lambda w, line: rosters.change(line, place(w.bureau), Q3, w.manager), "没有要改的"),
        (lambda w, line: rosters.change(line, place(w.bureau, order=4), datetime.date(2019, 1, 1), w.manager), "更早"),
        (lambda w, line: rosters.leave(line, datetime.date(2999, 1, 1), w.manager), "还没有到"),
        (lambda w, line: rosters.merge(line, w.bureau, Q3, w.manager), "并入它自己"),
        (lambda w, line: rosters.merge(line, w.other.roster_lines.get().unit, Q3, w.manager), "不在名册上"),
        (lambda w, line: rosters.leave(line, datetime.date(1, 1, 1), w.manager), "太早了"),
        (lambda w, line: rosters.leave(line, Q3, w.editor), "只有收稿单位的管理员"),
    ],
)
def test_what_is_refused_changes_nothing(world, act, sentence):
    before = list(RosterLine.objects.order_by("pk").values())
    with pytest.raises(Refused, match=sentence):
        act(world, line_of(world.bureau))
    assert list(RosterLine.objects.order_by("pk").values()) == before


def test_what_it_does_to_the_tables_is_shown_and_taken_back(world, li):
    world.item(received_on=datetime.date(2020, 5, 1), shares=[(world.second_bureau.pk, ONE)])
    close(world.q1, world.manager)
    line = line_of(world.bureau)
    page = reverse("change-line", args=["jia", line.pk])
    asked = {"kind": "leave", "since": "2020-02-01", "do": "look"}
    answer = li.post(page, asked)
    told = answer.content.decode()
    assert "甲市教育局，各市教育局，序号 2，第 2 名" in told
    assert "照原样不变的：2020年第1季度" in told
    assert RosterLine.objects.get(pk=line.pk).until is None
    other = {**asked, "do": "save", "since": "2020-02-02", "seen": answer.context["seen"]}
    assert li.post(page, other).status_code == 200, "what was not looked at is shown, not saved"
    assert RosterLine.objects.get(pk=line.pk).until is None
    assert li.post(page, {**asked, "do": "save", "seen": answer.context["seen"]}).status_code == 302
    assert RosterLine.objects.get(pk=line.pk).until == datetime.date(2020, 2, 1)


def test_shifts_tell_what_reads_otherwise_and_count_who_only_moves(world):
    act = lambda: rosters.change(line_of(world.bureau), place(world.bureau, ranked=False), Q3, world.manager)  # noqa: E731
    quarter(world.office, 3)
    shifts, closed, more = outlook(act, world.office, Q3)
    (one,) = shifts
    assert [(row.before, row.after) for row in one.lines] == [
        ("甲市教育局，各市教育局，序号 1，第 1 名", "甲市教育局，各市教育局，不参加排名")
    ]
    assert (one.moved, closed, more) == (1, [], 0)


def test_the_numbers_are_the_order_and_equal_ones_stand_as_they_stood(world, li):
    group = RosterGroup.objects.get(office=world.office, name=BUREAUS)
    first, second = RosterLine.objects.filter(group=group).order_by("order")
    page = reverse("order-group", args=["jia", group.pk])
    same = {"since": "2020-07-01", "line": [first.pk, second.pk], "order": ["5", "5"]}
    assert li.post(page, same).status_code == 422
    wrong = li.post(page, {**same, "order": ["x", "2"]})
    assert "应当是整数" in wrong.content.decode()
    assert 'value="x"' in wrong.content.decode()
    asked = {**same, "order": ["5", "2"]}
    looked = li.post(page, {**asked, "do": "look"})
    assert "改了以后，排名表会怎么印" in looked.content.decode()
    assert li.post(page, {**asked, "do": "save", "seen": looked.context["seen"]}).status_code == 302
    names = RosterLine.objects.current().filter(group=group).in_printed_order().values_list("name", flat=True)
    assert list(names) == ["乙市教育局", "甲市教育局"]
    assert RosterLine.objects.filter(group=group, until=datetime.date(2020, 6, 30)).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_end_a_line_at_once_one_is_told():
    world = build_world()
    line = line_of(world.bureau)
    outcomes = at_once(
        lambda: rosters.leave(line, Q3, world.manager),
        lambda: rosters.merge(line, world.second_bureau, Q3, world.manager),
    )
    assert sum(isinstance(outcome, TooLate) for outcome in outcomes) == 1
    assert RosterLine.objects.filter(unit=world.bureau).count() == 1


@pytest.mark.parametrize("query", ["", "?state=exempt", "?state=former", "?q=单位", "?group=1"])
def test_the_roster_costs_the_same_with_few_and_with_many(world, li, query, django_assert_max_num_queries):
    page = reverse("roster", args=["jia"]) + query
    with django_assert_max_num_queries(50) as few:
        li.get(page)
    group = RosterGroup.objects.get(office=world.office, name=BUREAUS)
    units = Unit.objects.bulk_create(Unit(name=f"第{n}个单位") for n in range(120))
    RosterLine.objects.bulk_create(
        RosterLine(office=world.office, unit=unit, group=group, name=unit.name, order=n, since=Q3)
        for n, unit in enumerate(units)
    )
    with django_assert_max_num_queries(len(few) + 1):
        answer = li.get(page)
    seen, address = [row.name for row in answer.context["rows"]], answer.context["next"]
    while address:
        answer = li.get(reverse("roster", args=["jia"]) + address)
        seen += [row.name for row in answer.context["rows"]]
        address = answer.context["next"]
    assert len(seen) == len(set(seen)) == next(number for _, _, number, here in answer.context["states"] if here)


def test_what_standings_print_is_what_the_command_prints(world, capsys):
    rosters.change(line_of(world.bureau), place(world.bureau, name="甲市教育体育局"), Q3, world.manager)
    call_command("standings", office="jia", period="2020年第2季度", format="json")
    table = json.loads(capsys.readouterr().out)
    assert [row["unit"] for row in table["groups"][0]["rows"]] == ["甲市教育局", "乙市教育局"]
    assert Item.objects.filter(state=State.VALID).count() == 0


def test_a_unit_of_whatever_id_is_not_found(world, li):
    for pk in ("9" * 30, "0", world.other.roster_lines.get().unit_id):
        assert li.get(f"/o/jia/units/{pk}/").status_code == 404
