"""Drafts (草稿): what an officer is writing, before it becomes a revision that never changes."""

from django.conf import settings
from django.db import models

from submissions.models.items import Item
from submissions.models.kinds import ItemKind


class Draft(models.Model):
    """The working text of an item that its unit may edit: saved again and again, gone once it is submitted.

    ``version`` grows with each save: who saves on top of an older one is told, not overwritten.
    """

    item = models.OneToOneField(Item, models.CASCADE, related_name="draft")
    title = models.CharField("标题", max_length=300, blank=True)
    body = models.TextField("正文", blank=True)
    kind = models.ForeignKey(ItemKind, models.PROTECT, null=True, blank=True, related_name="+")
    urgent = models.BooleanField("紧急", default=False)
    final = models.BooleanField("终报", default=False)
    authors = models.CharField("作者", max_length=200, blank=True)
    responsible = models.CharField("责任编辑", max_length=60, blank=True)
    themes = models.JSONField("主题", default=list)
    shares = models.JSONField("份额", default=list, help_text="[单位, 份额]；空为本单位一家")
    files = models.JSONField("附件", default=list, help_text="[文件, 说明]")
    writers = models.JSONField("写过的人", default=list)
    version = models.PositiveIntegerField("第几次保存", default=0)
    # The page that saved it, and its how manieth save that was: a page may save on top of what it saved itself, when
    # the answer was lost, but never take back a later save of its own.
    page = models.CharField(max_length=32, blank=True)
    turn = models.PositiveIntegerField(default=0)
    # What a Word file held that could not be taken over, a sentence each, and the file's name.
    came_from = models.CharField("来自文件", max_length=200, blank=True)
    left_out = models.JSONField("没有带过来的", default=list)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField("保存时间")

    class Meta:
        verbose_name = "草稿"

    def __str__(self) -> str:
        return self.title or "（未写标题）"
