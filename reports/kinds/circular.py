"""The circular (通报): totals in prose, and as annexes the table, the adopted titles and what is wanted next."""

import datetime
from itertools import groupby
from typing import NamedTuple

from reports.document import Block, Document, Heading, Imprint, Paragraph, Part, Signature, Title, legible
from reports.kinds import findings, prose
from reports.kinds.figures import Adopted, Figures, gather
from reports.kinds.tables import notes, standings_table
from reports.models import Head
from submissions.models import Period

DIGITS = "零一二三四五六七八九"
# More addressees than this leave no room for text on the first page; GB/T 9704-2012 then moves them to the imprint.
MOST_ADDRESSED = 28 * 6


class Issue(NamedTuple):
    """What is typed in when a circular is issued. ``corrects`` is the number of the one that it takes the place of."""

    number: str
    issued_on: datetime.date
    signature: str
    printed_on: datetime.date
    corrects: str = ""


class Annex(NamedTuple):
    """``mention`` is what the text says it shows."""

    title: Title
    mention: str
    blocks: list[Block]


def build(period: Period, issue: Issue | None = None) -> Document:
    """The circular of a period. Made from an open one, it says so. Raises Refused where there is no scheme."""
    figures = gather(period)
    annexes = _annexes(figures)
    title = Title(("关于", period.name, "政务信息", "报送和", "采用情况的", "通报"))
    body: list[Block] = [*_head(figures, issue), title, *_text(figures, annexes, issue)]
    titles = "\n".join(f"{i}.{legible(annex.title.text)}" for i, annex in enumerate(annexes, start=1))
    body.append(Paragraph(f"附件：{titles}", "annex_list"))
    body.append(_signature(figures, issue))
    parts = [Part("通报", tuple(body))]
    for i, annex in enumerate(annexes, start=1):
        parts.append(Part(f"附件{i}", (Paragraph(f"附件{i}", "annex_mark"), annex.title, *annex.blocks)))
    last = parts[-1]
    parts[-1] = Part(last.name, (*last.blocks, _imprint(figures, issue)))
    found = findings.of_circular(figures, tuple(parts))
    return Document(title.text, tuple(parts), figures.summary, draft=not figures.table.closed, findings=found)


def _head(figures: Figures, issue: Issue | None) -> list[Block]:
    head: list[Block] = []
    if figures.letterhead.head != Head.NONE:
        drawn = figures.letterhead.head == Head.DRAWN
        number = issue.number if issue else "（文号印发时填写）"
        head.append(Paragraph(figures.issuer, "head") if drawn else Paragraph("", "head_space"))
        head.append(Paragraph(number, "number" if drawn else "number_plain"))
    elif issue:
        head.append(Paragraph(issue.number, "number_plain"))
    if not figures.table.closed:
        head.append(Paragraph("数据未封存，仅供核对", "flag"))
    return head


def _text(figures: Figures, annexes: list[Annex], issue: Issue | None) -> list[Block]:
    text: list[Block] = []
    if figures.addressee and len(figures.addressee) <= MOST_ADDRESSED:
        text.append(Paragraph(f"{figures.addressee}：", "flush"))
    if issue and issue.corrects:
        text.append(Paragraph(f"本通报更正{issue.corrects}，以本通报为准。"))
    text += [Paragraph(tuple(sentences)) for sentences in prose.paragraphs(figures)]
    text.append(Paragraph("".join(f"{annex.mention}见附件{i}。" for i, annex in enumerate(annexes, start=1))))
    if contact := figures.letterhead.contact.strip():
        text.append(Paragraph(f"联系方式：{contact.rstrip('。')}。"))
    return text


def _signature(figures: Figures, issue: Issue | None) -> Signature:
    if issue is None:
        return Signature(figures.issuer, "（成文日期印发时填写）", figures.letterhead.sealed)
    return Signature(issue.signature, _day(issue.issued_on), figures.letterhead.sealed)


def _imprint(figures: Figures, issue: Issue | None) -> Imprint:
    lines = []
    if len(figures.addressee) > MOST_ADDRESSED:
        lines.append(f"主送：{figures.addressee}。")
    if copied := figures.letterhead.copied_to.strip().rstrip("。"):
        lines.append(f"抄送：{copied}。")
    printed_by = figures.letterhead.printed_by or figures.issuer
    return Imprint(tuple(lines), printed_by, f"{_day(issue.printed_on)}印发" if issue else "（印发日期印发时填写）")


def _annexes(figures: Figures) -> list[Annex]:
    """The annexes there is something for, in the order of their numbers."""
    period, upcoming = figures.period, figures.next_period
    table: list[Block] = [standings_table(figures), Paragraph("注：", "note")]
    table += [Paragraph(text, "note") for text in notes(figures)]
    annexes = [Annex(Title((period.name, "信息报送", "及采用情况", "统计表"), "annex_title"), "各单位情况", table)]
    if figures.adopted:
        title = Title((period.name, "被采用信息", "篇目"), "annex_title")
        annexes.append(Annex(title, "被采用信息的篇目", _titles(figures.adopted)))
    if upcoming and figures.priorities:
        wanted: list[Block] = [Paragraph(f"{i}.{name}") for i, name in enumerate(figures.priorities, start=1)]
        title = Title((upcoming.name, "信息报送", "要点"), "annex_title")
        annexes.append(Annex(title, f"{upcoming.name}的报送要点", wanted))
    return annexes


def _titles(adopted: list[Adopted]) -> list[Block]:
    """By group, with unit and channel; the numbers run through, so that the last is how many there are."""
    blocks: list[Block] = []
    number = 0
    for i, (group, rows) in enumerate(groupby(adopted, lambda row: row.group), start=1):
        blocks.append(Heading(f"{chinese(i)}、{group}"))
        for row in rows:
            number += 1
            blocks.append(Paragraph(f"{number}.{row.title}（{row.units}，{row.channel}）"))
    return blocks


def chinese(n: int) -> str:
    """A number as headings write it: 十二; beyond 99 in digits."""
    if n > 99:
        return str(n)
    tens, ones = divmod(n, 10)
    return ("" if tens < 2 else DIGITS[tens]) + ("十" if tens else "") + (DIGITS[ones] if ones else "")


def _day(day: datetime.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
