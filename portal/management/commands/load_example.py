"""``manage.py load_example NAME`` (DESIGN 9.3)."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.offices import DEMONSTRATION_ACCOUNTS, EXAMPLES, load_example


class Command(BaseCommand):
    help = "载入一个示例和它的账号；再载入一次什么也不改"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        known = sorted(path.parent.name for path in EXAMPLES.glob("*/office.json"))
        if name not in known:
            raise CommandError(f"没有叫“{name}”的示例，现有：{'、'.join(known)}。")
        password = settings.DEMO_PASSWORD or secrets.token_urlsafe(9)
        try:
            loaded, told = load_example(name, password)
        except ValueError as error:
            raise CommandError(f"{error}。") from error
        for sentence in told:
            self.stdout.write(sentence)
        if loaded and not settings.DEMO_PASSWORD:
            self.stdout.write(f"账号 {'、'.join(DEMONSTRATION_ACCOUNTS)} 的密码：{password}（只显示这一次）")
