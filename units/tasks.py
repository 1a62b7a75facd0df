"""The jobs of this room, as the queue knows them."""

from celery import shared_task

from units import forgetting, letters, links, lockout, notices, roster_imports
from units.models import Session


@shared_task
def send_reset_link(username: str, site: str) -> None:
    links.mail_reset(username, site)


@shared_task
def send_invitation(account_id: int, link: str) -> None:
    links.mail_invitation(account_id, link)


@shared_task
def tell_applicant(registration_id: int) -> None:
    links.mail_applicant(registration_id)


@shared_task
def forget() -> None:
    """Remove sessions that are over, attempts that no longer count, previews that nobody took in, and personal data
    and notices that were kept long enough."""
    Session.get_session_store_class().clear_expired()  # type: ignore[attr-defined]
    lockout.forget_old()
    roster_imports.forget()
    forgetting.forget_old()
    notices.forget_old()


@shared_task
def post() -> None:
    letters.post()
