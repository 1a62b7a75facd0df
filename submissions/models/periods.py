"""Periods (报送期): any two dates of an office, of a kind; one kind never overlaps itself."""

import datetime

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When

from units.models import Office


class PeriodKind(models.TextChoices):
    WEEK = "week", "周"
    MONTH = "month", "月"
    QUARTER = "quarter", "季度"
    YEAR = "year", "年"

    @classmethod
    def of_length(cls, days: int) -> "PeriodKind":
        """The kind that a number of days is nearest to, where nobody has said it."""
        if days <= 15:
            return cls.WEEK
        if days <= 45:
            return cls.MONTH
        return cls.QUARTER if days <= 150 else cls.YEAR


class PeriodQuerySet(models.QuerySet["Period"]):
    def closed(self) -> "PeriodQuerySet":
        return self.filter(closed_at__isnull=False)

    def newest_first(self) -> "PeriodQuerySet":
        return self.order_by("-ends_on", "starts_on", "-id")

    def at_hand(self, today: datetime.date) -> "Period | None":
        """The period a reader expects first: the quarter that runs, else the last in which anything came in."""
        from submissions.models.items import Item

        received = Item.objects.filter(
            office=OuterRef("office"), received_on__gte=OuterRef("starts_on"), received_on__lte=OuterRef("ends_on")
        )
        return (
            self.annotate(
                place=Case(
                    When(kind=PeriodKind.QUARTER, starts_on__lte=today, ends_on__gte=today, then=0),
                    When(Exists(received), kind=PeriodKind.QUARTER, then=1),
                    default=2,
                )
            )
            .order_by("place", "-ends_on", "id")
            .first()
        )


class Period(models.Model):
    """Both days are included and are days in Asia/Shanghai. Closed by ``scoring.closing`` and nobody else."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="periods")
    kind = models.CharField("种类", max_length=10, choices=PeriodKind)
    name = models.CharField("名称", max_length=100)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    closed_at = models.DateTimeField("封存时间", null=True, blank=True, editable=False)
    # Since when its priorities (报送要点) stand on the public site; not there while empty.
    priorities_public_at = models.DateTimeField("要点公开时间", null=True, blank=True, editable=False)
    remark = models.TextField("附注", blank=True, help_text="印在统计表下面")

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = "报送期"
        constraints = [
            models.UniqueConstraint(fields=["office", "name"], name="period_name_once"),
            models.UniqueConstraint(fields=["office", "kind", "starts_on"], name="period_start_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="period_dates_in_order"),
            models.CheckConstraint(condition=Q(kind__in=PeriodKind.values), name="period_kind_legal"),
            models.CheckConstraint(condition=~Q(name=""), name="period_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def closed(self) -> bool:
        return self.closed_at is not None

    def overlapping(self) -> PeriodQuerySet:
        """Other periods of this office and kind that share a day with it. Ask while holding the office."""
        return Period.objects.filter(
            office=self.office_id, kind=self.kind, starts_on__lte=self.ends_on, ends_on__gte=self.starts_on
        ).exclude(pk=self.pk)
