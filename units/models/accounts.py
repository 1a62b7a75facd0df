"""People who sign in, and what they may do in a unit."""

import unicodedata
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, Max, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from units.models.rosters import RosterGroup, RosterLine
from units.models.units import Office, Unit

ACCOUNT_NAME = RegexValidator(r"^[a-z0-9][a-z0-9._-]{1,39}\Z", "账号用小写字母、数字和 . _ -，2 到 40 个字符。")
SLEPT = timedelta(days=90)  # an account that nobody used for so long is listed


class AccountQuerySet(models.QuerySet["Account"]):
    def of_office(self, office: Office) -> "AccountQuerySet":
        """The office's own people, and the officers and signers of units that report or reported to it."""
        return self.filter(Exists(Membership.objects.at(office).filter(account=OuterRef("pk"))))

    def visible_to(self, account: "Account", office: Office) -> "AccountQuerySet":
        """The office's managers and sysadmins see its people and its units'; nobody else sees any."""
        if account.has_role(office.unit_id, Role.MANAGER, Role.SYSADMIN):
            return self.of_office(office)
        return self.none()

    def slept(self) -> "AccountQuerySet":
        """Not disabled, and not used for 90 days; one that was never used, since it was made."""
        before = timezone.now() - SLEPT
        never = Q(last_login=None, created_at__lt=before)
        return self.filter(never | Q(last_login__lt=before), is_active=True)

    def by_name(self) -> "AccountQuerySet":
        return self.order_by("username")

    def for_table(self) -> "AccountQuerySet":
        return self.prefetch_related("memberships__unit", "memberships__groups", "memberships__theme_charges__theme")


class AccountManager(BaseUserManager.from_queryset(AccountQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=Account.normalize_username(username or ""))

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Account":
        account = self.model(username=self.model.normalize_username(username), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """A person who signs in (账号). There is no superuser: rights are memberships and nothing else.

    An account is disabled, never deleted: its name stands on old items.
    """

    username = models.CharField(
        "账号",
        max_length=150,
        unique=True,
        validators=[ACCOUNT_NAME],
    )
    name = models.CharField("姓名", max_length=60)
    email = models.EmailField("电子邮箱", blank=True)
    is_active = models.BooleanField("可以登录", default=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    password_set_at = models.DateTimeField("设密码时间", null=True, editable=False)
    link_number = models.PositiveIntegerField("设密码链接", default=0, editable=False)
    keys = models.BooleanField("用快捷键", default=True, help_text="在待审页上用键盘办理")
    forgotten_at = models.DateTimeField("删除个人信息", null=True, editable=False)
    demonstration = models.BooleanField("演示账号", default=False, help_text="不要求手机验证码")

    objects = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = "账号"

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def on_record(self) -> str:
        """What the trail calls a person: names can be changed and shared, account names cannot."""
        return f"{self.name}（{self.username}）" if self.name != self.username else self.username

    @classmethod
    def valid_username(cls, username: str) -> str:
        """A new account's name as it is kept. Raises ValidationError with a sentence."""
        name = cls.normalize_username(username)
        ACCOUNT_NAME(name)
        return name

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self.password_set_at = timezone.now()

    @property
    def password_is_old(self) -> bool:
        """Whether the installation asks for a new one by now (GB/T 22239-2019, 8.1.4.1: 定期更换)."""
        if not settings.PASSWORD_DAYS or self.demonstration:
            return False
        set_at = self.password_set_at or self.created_at
        return timezone.now() - set_at > timedelta(days=settings.PASSWORD_DAYS)

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Names are compared without case and width: ｌｉ, LI and li are one account."""
        return unicodedata.normalize("NFKC", username).strip().lower()

    @cached_property
    def held(self) -> "list[Membership]":
        """Memberships with their units, read once a request."""
        rows = self.memberships.select_related("unit")
        return list(rows.annotate(a_charge=Coalesce(Max("groups"), Max("theme_charges"))))

    @property
    def is_guarded(self) -> bool:
        """Whether it holds a role for which a password alone is not enough."""
        return any(row.role in GUARDED for row in self.held)

    @cached_property
    def roles(self) -> dict[int, set[str]]:
        """Roles by unit id, read once a request."""
        roles: dict[int, set[str]] = {}
        if self.is_active:
            for held in self.held:
                roles.setdefault(held.unit_id, set()).add(held.role)
        return roles

    def has_role(self, unit_id: int, *roles: str) -> bool:
        """Whether this account holds one of the roles in the unit."""
        return not self.roles.get(unit_id, set()).isdisjoint(roles)

    def works_at(self, office: Office) -> bool:
        """Whether this account reads the office's books: an editor, a manager or an auditor of it."""
        return self.has_role(office.unit_id, *STAFF)

    def units_with(self, *roles: str) -> list[int]:
        """Ids of the units in which this account holds one of the roles."""
        return [unit_id for unit_id, held in self.roles.items() if not held.isdisjoint(roles)]


class Role(models.TextChoices):
    OFFICER = "officer", "信息员"
    SIGNER = "signer", "签发人"
    EDITOR = "editor", "编辑"
    MANAGER = "manager", "管理员"
    AUDITOR = "auditor", "审计员"
    SYSADMIN = "sysadmin", "系统管理员"


# Whose password alone must not be enough: they decide, publish, audit, or open doors to others.
GUARDED = (Role.EDITOR, Role.MANAGER, Role.AUDITOR, Role.SYSADMIN)
STAFF = (Role.EDITOR, Role.MANAGER, Role.AUDITOR)  # who read an office's books
UNIT_ROLES = (Role.OFFICER, Role.SIGNER)  # held in a unit that reports; all others in the office's own


class MembershipQuerySet(models.QuerySet["Membership"]):
    def at(self, office: Office) -> "MembershipQuerySet":
        """Roles that concern an office: of its own people, and of officers and signers who write or wrote to it."""
        return self._of(office, RosterLine.objects.filter(office=office))

    def kept_by(self, office: Office) -> "MembershipQuerySet":
        """Those of ``at`` that the office gives and takes: of its own people, and of units that report to it now.

        Of a unit that reports to nobody any more, having left or merged, they are kept by the offices to which it did:
        somebody must be able to end them. That a unit is an office too gives nobody a hand in its own people.
        """
        standing = RosterLine.objects.current()
        lines = RosterLine.objects.filter(office=office)
        return self._of(office, lines.filter(Q(until=None) | ~Q(unit__in=standing.values("unit"))))

    def _of(self, office: Office, lines: "models.QuerySet[RosterLine]") -> "MembershipQuerySet":
        own = Q(unit=office.unit_id, role__in=GUARDED)
        return self.filter(own | Q(unit__in=lines.values("unit"), role__in=UNIT_ROLES))


class Membership(models.Model):
    """One role of an account in a unit (角色).

    An editor may be for some roster groups only (分管); without any, for all. Themes are told apart one
    room up (``submissions.ThemeCharge``).
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="memberships")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships")
    role = models.CharField("角色", max_length=10, choices=Role)
    since = models.DateTimeField("开始", auto_now_add=True)
    groups = models.ManyToManyField(RosterGroup, verbose_name="分管类别", blank=True, related_name="+")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "角色"
        constraints = [
            models.UniqueConstraint(fields=["account", "unit", "role"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_legal"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.unit} {self.get_role_display()}"

    @property
    def narrowed(self) -> bool:
        """Whether it is for some groups or themes only; told without asking by those of ``Account.held``."""
        if not hasattr(self, "a_charge"):
            return self.groups.exists() or self.theme_charges.exists()
        return self.a_charge is not None
