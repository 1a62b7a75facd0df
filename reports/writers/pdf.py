"""A Document as a PDF: the Word file, printed by LibreOffice."""

import errno
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from reports.document import Document
from reports.progress import Progress, untold
from reports.writers import docx
from units import soffice

LIMIT = 180.0  # seconds LibreOffice may take
LEAST_ROOM = 2**20  # bytes: a disk with less is full, whatever LibreOffice says
FONTS = Path(__file__).with_name("fonts.conf")


class NotConverted(Exception):
    """LibreOffice made no PDF; the text says what to do."""


def available() -> bool:
    """Whether this machine can make PDFs."""
    return soffice.program() is not None


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


def _printed(folder: Path, progress: Progress) -> Path:
    """The PDF of the folder's document."""
    if not available():
        raise NotConverted("服务器上没有安装 LibreOffice，无法生成PDF。请改用Word格式，或请管理员安装后重试。")
    try:
        try:
            soffice.convert(
                folder / "document.docx",
                "pdf",
                LIMIT,
                told=lambda: progress(0, 1),
                environment={"FONTCONFIG_FILE": str(FONTS)},
            )
        except soffice.TookTooLong:
            raise NotConverted(
                f"LibreOffice 在{LIMIT:.0f}秒内没有完成PDF。表格很长的，请改用Excel或Word格式；否则请稍后重试。"
            ) from None
        made = folder / "document.pdf"
        if not _is_whole(made):
            raise NotConverted("LibreOffice 没有生成PDF。请重试一次；仍不成功的，请改用Word格式，并告知管理员。")
    except NotConverted:
        if shutil.disk_usage(folder).free < LEAST_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
        raise
    return made


def _is_whole(pdf: Path) -> bool:
    """On a full disk LibreOffice leaves half a file and calls it a success."""
    return pdf.exists() and b"%%EOF" in pdf.read_bytes()[-32:]
