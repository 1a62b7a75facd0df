"""The editor's queue: what waits, read and decided one after another, or several at once."""

import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from submissions import answers, saved_views, urgent
from submissions.comments import Conversation, conversation
from submissions.decisions import decide, undo
from submissions.differences import of_revisions
from submissions.drafts import files_of
from submissions.filters import QueueFilter
from submissions.follow_ups import chain_of
from submissions.forms import DecisionForm, ViewForm
from submissions.joint import units_of
from submissions.models import Comment, DecisionReason, Item, Review, SavedView, Theme
from submissions.models.items import ItemQuerySet
from submissions.permissions import may_decide, may_edit, may_undo
from submissions.states import DECISIONS, INNER, MOVES, State
from trail.acts import act
from trail.records import record
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import STAFF, Role
from units.text import row_id, row_ids
from units.verdicts import Refused, TooLate

JUST_DECIDED = "just_decided"  # in the session: what can still be undone, and until when
RECENT = 6  # items of the same unit shown beside
MOST_AT_ONCE = 50  # items of one act, which is a page of the queue


@at_office
def queue(request: DeskRequest) -> HttpResponse:
    """What waits, filtered by the address, a page at a time."""
    only_for(request, *STAFF)
    return shown_queue(request)


@at_office
def read_item(request: DeskRequest, pk: int) -> HttpResponse:
    """One item beside the queue, with what an editor needs to decide it."""
    only_for(request, *STAFF)
    item = an_item(request, pk)
    if item.state == State.MERGED:  # of which there is nothing to decide
        return redirect("item", request.office.code, pk)
    return reading(request, item, form=worded(request, item))


@never_cache
@require_safe
@at_office
def urgent_now(request: DeskRequest) -> JsonResponse:
    """What is urgent and waits, for the page that asks by itself."""
    only_for(request, Role.EDITOR)
    return JsonResponse(urgent.as_told(request.office))


@act("办理信息", ["do", "themes", "themed", "reasons", "say"])
@require_POST
@at_office
def decide_item(request: DeskRequest, pk: int) -> HttpResponse:
    """Decide an item and go on to the next, with the filters kept."""
    only_for(request, *STAFF)
    item = an_item(request, pk)
    form = DecisionForm(request.POST, office=request.office)
    if not form.is_valid():
        return reading(request, item, status=422, form=form)
    after = filter_of(request).next_of(item)
    try:
        decide(item, form.cleaned_data["do"], request.user, form.reason, form.themes)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return reading(request, an_item(request, pk), status=422, form=form)
    remember(request, [(item.pk, form.cleaned_data["do"], item.title)])
    if form.adopts:
        then = f"{kept(request)}{'&' if kept(request) else '?'}then={after.pk}" if after else kept(request)
        return HttpResponseRedirect(reverse("adopt-item", args=[request.office.code, pk]) + then)
    return to_reading(request, after)


@act("批量办理", ["items", "do", "reasons", "say"])
@at_office
def decide_several(request: DeskRequest) -> HttpResponse:
    """Asked by GET it shows how many and which before anything is done; posted, what became of each."""
    only_for(request, *STAFF)
    posted = request.method == "POST"
    asked = request.POST if posted else request.GET
    visible = Item.objects.visible_to(request.user, request.office).select_related("office", "unit")
    items = list(visible.filter(pk__in=chosen(asked)).order_by("-urgent", "waits_since", "id"))
    if not items or asked.get("do") not in DECISIONS:
        messages.warning(request, "还没有选中信息。请在标题前面打勾，再选办理方式。")
        return shown_queue(request)
    form = DecisionForm(asked if posted else None, office=request.office)
    context = {
        "items": items,
        "name": asked["do"],
        "do": MOVES[asked["do"]],
        "form": form,
        "reasons": DecisionReason.objects.filter(office=request.office),
        "query": kept(request),
    }
    if not posted or not form.is_valid():
        return render(request, "submissions/several.html", context, status=422 if posted else 200)
    fates = [(item, fate_of(request, item, form)) for item in items]
    done = [(item.pk, asked["do"], item.title) for item, refusal in fates if not refusal]
    remember(request, done)
    if not done:
        request.refusal = getattr(fates[0][1], "on_record", str(fates[0][1]))
    context |= {"fates": fates, "done": len(done), "undone": len(fates) - len(done)}
    return render(request, "submissions/several_done.html", context)


@act("撤销决定", ["items"])
@require_POST
@at_office
def undo_decisions(request: DeskRequest) -> HttpResponse:
    """Take back what was just decided, as far as it still can be."""
    only_for(request, *STAFF)
    visible = Item.objects.visible_to(request.user, request.office).select_related("office")
    items = list(visible.filter(pk__in=chosen(request.POST)))
    if not items:
        raise Http404
    for item in items:
        request.about = item
        try:
            undo(item, request.user)
        except (Refused, TooLate) as error:
            say_refused(request, error)
        else:
            messages.success(request, f"已撤销决定，仍然待审：{item.title}")
    forget(request, {item.pk for item in items})
    return to_reading(request, items[0]) if len(items) == 1 else back_to_queue(request)


@act("保存视图", ["name", "query", "drop"])
@require_POST
@at_office
def save_view(request: DeskRequest) -> HttpResponse:
    """Keep the filters in the address under a name, or drop a kept one."""
    only_for(request, *STAFF)
    form = ViewForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(form.sentence)
        name = form.cleaned_data["name"]
        if form.cleaned_data["drop"]:
            saved_views.drop(request.office, name, request.user)
        else:
            saved_views.keep(request.office, name, form.cleaned_data["query"], request.user)
    except Refused as error:
        say_refused(request, error)
    else:
        messages.success(request, f"视图“{name}”已{'删除' if form.cleaned_data['drop'] else '保存'}。")
    return back_to_queue(request)


@act("开关快捷键", ["keys", "item"])
@require_POST
@at_office
def switch_keys(request: DeskRequest) -> HttpResponse:
    """Let the keyboard decide, or not, for this person wherever they sign in."""
    only_for(request, *STAFF)
    with transaction.atomic():
        request.user.keys = request.POST.get("keys") == "1"
        request.user.save(update_fields=["keys"])
        record("开关快捷键", by=request.user, office=request.office.code, after={"keys": request.user.keys})
    pk = row_id(request.POST.get("item", ""))
    return to_reading(request, an_item(request, pk) if pk is not None else None)


def an_item(request: DeskRequest, pk: int) -> Item:
    """The item in the address, as far as the reader may know of it, without what only lists show; else 404."""
    items = Item.objects.visible_to(request.user, request.office)
    items = items.select_related("office", "unit", "kind", "answers__commission")
    item = get_object_or_404(items.annotate(talked=Exists(Comment.objects.filter(item=OuterRef("pk")))), pk=pk)
    request.about = item
    return item


def chosen(asked: QueryDict) -> list[int]:
    """Ids of the items that were ticked, a page of the queue at most."""
    return row_ids(asked.getlist("items")[:MOST_AT_ONCE])


def shown_queue(request: DeskRequest) -> HttpResponse:
    views = SavedView.objects.filter(account=request.user, office=request.office)
    editor = request.user.has_role(request.office.unit_id, Role.EDITOR)
    context = {"filter": filter_of(request), "views": list(views), "editor": editor}
    return render(request, "submissions/queue.html", context)


def filter_of(request: DeskRequest) -> QueueFilter:
    return QueueFilter(request.GET.dict(), request.user, request.office)


def reading(
    request: DeskRequest,
    item: Item,
    status: int = 200,
    form: DecisionForm | None = None,
    talk: Conversation | None = None,
) -> HttpResponse:
    """The page of an item in the queue. ``form`` is a decision that was refused, ``talk`` has a comment that was."""
    chosen = filter_of(request)
    rows = chosen.page
    place = next((i for i, row in enumerate(rows) if row.pk == item.pk), None)
    sent = item.revisions.filter(sent_at__isnull=False).select_related("author").order_by("-number")[:2]
    revision, before = [*sent, None, None][:2]
    events = list(item.events.select_related("actor").order_by("at", "id"))
    context = {
        "item": item,
        "filter": chosen,
        "query": chosen.here,
        "previous": rows[place - 1] if place else None,
        "next": next((row for row in rows[0 if place is None else place + 1 :] if row.pk != item.pk), None),
        "revision": revision,
        "text": revision,
        "files": files_of(item, revision) if revision else [],
        "changes": of_revisions(before, revision) if before and revision else [],
        "before": before,
        "asked": answers.answered_by(item),
        "shares": item.shares.select_related("unit"),
        "themes": Theme.objects.choices_for(item, timezone.localdate()),
        "reviews": Review.objects.filter(revision=revision, passed=True).select_related("reviewer"),
        "signed": next((event for event in reversed(events) if event.move == "sign"), None),
        "returned": next((event for event in reversed(events) if event.move == "return"), None),
        "events": [event for event in events if event.move not in INNER],
        "recent": recent(request, item),
        "chain": chain_of(item, request.user),
        "verdict": may_decide(request.user, item),
        "may_edit": may_edit(request.user, item),
        "waits": item.state == State.SUBMITTED,
        "may_undo": item.held and may_undo(request.user, item),
        "form": form or DecisionForm(office=request.office),
        "reasons": DecisionReason.objects.filter(office=request.office),
        "conversation": talk or conversation(item, request.user),
    }
    return render(request, "submissions/reading.html", context, status=status)


def worded(request: DeskRequest, item: Item) -> DecisionForm | None:
    """The decision with the reason already there, where the address names the item that this one repeats."""
    pk = row_id(request.GET.get("same", ""))
    if pk is None:
        return None
    comparable = Item.objects.comparable_by(request.user, request.office).exclude(pk=item.pk).filter(pk=pk)
    said = repeats(item, comparable)[:300] if comparable else ""
    usual = DecisionReason.objects.filter(office=request.office, text__contains="重复")[:1] if said else []
    return DecisionForm(office=request.office, initial={"say": said, "reasons": list(map(str, usual))})


def repeats(item: Item, other: ItemQuerySet) -> str:
    """That an item repeats another, in words that its units read: they hear no more of it than they may know."""
    if own := other.of_all(units_of(item)).first():
        return f"和编号 {own.number} 的《{own.title}》重复"
    if public := other.published().first():
        return f"和已公开的《{public.title}》重复"
    return "与已收到的另一条信息重复"


def recent(request: DeskRequest, item: Item) -> list[Item]:
    """What else the unit sent last."""
    items = Item.objects.visible_to(request.user, request.office).filter(unit=item.unit_id).exclude(pk=item.pk)
    return list(items.exclude(received_on=None).newest_first()[:RECENT])


def fate_of(request: DeskRequest, item: Item, form: DecisionForm) -> Refused | TooLate | None:
    """Decide one of several; None where it was done, else why not."""
    try:
        decide(item, form.cleaned_data["do"], request.user, form.reason)
    except (Refused, TooLate) as error:
        return error
    return None


def remember(request: DeskRequest, decided: list[tuple[int, str, str]]) -> None:
    """Keep at hand what was decided, the newest act last, for the line that offers to undo it."""
    now = timezone.now()
    until = now + datetime.timedelta(seconds=settings.UNDO_SECONDS)
    items = [{"pk": pk, "label": MOVES[move].label, "title": title[:60]} for pk, move, title in decided]
    earlier = [one for one in request.session.get(JUST_DECIDED, []) if one["until"] > now.isoformat()]
    request.session[JUST_DECIDED] = [*earlier, {"until": until.isoformat(), "items": items}] if items else earlier


def forget(request: DeskRequest, decided: set[int]) -> None:
    """These can no longer be undone, or were."""
    acts = request.session.get(JUST_DECIDED, [])
    left = [{**one, "items": [item for item in one["items"] if item["pk"] not in decided]} for one in acts]
    request.session[JUST_DECIDED] = [one for one in left if one["items"]]


def to_reading(request: DeskRequest, item: Item | None) -> HttpResponse:
    """On to an item with the filters kept, or to the queue where there is none."""
    if item is None:
        return back_to_queue(request)
    address = reverse("read-item", args=[request.office.code, item.pk])
    return HttpResponseRedirect(address + kept(request))


def back_to_queue(request: DeskRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("queue", args=[request.office.code]) + kept(request))


def kept(request: DeskRequest) -> str:
    """The filters in the address."""
    asked = {name: request.GET[name] for name in (*QueueFilter.NAMES, "after") if request.GET.get(name)}
    return f"?{urlencode(asked)}" if asked else ""
