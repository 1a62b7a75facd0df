"""The sheets of a ledger workbook (DESIGN 9.4): their columns, and what reads each."""

from submissions.cells import shares, state
from units import cells
from units.sheets import Readers

COLUMNS = {
    "单位": ("单位名称", "类别", "排序", "简称", "参加排名"),
    "报送期": ("名称", "开始日期", "结束日期"),
    "主题": ("主题名称", "报送期", "计分"),
    "信息": ("编号", "报送单位", "标题", "报送日期", "状态", "主题"),
    "采用": ("信息编号", "渠道", "采用日期", "采用标题"),
}
READERS: Readers = {
    "单位": (cells.required(200), cells.required(100), cells.whole_number, cells.names(200), cells.yes_unless_no),
    "报送期": (cells.required(100), cells.day, cells.day),
    "主题": (cells.required(500), cells.optional(100), cells.yes_or_no),
    "信息": (cells.required(60), shares, cells.required(300), cells.day, state, cells.parts),
    "采用": (cells.required(60), cells.required(100), cells.day, cells.optional(300)),
}
