"""What the units did that a commission asked, as a workbook: a row a unit, by group, in printed order."""

import datetime

from django.utils import timezone

from reports.document import Column, Document, GroupRow, Paragraph, Part, Row, Table, shown
from submissions.commissions import CHIPS, Asked, Replies
from submissions.models import Commission

COLUMNS = {"单位": 18, "状态": 8, "逾期": 5, "时间": 10, "谁": 8, "理由": 24, "稿件编号": 10, "稿件": 30}


def table(commission: Commission, replies: Replies, chip: str) -> Document:
    """The units behind one of the chips of its page."""
    rows: list[Row | GroupRow] = []
    for name, units in replies.grouped(chip):
        rows += [GroupRow(f"{name}　{len(units)}个"), *map(_row, units)]
    told = f"{shown(commission.due_on)}交稿，{CHIPS[chip]} {len(replies.of(chip))} 个单位"
    columns = tuple(Column(heading, width) for heading, width in COLUMNS.items())
    body = (Paragraph(commission.title, "head"), Paragraph(told, "note"), Table(columns, tuple(rows), listing=True))
    return Document(commission.title, (Part("约稿", body),))


def _row(one: Asked) -> Row:
    row = one.row
    answered = (row.item.number, row.item.title) if row.item and row.answered else ("", "")
    since = row.stood_since
    day = timezone.localdate(since) if isinstance(since, datetime.datetime) else since
    overdue = "逾期" if row.overdue else "晚交" if row.answered_late else ""
    return Row((one.name, row.standing_label, overdue, day, str(row.who or ""), row.decline_reason, *answered))
