"""The filters of the item list: all in the address, so that it can be kept and sent."""

import datetime
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Exists, F, Model, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from submissions.models import Adoption, AdoptionCredit, Channel, Item, ItemKind, Period, Theme, ThemeKind
from submissions.models.items import ItemQuerySet
from submissions.states import State
from submissions.themes import Reach
from units.models import Account, Office, RosterGroup, RosterLine, Unit
from units.text import one_line, row_id

M = TypeVar("M", bound=Model)
PAGE = 50
COUNTED_UP_TO = 1000
NOT_ON_ROSTER = "none"  # for a group: items whose unit is in none today
UNRECEIVED = (State.DRAFT, State.SIGNING, State.WITHDRAWN, State.MERGED)


def _credited_with(adoptions: QuerySet[Adoption]) -> QuerySet[AdoptionCredit, int]:
    """Ids of the items to which these adoptions are credited: of a merged piece its sources."""
    return AdoptionCredit.objects.filter(adoption__in=adoptions).values_list("item", flat=True)


class ItemFilter:
    """What one account looks at in one office. Anything in the address that is not known filters nothing away.

    Pages go by key (day and id of the last row), so the tenth costs what the first does.
    """

    NAMES: tuple[str, ...] = ("period", "unit", "group", "kind", "theme", "channel", "adopted", "q", "state")
    NAMES += ("year", "confirmed")  # which the coverage of work points asks for

    def __init__(self, asked: Mapping[str, str], account: Account, office: Office) -> None:
        self.asked = asked
        self.account, self.office = account, office
        self.visible = Item.objects.visible_to(account, office)
        self.state = asked.get("state") if asked.get("state") in State.values else ""
        self.period = self._chosen(Period.objects.filter(office=office), "period")
        self.unit = self._chosen(Unit.objects.filter(roster_lines__office=office).distinct(), "unit")
        self.theme = self._chosen(Theme.objects.filter(office=office), "theme")
        self.channel = self._chosen(Channel.objects.filter(office=office), "channel")
        self.group = self._chosen(RosterGroup.objects.filter(office=office), "group")
        self.kind = self._chosen(ItemKind.objects.filter(office=office), "kind")
        self.adopted, self.confirmed = asked.get("adopted") == "1", asked.get("confirmed") == "1"
        self.groupless = asked.get("group") == NOT_ON_ROSTER
        self.year = year_of(asked.get("year", ""))
        self.words = one_line(asked.get("q", ""))[:100]

    def _chosen(self, among: QuerySet[M], name: str) -> M | None:
        value = self.asked.get(name, "")
        return among.filter(pk=pk).first() if (pk := row_id(value)) is not None else None

    @cached_property
    def items(self) -> ItemQuerySet:
        items = self.visible
        if self.period:
            items = items.received_in(self.period)
        if self.unit:
            items = items.filter(shares__unit=self.unit)
        if self.year:
            items = items.received_in_year(self.year)
        if self.theme:
            items = items.about(self.theme, self.confirmed)
        if self.channel:
            items = items.filter(pk__in=_credited_with(self.channel.adoptions.live()))
        if self.adopted:
            items = items.filter(pk__in=_credited_with(Adoption.objects.live().filter(item__office=self.office)))
        if self.group:
            items = self._of_group(items)
        if self.groupless:
            lines = RosterLine.objects.current().filter(office=self.office, unit=OuterRef("unit"))
            items = items.filter(~Exists(lines))
        if self.kind:
            items = items.filter(kind=self.kind)
        return items.with_words(self.words, self.office)

    def _of_group(self, items: ItemQuerySet) -> ItemQuerySet:
        return items.filter(Exists(RosterLine.objects.current().filter(group=self.group, unit=OuterRef("unit"))))

    @cached_property
    def by_state(self) -> ItemQuerySet:
        """The items of the chosen state; else all that were received, since drafts are nobody's news. Merged pieces,
        which stand among them, are ``listed`` beside."""
        if self.state:
            return self.items.told_as(self.state, self.account, self.office)
        return self.items.filter(received_on__isnull=False)

    @cached_property
    def states(self) -> list[tuple[str, str, str, str]]:
        """Chips of the states that have items: state, label, number, address; first all that were received, and the
        merged pieces."""
        kinds: dict[str, QuerySet[Item]] = {"": self.items.filter(received_on__isnull=False)}
        kinds |= {state.value: self.items.told_as(state, self.account, self.office) for state in State}
        counts = dict(zip(kinds, counted(*kinds.values()), strict=True))
        counts[""] = added(counts[""], counts[State.MERGED])
        return [
            (state, State(state).label if state else "全部", number, self.address(state=state))
            for state, number in counts.items()
            if number != "0" or state in ("", self.state)
        ]

    @property
    def total(self) -> str:
        """How many the list holds, as its chip says."""
        return next(number for state, _, number, _ in self.states if state == self.state)

    @property
    def with_pieces(self) -> bool:
        """Whether merged pieces stand among what was received, as of the day on which each was made."""
        return not self.state and any(state == State.MERGED for state, *_ in self.states)

    def listed(self, most: int, after: tuple[datetime.date, int] | None = None) -> ItemQuerySet:
        """The chosen items in the order of the list, at least so many where there are, those after a place in it."""
        items = self.by_state
        if self.state in UNRECEIVED:
            return (items.filter(pk__lt=after[1]) if after else items).for_table().order_by("-id")
        if after:
            items = items.filter(received_on__lte=after[0]).exclude(received_on=after[0], pk__gte=after[1])
        if not self.with_pieces:
            return items.for_table().newest_first()
        pieces = self.items.filter(state=State.MERGED)
        if after:
            begins = timezone.make_aware(datetime.datetime.combine(after[0], datetime.time.min))
            ends = begins + datetime.timedelta(days=1)
            pieces = pieces.filter(Q(created_at__lt=begins) | Q(created_at__lt=ends, pk__lt=after[1]))
        # Each part as far as it can be needed, then their order together; pieces are made one after another, so their
        # order is that of their days. A limit within a compound is no SQL of SQLite: each part is a query of its own.
        parts = (items.newest_first(), pieces.order_by("-id"))
        ids = [Item.objects.filter(pk__in=part.values("pk")[:most]).values("pk") for part in parts]
        together = Item.objects.filter(pk__in=ids[0].union(ids[1]))
        return together.for_table().order_by(Coalesce("received_on", TruncDate("created_at")).desc(), "-id")

    @property
    def told(self) -> str:
        """What is chosen, in words."""
        parts = [
            State(self.state).label if self.state else "已送达的和综合稿" if self.with_pieces else "已送达的",
            f"{self.year}年" if self.year else "",
            *(str(chosen) for chosen in (self.period, self.group, self.unit, self.kind, self.theme) if chosen),
            "单位不在名册上" if self.groupless else "",
            "主题已确认" if self.theme and self.confirmed else "",
            f"{self.channel}采用" if self.channel else "",
            "被采用的" if self.adopted else "",
            f"含“{self.words}”" if self.words else "",
        ]
        return "，".join(filter(None, parts))

    @cached_property
    def rows(self) -> list[Item]:
        """One row more than a page shows, to know whether there is another."""
        items = self.listed(PAGE + 1, page_key(self.asked.get("after", "")))
        return list(items.with_reason(self.account)[: PAGE + 1])

    @property
    def page(self) -> list[Item]:
        return self.rows[:PAGE]

    @property
    def next_address(self) -> str:
        """Where the next page is; empty on the last."""
        if len(self.rows) <= PAGE:
            return ""
        last = self.page[-1]
        return self.address(after=f"{last.received_on or timezone.localdate(last.created_at):%Y-%m-%d}_{last.pk}")

    def address(self, **changes: str) -> str:
        """This address with some parts changed; without ``after``, which belongs to a page."""
        kept = {name: self.asked[name] for name in self.NAMES if name in self.asked}
        return "?" + urlencode({name: value for name, value in {**kept, **changes}.items() if value})

    @property
    def periods(self) -> QuerySet[Period]:
        return Period.objects.filter(office=self.office).newest_first()

    @property
    def themes(self) -> QuerySet[Theme]:
        """The topics; a priority only where it is what was chosen. Those of a year stand together, newest first, then
        those of every period, then those of one."""
        chosen = [self.theme.pk] if self.theme else []
        found = Theme.objects.filter(Q(kind=ThemeKind.TOPIC) | Q(pk__in=chosen), office=self.office)
        reach = F("year").desc(nulls_last=True), F("period__starts_on").desc(nulls_first=True)
        return found.select_related("parent", "period").order_by(*reach, "position", "id")

    @property
    def theme_groups(self) -> list[tuple[str, list[Theme]]]:
        """The same by chapter: a chapter is itself a choice, and the first among its own."""
        groups: dict[str, list[Theme]] = {}
        rows = list(self.themes)
        chapters = {theme.parent_id for theme in rows}
        for theme in rows:
            chapter = theme if theme.pk in chapters else theme.parent
            reach = "报送要点" if theme.is_priority else str(Reach(self.office, theme.year, theme.period))
            groups.setdefault(f"{reach}　{chapter.full}" if chapter else reach, []).append(theme)
        return list(groups.items())

    @property
    def channels(self) -> QuerySet[Channel]:
        return Channel.objects.filter(office=self.office)

    @property
    def groups(self) -> QuerySet[RosterGroup]:
        return RosterGroup.objects.filter(office=self.office)

    @property
    def kinds(self) -> QuerySet[ItemKind]:
        return ItemKind.objects.filter(office=self.office)

    @property
    def narrowed(self) -> bool:
        return self.address() != "?"


class QueueFilter(ItemFilter):
    """What waits to be decided, urgent first, then by age."""

    NAMES = ("mark", "unit", "group", "kind", "theme", "q")

    def __init__(self, asked: Mapping[str, str], account: Account, office: Office) -> None:
        super().__init__({**asked, "state": State.SUBMITTED}, account, office)
        self.marks = {"": "全部", "urgent": "紧急", "overdue": f"超 {office.decides_within} 天", "again": "退回后重报"}
        self.mark = asked["mark"] if asked.get("mark") in self.marks else ""

    def _of_group(self, items: ItemQuerySet) -> ItemQuerySet:
        """Asked of each row that waits, as a value: of an EXISTS or IN either database makes a join, and then reads all
        that the group's units ever sent to find what of it still waits."""
        lines = RosterLine.objects.current().filter(office=self.office, group=self.group)
        of_it = Case(When(unit__in=lines.values("unit"), then=1), default=0)
        return items.alias(of_group=of_it).filter(of_group=1)

    def marked(self, mark: str) -> ItemQuerySet:
        """The chosen items that wait, or those of them with a mark."""
        waiting = self.items.awaiting_decision()
        if mark == "urgent":
            return waiting.filter(urgent=True)
        if mark == "overdue":
            return waiting.overdue(self.office)
        return waiting.came_back() if mark == "again" else waiting

    @cached_property
    def by_state(self) -> ItemQuerySet:
        return self.marked(self.mark)

    @cached_property
    def states(self) -> list[tuple[str, str, str, str]]:
        """Chips of the marks: mark, label, number, address."""
        numbers = counted(*(self.marked(mark) for mark in self.marks))
        return [
            (mark, label, number, self.address(mark=mark))
            for (mark, label), number in zip(self.marks.items(), numbers, strict=True)
        ]

    @property
    def total(self) -> str:
        return next(number for mark, _, number, _ in self.states if mark == self.mark)

    @property
    def urgent_number(self) -> str:
        """How many the band of urgent items has on all pages together; not told where another mark is chosen."""
        return "" if self.mark not in ("", "urgent") else next(n for mark, _, n, _ in self.states if mark == "urgent")

    @cached_property
    def rows(self) -> list[Item]:
        items = self.by_state.for_queue()
        if place := queue_key(self.asked.get("after", "")):
            items = items.after_in_queue(*place)
        return list(items[: PAGE + 1])

    @property
    def next_address(self) -> str:
        return self.address(after=queue_place(self.page[-1])) if len(self.rows) > PAGE else ""

    @property
    def here(self) -> str:
        """This address with its page."""
        return self.address(after=self.asked.get("after", ""))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Names and values of this address, for a form that goes on with them."""
        return [(name, self.asked[name]) for name in (*self.NAMES, "after") if self.asked.get(name)]

    @property
    def kept(self) -> str:
        """What of this address a saved view keeps."""
        return self.address()[1:]

    @property
    def told(self) -> str:
        marks = self.marks[self.mark] if self.mark else ""
        return "，".join(part for part in (marks, super().told.removeprefix("待审，").removeprefix("待审")) if part)

    def next_of(self, item: Item) -> Item | None:
        """The item to read after this one: the next in the queue, else its first."""
        others = self.by_state.exclude(pk=item.pk)
        return others.after_in_queue(item.urgent, item.waits_since, item.pk).first() or others.first()


def counted(*lists: QuerySet[Any]) -> list[str]:
    """How many rows each list holds, exact to a thousand, then 1000+: all in one query that never counts further."""
    parts: list[tuple[str, tuple]] = []
    for items in lists:
        try:
            sql, params = items.order_by().values("pk")[: COUNTED_UP_TO + 1].query.sql_with_params()
        except EmptyResultSet:  # what Django knows to be empty has no SQL
            parts.append(("0", ()))
        else:
            parts.append((f"(SELECT COUNT(*) FROM ({sql}) AS part)", params))  # noqa: S608  Django's own SQL
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(sql for sql, _ in parts)}", [param for _, params in parts for param in params]
        )
        numbers = cursor.fetchone()
    return [f"{COUNTED_UP_TO}+" if number > COUNTED_UP_TO else str(number) for number in numbers]


def added(*numbers: str) -> str:
    """What such counts are together."""
    number = sum(int(number.rstrip("+")) for number in numbers)
    return f"{COUNTED_UP_TO}+" if number > COUNTED_UP_TO or any("+" in one for one in numbers) else str(number)


def year_of(text: str) -> int | None:
    """A year as it stands in an address; None where it is none."""
    return int(text) if re.fullmatch("2[01][0-9]{2}", text) else None


EPOCH = datetime.datetime.fromtimestamp(0, datetime.UTC)
MICROSECOND = datetime.timedelta(microseconds=1)


def queue_place(item: Item) -> str:
    """Where an item stands in the queue, for an address."""
    return f"{item.urgent:d}_{(item.waits_since - EPOCH) // MICROSECOND}_{item.pk}"


def queue_key(text: str) -> tuple[bool, datetime.datetime, int] | None:
    """The place that a page of the queue begins after, from an address; None where it is none."""
    found = re.fullmatch(r"([01])_(\d{1,17})_(\d{1,18})", text)
    return (found[1] == "1", EPOCH + int(found[2]) * MICROSECOND, int(found[3])) if found else None


def page_key(text: str) -> tuple[datetime.date, int] | None:
    """The day and id that a page begins after, from an address; None where it is none."""
    day, _, pk = text.rpartition("_")
    try:
        return datetime.date.fromisoformat(day), int(pk[:18])
    except ValueError:
        return None
