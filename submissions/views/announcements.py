"""What an office tells its units, and who has opened it."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from submissions.announcements import announce, reach, read_by, readings, withdraw
from submissions.filters import counted
from submissions.forms import AnnouncementForm, WhyForm, only
from submissions.models import Announcement
from submissions.permissions import may_announce, may_withdraw
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import UNIT_ROLES, Role
from units.privacy import sees_numbers
from units.text import row_id
from units.verdicts import Refused, TooLate

PAGE = 30


@at_office
def announcement_list(request: DeskRequest) -> HttpResponse:
    """The newest first, a page at a time: for the office with who has read them, for a unit with what nobody has."""
    account, office = request.user, request.office
    works, own = account.works_at(office), account.units_with(*UNIT_ROLES)
    if not works and not own:
        raise Http404
    visible = Announcement.objects.visible_to(account, office)
    unread_only = bool(own) and request.GET.get("show") == "unread"
    listed = (visible.unread_by(account) if unread_only else visible).newest_first()
    if (before := row_id(request.GET.get("before", ""))) is not None:
        listed = listed.filter(pk__lt=before)
    rows = list(listed.select_related("made_by")[: PAGE + 1])
    page = rows[:PAGE]
    here = Announcement.objects.filter(pk__in=[row.pk for row in page])
    unread = set(here.unread_by(account).values_list("pk", flat=True)) if own else set()
    counts = readings(page) if works else {}
    context = {
        "rows": [(row, row.pk in unread, *counts.get(row.pk, (0, 0))) for row in page],
        "next": page[-1].pk if len(rows) > PAGE else None,
        "before": before,
        "works": works,
        "numbers": counted(visible, visible.unread_by(account)) if own else None,
        "unread_only": unread_only,
        "may_announce": may_announce(account, office),
    }
    return render(request, "submissions/announcement_list.html", context)


@at_office
def announcement_detail(request: DeskRequest, pk: int) -> HttpResponse:
    """One announcement; a unit that opens it has read it, the office sees which have."""
    announcement = _announcement(request, pk)
    if request.method == "GET":
        read_by(announcement, request.user)
    return _shown(request, announcement)


@act("撤下通知公告", ["reason"])
@require_POST
@at_office
def withdraw_announcement(request: DeskRequest, pk: int) -> HttpResponse:
    """Take it away from the units; where it is refused or late, what was typed stands on the page."""
    only_for(request, Role.EDITOR, Role.MANAGER)
    announcement = _announcement(request, pk)
    try:
        withdraw(announcement, only(WhyForm(request.POST)), request.user)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return _shown(request, _announcement(request, pk), status=422, reason=request.POST.get("reason", ""))
    messages.success(request, "已经撤下，各单位看不到了。")
    return redirect("announcement", request.office.code, pk)


@act("发通知公告", AnnouncementForm.NAMES)
@at_office
def new_announcement(request: DeskRequest) -> HttpResponse:
    """Tell units something; on a refusal everything typed stays on the page."""
    only_for(request, Role.EDITOR, Role.MANAGER)
    office = request.office
    typed = request.POST if request.method == "POST" else None
    form = AnnouncementForm(typed, office=office, initial={"token": uuid.uuid4().hex, "to": "all"})
    if form.is_bound and form.is_valid():
        what = (form.cleaned_data[name] for name in ("title", "body", "told", "token"))
        if made := form.tried(None, announce, office, *what, request.user):
            told = f"已经发给 {made.units.count()} 个单位。谁打开看过，列在这里。"
            messages.success(request, told, extra_tags=f"announce-{office.code}")
            return redirect("announcement", office.code, made.pk)
    request.refusal = form.on_record
    return render(request, "submissions/announce.html", {"form": form}, status=422 if form.errors else 200)


def _announcement(request: DeskRequest, pk: int) -> Announcement:
    """The announcement in the address, as far as the reader may know of it; else 404."""
    visible = Announcement.objects.visible_to(request.user, request.office)
    announcement = get_object_or_404(visible.select_related("office", "made_by", "withdrawn_by"), pk=pk)
    request.about = announcement
    return announcement


def _shown(
    request: DeskRequest, announcement: Announcement, status: int = 200, reason: str | None = None
) -> HttpResponse:
    account, office = request.user, request.office
    works = account.works_at(office)
    context = {
        "announcement": announcement,
        "reach": reach(announcement) if works else None,
        "whole": sees_numbers(account, office.unit_id, office),
        "may_withdraw": may_withdraw(account, announcement),
        "reason": reason,
    }
    return render(request, "submissions/announcement.html", context, status=status)
