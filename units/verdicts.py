"""An answer to "may they?", with a sentence for the screen; and what an act raises that may not be done."""

from typing import NamedTuple


class Verdict(NamedTuple):
    """Yes, or no and why. False where nothing said yes."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


YES = Verdict(True)


def no(reason: str) -> Verdict:
    """A refusal; ``reason`` is a whole sentence in Chinese that says what is missing."""
    return Verdict(False, reason)


class Refused(Exception):
    """The act is not allowed; the text is a sentence for the screen."""


class TooLate(Exception):
    """Somebody was first; the text says so."""
