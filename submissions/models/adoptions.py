"""Adoptions (采用): one piece used by one channel on one day, under some title."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from submissions.fields import MillionthsField
from submissions.models.channels import Channel, ChannelColumn
from submissions.models.items import Item
from units.models import Unit


class AdoptionQuerySet(models.QuerySet["Adoption"]):
    def live(self) -> "AdoptionQuerySet":
        """Those that were not revoked."""
        return self.filter(revoked_at=None)


class Adoption(models.Model):
    """Never deleted: a wrong one is revoked with a reason, and its points go with it.

    The piece is ``item``; whom it is credited to stands in the credits, which for a merged piece name
    the items it was made from. The office is the item's.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="adoptions")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="adoptions", verbose_name="渠道")
    column = models.ForeignKey(ChannelColumn, models.PROTECT, null=True, blank=True, verbose_name="栏目")
    adopted_on = models.DateField("采用日期")
    title = models.CharField("采用标题", max_length=300, blank=True, help_text="空为原题")
    link = models.URLField("链接", max_length=500, blank=True)
    issue = models.CharField("期号", max_length=60, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)
    revoked_at = models.DateTimeField("撤销时间", null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    revoke_reason = models.CharField("撤销理由", max_length=500, blank=True)

    objects = AdoptionQuerySet.as_manager()

    class Meta:
        verbose_name = "采用"
        constraints = [
            models.UniqueConstraint(
                fields=["item", "channel", "adopted_on", "title"], condition=Q(revoked_at=None), name="adoption_once"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoke_reason="") | (Q(revoked_at__isnull=False) & ~Q(revoke_reason="")),
                name="adoption_revoked_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["channel", "adopted_on"], name="adoption_channel_day")]

    def __str__(self) -> str:
        return f"{self.channel}采用《{self.title or self.item.title}》"


class AdoptionCredit(models.Model):
    """Which unit an adoption is credited to, for which item, with which share. An adoption's shares add to 1."""

    adoption = models.ForeignKey(Adoption, models.PROTECT, related_name="credits", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="credits")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="credits")
    share = MillionthsField("份额")

    class Meta:
        verbose_name = "采用归属"
        constraints = [
            models.UniqueConstraint(fields=["adoption", "item", "unit"], name="credit_once"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="credit_share_up_to_one"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.share}"
