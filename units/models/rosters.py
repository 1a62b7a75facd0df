"""The roster (名册): which unit reports to which office, since when, in which group, under which name."""

import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from units.models.units import Office, Unit


class RosterGroup(models.Model):
    """Units that are ranked together (类别), such as the city bureaus."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="roster_groups")
    name = models.CharField("类别", max_length=100)
    order = models.PositiveIntegerField("次序")

    class Meta:
        verbose_name = "类别"
        ordering = ["order", "id"]
        constraints = [models.UniqueConstraint(fields=["office", "name"], name="roster_group_once")]

    def __str__(self) -> str:
        return self.name


class RosterLineQuerySet(models.QuerySet["RosterLine"]):
    def during(self, starts_on: datetime.date, ends_on: datetime.date) -> "RosterLineQuerySet":
        """Lines in force on at least one day between the two, both included."""
        return self.filter(Q(until=None) | Q(until__gte=starts_on), since__lte=ends_on)

    def current(self) -> "RosterLineQuerySet":
        return self.filter(until=None)

    def in_printed_order(self) -> "RosterLineQuerySet":
        """Groups in their order, units in theirs; equal orders stand as they came."""
        return self.order_by("group__order", "group_id", "order", "id")

    def printed_behind(self, pk: int | None) -> "RosterLineQuerySet":
        """Those that stand behind this line in printed order: how a list goes on. All, where there is no such line."""
        last = None if pk is None else RosterLine.objects.filter(pk=pk).select_related("group").first()
        if last is None:
            return self
        place = {"group__order": last.group.order, "group": last.group_id, "order": last.order, "pk": last.pk}
        behind, same = Q(), Q()
        for name, value in place.items():
            behind |= same & Q(**{f"{name}__gt": value})
            same &= Q(**{name: value})
        return self.filter(behind)

    def left(self) -> "RosterLineQuerySet":
        """The last lines of units that have left."""
        later = RosterLine.objects.filter(office=OuterRef("office"), unit=OuterRef("unit"))
        later = later.filter(Q(until=None) | Q(until__gt=OuterRef("until")))
        return self.filter(until__isnull=False).exclude(Exists(later))


class RosterLine(models.Model):
    """That a unit reports to an office, from one day to another (空 = 至今).

    Renaming, regrouping, exempting and leaving end a line and begin another, so that a past period
    prints as it was. Of one unit there is one open line, of one name too.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="roster_lines")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="roster_lines")
    group = models.ForeignKey(RosterGroup, models.PROTECT, related_name="lines", verbose_name="类别")
    name = models.CharField("印出名称", max_length=200)
    order = models.IntegerField("排序")
    ranked = models.BooleanField("参加排名", default=True)
    since = models.DateField("开始")
    until = models.DateField("结束", null=True, blank=True)

    objects = RosterLineQuerySet.as_manager()

    class Meta:
        verbose_name = "名册"
        constraints = [
            models.UniqueConstraint(fields=["office", "unit"], condition=Q(until=None), name="roster_unit_once"),
            models.UniqueConstraint(fields=["office", "name"], condition=Q(until=None), name="roster_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="roster_line_has_a_name"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="roster_dates_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class Alias(models.Model):
    """Another name of a unit in an office (别名), for imports and pasted titles."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="aliases")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="aliases")
    name = models.CharField("别名", max_length=200)

    class Meta:
        verbose_name = "别名"
        constraints = [
            models.UniqueConstraint(fields=["office", "name"], name="alias_once"),
            models.CheckConstraint(condition=~Q(name=""), name="alias_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
