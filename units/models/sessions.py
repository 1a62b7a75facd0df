"""Who is signed in where, and who tried to."""

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

# The first that stands in what a browser says of itself; most also claim to be those further down.
BROWSERS = {"MicroMessenger": "微信", "QQBrowser": "QQ浏览器", "Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome"}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "安卓",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


class Session(AbstractBaseSession):
    """A browser that somebody is signed in from (会话). Deleting the row ends it at once.

    It lies in the database, so that it survives the cache and can be listed and ended.
    """

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions")
    address = models.CharField("来源地址", max_length=64, blank=True)
    browser = models.CharField("浏览器", max_length=200, blank=True)
    began_at = models.DateTimeField("登录时间")
    seen_at = models.DateTimeField("最近使用")

    class Meta(AbstractBaseSession.Meta):
        verbose_name = "会话"

    def __str__(self) -> str:
        return f"{self.account} {self.address}"

    @property
    def browser_name(self) -> str:
        """The browser in words, as far as it can be told."""
        named = [name for sign, name in BROWSERS.items() if sign in self.browser][:1]
        named += [name for sign, name in SYSTEMS.items() if sign in self.browser][:1]
        return "，".join(named) or "别的浏览器"

    @property
    def name(self) -> str:
        """What pages and forms call it; its key would let anybody in."""
        return salted_hmac("session", self.session_key).hexdigest()[:16]

    @classmethod
    def get_session_store_class(cls) -> type:
        from units.sessions import SessionStore

        return SessionStore


class AttemptKind(models.TextChoices):
    PASSWORD = "password", "密码"
    CODE = "code", "验证码"
    RESET = "reset", "找回密码"


class Attempt(models.Model):
    """Somebody tried to sign in, and failed or is still at it (see ``units.lockout``); who succeeds leaves none.

    ``name`` is a keyed digest of what was typed, which may be a password by mistake; ``device`` is empty
    where the browser is not known to the account.
    """

    kind = models.CharField("种类", max_length=10, choices=AttemptKind)
    name = models.CharField(max_length=64)
    address = models.CharField("来源地址", max_length=64)
    device = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField("时间")
    failed = models.BooleanField("没有成功", default=False)

    class Meta:
        verbose_name = "登录尝试"
        indexes = [
            models.Index(fields=["name", "at"], name="attempt_name_at"),
            models.Index(fields=["address", "at"], name="attempt_address_at"),
            models.Index(fields=["at"], name="attempt_at"),
        ]
        constraints = [models.CheckConstraint(condition=Q(kind__in=AttemptKind.values), name="attempt_kind_legal")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.address} {self.at}"
