"""Putting a scheme in force from its description: rules are data, nobody edits code to change one."""

import re
from typing import Any

from django.db import transaction
from django.db.models import Max

from scoring import ledger
from scoring.models import Measure, Rule, Scheme
from submissions.exact import from_decimal, to_decimal
from submissions.models import Channel, Period
from trail.records import record
from units.models import Account, Office

COLUMN = re.compile("[a-z][a-z0-9_]*")
TAKEN = ("items", "score")  # they stand beside the columns in the totals


class BadScheme(Exception):
    """What is wrong with a description, as a sentence."""


@transaction.atomic
def put_in_force(office: Office, description: dict[str, Any], by: Account | None = None) -> Scheme:
    """Make the next version of an office's scheme and recount what is open. Raises BadScheme.

    ``description``: ``name``, ``starts_with`` (a period's name), ``theme_items_also_count_as_submitted`` and
    ``rules``, each with ``column``, ``label``, ``measure``, ``points`` and for adoptions ``channels``.
    """
    office = Office.objects.held(office.pk)
    period = Period.objects.filter(office=office, name=description["starts_with"]).first()
    if period is None:
        raise BadScheme(f"没有“{description['starts_with']}”这个报送期。")
    if Scheme.objects.filter(office=office, starts_on__gte=period.starts_on).exists():
        raise BadScheme(f"从{period.name}或以后开始，已经有一版计分办法。")
    if Period.objects.filter(office=office, ends_on__gte=period.starts_on).closed().exists():
        raise BadScheme(f"{period.name}或以后已有封存的报送期，不能再改它的计分办法。")
    rules = description["rules"]
    measures = [rule["measure"] for rule in rules]
    if measures.count(Measure.SUBMITTED) != 1 or measures.count(Measure.THEME) > 1:
        raise BadScheme("计分办法要有一条、且只有一条“有效信息”规则（分值可以是 0），“主题信息”最多一条。")
    counts_apart = not description.get("theme_items_also_count_as_submitted", True)
    if counts_apart and Measure.THEME not in measures:
        raise BadScheme("主题信息不计入有效信息时，要有一条“主题信息”规则，否则主题信息哪里也不计。")
    last = Scheme.objects.filter(office=office).aggregate(last=Max("version"))["last"] or 0
    scheme = Scheme.objects.create(
        office=office,
        version=last + 1,
        name=description["name"],
        starts_on=period.starts_on,
        theme_items_also_count_as_submitted=not counts_apart,
    )
    for position, described in enumerate(rules):
        _add_rule(scheme, position, described)
    record("执行计分办法", by=by, office=office.code, on=scheme, after=description)
    ledger.recount_office(office)
    return scheme


def _add_rule(scheme: Scheme, position: int, described: dict[str, Any]) -> None:
    if not COLUMN.fullmatch(described["column"]) or described["column"] in TAKEN:
        raise BadScheme(f"列名“{described['column']}”只能有小写字母、数字和下划线，也不能是 items 或 score。")
    try:
        points = to_decimal(from_decimal(described["points"]))
    except ValueError as error:
        raise BadScheme(f"“{described['label']}”的分值“{described['points']}”不是数字，或小数超过六位。") from error
    rule = Rule.objects.create(
        scheme=scheme,
        column=described["column"],
        label=described["label"],
        measure=described["measure"],
        points=points,
        position=position,
    )
    wanted = set(described.get("channels", []))
    channels = list(Channel.objects.filter(office=scheme.office, name__in=wanted))
    if len(channels) < len(wanted):
        missing = wanted - {channel.name for channel in channels}
        raise BadScheme(f"“{rule.label}”里的渠道不存在：{'、'.join(sorted(missing))}。")
    rule.channels.set(channels)
