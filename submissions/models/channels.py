"""Channels (渠道): where an item may be adopted."""

from django.db import models
from django.db.models import Q

from units.models import Office


class ChannelLevel(models.TextChoices):
    OWN = "own", "本级"
    CITY = "city", "市级"
    PROVINCE = "province", "省级"
    MINISTRY = "ministry", "部委"
    STATE_COUNCIL = "state_council", "国办"


class Channel(models.Model):
    """A publication of an office's choice. Internal unless somebody has said that it is public."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="channels")
    name = models.CharField("渠道", max_length=100)
    level = models.CharField("级别", max_length=20, choices=ChannelLevel, default=ChannelLevel.OWN)
    public = models.BooleanField("公开", default=False)
    active = models.BooleanField("在用", default=True)
    most_characters = models.PositiveIntegerField("字数上限", null=True, blank=True)
    position = models.PositiveIntegerField("次序", default=0)
    # The layout of a Word file for the way up (转报); where empty, the office's own.
    heading = models.CharField("报头", max_length=60, blank=True, help_text="印在转报文件最上面")
    signature = models.CharField("落款", max_length=100, blank=True, help_text="空为收稿单位名称")
    contact = models.CharField("联系人", max_length=200, blank=True, help_text="姓名和电话；空为通报用的联系方式")

    class Meta:
        verbose_name = "渠道"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["office", "name"], name="channel_once"),
            models.CheckConstraint(condition=Q(level__in=ChannelLevel.values), name="channel_level_legal"),
            models.CheckConstraint(condition=~Q(name=""), name="channel_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ChannelColumn(models.Model):
    """A column (栏目) of a channel."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="columns")
    name = models.CharField("栏目", max_length=100)
    position = models.PositiveIntegerField("次序", default=0)

    class Meta:
        verbose_name = "栏目"
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="channel_column_once")]

    def __str__(self) -> str:
        return self.name
