"""What an office asks of units: pieces by a date (约稿), and that a silent one reports something (催报)."""

import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from submissions.models.items import Item
from submissions.models.periods import Period
from submissions.states import State
from units.models import STAFF, UNIT_ROLES, Office, Unit

if TYPE_CHECKING:
    from units.models import Account


WAITED_FOR = datetime.timedelta(days=60)  # after the due date
# Received by the office, whatever became of it: an officer who takes an answer back has not answered.
ANSWERED = Q(item__number__isnull=False) & ~Q(item__state=State.WITHDRAWN)
STANDINGS = {"unread": "未读", "read": "已读未答", "accepted": "接受", "declined": "谢绝", "answered": "已答"}


class CommissionQuerySet(models.QuerySet["Commission"]):
    def visible_to(self, account: "Account", office: Office) -> "CommissionQuerySet":
        """All to the office's own people; to a unit's those that it was asked and that stand."""
        if account.has_role(office.unit_id, *STAFF):
            return self.filter(office=office)
        asked = CommissionedUnit.objects.filter(unit__in=account.units_with(*UNIT_ROLES)).values("commission")
        return self.filter(office=office, pk__in=asked, withdrawn_at=None)

    def newest_first(self) -> "CommissionQuerySet":
        return self.order_by("-id")


class Commission(models.Model):
    """Never changed once it is out but for its due date; a wrong one is withdrawn, and another made."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="commissions")
    title = models.CharField("约什么", max_length=200)
    brief = models.TextField("要求", blank=True)
    due_on = models.DateField("交稿日期")
    most_characters = models.PositiveIntegerField("字数上限", null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("发出时间", auto_now_add=True)
    form_token = models.CharField(max_length=32, null=True, unique=True, editable=False)  # five clicks make one
    told_at = models.DateTimeField(null=True, editable=False)  # when its notices were made (``telling``)
    # How often those that had not answered were reminded by hand, and when last.
    reminders = models.PositiveSmallIntegerField("提醒次数", default=0, editable=False)
    reminded_at = models.DateTimeField("最近提醒", null=True, editable=False)
    withdrawn_at = models.DateTimeField("撤销时间", null=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    withdraw_reason = models.CharField("撤销理由", max_length=300, blank=True)

    objects = CommissionQuerySet.as_manager()

    class Meta:
        verbose_name = "约稿"
        indexes = [
            models.Index(fields=["id"], condition=Q(told_at=None), name="commission_to_tell"),
            models.Index(fields=["office", "due_on"], name="commission_due"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="commission_has_a_title"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdraw_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdraw_reason="")),
                name="commission_withdrawn_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def days_left(self) -> int:
        """To the due date; 0 on that day, less than nothing after it."""
        return (self.due_on - timezone.localdate()).days

    @property
    def days_late(self) -> int:
        return max(-self.days_left, 0)

    @property
    def is_late(self) -> bool:
        """Whether who has not answered by now is overdue."""
        return self.days_left < 0


class CommissionedUnitQuerySet(models.QuerySet["CommissionedUnit"]):
    def of(self, account: "Account", office: Office) -> "CommissionedUnitQuerySet":
        """What stands and was asked of the units of this officer or signer."""
        units = account.units_with(*UNIT_ROLES)
        return self.filter(unit__in=units, commission__office=office, commission__withdrawn_at=None)

    def open(self) -> "CommissionedUnitQuerySet":
        """Those that have neither answered nor declined."""
        return self.filter(~ANSWERED, declined_at=None)

    def waiting(self) -> "CommissionedUnitQuerySet":
        """The open ones that somebody still waits for; what is overdue for longer than that nobody is kept asking."""
        return self.open().filter(commission__due_on__gte=timezone.localdate() - WAITED_FOR)


class CommissionedUnit(models.Model):
    """One unit asked, in printed order, and what it did; ``item`` is its answer, from when it is begun.

    It has answered once the item was received by the office.
    """

    commission = models.ForeignKey(Commission, models.PROTECT, related_name="units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="commissions")
    position = models.PositiveIntegerField("次序", default=0)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    reminded_at = models.DateTimeField("最近提醒", null=True, editable=False)  # by hand
    accepted_at = models.DateTimeField("接受时间", null=True, blank=True)
    declined_at = models.DateTimeField("谢绝时间", null=True, blank=True)
    # Who accepted, declined or began to answer, the last of them.
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    decline_reason = models.CharField("谢绝理由", max_length=300, blank=True)
    item = models.OneToOneField(Item, models.PROTECT, null=True, blank=True, related_name="answers")

    objects = CommissionedUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "约稿对象"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["commission", "unit"], name="commissioned_once"),
            models.CheckConstraint(
                condition=Q(declined_at=None, decline_reason="")
                | (Q(declined_at__isnull=False) & ~Q(decline_reason="")),
                name="commission_declined_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(declined_at=None) | Q(accepted_at=None, item=None), name="commission_declined_or_taken"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commission} {self.unit}"

    @property
    def answered(self) -> bool:
        """The same of one, fetched with its item, as ANSWERED."""
        return self.item is not None and self.item.number is not None and self.item.state != State.WITHDRAWN

    @property
    def answered_late(self) -> bool:
        """Whether the answer was received after the due date, as it is now."""
        return self.answered and self.item.received_on > self.commission.due_on  # type: ignore[union-attr,operator]

    @property
    def is_open(self) -> bool:
        return not self.answered and self.declined_at is None

    @property
    def reminded_today(self) -> bool:
        return self.reminded_at is not None and timezone.localdate(self.reminded_at) == timezone.localdate()

    @property
    def overdue(self) -> bool:
        return self.is_open and self.commission.is_late

    @property
    def standing(self) -> str:
        """How far it has come: each unit stands in just one of STANDINGS."""
        if self.answered:
            return "answered"
        if self.declined_at:
            return "declined"
        if self.accepted_at:
            return "accepted"
        return "read" if self.read_at else "unread"

    @property
    def standing_label(self) -> str:
        return STANDINGS[self.standing]

    @property
    def who(self) -> "Account | None":
        """Who brought it so far: for its unit answered, or read it first."""
        return self.said_by or self.read_by

    @property
    def stood_since(self) -> datetime.datetime | datetime.date | None:
        """When it came so far: a moment, or of an answer the day of its receipt."""
        if self.answered:
            return self.item.received_on  # type: ignore[union-attr]
        return self.declined_at or self.accepted_at or self.read_at


class Reminder(models.Model):
    """That somebody of the office rang or wrote to a unit that was silent in a period, so that nobody does again."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="reminders")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reminders")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField("催报时间", auto_now_add=True)
    note = models.CharField("备注", max_length=200, blank=True)

    class Meta:
        verbose_name = "催报"
        ordering = ["made_at", "id"]

    def __str__(self) -> str:
        return f"催{self.unit}报送{self.period}的信息"

    @property
    def is_of_today(self) -> bool:
        return timezone.localdate(self.made_at) == timezone.localdate()
