"""The PDF, measured: what GB/T 9704-2012 asks for is where LibreOffice put it. Lengths are millimetres."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from reports.document import (
    Block,
    Column,
    Document,
    GroupRow,
    Heading,
    Imprint,
    Paragraph,
    Part,
    Row,
    Signature,
    Table,
    Title,
)
from reports.writers import pdf
from tests import programs
from units import soffice

pytestmark = pytest.mark.once

TOP, LEFT, RIGHT, BOTTOM = 37, 28, 184, 262  # of the text block
CHARACTER = 156 / 28
ROWS = 600
DOTS = 10  # a millimetre, when ink is measured

HEAD: tuple[Block, ...] = (Paragraph("山西省教育厅", "head"), Paragraph("晋教办〔2026〕5号", "number"))
TITLE = Title(("关于", "2026年第一季度", "政务信息", "报送和", "采用情况的", "通报"))
IMPRINT = Imprint((f"抄送：{'教育部办公厅，' * 5}驻厅纪检监察组。",), "山西省教育厅办公室", "2026年4月5日印发")
TWO_ROWS_OF_HEADER = (Column("序号", 4, True), Column("单位", 12), *(Column(n, 6, True, "采用") for n in ("甲", "乙")))
LONG = Table(
    TWO_ROWS_OF_HEADER,
    (GroupRow("各市"), *(Row((i, f"首{i}{'中' * 12}尾{i}", i, Decimal("0.5"))) for i in range(1, ROWS + 1))),
)
WIDE = Table((Column("序号", 4, True), Column("标题", 60)), (Row((1, "题" * 45)),))
PARTS: dict[str, tuple[Block, ...]] = {
    "letter": (
        *HEAD,
        TITLE,
        Paragraph("各市教育局：", "flush"),
        Heading("一、节"),
        Heading("（一）款", 2),
        Paragraph("正" * 28 * 3),
    ),
    "full": (Paragraph("国" * (28 * 25 - 2)),),
    "flagged": (*HEAD, Paragraph("数据未封存，仅供核对", "flag"), TITLE),
    "preprinted": (Paragraph("", "head_space"), Paragraph("晋教办〔2026〕5号", "number_plain"), TITLE),
    "long head": (Paragraph("中共山西省委教育工作委员会", "head"), HEAD[1], TITLE),
    "no head": (TITLE, Paragraph("正文")),
    "sealed": (Paragraph("正文"), Signature("省教育厅信息办公室", "二〇二六年元月五日")),
    "unsealed": (Paragraph("正文"), Signature("山西省教育厅", "2026年1月5日", sealed=False)),
    "kept": (*(Paragraph("行") for _ in range(20)), Paragraph("末"), Signature("厅", "元月五日", sealed=False)),
    "annexes": (Paragraph(f"附件：一.{'长' * 30}\n二.{'长' * 30}", "annex_list"),),
    "wide": (Paragraph("附件2", "annex_mark"), Title(("篇目",), "annex_title"), WIDE),
    "empty page": (*(Paragraph("行") for _ in range(2)), IMPRINT),
    "room": (*(Paragraph("行") for _ in range(19)), IMPRINT),
    "no room": (*(Paragraph("行") for _ in range(20)), IMPRINT),
    "full page": (*(Paragraph("行") for _ in range(22)), IMPRINT),
    "table": (Paragraph("附件1", "annex_mark"), Title(("统计表",), "annex_title"), LONG),
}


class Word(NamedTuple):
    text: str
    left: float
    top: float
    right: float
    bottom: float


class Ink(NamedTuple):
    """A band of rows with ink, between two without."""

    top: float
    bottom: float
    left: float
    right: float


class Printed:
    """A PDF and what is on its pages; pages count from 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        said = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, timeout=60, check=True)
        self.sizes, self.pages = [], []
        for page in said.stdout.split("<page ")[1:]:
            self.sizes.append(tuple(round(float(n) * 25.4 / 72) for n in re.findall(r'(?:width|height)="(.*?)"', page)))
            found = re.findall(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', page)
            self.pages.append([Word(text, *(float(n) * 25.4 / 72 for n in box)) for *box, text in found])

    def text(self, page: int) -> str:
        return "".join(word.text for word in self.pages[page - 1])

    def lines(self, page: int) -> list[str]:
        """The texts of its lines, from top to bottom."""
        found: list[list[Word]] = []
        for word in sorted(self.pages[page - 1], key=lambda word: (round(word.bottom), word.left)):
            if found and abs(found[-1][-1].bottom - word.bottom) < 3:
                found[-1].append(word)
            else:
                found.append([word])
        return ["".join(word.text for word in line) for line in found]

    def ink(self, page: int, below: float = 0, above: float = 1000) -> list[Ink]:
        """From top to bottom."""
        width, rows = self._dots(page)
        bands: list[list[tuple[int, int, int]]] = [[]]
        for y, row in enumerate(rows):
            if below * DOTS <= y < above * DOTS and (inked := row.strip(b"\0")):
                left = width - len(row.lstrip(b"\0"))
                bands[-1].append((y, left, left + len(inked)))
            elif bands[-1]:
                bands.append([])
        return [
            Ink(b[0][0] / DOTS, (b[-1][0] + 1) / DOTS, min(r[1] for r in b) / DOTS, max(r[2] for r in b) / DOTS)
            for b in bands
            if b
        ]

    def _dots(self, page: int) -> tuple[int, list[bytes]]:
        """A page's rows, a byte a dot: 1 where there is ink, however pale its red."""
        green = bytes(1 if level < 128 else 0 for level in range(256))
        width, _, pixels = self.picture(page)
        dots = pixels[1::3].translate(green)
        return width, [dots[at : at + width] for at in range(0, len(dots), width)]

    def picture(self, page: int) -> tuple[int, int, bytes]:
        command = ["pdftoppm", "-r", str(25.4 * DOTS), "-f", str(page), "-l", str(page), self.path]
        made = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
        _, size, _, pixels = made.split(b"\n", 3)
        width, height = map(int, size.split())
        return width, height, pixels


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> Printed:
    """Every layout in one document, a part a layout."""
    require_libreoffice()
    path = tmp_path_factory.mktemp("pdf") / "a.pdf"
    pdf.write(Document("题目", tuple(Part(name, blocks) for name, blocks in PARTS.items())), path)
    assert names(path.parent) == ["a.pdf"]
    return Printed(path)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def require_libreoffice() -> None:
    if programs.soffice() is None:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail("REQUIRE_SERVICES=1, but LibreOffice is not installed.")
        pytest.skip("LibreOffice is not installed on this machine.")


# On which page each part begins.
LETTER, FULL, FLAGGED, PREPRINTED, LONG_HEAD, NO_HEAD, SEALED, UNSEALED, KEPT, ANNEXES = 1, 2, 4, 5, 6, 7, 8, 9, 10, 12
SIDEWAYS, IMPRINT_ALONE, IMPRINT_FITS, IMPRINT_NEXT, IMPRINT_AFTER_FULL, TABLE = 13, 14, 15, 16, 18, 20


def near(expected: float, by: float = 0.4):
    return pytest.approx(expected, abs=by)


def test_a_page_holds_22_lines_of_28_characters(printed):
    first, second = (printed.pages[page - 1][:-3] for page in (FULL, FULL + 1))
    assert [len(word.text) for word in first] == [26, *[28] * 21]
    assert len(second) == 3
    assert first[0].left == near(LEFT + 2 * CHARACTER)
    assert first[1].left == near(LEFT)
    assert first[1].right == near(RIGHT, 0.6)
    ink = printed.ink(FULL, above=BOTTOM)
    assert len(ink) == 22
    assert ink[0].top > TOP
    assert ink[-1].bottom < BOTTOM


def test_the_head_is_red_35_mm_below_the_text_blocks_top_and_on_one_line(printed):
    for page in (LETTER, FLAGGED, LONG_HEAD):
        head = printed.ink(page)[0]
        assert head.top == near(TOP + 35)
        assert (head.left + head.right) / 2 == near((LEFT + RIGHT) / 2)
    assert head.bottom - head.top < 13
    assert head.right - head.left > 140
    width, _, pixels = printed.picture(LETTER)
    colours = {pixels[at : at + 3] for at in range(70 * DOTS * width * 3, 90 * DOTS * width * 3, 3)}
    assert b"\xff\0\0" in colours
    assert all(colour[0] == 255 for colour in colours)


def test_the_rule_is_as_wide_as_the_text_and_4_mm_below_the_number(printed):
    for page in (LETTER, FLAGGED, LONG_HEAD):
        head, number, rule, *_ = printed.ink(page)
        assert rule.top - number.bottom == near(4)
        assert (rule.left, rule.right) == (near(LEFT, 0.2), near(RIGHT, 0.2))
        assert (number.left + number.right) / 2 == near((LEFT + RIGHT) / 2)
        assert 2 * 10.2 < number.top - head.bottom < 3 * 10.2
    width, _, pixels = printed.picture(LETTER)
    at = (round(printed.ink(LETTER)[2].top * DOTS + 2) * width + width // 2) * 3
    assert pixels[at : at + 3] == b"\xff\0\0"


def test_the_title_is_two_lines_below_the_rule_and_never_breaks_inside_a_word(printed):
    assert printed.lines(LETTER)[2:4] == ["关于2026年第一季度政务信息", "报送和采用情况的通报"]
    rule, first, second, addressee = printed.ink(LETTER)[2:6]
    assert first.top - rule.bottom == near(2 * 10.2, 2)
    assert 10.2 < addressee.top - second.bottom < 2 * 10.2  # one line


def test_a_printed_head_and_a_flag_move_nothing(printed):
    lines = printed.ink(LETTER)
    number, *title = printed.ink(PREPRINTED)[:3]
    assert number.top == near(lines[1].top, 0.1)
    assert [band.top for band in title] == [near(band.top, 0.2) for band in lines[3:5]]
    flagged = printed.ink(FLAGGED)
    assert "数据未封存，仅供核对" in printed.text(FLAGGED)
    assert [band.top for band in flagged[4:6]] == [near(band.top, 0.2) for band in lines[3:5]]
    assert flagged[2].bottom + 4 < flagged[3].top
    assert flagged[3].bottom + 4 < flagged[4].top


def test_a_title_without_a_head_is_at_the_pages_top(printed):
    assert printed.ink(NO_HEAD)[0].top == near(TOP + 1.5, 1)


def test_a_sealed_signature(printed):
    _, name, day = printed.ink(SEALED, above=BOTTOM)
    assert day.right == near(RIGHT - 4 * CHARACTER, 1.5)
    assert (name.left + name.right) / 2 == near((day.left + day.right) / 2, 0.6)
    assert name.top - printed.ink(SEALED)[0].bottom > 2 * 10.2  # for the seal


def test_an_unsealed_signature(printed):
    text, name, day = printed.ink(UNSEALED, above=BOTTOM)
    assert name.right == near(RIGHT - 2 * CHARACTER, 0.8)
    assert day.left - name.left == near(2 * CHARACTER, 0.5)
    assert 10.2 < name.top - text.bottom < 2 * 10.2


def test_a_page_never_holds_a_signature_alone(printed):
    assert "末" not in printed.text(KEPT)
    assert printed.text(KEPT + 1).startswith("末厅")


def test_wrapped_names_of_annexes_stand_below_their_own_beginning(printed):
    first, wrapped, second, again = printed.pages[ANNEXES - 1][:4]
    assert first.left == near(LEFT + 2 * CHARACTER)
    assert wrapped.left == again.left == near(second.left)
    assert second.left == near(first.left + 3 * CHARACTER, 0.6)
    assert printed.ink(ANNEXES)[0].top > TOP + 10.2


def test_the_page_number_is_7_mm_below_the_text_outside_and_counts_on(printed):
    for page in (LETTER, FULL, IMPRINT_FITS, len(printed.pages)):
        number = printed.ink(page, below=BOTTOM + 1)[0]
        assert number.top - BOTTOM == near(7)
        if page % 2:
            assert number.right == near(RIGHT - 14 * 0.3528, 0.5)
        else:
            assert number.left == near(LEFT + 14 * 0.3528, 0.5)
    for i, words in enumerate(printed.pages, start=1):
        foot = BOTTOM if printed.sizes[i - 1] == (210, 297) else 210 - 26
        assert [word.text for word in words if word.top > foot] == ["—", str(i), "—"]


def test_a_wide_table_lies_on_its_side_and_the_next_page_does_not(printed):
    assert [printed.sizes[page - 1] for page in (SIDEWAYS - 1, SIDEWAYS, SIDEWAYS + 1)] == [
        (210, 297),
        (297, 210),
        (210, 297),
    ]
    block = 210 - 26
    mark, title, *_ = printed.ink(SIDEWAYS)
    assert mark.top == near(28 + 3.5, 1)
    assert (title.left + title.right) / 2 == near(35 + 225 / 2)
    table = printed.ink(SIDEWAYS, above=block)[-1]
    assert (table.left, table.right) == (near(35), near(260))
    assert printed.ink(SIDEWAYS, below=block + 1)[0].top - block == near(7)


def test_the_title_of_an_annex_is_on_its_third_line(printed):
    mark, title = printed.ink(TABLE)[:2]
    assert mark.left == near(LEFT, 0.8)
    assert title.top - mark.top == near(2 * 10.2, 1.5)


def test_the_header_repeats_on_each_page_and_no_row_is_split(printed):
    pages = [printed.text(page) for page in range(TABLE, len(printed.pages) + 1)]
    assert len(pages) > 10
    assert all("采用" in page and "序号" in page and "单位" in page for page in pages)
    for i in range(1, ROWS + 1):
        start = next(n for n, page in enumerate(pages) if f"首{i}中" in page)
        assert f"尾{i}" in pages[start]


@pytest.mark.parametrize(
    ("page", "lines"), [(IMPRINT_ALONE, 2), (IMPRINT_FITS, 19), (IMPRINT_NEXT + 1, 0), (IMPRINT_AFTER_FULL + 1, 0)]
)
def test_the_imprint_ends_the_last_page(printed, page, lines):
    text = printed.text(page)
    assert text.count("行") == lines
    assert "抄送：" in text
    *_, top, first, second, middle, last, bottom = printed.ink(page, above=BOTTOM + 2)
    assert bottom.bottom == near(BOTTOM, 0.3)
    for rule, thick in ((top, 0.35), (middle, 0.25), (bottom, 0.35)):
        assert (rule.left, rule.right) == (near(LEFT, 0.2), near(RIGHT, 0.2))
        assert rule.bottom - rule.top == near(thick, 0.11)
    fourteen = 14 * 0.3528
    assert first.left == near(LEFT + fourteen, 0.5)
    assert second.left == near(LEFT + 4 * fourteen, 0.5)
    assert last.left == near(LEFT + fourteen, 0.5)
    assert last.right == near(RIGHT - fourteen, 0.6)
    assert "山西省教育厅办公室2026年4月5日印发" in printed.lines(page)


def test_a_page_without_room_for_the_imprint_keeps_its_text(printed):
    assert printed.text(IMPRINT_NEXT).count("行") == 20
    assert printed.text(IMPRINT_AFTER_FULL).count("行") == 22


def test_each_font_has_its_stand_in(printed):
    said = subprocess.run(["pdffonts", printed.path], capture_output=True, text=True, timeout=60, check=True).stdout
    used = [line.split()[0] for line in said.splitlines()[2:]]
    assert not [name for name in used if re.search("DejaVu|Times|Liberation", name)]
    if any("NotoSerifCJK" in name for name in used):  # as on Debian
        assert any("NotoSerifCJK" in name and "Bold" in name for name in used)
        assert any("NotoSerifCJK" in name and "Regular" in name for name in used)
        assert any("NotoSansCJK" in name for name in used)
        assert any("Kai" in name for name in used)


SMALL = Document("题", (Part("一", (Paragraph("正文"),)),))


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Puts a script in the place of LibreOffice; its output folder is ``$OUT`` and its pid goes into ``pids``."""

    def put(script: str) -> Path:
        folder = tmp_path / "programs"
        folder.mkdir()
        for name in ("soffice", "soffice.bin"):
            (folder / name).write_text(f'#!/bin/sh\necho $$ >>{folder}/pids\nwhile [ "$1" != --outdir ]; do\n')
            with (folder / name).open("a") as file:
                file.write(f'  echo "$1" >>{folder}/arguments; shift\ndone\nOUT=$2\n{script}\n')
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return folder

    return put


@pytest.fixture
def out(tmp_path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


SLEEPY = "sleep 60 & echo $! >>$(dirname $0)/pids; wait"


def all_dead(pids: Path) -> bool:
    """Whether none of the processes runs any more, or will in a second."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        if not any(running(int(pid)) for pid in pids.read_text().split()):
            return True
        time.sleep(0.05)
    return False


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except OSError:
        return False


def test_after_its_time_libreoffice_is_killed_with_its_children(fake, out, monkeypatch):
    programs = fake(SLEEPY)
    monkeypatch.setattr(pdf, "LIMIT", 1.0)
    with pytest.raises(pdf.NotConverted, match="1秒内没有完成"):
        pdf.write(SMALL, out / "a.pdf")
    assert len((programs / "pids").read_text().split()) == 2
    assert all_dead(programs / "pids")
    assert names(out) == []


class Cancelled(Exception):
    pass


def test_a_cancelled_job_leaves_no_process_and_no_file(fake, out):
    programs = fake(SLEEPY)
    told = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        if len(told) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        pdf.write(SMALL, out / "a.pdf", progress)
    assert told == [(0, 1)] * 3
    assert len((programs / "pids").read_text().split()) == 2
    assert all_dead(programs / "pids")
    assert names(out) == []


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="there is no setpriv here")
def test_libreoffice_dies_with_a_worker_that_is_killed(fake, out):
    programs = fake("exec sleep 60")
    code = (
        "import sys; from pathlib import Path; from reports.document import *; from reports.writers import pdf;"
        "pdf.write(Document('题', (Part('一', (Paragraph('文'),)),)), Path(sys.argv[1]))"
    )
    worker = subprocess.Popen([sys.executable, "-c", code, out / "a.pdf"])
    end = time.monotonic() + 20
    while not (programs / "pids").exists() and time.monotonic() < end:
        time.sleep(0.05)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert all_dead(programs / "pids")
    assert [name.startswith(".pdf-") for name in names(out)] == [True]  # one folder, for the caller to clean


def test_libreoffice_has_a_profile_a_home_and_fonts_of_its_own(fake, out):
    programs = fake('env >$(dirname $0)/env; printf "%%PDF-1.7\\n%%%%EOF\\n" >$OUT/document.pdf')
    told = []
    pdf.write(SMALL, out / "a.pdf", lambda done, total: told.append((done, total)))
    assert (out / "a.pdf").read_bytes() == b"%PDF-1.7\n%%EOF\n"
    assert names(out) == ["a.pdf"]
    assert told[-1] == (1, 1)
    given = dict(line.split("=", 1) for line in (programs / "env").read_text().splitlines())
    assert given["HOME"] == given["TMPDIR"]
    assert given["HOME"].startswith(f"{out}/.pdf-")
    assert given["FONTCONFIG_FILE"].endswith("reports/writers/fonts.conf")
    assert not {"SECRET_KEY", "DATABASE_URL", "DATA_DIR"} & set(given)
    assert f"-env:UserInstallation=file://{given['HOME']}/profile" in (programs / "arguments").read_text()


def test_libreoffice_is_started_again_when_it_asks_for_it(fake, out):
    programs = fake('[ -e $OUT/again ] || { touch $OUT/again; exit 81; }; printf "%%PDF\\n%%%%EOF" >$OUT/document.pdf')
    pdf.write(SMALL, out / "a.pdf")
    assert len((programs / "pids").read_text().split()) == 2


def test_libreoffice_is_not_started_again_for_ever(fake, out, monkeypatch):
    fake("exit 81")
    monkeypatch.setattr(pdf, "LIMIT", 0.5)
    with pytest.raises(pdf.NotConverted):
        pdf.write(SMALL, out / "a.pdf")


@pytest.mark.parametrize("script", ["exit 0", "exit 1", 'printf "%%PDF-1.7 half" >$OUT/document.pdf'])
def test_what_is_not_a_whole_pdf_is_none(fake, out, script, monkeypatch):
    fake(script)
    (out / "a.pdf").write_text("of yesterday")
    with pytest.raises(pdf.NotConverted, match="没有生成PDF"):
        pdf.write(SMALL, out / "a.pdf")
    assert (out / "a.pdf").read_text() == "of yesterday"
    monkeypatch.setattr(pdf.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**19))
    with pytest.raises(OSError, match="No space") as caught:
        pdf.write(SMALL, out / "a.pdf")
    assert caught.value.errno == errno.ENOSPC
    assert names(out) == ["a.pdf"]


def test_without_libreoffice_there_is_no_pdf_and_a_sentence(out, monkeypatch):
    monkeypatch.setenv("PATH", str(out))
    monkeypatch.setattr(soffice, "DEBIAN", out / "soffice.bin")
    assert not pdf.available()
    with pytest.raises(pdf.NotConverted, match="没有安装 LibreOffice"):
        pdf.write(SMALL, out / "a.pdf")
    assert names(out) == []
