"""Themes (主题) of an office: added, renamed, ordered, put under a chapter, scored or not, merged, taken out of use.

A theme that an item has is never deleted. What changes the worth of items is recounted in the same transaction: a
closed period's table stays, and the difference is posted where the ledger posts everything that comes late.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from submissions.models import Draft, Item, ItemEvent, ItemTheme, Period, Theme, ThemeCharge
from submissions.models.items import ItemQuerySet
from submissions.models.themes import ThemeQuerySet
from submissions.permissions import may_set_desk
from submissions.secrecy import refuse_marked
from submissions.signals import facts_changed
from submissions.stamps import refuse_stale, stamp
from submissions.states import THEMES, State
from trail.records import record
from units.models import Account, Office
from units.text import key
from units.verdicts import Refused, TooLate, Verdict, no

EARLIEST, LATEST = 2000, 2100
MOST = 500  # themes of a reach: a page shows them all
MOST_AT_ONCE = 300  # read from a document
FULL = f"最多 {MOST} 个主题，已经放不下了；请先停用或删去不用的。"


@dataclass(frozen=True)
class Reach:
    """What a theme is for: a year, a period, or every period (neither). A name stands once within it."""

    office: Office
    year: int | None = None
    period: Period | None = None

    @property
    def key(self) -> str:
        """As it stands in an address."""
        return f"year-{self.year}" if self.year else f"period-{self.period.pk}" if self.period else "every"

    def __str__(self) -> str:
        return f"{self.year}年" if self.year else str(self.period) if self.period else "各期通用"

    @property
    def topics(self) -> ThemeQuerySet:
        """Its topics, in use or not; chapters and their points in one order."""
        found = Theme.objects.topics().filter(office=self.office, year=self.year, period=self.period)
        return found.select_related("parent").order_by("position", "id")

    def received(self, items: ItemQuerySet) -> ItemQuerySet:
        """Those of the items that came in its days; for every period all of them."""
        if self.year:
            return items.received_in_year(self.year)
        return items.received_in(self.period) if self.period else items

    @property
    def query(self) -> dict[str, Any]:
        """The same for the item list (``filters``)."""
        return {"year": self.year} if self.year else {"period": self.period.pk} if self.period else {}


def reach_of(theme: Theme) -> Reach:
    return Reach(theme.office, theme.year, theme.period)


def described(theme: Theme) -> dict[str, Any]:
    """A theme as its page shows it and the trail keeps it."""
    chapter = theme.parent.name if theme.parent else ""
    kept = {"theme": theme.name, "number": theme.number, "chapter": chapter}
    return {**kept, "scored": theme.scored, "active": theme.active}


def may_change_themes(account: Account, reach: Reach) -> Verdict:
    """A manager of the office, until the period is closed: what was printed of it stays."""
    if reach.period and reach.period.closed:
        return no(f"{reach.period}已经封存，它的主题和要点不能再改。")
    return may_set_desk(account, reach.office)


@transaction.atomic
def add(reach: Reach, typed: dict[str, Any], by: Account) -> Theme:
    """A new topic at the end, of ``name``, ``number``, ``chapter`` (a theme or None) and ``scored``. Raises Refused."""
    reach = held(reach, by)
    if reach.topics.count() >= MOST:
        raise Refused(FULL)
    theme = Theme(office=reach.office, year=reach.year, period=reach.period, position=_next(reach))
    _write(theme, typed, reach)
    record("加主题", by=by, office=reach.office.code, on=theme, after=described(theme))
    return theme


@transaction.atomic
def change(theme: Theme, typed: dict[str, Any], by: Account, seen: str) -> Theme:
    """Change a topic that stood as ``seen`` (``stamps``); what it is worth follows. Raises Refused or TooLate."""
    theme, reach = _held_topic(theme, by)
    before = described(theme)
    refuse_stale(seen, before)
    was, scored = theme.parent_id, theme.scored
    theme.active = typed["active"]
    _write(theme, typed, reach)
    if theme.parent_id != was:
        Theme.objects.filter(pk=theme.pk).update(position=_next(reach))
    if (after := described(theme)) == before:
        return theme
    record("改主题设置", by=by, office=reach.office.code, on=theme, before=before, after=after)
    if theme.scored != scored:
        items = worth(theme).values_list("pk", flat=True)
        _recount(list(items), by, f"“{theme}”改为{'计分' if theme.scored else '不计分'}")
    return theme


def _write(theme: Theme, typed: dict[str, Any], reach: Reach) -> None:
    refuse_marked({"主题名称": typed["name"], "编号": typed["number"]})
    refuse_taken(reach, typed["name"], theme.pk)
    chapter = typed["chapter"]
    if chapter and (chapter.parent_id or not reach.topics.filter(pk=chapter.pk).exists() or chapter.pk == theme.pk):
        raise Refused("所选的章不在这里，或者本身在另一章里；主题只有两层。")
    if chapter and theme.pk and theme.children.exists():
        raise Refused(f"“{theme}”自己带着要点，不能放进另一章；请先把它的要点移走。")
    theme.name, theme.number, theme.scored = typed["name"], typed["number"], typed["scored"]
    theme.parent = chapter
    theme.save()


def refuse_taken(reach: Reach, name: str, but: int | None = None) -> None:
    """Raise Refused where another topic of the reach has this name."""
    for other in reach.topics:
        if other.pk != but and key(other.name) == key(name):
            raise Refused(f"{reach}已经有主题“{other.name}”{'' if other.active else '（停用了）'}，请换一个名称。")


@transaction.atomic
def reorder(reach: Reach, positions: dict[int, int], by: Account, seen: str, moved: tuple[int, int] = (0, 0)) -> None:
    """Let the topics stand by these numbers, chapters among chapters and points in theirs; equal ones stay as they
    stood. ``moved`` is one of them and how many places it goes on from there. Raises Refused or TooLate."""
    reach = held(reach, by)
    tree = tree_of(reach.topics)
    before = order_of(tree)
    refuse_stale(seen, {"order": before})

    def sorted_out(themes: Iterable[Theme]) -> list[Theme]:
        rows = sorted(themes, key=lambda theme: positions.get(theme.pk, 0))
        for at in [i for i, theme in enumerate(rows) if theme.pk == moved[0]]:
            rows.insert(min(max(at + moved[1], 0), len(rows) - 1), rows.pop(at))
        return rows

    points = dict(tree)
    ordered = [theme for chapter in sorted_out(points) for theme in (chapter, *sorted_out(points[chapter]))]
    after = [theme.pk for theme in ordered]
    if after == before:
        return
    _number(ordered)
    names = [theme.full for theme in ordered]
    record("排主题次序", by=by, office=reach.office.code, on=reach.office, after={"of": str(reach), "themes": names})


@dataclass(frozen=True)
class Merger:
    """What becomes of all that one topic has where it is merged into another."""

    theme: Theme
    into: Theme

    def __post_init__(self) -> None:
        """Raises Refused for what cannot be merged."""
        theme, into, reach = self.theme, self.into, reach_of(self.theme)
        if into.kind != theme.kind or reach_of(into) != reach:
            raise Refused(f"“{into}”不是{reach}的主题，不能并到它下面。")
        if into.pk == theme.pk:
            raise Refused("一个主题不能并入它自己。")
        if not into.active:
            raise Refused(f"“{into}”已经停用，不能并入它。")
        if into.parent_id and self.points.exists():
            raise Refused(f"“{theme}”带着要点，只能并入另一章；请先把它的要点移走。")

    @property
    def links(self) -> QuerySet[ItemTheme]:
        return ItemTheme.objects.filter(theme=self.theme)

    @property
    def both(self) -> QuerySet[ItemTheme]:
        """Of the items that have the other one already."""
        return self.links.filter(item__themes__theme=self.into)

    @property
    def worth(self) -> QuerySet[Item]:
        """The items that are counted anew."""
        return worth(self.theme)

    @property
    def points(self) -> QuerySet[Theme]:
        """What stands below it and goes along."""
        return Theme.objects.filter(parent=self.theme)

    @property
    def charges(self) -> QuerySet[ThemeCharge]:
        return ThemeCharge.objects.filter(theme=self.theme)

    @property
    def drafts(self) -> list[Draft]:
        """What is being written about it."""
        written = Draft.objects.filter(item__office=self.theme.office_id).only("themes")
        return [draft for draft in written if self.theme.pk in draft.themes]


@transaction.atomic
def merge(theme: Theme, into: Theme, by: Account) -> int:
    """Put the items of a topic under another of the same reach, and take it out of use; how many items went.

    Its points go to the other too, and so do the editors in charge. Raises Refused.
    """
    theme, reach = _held_topic(theme, by)
    into = Theme.objects.select_related("office", "period").get(pk=into.pk)
    merger = Merger(theme, into)
    items = list(merger.links.values_list("item", flat=True))
    counted = list(merger.worth.values_list("pk", flat=True))
    _pass_on(merger)
    merger.points.update(parent=into)
    charged = ThemeCharge.objects.filter(theme=into).values_list("membership", flat=True)
    merger.charges.filter(membership__in=list(charged)).delete()
    merger.charges.update(theme=into)
    for draft in merger.drafts:
        named = dict.fromkeys(into.pk if pk == theme.pk else pk for pk in draft.themes)
        Draft.objects.filter(pk=draft.pk).update(themes=list(named))
    _in_decisions(theme, into)
    Theme.objects.filter(pk=theme.pk).update(active=False)
    after = {"theme": theme.name, "into": into.name, "of": str(reach), "items": len(items)}
    record("合并主题", by=by, office=reach.office.code, on=into, after=after)
    _recount(counted, by, f"“{theme}”并入“{into}”")
    return len(items)


def _pass_on(merger: Merger) -> None:
    """Links to one theme become links to the other; of an item that has both one stays, confirmed if either was."""
    both, into = merger.both, merger.into
    confirmed = {link.item_id: link for link in both.exclude(confirmed_at=None)}
    waiting = ItemTheme.objects.filter(theme=into, confirmed_at=None, item__themes__in=both.exclude(confirmed_at=None))
    rows = list(waiting)
    for row in rows:
        other = confirmed[row.item_id]
        row.confirmed_at, row.confirmed_by_id = other.confirmed_at, other.confirmed_by_id
    ItemTheme.objects.bulk_update(rows, ["confirmed_at", "confirmed_by"], batch_size=200)
    ItemTheme.objects.filter(pk__in=both.values("pk")).delete()
    merger.links.update(theme=into)


def _in_decisions(theme: Theme, into: Theme) -> None:
    """What an editor can still undo (``decisions``) keeps its themes: one that had the one then had the other."""
    for item in Item.objects.filter(office=theme.office_id, undo_until__gt=timezone.now()).only("undo_themes"):
        rows = item.undo_themes or []
        if not any(pk == theme.pk for pk, *_ in rows):
            continue
        before: dict[int, list] = {}
        for pk, *confirmed in rows:
            now = into.pk if pk == theme.pk else pk
            if now not in before or any(confirmed):
                before[now] = [now, *confirmed]
        Item.objects.filter(pk=item.pk).update(undo_themes=list(before.values()))


@transaction.atomic
def remove(theme: Theme, by: Account) -> None:
    """Delete a topic that no item ever had. Raises Refused."""
    theme, reach = _held_topic(theme, by)
    if theme.items.exists():
        raise Refused(f"已经有信息属于“{theme}”，不能删去；不再用就停用。")
    if theme.children.exists():
        raise Refused(f"“{theme}”下面还有要点，不能删去。")
    if theme.charges.exists():
        raise Refused(f"“{theme}”有编辑分管，不能删去；请先改分管。")
    record("删主题", by=by, office=reach.office.code, on=theme, before=described(theme))
    theme.delete()


@dataclass
class Point:
    """A theme to be made from a line of a document."""

    number: str
    name: str
    scored: bool = True
    points: "list[Point]" = field(default_factory=list)


@transaction.atomic
def take_in(reach: Reach, chapters: Sequence[Point], by: Account) -> tuple[int, int]:
    """Make topics of chapters and their points; how many are new, how many were there. A chapter without a name is
    none: its points stand by themselves. The same again changes nothing. Raises Refused."""
    reach = held(reach, by)
    known = {key(theme.name): theme for theme in reach.topics}
    new = [point for chapter in chapters for point in (chapter, *chapter.points) if point.name]
    new = [point for point in new if key(point.name) not in known]
    refuse_marked({f"“{point.name[:20]}”": f"{point.number}\n{point.name}" for point in new})
    if len(known) + len(new) > MOST:
        raise Refused(f"{reach}最多 {MOST} 个主题，已经有 {len(known)} 个，这里新的有 {len(new)} 个。")
    there, made = 0, []
    position = _next(reach)

    def theme_of(point: Point, chapter: Theme | None) -> Theme:
        nonlocal there, position
        if found := known.get(key(point.name)):
            there += 1
            return found
        theme = Theme(office=reach.office, year=reach.year, period=reach.period, position=position, parent=chapter)
        theme.number, theme.name, theme.scored = point.number, point.name, point.scored
        theme.save()
        position += 1
        known[key(point.name)] = theme
        made.append(theme)
        return theme

    for chapter in chapters:
        above = theme_of(chapter, None) if chapter.name else None
        for point in chapter.points:
            theme_of(point, above if above and not above.parent_id else None)
    if made:
        _number(list(_in_order(tree_of(reach.topics))))
        after = {"of": str(reach), "themes": [theme.full for theme in made]}
        record("导入主题", by=by, office=reach.office.code, on=reach.office, after=after)
    return len(made), there


def tree_of(themes: Iterable[Theme]) -> list[tuple[Theme, list[Theme]]]:
    """Chapters, and topics that stand by themselves, with their points, in order."""
    rows = list(themes)
    return [(top, [theme for theme in rows if theme.parent_id == top.pk]) for top in rows if not top.parent_id]


def order_of(tree: list[tuple[Theme, list[Theme]]]) -> list[int]:
    """The ids of a tree from top to bottom."""
    return [theme.pk for theme in _in_order(tree)]


def order_seen(tree: list[tuple[Theme, list[Theme]]]) -> str:
    """The stamp of an order, for the page that shows it."""
    return stamp({"order": order_of(tree)})


def worth(theme: Theme) -> QuerySet[Item]:
    """The valid items of which this topic is confirmed: whose points it may change."""
    links = ItemTheme.objects.filter(theme=theme)
    return Item.objects.filter(state=State.VALID, pk__in=links.exclude(confirmed_at=None).values("item"))


def in_closed_periods(items: QuerySet[Item], office: Office) -> int:
    """How many of the items count in periods that are closed."""
    days = Q(pk__in=[])
    for period in Period.objects.filter(office=office).closed():
        days |= Q(received_on__range=(period.starts_on, period.ends_on))
    return items.filter(days).count()


def held(reach: Reach, by: Account) -> Reach:
    """The reach with its office's books held and as it stands now. Raises Refused."""
    office = Office.objects.held(reach.office.pk)
    period = Period.objects.filter(office=office).get(pk=reach.period.pk) if reach.period else None
    reach = Reach(office, reach.year, period)
    if not (verdict := may_change_themes(by, reach)):
        raise Refused(verdict.reason)
    return reach


def _held_topic(theme: Theme, by: Account) -> tuple[Theme, Reach]:
    reach = held(reach_of(theme), by)
    found = Theme.objects.topics().filter(pk=theme.pk).select_related("parent", "office", "period").first()
    if found is None:
        raise TooLate("这个主题刚刚被删去了。")
    return found, reach


def _recount(item_ids: list[int], by: Account, told: str) -> None:
    """Note in the items' history what changed their worth, and have them counted anew."""
    events = [
        ItemEvent(item_id=pk, actor=by, move=THEMES, was=State.VALID, now=State.VALID, reason=told[:500])
        for pk in item_ids
    ]
    ItemEvent.objects.bulk_create(events, batch_size=2_000)
    for i in range(0, len(item_ids), 500):  # what was built on cannot be undone below it
        Item.objects.filter(pk__in=item_ids[i : i + 500]).update(undo_until=None)
    facts_changed.send(Item, item_ids=item_ids)


def _next(reach: Reach) -> int:
    return (reach.topics.aggregate(last=Max("position"))["last"] or 0) + 1


def _in_order(tree: list[tuple[Theme, list[Theme]]]) -> Iterable[Theme]:
    for top, points in tree:
        yield top
        yield from points


def _number(themes: list[Theme]) -> None:
    for position, theme in enumerate(themes, start=1):
        theme.position = position
    Theme.objects.bulk_update(themes, ["position"], batch_size=200)


def years_of(office: Office) -> list[int]:
    """The years that have topics, the newest first."""
    years = Theme.objects.topics().filter(office=office).order_by().values_list("year", flat=True).distinct()
    return sorted((year for year in years if year), reverse=True)
