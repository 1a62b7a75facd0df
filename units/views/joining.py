"""Joining an office: the public form and its private link; the manager's list."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from trail.acts import act
from units import links, registrations
from units.addresses import address_of, network_of
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.likeness import alike
from units.models import Account, Office, Registration, RegistrationState, Role
from units.queue import handed
from units.registration_forms import AdmissionForm, RegistrationForm, SendBackForm
from units.tasks import tell_applicant
from units.text import row_id
from units.verdicts import Refused, TooLate
from units.views.people import invite

ROWS = 50  # applications a page
INVITATIONS = "invitations"  # in the session: links that are shown once, of an application


@login_not_required
@never_cache
def offices_to_join(request: HttpRequest) -> HttpResponse:
    """The offices that take applications; where there is but one, its form."""
    offices = list(Office.objects.filter(takes_registrations=True).order_by("name"))
    if len(offices) == 1:
        return redirect("join", offices[0].code)
    return render(request, "units/offices_to_join.html", {"offices": offices})


@act("提交入网申请", RegistrationForm.NAMES)
@login_not_required
@never_cache
@sensitive_post_parameters()
def join(request: HttpRequest, code: str) -> HttpResponse:
    """The form by which a unit asks to join. Whomever the office knows already, the answer is the same."""
    office = get_object_or_404(Office, code=code)
    if not office.takes_registrations:
        return render(request, "units/offices_to_join.html", {"closed": office}, status=410)
    form = RegistrationForm(request.POST if request.method == "POST" else None, office=office)
    refused, status = "", 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            secret = registrations.secret_of(form.cleaned_data["page"])
            registrations.apply(office, secret, form.cleaned_data, network_of(address_of(request)))
        except registrations.PageTooOld:
            refused, status = "页面放得太久，没有提交。填的都还在，请再按一次“提交申请”。", 422
        except Refused as error:
            refused, status = str(error), 429
        else:
            return redirect("application", secret)
    context = {"form": form, "office_to_join": office, "refused": refused, "page": _page(form)}
    return render(request, "units/join.html", context, status=status)


def _page(form: RegistrationForm) -> str:
    """What the page came with, as long as it is good: sent twice it stays one application."""
    page = str(form.data.get("page", "")) if form.is_bound else ""
    try:
        registrations.secret_of(page)
    except registrations.PageTooOld:
        return registrations.new_page()
    return page


@act("补正入网申请", RegistrationForm.NAMES)
@login_not_required
@never_cache
@sensitive_post_parameters()
def application(request: HttpRequest, secret: str) -> HttpResponse:
    """What became of an application, for who has its private link; one that was sent back is corrected here."""
    found = Registration.objects.select_related("office", "group").filter(link=registrations.digest(secret)).first()
    if found is None:
        raise Http404
    form, status = None, 200
    if found.state == RegistrationState.RETURNED:
        form = RegistrationForm(request.POST or None, instance=found, office=found.office)
    if request.method == "POST":
        status = 422
        try:
            if form is None:
                raise TooLate("这份申请刚刚已经提交或办理，没有再改。")
            if form.is_valid():
                registrations.correct(found, form.cleaned_data)
                return redirect("application", secret)
        except TooLate as error:
            messages.warning(request, str(error))
        found = Registration.objects.select_related("office", "group").get(pk=found.pk)
    context = {"registration": found, "form": form, "link": request.build_absolute_uri(request.path)}
    return render(request, "units/application.html", context, status=status)


@at_office
def registration_list(request: DeskRequest) -> HttpResponse:
    """Applications of one state, at first those that wait; a page at a time."""
    only_for(request, Role.MANAGER)
    visible = Registration.objects.visible_to(request.user, request.office)
    state = request.GET.get("state", "")
    state = state if state in RegistrationState.values else RegistrationState.WAITING
    found = visible.filter(state=state).select_related("group").order_by("-pk")
    after = row_id(request.GET.get("after", ""))
    rows = list((found.filter(pk__lt=after) if after is not None else found)[: ROWS + 1])
    context = {
        "rows": rows[:ROWS],
        "state": state,
        "states": [(one.value, one.label, visible.filter(state=one).count()) for one in RegistrationState],
        "next": "?" + urlencode({"state": state, "after": rows[ROWS - 1].pk}) if len(rows) > ROWS else "",
        "after": after,
        "link": request.build_absolute_uri(f"/join/{request.office.code}/"),
    }
    return render(request, "units/registration_list.html", context)


@act("开关入网申请", ["takes"])
@require_POST
@at_office
def open_registration(request: DeskRequest) -> HttpResponse:
    """Take applications, or none."""
    only_for(request, Role.MANAGER)
    takes = request.POST.get("takes") == "1"
    registrations.open_door(request.office, takes, request.user)
    messages.success(request, "现在接受入网申请。" if takes else "现在不接受入网申请，已经交来的照样办理。")
    return redirect("registrations", request.office.code)


@act("办理入网申请", AdmissionForm.NAMES)
@never_cache
@at_office
def registration(request: DeskRequest, pk: int) -> HttpResponse:
    """An application beside the units that it may be about; taken in, sent back or refused."""
    only_for(request, Role.MANAGER)
    visible = Registration.objects.visible_to(request.user, request.office)
    found = get_object_or_404(visible.select_related("office", "group", "unit", "decided_by"), pk=pk)
    request.about = found
    waits = found.state == RegistrationState.WAITING
    like = alike(request.office, [found.name, found.short_name], found.code) if waits else []
    do = request.POST.get("do", "") if request.method == "POST" else ""
    admission = AdmissionForm(request.POST if do == "approve" else None, registration=found, like=like)
    back = SendBackForm(request.POST if do in ("return", "refuse") else None)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if do == "approve" and admission.is_valid():
                seen = parse_datetime(request.POST.get("seen", ""))
                made = registrations.approve(found, admission.admission, request.user, seen)
                found.refresh_from_db()
                _invite(request, found, made)
                return redirect("registration", request.office.code, pk)
            if do in ("return", "refuse") and back.is_valid():
                state = RegistrationState.RETURNED if do == "return" else RegistrationState.REFUSED
                registrations.send_back(found, state, back.cleaned_data["reason"], request.user)
                found.refresh_from_db()
                _tell(request, found)
                return redirect("registrations", request.office.code)
        except (Refused, TooLate) as error:
            say_refused(request, error)
            found.refresh_from_db()
            waits = found.state == RegistrationState.WAITING
    context = {
        "registration": found,
        "like": like,
        "form": admission,
        "back": back,
        "do": do,
        "waits": waits,
        "invitations": _invitations(request, found),
    }
    return render(request, "units/registration.html", context, status=status)


def _tell(request: DeskRequest, found: Registration) -> None:
    mailed = links.may_mail_to(found.officer_email) and handed(tell_applicant, found.pk)
    told = "已经寄信告诉申请单位。" if mailed else "申请单位打开自己的链接就看得到。"
    messages.success(request, f"{found.get_state_display()}：{found.name}。{told}")


def _invite(request: DeskRequest, found: Registration, made: list[Account]) -> None:
    shown = [{"account": {"username": one.username, "email": one.email}, **invite(request, one)} for one in made]
    request.session[INVITATIONS] = {"registration": found.pk, "links": shown}
    messages.success(request, f"已通过：{found.name}。")


def _invitations(request: DeskRequest, found: Registration) -> list[dict[str, Any]]:
    """The links that were just made, until the page is left."""
    shown = request.session.get(INVITATIONS)
    if not shown or shown["registration"] != found.pk or request.method == "POST":
        return []
    del request.session[INVITATIONS]
    return list(shown["links"])
