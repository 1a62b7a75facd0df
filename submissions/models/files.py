"""Files of items: kept under their own digest, hung on drafts and revisions."""

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q

from submissions.models.items import Item, Revision


def kept() -> Storage:
    """Where the files of items lie: a folder, or S3."""
    return storages["items"]


class ItemFile(models.Model):
    """One file that was added to an item, under the name it came with; it lies under its own digest.

    A file is never changed. It goes when its item's draft is deleted, or when nothing hangs it on for a day.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="files", db_index=False)
    name = models.CharField("文件名", max_length=200)
    kind = models.CharField("类型", max_length=10)
    path = models.CharField("存放位置", max_length=200, help_text="在 kept() 里")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField("字节")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = "文件"
        constraints = [
            models.UniqueConstraint(fields=["item", "sha256"], name="item_file_once"),
            models.CheckConstraint(condition=~Q(name=""), name="item_file_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.kind in ("jpg", "png")


class Attachment(models.Model):
    """A file that hangs on a revision, with the caption it has there."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="attachments", db_index=False)
    file = models.ForeignKey(ItemFile, models.PROTECT, related_name="attachments")
    caption = models.CharField("说明", max_length=200, blank=True)
    position = models.PositiveIntegerField("次序", default=0)

    class Meta:
        verbose_name = "附件"
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["revision", "file"], name="attachment_once")]

    def __str__(self) -> str:
        return f"{self.file} {self.caption}"
