"""The form that asks for a report."""

from typing import Any

from django import forms
from django.utils import timezone

from reports.kinds import KINDS
from submissions.models import Period
from units.models import Office


class ReportForm(forms.Form):
    """Which report, of which period."""

    kind = forms.ChoiceField(label="种类", choices=[(key, kind.label) for key, kind in KINDS.items()])
    period = forms.ModelChoiceField(
        Period.objects.none(),
        label="报送期",
        empty_label=None,
        error_messages={"required": "请选报送期。", "invalid_choice": "没有这个报送期。"},
    )

    def __init__(self, *args: Any, office: Office, period: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["period"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Period.objects.filter(office=office).newest_first()
        choice.initial = period or Period.objects.filter(office=office).at_hand(timezone.localdate())
