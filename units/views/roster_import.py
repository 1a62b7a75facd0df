"""Pages on which a manager takes a workbook of units and contacts into the roster: upload, look, take in."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from trail.acts import act
from units import roster_imports
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.forms import RosterFileForm
from units.models import Fate, Role, RosterImport
from units.text import row_id
from units.verdicts import Refused, TooLate

ROWS = 50  # a page of a preview


@act("预览名册导入", RosterFileForm.base_fields)
@at_office
def upload(request: DeskRequest) -> HttpResponse:
    """Take a file and show what would become of its rows."""
    only_for(request, Role.MANAGER)
    form = RosterFileForm(initial={"since": timezone.localdate()})
    if request.method == "POST":
        form = RosterFileForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                made = roster_imports.preview(
                    request.office, file.name, file.read(), form.cleaned_data["since"], request.user
                )
            except Refused as error:
                form.add_error(None, str(error))
                request.refusal = str(error)
            else:
                return redirect("roster-import", request.office.code, made.pk)
    return render(request, "units/import_roster.html", {"form": form}, status=422 if form.errors else 200)


@act("导入名册", ["do"])
@never_cache
@at_office
def preview(request: DeskRequest, pk: int) -> HttpResponse:
    """The rows of one fate, a page at a time; taken in all at once, or thrown away."""
    only_for(request, Role.MANAGER)
    previews = RosterImport.objects.select_related("office").filter(office=request.office)
    answer = {"take": _taken_in, "cancel": _cancelled}.get(request.POST.get("do", ""))
    if answer:
        return answer(request, get_object_or_404(previews, pk=pk))
    chosen = get_object_or_404(previews.defer("content"), pk=pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "units/roster_import.html", _page(request, chosen), status=status)


def _taken_in(request: DeskRequest, chosen: RosterImport) -> HttpResponse:
    try:
        counts = roster_imports.take_in(chosen, request.user)
    except Refused as error:
        say_refused(request, error)
        return redirect("roster-import", request.office.code, chosen.pk)
    except TooLate as error:
        say_refused(request, error)
        return _looked_at_again(request, chosen)
    told = "，".join(
        f"{sheet}新增 {of_sheet[Fate.NEW]}、更改 {of_sheet[Fate.CHANGED]}" for sheet, of_sheet in counts.items()
    )
    messages.success(request, f"名册已导入：{told}。")
    return redirect("roster", request.office.code)


def _looked_at_again(request: DeskRequest, chosen: RosterImport) -> HttpResponse:
    if not RosterImport.objects.filter(pk=chosen.pk).exists():
        return redirect("import-roster", request.office.code)
    roster_imports.look_again(chosen)
    return redirect("roster-import", request.office.code, chosen.pk)


def _cancelled(request: DeskRequest, chosen: RosterImport) -> HttpResponse:
    try:
        roster_imports.cancel(chosen, request.user)
    except TooLate as error:
        say_refused(request, error)
    else:
        messages.success(request, f"已取消，{chosen.name}没有导入。")
    return redirect("import-roster", request.office.code)


def _page(request: DeskRequest, chosen: RosterImport) -> dict[str, Any]:
    """What is bad first; counts as they were stored, so that a page costs the same whatever the size."""
    number = {fate: sum(of_sheet[fate] for of_sheet in chosen.counts.values()) for fate in Fate.values}
    fate = request.GET.get("fate", "")
    if fate not in Fate.values:
        fate = next((fate for fate in Fate.values if number[fate]), Fate.BAD)
    after = row_id(request.GET.get("after", "")) or 0
    rows = list(chosen.rows.filter(fate=fate, position__gt=after).order_by("position")[: ROWS + 1])
    more = {"fate": fate, "after": rows[ROWS - 1].position} if len(rows) > ROWS else None
    return {
        "chosen": chosen,
        "fates": [(value, label, number[value], value == fate) for value, label in Fate.choices],
        "fate": Fate(fate),
        "rows": rows[:ROWS],
        "bad": number[Fate.BAD],
        "news": number[Fate.NEW] + number[Fate.CHANGED],
        "sheets": [
            (sheet, [(Fate(fate).label, count) for fate, count in of_sheet.items() if count])
            for sheet, of_sheet in chosen.counts.items()
        ],
        "next": f"?{urlencode(more)}" if more else "",
        "top": f"?{urlencode({'fate': fate})}" if after else "",
    }
