"""Saved filters (视图): an address of the queue or of the items that somebody keeps under a name."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from units.models import Office


class SavedView(models.Model):
    """One person's own, at one office. ``query`` is what stands behind the question mark."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    office = models.ForeignKey(Office, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField("视图名称", max_length=40)
    query = models.CharField("条件", max_length=1000)

    class Meta:
        verbose_name = "视图"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "office", "name"], name="saved_view_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
