"""Where Debian puts the programs that some tests drive."""

import shutil


def chromium() -> str | None:
    """A real browser."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def soffice() -> str | None:
    """LibreOffice, which opens what we write."""
    return shutil.which("soffice") or shutil.which("libreoffice")
