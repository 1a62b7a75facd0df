"""What a view does when it is posted to. The trail names the act by it where nothing was done.

``takes`` are the fields that the view reads. Others are ignored, and are on record.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

# Whatever is posted, from any form of ours.
ALWAYS = frozenset({"csrfmiddlewaretoken", "next", "kept"})


class Act(NamedTuple):
    """The act's name on the trail, and the fields it takes."""

    label: str
    takes: frozenset[str]


def act(label: str, takes: Iterable[str] = ()) -> Callable[[Any], Any]:
    """Say of a view what it does when it is posted to."""

    def named(view: Any) -> Any:
        view.act = Act(label, frozenset(takes) | ALWAYS)
        return view

    return named
