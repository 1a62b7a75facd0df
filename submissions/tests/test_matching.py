"""A pasted list: what is a title of it, and which item each title is taken for."""

import datetime
import random
import time

import pytest

from submissions.exact import ONE
from submissions.matching import AFTER, WINDOW, match
from submissions.models import Item
from submissions.moves import PastAdoption, PastItem, record_past
from submissions.naming import HIGH, LOW, MIDDLE, NONE, names_of
from submissions.pasted import MOST, Line, read
from submissions.states import State
from tests.world import DAY

TODAY = datetime.date(2020, 3, 31)
TITLE = "乡村小规模学校有了新校舍"
OTHER = "寄宿制学校食堂改造全部完工"


def titles(text, known=()):
    return [line.title for line in read(text, TODAY, known).lines]


def asides(text, known=()):
    return [(aside.number, aside.reason) for aside in read(text, TODAY, known).aside]


# Reading


@pytest.mark.parametrize(
    "pasted",
    [
        TITLE,
        f"1. {TITLE}",
        f"1、{TITLE}",
        f"12．{TITLE}",
        f"（一）{TITLE}",
        f"(3) {TITLE}",
        f"三、{TITLE}",
        f"①{TITLE}",
        f"· {TITLE}",
        f"■{TITLE}",
        f"7 {TITLE}",
        f"《{TITLE}》",
        f"1.《{TITLE}》",
        f"“{TITLE}”",
        f"【{TITLE}】",
        f"　　{TITLE}　",
        f"{TITLE} [详细]",
        f"{TITLE} >>",
    ],
)
def test_what_lists_put_around_a_title_goes(pasted):
    assert titles(pasted) == [TITLE]


@pytest.mark.parametrize(
    "pasted",
    [
        f"[2020-03-12] {TITLE}",
        f"{TITLE} [2020-03-12]",
        f"{TITLE}（2020年3月12日）",
        f"{TITLE} 2020/3/12",
        f"{TITLE}2020-03-12",
        f"2020.03.12 {TITLE}",
        f"2020-03-12 08:30:00 {TITLE}",
        f"{TITLE} 03-12",
        f"[03-12] {TITLE}",
        f"3月12日 {TITLE}",
        f"5. {TITLE}  2020-03-12",
        f"5\t{TITLE}\t2020-03-12",
        f"2020年3月12日\t{TITLE}",
        f"{TITLE}\n2020-03-12",
        f"2020-03-12\n{TITLE}",
    ],
)
def test_a_date_beside_a_title_is_its_day(pasted):
    assert read(pasted, TODAY).lines[0].title == TITLE
    assert read(pasted, TODAY).lines[0].day == datetime.date(2020, 3, 12)
    assert read(pasted, TODAY).aside == []


def test_a_day_without_a_year_is_the_last_such_day():
    assert read(f"{TITLE} 12-30", TODAY).lines[0].day == datetime.date(2019, 12, 30)


@pytest.mark.parametrize(
    "title",
    [
        "2020年3月12日太原市召开中小学开学工作会",
        "30 所学校完成取暖改造工程",
        "1+X证书试点学校名单公布",
        "3.15消费者权益日进校园活动",
        "“五项工作”抓实抓细“四个校园”",
        "《条例》解读进校园活动启动《办法》同步施行",
        "一、二年级学生有序返校复课",
        "更多孩子在家门口上好学校",
        "截至2020年13月45日学校全部开学",
    ],
)
def test_what_belongs_to_a_title_stays(title):
    assert titles(title) == [title]


def test_cells_of_excel_say_day_unit_and_link():
    row = f"3\t太原市教育局\t{TITLE}\t2020-03-12\thttps://example.cn/a.html\t"
    line = read(row, TODAY, {"太原市教育局"}).lines[0]
    assert (line.title, line.source, line.day) == (TITLE, "太原市教育局", datetime.date(2020, 3, 12))
    assert line.link == "https://example.cn/a.html"


def test_what_is_no_title_is_set_aside_and_told():
    text = f"首页 > 高校动态 > 采用情况一览\n序号\t标题\t日期\n{TITLE}\n\n上一页 下一页\n共12页\n版权所有 山西省教育厅 晋ICP备000号\n晋中学院"
    assert titles(text, {"晋中学院"}) == [TITLE]
    told = asides(text, {"晋中学院"})
    assert [number for number, _ in told] == [1, 2, 5, 6, 7, 8]
    assert told[0][1] == "页面上的文字"
    assert told[1][1] == "太短，不像标题"
    assert told[-1][1] == "只有单位名称"


def test_the_same_title_twice_is_told_once():
    assert titles(f"{TITLE}\n2、{TITLE}。") == [TITLE]
    assert asides(f"{TITLE}\n2、{TITLE}。") == [(2, "与第 1 行相同")]


def test_a_list_that_is_too_long_is_told():
    text = "\n".join(f"第{number}所学校的食堂改造" for number in range(MOST + 2))
    pasted = read(text, TODAY)
    assert (len(pasted.lines), len(pasted.aside)) == (MOST, 2)


def test_no_line_is_lost():
    dice = random.Random(4)
    pieces = ["首页", TITLE, OTHER, "1、", "2020-03-12", "\t", " ", "《", "》", "晋中", "[", "]", "abc", "（一）", "…"]
    for _ in range(300):
        rows = ["".join(dice.choices(pieces, k=dice.randint(1, 5))) for _ in range(8)]
        pasted = read("\n".join(rows), TODAY)
        told = {line.number for line in pasted.lines} | {aside.number for aside in pasted.aside}
        silent = [row for number, row in enumerate(rows, 1) if number not in told and row.strip()]
        assert all("2020-03-12" in row and not set(row) & set(TITLE + "首页晋中abc") for row in silent)


# Matching


def line(title, **fields):
    return Line(1, title, **fields)


def guess(world, title, day=TODAY, **fields):
    return match(world.office, [line(title, **fields)], world.site, day)[0]


def test_the_same_title_is_the_item_for_sure(world):
    item = world.item(TITLE)
    found = guess(world, f"甲市教育局：{TITLE}")
    assert (found.item.id, found.item_confidence, found.item_why) == (item.pk, HIGH, "标题相同")
    assert [unit.name for unit in found.units] == ["甲市教育局"]
    assert (found.item.number, found.item.title, found.item.state) == (item.number, TITLE, State.VALID)


def test_a_title_that_was_changed_is_likely_the_item(world):
    item = world.item("甲市教育局多措并举推进乡村小规模学校建设")
    found = guess(world, "甲市教育局：推进乡村小规模学校建设")
    assert found.item.id == item.pk
    assert LOW <= found.item_confidence <= MIDDLE
    assert "标题相似" in found.item_why


def test_another_number_is_another_meeting(world):
    world.item("甲市教育局召开全市教育系统第3次工作调度会")
    assert guess(world, "甲市教育局召开全市教育系统第4次工作调度会").item_confidence == LOW


def test_two_items_alike_are_not_sure(world):
    world.item(TITLE)
    world.item(TITLE)
    found = guess(world, f"甲市教育局：{TITLE}")
    assert found.item_confidence == MIDDLE
    assert len(found.candidates) == 1


def test_where_nothing_is_alike_the_best_of_the_unit_are_offered(world):
    for number in "一二三四五":
        world.item(f"学校{number}号楼改造完工")
    world.item(OTHER, shares=[(world.college.pk, ONE)])
    found = guess(world, "甲市教育局：学校操场焕然一新")
    assert (found.item, found.item_confidence) == (None, NONE)
    assert 0 < len(found.candidates) <= 3
    assert all(unit.name == "甲市教育局" for item in found.candidates for unit in item.units)
    assert found.unit_confidence == HIGH


def test_without_a_unit_the_title_says_whose_it_is(world):
    item = world.item(TITLE, shares=[(world.college.pk, ONE)])
    found = guess(world, TITLE)
    assert (found.item.id, found.item_confidence, found.unit_confidence) == (item.pk, HIGH, HIGH)
    assert [unit.id for unit in found.units] == [world.college.pk]


def test_a_joint_item_is_all_its_units(world):
    world.item(TITLE, shares=[(world.college.pk, ONE // 2), (world.bureau.pk, ONE // 2)])
    for title in (TITLE, f"甲市教育局：{TITLE}"):
        assert [unit.id for unit in guess(world, title).units] == [world.college.pk, world.bureau.pk]


def test_the_same_words_of_another_unit_make_it_less_sure(world):
    other = world.item(TITLE, shares=[(world.second_bureau.pk, ONE)])
    found = guess(world, f"甲市教育局：{TITLE}")
    assert found.item is None
    assert found.unit_confidence == MIDDLE
    assert found.candidates[0].id == other.pk
    assert "乙市教育局" in found.unit_why


def test_the_units_own_item_goes_before_anothers_with_the_same_words(world):
    world.item(TITLE, shares=[(world.second_bureau.pk, ONE)])
    own = world.item(TITLE)
    found = guess(world, f"甲市教育局：{TITLE}")
    assert (found.item.id, found.item_confidence) == (own.pk, HIGH)


def test_a_cell_that_names_the_unit_says_more_than_the_title(world):
    item = world.item(TITLE, shares=[(world.college.pk, ONE)])
    found = guess(world, TITLE, source="丙学院")
    assert (found.item.id, found.unit_confidence) == (item.pk, HIGH)
    torn = guess(world, f"甲市教育局：{OTHER}", source="丙学院")
    assert [unit.id for unit in torn.units] == [world.college.pk]
    assert torn.unit_confidence == MIDDLE


@pytest.mark.parametrize(
    ("received", "taken"),
    [
        (TODAY, True),
        (TODAY + AFTER, True),
        (TODAY + AFTER + datetime.timedelta(1), False),
        (TODAY - WINDOW, True),
        (TODAY - WINDOW - datetime.timedelta(1), False),
    ],
)
def test_items_of_the_time_before_are_looked_at(world, received, taken):
    world.item(TITLE, received_on=received)
    assert bool(guess(world, TITLE).item) == taken
    later = line(OTHER, day=TODAY + datetime.timedelta(5))
    earlier = line(OTHER, day=TODAY - datetime.timedelta(5))
    assert bool(match(world.office, [earlier, line(TITLE), later], world.site, TODAY)[1].item) == taken


def test_what_came_in_after_its_adoption_is_for_the_editor_to_say(world):
    world.item(TITLE, received_on=TODAY + datetime.timedelta(1))
    taken = guess(world, TITLE)
    assert taken.item_confidence == LOW
    assert "才报送" in taken.item_why


@pytest.mark.parametrize("state", [State.SUBMITTED, State.VALID, State.REJECTED])
def test_only_what_waits_or_is_valid_is_taken(world, state):
    world.item(TITLE, state=state)
    assert bool(guess(world, TITLE).item) == (state != State.REJECTED)


def test_other_offices_items_are_out_of_reach(world):
    world.item(TITLE)
    assert match(world.other, [line(TITLE)], world.other.channels.first(), TODAY)[0].item is None


def test_a_title_under_which_it_was_adopted_elsewhere_is_known(world):
    adoption = PastAdoption(world.province.pk, DAY, "全省推广的乡村教育经验材料")
    item = world.item("甲市小规模学校经验", adoptions=[adoption])
    found = guess(world, "全省推广的乡村教育经验材料")
    assert (found.item.id, found.recorded) == (item.pk, None)


def test_what_is_on_record_is_told(world):
    item = world.item(f"甲市教育局：{TITLE}", adopted_by=world.site)
    day = datetime.date(2020, 3, 1)
    same = guess(world, f"甲市教育局：{TITLE}", day)
    assert (same.recorded.item_id, same.recorded.same, same.recorded.adopted_on) == (item.pk, True, day)
    other_day = guess(world, f"甲市教育局：{TITLE}")
    assert (other_day.recorded.item_id, other_day.recorded.same) == (item.pk, False)
    other_title = guess(world, f"甲市教育局  {TITLE}了", day)
    assert (other_title.item.id, other_title.recorded.same) == (item.pk, False)
    assert match(world.office, [line(TITLE)], world.province, day)[0].recorded is None


def test_what_was_revoked_is_not_on_record(world):
    item = world.item(TITLE, adopted_by=world.site)
    item.adoptions.update(revoked_at="2020-03-02T00:00:00+08:00", revoke_reason="登记错了")
    assert guess(world, TITLE).recorded is None


WORDS = "教育学校改革教师学生课程乡村安全体育美育劳动资助招生考试心理健康阅读科技创新食堂宿舍校园建设管理服务"


def many(world, count):
    dice = random.Random(7)
    units = [world.bureau.pk, world.second_bureau.pk, world.college.pk]
    rows = [
        PastItem(
            f"M{number}",
            "".join(dice.choices(WORDS, k=18)),
            TODAY - datetime.timedelta(dice.randrange(90)),
            State.VALID,
            [(dice.choice(units), ONE)],
        )
        for number in range(count)
    ]
    record_past(world.office, rows, source="测试")
    return [row.title for row in rows]


@pytest.mark.parametrize("count", [1, 200])
def test_queries_are_seven_whatever_the_lines(world, django_assert_num_queries, count):
    pasted = many(world, 200)
    world.item(TITLE, adopted_by=world.site, shares=[(world.college.pk, ONE // 2), (world.bureau.pk, ONE // 2)])
    lines = [line(title, day=TODAY - datetime.timedelta(number % 40)) for number, title in enumerate(pasted[:count])]
    with django_assert_num_queries(7):
        found = match(world.office, lines, world.site, TODAY)
    assert len(found) == count


def test_names_of_the_roster_are_known_to_the_reader(world):
    known = names_of(world.office, TODAY).known
    assert read(f"丙学院\t{TITLE}", TODAY, known).lines[0].source == "丙学院"


@pytest.mark.once
def test_two_hundred_lines_against_twenty_thousand_items(world):
    """A list takes no more than a few times what fetching the items alone takes."""
    pasted = many(world, 20_000)
    lines = [line(title[:12] + "有新的举措") for title in pasted[:200]]

    def timed(act):
        started = time.perf_counter()
        act()
        return time.perf_counter() - started

    def fetch():
        assert (
            len(Item.objects.filter(office=world.office).values_list("pk", "title", "unit__name", "received_on"))
            == 20_000
        )

    fetching = min(timed(fetch) for _ in range(3))
    matching = min(timed(lambda: match(world.office, lines, world.site, TODAY)) for _ in range(2))
    print(f"200 lines against 20,000 items: {matching:.2f} s, {matching / fetching:.1f} times fetching the items")  # noqa: T201
    assert matching < 40 * fetching
