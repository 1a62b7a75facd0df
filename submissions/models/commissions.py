"""What an office asks of units: pieces by a date (约稿), and that a silent one reports something (催报)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from submissions.models.items import Item
from submissions.models.periods import Period
from units.models import Office, Unit


class Commission(models.Model):
    office = models.ForeignKey(Office, models.PROTECT, related_name="commissions")
    title = models.CharField("约什么", max_length=200)
    brief = models.TextField("要求", blank=True)
    due_on = models.DateField("交稿日期")
    most_characters = models.PositiveIntegerField("字数上限", null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("发出时间", auto_now_add=True)

    class Meta:
        verbose_name = "约稿"
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="commission_has_a_title")]

    def __str__(self) -> str:
        return self.title


class CommissionedUnit(models.Model):
    """One unit asked; ``item`` is its answer."""

    commission = models.ForeignKey(Commission, models.PROTECT, related_name="units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="commissions")
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    declined_at = models.DateTimeField("谢绝时间", null=True, blank=True)
    decline_reason = models.CharField("谢绝理由", max_length=300, blank=True)
    item = models.OneToOneField(Item, models.PROTECT, null=True, blank=True, related_name="answers")

    class Meta:
        verbose_name = "约稿对象"
        constraints = [
            models.UniqueConstraint(fields=["commission", "unit"], name="commissioned_once"),
            models.CheckConstraint(
                condition=Q(declined_at=None, decline_reason="")
                | (Q(declined_at__isnull=False) & ~Q(decline_reason="")),
                name="commission_declined_with_a_reason",
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
