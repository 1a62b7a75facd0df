"""The rows of a workbook's sheets as values, and what is wrong with them. Nothing here asks the database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from units.cells import BadCell, as_text
from units.text import key
from units.workbook import BadRow, Columns, Table

# For each sheet what reads the cell of each column, in their order.
Readers = Mapping[str, Sequence[Callable[[Any], Any]]]


class Sheets:
    """Reads rows and collects everything that is wrong, each mistake once."""

    def __init__(self, columns: Columns, readers: Readers) -> None:
        self.columns, self.readers = columns, readers
        self.bad: list[BadRow] = []
        self.seen: dict[Any, tuple[int, Any]] = {}

    def wrong(self, sheet: str, row: int, reason: str) -> None:
        self.bad.append(BadRow(sheet, row, reason))

    def rows(self, sheet: str, table: Table, identity: int) -> Iterator[tuple[int, Any, Any]]:
        """Each row of a sheet with the key that its first ``identity`` cells make, and its values (None if one is bad).

        A key that comes twice makes the later row bad unless the rows are equal.
        """
        for row, raw in table:
            values: list[Any] = []
            good = True
            for column, reader, cell in zip(self.columns[sheet], self.readers[sheet], raw, strict=True):
                try:
                    values.append(reader(cell))
                except BadCell as error:
                    self.wrong(sheet, row, f"{column}{error}")
                    values.append(as_text(cell))
                    good = False
            mark = tuple(compared(value) for value in values[:identity])
            if not good:
                yield row, mark[0], None
                continue
            content = [compared(value) for value in values]
            first_row, first = self.seen.setdefault((sheet, mark), (row, content))
            if first is content:
                yield row, mark[0] if identity == 1 else mark, values
            elif first != content:
                self.wrong(sheet, row, f"“{values[0]}”在第 {first_row} 行已经有了，内容不同")

    def same(self, sheet: str, row: int, *pairs: tuple[str, Any, Any]) -> None:
        """Name what differs between what the office has and what the row says."""
        for column, stored, said in pairs:
            if compared(stored) != compared(said):
                self.wrong(sheet, row, f"{column}和已有的不同：已有“{shown(stored)}”，表里“{shown(said)}”")


def compared(value: Any) -> Any:
    """A value as it is compared: text by ``text.key``, several of something in whatever order they stand."""
    if isinstance(value, str):
        return key(value)
    if isinstance(value, tuple | set | frozenset):
        return frozenset(map(compared, value))
    return value


def shown(value: Any) -> str:
    """A value as the workbook would write it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, set | frozenset):
        return "、".join(sorted(value)) or "（空）"
    return str(value)
