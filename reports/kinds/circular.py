"""The circular (通报): totals in prose, and as annexes the table, the adopted titles and what is wanted next."""

from itertools import groupby
from typing import NamedTuple

from reports.document import Block, Document, Heading, Paragraph, Part, legible
from reports.kinds import prose
from reports.kinds.figures import Adopted, Figures, gather
from reports.kinds.tables import notes, standings_table
from submissions.models import Period

TITLE_LINE = 20  # characters of a title that fit on a line of the page
DIGITS = "零一二三四五六七八九"


class Annex(NamedTuple):
    """``mention`` is what the text says it shows."""

    title: str
    mention: str
    blocks: list[Block]


def build(period: Period) -> Document:
    """The circular of a period. Made from an open one, it says so. Raises Refused where there is no scheme."""
    figures = gather(period)
    annexes = _annexes(figures)
    draft = not figures.table.closed
    body: list[Block] = [Paragraph(figures.issuer, "head")]
    if draft:
        body.append(Paragraph("数据未封存，仅供核对", "flag"))
    what = "政务信息报送和采用情况的通报"
    body.append(Paragraph(_two_lines(f"关于{period.name}", what), "title"))
    if addressee := figures.letterhead.addressee.strip().rstrip("：:"):
        body.append(Paragraph(f"{addressee}：", "flush"))
    body += [Paragraph(text) for text in prose.paragraphs(figures)]
    body.append(Paragraph("".join(f"{annex.mention}见附件{i}。" for i, annex in enumerate(annexes, start=1))))
    if contact := figures.letterhead.contact.strip():
        body.append(Paragraph(f"联系方式：{contact.rstrip('。')}。"))
    titles = "\n".join(f"{i}.{legible(annex.title)}" for i, annex in enumerate(annexes, start=1))
    body.append(Paragraph(f"附件：{titles}", "annex_list"))
    body.append(Paragraph(f"{figures.issuer}\n（成文日期印发时填写）", "sign"))
    parts = [Part("通报", tuple(body))]
    for i, annex in enumerate(annexes, start=1):
        head = (Paragraph(f"附件{i}", "annex_mark"), Paragraph(annex.title, "annex_title"))
        parts.append(Part(f"附件{i}", (*head, *annex.blocks)))
    return Document(f"关于{period.name}{what}", tuple(parts), summary=figures.summary, draft=draft)


def _annexes(figures: Figures) -> list[Annex]:
    """The annexes there is something for, in the order of their numbers."""
    period, upcoming = figures.period, figures.next_period
    table: list[Block] = [standings_table(figures, grouped=True), Paragraph("注：", "note")]
    table += [Paragraph(text, "note") for text in notes(figures)]
    annexes = [Annex(f"{period.name}信息报送及采用情况统计表", "各单位情况", table)]
    if figures.adopted:
        annexes.append(Annex(f"{period.name}被采用信息篇目", "被采用信息的篇目", _titles(figures.adopted)))
    if upcoming and figures.priorities:
        wanted: list[Block] = [Paragraph(f"{i}.{name}") for i, name in enumerate(figures.priorities, start=1)]
        annexes.append(Annex(f"{upcoming.name}信息报送要点", f"{upcoming.name}的报送要点", wanted))
    return annexes


def _titles(adopted: list[Adopted]) -> list[Block]:
    """By channel and group; the numbers run through, so that the last is how many there are."""
    blocks: list[Block] = []
    number = 0
    for i, (channel, in_channel) in enumerate(groupby(adopted, lambda row: row.channel), start=1):
        blocks.append(Heading(f"{chinese(i)}、{channel}"))
        for j, (group, rows) in enumerate(groupby(in_channel, lambda row: row.group), start=1):
            if group:
                blocks.append(Heading(f"（{chinese(j)}）{group}", 2))
            for row in rows:
                number += 1
                blocks.append(Paragraph(f"{number}.{row.title}（{row.units}）"))
    return blocks


def chinese(n: int) -> str:
    """A number from 1 to 99 as headings write it: 十二."""
    tens, ones = divmod(n, 10)
    return ("" if tens < 2 else DIGITS[tens]) + ("十" if tens else "") + (DIGITS[ones] if ones else "")


def _two_lines(first: str, second: str) -> str:
    """A title too long for one line breaks between its two halves and not within a word."""
    return f"{first}\n{second}" if len(first + second) > TITLE_LINE else first + second
