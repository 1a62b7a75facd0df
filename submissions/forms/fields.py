"""Fields that several forms have."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone

EARLIEST = datetime.date(1990, 1, 1)
MOST_TYPED = 100_000  # characters; what is submitted has at most a fifth of that


class PastDateField(forms.DateField):
    """The day of something that has happened."""

    def __init__(self, what: str, **kwargs: Any) -> None:
        self.what = what
        wrong = {"required": f"请填{what}。", "invalid": f"{what}应当像 2020-03-31。"}
        widget = forms.DateInput(attrs={"type": "date"})
        super().__init__(label=what, widget=widget, error_messages=wrong, **kwargs)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and value < EARLIEST:
            raise forms.ValidationError(f"{self.what}是 {value:%Y-%m-%d}，太早了；请看年份有没有写错。")
        if value and value > timezone.localdate():
            raise forms.ValidationError(f"{self.what}是 {value:%Y-%m-%d}，还没有到；请填今天或以前的日期。")
