"""``manage.py add_account USERNAME --name NAME --office CODE --role ROLE [--unit NAME]``: somebody who may sign in."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from submissions.commands import find_office
from units import accounts
from units.models import Role, RosterLine
from units.verdicts import Refused


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
        found = find_office(office)
        place = found.unit
        if role in (Role.OFFICER, Role.SIGNER):
            lines = RosterLine.objects.current().filter(office__code=office, name=unit or "")
            line = lines.select_related("unit").first()
            if line is None:
                raise CommandError(f"名册里没有“{unit or ''}”。信息员和签发人要用 --unit 写明单位。")
            place = line.unit
        try:
            account = accounts.create(found, None, username, name, "", place, role)
        except Refused as error:
            raise CommandError(str(error)) from error
        password = secrets.token_urlsafe(12)
        account.set_password(password)
        account.save()
        self.stdout.write(f"已建立账号 {account.username}，密码：{password}（只显示这一次）")
