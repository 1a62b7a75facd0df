"""What a report checks before it is printed: the sums of such documents, published by hand, were often wrong."""

import re

from django.urls import reverse

from reports.document import Finding, Paragraph, Part
from reports.kinds.figures import Figures
from reports.kinds.prose import items_places
from scoring.closing import is_intact
from scoring.models import Measure
from submissions.exact import ONE, plain
from submissions.models import Item
from submissions.states import State

# Points of a joint item are rounded to a millionth for each unit; no line has ten thousand of them.
ROUNDING = 10_000


def of_figures(figures: Figures) -> tuple[Finding, ...]:
    """Whether the table agrees with what was stored, with itself, with the items and with the list of titles."""
    found = [_closed(figures), _scores(figures), _items(figures), _titles(figures)]
    return tuple(finding for finding in found if finding is not None)


def of_circular(figures: Figures, parts: tuple[Part, ...]) -> tuple[Finding, ...]:
    """The same, and whether the numbers of the annexes are those that the text names."""
    return (*of_figures(figures), _annexes(parts))


def _closed(figures: Figures) -> Finding:
    name, office = figures.period.name, figures.table.office
    if not figures.table.closed:
        return Finding(f"{name}没有封存，数字还会变；封存以后才能印发。", False, reverse("periods", args=[office.code]))
    if not is_intact(figures.period):
        return Finding(f"{name}的封存结果与明细或摘要不符，请系统管理员运行 check_ledger。", False)
    return Finding(f"{name}已封存，结果与摘要和明细一致。")


def _scores(figures: Figures) -> Finding:
    table = figures.table
    if figures.corrections or any(column.points is None for column in table.columns):
        return Finding("本期有封存以后的更正或不止一版计分办法，各行得分按每笔明细当时的分值相加。")
    prices = [column.points or 0 for column in table.columns]
    wrong = [
        line.name
        for line in table.lines
        if abs(line.score - sum(n * p for n, p in zip(line.counts, prices, strict=True)) // ONE) > ROUNDING
    ]
    if wrong:
        told = f"{len(wrong)}行的得分不等于条数乘分值之和：{'、'.join(wrong[:5])}。"
        return Finding(told, False, figures.standings())
    return Finding(f"{sum(1 for _ in table.lines)}行得分都等于条数乘分值之和，合计{plain(table.score)}分。")


def _items(figures: Figures) -> Finding:
    table, period = figures.table, figures.period
    said = f"正文的有效信息{plain(table.items)}条"
    in_table = sum(table.counts[i] for i in items_places(table))
    if figures.one_way and in_table != table.items:
        return Finding(f"{said}与统计表合计{plain(in_table)}条不一致。", False, figures.standings())
    if not figures.one_way:
        return Finding(f"{said}；本期改过主题信息的计法，按每笔明细的办法相加。")
    if table.closed or figures.corrections:
        return Finding(f"{said}与统计表合计一致。")
    valid = Item.objects.filter(office=table.office, state=State.VALID).received_in(period).count() * ONE
    if valid != table.items:
        return Finding(
            f"{said}与信息库里的{plain(valid)}条不一致。", False, figures.items(0, measure="submitted").address
        )
    return Finding(f"{said}与统计表合计、信息库都一致。")


def _titles(figures: Figures) -> Finding | None:
    table, listed = figures.table, len(figures.adopted)
    counted = sum(
        n for n, column in zip(table.counts, table.columns, strict=True) if column.measure == Measure.ADOPTION
    )
    if figures.corrections:
        return None  # a revocation of an earlier period's lowers the count and has no title here
    if counted != listed * ONE:
        told = f"被采用{plain(counted)}条与篇目{listed}条不一致。"
        return Finding(told, False, figures.items(0, measure="adoption").address)
    return Finding(f"被采用{listed}条与篇目条数一致，每条都有单位。")


def _annexes(parts: tuple[Part, ...]) -> Finding:
    """The marks 附件1, 附件2 … against the list of annexes in the body."""
    paragraphs = [block for part in parts for block in part.blocks if isinstance(block, Paragraph)]
    marks = [block.text for block in paragraphs if block.role == "annex_mark"]
    listed = next(block.text for block in paragraphs if block.role == "annex_list").count("\n") + 1
    named = re.findall(r"见(附件\d+)", "".join(block.text for block in paragraphs if block.role == "body"))
    right = marks == named == [f"附件{i}" for i in range(1, listed + 1)]
    return Finding(f"附件{listed}个，编号与正文一致。" if right else "附件的编号与正文不一致。", right)
