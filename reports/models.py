"""Requests for reports and their files, issued circulars, and the letterhead of an office."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from scoring.models import ClosedResult
from submissions.models import Period
from units.models import Office, Role

if TYPE_CHECKING:
    from units.models import Account


class Letterhead(models.Model):
    """What an office's documents say of itself. What is not set is left out, never invented."""

    office = models.OneToOneField(Office, models.PROTECT, related_name="letterhead")
    issuer = models.CharField("发文机关", max_length=100, blank=True)
    docket_code = models.CharField("机关代字", max_length=40, blank=True)
    addressee = models.CharField("主送机关", max_length=500, blank=True)
    contact = models.CharField("联系方式", max_length=200, blank=True)
    copied_to = models.CharField("抄送", max_length=500, blank=True)

    class Meta:
        verbose_name = "版头"

    def __str__(self) -> str:
        return self.issuer or str(self.office)


class RunState(models.TextChoices):
    QUEUED = "queued", "排队"
    RUNNING = "running", "生成中"
    DONE = "done", "已完成"
    FAILED = "failed", "没有做成"
    CANCELLED = "cancelled", "已取消"


class ReportRunQuerySet(models.QuerySet["ReportRun"]):
    def visible_to(self, account: "Account", office: Office) -> "ReportRunQuerySet":
        """The office's managers and auditors see its runs; nobody else sees any."""
        if account.has_role(office.unit_id, Role.MANAGER, Role.AUDITOR):
            return self.filter(office=office)
        return self.none()

    def newest_first(self) -> "ReportRunQuerySet":
        return self.order_by("-id")

    def for_table(self) -> "ReportRunQuerySet":
        return self.select_related("period", "requested_by").prefetch_related("files")


class ReportRun(models.Model):
    """One request for a report: this row, not the queue, is the truth about the job (DESIGN section 6)."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="runs")
    kind = models.CharField("种类", max_length=20)
    period = models.ForeignKey(Period, models.PROTECT, related_name="runs")
    state = models.CharField("状态", max_length=10, choices=RunState, default=RunState.QUEUED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField("提出时间", auto_now_add=True)
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)
    heartbeat_at = models.DateTimeField("心跳", null=True)
    attempt = models.PositiveIntegerField("第几次", default=0)
    step = models.CharField("步骤", max_length=60, blank=True)
    done = models.PositiveIntegerField("已做", default=0)
    total = models.PositiveIntegerField("共", default=0)
    failure = models.CharField("原因", max_length=500, blank=True)
    from_closed = models.BooleanField("数据已封存", default=False)
    summary = models.CharField("摘要", max_length=200, blank=True)

    objects = ReportRunQuerySet.as_manager()

    class Meta:
        verbose_name = "报表任务"
        indexes = [models.Index(fields=["office", "-id"], name="run_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_legal"),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(failure=""), name="run_failed_with_a_reason"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="run_done_up_to_total"),
        ]

    def __str__(self) -> str:
        return f"{self.period}{self.kind}"


class RunFile(models.Model):
    """A file a run made. ``path`` is below the folder of files; ``name`` is what a download is called."""

    run = models.ForeignKey(ReportRun, models.PROTECT, related_name="files")
    format = models.CharField("格式", max_length=10)
    name = models.CharField("文件名", max_length=200)
    path = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField("字节")

    class Meta:
        verbose_name = "文件"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "format"], name="run_file_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The format as people call it."""
        return {"docx": "Word", "xlsx": "Excel", "pdf": "PDF", "html": "网页"}.get(self.format, self.format)


class Circular(models.Model):
    """An issued document (通报), frozen under its digest; a correction is a new one that names the old."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="circulars")
    run = models.OneToOneField(ReportRun, models.PROTECT, related_name="circular")
    result = models.ForeignKey(ClosedResult, models.PROTECT, null=True, related_name="circulars")
    number = models.CharField("发文字号", max_length=60)
    issued_on = models.DateField("成文日期")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField("印发时间", auto_now_add=True)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="corrected_by")
    digest = models.CharField("摘要", max_length=64)

    class Meta:
        verbose_name = "通报"
        constraints = [
            models.UniqueConstraint(fields=["office", "number"], name="circular_number_once"),
            models.CheckConstraint(condition=~Q(corrects=F("id")), name="circular_does_not_correct_itself"),
        ]

    def __str__(self) -> str:
        return self.number


class WorkerHeart(models.Model):
    """When a worker last said that it lives. ``/readyz`` reads it."""

    worker = models.CharField("进程", max_length=200, unique=True)
    beat_at = models.DateTimeField("心跳")

    class Meta:
        verbose_name = "工作进程"

    def __str__(self) -> str:
        return self.worker
