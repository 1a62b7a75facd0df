"""The Word file that passes pieces on to a channel, and the page that offers it."""

import datetime
import io
import re
from zipfile import ZipFile

import docx
import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from docx.oxml.ns import qn
from PIL import Image

from reports import upward
from reports.document import Grid, Heading
from reports.kinds import piece
from reports.models import Letterhead
from reports.tests.test_opens import printed, text_of
from submissions import body as texts
from submissions.exact import ONE
from submissions.models import Channel, Item, ReviewStage, Revision
from submissions.models.files import kept
from submissions.states import State
from units.models import Membership, Role

pytestmark = pytest.mark.once  # no database makes a difference to it

TEXT = (
    "<h2>一、做法</h2><p>　　先说<strong>要点</strong>、<em>斜体</em>和<u>划线</u>的话。</p><h3>（一）头一条</h3>"
    "<p>第一行<br>第二行</p><ol start='3'><li>甲项</li><li><p>乙项</p><ul><li>小项</li></ul></li></ol>"
    "<ul><li>没有号的</li></ul><blockquote><p>引的话。</p></blockquote><h4>1.再小</h4>"
    "<table><caption>各县情况</caption><thead><tr><th>县</th><th colspan='2'>学校和人数</th></tr></thead>"
    "<tbody><tr><td rowspan='2'>盐湖</td><td>12</td><td>=1+1</td></tr><tr><td>甲<br>乙</td><td>4</td></tr></tbody></table>"
)
YEAR_2020 = datetime.date(2020, 5, 6)


def picture(size=(400, 300), form="PNG", **how) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "navy").save(made, form, **how)
    return made.getvalue()


def write(item: Item, body: str = TEXT, title: str = "", **fields) -> Revision:
    """The item's next text, as one that went out."""
    number = item.revisions.count() + 1
    fields = {"sent_at": timezone.now(), **fields}
    return item.revisions.create(number=number, title=title or item.title, body=body, text=texts.plain(body), **fields)


def hang(revision: Revision, content: bytes, world, caption="", name="图.png"):
    item = revision.item
    kind = name.rpartition(".")[2]
    path = kept().save(f"{item.pk}/x.{kind}", ContentFile(content))
    file = item.files.create(
        name=name, kind=kind, path=path, sha256=path[:64], size=len(content), added_by=world.officer
    )
    revision.attachments.create(file=file, caption=caption, position=revision.attachments.count())
    return file


@pytest.fixture
def editor(world) -> Client:
    client = Client()
    client.force_login(world.editor)
    return client


@pytest.fixture
def channel(world) -> Channel:
    fields = {"heading": "山西教育信息", "signature": "甲厅办公室", "contact": "张三　0351-1234567"}
    Channel.objects.filter(pk=world.province.pk).update(**fields)
    return Channel.objects.get(pk=world.province.pk)


def page(name: str, *items: Item, **more) -> str:
    asked = "&".join([*(f"items={item.pk}" for item in items), *(f"{key}={value}" for key, value in more.items())])
    return f"{reverse(name, args=['jia'])}?{asked}"


def downloaded(client: Client, *items: Item, **more) -> bytes:
    answer = client.get(page("upward-file", *items, **more))
    assert answer.status_code == 200, answer.content.decode()
    return b"".join(answer)


def word_of(client: Client, *items: Item, **more):
    return docx.Document(io.BytesIO(downloaded(client, *items, **more)))


def shown(word) -> list[tuple[str, str]]:
    """Each paragraph that says something: its style and its text."""
    return [(p.style.name, p.text.replace("\n", "")) for p in word.paragraphs if p.text]


def today() -> str:
    day = timezone.localdate()
    return f"{day.year}年{day.month}月{day.day}日"


def test_a_piece_stands_in_the_layout_of_its_channel(world, editor, channel):
    item = world.item("甲市推动义务教育优质均衡发展")
    write(item)
    assert shown(word_of(editor, item, channel=channel.pk)) == [
        ("报头", "山西教育信息"),
        ("公文标题", "甲市推动义务教育优质均衡发展"),
        ("Heading 1", "一、做法"),
        ("公文正文", "先说要点、斜体和划线的话。"),
        ("Heading 2", "（一）头一条"),
        ("公文正文", "第一行"),
        ("公文正文", "第二行"),
        ("公文正文", "3.甲项"),
        ("公文正文", "4.乙项"),
        ("公文正文", "－小项"),
        ("公文正文", "·没有号的"),
        ("引文", "引的话。"),
        ("Heading 3", "1.再小"),
        ("图表说明", "各县情况"),
        ("供稿单位", "（甲市教育局供稿）"),
        ("落款", "甲厅办公室"),
        ("成文日期", today()),
        ("公文正文", "（联系人：张三　0351-1234567）"),
    ]


def test_words_are_set_off_as_their_writer_set_them_off(world, editor):
    item = world.item()
    write(item)
    line = next(p for p in word_of(editor, item).paragraphs if "要点" in p.text)
    assert [(run.text, bool(run.bold), bool(run.italic), bool(run.underline)) for run in line.runs] == [
        ("先说", False, False, False),
        ("要点", True, False, False),
        ("、", False, False, False),
        ("斜体", False, True, False),
        ("和", False, False, False),
        ("划线", False, False, True),
        ("的话。", False, False, False),
    ]
    assert all(run._r.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312" for run in line.runs)


def test_a_drawn_table_keeps_its_cells_and_what_they_span(world, editor):
    item = world.item()
    write(item)
    (table,) = word_of(editor, item).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["县", "学校和人数", "学校和人数"],
        ["盐湖", "12", "=1+1"],
        ["盐湖", "甲\n乙", "4"],
    ]
    repeated = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
    assert repeated == [True, False, False]


def test_what_the_channel_does_not_say_is_the_offices(world, editor):
    item = world.item()
    write(item, "<p>正文。</p>")
    lines = shown(word_of(editor, item))
    assert lines[-2:] == [("落款", "jia厅"), ("成文日期", today())]
    assert "报头" not in dict(lines)
    Letterhead.objects.create(office=world.office, contact="0351-7654321。")
    assert shown(word_of(editor, item))[-1] == ("公文正文", "（联系方式：0351-7654321）")


def test_a_picture_stands_in_its_place_with_its_caption(world, editor):
    item = world.item()
    revision = write(item)
    placed = hang(revision, picture(), world, "课堂")
    hang(revision, picture((300, 4000), "JPEG"), world, "长图", "长.jpg")
    Revision.objects.filter(pk=revision.pk).update(body=f"<p>前<img data-file='{placed.pk}'>后</p>")
    word = word_of(editor, item)
    drawn = list(word.element.body.iter(qn("wp:docPr")))
    assert [(d.get("id"), d.get("descr")) for d in drawn] == [("1", "课堂"), ("2", "长图")]
    assert [text for _, text in shown(word)][1:5] == ["前", "课堂", "后", "长图"]
    first, second = word.inline_shapes
    assert round(first.width / first.height, 2) == round(400 / 300, 2)
    assert second.height.mm < 140
    captioned = [p for p in word.paragraphs if p._p.findall(f".//{qn('w:drawing')}")]
    assert all(p.paragraph_format.keep_with_next for p in captioned)


def test_a_photo_is_upright_no_larger_than_paper_can_show_and_says_nothing_of_its_place(world):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    revision = write(world.item())
    hang(revision, picture((4000, 3000), "JPEG", exif=exif), world, name="照.jpg")
    (block,) = [b for b in piece.text_of(revision) if b.shape == "picture"]
    assert (block.kind, block.width, block.height) == ("jpeg", 1200, 1600)
    assert not Image.open(io.BytesIO(block.content)).getexif()


@pytest.mark.parametrize("mode", ["P", "L", "LA", "RGBA", "I;16", "1"])
def test_a_picture_of_any_kind_is_drawn(world, mode):
    made = io.BytesIO()
    Image.new(mode, (2000, 10)).save(made, "PNG")
    revision = write(world.item(), "<p>文</p>")
    hang(revision, made.getvalue(), world)
    assert [b.shape for b in piece.text_of(revision)] == ["paragraph", "picture"]


def test_a_photo_for_print_is_drawn_too(world):
    made = io.BytesIO()
    Image.new("CMYK", (20, 10)).save(made, "JPEG")
    revision = write(world.item(), "<p>文</p>")
    hang(revision, made.getvalue(), world, name="a.jpg")
    assert piece.text_of(revision)[-1].kind == "jpeg"


@pytest.mark.parametrize("content", [None, b"no picture", picture()[:60]])
def test_a_picture_that_cannot_be_shown_is_a_sentence(world, editor, content):
    item = world.item()
    revision = write(item, "<p>正文。</p>")
    file = hang(revision, content or picture(), world, "课堂")
    if content is None:
        kept().delete(file.path)
    texts = [text for _, text in shown(word_of(editor, item))]
    assert "（此处有图片《图.png》，图注为“课堂”，文件打不开，没有印出。）" in texts


def test_each_of_several_begins_on_a_new_page_with_its_own_signature(world, editor, channel):
    items = [world.item(f"第{i}条") for i in "一二三"]
    for item in items:
        write(item, "<p>正文。</p>")
    word = word_of(editor, items[2], items[0], items[1], items[2], channel=channel.pk)
    breaks = [p.text for p in word.paragraphs if p.paragraph_format.page_break_before]
    assert breaks == ["山西教育信息"] * 2  # and the first begins one anyway
    titles = [text for style, text in shown(word) if style == "公文标题"]
    assert titles == ["第三条", "第一条", "第二条"]  # in the order asked for, each once
    assert sum(style == "落款" for style, _ in shown(word)) == 3


def test_a_text_that_has_not_gone_out_is_never_passed_on(world, editor):
    item = world.item("送出的题")
    write(item, "<p>送出的。</p>", title="送出的题")
    write(item, "<p>没有送出的。</p>", title="没有送出的题", sent_at=None)
    for text in (str(shown(word_of(editor, item))), editor.get(page("upward", item)).content.decode()):
        assert "送出的题" in text
        assert "没有送出的" not in text


def test_a_joint_piece_names_its_units(world, editor):
    shares = [(world.bureau.pk, ONE // 2), (world.college.pk, ONE // 2)]
    lines = shown(word_of(editor, world.item(shares=shares)))
    assert ("供稿单位", "（甲市教育局、丙学院供稿）") in lines


@pytest.mark.parametrize("title", ["=cmd|' /C calc'!A0", "<b>&\"'", "a/../b\\c:*?\r\nX: y", "长" * 300, "😀𠮷", "."])
def test_an_odd_title_is_only_a_title(world, editor, title):
    item = world.item(title)
    write(item, "<p>{{ 7*7 }} &lt;script&gt;</p>")
    answer = editor.get(page("upward-file", item))
    word = docx.Document(io.BytesIO(b"".join(answer)))
    flat = " ".join(title.split())
    assert ("公文标题", flat) in shown(word)
    assert ("公文正文", "{{ 7*7 }} <script>") in shown(word)
    assert "fldSimple" not in word.element.body.xml
    named = answer["Content-Disposition"]
    assert named.startswith("attachment; ")
    assert "\n" not in named
    assert "%2F" not in named
    assert len(named) < 1000


@pytest.mark.parametrize("count", [2, 40])
def test_a_table_of_any_width_keeps_every_cell_and_turns_the_page_alone(world, editor, count):
    item = world.item()
    cells = "".join(f"<td>第{i}格的话</td>" for i in range(count))
    write(item, f"<p>前</p><table><tr>{cells}</tr></table><p>后</p>")
    word = word_of(editor, item)
    assert [cell.text for cell in word.tables[0].rows[0].cells] == [f"第{i}格的话" for i in range(count)]
    turned = [section.page_width > section.page_height for section in word.sections]
    assert turned == ([False] if count == 2 else [False, True, False])
    (grid,) = word.tables[0]._tbl.iter(qn("w:tblGrid"))
    assert sum(int(column.get(qn("w:w"))) for column in grid) == (8844 if count == 2 else 12756)


def read(html: str) -> list:
    reader = piece._Reader({})
    reader.feed(texts.clean(html))
    reader.close()
    return reader.blocks


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td colspan='999999999999999999' rowspan='999999999999999999'>甲</td><td>乙</td></tr><tr><td>丙</td></tr></table>",
        "<table><tr>" + "<td>甲</td>" * 90 + "</tr></table>",
        "<table><tr>" + "<td rowspan='2'>甲</td>" * 63 + "</tr><tr><td>乙</td></tr></table>",
        "<table><tr><td>甲<table><tr><td>乙</td><td>丙</td></tr></table>丁</td></tr></table>",
        "<table><caption>甲</caption></table><p>乙</p>",
        "<table></table><table><tr></tr></table>甲",
        "<ol start='999999999999999999'><li>甲</li></ol>",
        "<p>" + "<strong>" * 400 + "甲" + "</strong>" * 400 + "</p>",
        "<blockquote>" * 300 + "甲",
        "<ul><li>" * 200 + "甲",
        "<h2><p>甲</p></h2><li>乙</li>",
        "甲&amp;amp;&lt;b&gt;<br>乙",
    ],
)
def test_no_word_of_a_text_is_lost_and_no_cell_meets_another(html):
    found = read(html)
    words = ""
    for block in found:
        if isinstance(block, Grid):
            words += block.caption + "".join(line for row in block.rows for slot in row for line in slot.lines)
            places = [
                (i + down, slot.column + across)
                for i, row in enumerate(block.rows)
                for slot in row
                for down in range(slot.down)
                for across in range(slot.across)
            ]
            assert len(places) == len(set(places))
            assert all(i < len(block.rows) and j < 63 for i, j in places)
        else:
            words += block.text
    said = texts.plain(texts.clean(html))
    assert re.findall("[甲乙丙丁]", words) == re.findall("[甲乙丙丁]", said)


def test_lists_inside_lists_count_each_for_itself():
    lines = [b.text for b in read("<ol><li>甲<ol><li>子</li><li>丑</li></ol></li><li>乙</li></ol><ol><li>丙</li></ol>")]
    assert lines == ["1.甲", "（1）子", "（2）丑", "2.乙", "1.丙"]


def test_a_heading_inside_a_text_has_its_level():
    assert [(b.level, b.text) for b in read("<h2>甲</h2><h3>乙</h3><h4>丙</h4>") if isinstance(b, Heading)] == [
        (1, "甲"), (2, "乙"), (3, "丙"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("甲市推动义务教育优质均衡发展", ["甲市", "推动义务教育优质均衡发展"]),
        ("甲市“三个聚焦”护航高考", ["甲市", "“三个", "聚焦”", "护航高考"]),
        ("=1+1", ["=1+1"]),
        ("", []),
    ],
)
def test_a_title_may_end_its_lines_between_phrases(title, words):
    made = piece.title_of(title)
    assert list(made.words) == words
    assert made.text == title


# ---- The page ----


def test_the_page_says_what_an_editor_should_know_before(world, editor, channel):
    Channel.objects.filter(pk=channel.pk).update(most_characters=140)
    item = world.item("长的", state=State.SUBMITTED)
    revision = write(item, f"<p>{'字' * 150}</p>")
    hang(revision, b"x", world, name="附.docx")
    empty = world.item("空的", adopted_by=channel)
    item.forwardings.create(channel=channel, forwarded_on=YEAR_2020, recorded_by=world.editor)
    item.forwardings.create(channel=world.site, forwarded_on="2019-01-01", recorded_by=world.editor)
    text = editor.get(page("upward", item, empty, channel=channel.pk)).content.decode()
    for sentence in (
        "超过省委的 140 字上限 10 字，请删减。",
        "还没有认定有效。",
        "这一稿没有保密审查通过的记录。",
        "2020-05-06已经转报省委。",
        "附件不在文件里，要报的请另外附上：附.docx",
        "没有正文。",
        "2020-03-01已被省委采用。",
        "150 字",
        "山西教育信息",
        "张三",
    ):
        assert sentence in text
    assert "2019-01-01" not in text
    assert downloaded(editor, item, empty, channel=channel.pk)  # which nothing of it forbids


def test_a_reviewed_valid_piece_within_the_limit_has_no_warning(world, editor):
    item = world.item()
    revision = write(item)
    review = {"reviewer": world.colleague, "statement": "可以", "passed": True}
    revision.reviews.create(stage=ReviewStage.BEFORE_SUBMISSION, **review)
    asked = editor.get(page("upward", item, channel=world.province.pk)).context["asked"]
    assert [passed.warnings for passed in asked.pieces] == [[]]
    asked = editor.get(page("upward", item, channel=world.site.pk)).context["asked"]  # which is public
    assert [passed.warnings for passed in asked.pieces] == [["这一稿没有公开前审查通过的记录。"]]
    revision.reviews.create(stage=ReviewStage.BEFORE_PUBLICATION, **review)
    asked = editor.get(page("upward", item, channel=world.site.pk)).context["asked"]
    assert [passed.warnings for passed in asked.pieces] == [[]]


def test_where_no_channel_is_asked_for_it_is_the_first_above_the_office(world, editor):
    assert editor.get(page("upward", world.item())).context["asked"].channel == world.province


@pytest.mark.parametrize("channel", ["", "x", "0", "99999999999999999999", "²"])
def test_a_channel_that_there_is_not_is_a_sentence(world, editor, channel):
    for name in ("upward", "upward-file"):
        answer = editor.get(page(name, world.item(), channel=channel))
        assert answer.status_code == 422
        assert "没有这个渠道" in answer.content.decode()


def test_a_channel_of_another_office_or_out_of_use_is_none(world, editor):
    elsewhere = world.other.channels.first()
    Channel.objects.filter(pk=world.site.pk).update(active=False)
    for channel in (elsewhere, world.site):
        assert editor.get(page("upward-file", world.item(), channel=channel.pk)).status_code == 422


def test_an_office_without_channels_is_told_so(world, editor):
    Channel.objects.filter(office=world.office).update(active=False)
    answer = editor.get(page("upward", world.item()))
    assert answer.status_code == 422
    assert "还没有渠道" in answer.content.decode()


def test_too_many_items_or_pictures_are_a_sentence(world, editor, monkeypatch):
    numbers = "&".join(f"items={i}" for i in range(31))
    answer = editor.get(f"{page('upward')}{numbers}")
    assert answer.status_code == 422
    assert "选了 31 条，一个文件最多放 30 条" in answer.content.decode()
    monkeypatch.setattr(upward, "MOST_PICTURES", 1)
    item = world.item()
    revision = write(item)
    hang(revision, picture(), world)
    hang(revision, picture((5, 5)), world, name="b.png")
    answer = editor.get(page("upward-file", item))
    assert answer.status_code == 422
    assert "2 张图片" in answer.content.decode()


def test_without_items_the_page_says_how_to_choose_and_there_is_no_file(world, editor):
    answer = editor.get(page("upward"))
    assert answer.status_code == 200
    assert "没有选信息" in answer.content.decode()
    assert editor.get(page("upward-file")).status_code == 422


@pytest.mark.parametrize("number", ["x", "", "-1", "0", "99999999999999999999", "²"])
def test_an_item_that_there_is_not_is_not_found(world, editor, number):
    known = world.item()
    for name in ("upward", "upward-file"):
        assert editor.get(f"{page(name, known)}&items={number}").status_code == 404


def test_a_draft_is_not_found_by_an_editor_who_writes_for_its_unit(world, editor):
    Membership.objects.create(account=world.editor, unit=world.bureau, role=Role.OFFICER)
    draft = Item.objects.create(office=world.office, unit=world.bureau, title="草稿")
    assert editor.get(page("upward", draft)).status_code == 404


def test_an_item_leads_there_for_editors_only(world, editor):
    item = world.item()
    assert "转报用的 Word" in editor.get(reverse("item", args=["jia", item.pk])).content.decode()
    for account in (world.officer, world.auditor):
        client = Client()
        client.force_login(account)
        assert "转报用的" not in client.get(reverse("item", args=["jia", item.pk])).content.decode()


def test_items_ticked_in_a_list_go_into_one_file(world, editor):
    items = [world.item(f"第{i}条", state=State.SUBMITTED) for i in range(2)]
    for name in ("items", "queue"):
        listed = editor.get(reverse(name, args=["jia"])).content.decode()
        assert "转报用的 Word" in listed
        for item in items:
            assert f'name="items" value="{item.pk}"' in listed
    assert "2 条" in editor.get(page("upward", *items)).content.decode()
    officer = Client()
    officer.force_login(world.officer)
    assert "转报用的" not in officer.get(reverse("items", args=["jia"])).content.decode()


@pytest.mark.parametrize("name", ["upward", "upward-file"])
def test_three_items_cost_the_queries_of_one(world, editor, name, django_assert_max_num_queries):
    items = [world.item(f"第{i}条") for i in range(3)]
    for item in items:
        revision = write(item)
        hang(revision, picture(), world)
        revision.reviews.create(stage="before_submission", reviewer=world.colleague, statement="可以", passed=True)
        item.forwardings.create(channel=world.province, forwarded_on=YEAR_2020, recorded_by=world.editor)
    editor.get(page("upward", items[0]))
    with django_assert_max_num_queries(30) as one:
        b"".join(editor.get(page(name, items[0])))
    with django_assert_max_num_queries(len(one)):
        b"".join(editor.get(page(name, *items)))


def test_downloading_leaves_nothing_behind(world, editor, settings, tmp_path):
    item = world.item()
    write(item)
    before = sorted(tmp_path.rglob("*"))
    downloaded(editor, item)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_parts_of_the_file_are_whole(world, editor):
    item = world.item()
    hang(write(item), picture(), world, "图注")
    with ZipFile(io.BytesIO(downloaded(editor, item))) as package:
        assert package.testzip() is None
        assert [name for name in package.namelist() if name.startswith("word/media/")] == ["word/media/image1.png"]


@pytest.mark.once
def test_libreoffice_opens_it(world, editor, channel, tmp_path):
    items = [world.item("甲市推动义务教育优质均衡发展"), world.item("乙市的做法")]
    for item in items:
        hang(write(item), picture(), world, "课堂一角")
    (tmp_path / "a.docx").write_bytes(downloaded(editor, *items, channel=channel.pk))
    text = "".join(text_of(printed(tmp_path / "a.docx", tmp_path), "-raw").split())
    for said in (
        "山西教育信息",
        "甲市推动义务教育优质均衡发展",
        "乙市的做法",
        "课堂一角",
        "各县情况",
        "（甲市教育局供稿）",
        today(),
    ):
        assert said in text
