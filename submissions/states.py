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
    # What an editor made of several items (综合): itself it counts for nobody, has no receipt and no day.
    MERGED = "merged", "综合稿"


# From the first receipt on an item has a number and a day, and is never deleted.
RECEIVED = (State.SUBMITTED, State.RETURNED, State.VALID, State.REJECTED)


class Move(NamedTuple):
    """One way from state to state. ``role`` is held in the item's unit, or for editors in the office's.

    A ``reviewer`` is somebody of the unit who did not write. ``through`` is the one place where it begins: ``writing``
    looks through the text first, a ``review`` is recorded with it. What goes back to its officer and has a receipt is
    returned again, never a draft.
    """

    label: str
    sources: tuple[State, ...]
    target: State
    role: str
    needs_reason: bool = False
    by_way_of_signer: bool = False
    through: str = ""


MOVES = {
    "submit": Move("报送", (State.DRAFT,), State.SUBMITTED, "officer", by_way_of_signer=True, through="writing"),
    "clear": Move("审查通过并报送", (State.SIGNING,), State.SUBMITTED, "reviewer", through="review"),
    "fail": Move("审查未通过", (State.SIGNING,), State.DRAFT, "reviewer", needs_reason=True, through="review"),
    "sign": Move("签发", (State.SIGNING,), State.SUBMITTED, "signer"),
    "send_back": Move("退给信息员", (State.SIGNING,), State.DRAFT, "signer", needs_reason=True),
    "recall": Move("取回修改", (State.SIGNING,), State.DRAFT, "officer"),
    "withdraw": Move("撤回", (State.SIGNING, State.SUBMITTED), State.WITHDRAWN, "officer"),
    "accept": Move("认定有效", (State.SUBMITTED,), State.VALID, "editor"),
    "return": Move("退回修改", (State.SUBMITTED,), State.RETURNED, "editor", needs_reason=True),
    "reject": Move("退稿", (State.SUBMITTED,), State.REJECTED, "editor", needs_reason=True),
    "resubmit": Move(
        "重新报送", (State.RETURNED,), State.SUBMITTED, "officer", by_way_of_signer=True, through="writing"
    ),
    "reopen": Move(
        "重新打开", (State.VALID, State.REJECTED, State.RETURNED), State.SUBMITTED, "editor", needs_reason=True
    ),
    "take_apart": Move("拆开综合稿", (State.MERGED,), State.WITHDRAWN, "editor", needs_reason=True),
}

# What stays in the unit: nobody else learns of it.
INNER = ("clear", "fail", "send_back", "recall", "review")

# An editor's decisions, which can be undone for a minute. All begin at what waits.
DECISIONS = ("accept", "return", "reject")

# What else stands in an item's history, without changing its state.
RECORD, ENTER, IMPORT, ADOPT, REVOKE, REVIEW = "record", "enter", "import", "adopt", "revoke", "review"
EDIT, CLEARED, FORWARD, INSTRUCT, THEMES, UNDO = "edit", "cleared", "forward", "instruct", "themes", "undo"
MERGE, APART = "merge", "apart"
EVENT_LABELS = {
    **{name: move.label for name, move in MOVES.items()},
    RECORD: "补录",
    ENTER: "代录",
    IMPORT: "导入",
    ADOPT: "采用",
    REVOKE: "撤销",
    REVIEW: "审查通过",
    EDIT: "编辑改稿",
    CLEARED: "公开前审查",
    FORWARD: "转报",
    INSTRUCT: "批示",
    THEMES: "改主题",
    UNDO: "撤销决定",
    MERGE: "综合",
    APART: "拆开综合稿",
}
