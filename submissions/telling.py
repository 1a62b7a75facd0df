"""Who is told of what (通知): of each line of a history, comment and announcement, once, after it was committed.

What is told is taken from the rows that were written; each is marked in the transaction that writes its notices. So
nothing is told of what was rolled back, nothing twice, and whatever a worker leaves undone the next one does. What an
editor decided is told when it can no longer be undone.
"""

import datetime
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from submissions import urgent
from submissions.models import (
    Adoption,
    AnnouncedUnit,
    Announcement,
    Comment,
    Commission,
    CommissionedUnit,
    Item,
    ItemEvent,
    ItemShare,
    Period,
    PeriodKind,
)
from submissions.permissions import in_charge, in_charge_of
from submissions.reminders import on_roster
from submissions.states import ADOPT, DECISIONS, REVOKE, UNDO, State
from units.models import UNIT_ROLES, Account, Membership, Notice, NoticeKind, Office, Role
from units.notices import people_of, tell, untell_all

log = logging.getLogger(__name__)
AT_A_TIME = 500  # rows
AHEAD = 3  # days before its end that a period is told of
BEFORE_DUE = 2  # days before its due date that a commission's silent units are told
AFTER_DUE = 3  # days in which they are told that it is overdue: on the first of them that the clock runs
FRIDAY = 5
LONG = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)  # weeks end all the time
WORDS = {
    "return": (NoticeKind.RETURNED, "退回修改"),
    "send_back": (NoticeKind.RETURNED, "签发人退回"),
    "fail": (NoticeKind.RETURNED, "报送前审查没有通过"),
    "reject": (NoticeKind.REJECTED, "退稿"),
    "accept": (NoticeKind.ACCEPTED, "认定有效"),
    "reopen": (NoticeKind.REVOKED, "重新打开，等待再次办理"),
    ADOPT: (NoticeKind.ADOPTED, "采用"),
    REVOKE: (NoticeKind.REVOKED, "采用已撤销"),
}
LEAD_ONLY = ("return", "send_back", "fail", "reject")  # what the lead alone can do something about


def tell_of_new() -> int:
    """Tell of what happened since the last time; of how much."""
    now = timezone.now()
    events = ItemEvent.objects.exclude(move__in=DECISIONS, item__undo_until__gt=now)
    done = each(events.select_related("item__office", "item__unit", "actor"), _tell_of_event)
    done += each(Comment.objects.select_related("item__office", "unit", "by"), _tell_of_comment)
    done += each(Announcement.objects.select_related("office"), _tell_of_announcement)
    return done + each(Commission.objects.select_related("office"), _tell_of_commission)


def each(rows: models.QuerySet[Any], told: Callable[[Any], None]) -> int:
    """Tell of each row that nobody was told of, one transaction a row; only one of several workers does. One that
    cannot be told of is logged and holds up no other."""
    new, last = rows.filter(told_at=None).order_by("id"), 0
    done = 0
    while batch := list(new.filter(pk__gt=last)[:AT_A_TIME]):
        for row in batch:
            last = row.pk
            try:
                with transaction.atomic():
                    if type(row).objects.filter(pk=row.pk, told_at=None).update(told_at=timezone.now()):
                        told(row)
                        done += 1
            except Exception:
                log.exception("nobody was told of %s %s", type(row).__name__, row.pk)
    return done


def _tell_of_event(event: ItemEvent) -> None:
    item = event.item
    if event.actor is None or _undone(event):
        return
    if event.now == State.SIGNING:
        _tell_who_signs(event)
    elif event.move in WORDS:
        _tell_units(event)
    elif event.now == State.SUBMITTED and item.urgent:
        address = reverse("read-item", args=[item.office.code, item.pk])
        told = _each_of(_editors_of(item), urgent.in_words(item))
        tell(item.office, NoticeKind.URGENT, f"event:{event.pk}", told, address)


def _undone(event: ItemEvent) -> bool:
    later = ItemEvent.objects.filter(item=event.item_id, pk__gt=event.pk, move=UNDO)
    return event.move in DECISIONS and later.exists()


def _tell_units(event: ItemEvent) -> None:
    """What became of an item: its officers, those of joint units where it counts for them too."""
    item = event.item
    kind, word = WORDS[event.move]
    said, key = f"{word}：{_named(item)}", f"event:{event.pk}"
    if event.move in (ADOPT, REVOKE):
        adoption = _adoption_of(event)
        if adoption is None:  # a forwarding or an instruction that was revoked
            return
        said = str(adoption) if event.move == ADOPT else f"{word}：{adoption}"
        key = f"adoption:{adoption.pk}:{event.move}"  # of a merged piece each source tells it: to each officer once
    units = [item.unit_id] if event.move in LEAD_ONLY else _units_of(item)
    _tell_officers(item, kind, key, units, said, besides=event.actor)


def _adoption_of(event: ItemEvent) -> Adoption | None:
    """The adoption that an event tells of, which names it, and the reason after it where it was revoked."""
    adoptions = Adoption.objects.of(event.item).select_related("item", "channel").order_by("-id")
    return next((one for one in adoptions if event.reason == str(one) or event.reason.startswith(f"{one}：")), None)


def _tell_who_signs(event: ItemEvent) -> None:
    """Whoever may review or sign it now; nobody where it does not wait any more."""
    item = event.item
    here = Item.objects.filter(pk=item.pk)
    people = people_of([item.unit_id], *UNIT_ROLES)
    told = {one: f"等您审查或签发：{_named(item)}" for one in people if here.waiting_for(one).exists()}
    tell(item.office, NoticeKind.TO_SIGN, f"event:{event.pk}", told, _page_of(item))


def _tell_of_comment(comment: Comment) -> None:
    """The other side: the officers of the item's units, or the editors who are for it."""
    item, said = comment.item, f"点评{_named(comment.item)}"
    if comment.taken_back_at:
        return
    people = {*(people_of(_units_of(item), Role.OFFICER) if comment.from_office else _editors_of(item))}
    people = (people | {*_said_before(comment)}) - {comment.by}
    told = _each_of(people, f"{item.office if comment.from_office else comment.unit}{said}")
    tell(item.office, NoticeKind.COMMENT, f"comment:{comment.pk}", told, _page_of(item))


def _said_before(comment: Comment) -> list[Account]:
    """Who spoke in its thread, on either side, and still may read it."""
    item, thread = comment.item, comment.answers_id
    spoken = Comment.objects.filter(Q(pk=thread) | Q(answers=thread)) if thread else Comment.objects.none()
    people = Account.objects.filter(pk__in=spoken.values("by"), is_active=True)
    return [one for one in people if Item.objects.visible_to(one, item.office).filter(pk=item.pk).exists()]


def _tell_of_announcement(announcement: Announcement) -> None:
    if announcement.withdrawn_at:
        return
    units = AnnouncedUnit.objects.filter(announcement=announcement).values_list("unit", flat=True)
    told = _each_of(people_of(units, *UNIT_ROLES), f"通知公告：{announcement}")
    address = reverse("announcement", args=[announcement.office.code, announcement.pk])
    tell(announcement.office, NoticeKind.ANNOUNCEMENT, f"announcement:{announcement.pk}", told, address)


def _tell_of_commission(commission: Commission) -> None:
    if commission.withdrawn_at:
        return
    said = f"约稿《{commission}》，请在{_day(commission.due_on)}以前交稿"
    _tell_asked(commission, NoticeKind.COMMISSION, f"commission:{commission.pk}", said, _asked_of(commission))


def tell_of_new_day(commission: Commission) -> None:
    """Those that have neither answered nor declined: the due date of what they were asked for was put off."""
    said = f"约稿《{commission}》的交稿日期推迟到{_day(commission.due_on)}"
    key = f"commission:{commission.pk}:until:{commission.due_on}"
    _tell_asked(commission, NoticeKind.COMMISSION, key, said, _silent_of(commission))


def tell_of_reminder(commission: Commission, silent: Iterable[int]) -> None:
    """The officers of these units that the office has reminded them by hand: of each of its reminders once."""
    key = f"commission:{commission.pk}:{commission.reminders}"
    _tell_asked(commission, NoticeKind.REMINDED, key, f"催约稿：{_due(commission)}", silent, Role.OFFICER)


def tell_of_withdrawal(commission: Commission) -> None:
    """Take back what its units were told of it, as that leads nowhere now, and tell them that it was withdrawn.

    Where nobody was told of it yet, only those hear of it that have taken it up by themselves.
    """
    told = commission.units.all() if commission.told_at else commission.units.exclude(said_by=None)
    people = list(people_of(told.values_list("unit", flat=True), *UNIT_ROLES))
    key = f"commission:{commission.pk}"
    untell_all(people, key)
    said = f"约稿《{commission}》已撤销：{commission.withdraw_reason}；写好的稿件仍可作为一般信息报送"
    address = reverse("commissions", args=[commission.office.code])
    tell(commission.office, NoticeKind.COMMISSION, f"{key}:withdrawn", _each_of(people, said), address)


def tell_of_decline(asked: CommissionedUnit) -> None:
    """Who made the commission, while still of the office, that a unit has declined: of each of its refusals once."""
    commission = asked.commission
    makers = people_of([commission.office.unit_id], Role.EDITOR, Role.MANAGER).filter(pk=commission.made_by_id)
    said = f"{asked.unit}谢绝约稿《{commission}》：{asked.decline_reason}"
    address = reverse("commission", args=[commission.office.code, commission.pk])
    key = f"declined:{asked.pk}:{asked.declined_at:%Y%m%d%H%M%S%f}"
    tell(commission.office, NoticeKind.COMMISSION, key, _each_of(makers, said), address)


def tell_of_due() -> None:
    """The silent units of each commission, once two days before its due date and once on the day after it.

    The day is part of the key: of a due date that was put off they are told anew.
    """
    today = timezone.localdate()
    first, last = (today + datetime.timedelta(days=days) for days in (-AFTER_DUE, BEFORE_DUE))
    for commission in Commission.objects.filter(
        due_on__range=(first, last), withdrawn_at=None, made_at__lt=_midnight(today)
    ).select_related("office"):
        when = "late" if commission.is_late else "soon"
        key = f"commission:{commission.pk}:{when}:{commission.due_on}"
        _tell_asked(
            commission, NoticeKind.REMINDED, key, f"约稿：{_due(commission)}", _silent_of(commission), Role.OFFICER
        )


def _due(commission: Commission) -> str:
    """What is asked, and how the time stands."""
    left = commission.days_left
    when = f"还有 {left} 天" if left > 0 else "今天到期" if left == 0 else f"已过 {-left} 天"
    return f"《{commission}》{_day(commission.due_on)}交稿，{when}，还没有收到本单位的答复或稿件"


def _asked_of(commission: Commission) -> list[int]:
    return list(commission.units.values_list("unit", flat=True))


def _silent_of(commission: Commission) -> list[int]:
    return list(commission.units.open().values_list("unit", flat=True))


def _tell_asked(
    commission: Commission, kind: NoticeKind, key: str, said: str, units: Iterable[int], *roles: Role
) -> None:
    address = reverse("commission", args=[commission.office.code, commission.pk])
    tell(commission.office, kind, key, _each_of(people_of(units, *(roles or UNIT_ROLES)), said), address)


def _day(day: datetime.date) -> str:
    return f"{day.month}月{day.day}日"


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))


def look_ahead() -> None:
    """What a day brings: periods that end soon, commissions that are due, on working days what waits for too long."""
    today = timezone.localdate()
    soon = Period.objects.filter(kind__in=LONG, ends_on__range=(today, today + datetime.timedelta(days=AHEAD)))
    for period in soon.select_related("office"):
        tell_of_end(period)
    if timezone.localtime().hour >= settings.NOTICE_HOUR:  # of which people are mailed at once
        tell_of_due()
    if today.isoweekday() <= FRIDAY:  # from midnight on, so that the letter of the day has it
        for office in Office.objects.select_related("unit"):
            tell_of_overdue(office)


def tell_of_late() -> None:
    """The editors in charge of an urgent item, once, that it waits beyond the office's minutes; again where it came in
    again. Every minute."""
    late = {_key_of_late(item): (item, clock) for item, clock in urgent.just_late()}
    if not late:
        return
    editors = people_of({item.office.unit_id for item, _ in late.values()}, Role.EDITOR)
    known = set(Notice.objects.filter(account__in=editors, key__in=late).values_list("key", flat=True))
    for key, (item, clock) in late.items():
        if key in known:
            continue
        said = f"紧急信息{_named(item)}{clock}，还没有办理"
        address = reverse("read-item", args=[item.office.code, item.pk])
        tell(item.office, NoticeKind.URGENT, key, _each_of(_editors_of(item), said), address)


def _key_of_late(item: Item) -> str:
    return f"urgent-late:{item.pk}:{item.waits_since.timestamp():.0f}"


def tell_of_end(period: Period) -> None:
    """The officers of the period's units that it ends, and how much they have reported."""
    office, key = period.office, f"period:{period.pk}:{period.ends_on}"
    received = Item.objects.filter(office=office).exclude(state=State.WITHDRAWN).received_in(period)
    shares = ItemShare.objects.filter(item__in=received).values_list("unit")
    numbers = dict(shares.annotate(Count("item")))
    units = {line.unit_id for line in on_roster(period)}
    held = Membership.objects.filter(unit__in=units, role=Role.OFFICER, account__is_active=True)
    told = {
        one.account: f"{period}到{period.ends_on:%-m月%-d日}为止，本单位已报送 {numbers.get(one.unit_id, 0)} 条"
        for one in held.exclude(account__notices__key=key).select_related("account")
    }
    tell(office, NoticeKind.PERIOD_ENDS, key, told, reverse("home", args=[office.code]))


def tell_of_overdue(office: Office) -> None:
    """Each editor, once a day, how much of what is theirs waits for longer than the office gives itself."""
    waiting = Item.objects.filter(office=office, state=State.SUBMITTED).overdue(office)
    told = {}
    for editor in people_of([office.unit_id], Role.EDITOR):
        if number := in_charge_of(waiting, editor, office).count():
            told[editor] = f"{number} 条信息等了超过 {office.decides_within} 天，还没有办理"
    day = timezone.localdate()
    tell(office, NoticeKind.OVERDUE, f"overdue:{office.pk}:{day}", told, reverse("queue", args=[office.code]))


def _tell_officers(
    item: Item, kind: NoticeKind, key: str, units: Iterable[int], said: str, besides: Account | None
) -> None:
    people = people_of(units, Role.OFFICER)
    told = _each_of((one for one in people if one != besides), said)
    tell(item.office, kind, key, told, _page_of(item))


def _each_of(people: Iterable[Account], said: str) -> dict[Account, str]:
    return dict.fromkeys(people, said)


def _editors_of(item: Item) -> list[Account]:
    """The office's editors who are in charge of it."""
    return [one for one in people_of([item.office.unit_id], Role.EDITOR) if in_charge(one, item)]


def _units_of(item: Item) -> list[int]:
    return list(item.shares.values_list("unit", flat=True))


def _named(item: Item) -> str:
    return f"《{item.title}》"


def _page_of(item: Item) -> str:
    return reverse("item", args=[item.office.code, item.pk])
