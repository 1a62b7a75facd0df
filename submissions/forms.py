"""Forms of the desk: filters, decisions, adoptions."""

import datetime
from itertools import zip_longest
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from submissions import body
from submissions.adoptions import Use
from submissions.drafts import Typed
from submissions.models import (
    AdoptionForm,
    Channel,
    ChannelLevel,
    DecisionReason,
    Draft,
    Item,
    ItemKind,
    SavedView,
    Theme,
)
from submissions.states import DECISIONS, MOVES
from trail.records import record
from units.forms import LineField, LinesField
from units.models import Account, Membership, Office, RosterGroup, Unit
from units.text import key, one_line

MOST_TYPED = 100_000  # characters; what is submitted has at most a fifth of that
MOST_THEMES = 50  # ticked of an item
MOST_VIEWS = 20  # saved by a person
ROWS = 40  # of units or files that a page can send
MOST_HTML = 400_000  # the same with its marks


class DecisionForm(forms.Form):
    """A decision: accepted with themes, or returned or rejected with reasons of the office's list, in words, or both.

    ``adopt`` accepts and goes on to what channels did with it.
    """

    do = forms.ChoiceField(
        choices=[*((name, MOVES[name].label) for name in DECISIONS), ("adopt", "认定并登记采用")],
        error_messages={"required": "请选办理方式。", "invalid_choice": "没有这种办理方式，请另选。"},
    )
    say = LineField(label="给报送单位的话", max_length=300, required=False)

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.office = office

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        self.adopts = asked.get("do") == "adopt"
        if self.adopts:
            asked["do"] = "accept"
        do = asked.get("do")
        if do and MOVES[do].needs_reason and not self.reason:
            self.add_error("say", f"请选{MOVES[do].label}的理由，或者写一句，报送单位会看到。")
        return asked

    @property
    def reasons(self) -> list[str]:
        """Those of the office's reasons that were chosen, in its order."""
        chosen = set(self.data.getlist("reasons")) if self.is_bound else set()  # type: ignore[attr-defined]
        if not chosen:
            return []
        return [str(one) for one in DecisionReason.objects.filter(office=self.office) if str(one) in chosen]

    @property
    def reason(self) -> str:
        """The reasons that were chosen and what the editor says besides, as one text."""
        return "；".join(filter(None, [*self.reasons, self.cleaned_data.get("say", "")]))[:500]

    @property
    def themes(self) -> list[int] | None:
        """Ids of the themes that were ticked; None where the page had none to tick."""
        if not self.is_bound or "themed" not in self.data:
            return None
        typed = self.data.getlist("themes")[:MOST_THEMES]  # type: ignore[attr-defined]
        return [int(pk) for pk in typed if pk.isdecimal() and len(pk) < 18]


class ViewForm(forms.Form):
    """Filters that are kept under a name of one's own, or one such name to drop."""

    name = LineField(
        max_length=40,
        error_messages={"required": "请给视图起个名字。", "max_length": "视图的名字最多 40 个字。"},
    )
    query = forms.CharField(max_length=1000, required=False)
    drop = forms.BooleanField(required=False)

    def __init__(self, *args: Any, account: Account, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account, self.office = account, office

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        mine = SavedView.objects.filter(account=self.account, office=self.office)
        if not asked.get("drop"):
            if not asked.get("query"):
                raise forms.ValidationError("还没有选条件。先筛选，再保存为视图。")
            if mine.count() >= MOST_VIEWS:
                raise forms.ValidationError(f"最多保存 {MOST_VIEWS} 个视图，请先删去不用的。")
        return asked

    @property
    def sentence(self) -> str:
        """The first thing that is wrong."""
        return str(next(iter(self.errors.values()))[0])

    @transaction.atomic
    def save(self) -> str:
        """Keep or drop it, and say so."""
        name = self.cleaned_data["name"]
        mine: dict[str, Any] = {"account": self.account, "office": self.office}
        if self.cleaned_data["drop"]:
            SavedView.objects.filter(name=name, **mine).delete()
            record("删除视图", by=self.account, office=self.office.code, after={"name": name})
            return f"视图“{name}”已删除。"
        query = {"query": self.cleaned_data["query"]}
        SavedView.objects.update_or_create(name=name, **mine, defaults=query)
        record("保存视图", by=self.account, office=self.office.code, after={"name": name, **query})
        return f"视图“{name}”已保存。"


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


class PastDateField(forms.DateField):
    """The day of something that has happened."""

    def __init__(self, what: str, **kwargs: Any) -> None:
        self.what = what
        wrong = {"required": f"请填{what}。", "invalid": f"{what}应当像 2020-03-31。"}
        widget = forms.DateInput(attrs={"type": "date"})
        super().__init__(label=what, widget=widget, error_messages=wrong, **kwargs)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and value > timezone.localdate():
            raise forms.ValidationError(f"{self.what}是 {value:%Y-%m-%d}，还没有到；请填今天或以前的日期。")


class UseForm(forms.Form):
    """What one channel did with an item: a row of a page with one for each channel, all with the same names."""

    NAMES = ("channel", "forwarded_on", "adopted_on", "form", "title", "column", "link", "issue", "again")

    forwarded_on = PastDateField("转报日期", required=False)
    adopted_on = PastDateField("采用日期", required=False)
    form = forms.ChoiceField(label="形式", choices=[("", "不填"), *AdoptionForm.choices], required=False)
    title = LineField(label="采用标题", max_length=300, required=False)
    column = forms.ChoiceField(label="栏目", required=False)
    link = forms.URLField(
        label="链接",
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": "链接应当像 https://jyt.example.cn/1.html。"},
    )
    issue = LineField(label="期号", max_length=60, required=False)
    again = forms.BooleanField(required=False)

    def __init__(self, typed: QueryDict | None, *, channel: Channel, before: list[datetime.date]) -> None:
        """``typed`` holds all rows, ``before`` the days on which the channel adopted the item already."""
        self.channel, self.before = channel, before
        super().__init__(self._own_row(typed), auto_id=f"c{channel.pk}_%s")
        columns = [(str(column.pk), column.name) for column in channel.columns.all()]
        self.fields["column"].choices = [("", "不填"), *columns]  # type: ignore[attr-defined]

    def _own_row(self, typed: QueryDict | None) -> dict[str, str] | None:
        own = str(self.channel.pk)
        if typed is None or own not in (rows := typed.getlist("channel")):
            return None
        columns = {name: typed.getlist(name) for name in self.NAMES if name not in ("channel", "again")}
        at = rows.index(own)
        row = {name: values[at] for name, values in columns.items() if at < len(values)}
        return {**row, "again": "on" if own in typed.getlist("again") else ""}

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if asked.get("adopted_on") and self.before and not asked.get("again"):
            days = "、".join(f"{day:%Y-%m-%d}" for day in self.before)
            self.add_error("again", f"{self.channel}在 {days} 已经采用过这条信息；确实又用了一次，请在这一行打勾。")
        details = [name for name in ("form", "title", "column", "link", "issue") if asked.get(name)]
        if details and not asked.get("adopted_on") and "adopted_on" not in self.errors:
            self.add_error("adopted_on", f"{self.channel}填了采用的情况，还没有填采用日期。")
        return asked

    @property
    def is_used(self) -> bool:
        """Whether the row says anything."""
        return self.is_bound and bool(self.cleaned_data.get("adopted_on") or self.cleaned_data.get("forwarded_on"))

    @property
    def use(self) -> Use:
        asked = self.cleaned_data
        column = next((one for one in self.channel.columns.all() if str(one.pk) == asked["column"]), None)
        names = ("forwarded_on", "adopted_on", "form", "title", "link", "issue")
        return Use(self.channel, column=column, **{name: asked[name] for name in names})


class InstructionForm(forms.Form):
    """A leader's instruction on an item."""

    leader = LineField(label="批示领导", max_length=60, error_messages={"required": "请写批示领导的姓名和职务。"})
    given_on = PastDateField("批示日期")
    text = LineField(label="批示内容", max_length=500, required=False)


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

    NAMES = ("units", "received_on", "why", "title", "body", "html", "editor", "kind", "themes", "urgent", "accept")

    units = LineField(
        label="报送单位",
        max_length=400,
        help_text="照名册写全称或别名；联合报送的几个单位用顿号分开，份额平均",
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


class PasteForm(forms.Form):
    """A list of titles that a channel has printed."""

    channel = forms.ModelChoiceField(
        Channel.objects.none(),
        label="渠道",
        empty_label="请选渠道",
        error_messages={"required": "请选渠道。", "invalid_choice": "没有这个渠道。"},
    )
    adopted_on = PastDateField("采用日期", help_text="清单里写了日期的行，以那一行的为准")
    form = forms.ChoiceField(label="形式", choices=[("", "不填"), *AdoptionForm.choices], required=False)
    text = LinesField(
        label="清单",
        max_length=MOST_TYPED,
        strip=False,
        help_text="一行一个标题：可以是网页上复制的文字，也可以是 Excel 的一列或几列",
        error_messages={"required": "请把清单粘贴进来。", "max_length": f"清单太长，最多 {MOST_TYPED} 个字符。"},
        widget=forms.Textarea(attrs={"rows": 16}),
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = Channel.objects.filter(office=office, active=True)
        self.fields["channel"].queryset = channels  # type: ignore[attr-defined]


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
