"""Reading a year's work points: chapters and numbered points, however a document numbers them."""

import io
import time
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from docx import Document

from submissions.models import Theme
from submissions.tests import word_files
from submissions.workplans import read, text_of, year_in
from trail.models import TrailEntry
from units.verdicts import Refused

# Of the shape of a published document: four chapters, points that run on, and a hole after 21 (seed 001's counts).
POINTS = {"一": range(1, 5), "二": range(5, 9), "三": range(9, 14), "四": [*range(14, 22), 30, 31]}


def document(points=POINTS, sign="{}. ", chapter="{}、"):
    lines = ["某厅2022年工作要点", "各单位：", "现印发给你们。", "某厅", "2022年3月3日"]
    for number, inside in points.items():
        lines += [f"{chapter.format(number)}抓好第{number}方面", ""]
        lines += [f"{sign.format(i)}做好第{i}件事。要有3.5个办法;一、二、三都算。" for i in inside]
    return "\n".join([*lines, "此外，认真做好日常工作。", "某厅办公室", "2022年3月3日"])


def shape(text):
    return [(chapter.number, [point.number for point in chapter.points]) for chapter in read(text).chapters]


def test_a_document_of_four_chapters_and_23_points_is_read_with_the_hole_in_it():
    plan = read(document())
    assert (plan.number_of_chapters, len(plan.points)) == (4, 23)
    assert shape(document()) == [(number, [str(i) for i in inside]) for number, inside in POINTS.items()]
    assert [chapter.title for chapter in plan.chapters] == [f"抓好第{number}方面" for number in POINTS]
    assert plan.points[0].title == "做好第1件事"
    assert plan.points[-1].text.endswith("都算。")
    assert [told.split("：")[1] for told in plan.remarks] == ["前面缺 22 到 29，原文可能不全。"]
    assert plan.left_out == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("chapter", "sign", "numbers"),
    [
        ("{}、", "（{}）", "1 2"),
        ("{}、", "({}) ", "1 2"),
        ("{}．", "{}．", "1 2"),
        ("{}、", "{}、", "１ ２"),
        ("（{}）", "{}.", "1 2"),
        ("第{}章　", "{})", "1 2"),
        ("{}、", "{}", "① ②"),
        ("{}、", "（{}）", "一 二"),
        ("第{}部分 ", "{}、", "一 二"),
    ],
)
def test_signs_are_read_in_full_and_half_width(chapter, sign, numbers):
    text = document({"一": numbers.split(), "二": numbers.split()}, sign, chapter)
    kept = [{"①": "1", "②": "2", "１": "1", "２": "2"}.get(number, number) for number in numbers.split()]
    assert shape(text) == [("一", kept), ("二", kept)]
    assert not [told for told in read(text).remarks if "编号" in told or "缺" in told]


def test_chapters_without_points_points_without_chapters_and_what_is_numbered_below():
    assert shape("一、甲\n二、乙。") == [("一", []), ("二", [])]
    assert shape("前言\n1.甲。\n2.乙。\n（1）丙。") == [("", ["1", "2"])]
    assert shape("一、甲\n（一）子\n1.孙。\n2.孙。\n（二）丑\n二、乙\n1.寅。") == [("一", ["一", "二"]), ("二", ["1"])]
    assert shape("没有编号\n2022年3月3日") == []


def test_numbers_that_go_on_from_chapter_to_chapter_are_the_points_whatever_heads_them():
    plan = read(
        "一、党的建设\n1.学习。\n2.从严治党。\n二、立德树人\n（一）思政课\n各校都要重视。\n4.开好思政课。\n"
        "（1）编教材。\n（二）体育\n5.办运动会。\n三、公平\n（一）普惠。\n（二）均衡。"
    )
    assert [(point.number, point.title) for point in plan.points] == [
        *[("1", "学习"), ("2", "从严治党"), ("4", "开好思政课"), ("5", "办运动会"), ("一", "普惠"), ("二", "均衡")]
    ]
    assert plan.points[2].lines == ["开好思政课。", "（1）编教材。"]
    assert plan.left_out == [5, 6, 9]
    assert [told for point in plan.points for told in point.remarks] == ["前面缺 3，原文可能不全。"]


def test_a_heading_of_its_own_line_is_the_title_and_a_broken_line_goes_on():
    plan = read("1.抓好阅读\n每周一节。\n2.围绕全年的目标，一件一件地抓，一项一项地落实，不断把各项\n工作做实。后面。")
    assert [point.title for point in plan.points] == [
        "抓好阅读", "围绕全年的目标，一件一件地抓，一项一项地落实，不断把各项工作做实",
    ]  # fmt: skip


def test_what_is_too_much_is_refused_with_a_sentence_and_odd_text_is_not_a_fault():
    with pytest.raises(Refused, match="超过 300 条"):
        read("\n".join(f"{i}、第{i}条。" for i in range(1, 10_001)))
    assert shape("\x00一、甲\ud800\n\ufffe1.乙。\u202e") == [("一", ["1"])]
    assert read("1.\n2.乙").remarks[0] == "第 1 行：编号后面没有文字。"


@pytest.fixture
def manager(world):
    client = Client()
    client.force_login(world.manager)
    return client


def post(client, **fields):
    return client.post(reverse("import-plan", args=["jia"]), {"year": 2022, "do": "read", **fields})


def rows(text, **changes):
    """A preview as it would be sent back, all ticked; ``changes`` name a field of all rows."""
    found = read(text).rows
    ids = [str(i) for i in range(len(found))]
    names, numbers = [one.title for one, _ in found], [one.number for one, _ in found]
    ready = {"do": "save", "text": text, "row": ids, "name": names, "number": numbers, "tick": ids, "scored": ids}
    return {**ready, **changes}


def test_looking_saves_nothing_and_saving_twice_saves_once(world, manager):
    text = document()
    page = post(manager, text=text).content.decode()
    assert "认出 4 章、23 条要点" in page
    assert "前面缺 22 到 29" in page
    assert not Theme.objects.filter(year=2022).exists()
    assert not TrailEntry.objects.filter(act="导入主题").exists()
    assert post(manager, **rows(text)).status_code == 302
    made = Theme.objects.filter(office=world.office, year=2022)
    assert (made.filter(parent=None).count(), made.exclude(parent=None).count()) == (4, 23)
    assert [theme.full for theme in made.order_by("position")][:3] == [
        "一、抓好第一方面",
        "1. 做好第1件事",
        "2. 做好第2件事",
    ]
    assert TrailEntry.objects.filter(act="导入主题", result="done").count() == 1
    assert "已经有了" in post(manager, text=text).content.decode()
    post(manager, **rows(text))
    assert made.count() == 27
    assert TrailEntry.objects.filter(act="导入主题", result="done").count() == 1


def test_what_is_not_ticked_is_left_out_and_what_is_merged_goes_into_the_one_above(world, manager):
    text = "一、甲\n1.子。\n2.丑。\n3.寅。\n二、乙\n4.卯。"
    names = ["短名", "子", "丑", "寅", "乙", "卯"]
    asked = rows(text, name=names, tick=["0", "1", "2", "3", "5"], above=["2"], scored=["1"])
    first = post(manager, **asked)
    assert "第 3 行“丑”并入“子”，编号 2 写到它的编号后面" in first.content.decode()
    assert not Theme.objects.filter(year=2022).exists(), "it is asked first"
    assert (
        "第 4 行“寅”并入"
        in post(manager, **{**asked, "above": ["2", "3"]}, sure=first.context["sure"]).content.decode()
    )
    answer = post(manager, **asked, sure=first.context["sure"])
    assert answer.status_code == 302
    kept = Theme.objects.filter(year=2022).order_by("position").values_list("number", "name", "parent__name", "scored")
    assert list(kept) == [
        ("一", "短名", None, False), ("1、2", "子", "短名", True), ("3", "寅", "短名", False), ("4", "卯", None, False),
    ]  # fmt: skip


def test_a_bad_row_saves_none_says_where_and_keeps_what_was_typed(world, manager):
    text = "一、甲\n1.子。\n2.丑。\n3.寅。"
    answer = post(manager, **rows(text, name=["甲甲", "子子", "子子", ""]))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "第 3 行：和第 2 行的名称一样" in page
    assert "第 4 行：请写名称" in page
    assert page.count('value="子子"') == 2
    assert post(manager, **rows(text, above=["0"])).status_code == 422
    assert post(manager, **rows(text, tick=[])).status_code == 422
    answer = post(manager, **rows(text, name=["甲", "机密★1年", "丑", "寅"]))
    assert "密级标志" in answer.content.decode()
    assert not Theme.objects.filter(year=2022).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"text": ""},
        {"text": "没有编号的一段话。"},
        {"text": "字" * 200_001},
        {"text": "\x00" * 10},
        {"text": "一、甲", "year": "99999999999999999999"},
        {"text": "\n".join(f"{i}.条" for i in range(10_000))},
        {"file": SimpleUploadedFile("x.docx", b"not a word file")},
        {"file": SimpleUploadedFile("../../x.docx\r\n", b"")},
    ],
    ids=["empty", "unnumbered", "long", "NUL", "year", "lines", "file", "name"],
)
def test_what_cannot_be_read_is_said_and_nothing_falls_over(world, manager, fields):
    answer = post(manager, **fields)
    assert answer.status_code == 422
    assert "没有读取" in answer.content.decode()


def test_a_word_file_is_read_with_the_numbers_that_word_wrote(world, manager):
    page = post(manager, file=SimpleUploadedFile("要点.docx", word(*document().splitlines()))).content.decode()
    assert "认出 4 章、23 条要点" in page
    plan = read(text_of("要点.docx", word_files.chinese_numbers()))
    assert [chapter.number for chapter in plan.chapters][-2:] == ["十", "十一"]
    assert [point.title for point in plan.points] == ["排查隐患", "建立台账", "重新从一数起"]
    assert "1.检查\n(1)消防\n(2)食堂\n2.整改" in text_of("要点.docx", word_files.lists())


def word(*lines: str) -> bytes:
    """A Word file of these paragraphs, whose body is written as text: many are slow to add one by one."""
    book, made = Document(), io.BytesIO()
    book.save(made)
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"<w:sectPr", body + b"<w:sectPr") if "document" in name else content)
    return packed.getvalue()


@pytest.mark.once
@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["一、甲", *["1.子。"] * 10_000], "文件有 10001 段"),
        (["一、甲", *["字" * 1_000] * 200], "文字太多"),
        (["字"] * 120_000, "请拆成几个"),
    ],
    ids=["paragraphs", "characters", "elements"],
)
def test_a_word_file_longer_than_what_may_be_pasted_is_refused_at_once(lines, told):
    content, began = word(*lines), time.monotonic()
    with pytest.raises(Refused, match=told):
        text_of("要点.docx", content)
    assert time.monotonic() - began < 5


@pytest.mark.once
def test_a_word_file_as_long_as_may_be_pasted_is_read():
    text = text_of("要点.docx", word("一、甲", *["字" * 998 + "。"] * 199))
    assert len(read(text).chapters[0].lines) == 200


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("中共某省委教育工委 某厅2022年工作要点\n2021年，我们", 2022),
        ("某厅\n２０２０年度全省教育重点工作任务", 2020),
        ("某厅二〇二三年工作计划", 2023),
        ("某厅二○○九年工作要点", 2009),
        ("一、认真总结2021年各项工作任务\n1.子。", None),
        ("2021年工作很好。今年的要点是", None),
        ("一、甲\n1.子。", None),
    ],
)
def test_the_year_of_a_heading_is_read(text, year):
    assert year_in(text) == year


def test_the_headings_year_is_filled_in_and_said_and_may_be_changed(world, manager):
    text = document()
    page = post(manager, text=text, year="").content.decode()
    assert 'id="year" name="year" value="2022"' in page
    assert "标题里写的是2022年；不对就改。" in page
    assert "标题里写的是2022年，您填的是2020年" in post(manager, text=text, year=2020).content.decode()
    assert "没有写是哪一年的" in post(manager, text="一、甲\n1.子。", year="").content.decode()
    for year, told in (("", "请填年度"), ("明年", "应当是 2000 到 2100")):
        answer = post(manager, **rows(text, name=["改短了"] + ["x"] * 26), year=year)
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert 'value="改短了"' in answer.content.decode()
    post(manager, **rows(text), year="2023")
    assert set(Theme.objects.topics().exclude(year=None).values_list("year", flat=True)) == {2023}
