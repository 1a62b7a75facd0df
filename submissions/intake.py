"""A ledger workbook taken into an office's books, all or nothing (DESIGN 9.4).

The sheets are gone through in the order in which they build on each other. What the office already has
may be named again if it is the same; everything wrong is collected, and one wrong row undoes all.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Max

from submissions.exact import plain
from submissions.fields import whole
from submissions.models import Adoption, Channel, Item, ItemShare, ItemTheme, Period, PeriodKind, Revision, Theme
from submissions.moves import PastAdoption, PastItem, record_past
from submissions.permissions import may_adopt
from submissions.sheets import COLUMNS, READERS
from submissions.states import State
from trail.records import record
from units.cells import BadCell, day
from units.models import Alias, Office, RosterGroup, RosterLine, Unit
from units.sheets import Sheets
from units.text import key, spellings
from units.workbook import BadRows, Table

LOOK_UP = 5_000  # keys asked for in one query


@transaction.atomic
def take_in(office: Office, tables: dict[str, Table], source: str) -> dict[str, int]:
    """Write what is new and say how many of each sheet; the same twice writes nothing. Raises BadRows.

    ``source`` stands in the items' history.
    """
    office = Office.objects.held(office.pk)
    intake = Intake(office)
    intake.take_periods(tables["报送期"])
    intake.take_units(tables["单位"], tables["信息"])
    intake.take_themes(tables["主题"])
    intake.take_items(tables["信息"], tables["采用"])
    if intake.bad:
        order = list(COLUMNS)
        raise BadRows(sorted(intake.bad, key=lambda bad: (order.index(bad.sheet), bad.row)))
    new_items = [item for item in intake.items.values() if item]
    record_past(office, new_items, intake.adoptions_of_known, source=source)
    if any(intake.new.values()):
        record("导入工作簿", office=office.code, on=office, after={"source": source, **intake.new})
    return intake.new


class Intake(Sheets):
    """One workbook on its way into one office. Names are looked up by ``text.key``.

    A name whose own row is bad is known with the value None, so that one mistake is told once.
    """

    def __init__(self, office: Office) -> None:
        super().__init__(COLUMNS, READERS)
        self.office = office
        self.new = dict.fromkeys(COLUMNS, 0)
        self.periods: dict[str, Period | None] = {key(p.name): p for p in Period.objects.filter(office=office)}
        self.units: dict[str, int | None] = {}
        self.themes: dict[tuple[str, int | None], int | None] = {}
        self.items: dict[str, PastItem | None] = {}
        self.adoptions_of_known: list[tuple[Item, PastAdoption]] = []
        self.reach: dict[datetime.date, list[Period]] = {}

    def take_periods(self, table: Table) -> None:
        self.listed: list[Period] = []
        for row, mark, values in self.rows("报送期", table, 1):
            known = self.periods.setdefault(mark, None)
            if values is None:
                continue
            name, starts_on, ends_on = values
            if known:
                self.same("报送期", row, ("开始日期", known.starts_on, starts_on), ("结束日期", known.ends_on, ends_on))
                self.listed.append(known)
                continue
            if ends_on < starts_on:
                self.wrong("报送期", row, f"结束日期 {ends_on} 早于开始日期 {starts_on}")
                continue
            kind = PeriodKind.of_length((ends_on - starts_on).days + 1)
            period = Period(office=self.office, kind=kind, name=name, starts_on=starts_on, ends_on=ends_on)
            if other := period.overlapping().first():
                self.wrong("报送期", row, f"和“{other.name}”（{other.starts_on} 至 {other.ends_on}）重叠")
                continue
            period.save()
            self.periods[mark] = period
            self.listed.append(period)
            self.new["报送期"] += 1

    def take_units(self, table: Table, items: Table) -> None:
        office = self.office
        aliases: dict[int, set[str]] = defaultdict(set)
        for name, unit_id in Alias.objects.filter(office=office).values_list("name", "unit_id"):
            aliases[unit_id].add(name)
            self.units[key(name)] = unit_id
        lines = {}
        for line in RosterLine.objects.filter(office=office).select_related("group").order_by("since", "id"):
            lines[key(line.name)] = line
            self.units[key(line.name)] = line.unit_id
        since = min((p.starts_on for p in self.listed or self._reached(items)), default=None)
        newcomers: list[tuple[Any, list[str]]] = []
        for row, mark, values in self.rows("单位", table, 1):
            if values is None:
                self.units.setdefault(mark, None)
                continue
            name, group, order, short_names, ranked = values
            if mark in lines:
                line = lines[mark]
                self.same(
                    "单位",
                    row,
                    ("类别", line.group.name, group),
                    ("排序", line.order, order),
                    ("简称", aliases[line.unit_id], set(short_names)),
                    ("参加排名", line.ranked, ranked),
                )
                continue
            if since is None:
                self.wrong("单位", row, "没有任何报送期，不知道这个单位从哪天起在名册里")
            own = -len(newcomers) - 1  # stands for the unit until it is written
            for other_name in (name, *short_names):
                if self.units.setdefault(key(other_name), own) not in (own, None):
                    self.wrong("单位", row, f"“{other_name}”已是另一个单位的名称或简称")
            newcomers.append((values, [key(other) for other in (name, *short_names)]))
        if newcomers and not self.bad and since is not None:
            self._write_units([values for values, _ in newcomers], since)
        self.new["单位"] = len(newcomers)

    def _reached(self, items: Table) -> list[Period]:
        """The periods that a workbook without any of its own speaks of: those of its items, else all."""
        reached = []
        for _, row in items:
            with suppress(BadCell):
                reached += self._periods_on(day(row[3]))
        return reached or [period for period in self.periods.values() if period]

    def _write_units(self, rows: list[Any], since: datetime.date) -> None:
        groups = {key(group.name): group for group in RosterGroup.objects.filter(office=self.office)}
        last = RosterGroup.objects.filter(office=self.office).aggregate(last=Max("order"))["last"] or 0
        for _, group, *_ in rows:
            if key(group) not in groups:
                last += 1
                groups[key(group)] = RosterGroup.objects.create(office=self.office, name=group, order=last)
        units = Unit.objects.bulk_create([Unit(name=row[0]) for row in rows])
        RosterLine.objects.bulk_create(
            [
                RosterLine(
                    office=self.office,
                    unit=unit,
                    group=groups[key(group)],
                    name=name,
                    order=order,
                    ranked=ranked,
                    since=since,
                )
                for unit, (name, group, order, _, ranked) in zip(units, rows, strict=True)
            ]
        )
        Alias.objects.bulk_create(
            [
                Alias(office=self.office, unit=unit, name=short_name)
                for unit, row in zip(units, rows, strict=True)
                for short_name in sorted(row[3])
            ]
        )
        for mark, unit_id in self.units.items():
            if unit_id is not None and unit_id < 0:
                self.units[mark] = units[-unit_id - 1].pk

    def take_themes(self, table: Table) -> None:
        scored = {}
        self.by_year: dict[tuple[str, int], int] = {}
        for theme in Theme.objects.filter(office=self.office).topics():
            scored[theme.pk] = theme.scored
            if theme.year:
                self.by_year[key(theme.name), theme.year] = theme.pk
            else:
                self.themes[key(theme.name), theme.period_id] = theme.pk
        position = len(scored)
        for row, mark, values in self.rows("主题", table, 2):
            if values is None:
                self.themes.setdefault((mark, None), None)
                continue
            name, period_name, counts = values
            period = self.periods.get(key(period_name)) if period_name else None
            if period_name and period is None:
                if key(period_name) not in self.periods:
                    self.wrong("主题", row, f"没有“{period_name}”这个报送期")
                self.themes.setdefault((mark[0], None), None)
                continue
            place = (mark[0], period.pk if period else None)
            if known := self.themes.get(place):
                self.same("主题", row, ("计分", scored[known], counts))
                continue
            position += 1
            theme = Theme.objects.create(office=self.office, name=name, period=period, scored=counts, position=position)
            self.themes[place] = theme.pk
            scored[theme.pk] = counts
            self.new["主题"] += 1

    def take_items(self, items: Table, adoptions: Table) -> None:
        self.themes_on: dict[tuple[tuple[str, ...], datetime.date], frozenset[int] | str] = {}
        self.theme_names = {name for name, _ in self.themes} | {name for name, _ in self.by_year}
        used = [(row, mark[0], values) for row, mark, values in self.rows("采用", adoptions, 4) if values]
        read = list(self.rows("信息", items, 1))
        adopted = {mark for _, mark, _ in used}
        known = self._known_items(adopted | {mark for _, mark, values in read if values})
        stored = self._stored_content([known[mark].pk for _, mark, values in read if values and mark in known])
        for row, mark, values in read:
            if values is None:
                self.items[mark] = None
                continue
            number, share_names, title, received_on, said, theme_names = values
            if said == State.SUBMITTED and mark in adopted:
                said = State.VALID
            periods = self._periods_on(received_on)
            if not periods:
                self.wrong("信息", row, f"报送日期 {received_on} 不在任何报送期里")
            shares = self._shares(row, share_names)
            themes = self._themes(row, theme_names, received_on, periods)
            if not periods or shares is None or themes is None:
                self.items[mark] = None
            elif item := known.get(mark):
                self._same_item(row, item, stored[item.pk], shares, title, received_on, said, themes)
            else:
                self.items[mark] = PastItem(number, title, received_on, said, shares, tuple(sorted(themes)))
                self.new["信息"] += 1
        self._take_adoptions(used, known)

    def _take_adoptions(self, used: list[tuple[int, str, Any]], known: dict[str, Item]) -> None:
        had = {
            (key(number), channel, adopted_on, key(title))
            for number, channel, adopted_on, title in _in_batches(
                lambda ids: Adoption.objects.filter(item__in=ids).values_list(
                    "item__number", "channel_id", "adopted_on", "title"
                ),
                [item.pk for item in known.values()],
            )
        }
        # An adoption without a title of its own got the item's when that was changed later (``editing``).
        own = {
            (key(number), key(title))
            for number, title in _in_batches(
                lambda ids: Revision.objects.filter(item__in=ids).values_list("item__number", "title"),
                [item.pk for item in known.values()],
            )
        }
        had |= {(number, channel, day, "") for number, channel, day, title in had if (number, title) in own}
        channels = {key(channel.name): channel for channel in Channel.objects.filter(office=self.office)}
        for row, mark, (number, channel_name, adopted_on, title) in used:
            channel = channels.get(key(channel_name))
            if channel is None:
                self.wrong("采用", row, f"没有“{channel_name}”这个渠道")
            if not self._periods_on(adopted_on):
                self.wrong("采用", row, f"采用日期 {adopted_on} 不在任何报送期里")
            item, past = known.get(mark), self.items.get(mark)
            if item is None and past is None:
                if mark not in self.items:
                    self.wrong("采用", row, f"没有编号是“{number}”的信息")
                continue
            if (past and past.state == State.REJECTED) or (item and item.state == State.REJECTED):
                self.wrong("采用", row, f"“{number}”是退稿，不能采用")
                continue
            # A known adoption changes nothing, a revoked one neither: a file does not undo an editor's revocation.
            if channel is None or (mark, channel.pk, adopted_on, key(title)) in had:
                continue
            adoption = PastAdoption(channel.pk, adopted_on, title)
            if past:
                past.adoptions.append(adoption)
            elif item and not (verdict := may_adopt(None, item)):
                self.wrong("采用", row, verdict.reason)
                continue
            elif item:
                self.adoptions_of_known.append((item, adoption))
            self.new["采用"] += 1

    def _known_items(self, marks: Iterable[str]) -> dict[str, Item]:
        """The office's items with these numbers, however their colons and commas are written."""
        numbers = [spelling for mark in marks for spelling in spellings(mark)]
        found = _in_batches(
            lambda some: Item.objects.filter(office=self.office, number__in=some).select_related("office"), numbers
        )
        return {key(item.number): item for item in found}

    def _stored_content(self, item_ids: Sequence[int]) -> dict[int, tuple[dict[int, int], set[int]]]:
        """Shares and themes of items that are here already, by item."""
        content: dict[int, tuple[dict[int, int], set[int]]] = {pk: ({}, set()) for pk in item_ids}
        shares = _in_batches(
            lambda ids: ItemShare.objects.filter(item__in=ids).values_list("item_id", "unit_id", whole("share")),
            item_ids,
        )
        for pk, unit, share in shares:
            content[pk][0][unit] = share
        for pk, theme in _in_batches(
            lambda ids: ItemTheme.objects.topics().filter(item__in=ids).values_list("item_id", "theme_id"), item_ids
        ):
            content[pk][1].add(theme)
        return content

    def _same_item(self, row: int, item: Item, stored: Any, shares: Any, title: str, *rest: Any) -> None:
        received_on, said, themes = rest
        had_shares, had_themes = stored
        self.same("信息", row, ("标题", item.title, title), ("报送日期", item.received_on, received_on))
        self.same("信息", row, ("状态", State(item.state).label, said.label))
        if had_shares != dict(shares):
            names = {unit_id: name for name, unit_id in self.units.items() if unit_id is not None}
            self.same("信息", row, ("报送单位", _parts(had_shares, names), _parts(dict(shares), names)))
        if had_themes != themes:
            theme_names = dict(Theme.objects.filter(pk__in=had_themes | themes).values_list("pk", "name"))
            had, says = ({theme_names[theme] for theme in some} for some in (had_themes, themes))
            self.same("信息", row, ("主题", had, says))

    def _periods_on(self, day_: datetime.date) -> list[Period]:
        """The periods a day lies in; asked once a day."""
        if day_ not in self.reach:
            self.reach[day_] = [p for p in self.periods.values() if p and p.starts_on <= day_ <= p.ends_on]
        return self.reach[day_]

    def _shares(self, row: int, share_names: Sequence[tuple[str, int]]) -> list[tuple[int, int]] | None:
        found = []
        for name, share in share_names:
            if name not in self.units:
                joint = "；联合报送要写份额，应当像 甲:0.6、乙:0.4" if "、" in name else ""
                self.wrong("信息", row, f"名册里没有“{name}”这个单位{joint}")
                return None
            unit = self.units[name]
            if unit is None:
                return None
            found.append((unit, share))
        if len({unit for unit, _ in found}) < len(found):
            self.wrong("信息", row, "报送单位里同一个单位写了两次")
            return None
        return found

    def _themes(
        self, row: int, names: tuple[str, ...], received_on: datetime.date, periods: list[Period]
    ) -> frozenset[int] | None:
        """Ids of the themes named; None where one is not known, or its own row was bad."""
        if not names:
            return frozenset()
        mark = (names, received_on)
        if mark not in self.themes_on:
            self.themes_on[mark] = self._read_themes(list(names), received_on, periods)
        found = self.themes_on[mark]
        if isinstance(found, str):
            if found:
                self.wrong("信息", row, found)
            return None
        return found

    def _read_themes(self, parts: list[str], received_on: datetime.date, periods: list[Period]) -> frozenset[int] | str:
        """Ids, or what is wrong (empty where that has been told). A name may hold a 、: the longest that fits."""
        found = set()
        while parts:
            for length in range(len(parts), 0, -1):
                name = "、".join(parts[:length])
                if name in self.theme_names:
                    break
            else:
                return f"没有“{parts[0]}”这个主题"
            parts = parts[length:]
            reach = [(name, period.pk) for period in periods] + [(name, None)]
            place = next((place for place in reach if place in self.themes), None)
            theme = self.themes[place] if place else self.by_year.get((name, received_on.year))
            if theme is None:
                return "" if place or not periods else f"主题“{name}”不属于 {received_on} 所在的报送期"
            found.add(theme)
        return frozenset(found)


def _in_batches(query: Any, keys: Sequence[Any]) -> Iterator[Any]:
    """The rows of a query asked for some keys at a time: databases limit how many a statement may name."""
    iterator = iter(keys)
    while some := list(islice(iterator, LOOK_UP)):
        yield from query(some)


def _parts(shares: dict[int, int], names: dict[int, str]) -> str:
    return "、".join(sorted(f"{names.get(unit, '名册以外的单位')}:{plain(share)}" for unit, share in shares.items()))
