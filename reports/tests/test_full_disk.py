"""A disk that fills up while a report is written: a sentence, nothing half written, and it works again with room."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import runs
from reports.kinds import KINDS
from reports.models import ReportRun, RunState
from reports.press import formats
from reports.writers import pdf
from tests.disks import small_disk


@pytest.fixture
def disk(tmp_path: Path, settings) -> Iterator[Path]:
    """A disk of 2 MB that holds the files."""
    with small_disk(tmp_path / "small", 2) as place:
        settings.MEDIA_ROOT = place
        yield place


def made(quarter, kind: str) -> ReportRun:
    run = ReportRun.objects.create(office=quarter.office, kind=kind, period=quarter.period)
    runs.run(run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize(("kind", "without_pdf"), [("statistics", True), ("circular", True), ("circular", False)])
@pytest.mark.parametrize("room", [0, 4_096, 16_384])
def test_a_disk_that_fills_up(quarter, disk, monkeypatch, kind, without_pdf, room):
    if without_pdf:
        monkeypatch.setattr(pdf, "available", lambda: False)
    elif not pdf.available():
        pytest.skip("LibreOffice is not installed on this machine.")
    quarter.receive("甲市", 100, themed=True, adopted=[("门户网站", "")])
    free = os.statvfs(disk)
    rubbish = disk / "rubbish"
    rubbish.write_bytes(b"x" * (free.f_bavail * free.f_frsize - room))
    run = made(quarter, kind)
    assert run.state == RunState.FAILED
    assert "磁盘空间不足" in run.failure
    assert [path for path in disk.rglob("*") if path.is_file()] == [rubbish]
    if not without_pdf:
        return  # LibreOffice needs more room than this disk has
    rubbish.unlink()
    run = made(quarter, kind)
    assert run.state == RunState.DONE
    assert {file.format for file in run.files.all()} == set(formats(kind)) <= set(KINDS[kind].formats)
