"""The item list as a workbook: exactly what is filtered, a row an item."""

import datetime

from reports.document import Cell, Column, Document, Paragraph, Part, Row, Table
from reports.kinds.tables import number
from scoring.earned import points_by_item
from submissions.filters import ItemFilter
from submissions.models import Item
from submissions.states import State
from units.models import Account, Office

MOST = 5_000  # rows; what is longer is asked for in parts
BATCH = 500  # ids asked for in one query
COLUMNS = {
    "编号": 10,
    "报送日期": 8,
    "报送单位": 12,
    "标题": 30,
    "种类": 7,
    "状态": 6,
    "理由": 16,
    "主题": 16,
    "采用": 24,
}


def workbook(office: Office, account: Account, chosen: ItemFilter) -> Document | None:
    """The document of a filtered list; None where it has more than ``MOST`` items."""
    items = list(
        chosen.listed(MOST + 1).with_reason(account).select_related("kind").prefetch_related("shares__unit")[: MOST + 1]
    )
    if len(items) > MOST:
        return None
    points = _points(office, account, items)
    works = account.works_at(office)
    columns = [Column(name, width) for name, width in COLUMNS.items()]
    if points is not None:
        columns.append(Column("得分", 6, numeric=True))
    rows = tuple(
        Row((*_cells(item, works), *([_points_of(item, points)] if points is not None else []))) for item in items
    )
    title = f"{office.name}信息清单"
    told = Paragraph(f"{chosen.told}，{len(items)}条", "note")
    return Document(title, (Part("信息", (Paragraph(title, "head"), told, Table(tuple(columns), rows, listing=True))),))


def _points(office: Office, account: Account, items: list[Item]) -> dict[int, int] | None:
    points: dict[int, int] = {}
    for start in range(0, len(items), BATCH):
        found = points_by_item(account, office, items[start : start + BATCH])
        if found is None:
            return None
        points |= found
    return points


def _points_of(item: Item, points: dict[int, int]) -> Cell:
    """What it earned; nothing yet, rather than nothing at all, while it is not valid."""
    counts = item.state == State.VALID and not item.held
    return number(points.get(item.pk, 0)) if item.pk in points or counts else None


def _cells(item: Item, works: bool) -> tuple[Cell, ...]:
    """A row; ``works``: its reader is of the office, and is told of a decision that can still be undone."""
    shares = list(item.shares.all())
    units = "、".join(
        f"{share.unit}{f'（{share.share.normalize():f}）' if len(shares) > 1 else ''}" for share in shares
    )
    used = "；".join(
        f"{adoption.adopted_on} {adoption.channel}{f'《{adoption.title}》' if adoption.title else ''}"
        for adoption in item.live_adoptions
    )
    waits = item.held and not works
    themes = "、".join(
        f"{link.theme}{'' if link.confirmed_at and not waits else '（待确认）'}" for link in item.themes.all()
    )
    day: datetime.date | None = item.received_on
    kind = item.kind.name if item.kind else ""
    state = State.SUBMITTED if waits else State(item.state)
    return (item.number or "", day, units, item.title, kind, state.label, item.reason_shown, themes, used)
