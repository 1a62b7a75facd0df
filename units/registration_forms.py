"""Forms of joining: what a unit asks with, how a manager takes it in, why it is sent back."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from units import codes
from units.contact_forms import WRONG_EMAIL, PhoneField
from units.forms import LineField
from units.likeness import Alike
from units.models import Account, Office, Registration, RosterGroup
from units.registrations import ASKED, Admission

NEW = "new"
WANTED = ("name", "group", "leader_name", "officer_name", "officer_phone")
STATEMENT = "本单位知道：这个系统连着互联网，不处理涉密信息和内部资料，报送以前由本单位审查。"


class RegistrationForm(forms.ModelForm):
    """What a unit tells of itself and of the two persons whom the office can ring.

    ``fax`` is for machines, which fill whatever they find; people do not see it.
    """

    NAMES = ("page", "fax", *ASKED, "statement")

    page = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    fax = forms.CharField(max_length=200, required=False)
    statement = forms.BooleanField(label=STATEMENT, error_messages={"required": "请打勾确认，才能提交。"})

    class Meta:
        model = Registration
        fields = ASKED
        field_classes = {
            **{name: LineField for name in ASKED if name not in ("group", "code") and "email" not in name},
            "leader_phone": PhoneField,
            "officer_phone": PhoneField,
        }
        help_texts = {
            "name": "公章上的全称",
            "short_name": "平时的简称，可以不填",
            "code": "18 位统一社会信用代码，或者学校代码；可以不填",
        }

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = RosterGroup.objects.filter(office=office)  # type: ignore[attr-defined]
        self.fields["group"].empty_label = "请选"  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            most = getattr(field, "max_length", None)
            if most and "email" not in name:
                field.error_messages["max_length"] = f"{field.label}最多 {most} 个字。"
        for name in WANTED:
            self.fields[name].required = True
            person = {"leader": "负责领导的", "officer": "信息员的"}.get(name.partition("_")[0], "")
            self.fields[name].error_messages["required"] = f"请填{person}{self.fields[name].label}。"
        self.fields["group"].error_messages |= {"required": "请选类别。", "invalid_choice": "没有这个类别，请另选。"}
        for name in ("leader_email", "officer_email"):
            self.fields[name].error_messages |= WRONG_EMAIL

    def clean_fax(self) -> str:
        if self.cleaned_data["fax"]:
            raise ValidationError("没有提交。请不要用程序填写，或者给收稿单位打电话。")
        return ""

    def clean_code(self) -> str:
        try:
            return codes.checked(self.cleaned_data["code"])
        except ValueError as error:
            raise ValidationError(str(error)) from error


def _known(one: Alike) -> str:
    """A unit of the roster as it is offered: why, and who there would get a new colleague."""
    now = f"现在的人：{one.people}" if one.people else "还没有人能登录"
    return f"{one.name}（{one.why}{'' if one.current else '，现在不在名册上'}；{now}）"


class AdmissionForm(forms.Form):
    """How a unit is taken in: as one that is known, or as a new one; on which line; with whose accounts."""

    unit = forms.ChoiceField(
        label="它是",
        error_messages={"required": "请选它是名册上的哪个单位，还是新的。", "invalid_choice": "没有这个单位，请另选。"},
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    name = LineField(label="名册上印出的名称", max_length=200, error_messages={"required": "请填名册上的名称。"})
    group = forms.ModelChoiceField(
        RosterGroup.objects.none(), label="类别", empty_label="请选", error_messages={"required": "请选类别。"}
    )
    since = forms.DateField(
        label="从哪天起在名册上",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填日期。", "invalid": "日期应当像 2026-01-01。"},
    )
    ranked = forms.BooleanField(label="参加排名", required=False)
    officer = forms.CharField(
        label="信息员的账号",
        max_length=40,
        help_text="小写字母、数字和 . _ -；定了不能改",
        error_messages={"required": "请填信息员的账号。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    signer = forms.CharField(
        label="负责领导的账号（签发人）",
        max_length=40,
        required=False,
        help_text="不填就不建",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    NAMES = ("do", "seen", "reason", "unit", "name", "group", "since", "ranked", "officer", "signer")

    def __init__(self, typed: QueryDict | None, *, registration: Registration, like: list[Alike]) -> None:
        self.units = {str(one.unit): one for one in like}
        initial = {
            "unit": "" if any(one.sure for one in like) else NEW,
            "name": registration.name,
            "group": registration.group_id,
            "since": timezone.localdate(),
            "ranked": True,
            "officer": f"dw{registration.pk}",
        }
        super().__init__(typed, initial=initial)
        self.fields["unit"].choices = [  # type: ignore[attr-defined]
            (NEW, "新的单位，加进名册"),
            *((key, _known(one)) for key, one in self.units.items()),
        ]
        self.fields["unit"].required = bool(like)
        self.fields["group"].queryset = RosterGroup.objects.filter(office=registration.office)  # type: ignore[attr-defined]

    def _free(self, name: str) -> str:
        username = Account.valid_username(self.cleaned_data[name])
        if Account.objects.filter(username=username).exists():
            raise ValidationError(f"已经有账号“{username}”，请换一个。")
        return username

    def clean_officer(self) -> str:
        return self._free("officer")

    def clean_signer(self) -> str:
        return self._free("signer") if self.cleaned_data["signer"] else ""

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if asked.get("signer") and asked["signer"] == asked.get("officer"):
            self.add_error("signer", "两个人要有两个账号，请换一个。")
        return asked

    @property
    def admission(self) -> Admission:
        asked = self.cleaned_data
        unit = int(asked["unit"]) if asked["unit"] not in ("", NEW) else None
        return Admission(
            asked["name"], asked["group"], asked["since"], asked["officer"], asked["signer"], unit, asked["ranked"]
        )


class SendBackForm(forms.Form):
    """Why an application is returned or refused."""

    reason = LineField(
        label="理由",
        max_length=300,
        error_messages={"required": "请写明理由，申请单位会看到。", "max_length": "理由最多 300 个字。"},
    )
