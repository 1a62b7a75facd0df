"""``manage.py check_files [--purge]``: whether every file of an item is there and is what was added."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from submissions import files
from submissions.models import ItemFile


class Command(BaseCommand):
    help = "核对附件：逐个和记下的 SHA-256 比较，缺的、变了的、没有信息认领的逐条指出"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--purge", action="store_true", help="删去一天以前留下、没有信息认领的文件")

    def handle(self, *args: Any, purge: bool, **options: Any) -> None:
        wrong = list(files.wrong())
        orphans = list(files.orphans())
        for sentence in (*wrong, *(f"{path}: known to no item" for path in orphans)):
            self.stdout.write(sentence)
        if purge:
            files.remove(orphans)
            orphans = []
        self.stdout.write(f"{ItemFile.objects.count()} files, {len(wrong)} wrong, {len(orphans)} known to no item")
        if wrong or orphans:
            raise CommandError("附件与记下的不符，见上。")
