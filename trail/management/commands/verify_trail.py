"""``manage.py verify_trail [--noted FILE]``: whether the audit trail is as it was written."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trail import seals
from trail.models import TrailEntry
from trail.seals import Head, heads, read_heads, verify


class Command(BaseCommand):
    help = "核对审计记录：被改、被删、被插入的，逐条指出；最后印出每条链的末尾，抄下来另外保存，下次用 --noted 核对"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--noted", type=Path, metavar="FILE", help="以前记下的链的末尾")

    def handle(self, *args: Any, noted: Path | None, **options: Any) -> None:
        wrong = 0
        for finding in verify(_noted(noted)):
            wrong += 1
            about = f" entry {finding.entry}" if finding.entry else ""
            self.stdout.write(f"{finding.office or '-'}{about}: {finding.said}")
        for head in heads():
            self.stdout.write(f"head {head.office or '-'} {head.position} {head.digest}")
        self.stdout.write(f"{TrailEntry.objects.count()} entries, {wrong} findings")
        if wrong:
            raise CommandError("审计记录与写入时不符，见上。")


def _noted(path: Path | None) -> Iterator[Head]:
    """What was written down by hand, and what a worker writes down each day. Raises CommandError."""
    for file in filter(None, (path, seals.NOTES if seals.NOTES.exists() else None)):
        try:
            yield from read_heads(file)
        except (OSError, ValueError) as error:
            raise CommandError(f"读不懂 {file}：{error}") from error
