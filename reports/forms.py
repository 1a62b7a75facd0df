"""The forms that ask for a report, issue a circular, and set an office's letterhead."""

import datetime
import re
from typing import Any

from django import forms
from django.utils import timezone

from reports import circulars
from reports.kinds import KINDS
from reports.models import Circular, Letterhead, ReportRun
from submissions.models import Period
from units.models import Office
from units.text import one_line


class ReportForm(forms.Form):
    """Which report, of which period."""

    kind = forms.ChoiceField(
        label="种类",
        choices=[(key, kind.label) for key, kind in KINDS.items()],
        error_messages={"invalid_choice": "没有这种报表。", "required": "请选种类。"},
    )
    period = forms.ModelChoiceField(
        Period.objects.none(),
        label="报送期",
        empty_label=None,
        error_messages={"required": "请选报送期。", "invalid_choice": "没有这个报送期。"},
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["period"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Period.objects.filter(office=office).newest_first()
        choice.initial = Period.objects.filter(office=office).at_hand(timezone.localdate())


def _day(label: str, **fields: Any) -> forms.DateField:
    errors = {"required": f"请填{label}。", "invalid": f"{label}应当像 2020-04-02。"}
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, error_messages=errors, **fields)


class IssueForm(forms.Form):
    """What is typed in when a circular is issued. The registry gives the number; we never count it.

    What was typed in for a run that was not issued stands in it again.
    """

    number = forms.CharField(
        label="发文字号",
        max_length=60,
        help_text="由公文登记处给出，如 晋教办〔2026〕5号",
        error_messages={"required": "请填发文字号。"},
    )
    issued_on = _day("成文日期", help_text="负责人签发的日期")
    signature = forms.CharField(label="落款", max_length=100, error_messages={"required": "请填落款的单位。"})
    printed_on = _day("印发日期", help_text="印在最后一页的版记里")
    # What the form said it would correct: somebody may have issued another while it stood open.
    corrects = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, run: ReportRun, letterhead: Letterhead, **kwargs: Any) -> None:
        today, period = timezone.localdate(), run.period
        initial = run.issue or {
            "number": f"{letterhead.docket_code}〔{today.year}〕号" if letterhead.docket_code else "",
            "issued_on": today,
            "signature": letterhead.issuer or period.office.name,
            "printed_on": today,
        }
        self.standing: Circular | None = circulars.in_force(period)
        corrects = self.standing.number if self.standing else ""
        super().__init__(*args, **{"initial": {**initial, "corrects": corrects}, **kwargs})
        self.period = period

    def clean_number(self) -> str:
        number = circulars.tidied(self.cleaned_data["number"])
        if not circulars.NUMBER.fullmatch(number):
            raise forms.ValidationError(f"“{number}”不合规范：年份放在六角括号里，序号不编虚位，如 晋教办〔2026〕5号。")
        return number

    def clean_signature(self) -> str:
        return one_line(self.cleaned_data["signature"])

    def clean_issued_on(self) -> datetime.date:
        day = self.cleaned_data["issued_on"]
        if day <= self.period.ends_on:
            raise forms.ValidationError(
                f"{self.period.name}到{self.period.ends_on:%Y-%m-%d}才结束，成文日期应当在那以后。"
            )
        if self.standing and day < self.standing.issued_on:
            raise forms.ValidationError(
                f"更正不能早于它更正的{self.standing.number}（{self.standing.issued_on:%Y-%m-%d}）。"
            )
        return self._not_to_come(day)

    def clean_printed_on(self) -> datetime.date:
        return self._not_to_come(self.cleaned_data["printed_on"])

    @staticmethod
    def _not_to_come(day: datetime.date) -> datetime.date:
        if day > timezone.localdate():
            raise forms.ValidationError(f"{day:%Y-%m-%d}还没有到，请核对日期。")
        return day

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        issued_on, printed_on = typed.get("issued_on"), typed.get("printed_on")
        if issued_on and printed_on and printed_on < issued_on:
            self.add_error("printed_on", f"印发日期不能早于成文日期 {issued_on:%Y-%m-%d}。")
        if typed.get("corrects") != self.initial["corrects"]:
            self.add_error(None, "这一期的通报刚刚有人印发过，请看过上面的说明再决定。")
            self.data = {**dict(self.data.items()), "corrects": self.initial["corrects"]}
        number = typed.get("number", "")
        if number and issued_on and f"〔{issued_on.year}〕" not in number:
            self.add_error("number", f"“{number}”里的年份和成文日期的 {issued_on.year} 年不同，请改其中一个。")
        return typed

    @property
    def typed(self) -> dict[str, str]:
        """As a run keeps it."""
        return {
            "number": self.cleaned_data["number"],
            "issued_on": self.cleaned_data["issued_on"].isoformat(),
            "signature": self.cleaned_data["signature"],
            "printed_on": self.cleaned_data["printed_on"].isoformat(),
            "corrects": self.cleaned_data["corrects"],
        }


class LetterheadForm(forms.ModelForm):
    class Meta:
        model = Letterhead
        fields = [
            "issuer",
            "docket_code",
            "addressee",
            "contact",
            "copied_to",
            "printed_by",
            "head",
            "sealed",
            "kept_days",
        ]
        widgets = {"addressee": forms.Textarea(attrs={"rows": 2}), "copied_to": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"addressee": "印在标题下面；太多、首页放不下正文时移到版记"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages |= {
                "required": f"请填{field.label}。",
                "invalid": f"{field.label}应当是一个整数。",
                "min_value": f"{field.label}不能小于 1。",
                "max_length": f"{field.label}太长了，请缩短。",
            }

    def clean_docket_code(self) -> str:
        code = one_line(self.cleaned_data["docket_code"])
        if re.search(r"[0-9〔〕\[\]<>]", code):
            raise forms.ValidationError(f"“{code}”里有年份或括号；只写代字本身，如 晋教办。")
        return code

    def clean(self) -> dict[str, Any]:
        """On one line each; a line that was broken in the middle is joined without a space, as Chinese is."""
        typed = super().clean() or self.cleaned_data
        return {
            name: one_line("".join(map(str.strip, value.splitlines()))) if isinstance(value, str) else value
            for name, value in typed.items()
        }
