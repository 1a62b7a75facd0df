"""LibreOffice, which turns one kind of document into another: where it is, and how it is run so that it always ends."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

TOLD_EVERY = 0.3  # seconds
RESTART = 81  # LibreOffice's exit code when it has made its profile and wants to be started again
DEBIAN = Path("/usr/lib/libreoffice/program/soffice.bin")
# What a document asks for from elsewhere it does not get: no links, no macros, and a proxy that nobody answers at.
_SAFE = {
    "Common/Security/Scripting": {"BlockUntrustedRefererLinks": "true", "DisableMacrosExecution": "true"},
    "Inet/Settings": {
        "ooInetProxyType": "1",
        **{f"ooInet{kind}ProxyName": "127.0.0.1" for kind in ("HTTP", "HTTPS", "FTP")},
        **{f"ooInet{kind}ProxyPort": "9" for kind in ("HTTP", "HTTPS", "FTP")},
    },
}


class TookTooLong(Exception):
    """LibreOffice had not ended when its time was over, and was killed."""


def program() -> Path | None:
    """``soffice.bin``: the ``soffice`` that people call is a script which would outlive a kill of its own process."""
    called = shutil.which("soffice")
    places = [Path(called).resolve().with_name("soffice.bin"), DEBIAN] if called else [DEBIAN]
    return next((place for place in places if place.exists()), None)


def convert(
    source: Path,
    form: str,
    seconds: float,
    *,
    told: Callable[[], None] = lambda: None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Have LibreOffice write ``source`` in another form beside it; whether it did, the caller looks.

    Profile, home and temporary files lie in the folder of ``source``. ``told`` is called while it works, and may
    raise. However this ends, LibreOffice has ended. Raises TookTooLong, and FileNotFoundError where there is none.
    """
    found = program()
    if found is None:
        raise FileNotFoundError("soffice")
    _make_profile(source.parent)
    end = time.monotonic() + seconds
    while _run(found, source, form, end, told, environment or {}) == RESTART and time.monotonic() < end:
        continue


def _make_profile(folder: Path) -> None:
    """A profile that holds our settings alone."""
    made = folder / "profile" / "user"
    made.mkdir(parents=True, exist_ok=True)
    items = "".join(
        f'<item oor:path="/org.openoffice.{"Office." if path.startswith("Common") else ""}{path}">'
        f'<prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, values in _SAFE.items()
        for name, value in values.items()
    )
    (made / "registrymodifications.xcu").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>\n'
    )


def _run(
    found: Path, source: Path, form: str, end: float, told: Callable[[], None], environment: Mapping[str, str]
) -> int:
    """Run LibreOffice once; its exit code."""
    folder = source.parent
    process = subprocess.Popen(
        [
            *_dying_with_us(),
            str(found),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            *("--convert-to", form),
            *("--outdir", str(folder)),
            str(source),
        ],
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # one process group, to be killed as one
    )
    try:
        while not _ended(process):
            told()
            if time.monotonic() > end:
                raise TookTooLong
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
