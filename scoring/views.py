"""Standings and what is behind each figure; periods and their closing; the scheme."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import BigIntegerField, Count, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from scoring.closing import close, may_close, may_reopen, reopen
from scoring.models import ClosedResult, Measure, Scheme, ScoreEntry
from scoring.standings import (
    Column,
    Group,
    Line,
    Standings,
    entries_of,
    may_see_standings,
    sees_whole,
    shown_to,
    standings,
)
from submissions.filters import page_key
from submissions.forms import ReasonForm
from submissions.models import Item, Period
from submissions.permissions import may_set_desk
from submissions.templatetags.figures import plain
from submissions.views.periods import chosen_period
from trail.acts import act
from units.desk import DeskRequest, at_office, say_refused
from units.models import Role, RosterLine
from units.text import one_line, row_id
from units.verdicts import Refused, TooLate

LINES = 100  # a page of standings
ENTRIES = 100  # a page of entries
PEEK = 20  # entries in the drawer


@dataclass(slots=True)
class Row:
    """A line on its way to the screen.

    ``figures`` are its columns with their counts, ``told`` the same in words for a narrow screen, ``meter`` its
    bar's length out of 72, ``address`` where its score is explained; ``group`` is the one that begins with it.
    """

    line: Line
    figures: list[tuple[Column, int]]
    told: str
    rank: str
    score: str
    meter: str
    address: str
    group: Group | None


class StandingsPage:
    """One period's table as somebody asked for it: group, unit's name, adopted or silent only, page."""

    def __init__(self, request: DeskRequest, periods: list[Period]) -> None:
        asked = request.GET
        self.asked = asked
        self.office = request.office
        named = (period for period in periods if str(period.pk) == asked.get("period"))
        self.period = next(named, None) or chosen_period(request)
        self.period.office = self.office
        self.table: Standings = shown_to(request.user, standings(self.period))
        self.whole = sees_whole(request.user, self.office)
        self.words = one_line(asked.get("q", ""))[:100]
        self.group = asked.get("group", "")
        self.only = asked.get("only") if asked.get("only") in ("adopted", "silent") else ""
        self.adoption_columns = [i for i, column in enumerate(self.table.columns) if column.measure == "adoption"]

    def adopted(self, line: Line) -> bool:
        return any(line.counts[i] > 0 for i in self.adoption_columns)

    @cached_property
    def lines(self) -> list[tuple[Group, Line]]:
        lines = [(g, line) for g in self.table.groups for line in g.lines if not self.group or g.name == self.group]
        if self.words:
            lines = [(group, line) for group, line in lines if self.words in line.name]
        if self.only == "adopted":
            lines = [(group, line) for group, line in lines if self.adopted(line)]
        if self.only == "silent":
            lines = [(group, line) for group, line in lines if line.silent]
        return lines

    @cached_property
    def number(self) -> int:
        asked = self.asked.get("page", "")
        return min(max(int(asked), 1), self.pages) if asked.isdecimal() and len(asked) < 6 else 1

    @property
    def pages(self) -> int:
        return max(-(-len(self.lines) // LINES), 1)

    @cached_property
    def rows(self) -> list[Row]:
        first = (self.number - 1) * LINES
        shown = self.lines[first : first + LINES]
        highest = {id(group): max(line.score for line in group.lines) for group in self.table.groups}
        rows = []
        here = self.here
        before: Group | None = None
        for group, line in shown:
            top = highest[id(group)]
            figures = list(zip(self.table.columns, line.counts, strict=True))
            row = Row(
                line=line,
                figures=figures,
                told="　".join(f"{column.label} {plain(n)}" for column, n in figures if n),
                rank=str(line.rank or ""),
                score=plain(line.score),
                meter=str(round(72 * line.score / top)) if top > 0 and line.score > 0 else "",
                address=f"{here}&unit={line.unit}",
                group=group if group is not before else None,
            )
            rows.append(row)
            before = group
        return rows

    @cached_property
    def adopted_and_silent(self) -> tuple[int, int]:
        """How many units have an adoption, and how many sent nothing: in one pass, for an office may have thousands."""
        lines = [line.counts for group in self.table.groups for line in group.lines]
        silent = sum(1 for counts in lines if max(counts, default=0) <= 0)  # as Line.silent, without asking each
        places = self.adoption_columns
        return sum(1 for counts in lines if max([counts[i] for i in places], default=0) > 0), silent

    @cached_property
    def units(self) -> int:
        return sum(len(group.lines) for group in self.table.groups)

    def address(self, **changes: Any) -> str:
        kept = {name: self.asked[name] for name in ("group", "q", "only", "page") if name in self.asked}
        kept = {"period": str(self.period.pk), **kept, **changes}
        return "?" + urlencode({name: value for name, value in kept.items() if value})

    @property
    def narrowed(self) -> bool:
        return bool(self.group or self.words or self.only)

    @property
    def totals(self) -> list[tuple[Column, int]]:
        return list(zip(self.table.columns, self.table.counts, strict=True))

    @property
    def before(self) -> str:
        return self.address(page=self.number - 1)

    @property
    def after(self) -> str:
        return self.address(page=self.number + 1)

    @property
    def here(self) -> str:
        """The address without a drawer, for the links of a row to go on from."""
        return self.address()


@at_office
def standings_page(request: DeskRequest) -> HttpResponse:
    """The table of a period, a hundred lines a page; ``unit`` and ``column`` open the drawer that explains a figure."""
    verdict = may_see_standings(request.user, request.office)
    if not verdict:
        return render(request, "scoring/not_shown.html", {"reason": verdict.reason})
    periods = list(Period.objects.filter(office=request.office).newest_first())
    if not periods:
        return render(request, "scoring/no_period.html")
    page = StandingsPage(request, periods)
    return render(
        request,
        "scoring/standings.html",
        {
            "page": page,
            "table": page.table,
            "periods": periods,
            "drawer": _drawer(request, page),
            "may_close": may_close(request.user, page.period),
            "may_make": request.user.has_role(request.office.unit_id, Role.MANAGER),
        },
    )


def _drawer(request: DeskRequest, page: StandingsPage) -> dict[str, Any] | None:
    """What explains one figure: the unit's columns, and the newest entries of the chosen one."""
    unit = request.GET.get("unit", "")
    found = page.table.line_of(int(unit)) if unit.isdecimal() and len(unit) < 18 else None
    if found is None:
        return None
    group, line = found
    entries = entries_of(page.period, [line.unit])
    worth = dict(
        entries.order_by().values_list("rule__column").annotate(worth=Sum("points", output_field=BigIntegerField()))
    )
    columns = [
        (column, n, int(worth.get(column.key, 0))) for column, n in zip(page.table.columns, line.counts, strict=True)
    ]
    if not worth:
        return {"line": line, "group": group, "columns": columns}
    key = request.GET.get("column", "")
    keys = [column.key for column in page.table.columns]
    if key not in keys:
        filled = [key for key, n in zip(keys, line.counts, strict=True) if n]
        key = next((k for k in filled if k not in ("submitted", "theme")), filled[0] if filled else keys[0])
    chosen = page.table.columns[keys.index(key)]
    shown = _shown_entries(request, entries.filter(rule__column=key).order_by("-posted_on", "-id")[:PEEK])
    return {"line": line, "group": group, "columns": columns, "chosen": chosen, "entries": shown, "peek": PEEK}


def _shown_entries(request: DeskRequest, entries: QuerySet[ScoreEntry]) -> list[dict[str, Any]]:
    """Entries with their item where the reader may know of it: of others' items not even a title is shown."""
    rows = list(entries.select_related("item", "unit", "rule__scheme", "adoption__channel", "late_for"))
    visible = set(
        Item.objects.visible_to(request.user, request.office)
        .filter(pk__in={row.item_id for row in rows})
        .values_list("pk", flat=True)
    )
    return [{"entry": row, "item": row.item if row.item_id in visible else None} for row in rows]


@at_office
def entry_list(request: DeskRequest) -> HttpResponse:
    """All entries behind a figure: of a unit or of all, of a column or of all; pages go by key."""
    if not may_see_standings(request.user, request.office):
        raise Http404
    period = chosen_period(request)
    units = _units_asked(request)
    column = request.GET.get("column", "")
    group = request.GET.get("group", "")
    entries = entries_of(period, units, column)
    measure = request.GET.get("measure", "")
    if measure in Measure.values:
        entries = entries.filter(rule__measure=measure)
    if group:
        lines = RosterLine.objects.filter(office=request.office, group__name=group)
        entries = entries.filter(unit__in=lines.during(period.starts_on, period.ends_on).values("unit"))
    sums = entries.aggregate(
        n=Sum("count", output_field=BigIntegerField()), worth=Sum("points", output_field=BigIntegerField())
    )
    page = entries.order_by("-posted_on", "-id")
    if place := page_key(request.GET.get("after", "")):
        page = page.filter(posted_on__lte=place[0]).exclude(posted_on=place[0], pk__gte=place[1])
    rows = _shown_entries(request, page[: ENTRIES + 1])
    kept = {name: request.GET[name] for name in ("unit", "column", "measure", "group") if name in request.GET}
    after = f"{rows[ENTRIES - 1]['entry'].posted_on}_{rows[ENTRIES - 1]['entry'].pk}" if len(rows) > ENTRIES else ""
    labels = dict(Scheme.objects.filter(office=request.office).values_list("rules__column", "rules__label"))
    line = RosterLine.objects.filter(office=request.office, unit__in=units or []).order_by("-since").first()
    return render(
        request,
        "scoring/entry_list.html",
        {
            "period": period,
            "rows": rows[:ENTRIES],
            "number": entries.count(),
            "n": int(sums["n"] or 0),
            "worth": int(sums["worth"] or 0),
            "label": labels.get(column) or dict(Measure.choices).get(measure, ""),
            "line": line,
            "group": group,
            "next": "?" + urlencode({"period": period.pk, **kept, "after": after}) if after else "",
        },
    )


def _units_asked(request: DeskRequest) -> Iterable[int] | None:
    """The unit in the address; without one all units, or for those who see only their own, these."""
    asked = request.GET.get("unit", "")
    own_only = not sees_whole(request.user, request.office)
    own = set(request.user.roles)
    if asked:
        unit = row_id(asked) or 0
        if (own_only and unit not in own) or not RosterLine.objects.filter(office=request.office, unit=unit).exists():
            raise Http404
        return [unit]
    return own if own_only else None


@at_office
def period_list(request: DeskRequest) -> HttpResponse:
    """Periods newest first, with what was stored of the closed ones."""
    if not request.user.works_at(request.office):
        raise Http404
    periods = list(Period.objects.filter(office=request.office).select_related("office").newest_first())
    results = {
        result.period_id: result
        for result in ClosedResult.objects.filter(period__in=periods, reopened_at=None).select_related("closed_by")
    }
    last_day = max((period.ends_on for period in periods), default=None)
    beyond = (
        ScoreEntry.objects.filter(office=request.office, posted_on__gt=last_day).aggregate(
            number=Count("pk"), worth=Sum("points", output_field=BigIntegerField())
        )
        if last_day
        else {"number": 0}
    )
    undone = ClosedResult.objects.filter(period__in=periods, reopened_at__isnull=False).select_related(
        "period", "reopened_by"
    )
    rows = [
        {
            "period": period,
            "result": results.get(period.pk),
            "may_close": may_close(request.user, period),
            "may_reopen": may_reopen(request.user, period),
        }
        for period in periods
    ]
    return render(
        request,
        "scoring/period_list.html",
        {
            "rows": rows,
            "undone": undone.order_by("-reopened_at"),
            "last_day": last_day,
            "beyond": beyond,
            "may_begin": may_set_desk(request.user, request.office),
        },
    )


@act("封存报送期")
@at_office
def close_period(request: DeskRequest, pk: int) -> HttpResponse:
    """Show what will be frozen, then freeze it."""
    period = _period(request, pk)
    verdict = may_close(request.user, period)
    if request.method == "POST":
        try:
            close(period, request.user)
        except (Refused, TooLate) as error:
            say_refused(request, error)
        else:
            messages.success(request, f"{period.name}已封存。以后的更改会计入下一期，并写明原因。")
        return redirect("periods", request.office.code)
    table = standings(period) if verdict else None
    waiting = Item.objects.filter(office=request.office).received_in(period).awaiting_decision().count()
    context = {"period": period, "verdict": verdict, "table": table, "waiting": waiting}
    return render(request, "scoring/close.html", context)


@act("重新打开报送期", ["reason"])
@at_office
def reopen_period(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then let the period count live again."""
    period = _period(request, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reopen(period, request.user, form.cleaned_data["reason"])
        except (Refused, TooLate) as error:
            say_refused(request, error)
        else:
            messages.success(request, f"{period.name}已重新打开，原来的封存结果保留在记录里。")
        return redirect("periods", request.office.code)
    context = {"period": period, "verdict": may_reopen(request.user, period), "form": form}
    return render(request, "scoring/reopen.html", context, status=422 if form.errors else 200)


def _period(request: DeskRequest, pk: int) -> Period:
    """A period for its office's managers; others are told that it takes one."""
    if not request.user.works_at(request.office):
        raise Http404
    period = get_object_or_404(Period.objects.select_related("office"), pk=pk, office=request.office)
    request.about = period
    if not request.user.has_role(request.office.unit_id, Role.MANAGER):
        raise PermissionDenied("只有管理员可以封存或重新打开报送期。")
    return period


@at_office
def scheme_page(request: DeskRequest) -> HttpResponse:
    """The versions of the rules, the one in force first. Open to everybody who is scored by them."""
    schemes = Scheme.objects.filter(office=request.office).order_by("-starts_on").prefetch_related("rules__channels")
    return render(request, "scoring/scheme.html", {"schemes": schemes})
