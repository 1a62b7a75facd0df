"""What I am told, and how much of it I want by mail."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from trail.acts import act
from trail.records import record
from units import links, notices
from units.desk import DeskRequest, at_office, at_ones_office
from units.models import Notice, NoticeKind, NoticeWay
from units.text import row_id

PAGE = 50


@never_cache
@at_office
def notice_list(request: DeskRequest) -> HttpResponse:
    """What this office told me, the newest first; unread ones alone, where the address asks."""
    mine = Notice.objects.filter(account=request.user, office=request.office).newest_first()
    only_unread = request.GET.get("unread") == "1"
    listed = mine.unread() if only_unread else mine
    if (before := row_id(request.GET.get("before", ""))) is not None:
        listed = listed.filter(pk__lt=before)
    rows = list(listed[: PAGE + 1])
    context = {
        "notices": rows[:PAGE],
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "only_unread": only_unread,
    }
    return render(request, "units/notice_list.html", context)


@require_safe
@at_office
def open_notice(request: DeskRequest, pk: int) -> HttpResponse:
    """Where a notice leads; it is read by going there."""
    notice = get_object_or_404(Notice, pk=pk, account=request.user, office=request.office)
    notices.read(request.user, request.office, notice.address)
    return redirect(notice.address)


@act("通知都标为已读", [])
@require_POST
@at_office
def read_all(request: DeskRequest) -> HttpResponse:
    """None of them is new any more."""
    with transaction.atomic():
        number = notices.read(request.user, request.office)
        record("通知都标为已读", by=request.user, office=request.office.code, after={"number": number})
    return redirect("notices", request.office.code)


@act("改通知方式", list(NoticeKind.values))
@never_cache
@at_ones_office
def notice_ways(request: DeskRequest) -> HttpResponse:
    """How much I want of each kind that concerns me."""
    account = request.user
    if request.method == "POST":
        asked = {kind: request.POST.get(kind, "") for kind in notices.kinds_for(account)}
        ways = {kind: NoticeWay(way) for kind, way in asked.items() if way in NoticeWay.values}
        if ways:
            notices.choose(account, ways)
            messages.success(request, "通知方式已经保存。")
        else:
            messages.warning(request, "没有收到选择，什么都没有改。请再选一次。")
        return redirect("notice-ways")
    usual = {kind: NoticeWay(way) for kind, way in notices.USUAL.items()}
    rows = [(kind, way, usual[kind]) for kind, way in notices.ways_of(account).items()]
    context = {"rows": rows, "ways": NoticeWay, "mail": links.may_mail(account), "address": account.email}
    return render(request, "units/notice_ways.html", context)
