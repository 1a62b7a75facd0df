"""Forms of keeping the roster."""

import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from units import codes
from units.forms import LineField
from units.models import Office, RosterGroup, RosterLine, Unit
from units.rosters import Place, place_of
from units.text import row_id


class SinceField(forms.DateField):
    """A day, today at first."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(
            label=label,
            initial=timezone.localdate,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"required": f"请填{label}。", "invalid": f"{label}应当像 2026-01-01。"},
            **kwargs,
        )


class PlaceForm(forms.Form):
    """How a unit stands on the roster from a day on."""

    since = SinceField("从哪天起")
    name = LineField(
        label="印出的名称",
        max_length=200,
        error_messages={"required": "请填名称。", "max_length": "名称最多 200 个字。"},
    )
    group = LineField(
        label="类别",
        max_length=100,
        help_text="没有的会新建，排在最后",
        widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"}),
        error_messages={"required": "请填类别。", "max_length": "类别最多 100 个字。"},
    )
    order = forms.IntegerField(
        label="类别里的次序",
        min_value=0,
        max_value=999_999_999,
        error_messages={"required": "请填次序。", "invalid": "次序是整数。", "min_value": "次序是整数。"},
    )
    ranked = forms.BooleanField(label="参加排名", required=False)

    def __init__(self, typed: QueryDict | None, line: RosterLine) -> None:
        super().__init__(typed, initial=vars(place_of(line)))

    @property
    def day(self) -> datetime.date:
        return self.cleaned_data["since"]

    @property
    def place(self) -> Place:
        return Place(**{name: self.cleaned_data[name] for name in ("name", "group", "order", "ranked")})


class LeaveForm(forms.Form):
    """The last day of a unit on the roster."""

    since = SinceField("在名册上的最后一天")

    def __init__(self, typed: QueryDict | None, line: RosterLine) -> None:
        super().__init__(typed)
        self.office_id = line.office_id

    @property
    def day(self) -> datetime.date:
        return self.cleaned_data["since"]


class NamesForm(forms.Form):
    """A unit's code and its other names."""

    code = forms.CharField(
        label="统一代码", max_length=60, required=False, help_text="18 位统一社会信用代码，或者学校代码"
    )
    names = LineField(
        label="别名",
        max_length=600,
        required=False,
        help_text="几个用顿号分开；粘贴采用清单和导入时照这些名字认它",
        error_messages={"max_length": "别名太长，最多 600 个字。"},
    )

    def clean_code(self) -> str:
        try:
            return codes.checked(self.cleaned_data["code"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_names(self) -> list[str]:
        names = [name.strip() for name in self.cleaned_data["names"].replace(",", "、").replace("，", "、").split("、")]
        if too_long := next((name for name in names if len(name) > 200), ""):
            raise forms.ValidationError(f"“{too_long[:20]}…”太长，一个别名最多 200 个字。")
        return list(dict.fromkeys(filter(None, names)))


class RestoreForm(forms.Form):
    """That a unit left or merged is taken back; there is nothing to fill in."""

    def __init__(self, typed: QueryDict | None, line: RosterLine) -> None:
        super().__init__(typed)
        self.day = line.until or timezone.localdate()


class MergeForm(LeaveForm):
    """Into which unit of the roster, from which day on."""

    since = SinceField("从哪天起并入")
    into = LineField(
        label="并入哪个单位",
        max_length=200,
        help_text="名册上的全称",
        widget=forms.TextInput(attrs={"list": "units", "autocomplete": "off"}),
        error_messages={"required": "请写并入的单位。"},
    )
    field_order = ["into", "since"]

    def clean_into(self) -> Unit:
        name = self.cleaned_data["into"]
        lines = RosterLine.objects.current().filter(office=self.office_id, name=name).select_related("unit")
        if (found := lines.first()) is None:
            raise forms.ValidationError(f"名册里没有“{name}”。请写名册上的全称。")
        return found.unit


class OrderForm(forms.Form):
    """A number for each unit of a group (``line`` and ``order``, row by row); equal ones stand as they stood."""

    since = SinceField("从哪天起")

    def __init__(self, typed: QueryDict | None, lines: list[RosterLine]) -> None:
        super().__init__(typed)
        self.lines = lines
        self.numbers = {str(line.pk): str(line.order) for line in lines}
        if typed is not None:
            self.numbers |= dict(zip(typed.getlist("line"), typed.getlist("order"), strict=False))

    @property
    def rows(self) -> list[tuple[RosterLine, str]]:
        return [(line, self.numbers[str(line.pk)]) for line in self.lines]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        for line, number in self.rows:
            if row_id(number.strip()) is None:
                raise forms.ValidationError(f"{line.name}的次序是“{number[:20]}”，应当是整数。")
        return asked

    @property
    def order(self) -> list[int]:
        """Ids of the lines as they are to stand."""
        return [line.pk for line, number in sorted(self.rows, key=lambda row: int(row[1]))]


def group_names(office: Office) -> list[str]:
    """The office's groups in their order."""
    return list(RosterGroup.objects.filter(office=office).values_list("name", flat=True))
