"""The audit trail (审计记录). It knows nobody, so that everybody may write to it.

Entries hold names and ids as plain values, never foreign keys: an entry must not change when what it
speaks of is renamed or goes.
"""

from django.db import models


class Result(models.TextChoices):
    DONE = "done", "完成"
    REFUSED = "refused", "被拒绝"
    FAILED = "failed", "出错"


class TrailEntry(models.Model):
    """Who did what, when, from where, with which result. Written once, never changed."""

    at = models.DateTimeField("时间", auto_now_add=True)
    office = models.CharField("收稿单位", max_length=40, blank=True, help_text="代码；空为全系统")
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField("操作人", max_length=150, blank=True, help_text="空为系统")
    unit = models.CharField("单位", max_length=200, blank=True)
    address = models.CharField("来源地址", max_length=64, blank=True)
    act = models.CharField("操作", max_length=60)
    object_kind = models.CharField("对象种类", max_length=40, blank=True)
    object_id = models.BigIntegerField(null=True)
    object_label = models.CharField("对象", max_length=300, blank=True)
    before = models.JSONField("之前", null=True)
    after = models.JSONField("之后", null=True)
    result = models.CharField("结果", max_length=10, choices=Result, default=Result.DONE)

    class Meta:
        verbose_name = "审计记录"
        indexes = [models.Index(fields=["office", "at"], name="trail_office_at")]
        constraints = [models.CheckConstraint(condition=models.Q(result__in=Result.values), name="trail_result_legal")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.act} {self.object_label}"
