"""The items: list, filter, detail, and the decisions on them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from submissions import answers
from submissions.comments import conversation
from submissions.decisions import decide, set_themes
from submissions.drafts import files_of
from submissions.filters import ItemFilter
from submissions.follow_ups import chain_of
from submissions.forms import MOST_THEMES, ReasonForm
from submissions.mergers import take_apart
from submissions.models import Adoption, Draft, Forwarding, Item, ItemEvent, Review, ReviewStage, Theme
from submissions.moves import move
from submissions.permissions import (
    in_charge,
    may_adopt,
    may_decide,
    may_edit,
    may_follow,
    may_move,
    may_review,
    may_share_out,
    may_undo,
    may_write,
)
from submissions.resemblances import continued
from submissions.states import CLEARED, DECISIONS, INNER, INSTRUCT, MOVES, UNDO, State
from trail.acts import act
from units.desk import DeskRequest, at_office, say_refused
from units.models import Role
from units.text import row_ids
from units.verdicts import Refused, TooLate


@at_office
def item_list(request: DeskRequest) -> HttpResponse:
    """Items newest first, filtered by the address, a page at a time."""
    context = {
        "filter": ItemFilter(request.GET, request.user, request.office),
        "picks": request.user.has_role(request.office.unit_id, Role.EDITOR),
        "works": request.user.works_at(request.office),
        "writes": bool(request.user.units_with(Role.OFFICER)),
    }
    return render(request, "submissions/item_list.html", context)


@at_office
def item_detail(request: DeskRequest, pk: int) -> HttpResponse:
    return shown(request, item_of(request, pk))


ELSEWHERE = {
    "writing": "请在写信息的页面上报送，那里会先检查文字。",
    "review": "请在信息页面上写明审查意见。",
}


@act("办理信息", ["reason", "from"])
@require_POST
@at_office
def move_item(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """Make a move; one that is refused or too late shows the item as it is now, with the sentence."""
    item = item_of(request, pk)
    form = ReasonForm(request.POST)
    needed = name in MOVES and MOVES[name].needs_reason
    if needed and not form.is_valid():
        return shown(request, item, status=422, refused_move=name, reason_form=form)
    try:
        if name in MOVES and MOVES[name].through:
            raise Refused(ELSEWHERE[MOVES[name].through])
        reason = form.cleaned_data["reason"] if needed else ""
        if name == "take_apart":
            take_apart(item, reason, request.user)
        else:
            act_on = decide if name in DECISIONS else move
            act_on(item, name, request.user, reason)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        if needed:  # what was typed stays
            return shown(request, item_of(request, pk), status=422, refused_move=name, reason_form=form)
    else:
        messages.success(request, f"已{MOVES[name].label}：{item.title}")
        if name == "take_apart":  # what it was made of stands where it stood; itself it is no more
            return redirect("items", request.office.code)
    if request.POST.get("from") == "signing":
        return redirect("signing", request.office.code)
    return redirect("item", request.office.code, pk)


@act("改主题", ["themes"])
@require_POST
@at_office
def change_themes(request: DeskRequest, pk: int) -> HttpResponse:
    """Let the ticked themes of a valid item be its confirmed ones."""
    item, ticked = item_of(request, pk), row_ids(request.POST.getlist("themes")[:MOST_THEMES])
    try:
        set_themes(item, ticked, request.user)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return shown(request, item_of(request, pk), status=422, ticked=ticked)
    messages.success(request, "主题已改，得分已更新。")
    return redirect("item", request.office.code, pk)


def item_of(request: DeskRequest, pk: int) -> Item:
    """The item in the address, as far as the reader may know of it; else 404."""
    items = Item.objects.visible_to(request.user, request.office).for_table()
    items = items.select_related("office", "answers__commission")
    item = get_object_or_404(items, pk=pk)
    request.about = item
    return item


def own_item(request: DeskRequest, pk: int) -> Item:
    """An item of a unit for which the reader writes; else 404."""
    item = item_of(request, pk)
    if not request.user.has_role(item.unit_id, Role.OFFICER):
        raise Http404
    return item


def told(item: Item, events: Iterable[ItemEvent]) -> list[ItemEvent]:
    """The events of which an item's unit is told: no decision that can still be undone, nor one that was."""
    kept: list[ItemEvent] = []
    for event in sorted(events, key=lambda one: (one.at, one.pk)):
        if event.move == UNDO:
            last = max((i for i, one in enumerate(kept) if one.move in DECISIONS), default=None)
            kept = [one for i, one in enumerate(kept) if i != last]
        else:
            kept.append(event)
    decided = [i for i, one in enumerate(kept) if one.move in DECISIONS]
    if item.held and decided:
        del kept[decided[-1]]
    return kept


def shown(request: DeskRequest, item: Item, status: int = 200, **forms: Any) -> HttpResponse:
    """An item's page, with what its reader may do."""
    account = request.user
    own = account.has_role(item.unit_id, Role.OFFICER, Role.SIGNER)
    events, reviews = item.events.select_related("actor"), Review.objects.filter(revision__item=item)
    if not own:
        events, reviews = events.exclude(move__in=INNER), reviews.filter(passed=True)
    works = account.works_at(item.office)
    if not works:  # what leaders wrote, and what the office says of publishing, is the office's
        reviews = reviews.filter(stage=ReviewStage.BEFORE_SUBMISSION) if own else reviews.none()
    revision = item.revision_for(account)
    revisions = sorted(item.revisions.select_related("author"), key=lambda one: one.number)
    reviews_now = may_review(account, item)  # who fails it sends it back
    rethinks = item.state == State.VALID and may_decide(account, item)
    writes, first = account.has_role(item.unit_id, Role.OFFICER), item.follows or item
    editor, charged = account.has_role(item.office.unit_id, Role.EDITOR), in_charge(account, item)
    context = {
        "item": item,
        # What was never submitted has no revision yet; its own unit, which alone sees it, reads the draft.
        "own": own,
        "text": revision or (Draft.objects.filter(item=item).first() if own else None),
        "revision": revision,
        "files": files_of(item, revision),
        "revisions": [one for one in revisions if own or one.sent_at],
        "may_edit": may_edit(account, item),
        "reviews": reviews.select_related("reviewer", "revision").order_by("at"),
        "may_review": reviews_now,
        "may_copy": writes,
        "asked": answers.answered_by(item) if works or own else None,
        "chain": chain_of(item, account),
        "may_follow": may_follow(account, first) if writes and item.number and first.urgent else None,
        "shares": item.shares.select_related("unit"),
        "adoptions": Adoption.objects.of(item)
        .select_related("channel", "item", "recorded_by", "revoked_by")
        .order_by("adopted_on", "id"),
        "sources": item.sources.select_related("item__unit") if item.state == State.MERGED else [],
        "pieces": item.pieces.filter(piece__state=State.MERGED)
        .select_related("piece")
        .annotate(used=Exists(Adoption.objects.live().filter(item=OuterRef("piece"))))
        if item.number
        else [],
        "may_share_out": item.state == State.MERGED and may_share_out(account, item),
        "forwardings": Forwarding.objects.filter(Q(item=item) | Q(item__sources__item=item))
        .select_related("channel", "item", "revoked_by")
        .order_by("forwarded_on", "id"),
        "instructions": item.instructions.order_by("given_on", "id") if works else [],
        "works": works,
        "continued": continued(item, account),
        "told": item.told_to(account),
        "may_undo": bool(works) and may_undo(account, item),
        "themes": Theme.objects.choices_for(item, timezone.localdate()) if rethinks else [],
        "events": events if works else told(item, events.exclude(move__in=(INSTRUCT, CLEARED))),
        "decides": may_move(account, item, "accept"),
        "moves": [
            (name, made)
            for name, made in MOVES.items()
            if not made.through
            and name not in DECISIONS
            and may_move(account, item, name)
            and not (reviews_now and name == "send_back")
        ],
        "may_adopt": may_adopt(account, item),
        "may_write": may_write(account, item),
        "editor": editor,
        "charge": charged,
        "may_revoke": editor and charged,
        "reason_form": ReasonForm(),
        "conversation": conversation(item, account),
        **forms,
    }
    return render(request, "submissions/item_detail.html", context, status=status)
