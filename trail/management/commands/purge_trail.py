"""``manage.py purge_trail --days N``: remove the oldest part of the audit trail."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trail.seals import KEPT_DAYS, purge


class Command(BaseCommand):
    help = f"清理多少天以前的审计记录（至少保留{KEPT_DAYS}天）；清理本身也记入审计"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, required=True, metavar="N")

    def handle(self, *args: Any, days: int, **options: Any) -> None:
        try:
            removed = purge(days)
        except ValueError as error:
            raise CommandError(f"{error}。") from error
        self.stdout.write(f"清理了 {removed} 条。")
