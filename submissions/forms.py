"""Forms of the desk: filters, decisions, adoptions."""

from django import forms

from submissions.models import Channel, Theme
from units.models import Membership, Office, RosterGroup
from units.text import one_line


class ReasonForm(forms.Form):
    """Why: for a return, a rejection, a revocation, a reopening."""

    reason = forms.CharField(label="理由", max_length=500, error_messages={"required": "请写明理由，报送单位会看到。"})

    def clean_reason(self) -> str:
        return one_line(self.cleaned_data["reason"])


class AdoptionForm(forms.Form):
    """One adoption by one channel."""

    channel = forms.ModelChoiceField(
        Channel.objects.none(),
        label="渠道",
        empty_label="请选渠道",
        error_messages={"required": "请选渠道。", "invalid_choice": "没有这个渠道。"},
    )
    adopted_on = forms.DateField(
        label="采用日期",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "请填采用日期。", "invalid": "采用日期应当像 2020-03-31。"},
    )
    title = forms.CharField(label="采用标题", max_length=300, required=False, help_text="和原题相同就不用填")

    def __init__(self, *args: object, office: Office, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        channels = self.fields["channel"]
        assert isinstance(channels, forms.ModelChoiceField)
        channels.queryset = Channel.objects.filter(office=office, active=True)

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])


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
