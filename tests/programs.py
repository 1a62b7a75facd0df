"""Where Debian puts the programs that some tests drive."""

import shutil
from pathlib import Path


def chromium() -> str | None:
    """A real browser."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def soffice() -> str | None:
    """LibreOffice, which opens what we write."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def faketime() -> str | None:
    """The library that turns the clock of a process."""
    return next((str(path) for path in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
