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
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from units.links import SITE
from units.models import Account, Notice, Office
from units.models.notices import NoticeQuerySet

log = logging.getLogger(__name__)
AT_A_TIME = 100  # people
IN_A_LETTER = 50  # notices told one by one, of more the number
PATIENCE = 300  # seconds for the answer to a letter
MOST_BROKEN = 3  # letters one after another that break the session: then it is the server
MOST_TO_SEND = datetime.timedelta(minutes=10)  # what a letter may take, by the timeouts of its session
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
        if self.sock is not None:
            self.sock.settimeout(PATIENCE)  # a server may look through a letter for long: RFC 5321, 4.5.3.2.6
        try:
            return self.getreply()
        except smtplib.SMTPServerDisconnected as error:
            if not isinstance(error.__context__, TimeoutError):
                raise
            log.warning("a server took a letter and said nothing for %s s; it counts as sent", PATIENCE)
            return 250, b""


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
    """Send all that is due; how many letters went. A server that is away is asked again after a minute."""
    sent = broken = 0
    if not settings.MAIL_WORKS or not _due().exists():
        return sent
    connection = get_connection()
    try:
        connection.open()
        while people := _who_waits_longest():
            for account in people:
                try:
                    sent += _post_to(account, connection)
                    broken = 0
                except (OSError, smtplib.SMTPException) as error:
                    log.warning("a letter to %s broke the session: %s", account.username, error)
                    if (broken := broken + 1) == MOST_BROKEN:
                        raise
                    _close(connection)
                    connection.open()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail waits: %s", error)
        _due().update(mail_at=timezone.now() + AGAIN_SOON)
    finally:
        _close(connection)
    return sent


def _close(connection: Any) -> None:
    with suppress(OSError, smtplib.SMTPException):
        connection.close()


def _due() -> NoticeQuerySet:
    return Notice.objects.to_mail().filter(mail_at__lte=timezone.now())


def _who_waits_longest() -> list[Account]:
    people = _due().values("account").annotate(first=Min("mail_at")).order_by("first")
    return list(Account.objects.filter(pk__in=list(people.values_list("account", flat=True)[:AT_A_TIME])))


def _post_to(account: Account, connection: Any) -> bool:
    """Send one person what is due. Raises what ends the session; a letter that the server does not take waits."""
    offices = Office.objects.for_account(account).values("pk")
    due = _due().filter(account=account)
    due.exclude(office__in=offices).update(mail_at=None)  # where nobody sees them any more
    notices = list(due.filter(office__in=offices).select_related("office").order_by("id"))
    these = Notice.objects.filter(pk__in=[notice.pk for notice in notices], mailed_at=None)
    mailed = account.is_active and account.email
    # Whoever has put them off is the one who sends them, until then.
    put_off = timezone.now() + MOST_TO_SEND if mailed else None
    if not these.filter(mail_at__lte=timezone.now()).update(mail_at=put_off) or not mailed:
        return False
    letter, now = _letter(account, notices), timezone.now()
    letter.before_the_end = partial(_mark, these, len(notices), now)  # type: ignore[attr-defined]
    try:
        if not isinstance(connection, Smtp):  # a folder, a screen: kept as soon as asked
            letter.before_the_end()  # type: ignore[attr-defined]
        connection.send_messages([letter])
    except Taken:
        _close(connection)
        connection.open()
        return False
    except (OSError, smtplib.SMTPException, ValueError) as error:  # ValueError: an address that cannot be written
        mine = Q(mailed_at=None) | Q(mailed_at=now)
        letter_of = Notice.objects.filter(mine, pk__in=[notice.pk for notice in notices])
        letter_of.update(mailed_at=None, mail_at=_again(error))
        if _ends_session(error):
            raise
        log.warning("a letter to %s does not go: %s", account.username, error)
        return False
    return True


def _mark(these: NoticeQuerySet, number: int, now: datetime.datetime) -> None:
    """Mark all of a letter's notices as mailed, committed on return. Raises Taken where somebody has marked one."""
    with transaction.atomic(durable=True):
        if these.update(mailed_at=now) != number:
            raise Taken


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
    return timezone.now() + AGAIN_LATER


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
