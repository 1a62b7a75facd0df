"""The states of an item and the moves between them, as data (DESIGN section 4). ``moves.py`` carries them out."""

from typing import NamedTuple

from django.db.models import TextChoices


class State(TextChoices):
    DRAFT = "draft", "草稿"
    SIGNING = "signing", "待签发"
    SUBMITTED = "submitted", "待审"
    RETURNED = "returned", "退回修改"
    VALID = "valid", "有效"
    REJECTED = "rejected", "退稿"
    WITHDRAWN = "withdrawn", "已撤回"


# From the first receipt on an item has a number and a day, and is never deleted.
RECEIVED = (State.SUBMITTED, State.RETURNED, State.VALID, State.REJECTED)


class Move(NamedTuple):
    """One way from state to state. ``role`` is held in the item's unit, or for editors in the office's.

    ``by_writing``: it begins on the writing page, which looks through the text first.
    """

    label: str
    sources: tuple[State, ...]
    target: State
    role: str
    needs_reason: bool = False
    by_way_of_signer: bool = False
    by_writing: bool = False


MOVES = {
    "submit": Move("报送", (State.DRAFT,), State.SUBMITTED, "officer", by_way_of_signer=True, by_writing=True),
    "sign": Move("签发", (State.SIGNING,), State.SUBMITTED, "signer"),
    "send_back": Move("退给信息员", (State.SIGNING,), State.DRAFT, "signer", needs_reason=True),
    "withdraw": Move("撤回", (State.SIGNING, State.SUBMITTED), State.WITHDRAWN, "officer"),
    "accept": Move("认定有效", (State.SUBMITTED,), State.VALID, "editor"),
    "return": Move("退回修改", (State.SUBMITTED,), State.RETURNED, "editor", needs_reason=True),
    "reject": Move("退稿", (State.SUBMITTED,), State.REJECTED, "editor", needs_reason=True),
    "resubmit": Move("重新报送", (State.RETURNED,), State.SUBMITTED, "officer", by_way_of_signer=True, by_writing=True),
    "reopen": Move(
        "重新打开", (State.VALID, State.REJECTED, State.RETURNED), State.SUBMITTED, "editor", needs_reason=True
    ),
}

# What else stands in an item's history, without changing its state.
RECORD, IMPORT, ADOPT, REVOKE = "record", "import", "adopt", "revoke"
EVENT_LABELS = {
    **{name: move.label for name, move in MOVES.items()},
    RECORD: "补录",
    IMPORT: "导入",
    ADOPT: "采用",
    REVOKE: "撤销采用",
}
