"""Keyed digests: only who holds the key of the trail can write an entry or a seal that passes for one of ours."""

import hashlib
import hmac
import json
from datetime import UTC

from django.conf import settings

from trail.models import TrailEntry

MARKED = (
    *("office", "actor_id", "actor", "unit", "address", "act", "object_kind", "object_id", "object_label"),
    *("before", "after", "result", "token"),
)


def mark_of(entry: TrailEntry) -> str:
    """The digest over everything in an entry but its id, as 64 hexadecimal digits."""
    content = [entry.at.astimezone(UTC).isoformat(), *(getattr(entry, name) for name in MARKED)]
    return _digest(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def digest_of(office: str, position: int, before: str, mark: str) -> str:
    """The digest of a seal: over its place, the digest of the seal before and its entry's mark."""
    return _digest(f"{office}\n{position}\n{before}\n{mark}")


def _digest(content: str) -> str:
    return hmac.new(settings.TRAIL_KEY.encode(), content.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
