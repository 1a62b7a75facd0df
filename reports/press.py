"""The press: a report is built once and each of its formats printed, whole or not at all."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reports.document import Document
from reports.formats import LABELS
from reports.kinds import KINDS, Issue, kind_of
from reports.progress import Progress
from reports.writers import WRITERS, pdf
from submissions.models import Period
from units.verdicts import Refused

UNFIT_FOR_A_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
READING = "取数、核对"

# Called with a step's name, rows done and rows in all; may raise to give the work up.
Watch = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Printed:
    """What was said, the files by format, and why a format that belongs to the report is missing."""

    document: Document
    files: dict[str, Path]
    left_out: list[str] = field(default_factory=list)


def unwatched(step: str, done: int, total: int) -> None:
    """For printing that nobody watches."""


def formats(kind: str) -> tuple[str, ...]:
    """The formats that this machine can write: PDF takes LibreOffice."""
    return tuple(form for form in kind_of(kind).formats if form != "pdf" or pdf.available())


def steps(kind: str) -> list[str]:
    """What printing goes through, in order, as a manager reads it."""
    return [READING, *(_step(form) for form in formats(kind))]


def print_files(
    kind: str, period: Period, folder: Path, stem: str, issue: Issue | None = None, watch: Watch = unwatched
) -> Printed:
    """Build the report and write each of its formats to ``folder/stem.format``; all appear there together, or none.

    Everything unfinished lies in one folder below ``folder``, which is gone when this returns or raises.
    Raises Refused, OSError, or what ``watch`` raises.
    """
    if kind not in KINDS:
        raise Refused(f"没有“{kind}”这种报表。")
    watch(READING, 0, 1)
    document = KINDS[kind].build(period, issue)
    if issue and (wrong := [finding.text for finding in document.findings if not finding.right]):
        raise Refused(f"核对没有通过，没有印发：{''.join(wrong)}")
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, Path] = {}
    left_out: list[str] = []
    with _workshop(folder) as workshop:
        for form in formats(kind):
            try:
                WRITERS[form](document, workshop / f"{stem}.{form}", _progress(watch, _step(form)))
            except pdf.NotConverted as error:
                left_out.append(str(error))
            else:
                made[form] = workshop / f"{stem}.{form}"
                with made[form].open("rb") as file:
                    os.fsync(file.fileno())  # what is registered must outlive a power cut
        files = {form: path.replace(folder / path.name) for form, path in made.items()}
    return Printed(document, files, left_out)


def name_of(kind: str, period: Period, number: str = "") -> str:
    """What a file is called, without its ending: 2020年第一季度通报, and of an issued one its number before that."""
    return fit_for_a_name(f"{number}{period.name}{KINDS[kind].label}")


def fit_for_a_name(text: str) -> str:
    """The text as the name of a file, without an ending."""
    name = UNFIT_FOR_A_NAME.sub("_", text)
    return name.encode()[:200].decode(errors="ignore")  # file systems count bytes


def sha256_of(path: Path) -> str:
    """The digest under which a file is registered, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder for one printing. What libraries put into temporary files goes there too, and with it.

    ``tempfile.tempdir`` is the whole process's; a worker's child prints one report at a time.
    """
    workshop = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))
    before, tempfile.tempdir = tempfile.tempdir, str(workshop)
    try:
        yield workshop
    finally:
        tempfile.tempdir = before
        shutil.rmtree(workshop, ignore_errors=True)


def _step(form: str) -> str:
    return {"html": "写网页", "pdf": "转 PDF"}.get(form, f"写 {LABELS[form]}")


def _progress(watch: Watch, step: str) -> Progress:
    watch(step, 0, 1)
    return lambda done, total: watch(step, done, total)
