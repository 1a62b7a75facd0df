"""An answer to "may they?", with a sentence for the screen."""

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
