"""Links by which a person sets a password: invitations and resets. Django's token makes each void once used."""

from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.db.models import F
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from units.models import Account, Registration
from units.records import record_for

SITE = "政务信息报送与采用平台"


class Tokens(PasswordResetTokenGenerator):
    """Void once used or signed in, as Django's; and once another was given out, the account disabled or its roles
    changed: a link must not open more than it did when it was made."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        roles = sorted(user.memberships.values_list("unit_id", "role"))
        return f"{super()._make_hash_value(user, timestamp)}{user.link_number}{user.is_active}{roles}"


tokens = Tokens()


def password_link(account: Account, site: str) -> str:
    """The address at which the account's password is set; good once, for LINK_HOURS. ``site`` is like https://host.

    It makes the one before void.
    """
    Account.objects.filter(pk=account.pk).update(link_number=F("link_number") + 1)
    account.refresh_from_db()
    parts = {"uidb64": urlsafe_base64_encode(force_bytes(account.pk)), "token": tokens.make_token(account)}
    return site + reverse("set-password", kwargs=parts)


def may_mail(account: Account) -> bool:
    """Whether a link reaches this account by mail."""
    return may_mail_to(account.email)


def may_mail_to(email: str) -> bool:
    return settings.MAIL_WORKS and bool(email)


def mail_reset(username: str, site: str) -> None:
    """Mail a reset link, where the name is an account's that may sign in and has an address."""
    account = Account.objects.filter(username=Account.normalize_username(username), is_active=True).first()
    if account and account.email:
        record_for(account, "寄出重设密码链接", by=None)  # a worker's act: who asked is not known
        said = "有人（应当是您）要求重设您的密码。不是您就不用理会，密码没有变。"
        _mail(account, "重设密码", said, password_link(account, site))


def mail_invitation(account_id: int, link: str) -> None:
    """Mail the link by which somebody sets a first password, or a new one on a manager's word."""
    account = Account.objects.get(pk=account_id)
    if account.email:
        _mail(account, "设置密码", f"您的账号是 {account.username}。", link)


def mail_applicant(registration_id: int) -> None:
    """Tell the officer of a unit that asked to join what was decided. The private link is theirs alone: the database
    does not know it, so the letter cannot name it."""
    found = Registration.objects.select_related("office").get(pk=registration_id)
    if found.officer_email:
        lines = [
            f"{found.officer_name}：",
            "",
            f"{found.name}向{found.office}的入网申请：{found.get_state_display()}。",
            *([f"理由：{found.reason}"] if found.reason else []),
            "",
            "请打开提交时得到的链接查看；退回补正的，在那里改好再提交。",
        ]
        send_mail(f"{SITE}：入网申请{found.get_state_display()}", "\n".join(lines), None, [found.officer_email])


def _mail(account: Account, what: str, said: str, link: str) -> None:
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    how = f"请在 {hours} 小时以内打开这个链接（只能用一次）："
    lines = [f"{account.name}：", "", said, how, "", link]
    send_mail(f"{SITE}：{what}", "\n".join(lines), None, [account.email])
