"""``manage.py reopen_period --office CODE --period NAME --reason TEXT`` (DESIGN 9.8)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scoring.closing import reopen
from submissions.commands import find_period
from units.verdicts import Refused, TooLate


class Command(BaseCommand):
    help = "重新打开一个已封存的报送期，理由记录在案"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--office", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, metavar="NAME")
        parser.add_argument("--reason", required=True, metavar="TEXT")

    def handle(self, *args: Any, office: str, period: str, reason: str, **options: Any) -> None:
        found = find_period(office, period)
        try:
            reopen(found, by=None, reason=reason)
        except (Refused, TooLate) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{found.name}已重新打开。")
