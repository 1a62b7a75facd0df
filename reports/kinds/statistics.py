"""The statistics (统计表): the period's table as a workbook, and the adopted titles on a sheet of their own."""

from reports.document import Block, Document, Paragraph, Part
from reports.kinds.figures import gather
from reports.kinds.tables import adopted_table, notes, standings_table
from submissions.models import Period


def build(period: Period) -> Document:
    """The statistics of a period. Made from an open one, they say so. Raises Refused where there is no scheme."""
    figures = gather(period)
    draft = not figures.table.closed
    flag: list[Block] = [Paragraph("数据未封存，仅供核对", "flag")] if draft else []
    title = f"{period.name}信息报送及采用情况统计表"
    table: list[Block] = [Paragraph(title, "annex_title"), *flag, standings_table(figures, total=True)]
    table += [Paragraph("注：", "note"), *(Paragraph(text, "note") for text in notes(figures))]
    titles: list[Block] = [Paragraph(f"{period.name}被采用信息篇目", "annex_title"), *flag]
    titles.append(adopted_table(figures.adopted))
    parts = (Part("统计表", tuple(table)), Part("采用篇目", tuple(titles)))
    return Document(title, parts, summary=figures.summary, draft=draft)
