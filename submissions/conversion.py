"""Older Word files (.doc) and WPS files (.wps): LibreOffice makes a .docx of them, where it is installed.

A file is looked into only so far as to refuse what is plainly no text or is locked; what comes out is inspected like
any other. Two at a time at most are converted on a machine, and each within its time.
"""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from submissions.inspection import MEGABYTE, Unfit
from units import soffice

ENDINGS = ("doc", "wps")
SECONDS = 40.0  # LibreOffice may take for one
WAIT = 10.0  # seconds for one's turn
AT_ONCE = 2
MOST_MADE = 60 * MEGABYTE
LEFT_BEHIND = 3600  # seconds after which a folder is of somebody who died
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AS = "请用 Word 或 WPS 打开，另存为 .docx 再导入。"


def is_old(content: bytes) -> bool:
    """Whether it is of the kind that Word wrote before 2007."""
    return content.startswith(OLE)


def converted(content: bytes) -> bytes:
    """The .docx of an older file. Raises Unfit with a sentence on what is wrong and what to do."""
    _refuse(content)
    if soffice.program() is None:
        raise Unfit(f"是旧格式，服务器上没有安装 LibreOffice，读不了。{SAVE_AS}")
    place = settings.DATA_DIR / "converting"
    place.mkdir(exist_ok=True)
    with _turn(place), TemporaryDirectory(dir=place) as name:
        source = Path(name).resolve() / "old.doc"
        source.write_bytes(content)
        try:
            soffice.convert(source, "docx:MS Word 2007 XML", SECONDS)
        except soffice.TookTooLong:
            raise Unfit(f"是旧格式，{SECONDS:.0f} 秒内没有转换完。{SAVE_AS}") from None
        made = source.with_suffix(".docx")
        if not made.exists() or not 0 < made.stat().st_size <= MOST_MADE:
            raise Unfit(f"是旧格式，转换不了：可能有密码，或者已经损坏。{SAVE_AS}")
        return made.read_bytes()


def _refuse(content: bytes) -> None:
    """Raise Unfit for what is no Word file, is locked or carries macros, by the names of its streams."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if has("EncryptedPackage"):
        raise Unfit("有打开密码，读不了。请去掉密码再导入。")
    if not has("WordDocument"):
        raise Unfit(f"内容不是 Word 文件，或者已经损坏。{SAVE_AS}")
    if has("_VBA_PROJECT"):
        raise Unfit("文件里有宏，不收。请另存为不带宏的 .docx 再导入。")
    head = content.find(b"\xec\xa5", 512)  # of the file information block, at the beginning of a sector
    if head > 0 and head % 512 == 0 and content[head + 11 : head + 12] and content[head + 11] & 0x01:
        raise Unfit("有打开密码，读不了。请去掉密码再导入。")


@contextmanager
def _turn(place: Path) -> Iterator[None]:
    """One of the few places in which something is converted. Raises Unfit where none gets free in time."""
    _sweep(place)
    until = time.monotonic() + WAIT
    while True:
        for number in range(AT_ONCE):
            with (place / f"{number}.lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue
                yield
                return
        if time.monotonic() > until:
            raise Unfit("是旧格式，别的文件正在转换，没有轮到它。请过一会儿再导入。")
        time.sleep(0.1)


def _sweep(place: Path) -> None:
    """Take away what somebody left who died."""
    for folder in place.iterdir():
        if folder.is_dir() and folder.stat().st_mtime < time.time() - LEFT_BEHIND:
            shutil.rmtree(folder, ignore_errors=True)
