"""The report centre: ask for a report, watch it, read it, download it; issue a circular; the office's letterhead."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from reports import circulars, listing, press, runs
from reports.formats import CONTENT_TYPES
from reports.forms import IssueForm, LetterheadForm, ReportForm
from reports.history import History
from reports.kinds import commission, coverage, kind_of, roster
from reports.models import Circular, Letterhead, ReportRun, RunFile, RunState
from reports.permissions import may_make, may_pass_on
from reports.upward import Upward
from reports.writers import as_download, html, pdf
from scoring.standings import sees_whole
from submissions.commissions import CHIPS, replies
from submissions.filters import ItemFilter, page_key
from submissions.models import Commission
from submissions.views.coverage import asked_of
from trail.acts import act
from trail.records import record
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import STAFF, Office, Role
from units.roster_books import Books
from units.verdicts import Refused, TooLate

CIRCULARS = 50  # a page of them


@act("生成报表", ["kind", "period"])
@at_office
def report_list(request: DeskRequest) -> HttpResponse:
    """The form to ask for a report, and what was asked for, newest first."""
    _readers_only(request)
    form = ReportForm(_typed(request), office=request.office, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        return _ask(request, form.cleaned_data["kind"], form.cleaned_data["period"])
    context = {
        "form": form,
        "history": History(request),
        "may_make": may_make(request.user, request.office),
        "no_pdf": not pdf.available(),
        "letterhead": _letterhead(request.office),
    }
    return render(request, "reports/report_list.html", context, status=422 if form.errors else 200)


@at_office
def run_rows(request: DeskRequest) -> HttpResponse:
    """The rows alone, which the page asks for again while something is being made."""
    _readers_only(request)
    history = History(request)
    # Said once, to those who listen instead of looking: the rows themselves are replaced every second.
    newest = history.lines[0] if history.lines and not history.busy else None
    told = f"{newest.name}：{newest.run.get_state_display()}" if newest else ""
    context = {"history": history, "letterhead": _letterhead(request.office), "told": told}
    return render(request, "reports/runs.html", context)


@at_office
def run_detail(request: DeskRequest, pk: int) -> HttpResponse:
    """What was made, as a page: the document itself, what was checked, the files, and the way to issue it."""
    run = _run(request, pk)
    if run.drafted and run.seen_at is None and may_make(request.user, request.office):
        with transaction.atomic():
            ReportRun.objects.filter(pk=run.pk).update(seen_at=timezone.now())
            record("看过通报草稿", by=request.user, office=request.office.code, on=run)
    circular = Circular.objects.filter(run=run).first()
    if circular:
        return redirect("circular", request.office.code, circular.pk)
    context = {
        "run": run,
        "kind": kind_of(run.kind),
        "sheets": _sheets(run),
        "outdated": run.state == RunState.DONE and not run.is_current and (run.from_closed or run.period.closed),
        "may_make": may_make(request.user, request.office),
        "may_issue": may_make(request.user, request.office) and kind_of(run.kind).issued and run.is_current,
    }
    return render(request, "reports/run_detail.html", context)


@act("取消报表")
@require_POST
@at_office
def cancel_run(request: DeskRequest, pk: int) -> HttpResponse:
    run = _run(request, pk)
    try:
        runs.cancel(run, request.user)
    except (Refused, TooLate) as error:
        say_refused(request, error)
    else:
        messages.success(request, f"已取消：{_name(run)}。")
    return redirect("reports", request.office.code)


@act("生成报表")
@require_POST
@at_office
def make_again(request: DeskRequest, pk: int) -> HttpResponse:
    """The same report anew; where nothing has changed it is the one there already is."""
    run = _run(request, pk)
    return _ask(request, run.kind, run.period)


@act("提交印发", IssueForm.base_fields)
@at_office
def issue_run(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask for number, days and signature; then have the final files made, and frozen."""
    run = _run(request, pk)
    _managers_only(request, "只有管理员可以印发通报。")
    if not kind_of(run.kind).issued:
        raise Http404
    form = IssueForm(_typed(request), run=run, letterhead=_letterhead(request.office))
    if request.method == "POST" and form.is_valid():
        try:
            runs.issue(run, form.typed, request.user)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{form.typed['number']}正在生成，做好就印发，会列在“已印发的通报”里。")
            return redirect("reports", request.office.code)
    context = {"run": run, "form": form, "closed": run.period.closed, "sealed": _letterhead(request.office).sealed}
    return render(request, "reports/issue.html", context, status=422 if form.errors else 200)


@at_office
def run_file(request: DeskRequest, pk: int) -> HttpResponseBase:
    """A file of a run, under its proper name."""
    runs_here = ReportRun.objects.visible_to(request.user, request.office)
    return _download(get_object_or_404(RunFile, pk=pk, run__in=runs_here))


@at_office
def circular_list(request: DeskRequest) -> HttpResponse:
    """What was issued, newest first. Open to the units too, where they may see the whole table."""
    if not sees_whole(request.user, request.office):
        raise Http404
    found = Circular.objects.visible_to(request.user, request.office).newest_first().for_table()
    if place := page_key(request.GET.get("after", "")):
        found = found.beyond(place)
    rows = list(found[: CIRCULARS + 1])
    last = rows[CIRCULARS - 1] if len(rows) > CIRCULARS else None
    context = {"circulars": rows[:CIRCULARS], "next_key": f"{last.issued_on}_{last.pk}" if last else ""}
    return render(request, "reports/circular_list.html", context)


@at_office
def circular_detail(request: DeskRequest, pk: int) -> HttpResponse:
    """An issued circular as it was frozen."""
    found = Circular.objects.visible_to(request.user, request.office).for_table()
    circular = get_object_or_404(found, pk=pk)
    context = {
        "circular": circular,
        "sheets": _sheets(circular.run),
        "intact": circulars.is_intact(circular),
        "staff": request.user.works_at(request.office),
    }
    return render(request, "reports/circular_detail.html", context)


@at_office
def circular_file(request: DeskRequest, pk: int) -> HttpResponseBase:
    """A file of an issued circular, for everybody who may read it."""
    readable = Circular.objects.visible_to(request.user, request.office)
    return _download(get_object_or_404(RunFile, pk=pk, run__circular__in=readable))


@act("改公文设置", LetterheadForm.base_fields)
@at_office
def letterhead(request: DeskRequest) -> HttpResponse:
    """How the office's documents look. A change makes the reports of today outdated."""
    _readers_only(request)
    _managers_only(request, "只有管理员可以改公文设置。")
    with transaction.atomic():
        if request.method == "POST":
            Office.objects.hold(request.office.pk)  # before it is read: two may save at once
        form = LetterheadForm(_typed(request), instance=_letterhead(request.office))
        before = dict(form.initial)
        if request.method == "POST" and form.is_valid():
            saved = form.save()
            after = dict(LetterheadForm(instance=saved).initial)
            record("改公文设置", by=request.user, office=request.office.code, on=saved, before=before, after=after)
            messages.success(request, "公文设置已保存，以后生成的报表照此印出。")
            return redirect("letterhead", request.office.code)
    return render(request, "reports/letterhead.html", {"form": form}, status=422 if form.errors else 200)


def _typed(request: DeskRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _ask(request: DeskRequest, kind: str, period: Any) -> HttpResponse:
    """Ask for a report and go back to the list, which keeps what was chosen."""
    began = timezone.now()
    try:
        run = runs.request(request.office, kind, period, request.user)
    except Refused as error:
        say_refused(request, error)
        return redirect("reports", request.office.code)
    if run.requested_at >= began:
        messages.success(request, f"{_name(run)}已经排上，做好了会出现在下面，可以先离开这一页。")
    elif run.state == RunState.DONE:
        messages.success(request, f"{_name(run)}已经做好，数据没有变化，不用重做。")
    else:
        messages.success(request, f"{_name(run)}已经在做，不用再要一次。")
    address = redirect("reports", request.office.code)
    address["Location"] += f"?kind={kind}&period={period.pk}"
    return address


def _run(request: DeskRequest, pk: int) -> ReportRun:
    _readers_only(request)
    run = get_object_or_404(ReportRun.objects.visible_to(request.user, request.office).for_table(), pk=pk)
    request.about = run
    return run


@require_safe
@never_cache
@at_office
def export_items(request: DeskRequest) -> HttpResponseBase:
    """A workbook of exactly what the item list shows; where that is too much, a sentence."""
    chosen = ItemFilter(request.GET, request.user, request.office)
    document = listing.workbook(request.office, request.user, chosen)
    if document is None:
        context = {"most": listing.MOST, "back": chosen.address()}
        return render(request, "reports/listing_too_long.html", context, status=422)
    return as_download(document, f"{request.office.name}信息清单{timezone.localdate()}.xlsx")


@require_safe
@never_cache
@at_office
def export_roster(request: DeskRequest) -> HttpResponseBase:
    """The roster with its contacts as the workbook that its import reads. Persons' data leaves: an entry says so."""
    only_for(request, Role.MANAGER)
    books = Books(request.office)
    after = {"rows": {sheet: len(rows) for sheet, rows in books.rows.items()}}
    record("导出名册", by=request.user, office=request.office.code, on=request.office, after=after)
    return as_download(roster.filled(books), f"{request.office.name}名册{timezone.localdate()}.xlsx")


@require_safe
@never_cache
@at_office
def export_commission(request: DeskRequest, pk: int) -> HttpResponseBase:
    """A workbook of exactly what the table of a commission shows."""
    only_for(request, *STAFF)
    found = get_object_or_404(Commission.objects.visible_to(request.user, request.office), pk=pk)
    chip = request.GET.get("show", "")
    document = commission.table(found, replies(found), chip if chip in CHIPS else "")
    return as_download(document, f"约稿{press.fit_for_a_name(found.title)}{timezone.localdate()}.xlsx")


@require_safe
@never_cache
@at_office
def export_coverage(request: DeskRequest) -> HttpResponseBase:
    """A workbook of the coverage on the screen, of a year's or a period's; of one group where the screen shows one."""
    only_for(request, *STAFF)
    reach, group = asked_of(request)
    try:
        document = coverage.table(reach, request.user, group)
    except Refused as error:
        say_refused(request, error)
        return redirect("coverage", request.office.code)
    return as_download(document, f"{press.fit_for_a_name(document.title)}{timezone.localdate()}.xlsx")


@require_safe
@at_office
def roster_template(request: DeskRequest) -> HttpResponseBase:
    """The same workbook without rows, and what to write where."""
    only_for(request, Role.MANAGER)
    return as_download(roster.template(), "名册模板.xlsx")


@require_safe
@never_cache
@at_office
def upward(request: DeskRequest) -> HttpResponse:
    """What would be passed on to a channel, and what an editor should know before; its file is a click away."""
    asked = _asked(request)
    return _before_passing_on(request, asked, status=422 if asked.numbers and asked.wrong else 200)


@require_safe
@never_cache
@at_office
def upward_file(request: DeskRequest) -> HttpResponseBase:
    """The Word file for a channel; where the address asks for none, the page that says why."""
    asked = _asked(request)
    if asked.wrong:
        return _before_passing_on(request, asked, status=422)
    day = timezone.localdate()
    return as_download(asked.document(day), f"{press.fit_for_a_name(asked.title)}（转报{day}）.docx")


def _asked(request: DeskRequest) -> Upward:
    if not may_pass_on(request.user, request.office):
        raise Http404
    asked = Upward(request.GET, request.user, request.office)
    if asked.unknown:
        raise Http404
    return asked


def _before_passing_on(request: DeskRequest, asked: Upward, status: int) -> HttpResponse:
    return render(request, "reports/upward.html", {"asked": asked, "today": timezone.localdate()}, status=status)


def _name(run: ReportRun) -> str:
    return f"{run.period}{kind_of(run.kind).label}"


def _letterhead(office: Office) -> Letterhead:
    """The office's, or one where nothing is set."""
    return Letterhead.objects.filter(office=office).first() or Letterhead(office=office)


def _sheets(run: ReportRun) -> str:
    """The document for a page of ours, from the file that was made; empty where it has no page."""
    for file in run.files.all():
        if file.format == "html":
            try:
                return html.sheets((Path(settings.MEDIA_ROOT) / file.path).read_text(encoding="utf-8"))
            except OSError:
                return ""
    return ""


def _download(file: RunFile) -> HttpResponseBase:
    try:
        content = (Path(settings.MEDIA_ROOT) / file.path).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(content, as_attachment=True, filename=file.name, content_type=CONTENT_TYPES[file.format])


def _readers_only(request: DeskRequest) -> None:
    """Reports do not exist for those who may not see them."""
    if not request.user.has_role(request.office.unit_id, Role.MANAGER, Role.AUDITOR):
        raise Http404


def _managers_only(request: DeskRequest, sentence: str) -> None:
    if not may_make(request.user, request.office):
        raise PermissionDenied(sentence)
