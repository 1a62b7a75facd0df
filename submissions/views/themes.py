"""The themes of an office: a tree with what each has got so far, changed by managers; a year's work points read in."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from submissions import themes
from submissions.coverage import Counts, Numbers
from submissions.filters import year_of
from submissions.forms import ThemeForm
from submissions.forms.fields import places
from submissions.models import Period, Theme
from submissions.stamps import stamp
from submissions.themes import Reach
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import STAFF, Office
from units.text import row_id
from units.verdicts import Refused, TooLate

TAKES = ["number", "name", "chapter", "scored", "active", "seen"]


def reach_in(office: Office, asked: str) -> Reach | None:
    """What an address asks for (``Reach.key``); None where it asks for nothing. Raises Http404."""
    kind, _, which = asked.partition("-")
    if not asked:
        return None
    if asked == "every":
        return Reach(office)
    if kind == "year" and (year := year_of(which)):
        return Reach(office, year=year)
    if kind == "period":
        return Reach(office, period=get_object_or_404(Period, office=office, pk=row_id(which)))
    raise Http404


def usual_reach(office: Office, years: list[int]) -> Reach:
    """The year that runs or the last that has topics, else those of every period."""
    return Reach(office, year=years[0]) if years else Reach(office)


def reaches(office: Office, years: list[int], chosen: Reach) -> list[Reach]:
    """What may be chosen: the years that have topics, and this one; every period; each period."""
    known = sorted({*years, timezone.localdate().year, *([chosen.year] if chosen.year else [])}, reverse=True)
    periods = Period.objects.filter(office=office).newest_first()
    return [*(Reach(office, year=year) for year in known), Reach(office), *(Reach(office, period=p) for p in periods)]


@act("排主题次序", ["theme", "position", "seen", "up", "down"])
@at_office
def theme_list(request: DeskRequest) -> HttpResponse:
    """The topics of a year, a period or every period, with how many items each got; a manager orders them."""
    only_for(request, *STAFF)
    years = themes.years_of(request.office)
    reach = reach_in(request.office, request.GET.get("of", "")) or usual_reach(request.office, years)
    if request.method == "POST":
        _managers_only(request, reach)
        return _ordered(request, reach, years)
    return _tree(request, reach, years)


def _tree(
    request: DeskRequest,
    reach: Reach,
    years: list[int],
    typed: Mapping[str, str] = MappingProxyType({}),
    wrong: Mapping[str, str] = MappingProxyType({}),
) -> HttpResponse:
    """The topics in order; after a refusal with the numbers that were typed."""
    tree = themes.tree_of(reach.topics)
    within = _counted_in(reach)
    counts = Counts(within, request.user)
    numbers = counts.of([theme for top, points in tree for theme in (top, *points)])
    rows = [
        _row(counts, theme, numbers[theme.pk], points if theme is top else None)
        for top, points in tree
        for theme in (top, *points)
    ]
    for place, row in enumerate(rows, start=1):
        pk = str(row["theme"].pk)
        row |= {"place": typed.get(pk, place), "wrong": wrong.get(pk, "")}
    context = {
        "reach": reach,
        "reaches": reaches(request.office, years, reach),
        "rows": rows,
        "within": within,
        "wrong": [
            (f"place-{row['theme'].pk}", f"“{row['theme'].full}”：{row['wrong']}") for row in rows if row["wrong"]
        ],
        "seen": themes.order_seen(tree),
        "verdict": themes.may_change_themes(request.user, reach),
    }
    return render(request, "submissions/theme_list.html", context, status=422 if typed else 200)


def _counted_in(reach: Reach) -> Reach:
    """The days in which items are counted: those of every period have too many, so the one at hand."""
    if reach.year or reach.period:
        return reach
    return Reach(reach.office, period=Period.objects.filter(office=reach.office).at_hand(timezone.localdate()))


def _row(counts: Counts, theme: Theme, numbers: Numbers, points: list[Theme] | None) -> dict[str, Any]:
    return {
        "theme": theme,
        "points": points,
        "numbers": numbers,
        "confirmed_at": counts.address(theme, True),
        "waiting_at": counts.address(theme, False),
    }


def _ordered(request: DeskRequest, reach: Reach, years: list[int]) -> HttpResponse:
    standing = set(map(str, reach.topics.values_list("pk", flat=True)))
    rows = zip(request.POST.getlist("theme"), request.POST.getlist("position"), strict=False)
    typed = {row: number for row, number in rows if row in standing}
    numbers, wrong = places(typed.items())
    positions = {int(row): number for row, number in numbers.items()}
    moved = (row_id(request.POST.get("up", "")) or 0, -1)
    if down := row_id(request.POST.get("down", "")):
        moved = (down, 1)
    if wrong:
        request.refusal = "有的次序不对，什么也没有保存。"
        return _tree(request, reach, years, typed, wrong)
    try:
        themes.reorder(reach, positions, request.user, request.POST.get("seen", ""), moved)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return _tree(request, reach, years, typed)
    messages.success(request, "次序已经保存。")
    at = f"#theme-{moved[0]}" if moved[0] else ""
    return redirect(list_address(reach) + at)


def list_address(reach: Reach) -> str:
    return f"{reverse('themes', args=[reach.office.code])}?{urlencode({'of': reach.key})}"


@act("加主题", TAKES)
@at_office
def new_theme(request: DeskRequest) -> HttpResponse:
    """A topic more, of the reach in the address."""
    only_for(request, *STAFF)
    years = themes.years_of(request.office)
    reach = reach_in(request.office, request.GET.get("of", "")) or usual_reach(request.office, years)
    _managers_only(request, reach)
    initial = {"scored": True, "active": True, "chapter": row_id(request.GET.get("chapter", ""))}
    form = ThemeForm(request.POST if request.method == "POST" else None, initial=initial, reach=reach)
    if request.method == "POST" and form.is_valid():
        try:
            theme = themes.add(reach, form.cleaned_data, request.user)
        except Refused as error:
            form.refused(request, error)
        else:
            messages.success(request, f"“{theme}”已经加上。")
            return redirect(f"{list_address(reach)}#theme-{theme.pk}")
    context = {"form": form, "reach": reach, "back": list_address(reach), "verdict": True}
    return render(request, "submissions/theme.html", context, status=422 if form.errors else 200)


@act("改主题设置", TAKES)
@at_office
def change_theme(request: DeskRequest, pk: int) -> HttpResponse:
    """A topic for the staff to read and for managers to change."""
    only_for(request, *STAFF)
    theme = _topic(request, pk)
    reach = themes.reach_of(theme)
    if request.method == "POST":
        _managers_only(request, reach)
    now = themes.described(theme)
    initial = {**now, "name": theme.name, "chapter": theme.parent_id, "seen": stamp(now)}
    form = ThemeForm(request.POST if request.method == "POST" else None, initial=initial, reach=reach, theme=theme)
    if request.method == "POST" and form.is_valid():
        try:
            theme = themes.change(theme, form.cleaned_data, request.user, form.cleaned_data["seen"])
        except Refused as error:
            form.refused(request, error)
        except TooLate as error:
            form.refused(request, error, stamp(themes.described(_topic(request, pk))))
        else:
            messages.success(request, f"“{theme}”已经改好。")
            return redirect(f"{list_address(reach)}#theme-{theme.pk}")
    return _shown(request, theme, form)


def _shown(request: DeskRequest, theme: Theme, form: ThemeForm) -> HttpResponse:
    reach = themes.reach_of(theme)
    worth = themes.worth(theme)
    others = reach.topics.filter(active=True).exclude(pk=theme.pk)
    into = others.filter(pk=row_id(request.GET.get("into", "")) or 0).first()
    context = {
        "theme": theme,
        "form": form,
        **_merging(request, theme, into),
        "reach": reach,
        "back": list_address(reach),
        "verdict": themes.may_change_themes(request.user, reach),
        "worth": worth.count(),
        "closed": themes.in_closed_periods(worth, request.office),
        "others": others,
        "removable": not (theme.items.exists() or theme.children.exists() or theme.charges.exists()),
    }
    return render(request, "submissions/theme.html", context, status=422 if form.errors else 200)


def _merging(request: DeskRequest, theme: Theme, into: Theme | None) -> dict[str, Any]:
    """What merging it into the one in the address would do, or why it cannot be."""
    if into is None:
        return {}
    into.office, into.period = request.office, theme.period  # of the same reach
    try:
        return {"into": into, "merger": themes.Merger(theme, into)}
    except Refused as error:
        return {"into": into, "unfit": str(error)}


@act("合并主题", ["into"])
@require_POST
@at_office
def merge_theme(request: DeskRequest, pk: int) -> HttpResponse:
    """Put a topic's items under another one; it is out of use from then on."""
    only_for(request, *STAFF)
    theme = _topic(request, pk)
    _managers_only(request, themes.reach_of(theme))
    into = get_object_or_404(Theme, office=request.office, pk=row_id(request.POST.get("into", "")))
    try:
        number = themes.merge(theme, into, request.user)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return redirect("theme", request.office.code, pk)
    messages.success(request, f"“{theme}”已经并入“{into}”，{number} 条信息跟了过去；得分已更新。")
    return redirect(f"{list_address(themes.reach_of(into))}#theme-{into.pk}")


@act("删主题")
@require_POST
@at_office
def remove_theme(request: DeskRequest, pk: int) -> HttpResponse:
    """Delete a topic that no item ever had."""
    only_for(request, *STAFF)
    theme = _topic(request, pk)
    reach = themes.reach_of(theme)
    _managers_only(request, reach)
    try:
        themes.remove(theme, request.user)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return redirect("theme", request.office.code, pk)
    messages.success(request, f"“{theme}”已经删去。")
    return redirect(list_address(reach))


def _topic(request: DeskRequest, pk: int) -> Theme:
    topics = Theme.objects.topics().filter(office=request.office).select_related("office", "period", "parent")
    theme = get_object_or_404(topics, pk=pk)
    request.about = theme
    return theme


def _managers_only(request: DeskRequest, reach: Reach) -> None:
    if not (verdict := themes.may_change_themes(request.user, reach)):
        raise PermissionDenied(verdict.reason)
