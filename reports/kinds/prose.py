"""The circular's sentences. Every figure is followed by 条, 分 or 家, also where it is 0."""

from collections.abc import Callable

from reports.kinds.figures import Figures
from scoring.models import Measure
from scoring.standings import Group, Line, Standings
from submissions.exact import plain


def paragraphs(figures: Figures) -> list[str]:
    """What came in, what was adopted, who scored how much."""
    return [text for text in (_received(figures), _adopted(figures), _scores(figures)) if text]


def _received(figures: Figures) -> str:
    table = figures.table
    submitted, theme = _places(table, Measure.SUBMITTED), _places(table, Measure.THEME)
    if not submitted:
        return ""
    text = f"{figures.period.name}，{figures.issuer}共收到有效信息{plain(table.items)}条"
    if theme:
        text += f"，其中主题信息{plain(_sum(table.counts, theme))}条"
    text += "。"
    # A theme item stands in both columns, unless the scheme says otherwise.
    alone = table.scheme is not None and not table.scheme.theme_items_also_count_as_submitted
    items = [*submitted, *theme] if alone else submitted
    if len(table.groups) > 1 and _sum(table.counts, items) == table.items:
        text += _each_group(table, lambda group: _items_of(group, items, theme)) + "。"
    silent = sum(1 for line in table.lines if not _sum(line.counts, items))
    return text + (f"没有报送有效信息的单位有{silent}家。" if silent else "各单位都报送了有效信息。")


def _items_of(group: Group, items: list[int], theme: list[int]) -> str:
    text = f"{group.name}{plain(_sum(group.counts, items))}条"
    return text + (f"（主题信息{plain(_sum(group.counts, theme))}条）" if theme else "")


def _adopted(figures: Figures) -> str:
    table = figures.table
    places = _places(table, Measure.ADOPTION)
    if not places:
        return ""
    total = f"信息被采用{plain(_sum(table.counts, places))}条"
    if sum(1 for i in places if table.counts[i]) > 1:
        total += _among_groups(table, places)
    columns = (f"{table.columns[i].label}{plain(table.counts[i])}条{_among_groups(table, [i])}" for i in places)
    return f"{total}。分项看，{'；'.join(columns)}。"


def _among_groups(table: Standings, places: list[int]) -> str:
    """Which group has how many, where there is more than one group and anything to divide."""
    if len(table.groups) < 2 or not any(_sum(line.counts, places) for line in table.lines):
        return ""
    return f"（{_each_group(table, lambda group: f'{group.name}{plain(_sum(group.counts, places))}条', '、')}）"


def _scores(figures: Figures) -> str:
    table = figures.table
    text = f"{sum(1 for _ in table.lines)}家单位得分合计{plain(table.score)}分"
    if len(table.groups) > 1:
        text += f"，其中{_each_group(table, lambda group: f'{group.name}{plain(group.score)}分', '、')}"
    best = [sentence for group in table.groups if (sentence := _best(group))]
    return f"{text}。{''.join(best)}"


def _best(group: Group) -> str:
    """Who leads a group, everybody who shares the first rank; nothing where nobody has a point."""
    first: list[Line] = [line for line in group.lines if line.rank == 1 and line.score > 0]
    if not first:
        return ""
    names = "、".join(line.name for line in first)
    return f"{group.name}中得分最高的是{names}，{'均为' if len(first) > 1 else ''}{plain(first[0].score)}分。"


def _each_group(table: Standings, say: Callable[[Group], str], between: str = "，") -> str:
    return between.join(say(group) for group in table.groups)


def _places(table: Standings, measure: Measure) -> list[int]:
    return [i for i, column in enumerate(table.columns) if column.measure == measure]


def _sum(counts: list[int], places: list[int]) -> int:
    return sum(counts[i] for i in places)
