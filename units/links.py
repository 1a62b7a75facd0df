"""Links by which a person sets a password: invitations and resets. Django's token makes each void once used."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from units.models import Account

SITE = "政务信息报送与采用平台"


def password_link(account: Account, site: str) -> str:
    """The address at which the account's password is set; good once, for LINK_HOURS. ``site`` is like https://host."""
    parts = {
        "uidb64": urlsafe_base64_encode(force_bytes(account.pk)),
        "token": default_token_generator.make_token(account),
    }
    return site + reverse("set-password", kwargs=parts)


def may_mail(account: Account) -> bool:
    """Whether a link reaches this account by mail."""
    return settings.MAIL_WORKS and bool(account.email)


def mail_reset(username: str, site: str) -> None:
    """Mail a reset link, where the name is an account's that may sign in and has an address."""
    account = Account.objects.filter(username=Account.normalize_username(username), is_active=True).first()
    if account and account.email:
        _mail(account, "重设密码", "有人（应当是您）要求重设您的密码。不是您就不用理会，密码没有变。", site)


def mail_invitation(account_id: int, site: str) -> None:
    """Mail the link by which somebody sets a first password, or a new one on a manager's word."""
    account = Account.objects.get(pk=account_id)
    if account.email:
        _mail(account, "设置密码", f"您的账号是 {account.username}。", site)


def _mail(account: Account, what: str, said: str, site: str) -> None:
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    how = f"请在 {hours} 小时以内打开这个链接（只能用一次）："
    lines = [f"{account.name}：", "", said, how, "", password_link(account, site)]
    send_mail(f"{SITE}：{what}", "\n".join(lines), None, [account.email])
