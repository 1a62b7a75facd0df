"""Units, the offices among them, and their contacts."""

import datetime
import re
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from units.models.accounts import Account


class Unit(models.Model):
    """A bureau, university, school or department (单位).

    Names are not unique: 教务处 exists in every university. What is unique is a name on one office's
    roster. A unit that merges names its successor and keeps what it earned; nothing is moved.
    """

    name = models.CharField("单位名称", max_length=200)
    code = models.CharField(
        "统一代码", max_length=32, null=True, blank=True, unique=True, help_text="统一社会信用代码或学校代码；可以不填"
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="predecessors")
    merged_on = models.DateField("并入日期", null=True, blank=True)
    needs_signer = models.BooleanField("报送前须签发", default=False)
    needs_review = models.BooleanField("报送前须审查", default=False, help_text="由没有写过这一稿的人审查")

    class Meta:
        verbose_name = "单位"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="unit_has_a_name"),
            models.CheckConstraint(condition=~Q(code=""), name="unit_code_is_null_rather_than_empty"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="unit_is_not_its_own_parent"),
            models.CheckConstraint(condition=~Q(successor=F("id")), name="unit_is_not_its_own_successor"),
            models.CheckConstraint(
                condition=Q(successor=None, merged_on=None) | Q(successor__isnull=False, merged_on__isnull=False),
                name="unit_successor_with_its_date",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StandingsShown(models.TextChoices):
    """What units may see of the standings. National rules of 2024 restrain ranking, so the office chooses."""

    ALL = "all", "全部排名"
    OWN = "own", "只看本单位"
    NOTHING = "nothing", "不显示"


class OfficeQuerySet(models.QuerySet["Office"]):
    def for_account(self, account: "Account") -> "OfficeQuerySet":
        """The offices where this account works, or to which one of its units reports or reported."""
        from units.models.rosters import RosterLine

        staff = account.units_with("editor", "manager", "auditor", "sysadmin")
        reporting = RosterLine.objects.filter(unit__in=account.units_with("officer", "signer")).values("office")
        return self.filter(Q(unit__in=staff) | Q(pk__in=reporting))

    def hold(self, pk: int) -> None:
        """Lock an office's books until the transaction ends, and turn their edition.

        Whoever changes what counts or what is printed (moves, adoptions, imports, closing, letterhead) holds
        them first, so facts, closed ranges and the ledger always change one after another, and equal editions
        mean equal documents. The update is the lock; SQLite has but one writer anyway. Rows that merely name
        the office (drafts, report runs) can be written meanwhile.
        """
        self.filter(pk=pk).update(edition=F("edition") + 1)

    def held(self, pk: int) -> "Office":
        """The same, and the office as it stands now."""
        self.hold(pk)
        return self.get(pk=pk)

    def hold_still(self, pk: int) -> "Office":
        """Lock an office's books until the transaction ends, to read them at one moment."""
        return self.select_for_update(no_key=True).get(pk=pk)


class Office(models.Model):
    """A unit that collects from others (收稿单位). One installation serves many; they see nothing of each other."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=200)
    unit = models.OneToOneField(Unit, models.PROTECT, related_name="office")
    standings_shown = models.CharField(
        "单位看得到的排名", max_length=10, choices=StandingsShown, default=StandingsShown.OWN
    )
    demonstration = models.BooleanField("演示数据", default=False)
    takes_registrations = models.BooleanField("接受入网申请", default=True)
    decides_within = models.PositiveSmallIntegerField("几天内办理", default=3, help_text="待审超过这些天算超期")
    urgent_within = models.PositiveSmallIntegerField("紧急信息几分钟内办理", default=30)
    edition = models.PositiveBigIntegerField("账册版次", default=0, editable=False)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name = "收稿单位"
        constraints = [
            models.CheckConstraint(condition=Q(standings_shown__in=StandingsShown.values), name="office_shown_legal"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactKind(models.TextChoices):
    LEADER = "leader", "负责领导"
    OFFICER = "officer", "信息员"


class ContactQuerySet(models.QuerySet["Contact"]):
    def on(self, day: datetime.date) -> "ContactQuerySet":
        """Those whom one would ring that day; the leader of a unit first."""
        return self.filter(Q(until=None) | Q(until__gte=day), since__lte=day).order_by("kind", "id")


class Contact(models.Model):
    """A unit's responsible leader or information officer. A change ends one line and begins another."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="contacts")
    kind = models.CharField("身份", max_length=10, choices=ContactKind)
    name = models.CharField("姓名", max_length=60)
    post = models.CharField("职务", max_length=100, blank=True)
    phone = models.CharField("电话", max_length=40, blank=True)
    email = models.EmailField("电子邮箱", blank=True)
    since = models.DateField("开始")
    until = models.DateField("结束", null=True, blank=True)
    confirmed_on = models.DateField("最近核对", null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "联系人"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ContactKind.values), name="contact_kind_legal"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="contact_dates_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    @property
    def dial(self) -> str:
        """The first number of ``phone`` as a telephone takes it; empty where there is none."""
        first = re.search(r"\+?\d[\d\s()（）-]*", self.phone)
        return re.sub(r"[^+\d]", "", first[0]) if first else ""
