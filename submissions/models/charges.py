"""Which themes an editor is in charge of (分管主题)."""

from django.db import models

from submissions.models.themes import Theme
from units.models import Membership


class ThemeCharge(models.Model):
    """An editor's membership is for this theme. It stands here because ``units`` does not know themes."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="theme_charges")
    theme = models.ForeignKey(Theme, models.PROTECT, related_name="charges", verbose_name="主题")

    class Meta:
        verbose_name = "分管主题"
        constraints = [models.UniqueConstraint(fields=["membership", "theme"], name="theme_charge_once")]

    def __str__(self) -> str:
        return f"{self.membership} {self.theme}"
