"""Forms of commissions: what is asked of whom, and what is said about it."""

from typing import Any

from django import forms

from submissions.commissions import refuse_day
from submissions.drafts import LEAST, MOST
from submissions.forms.talking import SentForm, WordsField
from units.forms import LineField

LIMITS = f"字数上限填 {LEAST} 到 {MOST} 之间的数，不限就空着。"


def due_field(label: str = "交稿日期") -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "请填交稿日期。", "invalid": "交稿日期应当像 2026-12-31。"},
    )


class CommissionForm(SentForm):
    """What an office asks for, by when, how long at most, and of whom. To say nothing of whom is never everybody."""

    NAMES = ("token", "title", "brief", "due_on", "most_characters", "to", "groups", "units")

    token = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput)
    title = LineField(
        label="约什么",
        max_length=200,
        error_messages={
            "required": "请写约什么。",
            "max_length": "约什么最多 200 个字，现在有 %(show_value)d 个；细说请写在要求里。",
        },
        widget=forms.TextInput(attrs={"class": "title-input", "autocomplete": "off"}),
    )
    brief = WordsField(
        label="要求",
        max_length=5000,
        required=False,
        help_text="为什么约，写什么，从哪里采用",
        error_messages={"max_length": "要求最多 5000 个字，现在有 %(show_value)d 个；文字还在框里，请删减。"},
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    due_on = due_field()
    most_characters = forms.IntegerField(
        label="字数上限",
        required=False,
        min_value=LEAST,
        max_value=MOST,
        help_text="不限就空着",
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), LIMITS),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    field_order = ["token", "title", "brief", "due_on", "most_characters", "to", "groups", "units"]

    def clean(self) -> dict[str, Any]:
        """With ``told``, the ids of the units that are asked."""
        asked = super().clean() or {}
        if due_on := asked.get("due_on"):
            self.tried("due_on", refuse_day, due_on)
        self.look_for_marks(title=asked.get("title", ""), brief=asked.get("brief", ""))
        self.to_whom()
        return self.cleaned_data


class PutOffForm(forms.Form):
    """The day until which the units have time now."""

    due_on = due_field("推迟到")
