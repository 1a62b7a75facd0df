"""Comments (点评): what an office and the units of an item say to each other about it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from submissions.models.items import Item
from units.models import Unit


class Comment(models.Model):
    """One thing said about an item: a beginning, or the answer to one. Never changed; taken back by who wrote it."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="comments", db_index=False)
    answers = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replies")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    from_office = models.BooleanField("收稿单位说的")
    # Of a joint item's units the one for which it was said; roles change, what was said stays theirs.
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    text = models.CharField("内容", max_length=1000)
    at = models.DateTimeField("时间", default=timezone.now)
    form_token = models.CharField(max_length=32, unique=True, editable=False)  # five clicks make one
    told_at = models.DateTimeField(null=True, editable=False)  # when its notices were made (``submissions.telling``)
    taken_back_at = models.DateTimeField("收回时间", null=True, blank=True)

    class Meta:
        verbose_name = "点评"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["item", "id"], name="comment_of_item"),
            models.Index(fields=["id"], condition=Q(told_at=None), name="comment_to_tell"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="comment_has_a_text"),
            models.CheckConstraint(
                condition=Q(from_office=True, unit=None) | Q(from_office=False, unit__isnull=False),
                name="comment_of_the_office_or_of_a_unit",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]
