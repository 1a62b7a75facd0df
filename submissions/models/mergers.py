"""What a merged piece (综合稿) was made of."""

from django.db import models
from django.db.models import F, Q

from submissions.fields import MillionthsField
from submissions.models.items import Item


class MergedItem(models.Model):
    """One source of a merged piece, and its share of what the piece earns. The shares of a piece add to 1.

    The source stays what it is: its text, its units and their shares, its receipt and its points.
    """

    piece = models.ForeignKey(Item, models.PROTECT, related_name="sources", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="pieces")
    share = MillionthsField("份额")
    position = models.PositiveSmallIntegerField("次序", default=0)

    class Meta:
        verbose_name = "综合来源"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["piece", "item"], name="merged_once"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="merged_share_up_to_one"),
            models.CheckConstraint(condition=~Q(piece=F("item")), name="merged_not_into_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.share}"
