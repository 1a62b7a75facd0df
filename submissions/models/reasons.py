"""Reasons for which an office returns or rejects items, as each office words them."""

from django.db import models
from django.db.models import Q

from units.models import Office

# Where an office has not worded its own.
USUAL = (
    "缺数据，或者数据没有日期",
    "与已报内容重复",
    "缺做法和成效",
    "篇幅过长",
    "时效已过",
    "不在报送要点内",
)


class DecisionReason(models.Model):
    """One of the office's reasons; an event keeps the words, so that a list may change."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="decision_reasons")
    text = models.CharField("理由", max_length=100)
    position = models.PositiveIntegerField("次序", default=0)

    class Meta:
        verbose_name = "退回理由"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["office", "text"], name="decision_reason_once"),
            models.CheckConstraint(condition=~Q(text=""), name="decision_reason_has_words"),
        ]

    def __str__(self) -> str:
        return self.text
