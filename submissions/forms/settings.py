"""Forms of what an office sets: channels, reasons and days, whom an editor is for."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict

from submissions.models import (
    ChannelLevel,
    PeriodKind,
    Theme,
)
from units.forms import LineField, LinesField
from units.models import Membership, Office, RosterGroup
from units.text import key, one_line


class WholeField(forms.IntegerField):
    """A whole number between two, which a refusal names along with what was typed."""

    def __init__(self, *, label: str, low: int, high: int, **fields: Any) -> None:
        self.sentence = f"{label}是“{{}}”，应当是 {low} 到 {high} 之间的整数。"
        told = self.sentence.format("%(show_value)s")
        errors = {"required": f"请填{label}。", "min_value": told, "max_value": told}
        super().__init__(label=label, min_value=low, max_value=high, error_messages=errors, **fields)

    def to_python(self, value: Any) -> int | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            raise ValidationError(self.sentence.format(one_line(str(value))[:20])) from error


class ListField(LinesField):
    """A list that is typed one a line: its order is that of the lines, nothing stands in it twice."""

    widget = forms.Textarea

    def __init__(self, *, label: str, most: int, longest: int = 100, **fields: Any) -> None:
        self.most, self.longest = most, longest
        super().__init__(label=label, required=False, **fields)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return list(filter(None, map(one_line, super().to_python(value).splitlines())))

    def validate(self, value: list[str]) -> None:
        if len(value) > self.most:
            raise ValidationError(f"{self.label}最多 {self.most} 行，现在有 {len(value)} 行。")
        for line in value:
            if len(line) > self.longest:
                raise ValidationError(f"“{line[:20]}…”有 {len(line)} 个字，一行最多 {self.longest} 个字。")
        keys = [key(line) for line in value]
        if twice := [line for line in value if keys.count(key(line)) > 1]:
            raise ValidationError(f"“{twice[-1]}”写了不止一次，请去掉多的。")


class SettingsForm(forms.Form):
    """What an office sets for itself; ``seen`` says what the page was made from (``stamps``)."""

    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)

    def refused(self, request: HttpRequest, error: Exception, now: str = "") -> None:
        """Say on the page and on the trail why nothing was saved; ``now`` is what stands there meanwhile."""
        self.add_error(None, str(error))
        request.refusal = getattr(error, "on_record", str(error))  # type: ignore[attr-defined]
        if now:
            data = cast(QueryDict, self.data).copy()
            data["seen"] = now
            self.data = data


def _line(label: str, longest: int, **fields: Any) -> LineField:
    errors = {"required": f"请填{label}。", "max_length": f"{label}最多 {longest} 个字，现在有 %(show_value)d 个。"}
    return LineField(label=label, max_length=longest, error_messages=errors, **fields)


class ChannelForm(SettingsForm):
    """A channel, and the layout of what is forwarded to it."""

    name = _line("渠道名称", 100)
    level = forms.ChoiceField(
        label="级别",
        choices=ChannelLevel.choices,
        error_messages={"required": "请选级别。", "invalid_choice": "没有“%(value)s”这个级别，请另选。"},
    )
    position = WholeField(label="次序", low=0, high=9999, help_text="小的在前")
    most_characters = WholeField(
        label="字数上限", low=1, high=100_000, required=False, help_text="写信息时会提醒；不限就空着"
    )
    active = forms.BooleanField(label="在用", required=False)
    public = forms.BooleanField(label="公开渠道", required=False)
    columns = ListField(
        label="栏目",
        most=60,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="一行一个，按行的次序排；没有栏目就空着。有采用的栏目不能去掉，也不能改名",
    )
    heading = _line("报头", 60, required=False, help_text="印在文件最上面；空着就不印")
    signature = _line("落款", 100, required=False, help_text="空着就写收稿单位的名称")
    contact = _line("联系人", 200, required=False, help_text="姓名和电话；空着就用公文设置里的联系方式")


class ReasonsForm(SettingsForm):
    """Reasons for returning and rejecting, and the days and minutes for deciding."""

    reasons = ListField(
        label="退回和退稿的理由",
        most=30,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="一行一条，编辑按这个次序看到；最多 30 条，每条最多 100 个字",
    )
    decides_within = WholeField(label="几天内办理", low=1, high=60, help_text="从送达算起，待审超过这些天算超期")
    urgent_within = WholeField(
        label="紧急信息几分钟内办理",
        low=1,
        high=1440,
        help_text="从送达算起，不分白天夜里；待审列表上倒数，超过了告诉分管的编辑",
    )


class ChargeForm(forms.Form):
    """Which groups and themes an editor is for."""

    groups = forms.ModelMultipleChoiceField(
        RosterGroup.objects.none(), label="类别", required=False, widget=forms.CheckboxSelectMultiple
    )
    themes = forms.ModelMultipleChoiceField(
        Theme.objects.none(), label="主题", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: object, membership: Membership, office: Office, **kwargs: object) -> None:
        initial = {
            "groups": membership.groups.all(),
            "themes": Theme.objects.filter(charges__membership=membership),
        }
        super().__init__(*args, initial=initial, **kwargs)  # type: ignore[arg-type, misc]
        self.fields["groups"].queryset = RosterGroup.objects.filter(office=office)  # type: ignore[attr-defined]
        self.fields["themes"].queryset = Theme.objects.filter(office=office).topics()  # type: ignore[attr-defined]


class PeriodForm(forms.Form):
    """Name, kind and both days of a period."""

    name = LineField(
        label="名称", max_length=100, error_messages={"required": "请填名称。", "max_length": "名称最多 100 个字。"}
    )
    kind = forms.ChoiceField(label="种类", choices=PeriodKind.choices)
    starts_on = forms.DateField(
        label="开始日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填开始日期。", "invalid": "开始日期应当像 2026-01-01。"},
    )
    ends_on = forms.DateField(
        label="结束日期",
        help_text="这一天也算在内",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填结束日期。", "invalid": "结束日期应当像 2026-03-31。"},
    )
