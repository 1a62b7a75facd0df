"""What a page of settings was made from, so that of two who change it at once nobody overwrites the other unseen; and
what several presses of one button have in common."""

import hashlib
import json
from typing import Any

from trail.records import plain
from units.verdicts import TooLate


def stamp(values: dict[str, Any]) -> str:
    """A short digest of what stood in the page."""
    return hashlib.sha256(json.dumps(plain(values), sort_keys=True).encode()).hexdigest()[:16]


def refuse_stale(seen: str, values: dict[str, Any]) -> None:
    """Raise TooLate where what stands now is not what the page was made from. Ask while holding the office."""
    if seen != stamp(values):
        raise TooLate(
            "这一页打开以后，有人改过这里，所以没有保存。请在另一个窗口里看看现在的；再保存一次，就以您填的为准。"
        )


def one_press(token: str, *said: Any) -> str:
    """The same for every press on a page with this token and the same words in it, and for nothing else (32 digits).

    Somebody who goes back to the page and says something else says it too.
    """
    return hashlib.sha256(json.dumps([token, *said]).encode()).hexdigest()[:32]
