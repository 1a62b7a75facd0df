"""Contacts: kept by a unit for itself or by the manager for it; the directory of all; rounds of looking through."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from trail.acts import act
from units import contacts
from units.contact_forms import ContactForm, RoundForm
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.directory import Directory
from units.models import STAFF, UNIT_ROLES, Contact, ContactKind, RosterLine, Unit
from units.permissions import may_keep_contacts, may_start_round
from units.privacy import sees_numbers
from units.verdicts import Refused, TooLate

FIELDS = ["name", "post", "phone", "email"]
USUAL = timedelta(days=30)  # that units have for a round


@at_office
def directory(request: DeskRequest) -> HttpResponse:
    """Whom to ring in each unit of today's roster, what is missing, and who has not looked through its contacts."""
    only_for(request, *STAFF)
    asked = Directory(request.office, request.GET)
    entries, following = asked.page()
    context = {
        "directory": asked,
        "entries": entries,
        "next": following,
        "top": asked.address() if asked.after is not None else "",
        "whole": sees_numbers(request.user, request.office.unit_id, request.office),
        "may_start": may_start_round(request.user, request.office),
    }
    return render(request, "units/directory.html", context)


@act("发起联系人核对", ["name", "due_on"])
@at_office
def new_round(request: DeskRequest) -> HttpResponse:
    """Ask all units to look through their contacts."""
    if not may_start_round(request.user, request.office):
        raise Http404
    today = timezone.localdate()
    usual = {"name": f"{today.year}年联系人核对", "due_on": today + USUAL}
    form = RoundForm(request.POST or None, initial=usual)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            made = contacts.start_round(request.office, asked["name"], asked["due_on"], request.user)
        except Refused as error:
            form.add_error(None, str(error))
            request.refusal = str(error)
        else:
            messages.success(request, f"已发起：{made}。各单位在“本单位”页上核对。")
            return redirect("contacts", request.office.code)
    units = RosterLine.objects.current().filter(office=request.office).count()
    context = {"form": form, "units": units, "newest": contacts.newest_round(request.office)}
    return render(request, "units/new_round.html", context, status=422 if form.errors else 200)


@act("加联系人", ["kind", *FIELDS])
@at_office
def new_contact(request: DeskRequest, pk: int) -> HttpResponse:
    """Add a contact to a unit."""
    unit = _kept_unit(request, pk)
    kind = request.GET.get("kind", "")
    form = ContactForm(request.POST or None, initial={"kind": kind if kind in ContactKind.values else ""})
    if request.method == "POST" and form.is_valid():
        kind = form.cleaned_data["kind"]
        try:
            made = contacts.add(unit, kind, form.details, request.office, request.user)
        except Refused as error:
            form.add_error(None, str(error))
            request.refusal = str(error)
        else:
            messages.success(request, f"已加上：{made}。")
            return _back(request, unit)
    context = {"form": form, "unit": unit, "back": _place(request, unit)}
    return render(request, "units/contact.html", context, status=422 if form.errors else 200)


@act("改联系人", FIELDS)
@at_office
def change_contact(request: DeskRequest, pk: int) -> HttpResponse:
    """Change a contact: what stood until yesterday stays in the history."""
    contact = _kept_contact(request, pk)
    form = ContactForm(request.POST or None, instance=contact)
    if request.method == "POST" and form.is_valid():
        try:
            contacts.change(contact, form.details, request.office, request.user)
        except (Refused, TooLate) as error:
            form.add_error(None, str(error))
            request.refusal = str(error)
        else:
            messages.success(request, f"已经改好：{contact}。")
            return _back(request, contact.unit)
    context = {"form": form, "unit": contact.unit, "contact": contact, "back": _place(request, contact.unit)}
    return render(request, "units/contact.html", context, status=422 if form.errors else 200)


@act("结束联系人")
@require_POST
@at_office
def end_contact(request: DeskRequest, pk: int) -> HttpResponse:
    """Nobody rings there any more."""
    contact = _kept_contact(request, pk)
    try:
        contacts.end(contact, request.office, request.user)
    except (Refused, TooLate) as error:
        say_refused(request, error)
    else:
        messages.success(request, f"已经结束：{contact}。")
    return _back(request, contact.unit)


@act("核对联系人")
@require_POST
@at_office
def confirm(request: DeskRequest, pk: int) -> HttpResponse:
    """A unit says that its contacts are right."""
    unit = _kept_unit(request, pk)
    try:
        contacts.confirm(unit, request.office, request.user)
    except Refused as error:
        say_refused(request, error)
    else:
        messages.success(request, f"{unit}的联系人已经核对。")
    return _back(request, unit)


def _kept_unit(request: DeskRequest, pk: int) -> Unit:
    """A unit whose contacts the reader keeps; for others it does not exist."""
    unit = get_object_or_404(Unit, pk=pk)
    if not may_keep_contacts(request.user, unit, request.office):
        raise Http404
    request.about = unit
    return unit


def _kept_contact(request: DeskRequest, pk: int) -> Contact:
    contact = get_object_or_404(Contact.objects.select_related("unit"), pk=pk)
    _kept_unit(request, contact.unit_id)
    return contact


def _place(request: DeskRequest, unit: Unit) -> tuple[str, str]:
    """The page that shows a unit's contacts to the reader: its name and address."""
    code = request.office.code
    if request.user.has_role(unit.pk, *UNIT_ROLES):
        return "本单位", reverse("own-unit", args=[code])
    return str(unit), reverse("unit", args=[code, unit.pk])


def _back(request: DeskRequest, unit: Unit) -> HttpResponse:
    return redirect(_place(request, unit)[1])
