"""Forms of deciding: an editor's decision, a reason, a review, filters that are kept."""

from functools import cached_property
from typing import Any

from django import forms

from submissions.models import (
    DecisionReason,
)
from submissions.states import DECISIONS, MOVES
from units.forms import LineField
from units.models import Office
from units.text import one_line, row_ids

MOST_THEMES = 50  # ticked of an item


class DecisionForm(forms.Form):
    """A decision: accepted with themes, or returned or rejected with reasons of the office's list, in words, or both.

    ``adopt`` accepts and goes on to what channels did with it.
    """

    do = forms.ChoiceField(
        choices=[*((name, MOVES[name].label) for name in DECISIONS), ("adopt", "认定并登记采用")],
        error_messages={"required": "请选办理方式。", "invalid_choice": "没有这种办理方式，请另选。"},
    )
    say = LineField(label="给报送单位的话", max_length=300, required=False)

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.office = office

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        self.adopts = asked.get("do") == "adopt"
        if self.adopts:
            asked["do"] = "accept"
        do = asked.get("do")
        if do and MOVES[do].needs_reason and not self.reason:
            self.add_error("say", f"请选{MOVES[do].label}的理由，或者写一句，报送单位会看到。")
        return asked

    @cached_property
    def reasons(self) -> list[str]:
        """Those of the office's reasons that were chosen, or are offered as chosen, in its order."""
        chosen = set(self.data.getlist("reasons") if self.is_bound else self.initial.get("reasons", []))  # type: ignore[attr-defined]
        if not chosen:
            return []
        return [str(one) for one in DecisionReason.objects.filter(office=self.office) if str(one) in chosen]

    @property
    def reason(self) -> str:
        """The reasons that were chosen and what the editor says besides, as one text."""
        return "；".join(filter(None, [*self.reasons, self.cleaned_data.get("say", "")]))[:500]

    @property
    def themes(self) -> list[int] | None:
        """Ids of the themes that were ticked; None where the page had none to tick."""
        if not self.is_bound or "themed" not in self.data:
            return None
        return row_ids(self.data.getlist("themes")[:MOST_THEMES])  # type: ignore[attr-defined]


class ViewForm(forms.Form):
    """Filters that are kept under a name of one's own, or one such name to drop."""

    name = LineField(
        max_length=40,
        error_messages={"required": "请给视图起个名字。", "max_length": "视图的名字最多 40 个字。"},
    )
    query = forms.CharField(max_length=1000, required=False)
    drop = forms.BooleanField(required=False)

    @property
    def sentence(self) -> str:
        """The first thing that is wrong."""
        return str(next(iter(self.errors.values()))[0])


class ReviewForm(forms.Form):
    """A review before submission: what the reviewer says of which revision, and whether it may go out."""

    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    statement = forms.CharField(
        widget=forms.TextInput(attrs={"id": "statement"}),
        label="审查意见",
        max_length=500,
        error_messages={"required": "请写明审查意见，会和这一稿一起留存。"},
    )
    result = forms.ChoiceField(choices=[("pass", "通过"), ("fail", "不通过")])

    def clean_statement(self) -> str:
        return one_line(self.cleaned_data["statement"])


class ReasonForm(forms.Form):
    """Why: for a return, a rejection, a revocation, a reopening."""

    reason = forms.CharField(label="理由", max_length=500, error_messages={"required": "请写明理由，报送单位会看到。"})

    def clean_reason(self) -> str:
        return one_line(self.cleaned_data["reason"])


class ReminderForm(forms.Form):
    """That a silent unit was reminded; ``seen`` is how many reminders of it the page showed."""

    note = LineField(
        label="备注",
        max_length=200,
        required=False,
        error_messages={"max_length": "备注最多 200 个字，现在有 %(show_value)d 个，没有记。"},
    )
    seen = forms.IntegerField(min_value=0)

    @property
    def told(self) -> str:
        """What is wrong, as a sentence."""
        return str(self.errors["note"][0]) if "note" in self.errors else "页面放得太久，请再记一次。"
