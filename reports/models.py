"""Requests for reports and their files, issued circulars, and the letterhead of an office."""

import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from reports.formats import LABELS
from scoring.models import ClosedResult
from scoring.standings import sees_whole
from submissions.models import Period
from units.models import Office, Role

if TYPE_CHECKING:
    from units.models import Account


class Head(models.TextChoices):
    """The red head (发文机关标志). Many offices print on paper that already bears it (套打)."""

    DRAWN = "drawn", "印出红头"
    PREPRINTED = "preprinted", "套打（纸上已有红头，留出位置）"
    NONE = "none", "不用红头"


KEPT_DAYS = 730  # where an office has not said how long


class Letterhead(models.Model):
    """How an office's documents look, what they say of it, and how long their files are kept.

    What is not set is left out, never invented.
    """

    office = models.OneToOneField(Office, models.PROTECT, related_name="letterhead")
    issuer = models.CharField("发文机关", max_length=100, blank=True, help_text="空为收稿单位的名称")
    docket_code = models.CharField("机关代字", max_length=40, blank=True, help_text="印发时预填在文号里")
    addressee = models.CharField("主送机关", max_length=500, blank=True)
    contact = models.CharField("联系方式", max_length=200, blank=True)
    copied_to = models.CharField("抄送", max_length=500, blank=True)
    printed_by = models.CharField("印发机关", max_length=100, blank=True, help_text="印在版记里；空为发文机关")
    head = models.CharField("红头", max_length=10, choices=Head, default=Head.DRAWN)
    sealed = models.BooleanField("加盖印章", default=True, help_text="落款留出盖章的位置")
    kept_days = models.PositiveSmallIntegerField(
        "文件保留天数",
        default=KEPT_DAYS,
        validators=[MinValueValidator(1, "至少保留 1 天。"), MaxValueValidator(3650, "最多保留 3650 天。")],
        help_text="过期的报表文件会清理；已印发的通报一直保留",
    )

    class Meta:
        verbose_name = "公文设置"
        constraints = [
            models.CheckConstraint(condition=Q(head__in=Head.values), name="letterhead_head_legal"),
            models.CheckConstraint(condition=Q(kept_days__gte=1), name="letterhead_keeps_files_a_day"),
        ]

    def __str__(self) -> str:
        return self.issuer or self.office.name


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

    def underway(self) -> "ReportRunQuerySet":
        return self.filter(state__in=(RunState.QUEUED, RunState.RUNNING))

    def good_for(self, kind: str, period: Period, edition: int) -> "ReportRunQuerySet":
        """Runs that a request for this report need not repeat: one that waits, or was made from the same edition."""
        from_it = Q(state__in=(RunState.RUNNING, RunState.DONE), edition=edition, files_removed_at=None)
        return self.filter(Q(state=RunState.QUEUED) | from_it, kind=kind, period=period, issue__isnull=True)

    def news(self) -> "ReportRunQuerySet":
        """What the clock has drafted, or could not, and no manager has looked at yet."""
        return self.filter(drafted=True, state__in=(RunState.DONE, RunState.FAILED), seen_at=None)

    def newest_first(self) -> "ReportRunQuerySet":
        return self.order_by("-id")

    def for_table(self) -> "ReportRunQuerySet":
        return self.select_related("period", "requested_by").prefetch_related("files")


class ReportRun(models.Model):
    """One request for a report: this row, not the queue, is the truth about the job (DESIGN section 6).

    ``edition`` is the office's when the figures were read. ``issue`` holds what was typed in for a circular
    that this run makes to be issued; ``drafted`` marks what the clock asked for.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="runs")
    kind = models.CharField("种类", max_length=20)
    period = models.ForeignKey(Period, models.PROTECT, related_name="runs")
    issue = models.JSONField("印发", null=True)
    drafted = models.BooleanField("到期自动起草", default=False)
    state = models.CharField("状态", max_length=10, choices=RunState, default=RunState.QUEUED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField("提出时间", auto_now_add=True)
    sent_at = models.DateTimeField("送入队列时间", null=True)
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)
    heartbeat_at = models.DateTimeField("心跳", null=True)
    attempt = models.PositiveIntegerField("第几次", default=0)
    edition = models.PositiveBigIntegerField("账册版次", default=0)
    step = models.CharField("步骤", max_length=60, blank=True)
    done = models.PositiveIntegerField("已做", default=0)
    total = models.PositiveIntegerField("共", default=0)
    failure = models.CharField("原因", max_length=500, blank=True)
    remark = models.CharField("说明", max_length=500, blank=True, help_text="做成了，但少了什么")
    from_closed = models.BooleanField("数据已封存", default=False)
    summary = models.CharField("摘要", max_length=200, blank=True)
    findings = models.JSONField("核对", default=list)
    seen_at = models.DateTimeField("管理员看过", null=True)
    files_removed_at = models.DateTimeField("文件清理时间", null=True)

    objects = ReportRunQuerySet.as_manager()

    class Meta:
        verbose_name = "报表任务"
        indexes = [
            models.Index(fields=["office", "-id"], name="run_newest"),
            models.Index(fields=["state"], condition=Q(state__in=["queued", "running"]), name="run_underway"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_legal"),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(failure=""), name="run_failed_with_a_reason"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="run_done_up_to_total"),
            models.UniqueConstraint(fields=["period", "kind"], condition=Q(drafted=True), name="run_drafted_once"),
        ]

    def __str__(self) -> str:
        from reports.kinds import kind_of  # which needs these models

        return f"{self.period}{kind_of(self.kind).label}"

    @property
    def is_current(self) -> bool:
        """Whether this was made from the closing that is in force now."""
        closed_at, began = self.period.closed_at, self.started_at
        return self.from_closed and closed_at is not None and began is not None and closed_at <= began

    @property
    def is_underway(self) -> bool:
        return self.state in (RunState.QUEUED, RunState.RUNNING)


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
        return LABELS.get(self.format, self.format)


class CircularQuerySet(models.QuerySet["Circular"]):
    def visible_to(self, account: "Account", office: Office) -> "CircularQuerySet":
        """The office's people, and its units where they may see the whole table that a circular prints."""
        return self.filter(office=office) if sees_whole(account, office) else self.none()

    def newest_first(self) -> "CircularQuerySet":
        return self.order_by("-issued_on", "-id")

    def beyond(self, place: tuple[datetime.date, int]) -> "CircularQuerySet":
        """Those that follow a day and id when the newest stand first."""
        return self.filter(issued_on__lte=place[0]).exclude(issued_on=place[0], pk__gte=place[1])

    def for_table(self) -> "CircularQuerySet":
        related = ("run__period", "result", "issued_by", "corrects", "corrected_by")
        return self.select_related(*related).prefetch_related("run__files")


class Circular(models.Model):
    """An issued document (通报), frozen with its files under its digest; a correction is a new one that names the old.

    Written once its files are there, and never changed. ``digest`` is the SHA-256 over the files' digests.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="circulars")
    run = models.OneToOneField(ReportRun, models.PROTECT, related_name="circular")
    result = models.ForeignKey(ClosedResult, models.PROTECT, related_name="circulars")
    number = models.CharField("发文字号", max_length=60)
    title = models.CharField("标题", max_length=300)
    issued_on = models.DateField("成文日期")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField("印发时间", auto_now_add=True)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="corrected_by")
    digest = models.CharField("摘要", max_length=64)
    told_at = models.DateTimeField(null=True, editable=False)  # when its notices were made (``reports.telling``)

    objects = CircularQuerySet.as_manager()

    class Meta:
        verbose_name = "通报"
        indexes = [models.Index(fields=["id"], condition=Q(told_at=None), name="circular_to_tell")]
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
