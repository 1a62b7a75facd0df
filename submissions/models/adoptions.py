"""What channels and leaders did with an item: forwarded (已转报), adopted (采用), instructed (批示)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from submissions.fields import MillionthsField
from submissions.models.channels import Channel, ChannelColumn
from submissions.models.items import Item
from units.models import Unit


class RevocableQuerySet(models.QuerySet[Any]):
    def live(self) -> Self:
        """Those that were not revoked."""
        return self.filter(revoked_at=None)


class Revocable(models.Model):
    """A fact about an item on record, and who said it when. Never deleted; a wrong one is revoked with a reason."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="%(class)ss")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)
    revoked_at = models.DateTimeField("撤销时间", null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    revoke_reason = models.CharField("撤销理由", max_length=500, blank=True)

    objects = RevocableQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoke_reason="") | (Q(revoked_at__isnull=False) & ~Q(revoke_reason="")),
                name="%(class)s_revoked_with_a_reason",
            ),
        ]


class AdoptionQuerySet(RevocableQuerySet):
    def of(self, item: Item) -> Self:
        """Those of an item, and of the merged pieces that it was a source of when they were adopted."""
        return self.filter(Q(item=item) | Q(pk__in=AdoptionCredit.objects.filter(item=item).values("adoption")))


class AdoptionForm(models.TextChoices):
    """How much of a piece a channel used. Empty where nobody said."""

    FULL = "full", "全文"
    EXCERPT = "excerpt", "摘用"
    MERGED = "merged", "综合"
    BRIEF = "brief", "简讯"


class Adoption(Revocable):
    """Never deleted: a wrong one is revoked with a reason, and its points go with it.

    The piece is ``item``; whom it is credited to stands in the credits, which for a merged piece name
    the items it was made from. The office is the item's.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="adoptions", verbose_name="渠道")
    column = models.ForeignKey(ChannelColumn, models.PROTECT, null=True, blank=True, verbose_name="栏目")
    adopted_on = models.DateField("采用日期")
    title = models.CharField("采用标题", max_length=300, blank=True, help_text="空为原题")
    link = models.URLField("链接", max_length=500, blank=True)
    issue = models.CharField("期号", max_length=60, blank=True)
    form = models.CharField("形式", max_length=10, choices=AdoptionForm, blank=True, default="")

    objects = AdoptionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = "采用"
        constraints = [
            *Revocable.Meta.constraints,
            models.CheckConstraint(condition=Q(form__in=["", *AdoptionForm.values]), name="adoption_form_legal"),
            models.UniqueConstraint(
                fields=["item", "channel", "adopted_on", "title"], condition=Q(revoked_at=None), name="adoption_once"
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


class Forwarding(Revocable):
    """That an item was passed on to a channel (已转报) on one day. Whether it is adopted there is another fact."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="forwardings", verbose_name="渠道")
    forwarded_on = models.DateField("转报日期")

    class Meta:
        verbose_name = "转报"
        constraints = [
            *Revocable.Meta.constraints,
            models.UniqueConstraint(
                fields=["item", "channel", "forwarded_on"], condition=Q(revoked_at=None), name="forwarding_once"
            ),
        ]

    def __str__(self) -> str:
        return f"转报{self.channel}《{self.item.title}》"


class Instruction(Revocable):
    """A leader's instruction (批示) on an item: a record, never a score of itself (DESIGN, section 5)."""

    leader = models.CharField("批示领导", max_length=60)
    given_on = models.DateField("批示日期")
    text = models.CharField("批示内容", max_length=500, blank=True)

    class Meta:
        verbose_name = "批示"
        constraints = [
            *Revocable.Meta.constraints,
            models.CheckConstraint(condition=~Q(leader=""), name="instruction_has_a_leader"),
        ]

    def __str__(self) -> str:
        return f"{self.leader}批示《{self.item.title}》"
