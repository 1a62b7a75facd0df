"""The list of reports: make one, watch it, download it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from reports import runs
from reports.forms import ReportForm
from reports.kinds import KINDS
from reports.models import ReportRun, RunFile, RunState
from reports.permissions import may_make
from submissions.moves import Refused
from units.desk import DeskRequest, at_office
from units.models import Role

PAGE = 50
CONTENT_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}


@at_office
def report_list(request: DeskRequest) -> HttpResponse:
    """The form to ask for a report, and what was asked for, newest first."""
    _readers_only(request)
    form = ReportForm(request.POST or None, office=request.office, period=request.GET.get("period"))
    if request.method == "POST" and form.is_valid():
        try:
            run = runs.request(request.office, form.cleaned_data["kind"], form.cleaned_data["period"], request.user)
        except Refused as error:
            messages.warning(request, str(error))
        else:
            messages.success(
                request, f"{run.period}{KINDS[run.kind].label}已经排上，做好了会出现在下面，可以先离开这一页。"
            )
        return redirect("reports", request.office.code)
    context = {**_rows(request), "form": form, "may_make": may_make(request.user, request.office)}
    return render(request, "reports/report_list.html", context, status=422 if form.errors else 200)


@at_office
def run_rows(request: DeskRequest) -> HttpResponse:
    """The rows alone, which the page asks for again while something is being made."""
    _readers_only(request)
    return render(request, "reports/runs.html", _rows(request))


@at_office
def download(request: DeskRequest, pk: int) -> HttpResponseBase:
    """A file of a run, under its proper name."""
    runs_here = ReportRun.objects.visible_to(request.user, request.office)
    file = get_object_or_404(RunFile, pk=pk, run__in=runs_here)
    try:
        content = (Path(settings.MEDIA_ROOT) / file.path).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(content, as_attachment=True, filename=file.name, content_type=CONTENT_TYPES[file.format])


def _rows(request: DeskRequest) -> dict[str, Any]:
    found = list(ReportRun.objects.visible_to(request.user, request.office).newest_first().for_table()[:PAGE])
    for run in found:
        run.label = KINDS[run.kind].label if run.kind in KINDS else run.kind  # type: ignore[attr-defined]
    return {"runs": found, "busy": any(run.state in (RunState.QUEUED, RunState.RUNNING) for run in found)}


def _readers_only(request: DeskRequest) -> None:
    """Reports do not exist for those who may not see them."""
    if not request.user.has_role(request.office.unit_id, Role.MANAGER, Role.AUDITOR):
        raise Http404
