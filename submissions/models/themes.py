"""Themes (主题), in a tree; the priorities (报送要点) of a period are themes too."""

import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from submissions.models.periods import Period
from units.models import Office

if TYPE_CHECKING:
    from submissions.models.items import Item


class ThemeKind(models.TextChoices):
    TOPIC = "topic", "主题"
    PRIORITY = "priority", "报送要点"


def _open_on(day: datetime.date) -> Q:
    now = Q(period__ends_on__gte=day) | Q(period__closed_at=None)
    reach = Q(period=None, year=None) | Q(year=day.year) | (Q(period__isnull=False) & now)
    return reach & Q(active=True) & (Q(parent=None) | Q(parent__active=True))


class ThemeQuerySet(models.QuerySet["Theme"]):
    def topics(self) -> "ThemeQuerySet":
        return self.filter(kind=ThemeKind.TOPIC)

    def scored_in(self, period: Period) -> "ThemeQuerySet":
        """The topics that count in a period: its own, those of its year, and those of every period.

        What was taken out of use counts where an item of the period has it.
        """
        from submissions.models.items import ItemTheme

        reach = Q(period=period) | Q(period=None, year=None)
        reach |= Q(year__range=(period.starts_on.year, period.ends_on.year))
        received = (period.starts_on, period.ends_on)
        used = ItemTheme.objects.filter(
            theme=OuterRef("pk"), confirmed_at__isnull=False, item__received_on__range=received
        )
        return self.topics().filter(reach, Q(active=True) | Exists(used), office=period.office_id, scored=True)

    def open_on(self, day: datetime.date) -> "ThemeQuerySet":
        """Those in use of every period, of this year, and of periods that have not ended or not been closed.

        The priorities of such periods are among them: an item may answer one, which scores nothing.
        """
        return self.filter(_open_on(day))

    def choices_for(self, item: "Item", day: datetime.date) -> "ThemeQuerySet":
        """What an editor may confirm of an item, those proposed first; ``proposed``, ``confirmed``."""
        mine = item.themes.model.objects.filter(item=item, theme=OuterRef("pk"))
        themes = self.filter(office=item.office_id).annotate(
            proposed=Exists(mine), confirmed=Exists(mine.exclude(confirmed_at=None))
        )
        order = ("-proposed", "-kind", "position", "id")  # topics before priorities
        return themes.filter(_open_on(day) | Q(proposed=True)).order_by(*order)

    def priorities_of(self, period: Period) -> "ThemeQuerySet":
        """What is asked for of a period: its priorities in use, in their order."""
        return self.filter(kind=ThemeKind.PRIORITY, period=period, active=True).order_by("position", "id")

    def asked_for_from(self, period: Period) -> "list[Theme]":
        """The priorities of this period, or of the next one of its kind that has any: what is wanted now."""
        themes = self.filter(
            kind=ThemeKind.PRIORITY,
            active=True,
            period__office=period.office_id,
            period__kind=period.kind,
            period__starts_on__gte=period.starts_on,
        ).select_related("period")
        rows = list(themes.order_by("period__starts_on", "position", "id"))
        return [theme for theme in rows if theme.period_id == rows[0].period_id]


class Theme(models.Model):
    """A topic of a year, of a period or of neither (every period). A name stands once within that reach."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="themes")
    kind = models.CharField("种类", max_length=10, choices=ThemeKind, default=ThemeKind.TOPIC)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    period = models.ForeignKey(Period, models.PROTECT, null=True, blank=True, related_name="themes")
    number = models.CharField("编号", max_length=20, blank=True, help_text="文件里的序号，如 一 或 5")
    name = models.CharField("主题名称", max_length=500)
    scored = models.BooleanField("计分", default=True)
    position = models.PositiveIntegerField("次序", default=0)
    active = models.BooleanField("在用", default=True)

    objects = ThemeQuerySet.as_manager()

    class Meta:
        verbose_name = "主题"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "kind", "period", "name"],
                condition=Q(period__isnull=False),
                name="theme_once_in_a_period",
            ),
            models.UniqueConstraint(
                fields=["office", "kind", "year", "name"], condition=Q(year__isnull=False), name="theme_once_in_a_year"
            ),
            models.UniqueConstraint(
                fields=["office", "kind", "name"],
                condition=Q(period=None, year=None),
                name="theme_once_for_every_period",
            ),
            models.CheckConstraint(condition=Q(period=None) | Q(year=None), name="theme_of_a_period_or_a_year"),
            models.CheckConstraint(condition=Q(kind__in=ThemeKind.values), name="theme_kind_legal"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="theme_is_not_its_own_parent"),
            models.CheckConstraint(condition=~Q(name=""), name="theme_has_a_name"),
            models.CheckConstraint(
                condition=Q(kind="topic") | Q(period__isnull=False, parent=None, scored=False),
                name="theme_priority_of_a_period_scores_nothing",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full(self) -> str:
        """Number and name as the document writes them: 一、…, 5. …"""
        if not self.number:
            return self.name
        return f"{self.number}. {self.name}" if self.number.isdecimal() else f"{self.number}、{self.name}"

    @property
    def is_priority(self) -> bool:
        return self.kind == ThemeKind.PRIORITY
