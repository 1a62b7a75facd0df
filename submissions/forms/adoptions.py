"""Forms of what channels and leaders did: a row of a channel, an instruction, a pasted list."""

import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from submissions.adoptions import Use
from submissions.forms.fields import MOST_TYPED, PastDateField
from submissions.models import (
    AdoptionForm,
    Channel,
)
from units.forms import LineField, LinesField
from units.models import Office


class UseForm(forms.Form):
    """What one channel did with an item: a row of a page with one for each channel, all with the same names."""

    NAMES = ("channel", "forwarded_on", "adopted_on", "form", "title", "column", "link", "issue", "again")

    forwarded_on = PastDateField("转报日期", required=False)
    adopted_on = PastDateField("采用日期", required=False)
    form = forms.ChoiceField(label="形式", choices=[("", "不填"), *AdoptionForm.choices], required=False)
    title = LineField(label="采用标题", max_length=300, required=False)
    column = forms.ChoiceField(label="栏目", required=False)
    link = forms.URLField(
        label="链接",
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": "链接应当像 https://jyt.example.cn/1.html。"},
    )
    issue = LineField(label="期号", max_length=60, required=False)
    again = forms.BooleanField(required=False)

    def __init__(self, typed: QueryDict | None, *, channel: Channel, before: list[datetime.date]) -> None:
        """``typed`` holds all rows, ``before`` the days on which the channel adopted the item already."""
        self.channel, self.before = channel, before
        super().__init__(self._own_row(typed), auto_id=f"c{channel.pk}_%s")
        columns = [(str(column.pk), column.name) for column in channel.columns.all()]
        self.fields["column"].choices = [("", "不填"), *columns]  # type: ignore[attr-defined]

    def _own_row(self, typed: QueryDict | None) -> dict[str, str] | None:
        own = str(self.channel.pk)
        if typed is None or own not in (rows := typed.getlist("channel")):
            return None
        columns = {name: typed.getlist(name) for name in self.NAMES if name not in ("channel", "again")}
        at = rows.index(own)
        row = {name: values[at] for name, values in columns.items() if at < len(values)}
        return {**row, "again": "on" if own in typed.getlist("again") else ""}

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if asked.get("adopted_on") and self.before and not asked.get("again"):
            days = "、".join(f"{day:%Y-%m-%d}" for day in self.before)
            self.add_error("again", f"{self.channel}在 {days} 已经采用过这条信息；确实又用了一次，请在这一行打勾。")
        details = [name for name in ("form", "title", "column", "link", "issue") if asked.get(name)]
        if details and not asked.get("adopted_on") and "adopted_on" not in self.errors:
            self.add_error("adopted_on", f"{self.channel}填了采用的情况，还没有填采用日期。")
        return asked

    @property
    def is_used(self) -> bool:
        """Whether the row says anything."""
        return self.is_bound and bool(self.cleaned_data.get("adopted_on") or self.cleaned_data.get("forwarded_on"))

    @property
    def use(self) -> Use:
        asked = self.cleaned_data
        column = next((one for one in self.channel.columns.all() if str(one.pk) == asked["column"]), None)
        names = ("forwarded_on", "adopted_on", "form", "title", "link", "issue")
        return Use(self.channel, column=column, **{name: asked[name] for name in names})


class InstructionForm(forms.Form):
    """A leader's instruction on an item; its fields belong to the form of the page that they stand on.

    That one can be sent without them.
    """

    use_required_attribute = False

    leader = LineField(label="批示领导", max_length=60, error_messages={"required": "请写批示领导的姓名和职务。"})
    given_on = PastDateField("批示日期")
    text = LineField(label="批示内容", max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["form"] = "adopt"


class PasteForm(forms.Form):
    """A list of titles that a channel has printed."""

    channel = forms.ModelChoiceField(
        Channel.objects.none(),
        label="渠道",
        empty_label="请选渠道",
        error_messages={"required": "请选渠道。", "invalid_choice": "没有这个渠道。"},
    )
    adopted_on = PastDateField("采用日期", help_text="清单里写了日期的行，以那一行的为准")
    form = forms.ChoiceField(label="形式", choices=[("", "不填"), *AdoptionForm.choices], required=False)
    text = LinesField(
        label="清单",
        max_length=MOST_TYPED,
        strip=False,
        help_text="一行一个标题：可以是网页上复制的文字，也可以是 Excel 的一列或几列",
        error_messages={"required": "请把清单粘贴进来。", "max_length": f"清单太长，最多 {MOST_TYPED} 个字符。"},
        widget=forms.Textarea(attrs={"rows": 16}),
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = Channel.objects.filter(office=office, active=True)
        self.fields["channel"].queryset = channels  # type: ignore[attr-defined]
