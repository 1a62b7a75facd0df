"""``manage.py add_office FILE.json``: found an office from its description."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from portal.offices import found_office, read_description
from scoring.schemes import BadScheme


class Command(BaseCommand):
    help = "按说明文件建立一个收稿单位（文件的样子见 examples/shanxi-2020q1/office.json）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            office = found_office(read_description(file))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise CommandError(f"读不懂 {file}：{error}") from error
        except BadScheme as error:
            raise CommandError(str(error)) from error
        except (KeyError, TypeError, ValueError) as error:
            raise CommandError(f"{file} 里缺少或写错了一项：{error}") from error
        except IntegrityError as error:
            raise CommandError("已经有这个代码的收稿单位，或者有的名称写了两次、有的值不在允许的范围里。") from error
        self.stdout.write(f"已建立{office}（{office.code}）。")
