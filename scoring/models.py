"""Schemes and their rules (计分办法), the ledger (得分明细), and what was stored when a period was closed."""

import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from submissions.fields import MillionthsField
from submissions.models import Adoption, Channel, Item, Period
from units.models import Office, Unit


class SchemeQuerySet(models.QuerySet["Scheme"]):
    def in_force_on(self, day: datetime.date) -> "Scheme | None":
        """The last version begun by that day; before the first version's start, the first."""
        return self.filter(starts_on__lte=day).order_by("-starts_on").first() or self.order_by("starts_on").first()


class Scheme(models.Model):
    """One version of an office's score rules. It holds from the first day of a period until the next begins.

    ``theme_items_also_count_as_submitted``: in Shanxi's 2020 Q1 circular the body says 1133 valid items, and
    1133 is the sum of the first column alone; so a theme item stands in both columns and is worth 1 + 2.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="schemes")
    version = models.PositiveIntegerField("版次")
    name = models.CharField("名称", max_length=200)
    starts_on = models.DateField("开始执行")
    theme_items_also_count_as_submitted = models.BooleanField("主题信息同时计入有效信息", default=True)
    made_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = SchemeQuerySet.as_manager()

    class Meta:
        verbose_name = "计分办法"
        constraints = [
            models.UniqueConstraint(fields=["office", "version"], name="scheme_version_once"),
            models.UniqueConstraint(fields=["office", "starts_on"], name="scheme_start_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}第{self.version}版"


class Measure(models.TextChoices):
    """What a rule counts."""

    SUBMITTED = "submitted", "有效信息"
    THEME = "theme", "主题信息"
    ADOPTION = "adoption", "采用"


class Rule(models.Model):
    """So many points for each fact of a kind, shown in one column of the tables.

    An adoption is priced by the first rule, in their order, that names its channel.
    """

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="rules")
    column = models.SlugField("列", max_length=40)
    label = models.CharField("列名", max_length=60)
    measure = models.CharField("计什么", max_length=10, choices=Measure)
    points = MillionthsField("每条分值")
    position = models.PositiveIntegerField("次序")
    channels = models.ManyToManyField(Channel, related_name="rules", blank=True)

    class Meta:
        verbose_name = "计分规则"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "column"], name="rule_column_once"),
            models.UniqueConstraint(
                fields=["scheme", "measure"], condition=~Q(measure="adoption"), name="rule_submitted_and_theme_once"
            ),
            models.CheckConstraint(condition=Q(measure__in=Measure.values), name="rule_measure_legal"),
        ]

    def __str__(self) -> str:
        return self.label


class ScoreEntry(models.Model):
    """One line of the ledger: so much for this fact and this unit, on this day. Written by ``ledger`` alone.

    ``fact_on`` is the day of the fact. ``posted_on`` is where it counts: the same day, or the first that
    no closed period covers; then ``late_for`` names the closed period and ``reason`` says why.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="entries", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="entries", db_index=False)
    posted_on = models.DateField("计入日期")
    kind = models.CharField("事实", max_length=10, choices=Measure)
    item = models.ForeignKey(Item, models.PROTECT, related_name="entries", db_index=False)
    adoption = models.ForeignKey(Adoption, models.PROTECT, null=True, related_name="entries", db_index=False)
    fact_on = models.DateField("发生日期")
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="entries", db_index=False)
    count = MillionthsField("条数")
    points = MillionthsField("得分")
    late_for = models.ForeignKey(Period, models.PROTECT, null=True, related_name="corrections", db_index=False)
    reason = models.CharField("原因", max_length=600, blank=True)

    class Meta:
        verbose_name = "得分明细"
        verbose_name_plural = "得分明细"
        indexes = [
            # A period's standings are one aggregate over this index alone.
            models.Index(fields=["office", "posted_on", "unit", "rule", "count", "points"], name="entry_standings"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "kind", "unit", "rule", "posted_on"],
                condition=Q(adoption=None),
                name="entry_of_item_once",
            ),
            models.UniqueConstraint(
                fields=["adoption", "item", "unit", "rule", "posted_on"],
                condition=Q(adoption__isnull=False),
                name="entry_of_adoption_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="adoption", adoption__isnull=False)
                | (Q(kind__in=["submitted", "theme"]) & Q(adoption=None)),
                name="entry_names_its_adoption",
            ),
            models.CheckConstraint(condition=Q(posted_on__gte=F("fact_on")), name="entry_never_before_its_fact"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.rule} {self.points}"


class ClosedResult(models.Model):
    """What a period's closing stored. One that was undone by reopening stays, with who and why."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="results")
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+", verbose_name="计分办法")
    columns = models.JSONField("各列")
    totals = models.JSONField("合计")
    digest = models.CharField("摘要", max_length=64)
    closed_at = models.DateTimeField("封存时间")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reopened_at = models.DateTimeField("重新打开时间", null=True)
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reopen_reason = models.CharField("重新打开理由", max_length=500, blank=True)

    class Meta:
        verbose_name = "封存结果"
        constraints = [
            models.UniqueConstraint(fields=["period"], condition=Q(reopened_at=None), name="closed_result_once"),
            models.CheckConstraint(
                condition=Q(reopened_at=None, reopen_reason="") | (Q(reopened_at__isnull=False) & ~Q(reopen_reason="")),
                name="closed_result_reopened_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period}封存结果"


class Standing(models.Model):
    """A unit's line in a closed period's table (排名), as printed. Counts are whole millionths by column."""

    result = models.ForeignKey(ClosedResult, models.PROTECT, related_name="standings", db_index=False)
    position = models.PositiveIntegerField("行")
    group = models.CharField("类别", max_length=100)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="standings")
    name = models.CharField("单位", max_length=200)
    no = models.PositiveIntegerField("序号", null=True)
    rank = models.PositiveIntegerField("名次", null=True)
    counts = models.JSONField("各列条数")
    score = MillionthsField("得分")

    class Meta:
        verbose_name = "排名"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["result", "position"], name="standing_line_once"),
            models.UniqueConstraint(fields=["result", "unit"], name="standing_unit_once"),
            models.CheckConstraint(
                condition=Q(no=None, rank=None) | Q(no__isnull=False, rank__isnull=False),
                name="standing_both_or_neither",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.score}"
