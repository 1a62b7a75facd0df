"""The real documents open in LibreOffice, and every published figure and title is on their pages."""

import csv
import os
import signal
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from reports import press
from submissions.models import Period
from tests import programs

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT = 180  # seconds LibreOffice may take


def printed(document: Path, folder: Path) -> Path:
    """The PDF that LibreOffice makes of a document. Its whole process group ends with it."""
    soffice = programs.soffice()
    if soffice is None:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail("REQUIRE_SERVICES=1, but LibreOffice is not installed.")
        pytest.skip("LibreOffice is not installed on this machine.")
    command = [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf"]
    process = subprocess.Popen(
        [*command, "--outdir", str(folder), str(document)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert process.wait(timeout=LIMIT) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return folder / f"{document.stem}.pdf"


def text_of(pdf: Path, order: str) -> str:
    """The text of its pages: ``-layout`` keeps the lines of a table, ``-raw`` the cells whose text is wrapped."""
    command = ["pdftotext", order, str(pdf), "-"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.fixture
def first_quarter(db: None) -> Period:
    call_command("load_example", "shanxi-2020q1", verbosity=0)
    return Period.objects.select_related("office").get(name="2020年第一季度")


@pytest.mark.parametrize("kind", ["circular", "statistics"])
def test_libreoffice_opens_it_and_shows_every_published_line(first_quarter, tmp_path, kind):
    made = press.print_files(kind, first_quarter, tmp_path, kind).files
    document = made["docx"] if kind == "circular" else made["xlsx"]
    pdf = printed(document, tmp_path)
    squeezed = "".join(text_of(pdf, "-raw").split())
    with (ROOT / "examples/shanxi-2020q1/adopted.csv").open(encoding="utf-8") as file:
        titles = ["".join(row["published_title"].split()) for row in csv.DictReader(file)]
    assert [title for title in titles if title not in squeezed] == []
    with (ROOT / "examples/shanxi-2020q1/statistics.csv").open(encoding="utf-8") as file:
        units = {row["unit"] for row in csv.DictReader(file)}
    assert sorted(unit for unit in units if unit not in squeezed) == []
    lines = [line.split() for line in text_of(pdf, "-layout").splitlines()]
    assert ["1", "运城市教育局", "86", "9", "2", "0", "0", "112"] in lines
    assert ["1", "太原科技大学", "35", "12", "1", "0", "0", "63"] in lines
