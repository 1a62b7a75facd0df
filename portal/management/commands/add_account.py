"""``manage.py add_account USERNAME --name NAME --office CODE --role ROLE [--unit NAME]``: somebody who may sign in."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from submissions.commands import find_office
from units.models import Account, Membership, Role, RosterLine


class Command(BaseCommand):
    help = "建立一个账号，印出一次它的密码；信息员和签发人要写单位"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True)
        parser.add_argument("--office", required=True, metavar="CODE")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--unit", metavar="NAME")

    @transaction.atomic
    def handle(self, *args: Any, username: str, name: str, office: str, role: str, unit: str, **options: Any) -> None:
        place = find_office(office).unit
        if role in (Role.OFFICER, Role.SIGNER):
            lines = RosterLine.objects.current().filter(office__code=office, name=unit or "")
            line = lines.select_related("unit").first()
            if line is None:
                raise CommandError(f"名册里没有“{unit or ''}”。信息员和签发人要用 --unit 写明单位。")
            place = line.unit
        if Account.objects.filter(username=username).exists():
            raise CommandError(f"已经有账号“{username}”。")
        password = secrets.token_urlsafe(12)
        account = Account.objects.create_user(username, password, name=name)
        Membership.objects.create(account=account, unit=place, role=role)
        self.stdout.write(f"已建立账号 {username}，密码：{password}（只显示这一次）")
