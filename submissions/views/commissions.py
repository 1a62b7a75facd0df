"""What an office asks units for, and what they do about it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from submissions import answers
from submissions.commissions import (
    CHIPS,
    accept,
    by_unit,
    commission,
    decline,
    due_in,
    put_off,
    read_by,
    remind,
    replies,
    tallies,
    withdraw,
    years_of,
)
from submissions.forms import CommissionForm, PutOffForm, WhyForm, only
from submissions.models import Commission, CommissionedUnit, Item
from submissions.permissions import (
    may_accept,
    may_answer,
    may_change_commission,
    may_commission,
    may_decline,
    may_remind_of,
    may_take_away,
)
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import STAFF, UNIT_ROLES, Role
from units.notices import told_of_nobody
from units.privacy import sees_numbers
from units.text import row_id
from units.verdicts import Refused, TooLate

PAGE = 30
MOST_WAITING = 100  # shown on top of a unit's list
CHOICES = 20  # items to choose an answer from


@at_office
def commission_list(request: DeskRequest) -> HttpResponse:
    """For the office the newest first with what became of them; for a unit what waits for it first, the nearest on top.

    Both go by pages.
    """
    account, office = request.user, request.office
    works, own = account.works_at(office), account.units_with(*UNIT_ROLES)
    if not works and not own:
        raise Http404
    before = row_id(request.GET.get("before", ""))
    context = _of_units(request, before) if own else {}
    context |= _of_office(request, before) if works else {}
    context |= {"works": works, "before": before, "may_commission": may_commission(account, office)}
    return render(request, "submissions/commission_list.html", context)


def _of_office(request: DeskRequest, before: int | None) -> dict[str, Any]:
    listed = Commission.objects.visible_to(request.user, request.office).newest_first().select_related("made_by")
    rows = list((listed.filter(pk__lt=before) if before is not None else listed)[: PAGE + 1])
    page = rows[:PAGE]
    counts = tallies(page)
    return {"rows": [(row, counts[row.pk]) for row in page], "next": page[-1].pk if len(rows) > PAGE else None}


def _of_units(request: DeskRequest, before: int | None) -> dict[str, Any]:
    asked = CommissionedUnit.objects.of(request.user, request.office).select_related("commission", "unit", "item")
    waiting = list(asked.waiting().order_by("commission__due_on", "id")[:MOST_WAITING])
    rest = asked.exclude(pk__in=[row.pk for row in waiting]).order_by("-id")
    rows = list((rest.filter(pk__lt=before) if before is not None else rest)[: PAGE + 1])
    return {
        "waiting": [] if before is not None else waiting,
        "rows": rows[:PAGE],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "several": len(request.user.units_with(*UNIT_ROLES)) > 1,
    }


@at_office
def commissions_by_unit(request: DeskRequest) -> HttpResponse:
    """What each unit did with what was due in a year; of one unit, which they were."""
    only_for(request, *STAFF)
    office = request.office
    years = years_of(office)
    asked = row_id(request.GET.get("year", ""))
    year = asked if asked in years else years[0] if years else timezone.localdate().year
    groups = by_unit(office, year)
    chosen = row_id(request.GET.get("unit", ""))
    unit = next((one for _, units in groups for one in units if one.unit == chosen), None)
    rows = (
        CommissionedUnit.objects.filter(due_in(office, year), unit=chosen) if unit else CommissionedUnit.objects.none()
    )
    context = {
        "years": years,
        "year": year,
        "groups": groups,
        "unit": unit,
        "rows": rows.select_related("commission", "item", "said_by", "read_by").order_by("-commission__due_on", "-id"),
    }
    return render(request, "submissions/commissions_by_unit.html", context)


@at_office
def commission_detail(request: DeskRequest, pk: int) -> HttpResponse:
    """One commission; a unit that opens it has read it, the office sees what each unit did."""
    found = _commission(request, pk)
    if request.method == "GET":
        read_by(found, request.user)
    return _shown(request, found)


@act("约稿", CommissionForm.NAMES)
@at_office
def new_commission(request: DeskRequest) -> HttpResponse:
    """Ask units for a piece; on a refusal everything typed stays on the page."""
    only_for(request, Role.EDITOR, Role.MANAGER)
    office = request.office
    typed = request.POST if request.method == "POST" else None
    form = CommissionForm(typed, office=office, initial={"token": uuid.uuid4().hex, "to": "units"})
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data
        what = (asked[name] for name in ("title", "brief", "due_on", "most_characters", "told", "token"))
        if made := form.tried(None, commission, office, *what, request.user):
            told = f"已经约了 {made.units.count()} 个单位。谁读过、谁答复了，列在这里。"
            told += told_of_nobody(made.units.all(), *UNIT_ROLES)
            messages.success(request, told, extra_tags=f"commission-{office.code}")
            return redirect("commission", office.code, made.pk)
    request.refusal = form.on_record
    return render(request, "submissions/new_commission.html", {"form": form}, status=422 if form.errors else 200)


@act("撤销约稿", ["reason"])
@require_POST
@at_office
def withdraw_commission(request: DeskRequest, pk: int) -> HttpResponse:
    """Take it away from the units."""

    def done(found: Commission) -> str:
        withdraw(found, only(WhyForm(request.POST)), request.user)
        return "已经撤销，各单位看不到了。写了的信息还在，照普通信息办理。"

    return _changed(request, pk, done, withdraw_typed=request.POST.get("reason", ""))


@act("推迟约稿", ["due_on"])
@require_POST
@at_office
def put_off_commission(request: DeskRequest, pk: int) -> HttpResponse:
    def done(found: Commission) -> str:
        put_off(found, only(PutOffForm(request.POST)), request.user)
        return "交稿日期已经推迟，没有答复的单位会收到通知。"

    return _changed(request, pk, done, due_typed=request.POST.get("due_on", ""))


@act("提醒约稿")
@require_POST
@at_office
def remind_commissioned(request: DeskRequest, pk: int) -> HttpResponse:
    """Remind those that have neither answered nor declined, once a day however often the button is pressed."""

    def done(found: Commission) -> str:
        reminded = remind(found, request.user)
        unreached = told_of_nobody(found.units.filter(unit__in=reminded), Role.OFFICER)
        before = found.units.open().exclude(unit__in=reminded).count()
        others = f"今天提醒过的 {before} 个没有再提醒。" if before else ""
        return f"已经提醒 {len(reminded)} 个单位。{others}{unreached}"

    return _changed(request, pk, done)


def _changed(request: DeskRequest, pk: int, done: Callable[[Commission], str], **typed: Any) -> HttpResponse:
    """Do this to a commission and say what it gives; where it is refused or late, what was typed stands on the page."""
    only_for(request, Role.EDITOR, Role.MANAGER)
    found = _commission(request, pk)
    try:
        told = done(found)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return _shown(request, _commission(request, pk), status=422, **typed)
    messages.success(request, told)
    return redirect("commission", request.office.code, pk)


@act("答复约稿", ["do", "reason", "item"])
@require_POST
@at_office
def reply_to_commission(request: DeskRequest, pk: int) -> HttpResponse:
    """What a unit does when asked: accepts, declines, answers with what it has sent, takes a draft away."""
    rows = CommissionedUnit.objects.of(request.user, request.office)
    asked = get_object_or_404(rows.select_related("commission__office", "unit", "item"), pk=pk)
    request.about = asked.commission
    do = request.POST.get("do", "")
    try:
        if do == "accept":
            accept(asked, request.user)
        elif do == "decline":
            decline(asked, only(WhyForm(request.POST)), request.user)
        elif do == "use":
            answers.answer_with(asked, _item(request, asked), request.user)
        elif do == "take_away":
            answers.take_away(asked, request.user)
        else:
            raise Refused("没有这种答复，请另选。")
    except (Refused, TooLate) as error:
        say_refused(request, error)
        found = _commission(request, asked.commission_id)
        typed = {"declining": asked.pk, "decline_typed": request.POST.get("reason", "")} if do == "decline" else {}
        return _shown(request, found, status=422, **typed)
    messages.success(request, DONE[do])
    return redirect("commission", request.office.code, asked.commission_id)


DONE = {
    "accept": "已经接受，请按时交稿。",
    "decline": "已经谢绝，收稿单位会看到理由。",
    "use": "已经用这条信息应约。",
    "take_away": "已经取消关联，那条信息还在，照普通信息办理。",
}


def _item(request: DeskRequest, asked: CommissionedUnit) -> Item:
    """The item that was chosen, of the unit's own."""
    pk = row_id(request.POST.get("item", ""))
    found = answers.choices(asked).filter(pk=pk).first() if pk is not None else None
    if found is None:
        raise Refused("请选一条本单位最近送达、没有答过别的约稿的信息。")
    return found


def _commission(request: DeskRequest, pk: int) -> Commission:
    """The commission in the address, as far as the reader may know of it; else 404."""
    visible = Commission.objects.visible_to(request.user, request.office)
    found = get_object_or_404(visible.select_related("office", "made_by", "withdrawn_by"), pk=pk)
    request.about = found
    return found


def _shown(request: DeskRequest, found: Commission, status: int = 200, **typed: Any) -> HttpResponse:
    account, office = request.user, request.office
    context: dict[str, Any] = {"commission": found, "works": account.works_at(office), **typed}
    if context["works"]:
        chip = request.GET.get("show", "")
        chip = chip if chip in CHIPS else ""
        all_replies = replies(found)
        context |= {
            "replies": all_replies,
            "chip": chip,
            "groups": all_replies.grouped(chip),
            "whole": sees_numbers(account, office.unit_id, office),
            "may_change": may_change_commission(account, found),
            "may_remind": may_remind_of(account, found, len(all_replies.silent)),
        }
    own = CommissionedUnit.objects.filter(commission=found, unit__in=account.units_with(*UNIT_ROLES))
    context["own"] = [_own(request, row, found) for row in own.select_related("unit", "item", "said_by")]
    return render(request, "submissions/commission.html", context, status=status)


def _own(request: DeskRequest, asked: CommissionedUnit, found: Commission) -> dict[str, Any]:
    """What a unit that was asked sees of itself, and may do."""
    asked.commission, account = found, request.user
    if asked.item:
        asked.item.office, asked.item.unit = request.office, asked.unit
    may_write = may_answer(account, asked)
    return {
        "row": asked,
        "may_accept": may_accept(account, asked),
        "may_decline": may_decline(account, asked),
        "may_answer": may_write,
        "may_take_away": may_take_away(account, asked),
        "choices": list(answers.choices(asked)[:CHOICES]) if may_write else [],
    }
