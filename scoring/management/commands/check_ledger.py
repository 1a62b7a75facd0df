"""``manage.py check_ledger`` (DESIGN 9.8): a recount of every office that writes nothing."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from scoring import ledger
from scoring.closing import is_intact
from scoring.counting import Entry
from scoring.models import Rule, ScoreEntry
from submissions.exact import plain
from submissions.models import Item, Period
from units.models import Office, Unit


class Command(BaseCommand):
    help = "把每个收稿单位的得分重算一遍，与明细核对"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="核对出的差异改正过来（已封存的从不改）")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        wrong = 0
        for office in Office.objects.order_by("code"):
            with transaction.atomic():  # held, so that nobody decides between two of its readings
                Office.objects.hold_still(office.pk)
                wrong += self._check(office)
                if repair:
                    ledger.recount_office(office)
        self.stdout.write(f"{ScoreEntry.objects.count()} entries, {wrong} differences")
        if wrong:
            raise CommandError("明细与事实不符，见上。")

    def _check(self, office: Office) -> int:
        """Print what is wrong with an office's books, a line each; how many lines."""
        told = []
        for difference in ledger.differences(office):
            told += [f"多出 {_told(entry)}" for entry in difference.superfluous.values()]
            told += [f"缺少 {_told(entry)}" for entry in difference.missing]
        for period in Period.objects.filter(office=office).select_related("office").closed():
            if not is_intact(period):
                told.append(f"{period.name}的封存结果与明细或摘要不符")
        for line in told:
            self.stdout.write(f"{office.code}: {line}")
        return len(told)


def _told(entry: Entry) -> str:
    unit, item, rule = (
        Unit.objects.get(pk=entry.unit),
        Item.objects.get(pk=entry.item),
        Rule.objects.get(pk=entry.rule),
    )
    return f"{entry.posted_on} {unit} “{item}” {rule} {plain(entry.count)} 条 {plain(entry.points)} 分"
