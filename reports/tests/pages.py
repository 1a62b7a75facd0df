"""A circular as its lines of text and its table, apart from any format."""

from reports.document import Document, GroupRow, Signature, Table, shown
from reports.kinds.circular import build


def texts(quarter) -> list[str]:
    """Each paragraph, heading, title and line of the list of annexes, in order; tables and imprint left out."""
    return lines_of(build(quarter.period))


def lines_of(document: Document) -> list[str]:
    lines: list[str] = []
    for part in document.parts:
        for block in part.blocks:
            if isinstance(block, Signature):
                lines += [block.name, block.day]
            elif hasattr(block, "text"):
                lines += block.text.split("\n")
    return lines


def prose(quarter) -> str:
    """Everything before the first annex."""
    lines = texts(quarter)
    return "\n".join(lines[: lines.index("附件1")])


def grid(quarter) -> list[list[str]]:
    """The cells of the table's rows; a group's row has one."""
    blocks = [block for part in build(quarter.period).parts for block in part.blocks]
    table = next(block for block in blocks if isinstance(block, Table))
    return [[row.text] if isinstance(row, GroupRow) else [shown(cell) for cell in row.cells] for row in table.rows]
