"""Forms of what office and units tell each other: announcements and comments."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count

from submissions import body
from submissions.announcements import recipients, refuse_long, roster_today
from submissions.comments import MOST_SAID
from submissions.forms.texts import TextForm
from submissions.joint import roster_names
from submissions.secrecy import Marked, refuse_marked
from units.forms import LineField, LinesField
from units.models import Office, RosterGroup
from units.text import row_id
from units.verdicts import Refused, TooLate

TO = {"all": "名册上的全部单位", "groups": "下面勾选的类别", "units": "下面写的单位"}
WHICH = {"all": "请只选一样：发给全部单位，就不要勾类别、写单位。", "groups": "请只选一样：按类别发，就不要写单位。"}


class GroupsField(forms.ModelMultipleChoiceField):
    """Roster groups, each with how many units it has today."""

    def clean(self, value: Any) -> Any:
        if any(row_id(str(one)) is None for one in value or ()):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().clean(value)

    def label_from_instance(self, group: Any) -> str:
        return f"{group.name}（{group.units} 个单位）"


class RecipientsForm(forms.Form):
    """Which units are meant: all of today's roster, those of groups, or some by name."""

    to = forms.ChoiceField(
        label="发给",
        choices=list(TO.items()),
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages={"required": "请选发给哪些单位。", "invalid_choice": "没有这种选法，请另选。"},
    )
    groups = GroupsField(
        RosterGroup.objects.none(),
        label="类别",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"invalid_choice": "勾选的类别已经不在名册上，请另选。"},
    )
    units = LineField(
        label="单位",
        max_length=8000,
        required=False,
        help_text="照名册写全称或别名，几个单位用顿号分开",
        widget=forms.TextInput(attrs={"list": "names", "autocomplete": "off"}),
        error_messages={"max_length": "写的单位太多，请改成按类别发。"},
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.office = office
        lines = roster_today(office).order_by()
        groups = RosterGroup.objects.filter(lines__in=lines).annotate(units=Count("lines")).order_by("order", "id")
        self.fields["groups"].queryset = groups  # type: ignore[attr-defined]

    @property
    def names(self) -> list[str]:
        """What may be written for ``units``, for the browser to offer."""
        return roster_names(self.office)

    @property
    def number(self) -> int:
        """How many units all of them are."""
        return roster_today(self.office).values("unit").distinct().count()

    def to_whom(self) -> None:
        """Put the ids of the units that are meant into ``told``; what is wrong goes to the fields."""
        if "groups" in self.errors or "units" in self.errors:
            return
        asked = self.cleaned_data
        to, groups, names = asked.get("to"), asked.get("groups") or [], asked.get("units", "")
        if (to == "all" and (groups or names)) or (to == "groups" and names) or (to == "units" and groups):
            self.add_error("to", WHICH.get(to, "请只选一样：写单位，就不要勾类别。"))
        elif to == "groups" and not groups:
            self.add_error("groups", "请勾选类别。")
        elif to:
            try:
                asked["told"] = recipients(self.office, to, [group.pk for group in groups], names)
            except Refused as error:
                self.add_error("units", str(error))


class SentForm(RecipientsForm):
    """Something that goes to units. All that is wrong with it is said at once, each beside its field.

    ``on_record`` is what the trail may keep of it; of a text that is ``marked`` the browser keeps nothing either.
    """

    on_record, marked = "", False

    def tried(self, field: str | None, act: Callable[..., Any], *arguments: Any) -> Any:
        """What the act gives; None where it is refused or too late, which stands beside the field or above them all."""
        try:
            return act(*arguments)
        except (Refused, TooLate) as error:
            self.add_error(field, str(error))
            told = getattr(error, "on_record", str(error))
            self.on_record = f"{self.on_record}；{told}" if self.on_record else told
            self.marked = self.marked or isinstance(error, Marked)

    def look_for_marks(self, **texts: str) -> None:
        for name, text in texts.items():
            self.tried(name, refuse_marked, {str(self.fields[name].label): text})


class AnnouncementForm(TextForm, SentForm):
    """An announcement, and for whom it is. To say nothing of whom is never everybody."""

    NAMES = ("token", "title", "body", "html", "editor", "to", "groups", "units")

    token = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput)
    title = LineField(
        label="标题",
        max_length=200,
        error_messages={"required": "请写标题。", "max_length": "标题最多 200 个字，现在有 %(show_value)d 个。"},
        widget=forms.TextInput(attrs={"class": "title-input", "autocomplete": "off"}),
    )

    @property
    def own_files(self) -> set[int]:
        return set()

    def clean(self) -> dict[str, Any]:
        """With ``told``, the ids of the units that are meant."""
        asked = super().clean()
        text = body.plain(asked.get("body", ""))
        if not text and "body" not in self.errors:
            self.add_error("body", "请写正文。")
        self.tried("body", refuse_long, text)
        self.look_for_marks(title=asked.get("title", ""), body=text)
        self.to_whom()
        return asked


class WhyForm(forms.Form):
    """Why something that went to units is withdrawn, or declined; the acts say themselves where it is missing."""

    reason = LineField(
        max_length=300,
        required=False,
        error_messages={"max_length": "理由最多 300 个字，现在有 %(show_value)d 个；文字还在框里，请删减。"},
    )


class WordsField(LinesField):
    """A text of several lines that all end in one way, without blanks around it; its box says how much is left."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "data-most": self.max_length}

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n").strip()


class CommentForm(forms.Form):
    """Something said about an item; ``answers`` is the beginning that it answers."""

    token = forms.RegexField(r"^[0-9a-f]{32}\Z")
    text = WordsField(
        max_length=MOST_SAID,
        error_messages={
            "required": "请写点评的内容。",
            "max_length": f"点评最多 {MOST_SAID} 个字，现在有 %(show_value)d 个；文字还在框里，请删减。",
        },
    )
    answers = forms.IntegerField(required=False, min_value=1, max_value=10**17)

    @property
    def told(self) -> str:
        """What is wrong, as a sentence."""
        return str(self.errors["text"][0]) if "text" in self.errors else "页面放得太久，请再按一次。"
