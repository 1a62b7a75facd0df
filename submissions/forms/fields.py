"""Fields that several forms have."""

import datetime
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone

from units.text import row_id
from units.verdicts import Refused

EARLIEST = datetime.date(1990, 1, 1)
LAST = 9_999  # number by which a row is put in order
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


def only(form: forms.Form) -> Any:
    """The value of a form of one field. Raises Refused with what is wrong with it."""
    (name,) = form.fields
    if not form.is_valid():
        raise Refused(str(form.errors[name][0]))
    return form.cleaned_data[name]


def places(typed: Iterable[tuple[str, str]]) -> tuple[dict[str, int], dict[str, str]]:
    """By row the number that was typed to put it in order, and by row what is wrong with it."""
    numbers, wrong = {}, {}
    for row, text in typed:
        number = row_id(text.strip())
        if number is not None and number <= LAST:
            numbers[row] = number
        else:
            told = f"是“{text.strip()[:20]}”" if text.strip() else "空着"
            wrong[row] = f"次序{told}，应当是 0 到 {LAST} 之间的整数。"
    return numbers, wrong
