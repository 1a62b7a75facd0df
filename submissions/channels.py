"""Channels of an office (渠道): added, changed, taken out of use. None is ever deleted: adoptions and rules name it.

Rules of a scheme know a channel by its id, so a new name changes no score; documents print it, so the books are held.
"""

from typing import Any

from django.db import transaction

from submissions.models import Adoption, Channel
from submissions.permissions import may_set_desk
from submissions.secrecy import refuse_marked
from submissions.stamps import refuse_stale
from trail.records import record
from units.models import Account, Office
from units.text import key
from units.verdicts import Refused

FIELDS = (
    "name",
    "level",
    "public",
    "active",
    "most_characters",
    "position",
    "heading",
    "signature",
    "contact",
)
WORDS = {"name": "渠道", "columns": "栏目", "heading": "报头", "signature": "落款", "contact": "联系人"}


class Unfit(Refused):
    """What was typed in one field cannot stand."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def described(channel: Channel) -> dict[str, Any]:
    """A channel as its page shows it and the trail keeps it."""
    values = {name: getattr(channel, name) for name in FIELDS}
    return {**values, "columns": [column.name for column in channel.columns.all()] if channel.pk else []}


@transaction.atomic
def add(office: Office, typed: dict[str, Any], by: Account) -> Channel:
    """A new channel, of what ``described`` has. Raises Refused; Unfit names the field."""
    return _write(Channel(office=_held(office.pk, by)), typed, by)


@transaction.atomic
def change(channel: Channel, typed: dict[str, Any], by: Account, seen: str) -> Channel:
    """Change a channel that stood as ``seen`` (``stamps``) when its page was made. Raises Refused, Unfit or TooLate."""
    office = _held(channel.office_id, by)
    channel = Channel.objects.get(pk=channel.pk)
    channel.office = office
    refuse_stale(seen, described(channel))
    return _write(channel, typed, by)


def _held(office_id: int, by: Account) -> Office:
    """The office with its books held, for one of its managers."""
    office = Office.objects.held(office_id)
    if not (verdict := may_set_desk(by, office)):
        raise Refused(verdict.reason)
    return office


def _write(channel: Channel, typed: dict[str, Any], by: Account) -> Channel:
    office = channel.office
    refuse_marked({label: _text(typed[name]) for name, label in WORDS.items()})
    before = described(channel) if channel.pk else None
    name = typed["name"]
    for other in Channel.objects.filter(office=office).exclude(pk=channel.pk):
        if key(other.name) == key(name):
            raise Unfit("name", f"已经有渠道“{other.name}”，请换一个名称。")
    if channel.pk:
        _refuse_removed(channel, typed["columns"])
    for field in FIELDS:
        setattr(channel, field, typed[field])
    channel.save()
    channel.columns.exclude(name__in=typed["columns"]).delete()
    for position, column in enumerate(typed["columns"]):
        channel.columns.update_or_create(name=column, defaults={"position": position})
    act = "改渠道" if before else "加渠道"
    record(act, by=by, office=office.code, on=channel, before=before, after=described(channel))
    return channel


def _refuse_removed(channel: Channel, columns: list[str]) -> None:
    """A column that an adoption names stays, a revoked one too: it is on record."""
    removed = channel.columns.exclude(name__in=columns)
    named = removed.filter(pk__in=Adoption.objects.filter(channel=channel).values("column")).first()
    if named:
        raise Unfit("columns", f"栏目“{named}”已经有采用，不能去掉，也不能改名。请把它写回来。")


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "\n".join(value)
