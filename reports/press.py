"""The press: a report is built once and each of its formats printed, whole or not at all."""

import re
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from reports.document import Document
from reports.kinds import KINDS
from reports.writers import WRITERS
from submissions.models import Period
from submissions.moves import Refused

UNFIT_FOR_A_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class Printed:
    """What was said, and the files by format."""

    document: Document
    files: dict[str, Path]


def print_files(kind: str, period: Period, folder: Path, stem: str) -> Printed:
    """Build the report and write each of its formats to ``folder/stem.format``. Raises Refused or OSError."""
    if kind not in KINDS:
        raise Refused(f"没有“{kind}”这种报表。")
    document = KINDS[kind].build(period)
    folder.mkdir(parents=True, exist_ok=True)
    return Printed(document, {form: _print(document, form, folder / f"{stem}.{form}") for form in KINDS[kind].formats})


def name_of(kind: str, period: Period) -> str:
    """What a file of this report is called, without its ending: 2020年第一季度通报."""
    return UNFIT_FOR_A_NAME.sub("_", f"{period.name}{KINDS[kind].label}")[:80]


def _print(document: Document, form: str, path: Path) -> Path:
    """Write beside the place and rename: whoever looks sees the old file or the new, never half of one."""
    unfinished = path.with_name(f".{uuid4().hex}.{form}")
    try:
        WRITERS[form](document, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
