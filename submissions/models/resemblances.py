"""What was said of two items that are alike (相近): the same, one continues the other, or no matter."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from submissions.models.items import Item
from units.models import Office, Unit

if TYPE_CHECKING:
    from units.models import Account


class Answer(models.TextChoices):
    SAME = "same", "重复"
    CONTINUED = "continued", "续报"
    NO_MATTER = "no_matter", "不是一回事"


class ResemblanceQuerySet(models.QuerySet["Resemblance"]):
    def of(self, item: Item) -> "ResemblanceQuerySet":
        return self.filter(Q(earlier=item) | Q(later=item))

    def between(self, item: Item, other: Item) -> "ResemblanceQuerySet":
        earlier, later = sorted((item.pk, other.pk))
        return self.filter(earlier=earlier, later=later)

    def told_to(self, account: "Account", office: Office) -> "ResemblanceQuerySet":
        """Those that this account hears of: the office all, a unit its own and what the office said continues."""
        if account.works_at(office):
            return self
        return self.filter(Q(unit__in=list(account.roles)) | Q(unit=office.unit_id, answer=Answer.CONTINUED))


class Resemblance(models.Model):
    """One answer of a unit, or of the office, on a pair of items. Changing it is on the trail.

    ``unit`` is for whom it was said: the office's own unit where an editor did.
    """

    earlier = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    later = models.ForeignKey(Item, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    answer = models.CharField("答复", max_length=10, choices=Answer)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField("时间")

    objects = ResemblanceQuerySet.as_manager()

    class Meta:
        verbose_name = "相近的答复"
        constraints = [
            models.UniqueConstraint(fields=["earlier", "later", "unit"], name="resemblance_once"),
            models.CheckConstraint(condition=Q(earlier__lt=F("later")), name="resemblance_in_order"),
            models.CheckConstraint(condition=Q(answer__in=Answer.values), name="resemblance_answer_legal"),
        ]

    def __str__(self) -> str:
        return self.get_answer_display()
