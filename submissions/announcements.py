"""Announcements (通知公告): what an office tells its units, or some of them, and who has opened it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from submissions import body
from submissions.drafts import MOST
from submissions.joint import named
from submissions.models import AnnouncedUnit, Announcement
from submissions.permissions import may_announce, may_withdraw
from submissions.secrecy import refuse_marked
from submissions.stamps import one_press
from trail.records import record, told_before
from units.contacts import letter_to
from units.models import UNIT_ROLES, Account, Contact, Office, RosterLine
from units.models.rosters import RosterLineQuerySet
from units.notices import untell
from units.verdicts import Refused, TooLate

MOST_NAMED = 400  # units written by name
NOT_ON_ROSTER = "已经不在名册上的"


def roster_today(office: Office) -> RosterLineQuerySet:
    """The lines of today's roster, in printed order."""
    today = timezone.localdate()
    return RosterLine.objects.filter(office=office).during(today, today).in_printed_order()


def recipients(office: Office, to: str, groups: Collection[int] = (), names: str = "") -> list[int]:
    """Ids of the units of today's roster that are meant: ``all``, those of ``groups``, or the ``units`` of these names.

    Raises Refused with a sentence on what is wrong.
    """
    lines = roster_today(office)
    if to == "units":
        return named(office, lines, names, MOST_NAMED)
    if to == "groups":
        lines = lines.filter(group__in=groups)
    elif to != "all":
        raise Refused("请选发给哪些单位。")
    return list(dict.fromkeys(lines.values_list("unit", flat=True)))


def refuse_long(text: str) -> None:
    """Raise Refused for a text longer than may go out."""
    if (length := body.length(text)) > MOST:
        raise Refused(f"正文最多 {MOST} 个字，现在 {length} 个；请删减。")


@transaction.atomic
def announce(office: Office, title: str, html: str, units: Sequence[int], token: str, by: Account) -> Announcement:
    """Tell units of today's roster something; each stands in it, in printed order. Raises Refused, Marked among it.

    ``token`` is what the page was given, so that five presses make one.
    """
    office = Office.objects.hold_still(office.pk)
    if not (verdict := may_announce(by, office)):
        raise Refused(verdict.reason)
    html = body.clean(html)
    text = body.plain(html)
    if not title or not text:
        raise Refused("请写标题和正文。")
    refuse_long(text)
    refuse_marked({"标题": title, "正文": text})
    press = one_press(token, office.pk, by.pk, title, html, sorted(units))
    if known := Announcement.objects.filter(form_token=press).first():
        told_before()
        return known
    told = list(dict.fromkeys(roster_today(office).filter(unit__in=units).values_list("unit", flat=True)))
    if not told:
        raise Refused("名册上没有要发给的单位。")
    made = Announcement.objects.create(office=office, title=title, body=html, made_by=by, form_token=press)
    AnnouncedUnit.objects.bulk_create(
        AnnouncedUnit(announcement=made, unit_id=unit, position=position) for position, unit in enumerate(told)
    )
    record("发通知公告", by=by, office=office.code, on=made, after={"units": len(told)})
    return made


@transaction.atomic
def withdraw(announcement: Announcement, reason: str, by: Account) -> None:
    """Take an announcement away from its units, which do not see it any more; the office does, with the reason.

    Raises Refused, or TooLate where somebody has just done so.
    """
    if not (verdict := may_withdraw(by, announcement)):
        raise Refused(verdict.reason)
    if not reason:
        raise Refused("请写明为什么撤下。")
    refuse_marked({"撤下理由": reason})
    standing = Announcement.objects.filter(pk=announcement.pk, withdrawn_at=None)
    if not standing.update(withdrawn_at=timezone.now(), withdrawn_by=by, withdraw_reason=reason):
        raise TooLate("别人刚刚撤下了这条通知公告。")
    untell(f"announcement:{announcement.pk}")
    record("撤下通知公告", by=by, office=announcement.office.code, on=announcement, after={"reason": reason})


@transaction.atomic
def read_by(announcement: Announcement, account: Account) -> int:
    """Mark it as read for the units of this officer or signer that nobody read it for; how many there were.

    Who was first stays, on the trail too.
    """
    if announcement.withdrawn_at:
        return 0
    # Of its own table alone: PostgreSQL looks again at a row it waited for, not at what that was joined to.
    unread = announcement.units.filter(unit__in=account.units_with(*UNIT_ROLES), read_at=None)
    marked = unread.update(read_at=timezone.now(), read_by=account)
    if marked:
        record("阅读通知公告", by=account, office=announcement.office.code, on=announcement)
    return marked


def readings(announcements: Collection[Announcement]) -> dict[int, tuple[int, int]]:
    """By announcement how many units have read it, and how many it was for: in one query."""
    rows = AnnouncedUnit.objects.filter(announcement__in=announcements).order_by().values("announcement")
    counts = rows.annotate(read=Count("read_at"), told=Count("id"))
    return {row["announcement"]: (row["read"], row["told"]) for row in counts}


@dataclass(slots=True)
class Told:
    """A unit that was told, under the name and in the group of that day, and whom one rings there."""

    row: AnnouncedUnit
    name: str
    group: str
    contacts: list[Contact] = field(default_factory=list)


Groups = list[tuple[str, list[Told]]]


@dataclass(slots=True)
class Reach:
    """Whom an announcement has reached and whom not, by group, in printed order."""

    read: Groups
    unread: Groups

    @property
    def number_read(self) -> int:
        return sum(len(units) for _, units in self.read)

    @property
    def number_unread(self) -> int:
        return sum(len(units) for _, units in self.unread)

    @property
    def number(self) -> int:
        return self.number_read + self.number_unread

    @property
    def emails(self) -> list[str]:
        """The addresses of the contacts of those that have not read it, each once."""
        contacts = (contact for _, units in self.unread for told in units for contact in told.contacts)
        return list(dict.fromkeys(contact.email for contact in contacts if contact.email))

    @property
    def letter(self) -> str:
        return letter_to(self.emails)


def reach(announcement: Announcement) -> Reach:
    """Who of the units has read it, in three queries however many there are."""
    day = timezone.localdate(announcement.made_at)
    rows = list(announcement.units.select_related("unit", "read_by"))
    lines = RosterLine.objects.filter(office=announcement.office_id, unit__in=[row.unit_id for row in rows])
    printed = {line.unit_id: line for line in lines.during(day, day).select_related("group")}
    all_told = {}
    for row in rows:
        line = printed.get(row.unit_id)
        group = line.group.name if line else NOT_ON_ROSTER
        all_told[row.unit_id] = Told(row, line.name if line else row.unit.name, group)
    unread = [told for told in all_told.values() if not told.row.read_at]
    for contact in Contact.objects.on(timezone.localdate()).filter(unit__in=[told.row.unit_id for told in unread]):
        all_told[contact.unit_id].contacts.append(contact)
    return Reach(read=_by_group([told for told in all_told.values() if told.row.read_at]), unread=_by_group(unread))


def _by_group(told: list[Told]) -> Groups:
    groups: dict[str, list[Told]] = {}
    for one in told:
        groups.setdefault(one.group, []).append(one)
    return list(groups.items())
