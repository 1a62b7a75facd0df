"""Announcements (通知公告): what an office tells its units, and which of them have read it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from units.models import STAFF, UNIT_ROLES, Account, Office, Unit


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def visible_to(self, account: Account, office: Office) -> "AnnouncementQuerySet":
        """All to the office's own people; to a unit's those that it was told and that stand."""
        if account.has_role(office.unit_id, *STAFF):
            return self.filter(office=office)
        told = AnnouncedUnit.objects.filter(unit__in=account.units_with(*UNIT_ROLES)).values("announcement")
        return self.filter(office=office, pk__in=told, withdrawn_at=None)

    def unread_by(self, account: Account) -> "AnnouncementQuerySet":
        """Those that stand and that a unit of this officer or signer was told and nobody there has opened."""
        waiting = AnnouncedUnit.objects.filter(unit__in=account.units_with(*UNIT_ROLES), read_at=None)
        return self.filter(pk__in=waiting.values("announcement"), withdrawn_at=None)

    def newest_first(self) -> "AnnouncementQuerySet":
        return self.order_by("-id")


class Announcement(models.Model):
    """Never changed once it is out; a wrong one is withdrawn, and another made."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="announcements", db_index=False)
    title = models.CharField("标题", max_length=200)
    body = models.TextField("正文", help_text="HTML")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField("发布时间", default=timezone.now)
    form_token = models.CharField(max_length=32, unique=True, editable=False)  # five clicks make one
    told_at = models.DateTimeField(null=True, editable=False)  # when its notices were made (``submissions.telling``)
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    withdraw_reason = models.CharField("撤下理由", max_length=300, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = "通知公告"
        indexes = [
            models.Index(fields=["office", "-id"], name="announcement_newest"),
            models.Index(fields=["id"], condition=Q(told_at=None), name="announcement_to_tell"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="announcement_has_a_title"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdraw_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdraw_reason="")),
                name="announcement_withdrawn_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class AnnouncedUnit(models.Model):
    """One unit that is told, and who of it read it first."""

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="units", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="announcements")
    position = models.PositiveIntegerField("次序", default=0)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = "公告对象"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["announcement", "unit"], name="announced_once"),
            models.CheckConstraint(
                condition=Q(read_at=None, read_by=None) | Q(read_at__isnull=False, read_by__isnull=False),
                name="announcement_read_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement} {self.unit}"
