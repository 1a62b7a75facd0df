"""How alike two texts are: copies, edits, parts, one event in other words; and what every office always says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions.similarity import MOST, OF_FIGURES, OF_TITLE, Kind, Piece, common, compare, marked, sketch

pytestmark = pytest.mark.once

DRILL = (
    "3月25日上午，甲市实验中学的1246名学生在警报声里弯腰捂口，四分钟全部撤到操场。市教育局安全科的马老师掐着表，"
    "说比去年秋天快了五十秒。演练以后，消防站的队员打开水罐车，让学生轮流握一握水枪。\n"
    "学校这学期把37处老插座换成带保护的，宿舍楼添了两条下楼的路；食堂后厨的燃气阀门由专人早晚各看一次，"
    "看过在墙上的本子里签名。家长委员会来了26人，提了五条意见，当场定下谁来办、哪天办完。"
)
RETOLD = (
    "甲市教育局和消防站昨天在实验中学办了一场疏散演练。3月25日这天，1246名学生四分钟全部撤到操场。"
    "来看的26名家长说，孩子回家都在讲怎么关煤气。教育局打算四月里把演练做到每一所乡镇学校，先从寄宿制的开始，"
    "请消防站派人一校一校地走，路线图贴到教室门后。"
)
POETRY = (
    "乙学院的诵读社团从九月起每周三晚上在图书馆的台阶上读诗，不用话筒，谁路过都可以坐下来听。"
    "社长说，开始只有七个人，现在要提前占座。中文系的老师给他们挑了一册本地诗人的集子，读完一首，"
    "大家说说自己家乡的方言里这一句怎么念。"
)
ALWAYS = "为深入贯彻落实上级部署要求，切实把思想和行动统一起来，压紧压实工作责任，确保各项工作落到实处。"

texts = st.text(alphabet=st.sampled_from("教育局学校安全演练，。\n 12月３日Ａb\x00\u200b😀"), max_size=200)


def kind(one: str, other: str, titles: tuple[str, str] = ("一个题目", "另外的题")) -> Kind | None:
    likeness = compare(Piece(titles[0], one), Piece(titles[1], other))
    return likeness and likeness.kind


def test_a_copy_is_known_whatever_its_title_width_and_punctuation():
    assert kind(DRILL, DRILL.replace("，", " , ").replace("1246", "１２４６")) == Kind.COPY


def test_edits_all_over_and_whole_sentences_that_changed_leave_most_the_same():
    edited = "".join("某" if i % 9 == 4 else letter for i, letter in enumerate(DRILL))
    assert kind(DRILL, edited) == Kind.MOSTLY
    assert kind(DRILL, DRILL.split("\n")[1] + "后来又补充说，这些做法从下周起在全市推开。") == Kind.MOSTLY
    heavily = "".join("某" if i % 4 == 1 else letter for i, letter in enumerate(DRILL))
    assert kind(DRILL, heavily) is None, "not four characters in a row are left"


def test_an_excerpt_is_most_of_itself_and_so_is_a_digest_with_it():
    part = DRILL[30:130]
    assert kind(part, DRILL) == kind(DRILL, part) == Kind.MOSTLY
    assert kind(part, f"{POETRY}\n{part}\n{POETRY[::-1]}") == Kind.MOSTLY


def test_one_event_in_other_words_is_known_by_its_figures_too():
    assert kind(DRILL, RETOLD) == Kind.EVENT
    assert kind(DRILL, RETOLD.replace("1246", "902").replace("3月25日", "9月2日").replace("26名", "40名")) is None


def test_what_is_always_said_makes_no_event():
    one, other = f"{ALWAYS}{DRILL}", f"{ALWAYS}{POETRY * 2}"
    assert kind(one, other) is None
    many = [Piece("题", ALWAYS + "".join(chr(0x4E00 + n * 200 + i) for i in range(120))) for n in range(12)]
    short = Piece("题", f"{ALWAYS}{POETRY[:90]}")
    assert compare(short, many[3]), "alone it would be taken for one"
    assert not compare(short, many[3], common(short, many))
    copies = [Piece("题", DRILL)] * 12
    assert not common(copies[0], copies), "what many copied is not a phrase"


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("甲市教育局：扎实开展校园安全演练", "甲市：扎实开展校园安全演练", True),
        ("甲市教育局校园安全简报第3期", "甲市教育局校园安全简报第4期", False),
        ("安全演练", "安全演练", False),
        ("甲市教育局开展校园安全演练", "乙学院开展经典诵读进社区活动", False),
    ],
)
def test_an_item_of_the_past_is_known_by_its_title_where_that_says_enough(one, other, alike):
    likeness = compare(Piece(one), Piece(other, DRILL))
    assert (likeness is not None and likeness.kind == Kind.TITLE) == alike


@given(texts, texts)
def test_whatever_comes_in_it_answers_and_the_same_both_ways(one, other):
    a, b = Piece(one, other), Piece(other, one)
    assert compare(a, b) == compare(b, a)
    traces = sketch(a)
    assert traces == sorted(set(traces))
    assert len(traces) <= MOST + OF_TITLE + OF_FIGURES
    assert all(0 <= trace < 2**32 for trace in traces)
    lines = ["".join(part.text for part in line) for line in marked(other, a)]
    assert lines == [line for line in other.split("\n") if line.strip()], "marking loses no character"


@given(st.integers(0, 150), st.integers(40, 120))
def test_what_is_marked_as_shared_stands_in_the_other_text(start, length):
    other = Piece("", DRILL[start : start + length])
    for line in marked(DRILL, other, 8):
        for part in line:
            assert not part.shared or Piece("", part.text).words in other.words


def test_a_text_beyond_all_bounds_is_looked_at_as_far_as_bounds_go():
    long = Piece("长" * 10_000, "教育局在学校做了演练。" * 100_000)
    assert len(long.words) <= 30_000
    assert compare(long, long).kind == Kind.COPY
    assert sketch(Piece("", "")) == []
