"""What an office asks of units: pieces by a date (约稿), and that a silent one reports something (催报)."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from submissions.models.items import Item
from submissions.models.periods import Period
from units.models import STAFF, UNIT_ROLES, Office, Unit

if TYPE_CHECKING:
    from units.models import Account


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
        indexes = [models.Index(fields=["id"], condition=Q(told_at=None), name="commission_to_tell")]
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


class CommissionedUnit(models.Model):
    """One unit asked, in printed order, and what it did; ``item`` is its answer, from when it is begun.

    It has answered once the item was received by the office.
    """

    commission = models.ForeignKey(Commission, models.PROTECT, related_name="units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="commissions")
    position = models.PositiveIntegerField("次序", default=0)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    accepted_at = models.DateTimeField("接受时间", null=True, blank=True)
    declined_at = models.DateTimeField("谢绝时间", null=True, blank=True)
    decline_reason = models.CharField("谢绝理由", max_length=300, blank=True)
    item = models.OneToOneField(Item, models.PROTECT, null=True, blank=True, related_name="answers")

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
