"""``manage.py standings --office CODE --period NAME --format json`` (DESIGN 9.6)."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from scoring.standings import as_json, standings
from submissions.commands import find_period


class Command(BaseCommand):
    help = "印出一个报送期的得分和排名"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--office", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, metavar="NAME")
        parser.add_argument("--format", choices=["json"], default="json")

    def handle(self, *args: Any, office: str, period: str, **options: Any) -> None:
        table = standings(find_period(office, period))
        self.stdout.write(json.dumps(as_json(table), ensure_ascii=False, indent=2))
