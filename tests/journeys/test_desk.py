"""The officer's desk in a real browser: writing, pasting, files, joint units, what waits in a unit before it goes out.

Each journey has titles of its own on the one running product, and leaves the unit's choices as it found them.
"""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from submissions.tests import papers, word_files
from tests.journeys.conftest import PASSWORD, Served
from tests.journeys.test_books import assert_sound, sign_in, wait_until
from tests.journeys.test_door import end_sessions

pytestmark = [pytest.mark.browser, pytest.mark.once]

WIDTHS = (1366, 360)
WRITE = "items/write/"
KEPT = "没有来得及存的文字"
UNSAVED = "还没有存上"
OVERTAKEN = "在另一个窗口里存过更新的一稿"
PAUSE, AGAIN = 3_000, 10_000  # milliseconds until the page saves: after the last key, and after a save that failed
SOON = 5_000  # milliseconds for what nothing keeps waiting
TEXT = "我市十三个县区的劝返工作已经全部完成，共劝返一千二百人次。"
PICTURE = papers.picture(size=(8, 8))
Window = Callable[..., Any]


@pytest.fixture(scope="module")
def signed_in() -> dict[str, list]:
    """The cookies of those who have signed in: once for the whole file, since each time takes half a second."""
    return {}


@pytest.fixture
def window(served: Served, browser: Any, signed_in: dict[str, list]) -> Iterator[Window]:
    """Opens a browser of somebody's at a page of the office; nothing is kept in it but the cookies."""
    contexts = []

    def opened(who: str, path: str = WRITE, width: int = WIDTHS[0]) -> Any:
        if who not in signed_in:
            contexts.append(sign_in(browser, served, who).context)
            signed_in[who] = contexts[-1].cookies()
        context = browser.new_context(viewport={"width": width, "height": 800}, accept_downloads=True)
        contexts.append(context)
        context.add_cookies(signed_in[who])
        context.clock.install()  # it goes on as it is, but can be put on
        return another(context, served, path)

    yield opened
    for context in contexts:
        context.close()


@contextmanager
def careful(page: Any) -> Iterator[None]:
    """The unit has its items reviewed and signed before they go out, as its signer chooses on this page."""
    choose(page, True)
    try:
        yield
    finally:
        choose(page, False)


def choose(page: Any, both: bool) -> None:
    page.get_by_label("由没写这一稿的人审查").set_checked(both)
    page.get_by_label("由签发人签发").set_checked(both)
    press(page, "保存", "报送办法已经改好")


def another(context: Any, served: Served, path: str) -> Any:
    """One more page of the same browser."""
    page = context.new_page()
    page.set_default_timeout(20_000)
    go(page, served, path)
    return page


def go(page: Any, served: Served, path: str) -> None:
    page.goto(f"{served.url}/o/shanxi/{path}")


def shot(page: Any, name: str) -> None:
    """A picture of the whole page to look at, in the folder that SHOTS names."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{page.viewport_size['width']}.png", full_page=True)


def look_over(page: Any, name: str) -> None:
    """The page is sound on a desk and on a phone."""
    size = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("scrollTo(0, 0)")  # nothing stands half below the bar
        shot(page, name)
        assert_sound(page, width)
    page.set_viewport_size(size)


def complaints_of(page: Any) -> list[str]:
    """What the browser complains of from now on, violations of the CSP among it."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def begin(page: Any, title: str, text: str = "") -> None:
    """Fill in what each item needs."""
    page.get_by_label("标题", exact=True).fill(title)
    page.get_by_label("工作动态").check()
    if text:
        write(page, text)


def write(page: Any, text: str) -> None:
    """Type at the end of the text."""
    page.locator("#text").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def text_of(page: Any) -> str:
    return page.locator("#text").inner_text()


def wait_saved(page: Any, sooner: int = PAUSE) -> None:
    """Until the page has saved itself, ``sooner`` than it would: what is not saved is kept in the browser."""
    page.clock.fast_forward(sooner)
    wait_until(page, "localStorage.length === 0")
    assert "已存到服务器" in page.locator("#saved").inner_text()


def close_once_kept(page: Any, words: str) -> None:
    """Close a window as somebody does who sees what was typed: on a busy machine the last key is still on its way."""
    wait_until(page, f"Object.values(localStorage).some((kept) => kept.includes('{words}'))")
    page.close()


def press(page: Any, button: str, then: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_text(then).first.wait_for()


def save(page: Any) -> None:
    press(page, "存为草稿", "草稿已保存")


def submit(page: Any) -> None:
    press(page, "报送", "已报送，编号")


# ---- Pasting ----

RTF = (
    r"{\rtf1\ansi\ansicpg936{\*\shppict{\pict{\*\picprop\shplid1025{\sp{\sn shapeType}{\sv 75}}}\picscalex100\picw212"
    r"\pich212\picwgoal120\pichgoal120\pngblip\bliptag-1234{\*\blipuid 0123456789abcdef0123456789abcdef}"
    "\n%s}}{\\nonshppict{\\pict\\picw212\\pich212\\wmetafile8\\bliptag-1234 0100090000038a00}}\\par}"
)
LINE = """<p class=MsoNormal style='text-indent:21.0pt'><span style='font-family:仿宋;color:red'>{}</span><span
lang=EN-US style='font-size:16.0pt'><o:p></o:p></span></p>"""
ROW = """<p class=MsoListParagraph style='margin-left:21.0pt;text-indent:-21.0pt;mso-list:l0 level{} lfo1'><![if
!supportLists]><span lang=EN-US style='font-family:{}'><span style='mso-list:Ignore'>{}<span style='font:7.0pt
"Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>{}<span lang=EN-US><o:p></o:p></span></p>"""
IMAGE = """<p class=MsoNormal><span lang=EN-US><!--[if gte vml 1]><v:shape id="图片_x0020_1" type="#_x0000_t75"><v:imagedata
src="file:///C:/Users/ADMINI~1/AppData/Local/Temp/msohtmlclip1/01/clip_image001.png"/></v:shape><![endif]--><![if !vml]><img
width=8 height=8 src="file:///C:/Users/ADMINI~1/AppData/Local/Temp/msohtmlclip1/01/clip_image001.png" v:shapes="图片_x0020_1"
onerror="window.hurt = true"><![endif]><o:p></o:p></span></p>"""
WORD = f"""<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40"><head><meta
http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Word 15"><link
rel=File-List href="file:///C:/Users/ADMINI~1/AppData/Local/Temp/msohtmlclip1/01/clip_filelist.xml"><style><!--
@font-face {{font-family:仿宋;}} p.MsoNormal {{mso-style-parent:""; color:red;}} --></style></head>
<body lang=ZH-CN style='tab-interval:21.0pt'><!--StartFragment-->
<h1 style='text-align:center'><span style='font-family:黑体'>控辍保学的进展</span><span lang=EN-US><o:p></o:p></span></h1>
{ROW.format(1, "黑体", "一、", "总的情况")}
{LINE.format("全市的辍学学生已经<b style='mso-bidi-font-weight:normal'>全部</b>劝返，见<a href='javascript:window.hurt=1'>通知</a>。")}
{ROW.format(1, "等线", "1.", "摸清底数")}
{ROW.format(2, "Wingdings", "l", "入户核对")}
{ROW.format(2, "Wingdings", "l", "建立台账")}
{ROW.format(1, "等线", "2.", "逐人劝返")}
<table class=MsoNormalTable border=1 cellspacing=0 style='border-collapse:collapse;mso-table-layout-alt:fixed'>
<tr style='height:15.0pt'><td colspan=2 style='background:yellow'>{LINE.format("各县劝返人数")}</td></tr>
<tr><td width=200>{LINE.format("盐湖区")}</td><td width=100>{LINE.format("六百")}</td></tr></table>
{IMAGE}
<p class=MsoNormal onmouseover="window.hurt = true"><script>window.hurt = true</script>详见<a
href="https://example.com/">网页</a>。<iframe src="javascript:parent.hurt=1"></iframe><o:p></o:p></p>
<!--EndFragment--></body></html>"""


def paste(page: Any, html: str, rtf: str = "") -> None:
    """As the browser does at Ctrl+V, with what the writer's program has put on the clipboard."""
    page.locator("#text").evaluate(
        """(place, [html, rtf]) => {
            place.focus();
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/html", html);
            if (rtf) clipboardData.setData("text/rtf", rtf);
            place.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        [html, rtf],
    )


def rtf_with(*pictures: bytes) -> str:
    """What Word puts beside its HTML: each picture, and once more as a metafile for old programs."""
    return "".join(RTF % picture.hex() for picture in pictures)


def paste_word(page: Any) -> None:
    paste(page, WORD, rtf_with(PICTURE))
    wait_for_pictures(page)


def wait_for_pictures(page: Any, number: int = 1, place: str = "#text") -> None:
    """Until so many pictures, all eight points wide, have been loaded."""
    pictures = f"[...document.querySelectorAll('{place} img')]"
    wait_until(page, f"{pictures}.filter(image => image.naturalWidth === 8).length === {number}")


def assert_pasted(page: Any, place: str) -> None:
    """What Word had stands here, and nothing of its looks, links and objects."""
    text = page.locator(place)
    assert text.locator("h2").all_inner_texts() == ["控辍保学的进展"]
    assert text.locator(":scope > p").all_inner_texts()[0].replace(" ", "") == "一、总的情况"
    assert text.locator("strong").all_inner_texts() == ["全部"]
    assert text.locator(":scope > ol > li > p").all_inner_texts() == ["摸清底数", "逐人劝返"]
    assert text.locator(":scope > ol > li:first-child > ul > li").all_inner_texts() == ["入户核对", "建立台账"]
    assert text.locator("td[colspan='2']").all_inner_texts() == ["各县劝返人数"]
    assert text.locator("td").all_inner_texts()[1:] == ["盐湖区", "六百"]
    wait_for_pictures(page, 1, place)
    html = text.inner_html().lower()
    assert "详见网页。" in html
    for gone in ("style", "script", "onerror", "onmouse", "href", "iframe", "mso", "font", "file:", "o:p"):
        assert gone not in html, gone
    assert page.evaluate("window.hurt") is None


def test_a_page_of_word_is_pasted_saved_and_submitted_with_its_headings_lists_tables_and_pictures(window):
    page = window("officer")
    begin(page, "从 Word 粘贴的一条")
    paste_word(page)
    told = page.locator("#pasted").inner_text()
    assert "已粘贴：1 个小标题、2 个列表、1 个表格、1 张图片。" in told
    assert "去掉了：1 处对象或控件、2 处链接（文字留着）、字体、颜色等样式。" in told
    assert_pasted(page, "#text")
    wait_saved(page, sooner=0)
    page.reload()
    assert_pasted(page, "#text")
    assert page.get_by_text(KEPT).count() == 0
    submit(page)
    assert_pasted(page, ".reader .text")
    shot(page, "item-from-word")


def test_a_picture_of_wps_comes_with_the_paste(window):
    page = window("officer")
    complaints = complaints_of(page)
    begin(page, "从 WPS 粘贴的一条")
    source = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    paste(page, f'<p class="MsoNormal">{TEXT}</p><p><span><img src="{source}" width="8"></span></p>')
    wait_for_pictures(page)
    assert "已粘贴：1 张图片。" in page.locator("#pasted").inner_text()
    wait_saved(page)
    page.reload()
    wait_for_pictures(page)
    assert complaints == []


def test_a_picture_that_the_clipboard_does_not_carry_is_told(window):
    page = window("officer")
    paste(page, f"{LINE.format(TEXT)}{IMAGE}", r"{\rtf1\ansi{\nonshppict{\pict\wmetafile8 0100090000038a00}}\par}")
    assert "1 处图片（没有带过来" in page.locator("#pasted").inner_text()
    assert text_of(page) == TEXT
    assert page.locator("#text img").count() == 0


def test_what_a_paste_of_word_has_of_styles_and_scripts_makes_no_browser_complain(window):
    page = window("officer")
    complaints = complaints_of(page)
    paste_word(page)
    assert complaints == []


def test_words_that_look_like_an_attribute_are_pasted_as_they_are(window):
    page = window("officer")
    paste(page, "<p>网页模板里写着 style=red，应当改掉。</p>")
    assert text_of(page) == "网页模板里写着 style=red，应当改掉。"


def test_two_pictures_are_pasted_at_once(window):
    page = window("officer")
    begin(page, "两张图片的一条")
    paste(page, LINE.format(TEXT) + 2 * IMAGE, rtf_with(PICTURE, papers.picture(size=(8, 9))))
    page.get_by_role("button", name="移除 粘贴的图片2.png").wait_for(timeout=SOON)
    wait_for_pictures(page, 2)


def test_a_table_with_a_picture_in_a_cell_stays_one_table(window):
    page = window("officer")
    begin(page, "表格里有图片的一条")
    rows = f"<tr><td>{LINE.format('甲')}</td><td>{IMAGE}</td></tr><tr><td>乙</td><td>丙</td></tr>"
    paste(page, f"<table>{rows}</table>", rtf_with(PICTURE))
    wait_for_pictures(page)
    assert page.locator("#text table").count() == 1


def test_a_table_is_filled_from_its_first_cell_grows_is_left_and_not_split_by_a_paste(window):
    page = window("officer")
    begin(page, "有表格的一条", TEXT)
    page.get_by_role("button", name="表格", exact=True).click()
    page.keyboard.type("首格")
    for _ in range(9):
        page.keyboard.press("Tab")
    page.keyboard.type("新行")
    assert page.locator("#text tr").count() == 4
    assert page.locator("#text th").first.inner_text() == "首格"
    write(page, "表下一段。")
    assert page.locator("#text > p").last.inner_text() == "表下一段。"
    page.locator("#text td").first.click()
    paste(page, "<h2>标题</h2><p>一段</p>")
    assert page.locator("#text table").count() == 1
    assert page.locator("#text > h3, #text > h2").count() == 1


# ---- What is written is never lost ----


def sign_in_again(page: Any) -> None:
    """The page finds at its next save that the session is over, and asks for the password where it stands."""
    page.clock.fast_forward(PAUSE)
    page.get_by_role("heading", name="再登录一次").wait_for()
    page.locator("#again-body form:not([class*=htmx-])").wait_for()  # settled: htmx sends it from now on
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    wait_until(page, "!document.getElementById('again').open")


def test_a_session_that_ends_in_mid_writing_is_renewed_on_the_page_and_the_text_is_saved(served, window, signed_in):
    page = window("officer")
    begin(page, "登录到期的一条", "到期以前写的。")
    save(page)
    end_sessions(served, 31)
    signed_in.clear()
    write(page, "到期以后写的。")
    sign_in_again(page)
    wait_saved(page, sooner=AGAIN)
    page.reload()
    assert text_of(page) == "到期以前写的。到期以后写的。"


def test_another_window_saves_too_after_signing_in_again_in_one(served, window):
    first = window("officer")
    begin(first, "在这里重新登录", TEXT)
    second = another(first.context, served, WRITE)
    begin(second, "在那里接着写", TEXT)
    save(first)
    save(second)
    first.context.clear_cookies(name="session")
    write(first, "再写一句。")
    sign_in_again(first)
    write(second, "也再写一句。")
    second.clock.fast_forward(PAUSE)
    second.get_by_text("已存到服务器").wait_for(timeout=SOON)


def test_what_is_written_without_a_network_is_saved_when_it_is_back(window):
    page = window("officer")
    begin(page, "断网的一条", "连着网写的。")
    save(page)
    page.context.set_offline(True)
    write(page, "断网以后写的。")
    page.clock.fast_forward(PAUSE)
    page.get_by_text(UNSAVED).wait_for()
    page.context.set_offline(False)
    wait_saved(page, sooner=0)
    page.reload()
    assert text_of(page) == "连着网写的。断网以后写的。"


def test_what_was_written_without_a_network_is_offered_when_the_page_is_opened_again(served, window):
    page = window("officer")
    begin(page, "断网以后关掉的一条", "连着网写的。")
    save(page)
    context, path = page.context, page.url.partition("/o/shanxi/")[2]
    context.set_offline(True)
    write(page, "断网以后写的。")
    close_once_kept(page, "断网以后写的。")
    context.set_offline(False)
    page = another(context, served, path)
    page.get_by_text(KEPT).wait_for()
    assert text_of(page) == "连着网写的。"
    page.get_by_role("button", name="用它").click()
    assert text_of(page) == "连着网写的。断网以后写的。"
    wait_saved(page)
    page.reload()
    assert text_of(page) == "连着网写的。断网以后写的。"
    assert page.get_by_text(KEPT).count() == 0


def test_what_was_begun_without_a_network_is_offered_when_the_page_is_opened_again(served, window):
    page = window("officer")
    context = page.context
    context.set_offline(True)
    begin(page, "没有网时开的头", TEXT)
    close_once_kept(page, TEXT)
    context.set_offline(False)
    another(context, served, WRITE).get_by_text(KEPT).wait_for(timeout=SOON)


def test_what_the_server_took_while_its_page_was_left_is_not_offered_again(served, window):
    page = window("officer")
    begin(page, "快速离开的一条", TEXT)
    kept, left = page.evaluate("Object.entries(localStorage)"), page.url
    wait_saved(page)
    # As if the answer had come after the page was gone.
    page.evaluate("(kept) => kept.forEach(([name, value]) => localStorage.setItem(name, value))", kept)
    again = another(page.context, served, WRITE)
    again.locator("#text").wait_for()
    assert again.get_by_text(KEPT).count() == 0
    again.goto(left)  # as Back does
    assert again.url == page.url


def test_of_a_marked_text_nothing_stays_in_the_browser_but_in_its_box(window):
    page = window("officer")
    begin(page, "有标志的一条", "绝密★十年，不该写在这里的一段文字。")
    page.clock.fast_forward(PAUSE)
    page.locator("#saved", has_text="密级标志").wait_for()
    page.keyboard.type("又写。")
    assert page.evaluate("localStorage.length") == 0
    assert "又写。" in text_of(page)


def test_a_draft_that_was_just_saved_is_not_offered_as_unsaved(window):
    page = window("officer")
    begin(page, "刚存过的一条")
    paste_word(page)
    save(page)
    assert page.get_by_text(KEPT).count() == 0


def test_nothing_of_what_was_submitted_stays_in_the_browser(window):
    page = window("officer")
    begin(page, "报送以后不留的一条", f"{TEXT}报送以后不留。")
    submit(page)
    wait_until(page, "localStorage.length === 0")


def test_of_two_windows_the_second_one_saved_is_not_overwritten_and_loses_nothing(served, window):
    first = window("officer")
    begin(first, "两个窗口的一条", "一起的开头。")
    save(first)
    path = first.url.partition("/o/shanxi/")[2]
    second = another(first.context, served, path)
    write(second, "第二个窗口写的。")
    wait_saved(second)
    write(first, "第一个窗口写的。")
    first.clock.fast_forward(PAUSE)
    first.locator("#saved", has_text=OVERTAKEN).wait_for()
    write(first, "还在写。")
    assert text_of(first) == "一起的开头。第一个窗口写的。还在写。"
    third = another(first.context, served, path)
    assert text_of(third) == "一起的开头。第二个窗口写的。"
    third.get_by_text(KEPT).wait_for()
    press(first, "报送", OVERTAKEN)
    assert text_of(first) == "一起的开头。第一个窗口写的。还在写。"
    third.reload()
    assert text_of(third) == "一起的开头。第二个窗口写的。"


def hold_next_save(page: Any) -> Callable[[], Any]:
    """The server gets what the page saves by itself next, but the answer stays on its way.

    Waits for that save, and returns its route and the answer.
    """
    held: list[tuple[Any, Any]] = []

    def hold(route: Any) -> None:
        if held or "x-autosave" not in route.request.headers:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    def wait() -> tuple[Any, Any]:
        while not held:
            page.wait_for_timeout(50)
        return held[0]

    page.route("**/write/", hold)
    return wait


def typing_on_while_it_saves(page: Any, title: str) -> tuple[Any, Any]:
    """A draft that is changed once more while a save of it is held on its way; the save's route and answer."""
    begin(page, title, TEXT)
    save(page)
    next_save = hold_next_save(page)
    write(page, "改一处。")
    page.clock.fast_forward(PAUSE)
    held = next_save()
    write(page, "又改一处。")
    return held


def test_what_is_typed_while_a_save_is_on_its_way_is_submitted(window):
    page = window("officer")
    route, answer = typing_on_while_it_saves(page, "网慢时报送的一条")
    page.get_by_role("button", name="报送", exact=True).click()
    route.fulfill(response=answer)
    page.get_by_text("已报送，编号").wait_for(timeout=SOON)


def test_after_an_answer_that_was_lost_the_page_saves_again(window):
    page = window("officer")
    route, _ = typing_on_while_it_saves(page, "丢了回答的一条")
    route.abort()
    page.get_by_text(UNSAVED).wait_for()
    page.clock.fast_forward(AGAIN)
    page.get_by_text("已存到服务器").wait_for(timeout=SOON)


@pytest.mark.parametrize("presses", ["five", "double"])
def test_however_often_the_button_is_pressed_there_is_one_receipt(served, window, presses):
    page = window("officer")
    title = f"按了又按的一条{presses}"
    begin(page, title, f"{TEXT}{presses}")
    button = page.get_by_role("button", name="报送", exact=True)
    if presses == "five":
        button.evaluate("button => { for (let i = 0; i < 5; i += 1) button.click(); }")
    else:
        button.dblclick()
    page.get_by_text("已报送，编号").wait_for()
    assert page.get_by_role("region", name="流转记录").get_by_role("listitem").count() == 1
    go(page, served, f"items/?q={title}")
    page.get_by_role("heading", name="信息 1 条").wait_for()
    go(page, served, f"items/?state=draft&q={title}")
    page.get_by_role("heading", name="信息 0 条").wait_for()


# ---- Files ----

HURTS = b"<html><script>document.title = 'hurt'; window.hurt = true</script></html>"
REFUSED = {
    "带宏的.docm": (
        papers.changed(papers.word(TEXT), "word/vbaProject.bin", lambda _: b"macro"),
        "《带宏的.docm》没有传上来：不收 .docm 文件。可以传 docx、xlsx、pdf、jpg、png。",
    ),
    "图.svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.hurt = true"/>', "不收 .svg 文件"),
    "页.html": (HURTS, "不收 .html 文件"),
    "x.png": (HURTS, "《x.png》没有传上来：内容不是 .png 图片"),
}


def attach(page: Any, name: str, content: bytes) -> None:
    """Choose a file, as in the dialog of the browser."""
    page.set_input_files("#id_files", {"name": name, "mimeType": "application/octet-stream", "buffer": content})


def rows(page: Any) -> Any:
    return page.locator("#files li")


def caption_of(page: Any, name: str) -> Any:
    return rows(page).get_by_role("textbox", name=name)


def test_files_are_hung_on_with_captions_removed_and_downloaded_as_they_were(window):
    page = window("officer")
    word = papers.word("控辍保学台账", TEXT)
    begin(page, "带附件的一条", f"{TEXT}详见附件。")
    attach(page, "台账.docx", word)
    caption_of(page, "台账.docx").fill("附表一：各县区台账")
    attach(page, "现场.png", PICTURE)
    caption_of(page, "现场.png").fill("入户劝返的现场")
    wait_until(page, "document.querySelector('#files img').naturalWidth === 8")
    assert rows(page).count() == 2
    shot(page, "files")
    for name, (content, sentence) in REFUSED.items():
        attach(page, name, content)
        page.locator("#files-said", has_text=sentence).wait_for()
        assert rows(page).count() == 2
    assert text_of(page) == f"{TEXT}详见附件。"
    page.get_by_role("button", name="移除 现场.png").click()
    assert rows(page).count() == 1
    submit(page)
    attached = page.get_by_role("list", name="附件")
    assert attached.get_by_role("listitem").count() == 1
    attached.get_by_text("附表一：各县区台账").wait_for()
    with page.expect_download() as download:
        attached.get_by_role("link", name="台账.docx").click()
    assert download.value.suggested_filename == "台账.docx"
    assert download.value.path().read_bytes() == word


def test_the_caption_of_a_document_has_room_to_be_read(window):
    page = window("officer")
    begin(page, "附件说明的一条", TEXT)
    attach(page, "台账.docx", papers.word(TEXT))
    assert caption_of(page, "台账.docx").bounding_box()["width"] > 200


def test_a_picture_with_a_page_behind_it_is_downloaded_and_never_runs(served, window):
    page = window("officer")
    content = papers.picture("JPEG") + HURTS
    begin(page, "两面的图片", TEXT)
    attach(page, "两面.jpg", content)
    address = rows(page).filter(has=page.get_by_role("textbox", name="两面.jpg")).get_attribute("data-address")
    there = page.url
    with page.expect_download() as download:
        page.evaluate("address => { location.href = address; }", address)
    assert download.value.path().read_bytes() == content
    assert (page.url, page.evaluate("window.hurt")) == (there, None)
    headers = page.request.get(f"{served.url}{address}").headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-disposition"].startswith("attachment")
    assert headers["x-content-type-options"] == "nosniff"


def test_a_file_is_taken_while_its_writer_types_on(window):
    page = window("officer")
    begin(page, "边传边写的一条", TEXT)
    next_save = hold_next_save(page)
    attach(page, "现场.png", PICTURE)
    route, answer = next_save()
    write(page, "再写一句。")
    route.fulfill(response=answer)
    page.get_by_role("button", name="移除 现场.png").wait_for(timeout=SOON)


# ---- Joint units ----


def test_joint_units_are_offered_by_name_and_their_shares_looked_through(window):
    page = window("officer")
    begin(page, "联合报送的一条", f"{TEXT}联合报送。")
    names, shares = page.get_by_label("第 1 个联合单位", exact=True), page.locator("[name=share]")
    names.press_sequentially("长治市")
    wait_until(page, "document.querySelectorAll('#unit-names option').length > 0")
    offered = page.locator("#unit-names option").evaluate_all("options => options.map(option => option.value)")
    assert "长治市教育局" in offered
    assert all("长治市" in name for name in offered)
    names.fill("长治市教育局")
    page.get_by_text("2 个单位平均分。").wait_for()
    shares.nth(0).fill("0.7")
    shares.nth(1).fill("0.4")
    page.get_by_text("份额合计 1.1，应当是 1。").wait_for()
    press(page, "报送", "份额合计是 1.1，应当是 1。")
    assert [box.input_value() for box in shares.all()][:2] == ["0.7", "0.4"]
    assert names.first.input_value() == "长治市教育局"
    assert text_of(page) == f"{TEXT}联合报送。"
    shares.nth(0).fill("0.6")
    submit(page)
    page.get_by_text("运城市教育局（份额 0.6）、长治市教育局（份额 0.4）").wait_for()


def test_the_only_row_of_a_joint_unit_is_removed_and_added_again(window):
    page = window("officer")
    complaints = complaints_of(page)
    shares = page.get_by_role("group", name="联合单位和份额")
    shares.get_by_role("button", name="移除").click()
    shares.get_by_role("button", name="加一个单位").click()
    assert page.get_by_label("第 1 个联合单位", exact=True).count() == 1
    assert shares.get_by_text("（主报）").count() == 1
    assert complaints == []


# ---- Signing ----


def send_back(window: Window, title: str, reason: str) -> None:
    """As the office's editor does."""
    page = window("editor", f"items/?q={title}")
    page.get_by_role("link", name=title).click()
    page.get_by_role("link", name="去办理").click()
    page.locator("summary", has_text="退回或退稿").click()
    page.get_by_label("给报送单位的话").fill(reason)
    press(page, "退回修改", f"已退回修改：{title}")
    page.locator(".undo").wait_for(state="detached")  # from then on the unit is told
    page.wait_for_timeout(1_000)  # the line shows whole seconds


def test_an_item_is_reviewed_and_signed_on_a_phone_returned_and_goes_the_same_way_again(served, window):
    title, reason = "审查签发又退回的一条", "请补上各县区的数字"
    unit = window("signer", "unit/")
    with careful(unit):
        look_over(unit, "own-unit")
        signer = window("signer", "items/signing/", 360)
        look_over(signer, "signing-empty")
        officer = window("officer")
        begin(officer, title, f"{TEXT}先审查，再签发。")
        attach(officer, "现场.png", PICTURE)
        caption_of(officer, "现场.png").fill("入户劝返的现场")
        press(officer, "报送", "已交本单位另一人做报送前审查")

        signer.reload()
        look_over(signer, "signing")
        waiting = signer.get_by_role("listitem").filter(has_text=title)
        waiting.get_by_role("link", name="去审查").click()
        signer.get_by_label("审查意见").fill("不涉密，可以报送")
        look_over(signer, "item-to-review")
        press(signer, "通过", "审查意见已记录，请签发人签发")
        go(signer, served, "items/signing/")
        waiting.get_by_text("不涉密，可以报送").wait_for()
        press(signer, f"签发：{title}", f"已签发：{title}")

        send_back(window, title, reason)
        go(officer, served, "items/?state=returned")
        officer.get_by_role("row").filter(has_text=title).get_by_text(reason).wait_for()
        look_over(officer, "items-returned")
        go(officer, served, "")
        look_over(officer, "home")
        first = officer.get_by_role("region", name="等我办的").get_by_role("listitem").first
        first.get_by_text(reason).wait_for()
        first.get_by_role("link", name=title).click()
        officer.get_by_role("link", name="修改后重新报送").click()
        officer.get_by_role("region", name="退回的理由").get_by_text(reason).wait_for()
        assert officer.get_by_text(KEPT).count() == 0
        look_over(officer, "write-returned")
        write(officer, "盐湖区六百人次。")
        officer.get_by_role("button", name="重新报送").click()
        officer.get_by_role("definition").get_by_text("待签发").wait_for()
        officer.get_by_text("盐湖区六百人次。").wait_for()
        go(signer, served, "items/signing/")
        waiting.get_by_role("link", name="去审查").wait_for()


def test_who_submits_again_is_told_that_it_waits_in_the_unit(window):
    title = "退回以后要审查的一条"
    officer = window("officer")
    begin(officer, title, f"{TEXT}退回以后要审查。")
    submit(officer)
    send_back(window, title, "请补上各县区的数字")
    with careful(window("signer", "unit/")):
        officer.reload()
        officer.get_by_role("link", name="修改后重新报送").click()
        write(officer, "盐湖区六百人次。")
        officer.get_by_role("button", name="重新报送").click()
        officer.get_by_text("已交本单位另一人做报送前审查").wait_for(timeout=SOON)


# ---- Without a mouse, and for everybody ----


def tab_to(page: Any, condition: str) -> None:
    """Press Tab until a condition on the focused element, ``at``, holds."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(f"(at => {condition})(document.activeElement)"):
            return
    pytest.fail(f"Tab never came to where {condition}")


def test_an_item_is_written_and_submitted_by_keyboard_alone(window):
    page = window("officer", "")
    tab_to(page, "at.textContent.trim() === '写信息'")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="写信息").wait_for()
    tab_to(page, "at.name === 'title'")
    page.keyboard.type("只用键盘写的一条")
    tab_to(page, "at.name === 'kind'")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("经验做法").is_checked()
    tab_to(page, "at.textContent === '小标题'")
    page.keyboard.press("Enter")
    wait_until(page, "document.activeElement.id === 'text'")
    page.keyboard.type("做法")
    page.keyboard.press("Enter")
    page.keyboard.type(f"{TEXT}只用键盘。")
    tab_to(page, "at.id !== 'text'")
    assert text_of(page) == f"做法\n\n{TEXT}只用键盘。"
    tab_to(page, "at.name === 'themes'")
    page.keyboard.press("Space")
    theme = page.evaluate("document.activeElement.labels[0].textContent")
    tab_to(page, "at.value === 'submit'")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="已报送，编号").wait_for()
    assert page.locator(".reader .text h2").inner_text() == "做法"
    page.get_by_text(theme).wait_for()
    page.get_by_text("待确认").wait_for()


def test_the_writing_page_is_sound_empty_full_and_refused(window):
    page = window("officer")
    look_over(page, "write-empty")
    page.get_by_label("标题", exact=True).fill("样样都有的一条")
    paste_word(page)
    caption_of(page, "粘贴的图片1.png").fill("入户劝返的现场")
    page.get_by_label("第 1 个联合单位", exact=True).fill("长治市教育局")
    page.get_by_role("button", name="加一个单位").click()
    look_over(page, "write-full")
    press(page, "报送", "您写的都还在下面")
    page.get_by_role("alert", name="没有报送").get_by_role("link", name="请选种类。").wait_for()
    assert_pasted(page, "#text")
    assert caption_of(page, "粘贴的图片1.png").input_value() == "入户劝返的现场"
    assert page.get_by_label("第 1 个联合单位", exact=True).first.input_value() == "长治市教育局"
    look_over(page, "write-refused")


def test_word_files_become_drafts_one_after_another_and_a_bad_one_says_why(window, tmp_path):
    good, bad = tmp_path / "演练.docx", tmp_path / "坏的.docx"
    good.write_bytes(word_files.pictures())
    bad.write_bytes(b"PK")
    page = window("officer")
    page.get_by_role("link", name="从 Word 导入").click()
    page.get_by_label("选一个或几个 Word 文件").set_input_files([good, bad])
    page.get_by_role("button", name="导入").click()
    page.get_by_text("2 个文件都处理完了").wait_for()
    page.get_by_text("没有导入：打不开：内容不是 .docx 文件").wait_for()
    page.get_by_text("有 1 处没有带全").click()
    look_over(page, "from-word")
    page.get_by_role("link", name="打开草稿").click()
    page.get_by_text("从《演练.docx》带过来，有 1 处没有带全").click()
    page.get_by_text("图片转成了 PNG").wait_for()
    wait_until(
        page, "[...document.querySelectorAll('#text img')].filter(image => image.naturalWidth === 480).length === 3"
    )
    assert caption_of(page, "图片2.png").input_value() == "图2 消防员讲解"
    look_over(page, "write-from-word")
