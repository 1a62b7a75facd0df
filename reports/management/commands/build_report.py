"""``manage.py build_report KIND --office CODE --period NAME --out DIR``: what the web's job makes, into a folder."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports import press
from reports.kinds import KINDS
from submissions.commands import find_period
from units.verdicts import Refused


class Command(BaseCommand):
    help = "Write a report of a period in its formats and print the paths, one a line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", metavar="KIND", help=" or ".join(KINDS))
        parser.add_argument("--office", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, metavar="NAME")
        parser.add_argument("--out", required=True, type=Path, metavar="DIR")

    def handle(self, *args: Any, kind: str, office: str, period: str, out: Path, **options: Any) -> None:
        if kind not in KINDS:
            raise CommandError(f"没有“{kind}”这种报表；可以生成的有：{'、'.join(KINDS)}。")
        found = find_period(office, period)
        try:
            printed = press.print_files(kind, found, out, press.name_of(kind, found))
        except Refused as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"文件写不进{out}：{error.strerror}。") from error
        for sentence in printed.left_out:
            self.stderr.write(sentence)
        for path in printed.files.values():
            self.stdout.write(str(path))
