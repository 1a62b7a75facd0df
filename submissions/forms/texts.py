"""Forms of a text: written by its unit, changed by an editor, recorded by the office."""

from itertools import zip_longest
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone

from submissions import body
from submissions.drafts import Typed
from submissions.forms.fields import MOST_TYPED, PastDateField
from submissions.models import (
    Draft,
    Item,
    ItemKind,
    Theme,
    ThemeKind,
)
from units.forms import LineField, LinesField
from units.models import Office, Unit
from units.text import one_line, row_ids

MOST_HTML = 400_000  # the same with its marks
ROWS = 40  # of units or files that a page can send


class TextForm(forms.Form):
    """A title and a text.

    ``body`` is the plain box. ``html`` goes with it: from the editor, which sets ``editor``; else it is the text as
    it was laid out when the page was made, and stays so unless its words were changed in the box.
    """

    title = LineField(
        label="标题",
        max_length=300,
        required=False,
        error_messages={"max_length": "标题最多 300 个字。"},
        widget=forms.TextInput(attrs={"class": "title-input", "autocomplete": "off"}),
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

    @property
    def own_files(self) -> set[int]:
        """Ids of the files whose places in the text are kept."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """The text as HTML: the editor's, or of the plain box."""
        asked = super().clean() or {}
        typed = body.from_plain(asked.get("body", "").replace("\r\n", "\n"))
        laid_out = body.clean(asked.get("html", ""), files=self.own_files)
        unchanged = typed == body.from_plain(body.plain(laid_out))
        asked["body"] = laid_out if asked.get("editor") or unchanged else typed
        return asked


class EditForm(TextForm):
    """An editor's change of a text that was received."""

    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    note = LineField(label="改了什么，为什么", max_length=300, required=False)

    def __init__(self, *args: Any, files: set[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.files_of_the_text = files

    @property
    def own_files(self) -> set[int]:
        return self.files_of_the_text


class EntryForm(TextForm):
    """An item that came by mail or on paper, as the office records it for its unit."""

    NAMES = (
        *("token", "units", "received_on", "why", "title", "body", "html", "editor"),
        *("kind", "themes", "urgent", "accept"),
    )

    token = forms.RegexField(r"^[0-9a-f]{32}\Z", required=False, widget=forms.HiddenInput)
    units = LineField(
        label="报送单位",
        max_length=400,
        help_text="照名册写全称或别名；联合报送的几个单位用顿号分开，份额平均",
        widget=forms.TextInput(attrs={"list": "names", "autocomplete": "off"}),
        error_messages={"required": "请写报送单位。"},
    )
    received_on = PastDateField("收到日期")
    why = LineField(
        label="来源", max_length=200, help_text="例如：邮件，纸质件", error_messages={"required": "请写从哪里来的。"}
    )
    kind = forms.ModelChoiceField(ItemKind.objects.none(), label="种类", required=False, empty_label="不填")
    themes = forms.ModelMultipleChoiceField(
        Theme.objects.none(), label="主题", required=False, widget=forms.CheckboxSelectMultiple
    )
    urgent = forms.BooleanField(label="紧急信息", required=False)

    field_order = ["units", "received_on", "why", "title", "body", "html", "kind", "themes", "urgent"]

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].required = True
        self.fields["title"].error_messages["required"] = "请写标题。"
        self.fields["kind"].queryset = ItemKind.objects.filter(office=office, active=True)  # type: ignore[attr-defined]
        topics = Theme.objects.topics().filter(office=office).open_on(timezone.localdate())
        self.fields["themes"].queryset = topics  # type: ignore[attr-defined]

    @property
    def own_files(self) -> set[int]:
        return set()


class MergeForm(TextForm):
    """A piece that is made of several items (综合稿): its own title and text."""

    NAMES = ("token", "title", "body", "html", "editor", "source", "share", "drop")

    token = forms.RegexField(r"^[0-9a-f]{32}\Z", required=False, widget=forms.HiddenInput)

    @property
    def own_files(self) -> set[int]:
        return set()


class FromWordForm(forms.Form):
    """For which unit the Word files are; the files are read by the view."""

    token = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput)
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label="报送单位",
        empty_label=None,
        error_messages={"invalid_choice": "只能替自己的单位写，请另选。", "required": "请选报送单位。"},
    )

    def __init__(self, *args: Any, units: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.filter(pk__in=[unit.pk for unit in units])  # type: ignore[attr-defined]
        if len(units) == 1:
            self.fields["unit"].widget = forms.HiddenInput()


class WriteForm(TextForm):
    """An item as it is written. A save asks for nothing but its token; what submitting needs ``drafts`` says.

    The units of a joint item (``joint``, ``share``) and the files (``file``, ``caption``) are rows of two fields each.
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
    kind = forms.ModelChoiceField(
        ItemKind.objects.none(),
        label="种类",
        required=False,
        empty_label=None,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages={"invalid_choice": "这个种类已经停用，请另选。"},
    )
    themes = forms.ModelMultipleChoiceField(Theme.objects.none(), label="主题", required=False)
    shares = forms.Field(required=False)  # holds what is wrong with the rows of units
    authors = LineField(label="作者", max_length=200, required=False)
    responsible = LineField(label="责任编辑", max_length=60, required=False)
    urgent = forms.BooleanField(label="紧急信息，请编辑先看", required=False)
    final = forms.BooleanField(
        label="这是终报", required=False, help_text="事情已经办完，以后不再续报；标题里的“续报”请改成“终报”"
    )

    def __init__(self, *args: object, office: Office, units: list[Unit], item: Item | None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.units, self.office, self.ended = units, office, ""
        today = timezone.localdate()
        themes = Theme.objects.filter(office=office).open_on(today)
        themes = themes.exclude(kind=ThemeKind.PRIORITY, period__ends_on__lt=today)  # wanted then, closed or not
        if item:  # what it has it keeps, whatever ended meanwhile
            themes |= Theme.objects.filter(pk__in=item.themes.values("theme"))
        themes = themes.distinct().select_related("parent", "period").order_by("-kind", "position", "id")
        choices = {
            "unit": Unit.objects.filter(pk__in=[unit.pk for unit in units]),
            "kind": ItemKind.objects.filter(office=office, active=True),
            "themes": themes,
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
        """A theme that ended while the page was open falls away, which is said; nothing else is lost by it."""
        data = cast(QueryDict, self.data).copy()
        known = {str(pk) for pk in self.fields["themes"].queryset.values_list("pk", flat=True)}  # type: ignore[attr-defined]
        ticked = data.getlist("themes")
        data.setlist("themes", [pk for pk in ticked if pk in known])
        self.data = data
        if ended := set(ticked) - known:
            there = Theme.objects.filter(office=self.office, pk__in=row_ids(ended))
            named = "".join(f"“{theme}”" for theme in there) or f"有 {len(ended)} 个"
            self.ended = f"勾选的主题{named}刚刚停用、过期、删去或者并入了别的主题，没有带上；要选请另选。"

    @property
    def own_files(self) -> set[int]:
        return {pk for pk, _ in self.files_typed}

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
            final=asked["final"],
            authors=asked["authors"],
            responsible=asked["responsible"],
            themes=[theme.pk for theme in asked["themes"]],
            shares=shares,
            files=self.files_typed,
            page=asked["page"],
            turn=asked["turn"] or 0,
        )
