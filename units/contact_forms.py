"""Forms of contacts, of the rounds in which they are looked through, and of handing over to another person."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from units.choices import people_of
from units.contacts import PHONE, Details
from units.forms import LineField, NewPersonForm
from units.models import Account, Contact, ContactRound, Unit

WRONG_EMAIL = {"invalid": "电子邮箱应当像 li@example.cn。", "max_length": "电子邮箱最多 254 个字符。"}


class PhoneField(LineField):
    """One telephone number; full-width digits are read as they are meant."""

    default_validators = [PHONE]

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFKC", super().to_python(value))


class ContactForm(forms.ModelForm):
    """A contact of a unit. Of one that stands already the kind is fixed."""

    class Meta:
        model = Contact
        fields = ["kind", "name", "post", "phone", "email"]
        field_classes = {"name": LineField, "post": LineField, "phone": PhoneField}
        help_texts = {"phone": "手机或者办公电话，一个号码"}
        error_messages = {
            "kind": {"required": "请选身份。", "invalid_choice": "身份是负责领导或者信息员。"},
            "name": {"required": "请填姓名。", "max_length": "姓名最多 60 个字。"},
            "post": {"max_length": "职务最多 100 个字。"},
            "phone": {"max_length": "电话最多 40 个字符。"},
            "email": WRONG_EMAIL,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["kind"]

    @property
    def details(self) -> Details:
        """What a valid form says of the person."""
        return Details(*(self.cleaned_data[name] for name in Details._fields))


class RoundForm(forms.ModelForm):
    """Name and last day of a round."""

    class Meta:
        model = ContactRound
        fields = ["name", "due_on"]
        field_classes = {"name": LineField}
        widgets = {"due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        error_messages = {
            "name": {"required": "请填名称。", "max_length": "名称最多 100 个字。"},
            "due_on": {"required": "请填截止的日子。", "invalid": "截止的日子应当像 2026-11-30。"},
        }


class HandoverForm(NewPersonForm):
    """Who takes over: one of the unit's people, or somebody who gets an account."""

    successor = forms.ChoiceField(
        label="接手的人",
        required=False,
        help_text="选已有的人，就不用填账号、姓名和邮箱",
        error_messages={"invalid_choice": "接手的人不在本单位的人里，请重新选。"},
    )
    post = LineField(label="职务", max_length=100, required=False, error_messages={"max_length": "职务最多 100 个字。"})
    phone = PhoneField(
        label="电话", max_length=40, required=False, error_messages={"max_length": "电话最多 40 个字符。"}
    )
    field_order = ["successor", "username", "name", "email", "post", "phone"]

    def __init__(self, *args: Any, unit: Unit, leaver: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {row.account.username: row.account for row in people_of(unit) if row.account_id != leaver.pk}
        named = [(name, f"{account.name}（{name}）") for name, account in self.others.items()]
        self.fields["successor"].choices = [("", "新的人，开一个账号"), *named]  # type: ignore[attr-defined]
        self.fields["username"].required = self.fields["name"].required = False

    def clean_username(self) -> str:
        """Needed of a new person only, as is the name."""
        if self.cleaned_data.get("successor"):
            return ""
        self._need("username")
        return super().clean_username()

    def clean_name(self) -> str:
        if not self.cleaned_data.get("successor"):
            self._need("name")
        return str(self.cleaned_data["name"])

    def _need(self, name: str) -> None:
        if not self.cleaned_data[name]:
            raise ValidationError(self.fields[name].error_messages["required"])
