"""Forms of the desk: filters, decisions, adoptions."""

from itertools import zip_longest
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from submissions import body
from submissions.drafts import Typed
from submissions.models import Channel, ChannelLevel, Draft, Item, ItemKind, Theme
from units.forms import LineField, LinesField
from units.models import Membership, Office, RosterGroup, Unit
from units.text import key, one_line

MOST_TYPED = 100_000  # characters; what is submitted has at most a fifth of that
ROWS = 40  # of units or files that a page can send
MOST_HTML = 400_000  # the same with its marks


class ReviewForm(forms.Form):
    """A review before submission: what the reviewer says of which revision, and whether it may go out."""

    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    statement = forms.CharField(
        label="审查意见", max_length=500, error_messages={"required": "请写明审查意见，会和这一稿一起留存。"}
    )
    result = forms.ChoiceField(choices=[("pass", "通过"), ("fail", "不通过")])

    def clean_statement(self) -> str:
        return one_line(self.cleaned_data["statement"])


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


class WriteForm(forms.Form):
    """An item as it is written. A save asks for nothing but its token; what submitting needs ``drafts`` says.

    ``body`` is the plain box. ``html`` goes with it: from the editor, which sets ``editor``; else it is the text as
    it was laid out when the page was made, and stays so unless its words were changed in the box. The units of a
    joint item (``joint``, ``share``) and the files (``file``, ``caption``) are rows of two fields each.
    """

    token = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    page = forms.RegexField(r"^[0-9a-f]{32}\Z", required=False, widget=forms.HiddenInput)
    turn = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label="报送单位",
        empty_label=None,
        error_messages={"invalid_choice": "只能替自己的单位写，请另选。", "required": "请选报送单位。"},
    )
    title = LineField(
        label="标题",
        max_length=300,
        required=False,
        error_messages={"max_length": "标题最多 300 个字。"},
        widget=forms.TextInput(attrs={"class": "title-input", "autocomplete": "off"}),
    )
    kind = forms.ModelChoiceField(
        ItemKind.objects.none(),
        label="种类",
        required=False,
        empty_label=None,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages={"invalid_choice": "这个种类已经停用，请另选。"},
    )
    body = LinesField(
        label="正文",
        required=False,
        strip=False,
        max_length=MOST_TYPED,
        error_messages={"max_length": f"正文太长，最多 {MOST_TYPED} 个字符；文字还在框里，请删减。"},
        widget=forms.Textarea(attrs={"rows": 14, "class": "body-input"}),
    )
    html = LinesField(
        required=False,
        strip=False,
        max_length=MOST_HTML,
        error_messages={"max_length": "正文连同版式太长；文字还在框里，请删减。"},
        widget=forms.HiddenInput,
    )
    editor = forms.BooleanField(required=False, widget=forms.HiddenInput)
    themes = forms.ModelMultipleChoiceField(Theme.objects.none(), label="主题", required=False)
    shares = forms.Field(required=False)  # holds what is wrong with the rows of units
    authors = LineField(label="作者", max_length=200, required=False)
    responsible = LineField(label="责任编辑", max_length=60, required=False)
    urgent = forms.BooleanField(label="紧急信息，请编辑先看", required=False)

    def __init__(self, *args: object, office: Office, units: list[Unit], item: Item | None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.units = units
        topics = Theme.objects.topics().filter(office=office).open_on(timezone.localdate())
        if item:  # what it has it keeps, whatever ended meanwhile
            topics |= Theme.objects.topics().filter(pk__in=item.themes.values("theme"))
        topics = topics.distinct().select_related("parent")
        choices = {
            "unit": Unit.objects.filter(pk__in=[unit.pk for unit in units]),
            "kind": ItemKind.objects.filter(office=office, active=True),
            "themes": topics,
        }
        for name, rows in choices.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        if len(units) == 1:
            self.fields["unit"].widget = forms.HiddenInput()
        if item:  # an item's unit is chosen once
            self.fields["unit"].disabled = True
            self.initial["unit"] = item.unit
        if self.is_bound:
            self._drop_ended_themes()

    def _drop_ended_themes(self) -> None:
        """A theme that ended while the page was open falls away; nothing else is lost by it."""
        data = cast(QueryDict, self.data).copy()
        known = {str(pk) for pk in self.fields["themes"].queryset.values_list("pk", flat=True)}  # type: ignore[attr-defined]
        data.setlist("themes", [pk for pk in data.getlist("themes") if pk in known])
        self.data = data

    def clean(self) -> dict[str, Any]:
        """The text as HTML: the editor's, or of the plain box."""
        asked = super().clean() or {}
        typed = body.from_plain(asked.get("body", "").replace("\r\n", "\n"))
        laid_out = body.clean(asked.get("html", ""), files={pk for pk, _ in self.files_typed})
        unchanged = typed == body.from_plain(body.plain(laid_out))
        asked["body"] = laid_out if asked.get("editor") or unchanged else typed
        return asked

    @property
    def shares_typed(self) -> list[list[str]]:
        """Name and share of each unit as they stand in the page, the lead first; empty rows left out."""
        if not self.is_bound:
            return self.initial.get("shares", [])
        names, amounts = self._column("joint", 200), self._column("share", 20)
        amounts += [""] * (len(names) + 1 - len(amounts))
        others = [[name, amount] for name, amount in zip(names, amounts[1:], strict=False) if name or amount]
        return [["", amounts[0]], *others] if others else []

    @property
    def files_typed(self) -> list[list]:
        """Id and caption of each file that the page hangs on, in its order."""
        if not self.is_bound:
            return self.initial.get("files", [])
        ids, captions = self._column("file", 18), self._column("caption", 200)
        dropped = set(self._column("drop", 18))
        rows = zip_longest(ids, captions[: len(ids)], fillvalue="")
        return [[int(pk), caption] for pk, caption in rows if pk.isdecimal() and pk not in dropped]

    def _column(self, name: str, most: int) -> list[str]:
        return [one_line(value)[:most] for value in self.data.getlist(name)[:ROWS]]  # type: ignore[attr-defined]

    def now(self, draft: Draft) -> None:
        """Let a page that comes back stand on what was saved."""
        data = cast(QueryDict, self.data).copy()
        data["version"] = str(draft.version)
        data.setlist("file", [str(pk) for pk, _ in draft.files])
        data.setlist("caption", [caption for _, caption in draft.files])
        data.setlist("drop", [])
        data["html"], data["body"] = draft.body, body.plain(draft.body)
        self.data = data

    @property
    def typed(self) -> Typed:
        """What stands in the form, for ``drafts``."""
        asked = self.cleaned_data
        shares = self.shares_typed
        if shares:
            shares[0][0] = asked["unit"].name
        return Typed(
            title=asked["title"],
            body=asked["body"],
            version=asked["version"],
            kind=asked["kind"],
            urgent=asked["urgent"],
            authors=asked["authors"],
            responsible=asked["responsible"],
            themes=[theme.pk for theme in asked["themes"]],
            shares=shares,
            files=self.files_typed,
            page=asked["page"],
            turn=asked["turn"] or 0,
        )


class ReminderForm(forms.Form):
    """That a silent unit was reminded; ``seen`` is how many reminders of it the page showed."""

    note = LineField(
        label="备注",
        max_length=200,
        required=False,
        error_messages={"max_length": "备注最多 200 个字，现在有 %(show_value)d 个，没有记。"},
    )
    seen = forms.IntegerField(min_value=0)

    @property
    def told(self) -> str:
        """What is wrong, as a sentence."""
        return str(self.errors["note"][0]) if "note" in self.errors else "页面放得太久，请再记一次。"


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
    """Reasons for returning and rejecting, and the days for deciding."""

    reasons = ListField(
        label="退回和退稿的理由",
        most=30,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="一行一条，编辑按这个次序看到；最多 30 条，每条最多 100 个字",
    )
    decides_within = WholeField(label="几天内办理", low=1, high=60, help_text="从送达算起，待审超过这些天算超期")


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
