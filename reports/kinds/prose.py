"""The circular's sentences. A figure is followed by 条, 分 or 家, also where it is 0, and leads to what it counts."""

from collections.abc import Callable, Iterable

from reports.document import Figure
from reports.kinds.figures import Figures
from scoring.models import Measure
from scoring.standings import Group, Line, Standings
from submissions.exact import plain

MOST_NAMED = 12  # silent units that the text names; more are listed below the table
MOST_LISTED = 200  # ... and of still more the table itself tells

Words = list[str | Figure]


def paragraphs(figures: Figures) -> list[Words]:
    """What came in, what was adopted, who scored how much, and what of it corrects earlier periods."""
    told = (_received(figures), _adopted(figures), _scores(figures), _corrections(figures))
    return [words for words in told if words]


def _received(figures: Figures) -> Words:
    table = figures.table
    submitted, theme = _places(table, Measure.SUBMITTED), _places(table, Measure.THEME)
    if not submitted:
        return []
    words: Words = [f"{figures.period.name}，{figures.issuer}共收到有效信息"]
    words.append(figures.items(table.items, measure=Measure.SUBMITTED))
    if theme:
        words += ["，其中主题信息", figures.items(_sum(table.counts, theme), measure=Measure.THEME)]
    words += [_compared(figures, lambda before: before.items, table.items), "。"]
    items = items_places(table)
    if len(table.groups) > 1 and _sum(table.counts, items) == table.items:
        words += [*_each_group(table, lambda group: _items_of(figures, group, items, theme)), "。"]
    return [*words, *_silent(figures)]


def _items_of(figures: Figures, group: Group, items: list[int], theme: list[int]) -> Words:
    words: Words = [group.name, figures.items(_sum(group.counts, items), measure=Measure.SUBMITTED, group=group.name)]
    if theme:
        count = figures.items(_sum(group.counts, theme), measure=Measure.THEME, group=group.name)
        words += ["（主题信息", count, "）"]
    return words


def _silent(figures: Figures) -> Words:
    """Who sent nothing: named where they are few, else below the table."""
    silent = silent_units(figures.table)
    number = sum(len(names) for _, names in silent)
    if not number:
        return ["各单位都报送了有效信息。"]
    # The page lists who sent nothing and was not adopted either: the same units nearly always, else no link.
    same = number == sum(line.silent for line in figures.table.lines)
    words: Words = ["没有报送有效信息的单位有"]
    words.append(Figure(f"{number}家", figures.standings(only="silent") if same else ""))
    if number > MOST_NAMED:
        return [*words, "，名单附在统计表后。" if number <= MOST_LISTED else "。"]
    return [*words, f"：{'、'.join(name for _, names in silent for name in names)}。"]


def silent_units(table: Standings) -> list[tuple[str, list[str]]]:
    """The units without a valid item, by group."""
    items = [*_places(table, Measure.SUBMITTED), *_places(table, Measure.THEME)]
    by_group = (
        (g.name, [line.name for line in g.lines if not any(line.counts[i] > 0 for i in items)]) for g in table.groups
    )
    return [(group, names) for group, names in by_group if names]


def _adopted(figures: Figures) -> Words:
    table = figures.table
    places = _places(table, Measure.ADOPTION)
    if not places:
        return []
    total = _sum(table.counts, places)
    words: Words = ["信息被采用", figures.items(total, measure=Measure.ADOPTION)]
    if sum(1 for i in places if table.counts[i]) > 1:
        words += _among_groups(figures, places, measure=Measure.ADOPTION)
    before = _compared(figures, lambda before: _sum(before.counts, _places(before, Measure.ADOPTION)), total)
    words += [before, "。分项看，"]
    columns = []
    for i in places:
        key, label = table.columns[i].key, table.columns[i].label
        count = figures.items(table.counts[i], column=key)
        columns.append([label, count, *_among_groups(figures, [i], column=key)])
    return [*words, *_joined(columns, "；"), "。"]


def _among_groups(figures: Figures, places: list[int], **which: str) -> Words:
    """Which group has how many, where there is more than one group and anything to divide."""
    table = figures.table
    if len(table.groups) < 2 or not any(_sum(line.counts, places) for line in table.lines):
        return []

    def of_group(group: Group) -> Words:
        return [group.name, figures.items(_sum(group.counts, places), group=group.name, **which)]

    return ["（", *_each_group(table, of_group, "、"), "）"]


def _scores(figures: Figures) -> Words:
    table = figures.table
    words: Words = [f"{sum(1 for _ in table.lines)}家单位得分合计"]
    words += [figures.score(table.score), _compared(figures, lambda before: before.score, table.score, "分")]
    if len(table.groups) > 1:
        words.append("，其中")
        words += _each_group(table, lambda group: [group.name, figures.score(group.score, group=group.name)], "、")
    words.append("。")
    for group in table.groups:
        words += _best(figures, group)
    return words


def _corrections(figures: Figures) -> Words:
    """What was changed after an earlier period was closed: it lowers or raises the figures above."""
    return [
        f"以上数字包括{late.period}封存以后的变动{late.entries}项，合计{plain(late.points)}分。"
        for late in figures.corrections
    ]


def _best(figures: Figures, group: Group) -> Words:
    """Who leads a group, everybody who shares the first rank; nothing where nobody has a point."""
    first: list[Line] = [line for line in group.lines if line.rank == 1 and line.score > 0]
    if not first:
        return []
    names = "、".join(line.name for line in first)
    score = Figure(f"{plain(first[0].score)}分", figures.standings(unit=first[0].unit))
    return [f"{group.name}中得分最高的是{names}，{'均为' if len(first) > 1 else ''}", score, "。"]


def _compared(figures: Figures, figure_of: Callable[[Standings], int], now: int, unit: str = "条") -> str:
    """How many more or fewer than in the period before, where there is one with anything in it."""
    if figures.before is None:
        return ""
    more = now - figure_of(figures.before)
    name = figures.before.period.name
    if not more:
        return f"，与{name}持平"
    return f"，比{name}{'增加' if more > 0 else '减少'}{plain(abs(more))}{unit}"


def _each_group(table: Standings, say: Callable[[Group], Words], between: str = "，") -> Words:
    return _joined([say(group) for group in table.groups], between)


def _joined(pieces: Iterable[Words], between: str) -> Words:
    words: Words = []
    for piece in pieces:
        words += [between, *piece] if words else piece
    return words


def items_places(table: Standings) -> list[int]:
    """The columns whose sum is the number of valid items: a theme item stands in both, unless the scheme says not."""
    submitted = _places(table, Measure.SUBMITTED)
    alone = table.scheme is not None and not table.scheme.theme_items_also_count_as_submitted
    return [*submitted, *_places(table, Measure.THEME)] if alone else submitted


def _places(table: Standings, measure: Measure) -> list[int]:
    return [i for i, column in enumerate(table.columns) if column.measure == measure]


def _sum(counts: list[int], places: list[int]) -> int:
    return sum(counts[i] for i in places)
