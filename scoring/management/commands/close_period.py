"""``manage.py close_period --office CODE --period NAME`` (DESIGN 9.8)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scoring.closing import close
from submissions.commands import find_period
from submissions.models import Item
from units.verdicts import Refused, TooLate


class Command(BaseCommand):
    help = "封存一个报送期"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--office", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, metavar="NAME")

    def handle(self, *args: Any, office: str, period: str, **options: Any) -> None:
        found = find_period(office, period)
        try:
            result = close(found, by=None)
        except (Refused, TooLate) as error:
            raise CommandError(str(error)) from error
        if waiting := Item.objects.filter(office=found.office).received_in(found).awaiting_decision().count():
            self.stderr.write(f"还有 {waiting} 条待审；以后认定的，计入其后的报送期。")
        self.stdout.write(f"{found.name}已封存，摘要 {result.digest}。")
