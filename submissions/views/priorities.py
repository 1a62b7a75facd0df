"""What a period's items should be about: the manager's page, and the public one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from submissions import priorities
from submissions.coverage import Counts
from submissions.forms.fields import LAST, places
from submissions.models import Period, Theme
from submissions.priorities import Line
from submissions.stamps import stamp
from submissions.themes import Reach, may_change_themes
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import STAFF, Office
from units.text import key, one_line, row_id
from units.verdicts import Refused, TooLate

PUBLIC_FOR = 300  # seconds for which anybody may keep the public page


@act("改报送要点", ["row", "name", "position", "more", "public", "seen"])
@at_office
def period_priorities(request: DeskRequest, pk: int) -> HttpResponse:
    """The priorities of a period with how many items answered each; changed, ordered and made public by managers."""
    only_for(request, *STAFF)
    period = get_object_or_404(Period.objects.select_related("office"), pk=pk, office=request.office)
    request.about = period
    reach = Reach(request.office, period=period)
    verdict = may_change_themes(request.user, reach)
    if request.method == "POST":
        if not verdict:
            raise PermissionDenied(verdict.reason)
        return _changed(request, period)
    now = priorities.described(period)
    return _shown(request, period, _rows(period), public=now["public"], seen=stamp(now), more=_copied(request, period))


def _changed(request: DeskRequest, period: Period) -> HttpResponse:
    typed = request.POST
    columns = list(zip(typed.getlist("row"), typed.getlist("name"), typed.getlist("position"), strict=False))
    standing = {str(theme.pk): theme for theme in Theme.objects.priorities_of(period)}
    numbers, wrong = places((row, at) for row, name, at in columns if one_line(name) and row in standing)
    lines = [Line(row_id(row) or 0, one_line(name), numbers.get(row, 0)) for row, name, _ in columns]
    more = typed.get("more", "")
    lines += [Line(0, one_line(line), LAST + 1) for line in more.splitlines()[:1_000]]
    public, seen = typed.get("public") == "on", typed.get("seen", "")
    try:
        if wrong:
            raise Refused("有的次序不对，什么也没有保存。")
        priorities.want(period, lines, public, request.user, seen)
    except (Refused, TooLate) as error:
        rows = [(standing[row], one_line(name), at) for row, name, at in columns if row in standing]
        if wrong:
            request.refusal = str(error)
        else:
            say_refused(request, error)
        if isinstance(error, TooLate):
            seen = stamp(priorities.described(period))
        return _shown(request, period, rows, wrong, public=public, seen=seen, more=more, status=422)
    messages.success(request, f"{period}的报送要点已经保存。")
    return redirect("priorities", request.office.code, period.pk)


def _rows(period: Period) -> list[tuple[Theme, str, str]]:
    return [(theme, theme.name, str(i)) for i, theme in enumerate(Theme.objects.priorities_of(period), start=1)]


def _copied(request: DeskRequest, period: Period) -> str:
    """The last period's priorities that do not stand here, for the box of new ones, where they are asked for."""
    if "copy" not in request.GET:
        return ""
    there = {key(theme.name) for theme in Theme.objects.priorities_of(period)}
    return "\n".join(theme.name for theme in priorities.last_before(period) if key(theme.name) not in there)


def _shown(
    request: DeskRequest,
    period: Period,
    rows: list[tuple[Theme, str, str]],
    wrong: Mapping[str, str] = MappingProxyType({}),
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    counts = Counts(Reach(request.office, period=period), request.user)
    numbers = counts.of([theme for theme, *_ in rows])
    listed = [
        (theme, name, place, numbers[theme.pk], counts.address(theme, True), counts.address(theme, False), told)
        for theme, name, place in rows
        for told in [wrong.get(str(theme.pk), "")]
    ]
    before = priorities.last_before(period)
    context = {
        "period": period,
        "rows": listed,
        "wrong": [
            (f"place-{theme.pk}", f"第 {row} 条：{told}")
            for row, (theme, *_, told) in enumerate(listed, start=1)
            if told
        ],
        "verdict": may_change_themes(request.user, Reach(request.office, period=period)),
        "before": before[0].period if before else None,
        "on_site": priorities.published(request.office, timezone.localdate()),
        "copy": urlencode({"copy": 1}),
        **more,
    }
    return render(request, "submissions/priorities.html", context, status=status)


@login_not_required
@require_safe
def public_priorities(request: HttpRequest, code: str) -> HttpResponse:
    """What an office asks for now, for everybody; nothing else of it. Anybody may keep the page for some minutes.

    Made without the request, so that it is the same for whoever asks.
    """
    office = get_object_or_404(Office, code=code)
    period = priorities.published(office, timezone.localdate())
    if period is None:
        raise Http404
    wanted = list(Theme.objects.priorities_of(period).values_list("name", flat=True))
    context = {"period": period, "wanted": wanted, "of_office": office.name, "demonstration": office.demonstration}
    page = render_to_string("public_priorities.html", context)
    return HttpResponse(page, headers={"Cache-Control": f"public, max-age={PUBLIC_FOR}"})
