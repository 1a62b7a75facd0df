"""Letters: what notices go by mail, one letter a person with all that is due.

Neither a worker that dies nor a server that refuses may send a letter twice or lose it. What makes a letter sent is
the line with a single dot that ends it (RFC 5321, 4.1.1.4): a server throws away what came before, if it never comes.
So the notices are marked as mailed, and that is committed, in the moment before this line; where we live to see that
the server did not take it, the mark is taken off again. Who dies before the mark has sent nothing, and after it, all
but a line that was on its way.
"""

import datetime
import hashlib
import logging
import re
import smtplib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.db.models import Min
from django.utils import timezone

from units.links import SITE
from units.models import Account, Notice

log = logging.getLogger(__name__)
A_RUN = 200  # letters; the next run takes the rest
IN_A_LETTER = 50  # notices told one by one, of more the number
AGAIN_SOON, AGAIN_LATER = datetime.timedelta(minutes=1), datetime.timedelta(minutes=15)


class Taken(Exception):
    """Somebody else has sent these notices meanwhile."""


class _Dotted(smtplib.SMTP):
    """Stops before the line that ends a message."""

    before_the_end: Callable[[], None] | None = None

    def data(self, msg: Any) -> tuple[int, bytes]:
        """As ``smtplib.SMTP.data`` does it: RFC 5321, 4.1.1.4 and 4.5.2."""
        code, said = self.docmd("data")
        if code != 354:
            raise smtplib.SMTPDataError(code, said)
        content = re.sub(rb"\r\n|\r|\n", b"\r\n", msg)
        content = re.sub(rb"(?m)^\.", b"..", content)
        self.send(content if content.endswith(b"\r\n") else content + b"\r\n")
        if self.before_the_end:
            try:
                self.before_the_end()
            except BaseException:
                self.close()  # the server throws away what has no end
                raise
        self.send(b".\r\n")
        return self.getreply()


class _DottedOverTls(_Dotted, smtplib.SMTP_SSL):
    pass


class Smtp(EmailBackend):
    """Django's, but that a message may say what is to be done before the line that ends it: ``before_the_end``."""

    connection: _Dotted | None

    @property
    def connection_class(self) -> type[_Dotted]:
        return _DottedOverTls if self.use_ssl else _Dotted

    def _send(self, email_message: EmailMessage) -> bool:
        if self.connection is not None:
            self.connection.before_the_end = getattr(email_message, "before_the_end", None)
        return super()._send(email_message)  # type: ignore[misc]  # Django's stubs leave it out


def post() -> int:
    """Send what is due; how many letters went. A server that is away is asked again after a minute."""
    due = Notice.objects.to_mail().filter(mail_at__lte=timezone.now())
    people = due.values("account").annotate(first=Min("mail_at")).order_by("first").values_list("account", flat=True)
    waiting = list(people[:A_RUN]) if settings.MAIL_WORKS else []
    if not waiting:
        return 0
    sent = 0
    connection = get_connection()
    try:
        connection.open()
        for account in Account.objects.filter(pk__in=waiting).order_by("pk"):
            sent += _post_to(account, connection)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail waits: %s", error)
        due.update(mail_at=timezone.now() + AGAIN_SOON)
    finally:
        connection.close()
    return sent


def _post_to(account: Account, connection: Any) -> bool:
    """Send one person what is due. Raises what ends the session; a letter that the server does not take waits."""
    mine = Notice.objects.to_mail().filter(account=account, mail_at__lte=timezone.now())
    notices = list(mine.select_related("office").order_by("id"))
    these = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
    if not account.is_active or not account.email:
        these.update(mail_at=None)
        return False
    letter = _letter(account, notices)
    marked = False

    def before_the_end() -> None:
        nonlocal marked
        # Committed before the line goes out: no transaction stands around this.
        marked = these.filter(mailed_at=None).update(mailed_at=timezone.now()) == len(notices)
        if not marked:
            raise Taken

    letter.before_the_end = before_the_end  # type: ignore[attr-defined]
    if not isinstance(connection, Smtp):  # a folder, a screen: kept as soon as asked
        before_the_end()
    try:
        connection.send_messages([letter])
    except Taken:
        connection.close()
        connection.open()
        return False
    except (OSError, smtplib.SMTPException, ValueError) as error:  # ValueError: an address that cannot be written
        these.update(mailed_at=None, mail_at=_again(error))
        if _ends_session(error):
            raise
        log.warning("a letter to %s does not go: %s", account.username, error)
        return False
    return True


def _ends_session(error: Exception) -> bool:
    """Whether the server, and not this letter, is what is wrong."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == 421
    return not isinstance(error, smtplib.SMTPRecipientsRefused | ValueError)


def _again(error: Exception) -> datetime.datetime | None:
    """When to try a letter again; never where its address does not exist, and the notice is read in the product."""
    if isinstance(error, ValueError):
        return None
    if isinstance(error, smtplib.SMTPRecipientsRefused) and all(code >= 500 for code, _ in error.recipients.values()):
        return None
    return timezone.now() + (AGAIN_SOON if _ends_session(error) else AGAIN_LATER)


def _letter(account: Account, notices: list[Notice]) -> EmailMessage:
    """What is told, with where it leads: titles at most, no text of an item, no reason, nobody's data."""
    only = notices[0].said if len(notices) == 1 else f"{len(notices)} 条通知"
    lines = [f"{account.name}：", ""]
    for notice in notices[:IN_A_LETTER]:
        lines += [f"{notice.office}：{notice.said}", f"{settings.SITE_URL}{notice.address}", ""]
    if len(notices) > IN_A_LETTER:
        lines += [f"还有 {len(notices) - IN_A_LETTER} 条，请登录平台看。", ""]
    lines += ["哪些通知要发邮件，可以在平台“我的账号”的“通知方式”里改。"]
    which = hashlib.sha256(",".join(str(notice.pk) for notice in notices).encode()).hexdigest()[:32]
    headers = {
        "Message-ID": f"<{which}.{account.pk}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].strip('>')}>",
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(f"{SITE}：{only[:80]}", "\n".join(lines), None, [account.email], headers=headers)
