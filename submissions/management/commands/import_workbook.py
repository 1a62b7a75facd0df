"""``manage.py import_workbook FILE.xlsx --office CODE`` (DESIGN 9.4)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from submissions.commands import find_office
from submissions.intake import take_in
from submissions.sheets import COLUMNS
from units.workbook import BadRows, NotAWorkbook, read


class Command(BaseCommand):
    help = "把一份台账工作簿导入一个收稿单位，要么全部，要么一行也不"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--office", required=True, metavar="CODE")

    def handle(self, *args: Any, file: Path, office: str, **options: Any) -> None:
        found = find_office(office)
        if not file.is_file():
            raise CommandError(f"没有这个文件：{file}")
        try:
            with file.open("rb") as content:
                tables = read(content, COLUMNS)
            new = take_in(found, tables, source=file.name)
        except PermissionError as error:
            raise CommandError(f"没有读这个文件的权限：{file}") from error
        except NotAWorkbook as error:
            raise CommandError(str(error)) from error
        except BadRows as error:
            for row in error.rows:
                self.stderr.write(str(row))
            raise CommandError(f"有 {len(error.rows)} 处要改，一行也没有导入。") from error
        told = "，".join(f"{sheet} {n}" for sheet, n in new.items() if n)
        self.stdout.write(f"已导入：{told}。" if told else "都已经有了，没有改动。")
