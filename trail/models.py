"""The audit trail (审计记录). It knows nobody, so that everybody may write to it.

Entries hold names and ids as plain values, never foreign keys: an entry must not change when what it
speaks of is renamed or goes.
"""

from typing import Any, NoReturn

from django.db import models


class Result(models.TextChoices):
    DONE = "done", "完成"
    REFUSED = "refused", "被拒绝"
    FAILED = "failed", "出错"


class Unchangeable(Exception):
    """What is on record stays as it was written."""


class WrittenOnceQuerySet(models.QuerySet):
    """Rows that are written and read, and nothing else. ``purge`` alone removes, what is old."""

    def update(self, **values: Any) -> NoReturn:
        raise Unchangeable

    def delete(self) -> NoReturn:
        raise Unchangeable

    def purge(self) -> int:
        """Remove these rows; how many they were."""
        return self._raw_delete(self.db)


class WrittenOnce(models.Model):
    """A row that the product writes once and never changes or deletes."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Unchangeable


class TrailEntry(WrittenOnce):
    """Who did what, when, from where, with which result. Written once, never changed.

    ``token`` is unique and ``mark`` a keyed digest over everything in the entry (``marks.mark_of``): what
    was not written by this product, or not left as it was written, has not the right one.
    """

    at = models.DateTimeField("时间")
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
    token = models.CharField(max_length=32, unique=True)
    mark = models.CharField(max_length=64)

    objects = WrittenOnceQuerySet.as_manager()

    class Meta:
        verbose_name = "审计记录"
        indexes = [
            models.Index(fields=["office", "-id"], name="trail_office_newest"),
            models.Index(fields=["at"], name="trail_at"),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(result__in=Result.values), name="trail_result_legal")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.act} {self.object_label}"


class TrailSeal(WrittenOnce):
    """The place of an entry in its office's chain: each digest is over the one before and the entry's mark."""

    office = models.CharField("收稿单位", max_length=40, blank=True)
    position = models.PositiveBigIntegerField("位置")
    entry_id = models.BigIntegerField(unique=True)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField("封记时间")

    objects = WrittenOnceQuerySet.as_manager()

    class Meta:
        verbose_name = "封记"
        constraints = [models.UniqueConstraint(fields=["office", "position"], name="trail_seal_once")]
        indexes = [models.Index(fields=["sealed_at"], name="trail_sealed_at")]

    def __str__(self) -> str:
        return f"{self.office} {self.position}"
