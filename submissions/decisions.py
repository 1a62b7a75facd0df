"""An editor's decisions: accept with themes, return, reject; undone within a minute, before the unit is told."""

import datetime
from collections.abc import Collection

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from submissions.models import Adoption, Item, ItemEvent, ItemTheme, Theme
from submissions.moves import move
from submissions.permissions import may_decide, may_move, may_undo
from submissions.signals import facts_changed
from submissions.states import DECISIONS, THEMES, UNDO, State
from trail.records import record
from units.models import Account, Office
from units.verdicts import Refused, TooLate


@transaction.atomic
def decide(item: Item, name: str, by: Account, reason: str = "", themes: Collection[int] | None = None) -> None:
    """Make one of ``states.DECISIONS``; of what is accepted just these themes are confirmed (None: those proposed).

    Raises Refused, or TooLate where another editor was first.
    """
    if name not in DECISIONS:
        raise Refused("没有这种办理方式。")
    Office.objects.hold(item.office_id)
    if not (verdict := may_move(by, item, name)):  # before a theme is written, which could put an editor in charge
        raise Refused(verdict.reason)
    before = _as_they_are(item)
    if name == "accept" and themes is not None and item.state == State.SUBMITTED:
        themes = _propose(item, themes, by)
        item.themes.exclude(theme__in=themes).update(confirmed_by=None, confirmed_at=None)  # of a reopened one
    move(item, name, by, reason, themes)
    item.undo_until = timezone.now() + datetime.timedelta(seconds=settings.UNDO_SECONDS)
    Item.objects.filter(pk=item.pk).update(undo_until=item.undo_until, undo_themes=before)


@transaction.atomic
def undo(item: Item, by: Account) -> None:
    """Take back one's own decision of the last minute: the item waits again where it waited, with its themes as before.

    Raises Refused, or TooLate where it was decided anew meanwhile.
    """
    Office.objects.hold(item.office_id)
    item = Item.objects.select_related("office").get(pk=item.pk)
    if not (verdict := may_undo(by, item)):
        raise Refused(verdict.reason)
    if Adoption.objects.of(item).live().exists():
        raise Refused("这条信息已经登记采用；先撤销采用，才能撤销决定。")
    was = State(item.state)
    decided = item.events.order_by("-at", "-id")[0]
    back = Item.objects.filter(pk=item.pk, state=was, undo_until=item.undo_until)
    if not back.update(state=State.SUBMITTED, undo_until=None, undo_themes=None):
        raise TooLate("这条信息刚刚又被办理过。")
    _put_back(item)
    ItemEvent.objects.create(item=item, actor=by, move=UNDO, was=was, now=State.SUBMITTED, reason=decided.label)
    record("撤销决定", by=by, office=item.office.code, on=item, before={"state": was.label})
    if was == State.VALID:
        facts_changed.send(Item, item_ids=[item.pk])


@transaction.atomic
def set_themes(item: Item, themes: Collection[int], by: Account) -> None:
    """Let just these themes of a valid item be confirmed ones; its points follow. Raises Refused or TooLate."""
    Office.objects.hold(item.office_id)
    if not (verdict := may_decide(by, item)):
        raise Refused(verdict.reason)
    if not Item.objects.filter(pk=item.pk, state=State.VALID).exists():
        raise TooLate("这条信息现在不是“有效”，主题在认定有效时确认。")
    before = _confirmed(item)
    chosen = _propose(item, themes, by)
    item.themes.exclude(theme__in=chosen).update(confirmed_by=None, confirmed_at=None)
    fresh = item.themes.filter(theme__in=chosen, confirmed_at=None)
    fresh.update(confirmed_by=by, confirmed_at=timezone.now())
    if (after := _confirmed(item)) == before:
        return
    Item.objects.filter(pk=item.pk).update(undo_until=None)  # what was built on cannot be undone below it
    told = f"{'、'.join(before) or '没有主题'} → {'、'.join(after) or '没有主题'}"
    ItemEvent.objects.create(item=item, actor=by, move=THEMES, was=item.state, now=item.state, reason=told[:500])
    record("改主题", by=by, office=item.office.code, on=item, before={"themes": before}, after={"themes": after})
    facts_changed.send(Item, item_ids=[item.pk])


def _as_they_are(item: Item) -> list[list]:
    """The item's themes as ``undo`` puts them back: theme, and by whom and when it was confirmed."""
    rows = item.themes.values_list("theme_id", "confirmed_by_id", "confirmed_at")
    return [[theme, by, at and at.isoformat()] for theme, by, at in rows]


def _put_back(item: Item) -> None:
    before = {theme: (by, at) for theme, by, at in item.undo_themes or []}
    item.themes.exclude(theme__in=before).delete()
    for row in item.themes.all():
        row.confirmed_by_id, at = before[row.theme_id]
        row.confirmed_at = at and datetime.datetime.fromisoformat(at)
        row.save(update_fields=["confirmed_by", "confirmed_at"])


def _confirmed(item: Item) -> list[str]:
    rows = item.themes.filter(confirmed_at__isnull=False).select_related("theme").order_by("theme__position", "theme")
    return [str(row.theme) for row in rows]


def _propose(item: Item, themes: Collection[int], by: Account) -> set[int]:
    """Let these themes of the office stand among the item's; their ids.

    What was taken out of use while the page stood open stays where an item has it. Raises TooLate where another has
    it no more, or never had, and for what was deleted.
    """
    there = set(item.themes.values_list("theme_id", flat=True))
    theirs = list(Theme.objects.filter(office=item.office_id, pk__in=themes))
    if deleted := len(set(themes)) - len(theirs):
        raise TooLate(f"勾选的主题有 {deleted} 个刚刚删去了，什么也没有保存；请看过现在的主题再办。")
    if gone := [theme for theme in theirs if not theme.active and theme.pk not in there]:
        names = "、".join(f"“{theme}”" for theme in gone)
        raise TooLate(f"主题{names}刚刚停用，或者并入了别的主题，什么也没有保存；请看过现在的主题再办。")
    chosen = {theme.pk for theme in theirs}
    added = sorted(chosen - there)
    ItemTheme.objects.bulk_create([ItemTheme(item=item, theme_id=pk, proposed_by=by) for pk in added])
    return chosen
