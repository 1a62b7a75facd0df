"""What answers a commission (应约): an item of the unit that was asked, from when it is begun.

Only this module writes ``CommissionedUnit.item``, but for a refusal, which forgets what was taken back.
"""

import datetime
from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from submissions.models import Commission, CommissionedUnit, Item
from submissions.permissions import may_answer, may_take_away
from submissions.states import State
from trail.records import record
from units.models import Account, Office, Unit
from units.verdicts import Refused

ORDINARY = "写在这里的照普通信息存，不算应约：{}"
BEFORE = datetime.timedelta(days=90)  # that an answer may have been received before it was asked for


def asked_for(pk: int | None, office: Office, units: Collection[Unit]) -> CommissionedUnit | None:
    """That a commission of the office asked one of these units, rather one that may still answer; None if none was."""
    if pk is None:
        return None
    rows = CommissionedUnit.objects.filter(commission=pk, commission__office=office, unit__in=units)
    found = list(rows.select_related("commission__office", "unit", "item"))
    return next((row for row in found if row.item_id is None), found[0] if found else None)


def begun_with(pk: int | None, item: Item, by: Account) -> bool:
    """Let a new draft answer the commission that its page was opened for, in the transaction of its first save.

    False where it cannot any more: the text is saved all the same.
    """
    if pk is None or not Commission.objects.filter(pk=pk, office=item.office_id).exists():
        return False
    asked = _now(pk, item.unit_id)
    if asked is None or not may_answer(by, asked):
        return False
    _link(asked, item, by)
    return True


@transaction.atomic
def answer_with(asked: CommissionedUnit, item: Item, by: Account) -> None:
    """Let an item that the office has received answer. Raises Refused."""
    now = _now(asked.commission_id, asked.unit_id)
    if now is None:
        raise Refused("这条约稿没有约本单位。")
    if not (verdict := may_answer(by, now)):
        raise Refused(verdict.reason)
    if not choices(now).filter(pk=item.pk).exists():
        raise Refused("只能用本单位最近送达、没有答过别的约稿的信息，请另选。")
    _link(now, item, by)


@transaction.atomic
def take_away(asked: CommissionedUnit, by: Account) -> None:
    """Let a draft answer no more; it stays an ordinary one, and the unit may still answer or decline.

    Raises Refused.
    """
    now = _now(asked.commission_id, asked.unit_id)
    if now is None or not (verdict := may_take_away(by, now)):
        raise Refused(verdict.reason if now else "这条约稿没有约本单位。")
    item, now.item = now.item, None
    now.save(update_fields=["item"])
    record("取消应约", by=by, office=now.commission.office.code, on=now.commission, before={"item": str(item)})


def forget(item: Item) -> None:
    """A draft is being deleted: it answers nothing any more."""
    CommissionedUnit.objects.filter(item=item).update(item=None)


def choices(asked: CommissionedUnit) -> QuerySet[Item]:
    """Items of the unit that may answer it: received since it was asked or shortly before, that answer nothing yet."""
    since = timezone.localdate(asked.commission.made_at) - BEFORE
    items = Item.objects.filter(office=asked.commission.office_id, unit=asked.unit_id, received_on__gte=since)
    return items.filter(answers=None).exclude(state=State.WITHDRAWN).newest_first()


def answered_by(item: Item) -> CommissionedUnit | None:
    """What an item answers, while it stands; for nothing where it was fetched with ``answers__commission``."""
    found: CommissionedUnit | None = getattr(item, "answers", None)
    return found if found and found.commission.withdrawn_at is None else None


def why_not(asked: CommissionedUnit | None, by: Account) -> str:
    """Why a page that was opened for a commission makes an ordinary item; empty where it does not."""
    if asked is None:
        return ORDINARY.format("没有约本单位。")
    verdict = may_answer(by, asked)
    return "" if verdict else ORDINARY.format(verdict.reason)


def _now(commission: int, unit: int) -> CommissionedUnit | None:
    """The row as it is now; its commission is held until the transaction ends, so that one item answers."""
    held = Commission.objects.select_for_update(no_key=True, of=("self",)).select_related("office").get(pk=commission)
    row = CommissionedUnit.objects.filter(commission=held, unit=unit).select_related("item", "unit").first()
    if row:
        row.commission = held
    return row


def _link(asked: CommissionedUnit, item: Item, by: Account) -> None:
    """Whoever writes has accepted, and taken a refusal back."""
    asked.item, asked.said_by, asked.accepted_at = item, by, asked.accepted_at or timezone.now()
    asked.declined_at, asked.decline_reason = None, ""
    asked.save(update_fields=["item", "said_by", "accepted_at", "declined_at", "decline_reason"])
    after = {"unit": str(asked.unit), "item": str(item)}
    record("写约稿", by=by, office=asked.commission.office.code, on=asked.commission, after=after)
