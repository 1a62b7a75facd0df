"""A Document as a PDF: the Word file, printed by LibreOffice."""

import errno
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from reports.document import Document
from reports.progress import Progress, untold
from reports.writers import docx

LIMIT = 180.0  # seconds LibreOffice may take
TOLD_EVERY = 0.3  # seconds
RESTART = 81  # LibreOffice's exit code when it has made its profile and wants to be started again
LEAST_ROOM = 2**20  # bytes: a disk with less is full, whatever LibreOffice says
DEBIAN = Path("/usr/lib/libreoffice/program/soffice.bin")
FONTS = Path(__file__).with_name("fonts.conf")


class NotConverted(Exception):
    """LibreOffice made no PDF; the text says what to do."""


def available() -> bool:
    """Whether this machine can make PDFs."""
    return _program() is not None


def write(document: Document, path: Path, progress: Progress = untold) -> None:
    """Raises NotConverted, OSError where the disk is full, and what ``progress`` raises; then nothing is left behind.

    Everything temporary lies in one folder beside ``path``, which whoever finds it after a crash may remove.
    """
    with TemporaryDirectory(prefix=".pdf-", dir=path.parent) as name:
        folder = Path(name).resolve()
        docx.write(document, folder / "document.docx", progress)
        made = _printed(folder, progress)
        progress(1, 1)
        made.replace(path)


def _program() -> Path | None:
    """``soffice.bin``: the ``soffice`` that people call is a script which would outlive a kill of its own process."""
    called = shutil.which("soffice")
    places = [Path(called).resolve().with_name("soffice.bin"), DEBIAN] if called else [DEBIAN]
    return next((place for place in places if place.exists()), None)


def _printed(folder: Path, progress: Progress) -> Path:
    """The PDF of the folder's document."""
    program = _program()
    if program is None:
        raise NotConverted("服务器上没有安装 LibreOffice，无法生成PDF。请改用Word格式，或请管理员安装后重试。")
    try:
        end = time.monotonic() + LIMIT
        while _run(program, folder, progress, end) == RESTART and time.monotonic() < end:
            continue
        made = folder / "document.pdf"
        if not _is_whole(made):
            raise NotConverted("LibreOffice 没有生成PDF。请重试一次；仍不成功的，请改用Word格式，并告知管理员。")
    except NotConverted:
        if shutil.disk_usage(folder).free < LEAST_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
        raise
    return made


def _run(program: Path, folder: Path, progress: Progress, end: float) -> int:
    """Run LibreOffice with a profile of its own; its exit code. When this ends, however it ends, so has LibreOffice."""
    process = subprocess.Popen(
        [
            *_dying_with_us(),
            str(program),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            *("--convert-to", "pdf"),
            *("--outdir", str(folder)),
            str(folder / "document.docx"),
        ],
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "FONTCONFIG_FILE": str(FONTS),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # one process group, to be killed as one
    )
    try:
        while not _ended(process):
            progress(0, 1)
            if time.monotonic() > end:
                raise NotConverted(
                    f"LibreOffice 在{LIMIT:.0f}秒内没有完成PDF。表格很长的，请改用Excel或Word格式；否则请稍后重试。"
                )
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return process.returncode


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(TOLD_EVERY)
    except subprocess.TimeoutExpired:
        return False
    return True


def _dying_with_us() -> list[str]:
    """What a command begins with to be killed when we are, even by SIGKILL (each Debian has it)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _is_whole(pdf: Path) -> bool:
    """On a full disk LibreOffice leaves half a file and calls it a success."""
    return pdf.exists() and b"%%EOF" in pdf.read_bytes()[-32:]
