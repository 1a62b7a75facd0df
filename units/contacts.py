"""A unit's contacts (联系人), kept by its own people or by the office's manager; and the rounds in which each unit
looks through them (联系人核对).

The trail gets kinds and names: it is kept for years, and telephone numbers and addresses are not its business.
"""

import datetime
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote

from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from trail.records import record
from units.choices import own_units
from units.models import UNIT_ROLES, Account, Contact, ContactConfirmation, ContactKind, ContactRound, Office, Unit
from units.models.units import ContactQuerySet
from units.permissions import may_confirm_contacts, may_keep_contacts, may_start_round
from units.verdicts import Refused, TooLate

PHONE = RegexValidator(
    r"^(?=.{5,40}\Z)[+(（]?[0-9][0-9 +()（）-]*((转|分机|[Ee]xt\.?|[Xx]) ?[0-9]{1,8})?\Z",
    "电话只写一个号码，像 0351-1234567转801 或 13800001234，5 到 40 个字符。",
)
MOST = 20  # contacts of a unit at a time
LABELS = {"name": "姓名", "post": "职务", "phone": "电话", "email": "邮箱"}


class Details(NamedTuple):
    """What is known of a contact besides its kind."""

    name: str
    post: str = ""
    phone: str = ""
    email: str = ""


class Book(NamedTuple):
    """A unit's contacts as its page shows them, and whether it has looked through them in the newest round."""

    standing: list[Contact]
    past: list[Contact]
    round: ContactRound | None
    confirmation: ContactConfirmation | None


def book_of(unit: Unit, office: Office) -> Book:
    """A unit's contacts, those that ended with the last first, and the office's newest round."""
    newest = newest_round(office)
    today = timezone.localdate()
    made = newest.confirmations.filter(unit=unit).select_related("made_by").first() if newest else None
    past = Contact.objects.filter(unit=unit, until__lt=today).order_by("-until", "-id")
    return Book(list(_standing(unit)), list(past), newest, made)


def letter_to(emails: Iterable[str]) -> str:
    """A link that begins a letter to all of them, who do not see each other."""
    return "mailto:?bcc=" + ",".join(quote(email, safe="@") for email in emails)


def newest_round(office: Office) -> ContactRound | None:
    """The round that units confirm in now; late ones too, until the next is started."""
    return office.contact_rounds.first()


def rounds_waiting_for(account: Account, office: Office) -> list[tuple[ContactRound, Unit]]:
    """The newest round, with each of an officer's or signer's units that has not looked through its contacts in it."""
    newest = newest_round(office)
    if newest is None:
        return []
    units = own_units(account, office)
    done = set(newest.confirmations.filter(unit__in=units).values_list("unit", flat=True))
    return [(newest, unit) for unit in units if unit.pk not in done]


@transaction.atomic
def add(unit: Unit, kind: str, details: Details, office: Office, by: Account) -> Contact:
    """Begin a contact's line today. Raises Refused."""
    _hold(unit, office, by)
    if _standing(unit).filter(kind=kind, name=details.name).exists():
        raise Refused(f"{details.name}已经是{unit}的{ContactKind(kind).label}，请直接改那一行。")
    if _standing(unit).count() >= MOST:
        raise Refused(f"一个单位最多 {MOST} 个联系人，请先结束不再用的。")
    contact = _begin(unit, kind, details, by)
    record("加联系人", by=by, office=office.code, on=unit, after=_told(contact))
    _looked_through(unit, office, by)
    return contact


@transaction.atomic
def change(contact: Contact, details: Details, office: Office, by: Account) -> Contact:
    """End a line yesterday and begin another today; one that began today is corrected in place.

    Raises Refused, or TooLate where somebody has ended it meanwhile.
    """
    contact = _held(contact, office, by)
    before = Details(contact.name, contact.post, contact.phone, contact.email)
    changed = [label for name, label in LABELS.items() if getattr(before, name) != getattr(details, name)]
    if not changed:
        raise Refused("和原来一样，没有要改的。都对的话，请按“核对无误”。")
    if details.name != before.name and _standing(contact.unit).filter(kind=contact.kind, name=details.name).exists():
        raise Refused(f"{details.name}已经是{contact.unit}的{contact.get_kind_display()}，请直接改那一行。")
    was = _told(contact)
    contact = _rewrite(contact, details, by)
    record(
        "改联系人",
        by=by,
        office=office.code,
        on=contact.unit,
        before=was,
        after={**_told(contact), "changed": "、".join(changed)},
    )
    _looked_through(contact.unit, office, by)
    return contact


@transaction.atomic
def end(contact: Contact, office: Office, by: Account) -> None:
    """Nobody rings there any more. A line of which no day is over leaves none. Raises Refused and TooLate."""
    contact = _held(contact, office, by)
    was = _told(contact)
    if not _over(contact):
        contact.delete()
    record("结束联系人", by=by, office=office.code, on=contact.unit, before=was)
    _looked_through(contact.unit, office, by)


@transaction.atomic
def confirm(unit: Unit, office: Office, by: Account) -> None:
    """A unit says that its contacts are right; twice is harmless. Raises Refused."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    if not (verdict := may_confirm_contacts(by, unit, office)):
        raise Refused(verdict.reason)
    if not _standing(unit).update(confirmed_on=timezone.localdate()):
        raise Refused("还没有登记联系人，请先加上再核对。")
    _looked_through(unit, office, by)
    newest = newest_round(office)
    record("核对联系人", by=by, office=office.code, on=unit, after={"round": newest.name} if newest else None)


@transaction.atomic
def start_round(office: Office, name: str, due_on: datetime.date, by: Account) -> ContactRound:
    """Ask every unit to look through its contacts by a day. Raises Refused."""
    if not (verdict := may_start_round(by, office)):
        raise Refused(verdict.reason)
    today = timezone.localdate()
    if due_on < today:
        raise Refused("截止的日子已经过了，请写今天或以后。")
    try:
        with transaction.atomic():
            made = ContactRound.objects.create(office=office, name=name, started_on=today, due_on=due_on, started_by=by)
    except IntegrityError as error:
        raise Refused(f"已经有“{name}”，请换一个名称。") from error
    record("发起联系人核对", by=by, office=office.code, on=made, after={"name": name, "due_on": due_on})
    return made


def pass_on(unit: Unit, leaver: str, details: Details, office: Office, by: Account) -> None:
    """The lines that bear a leaver's name go to another person, in a handover's transaction; without any, one of an
    information officer is begun. Where the other stands there already, what was told anew is put into that line."""
    Unit.objects.select_for_update().get(pk=unit.pk)
    lines = list(bearing(unit, leaver))
    for line in lines:
        if not _over(line):
            line.delete()
    for kind in {line.kind for line in lines} or {ContactKind.OFFICER.value}:
        standing = _standing(unit).filter(kind=kind, name=details.name).first()
        if standing is None:
            _begin(unit, kind, details, by)
        else:
            told = {name: value for name, value in details._asdict().items() if value}
            _rewrite(
                standing, Details(standing.name, standing.post, standing.phone, standing.email)._replace(**told), by
            )
    _looked_through(unit, office, by)


def bearing(unit: Unit, name: str) -> ContactQuerySet:
    """A unit's lines that bear a person's name and are not over."""
    return _standing(unit).filter(name=name)


def _hold(unit: Unit, office: Office, by: Account) -> None:
    """Changes of one unit's contacts come one after another."""
    Unit.objects.select_for_update().get(pk=unit.pk)
    if not (verdict := may_keep_contacts(by, unit, office)):
        raise Refused(verdict.reason)


def _held(contact: Contact, office: Office, by: Account) -> Contact:
    _hold(contact.unit, office, by)
    if (now := _standing(contact.unit).filter(pk=contact.pk).select_related("unit").first()) is None:
        raise TooLate(f"{contact}刚才已经有人改过或结束了，请看现在的联系人。")
    return now


def _standing(unit: Unit) -> ContactQuerySet:
    """Lines that are not over, also those that an import begins later; in the order of ``Contact.objects.on``."""
    today = timezone.localdate()
    return Contact.objects.filter(Q(until=None) | Q(until__gte=today), unit=unit).order_by("kind", "id")


def _begin(unit: Unit, kind: str, details: Details, by: Account) -> Contact:
    today = timezone.localdate()
    return Contact.objects.create(
        unit=unit, kind=kind, since=today, confirmed_on=_looked_at(unit, by), **details._asdict()
    )


def _rewrite(contact: Contact, details: Details, by: Account) -> Contact:
    """The line that says it from today on: another, or the same where it began today."""
    if _over(contact):
        return _begin(contact.unit, contact.kind, details, by)
    for name, value in details._asdict().items():
        setattr(contact, name, value)
    contact.confirmed_on = _looked_at(contact.unit, by)
    contact.save()
    return contact


def _over(contact: Contact) -> bool:
    """End a line with yesterday; False where it has no yesterday."""
    today = timezone.localdate()
    if contact.since >= today:
        return False
    contact.until = today - datetime.timedelta(days=1)
    contact.save(update_fields=["until"])
    return True


def _looked_at(unit: Unit, by: Account) -> datetime.date | None:
    """Today, where it is the unit's own people who write: what others write for it, it has not looked at."""
    return timezone.localdate() if by.has_role(unit.pk, *UNIT_ROLES) else None


def _looked_through(unit: Unit, office: Office, by: Account) -> None:
    """A unit that changes its contacts has looked through them."""
    newest = newest_round(office)
    if newest and _looked_at(unit, by):
        ContactConfirmation.objects.get_or_create(round=newest, unit=unit, defaults={"made_by": by})


def _told(contact: Contact) -> dict[str, str]:
    return {"person": str(contact)}
