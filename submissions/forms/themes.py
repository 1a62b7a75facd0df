"""Forms of themes: one of them, and a year's work points to be read."""

from typing import Any

from django import forms
from django.conf import settings

from submissions.forms.settings import SettingsForm, WholeField
from submissions.inspection import MEGABYTE
from submissions.models import Theme
from submissions.themes import EARLIEST, LATEST, Reach
from submissions.workplans import MOST_CHARACTERS
from units.forms import LineField, LinesField


class ThemeForm(SettingsForm):
    """A theme of a reach: what it is called, under which chapter, whether it scores and is in use."""

    number = LineField(
        label="编号",
        max_length=20,
        required=False,
        help_text="如 一 或 5；可以空着",
        error_messages={"max_length": "编号最多 20 个字，现在有 %(show_value)d 个。"},
    )
    name = LineField(
        label="主题名称",
        max_length=500,
        help_text="信息员按它选主题，短一些好找",
        error_messages={
            "required": "请填主题名称。",
            "max_length": "主题名称最多 500 个字，现在有 %(show_value)d 个。",
        },
    )
    chapter = forms.ModelChoiceField(
        Theme.objects.none(),
        label="放在哪一章",
        required=False,
        empty_label="不在哪一章里",
        error_messages={"invalid_choice": "没有这一章，请另选。"},
    )
    scored = forms.BooleanField(label="计分", required=False)
    active = forms.BooleanField(label="在用", required=False)

    def __init__(self, *args: Any, reach: Reach, theme: Theme | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chapters = reach.topics.filter(parent=None)
        if theme:
            chapters = chapters.exclude(pk=theme.pk)
        self.fields["chapter"].queryset = chapters  # type: ignore[attr-defined]


class PlanForm(forms.Form):
    """A document to be read: pasted, or a Word file; and the year it is for."""

    year = WholeField(
        label="年度", low=EARLIEST, high=LATEST, required=False, help_text="空着就照标题里写的，如“2022年工作要点”"
    )
    text = LinesField(
        label="工作要点的文字",
        required=False,
        strip=False,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 16}),
        error_messages={"max_length": f"最多 {MOST_CHARACTERS} 个字，现在有 %(show_value)d 个；请只粘贴工作要点。"},
        help_text="整篇粘贴就行：认“一、”“（一）”“1.”“①”这样的编号，开头和落款会略去",
    )
    file = forms.FileField(label="或者选一个 Word 文件（.docx）", required=False, allow_empty_file=True)

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        file = asked.get("file")
        if file and file.size > settings.ATTACHMENT_MB * MEGABYTE:
            self.add_error("file", f"文件超过 {settings.ATTACHMENT_MB} MB，没有读。请把文字复制过来粘贴。")
        if not file and not asked.get("text", "").strip() and "text" not in self.errors:
            self.add_error("text", "请粘贴工作要点的文字，或者选一个 Word 文件。")
        return asked
