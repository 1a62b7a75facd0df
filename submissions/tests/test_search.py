"""Searching finds what stands in titles and texts, two characters and more, the same on each database."""

import pytest
from django.urls import reverse

from submissions import search
from submissions.models import Item
from submissions.tests.test_writing import write

TITLES = [
    "太原市：开展“在线教学”，满足“在家上课”",
    "疫情防控期间教学管理",
    "1331工程提质增效",
    "5G智慧校园ABC",
    "落实“五项工作”，建好“四个校园”",
    "一百字" * 90,
]
WORDS = [
    "在线教学",
    "教学",
    "疫情",
    "情防",
    "1331",
    "331工",
    "5g",
    "校园",
    "校",
    "字一百",
    "没有的",
    "线教满",
    "ａｂｃ",
]


def found(world, words: str) -> list[str]:
    items = Item.objects.filter(office=world.office).with_words(words, world.office)
    return sorted(items.values_list("title", flat=True))


@pytest.mark.parametrize("word", WORDS)
def test_it_finds_what_stands_there_and_nothing_else(world, word):
    for title in TITLES:
        world.item(title)
    plain = "".join(search.runs(word))
    assert found(world, word) == sorted(title for title in TITLES if any(plain in run for run in search.runs(title)))


@pytest.mark.parametrize("words", ["'", '"', "疫情'", "a & b", "NOT 疫情", "* OR 1", "\\", "：！", "疫情 OR"])
def test_no_words_are_a_language(world, words):
    world.item("疫情防控")
    assert found(world, words) in ([], ["疫情防控"])


def test_texts_are_found_far_down_and_no_draft_of_others_is(world, sun):
    text = "学校把这项工作列入年度要点。" * 900 + "末尾提到云冈石窟。"
    write(sun, world, do="submit", body=text, title="很长的一条")
    assert found(world, "云冈石窟") == ["很长的一条"]
    assert found(world, "云冈 很长") == ["很长的一条"]
    write(sun, world, title="只是草稿云冈", token="e" * 32)
    assert found(world, "只是草稿") == ["只是草稿云冈"], "its own unit finds it by its title"
    page = reverse("items", args=["jia"])
    assert [item.title for item in sun.get(page, {"q": "云冈", "state": "draft"}).context["filter"].page] == [
        "只是草稿云冈"
    ]


def test_units_and_numbers_are_found(world):
    item = world.item("一条", number="2020-777")
    assert found(world, "2020-777") == [item.title]
    assert found(world, "甲市") == [item.title]
    assert found(world, "丙学院") == []
