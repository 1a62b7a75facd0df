"""Follow-ups (续报): an urgent item is the first report (首报), on which later ones hang, the final one (终报) last.

Each is an item of its own, with a receipt, a decision and points. All hang on the first report, none on another
follow-up.
"""

from django.db.models import OuterRef, Q, Subquery

from submissions.models import Item, Revision
from submissions.permissions import ENDED, has_ended, may_follow
from units.models import Account, Office, Unit
from units.verdicts import Refused

NUMERALS = "一二三四五六七八九十"
TITLE = 300


def chain_of(item: Item, account: Account) -> list[Item]:
    """The reports on what an urgent item tells of, the first one first, as far as this account may know of them; empty
    where it is the only one. ``sent`` is when each first went out. One query."""
    if not (item.urgent or item.follows_id):
        return []
    first = item.follows_id or item.pk
    went_out = Revision.objects.filter(item=OuterRef("pk"), sent_at__isnull=False).order_by("number")
    items = Item.objects.visible_to(account, item.office).filter(Q(pk=first) | Q(follows=first))
    rows: list[Item] = list(items.annotate(sent=Subquery(went_out.values("sent_at")[:1])).order_by("id"))
    return rows if len(rows) > 1 else []


def first_for(follows: int, office: Office, unit: Unit, by: Account) -> Item:
    """The first report that a new item of a unit is to hang on, where ``follows`` is one of its reports. Raises
    Refused; of another unit's nothing is told."""
    item = Item.objects.filter(pk=follows, office=office, unit=unit).select_related("office", "unit", "follows").first()
    if item is None:
        raise Refused("没有找到要续报的信息。")
    first = item.follows or item
    if not (verdict := may_follow(by, first)):
        raise Refused(verdict.reason)
    return first


def refuse_ended(item: Item, final: bool) -> None:
    """Raise Refused where a report is to go out after the final one; a returned one may come in again. Asked while the
    office is held, so that of two final reports one is first."""
    if item.follows and (final or item.number is None) and has_ended(item.follows, besides=item):
        raise Refused(ENDED)


def title_of_next(first: Item) -> str:
    """What the next follow-up is called before somebody changes it."""
    number = first.follow_ups.filter(number__isnull=False).count()
    told = f"（续报{NUMERALS[number] if number < len(NUMERALS) else number + 1}）"
    return f"{first.title[: TITLE - len(told)]}{told}"
