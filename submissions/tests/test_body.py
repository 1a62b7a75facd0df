"""Texts come in clean, are counted as people count, and are known again whatever their dress."""

import pytest

from submissions import body

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ('<p style="color:red" class="MsoNormal">字</p>', "<p>字</p>"),
        ("<script>alert(1)</script><p>字</p>", "<p>字</p>"),
        ('<p onclick="x()">字<img src="http://evil/x.png"></p>', "<p>字</p>"),
        ('<a href="javascript:x">字</a>', "字"),
        ("<h2>一、题</h2><ul><li>甲</li></ul>", "<h2>一、题</h2><ul><li>甲</li></ul>"),
        (
            '<table><tbody><tr><td colspan="2" width="9">1</td></tr></tbody></table>',
            '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table>',
        ),
        ("<p>a\u200bb\x0bc\u202e</p>", "<p>abc</p>"),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>", ""),
        ("<p>1 < 2 & 3</p>", "<p>1 &lt; 2 &amp; 3</p>"),
    ],
)
def test_what_could_harm_goes_and_structure_stays(dirty, clean):
    assert body.clean(dirty) == clean
    assert body.clean(clean) == clean


def test_plain_lines_become_paragraphs_and_come_back():
    text = "第一段 <b>\n\n　　第二段 & 完"
    assert body.from_plain(text) == "<p>第一段 &lt;b&gt;</p><p>第二段 &amp; 完</p>"
    assert body.plain(body.from_plain(text)) == "第一段 <b>\n第二段 & 完"


def test_cells_and_items_stand_apart_in_the_plain_form():
    text = "<h2>题</h2><table><tbody><tr><td>甲</td><td>1</td></tr></tbody></table><ol><li>一</li><li>二</li></ol>"
    assert body.plain(text).split() == ["题", "甲", "1", "一", "二"]
    assert "甲\t1" in body.plain(text)
    row = "<tr><td><p>甲</p></td><td><p>1</p></td></tr>"  # as the editor writes it
    table = f"<table><tbody>{row}{row}</tbody></table>"
    assert body.plain(table) == "甲\t1\n甲\t1"
    shown = body.outline(f'{table}<img data-file="7"><img data-file="8">', {7: "<操场>"})
    assert shown.split("\n") == ["甲 | 1", "甲 | 1", "", "［图片：<操场>］", "［图片］"]


def test_blanks_do_not_count():
    assert body.length("一 二\n三　四") == 4


def test_a_repost_is_known_whatever_its_dress():
    one = body.digest("运城市：联动教研", "第一段，全文。")
    assert one == body.digest("运城市: 联动教研", "第一段,　全文．\n")
    assert one != body.digest("运城市：联动教研", "第一段，全部。")
