"""One small office: two bureaus, two universities of which one is exempt, a quarter and the next."""

import datetime
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scoring.models import Measure, Rule, Scheme
from submissions.exact import ONE
from submissions.models import Channel, Period, Theme, ThemeKind
from submissions.moves import PastAdoption, PastItem, record_past
from submissions.states import State
from units.models import Account, Membership, Office, Role, RosterGroup, RosterLine, Unit

Q1, DAY, CUT_OFF = datetime.date(2020, 1, 1), datetime.date(2020, 2, 3), datetime.date(2020, 3, 31)


@dataclass
class Quarter:
    office: Office
    period: Period
    upcoming: Period
    units: dict[str, Unit]
    channels: dict[str, Channel]
    theme: Theme
    manager: Account
    stranger: Account
    last: int = field(default=0)

    def receive(self, unit: str, count: int = 1, *, themed: bool = False, **fields: object) -> None:
        """Valid items of a unit; ``adopted`` are pairs of channel and title, ``shares`` those of a joint item."""
        day = fields.get("day", DAY)
        shares = fields.get("shares") or [(self.units[unit].pk, ONE)]
        adopted = fields.get("adopted", ())
        adoptions = [PastAdoption(self.channels[channel].pk, DAY, title) for channel, title in adopted]
        rows = []
        for _ in range(count):
            self.last += 1
            themes = [self.theme.pk] if themed else []
            rows.append(PastItem(f"N{self.last}", f"信息{self.last}", day, State.VALID, shares, themes, adoptions))
        record_past(self.office, rows, source="测试")

    def want(self, *names: str) -> None:
        for i, name in enumerate(names):
            Theme.objects.create(
                office=self.office, kind=ThemeKind.PRIORITY, period=self.upcoming, name=name, position=i, scored=False
            )


@pytest.fixture
def quarter(db: None) -> Quarter:
    office = Office.objects.create(code="demo", name="示例厅", unit=Unit.objects.create(name="示例厅"))
    units = {}
    for order, (group_name, members) in enumerate({"各市": ["甲市", "乙市"], "各校": ["丙大学", "丁大学"]}.items()):
        group = RosterGroup.objects.create(office=office, name=group_name, order=order)
        for place, name in enumerate(members):
            units[name] = Unit.objects.create(name=name)
            RosterLine.objects.create(
                office=office, unit=units[name], group=group, name=name, order=place, ranked=name != "丁大学", since=Q1
            )
    period, upcoming = (
        Period.objects.create(office=office, kind="quarter", name=name, starts_on=starts_on, ends_on=ends_on)
        for name, starts_on, ends_on in (
            ("2020年第一季度", Q1, CUT_OFF),
            ("2020年第二季度", datetime.date(2020, 4, 1), datetime.date(2020, 6, 30)),
        )
    )
    channels = {
        name: Channel.objects.create(office=office, name=name, position=i)
        for i, name in enumerate(["门户网站", "内刊"])
    }
    scheme = Scheme.objects.create(office=office, version=1, name="办法", starts_on=Q1)
    rules = (
        ("submitted", "有效信息", Measure.SUBMITTED, 1, ()),
        ("theme", "主题信息", Measure.THEME, 2, ()),
        ("department", "本厅采用", Measure.ADOPTION, 4, ("门户网站",)),
        ("province", "省级采用", Measure.ADOPTION, 6, ("内刊",)),
    )
    for position, (column, label, measure, points, used) in enumerate(rules):
        rule = Rule.objects.create(
            scheme=scheme, column=column, label=label, measure=measure, points=points, position=position
        )
        rule.channels.set([channels[name] for name in used])
    theme = Theme.objects.create(office=office, name="计分的主题")
    manager = Account.objects.create_user("manager", name="管理员")
    Membership.objects.create(account=manager, unit=office.unit, role=Role.MANAGER)
    stranger = Account.objects.create_user("stranger", name="外人")
    return Quarter(office, period, upcoming, units, channels, theme, manager, stranger)


@pytest.fixture
def media(settings: object, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"  # type: ignore[attr-defined]
    return tmp_path / "files"


@pytest.fixture(autouse=True)
def _calm_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heart beats on a connection of its own, which does not see what a test has not committed."""
    monkeypatch.setattr("reports.runs.HEART", 3600.0)
