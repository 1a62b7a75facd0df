"""Kinds of items (种类), as each office names them."""

from django.db import models
from django.db.models import Q

from units.models import Office

USUAL = ("工作动态", "经验做法", "问题建议", "调研报告")  # where an office has not named its own


class ItemKind(models.Model):
    """What an item is: news, experience, a problem, a study."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="item_kinds")
    name = models.CharField("种类", max_length=40)
    active = models.BooleanField("在用", default=True)
    position = models.PositiveIntegerField("次序", default=0)

    class Meta:
        verbose_name = "种类"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["office", "name"], name="item_kind_once"),
            models.CheckConstraint(condition=~Q(name=""), name="item_kind_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
