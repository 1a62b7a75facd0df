"""People who sign in, and what they may do in a unit."""

from functools import cached_property
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from units.models.units import Office, Unit


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Account":
        account = self.model(username=self.model.normalize_username(username), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """A person who signs in (账号). There is no superuser: rights are memberships and nothing else.

    An account is disabled, never deleted: its name stands on old items.
    """

    username = models.CharField("账号", max_length=150, unique=True)
    name = models.CharField("姓名", max_length=60)
    email = models.EmailField("电子邮箱", blank=True)
    is_active = models.BooleanField("可以登录", default=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = "账号"

    def __str__(self) -> str:
        return self.name or self.username

    @cached_property
    def held(self) -> "list[Membership]":
        """Memberships with their units, read once a request."""
        return list(self.memberships.select_related("unit"))

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
        return self.has_role(office.unit_id, Role.EDITOR, Role.MANAGER, Role.AUDITOR)

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


class Membership(models.Model):
    """One role of an account in a unit (角色)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="memberships")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships")
    role = models.CharField("角色", max_length=10, choices=Role)
    since = models.DateTimeField("开始", auto_now_add=True)

    class Meta:
        verbose_name = "角色"
        constraints = [
            models.UniqueConstraint(fields=["account", "unit", "role"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_legal"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.unit} {self.get_role_display()}"
