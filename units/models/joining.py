"""How units join an office, and what a manager asks of all of them at once."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from units.models.accounts import Account
from units.models.rosters import RosterGroup
from units.models.units import Office, Unit


class RegistrationState(models.TextChoices):
    WAITING = "waiting", "待审核"
    RETURNED = "returned", "退回补正"
    APPROVED = "approved", "已通过"
    REFUSED = "refused", "不予通过"


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def visible_to(self, account: Account, office: Office) -> "RegistrationQuerySet":
        """The office's managers see who asks to join it; the applicant by the private link only."""
        if account.has_role(office.unit_id, "manager"):
            return self.filter(office=office)
        return self.none()

    def waiting(self) -> "RegistrationQuerySet":
        return self.filter(state=RegistrationState.WAITING)


class Registration(models.Model):
    """A unit that nobody knows yet asks to join an office (入网申请).

    ``link`` is the digest of the private link's secret: whoever reads the table can follow nobody's. What the
    applicant wrote of persons (``OF_PERSONS``) goes once the application is old (``units.forgetting``).
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="registrations")
    state = models.CharField("状态", max_length=10, choices=RegistrationState, default=RegistrationState.WAITING)
    link = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField("单位名称", max_length=200)
    short_name = models.CharField("简称", max_length=100, blank=True)
    group = models.ForeignKey(RosterGroup, models.PROTECT, related_name="+", verbose_name="类别", null=True, blank=True)
    code = models.CharField("统一代码", max_length=32, blank=True)
    leader_name = models.CharField("姓名", max_length=60, blank=True)
    leader_post = models.CharField("职务", max_length=100, blank=True)
    leader_phone = models.CharField("电话", max_length=40, blank=True)
    leader_email = models.EmailField("电子邮箱", blank=True)
    officer_name = models.CharField("姓名", max_length=60, blank=True)
    officer_post = models.CharField("职务", max_length=100, blank=True)
    officer_phone = models.CharField("电话", max_length=40, blank=True)
    officer_email = models.EmailField("电子邮箱", blank=True)
    sent_at = models.DateTimeField("提交时间")
    network = models.CharField("来源地址", max_length=64, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    decided_at = models.DateTimeField("办理时间", null=True, blank=True)
    reason = models.CharField("理由", max_length=300, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="registrations", null=True, blank=True)

    OF_PERSONS = tuple(f"{who}_{what}" for who in ("leader", "officer") for what in ("name", "post", "phone", "email"))

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = "入网申请"
        indexes = [
            models.Index(fields=["office", "state", "sent_at"], name="registration_queue"),
            models.Index(fields=["network", "sent_at"], name="registration_flood"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RegistrationState.values), name="registration_state_legal"),
            models.CheckConstraint(condition=~Q(name=""), name="registration_has_a_name"),
            models.CheckConstraint(
                condition=Q(state="approved", unit__isnull=False) | (~Q(state="approved") & Q(unit=None)),
                name="registration_approved_with_its_unit",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "refused"]) | ~Q(reason=""),
                name="registration_sent_back_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ContactRound(models.Model):
    """A manager asks all units to confirm their contacts (联系人核对)."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="contact_rounds")
    name = models.CharField("名称", max_length=100)
    started_on = models.DateField("开始")
    due_on = models.DateField("截止")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name = "联系人核对"
        ordering = ["-started_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["office", "name"], name="contact_round_once"),
            models.CheckConstraint(
                condition=Q(due_on__gte=models.F("started_on")), name="contact_round_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ContactConfirmation(models.Model):
    """That a unit has looked through its contacts in a round. They may change again; that it looked stands."""

    round = models.ForeignKey(ContactRound, models.PROTECT, related_name="confirmations")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="contact_confirmations")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField("核对时间", auto_now_add=True)

    class Meta:
        verbose_name = "联系人已核对"
        constraints = [models.UniqueConstraint(fields=["round", "unit"], name="contact_confirmed_once")]

    def __str__(self) -> str:
        return f"{self.unit} {self.round}"


class RosterImport(models.Model):
    """A workbook of units and contacts between its preview and its being taken in; gone after a day."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="roster_imports")
    name = models.CharField("文件名", max_length=200)
    content = models.BinaryField()
    since = models.DateField("从哪天起")
    counts = models.JSONField(default=dict, help_text="每张表各种结果的行数")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField("上传时间", auto_now_add=True)

    class Meta:
        verbose_name = "名册导入"

    def __str__(self) -> str:
        return self.name


class Fate(models.TextChoices):
    BAD = "bad", "有错"
    NEW = "new", "新增"
    CHANGED = "changed", "更改"
    SAME = "same", "不变"


class RosterImportRow(models.Model):
    """What would become of a row of the workbook, shown a page at a time."""

    roster_import = models.ForeignKey(RosterImport, models.CASCADE, related_name="rows", db_index=False)
    position = models.PositiveIntegerField()
    sheet = models.CharField(max_length=10)
    row = models.PositiveIntegerField()
    fate = models.CharField(max_length=10, choices=Fate)
    name = models.CharField(max_length=300)
    told = models.CharField(max_length=600, blank=True)

    class Meta:
        verbose_name = "名册导入的行"
        constraints = [
            models.UniqueConstraint(fields=["roster_import", "fate", "position"], name="roster_import_row_once"),
            models.CheckConstraint(condition=Q(fate__in=Fate.values), name="roster_import_row_fate_legal"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet}!{self.row}"
