"""The statistics (统计表): the period's table as a workbook, and on further sheets what stands behind it."""

from django.db import transaction

from reports.document import Block, Document, Paragraph, Part, Table, Title
from reports.kinds import findings
from reports.kinds.circular import Issue
from reports.kinds.details import channels_table, entries_table, themes_table
from reports.kinds.figures import gather
from reports.kinds.tables import adopted_table, notes, standings_table
from submissions.models import Period


@transaction.atomic
def build(period: Period, issue: Issue | None = None) -> Document:
    """The statistics of a period. Made from an open one, they say so. Raises Refused where there is no scheme.

    Figures and entries are read at one moment: ``gather`` holds the books until this transaction ends.
    """
    figures = gather(period)
    draft = not figures.table.closed
    flag: list[Block] = [Paragraph("数据未封存，仅供核对", "flag")] if draft else []

    def sheet(name: str, title: str, table: Table, *below: Block) -> Part:
        return Part(name, (Title((period.name, title), "annex_title"), *flag, table, *below))

    remarks = [Paragraph(text, "note") for text in notes(figures)]
    several = Paragraph("注：一条信息有几个主题的，在每个主题下各计一次。", "note")
    parts = (
        sheet(
            "统计表",
            "信息报送及采用情况统计表",
            standings_table(figures, total=True),
            Paragraph("注：", "note"),
            *remarks,
        ),
        sheet("得分明细", "得分明细", entries_table(figures)),
        sheet("采用篇目", "被采用信息篇目", adopted_table(figures.adopted)),
        sheet("按主题", "主题信息统计", themes_table(figures), several),
        sheet("按渠道", "采用渠道统计", channels_table(figures)),
    )
    title = f"{period.name}信息报送及采用情况统计表"
    return Document(title, parts, figures.summary, draft, findings.of_figures(figures))
