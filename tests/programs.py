"""Where Debian puts the programs that some tests drive, and a folder in which our own begins at once."""

import shutil
import sys
from pathlib import Path

from django.conf import settings


def chromium() -> str | None:
    """A real browser."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def soffice() -> str | None:
    """LibreOffice, which opens what we write."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def faketime() -> str | None:
    """The library that turns the clock of a process."""
    return next((str(path) for path in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


def data_folder(folder: Path) -> Path:
    """A new folder for the data of ``manage.py``, which finds there what it would compile for each folder anew."""
    compiled = Path(sys.pycache_prefix or settings.DATA_DIR / "pycache")
    compiled.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "pycache").exists():
        (folder / "pycache").symlink_to(compiled)
    return folder
