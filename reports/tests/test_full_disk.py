"""A disk that fills up while a report is written: a sentence, nothing half written, and it works again with room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import runs
from reports.kinds import KINDS
from reports.models import ReportRun, RunState
from reports.press import formats
from reports.writers import pdf


@pytest.fixture
def small_disk(tmp_path: Path, settings) -> Iterator[Path]:
    """A real file system of 2 MB that holds the files."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(f"REQUIRE_SERVICES=1, but no small disk can be mounted: {done.stderr}")
        pytest.skip("Only root may mount a small disk.")
    settings.MEDIA_ROOT = place
    yield place
    subprocess.run(["umount", "-l", str(place)], timeout=20, check=True)


def made(quarter, kind: str) -> ReportRun:
    run = ReportRun.objects.create(office=quarter.office, kind=kind, period=quarter.period)
    runs.run(run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize(("kind", "without_pdf"), [("statistics", True), ("circular", True), ("circular", False)])
@pytest.mark.parametrize("room", [0, 4_096, 16_384])
def test_a_disk_that_fills_up(quarter, small_disk, monkeypatch, kind, without_pdf, room):
    if without_pdf:
        monkeypatch.setattr(pdf, "available", lambda: False)
    elif not pdf.available():
        pytest.skip("LibreOffice is not installed on this machine.")
    quarter.receive("甲市", 100, themed=True, adopted=[("门户网站", "")])
    free = os.statvfs(small_disk)
    rubbish = small_disk / "rubbish"
    rubbish.write_bytes(b"x" * (free.f_bavail * free.f_frsize - room))
    run = made(quarter, kind)
    assert run.state == RunState.FAILED
    assert "磁盘空间不足" in run.failure
    assert [path for path in small_disk.rglob("*") if path.is_file()] == [rubbish]
    if not without_pdf:
        return  # LibreOffice needs more room than this disk has
    rubbish.unlink()
    run = made(quarter, kind)
    assert run.state == RunState.DONE
    assert {file.format for file in run.files.all()} == set(formats(kind)) <= set(KINDS[kind].formats)
