"""Word files that become drafts: several at once, each with its fate."""

import secrets
import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from submissions import taking_over
from submissions.forms import FromWordForm
from submissions.permissions import units_to_write_for
from submissions.taking_over import Fate
from trail.acts import act
from trail.models import Result
from trail.records import record, told_before
from units.desk import DeskRequest, at_office
from units.models import Unit

LABEL = "从 Word 导入"
NO_FILE = "没有收到文件，请选一个或几个 Word 文件。"
MOST_SECONDS = 60  # of a request; files whose turn does not come are told so


@act(LABEL, ["token", "unit", "files"])
@never_cache
@at_office
def from_word(request: DeskRequest) -> HttpResponse:
    """Ask for Word files, make a draft of each and say what became of it.

    The page's script sends one file at a time and gets its row; without it one post takes them all.
    """
    units = units_to_write_for(request.user, request.office)
    if not units:
        raise Http404
    if request.method != "POST":
        initial = {"token": secrets.token_hex(16), "unit": units[0]}
        return _page(request, FromWordForm(initial=initial, units=units))
    form = FromWordForm(request.POST, units=units)
    if not form.is_valid() or not request.FILES.getlist("files"):
        wrong = (
            " ".join(str(errors[0]) for errors in form.errors.values()) or "没有收到文件，请选一个或几个 Word 文件。"
        )
        request.refusal = wrong
        if request.htmx:  # type: ignore[attr-defined]
            return _rows(request, [Fate("", refused=wrong)], 422)
        return _page(request, form, 422, refused=wrong)
    fates = _taken_over(request, form.cleaned_data["unit"], form.cleaned_data["token"])
    status = 200 if any(fate.item for fate in fates) else 422
    if request.htmx:  # type: ignore[attr-defined]
        return _rows(request, fates, status)
    only = fates[0].item if len(fates) == 1 else None
    if only:
        messages.success(request, f"已从《{fates[0].name}》导入，存为草稿。请看一遍再报送。")
        return redirect("write-item", request.office.code, only.pk)
    return _page(request, form, status, fates=fates)


def _taken_over(request: DeskRequest, unit: Unit, token: str) -> list[Fate]:
    """The fate of each file. One that was refused is on record beside those that were not."""
    until = time.monotonic() + MOST_SECONDS
    fates: list[Fate] = []
    for upload in request.FILES.getlist("files"):
        name = upload.name or ""
        if fates and time.monotonic() > until:
            fates.append(Fate(name, refused="前面的文件用了很久，没有轮到它。请再导入一次。"))
            continue
        content = upload.read()
        fate = taking_over.take_over(request.office, unit, token, name, content, request.user, upload.size)
        if fate.again:
            told_before()
        elif fate.refused:
            after = {"path": request.path, "reason": fate.on_record}
            record(LABEL, by=request.user, office=request.office.code, after=after, result=Result.REFUSED)
        fates.append(fate)
    return fates


def _rows(request: DeskRequest, fates: list[Fate], status: int) -> HttpResponse:
    return render(request, "partials/fates.html", {"fates": fates}, status=status)


def _page(request: DeskRequest, form: FromWordForm, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "form": form,
        "endings": taking_over.WORD,
        "most": settings.ATTACHMENT_MB,
        "most_all": 3 * settings.ATTACHMENT_MB,
        **more,
    }
    return render(request, "submissions/from_word.html", context, status=status)
