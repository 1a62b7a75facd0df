"""Notices (通知): what somebody is told, in the product and by mail, and of which kinds each person wants how much."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from units.models.units import Office


class NoticeKind(models.TextChoices):
    """In the order of the page on which people choose."""

    RETURNED = "returned", "退回修改"
    REJECTED = "rejected", "退稿"
    ACCEPTED = "accepted", "认定有效"
    ADOPTED = "adopted", "采用"
    REVOKED = "revoked", "撤销采用、重新打开"
    COMMENT = "comment", "点评"
    TO_SIGN = "to_sign", "等我审查或签发"
    COMMISSION = "commission", "约稿"
    REMINDED = "reminded", "催报"
    PERIOD_ENDS = "period_ends", "报送期快到期"
    CIRCULAR = "circular", "通报印发"
    ANNOUNCEMENT = "announcement", "通知公告"
    URGENT = "urgent", "紧急信息"
    OVERDUE = "overdue", "超时未办"


class NoticeWay(models.TextChoices):
    """How much of a kind a person wants; each but the first also in the product."""

    NONE = "none", "不通知"
    HERE = "here", "只在平台里"
    DAILY = "daily", "每天一封邮件"
    AT_ONCE = "at_once", "随时发邮件"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)

    def to_mail(self) -> "NoticeQuerySet":
        """Those that are to go by mail and have not gone; what was read needs no letter any more."""
        return self.filter(mail_at__isnull=False, mailed_at=None, read_at=None)

    def newest_first(self) -> "NoticeQuerySet":
        return self.order_by("-id")


class Notice(models.Model):
    """One thing that one person is told. ``key`` says of what, so that nobody is told twice.

    ``mail_at`` is when it is to go by mail, none where it is not. ``mailed_at`` is set in the moment before the mail
    server is asked to keep the letter (``units.letters``), so that whoever dies does not send it twice.
    """

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices", db_index=False)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField("类型", max_length=20, choices=NoticeKind)
    key = models.CharField(max_length=60)
    said = models.CharField("内容", max_length=500)
    address = models.CharField("去处", max_length=200, help_text="本站的地址，如 /o/CODE/items/1/")
    at = models.DateTimeField("时间", auto_now_add=True)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    mail_at = models.DateTimeField("发邮件时间", null=True, blank=True)
    mailed_at = models.DateTimeField("已发邮件", null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "通知"
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="notice_once"),
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind_legal"),
        ]
        indexes = [
            models.Index(fields=["key"], name="notice_key"),
            models.Index(fields=["account", "office", "-id"], name="notice_newest"),
            models.Index(fields=["account", "office"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["mail_at"], condition=Q(mail_at__isnull=False, mailed_at=None), name="notice_to_mail"),
        ]

    def __str__(self) -> str:
        return self.said


class NoticeChoice(models.Model):
    """How much of one kind a person wants, where it is not what ``units.notices.USUAL`` says."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_choices")
    kind = models.CharField("类型", max_length=20, choices=NoticeKind)
    way = models.CharField("方式", max_length=10, choices=NoticeWay)

    class Meta:
        verbose_name = "通知方式"
        constraints = [
            models.UniqueConstraint(fields=["account", "kind"], name="notice_choice_once"),
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_choice_kind_legal"),
            models.CheckConstraint(condition=Q(way__in=NoticeWay.values), name="notice_choice_way_legal"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.get_way_display()}"
