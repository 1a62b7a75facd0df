"""A workbook as tables of cells. Nothing here knows what the cells mean.

Read with calamine, which is ten times faster than openpyxl but unpacks whole sheets, so the file is
looked at first: what it unpacks to, and how large an area its cells span.
"""

import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

MEGABYTES = 200
MOST_CELLS = 5_000_000
LONGEST_TAG = 1024 * 1024
_ELEMENT = re.compile(rb"<(?:\w+:)?(?:c|row)[\s/>]")
_PLACE = re.compile(rb"""<(?:\w+:)?(?:c|row)\s[^>]*?\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,7})["']""")


class NotAWorkbook(Exception):
    """The file cannot be read as a workbook; the text says why."""


@dataclass(frozen=True)
class BadRow:
    """Where something is wrong, and what. Printed as ``sheet!row: reason``."""

    sheet: str
    row: int
    reason: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.row}: {self.reason}"


class BadRows(Exception):
    """Everything that is wrong with a workbook; nothing of it was taken."""

    def __init__(self, rows: list[BadRow]) -> None:
        super().__init__(f"{len(rows)} bad rows")
        self.rows = rows


# The columns that each sheet must have, found by their headings; further ones are not read.
Columns = Mapping[str, Sequence[str]]
# Rows of one sheet with their row numbers; cells in the order of the columns asked for.
Table = list[tuple[int, tuple[Any, ...]]]


def read(
    file: BinaryIO, columns: Columns, *, megabytes: int = MEGABYTES, most_cells: int = MOST_CELLS
) -> dict[str, Table]:
    """The sheets that ``columns`` names, empty rows left out.

    Raises NotAWorkbook, also for what unpacks to more than so many megabytes or spans more than so many cells, or
    BadRows for a missing sheet or column.
    """
    _look_before_unpacking(file, megabytes, most_cells)
    file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(file)
        present = [name for name in columns if name in workbook.sheet_names]
        sheets = {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in present}
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise NotAWorkbook("这个文件打不开，可能已损坏。请用 Excel 或 WPS 另存为 .xlsx 再试。") from error
    bad = [BadRow(name, 1, "缺少这张表") for name in columns if name not in sheets]
    tables = {}
    for name, rows in sheets.items():
        headings = [str(cell).strip() for cell in rows[0]] if rows else []
        missing = [column for column in columns[name] if column not in headings]
        twice = [column for column in columns[name] if headings.count(column) > 1]
        bad += [BadRow(name, 1, f"缺少“{column}”一列") for column in missing]
        bad += [BadRow(name, 1, f"“{column}”一列出现了两次") for column in twice]
        if not missing:
            places = [headings.index(column) for column in columns[name]]
            cells = ((number, tuple(row[place] for place in places)) for number, row in enumerate(rows[1:], start=2))
            tables[name] = [(number, row) for number, row in cells if any(cell not in ("", None) for cell in row)]
    if bad:
        raise BadRows(bad)
    return tables


def _look_before_unpacking(file: BinaryIO, megabytes: int, most_cells: int) -> None:
    """Refuse what is no workbook or would not fit in memory. Counts what really comes out, not what the file claims."""
    try:
        with zipfile.ZipFile(file) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise NotAWorkbook("这个文件不是 Excel 工作簿（.xlsx）。")
            unpacked = 0
            for member in archive.infolist():
                area = _Area(most_cells) if member.filename.startswith("xl/worksheets/") else None
                for chunk in _inflated(file, member):
                    unpacked += len(chunk)
                    if unpacked > megabytes * 1024 * 1024:
                        raise NotAWorkbook(f"这个文件解开后超过 {megabytes} MB，没有读取。请拆成几个文件。")
                    if area is not None:
                        area.look(chunk)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        raise NotAWorkbook("这个文件不是 Excel 工作簿（.xlsx），或者已损坏。") from error


def _inflated(file: BinaryIO, member: zipfile.ZipInfo) -> Any:
    """What a member of the archive really unpacks to, piece by piece."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
        raise NotAWorkbook("这个文件加了密码，或者用了不支持的压缩方式。")
    file.seek(member.header_offset)
    header = file.read(30)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left = member.compress_size
    inflate = zlib.decompressobj(-15)
    while left > 0 and (packed := file.read(min(left, 65_536))):
        left -= len(packed)
        if member.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        yield inflate.decompress(packed, 1 << 20)
        while inflate.unconsumed_tail:
            yield inflate.decompress(inflate.unconsumed_tail, 1 << 20)


class _Area:
    """How large a rectangle the cells of a sheet span: one cell far out makes a reader fill all up to it.

    Every row and cell must say its place, as all office software writes it; without it nothing can be told.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.tail = b""
        self.columns = self.rows = 1

    def look(self, chunk: bytes) -> None:
        content, closing, self.tail = (self.tail + chunk).rpartition(b">")
        content += closing
        if len(self.tail) > LONGEST_TAG:
            raise NotAWorkbook("这个文件已损坏：表格里有一处没有写完。")
        places = _PLACE.findall(content)
        if len(places) < len(_ELEMENT.findall(content)):
            raise NotAWorkbook("这个文件的单元格没有写明位置。请用 Excel 或 WPS 另存为 .xlsx 再试。")
        if places:
            self.rows = max(self.rows, max(int(row) for _, row in places))
            self.columns = max(self.columns, max(map(_column_number, {letters.upper() for letters, _ in places})))
        if self.rows * self.columns > self.most:
            raise NotAWorkbook("这个文件里有单元格离其他内容太远，没有读取。请删去表格以外的内容。")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
