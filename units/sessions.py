"""Sessions in the database, with an end: so long after the last use, and so long after signing in."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

TOUCH = timedelta(minutes=1)  # how exactly the last use is known


class SessionStore(DatabaseStore):
    """A session whose row is a ``units.Session``. It is over when idle or old for longer than the settings allow."""

    row: Any = None  # as it was when this request read it

    @classmethod
    def get_model_class(cls) -> type:
        from units.models import Session

        return Session

    def _validate_session_key(self, key: str | None) -> bool:
        """Django asks for its length only; PostgreSQL takes no NUL, and no key of ours holds one."""
        return bool(super()._validate_session_key(key) and key and key.isalnum())  # type: ignore[misc]

    def _get_session_from_db(self) -> Any:
        row = super()._get_session_from_db()  # type: ignore[misc]
        if row is not None and over_at(row) <= timezone.now():
            row.delete()
            self._session_key = None
            row = None
        self.row = row
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        now = timezone.now()
        row.account_id = data.get("_auth_user_id")
        row.address, row.browser = data.get("address", ""), data.get("browser", "")
        row.began_at = datetime.fromisoformat(data["began"]) if "began" in data else now
        row.seen_at = now
        return row

    @property
    def seconds_left(self) -> int | None:
        """Until it ends if nobody uses it any more; None of one that lies in no database yet."""
        return max(int((over_at(self.row) - timezone.now()).total_seconds()), 0) if self.row else None

    def touch(self) -> None:
        """Note that it is in use; once a minute is enough."""
        now = timezone.now()
        if self.row is not None and now - self.row.seen_at > TOUCH:
            self.get_model_class().objects.filter(pk=self.row.pk).update(seen_at=now)  # type: ignore[attr-defined]
            self.row.seen_at = now


def over_at(row: Any) -> datetime:
    """When a session ends if nobody uses it any more."""
    idle: datetime = row.seen_at + settings.SESSION_IDLE
    return min(idle, row.began_at + settings.SESSION_LONGEST)


def live_sessions(account: Any) -> list[Any]:
    """An account's sessions that are not over, the last used first."""
    now = timezone.now()
    rows = SessionStore.get_model_class().objects.filter(account=account).order_by("-seen_at")  # type: ignore[attr-defined]
    return [row for row in rows if over_at(row) > now]
