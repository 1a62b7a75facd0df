"""Pages on which an editor records, beside its effect on the scores, what channels did with an item."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from scoring.effects import Effect, effects_of
from submissions.adoptions import instruct, record_uses, revoke
from submissions.filters import QueueFilter
from submissions.forms import InstructionForm, ReasonForm, ReviewForm, UseForm
from submissions.models import Adoption, Channel, Forwarding, Instruction, Item
from submissions.models.adoptions import Revocable
from submissions.permissions import is_cleared, may_adopt, may_clear, may_revoke
from submissions.reviews import clear
from submissions.states import State
from submissions.views.items import item_of
from submissions.views.queue import forget, to_reading
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import STAFF, Role
from units.text import row_id
from units.verdicts import Refused, TooLate


def an_editors(request: DeskRequest, pk: int) -> Item:
    """An item, for an editor of the office; for everybody else there is no such page."""
    only_for(request, Role.EDITOR)
    return item_of(request, pk)


# The page is one form with three ends, so that what was typed for one outlives the others.
TYPED = (*UseForm.NAMES, "number", "statement", "result", "leader", "given_on", "text")


@act("登记采用", TYPED)
@at_office
def adopt_item(request: DeskRequest, pk: int) -> HttpResponse:
    """One act for what one or several channels did; asked by GET it shows what the scores would do."""
    item = an_editors(request, pk)
    forms = use_forms(request, item)
    if request.method != "POST":
        part = "portal/effects.html" if request.headers.get("HX-Target") == "effects" else "portal/adopt.html"
        return render(request, part, page(request, item, forms))
    if not are_valid(forms):
        return render(request, "portal/adopt.html", page(request, item, forms), status=422)
    try:
        made = record_uses(item, [form.use for form in forms if form.is_used], request.user)
    except (Refused, TooLate) as error:
        item.refresh_from_db()  # as it is, not as it was half done
        request.refusal = getattr(error, "on_record", str(error))
        return render(request, "portal/adopt.html", page(request, item, forms, str(error)), status=422)
    forget(request, {item.pk})  # what was built on is not undone
    messages.success(request, f"已登记：{'；'.join(map(str, made))}。得分已更新。")
    then = row_id(request.GET.get("then", ""))
    if then is not None:  # back to the queue from which it was opened
        return to_reading(request, Item.objects.visible_to(request.user, request.office).filter(pk=then).first())
    return redirect("item", request.office.code, pk)


@act("公开前审查", TYPED)
@require_POST
@at_office
def clear_item(request: DeskRequest, pk: int) -> HttpResponse:
    """Record the office's review of the text on the page, before any public channel may have it."""
    only_for(request, Role.EDITOR, Role.MANAGER)
    item = item_of(request, pk)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return render(
            request, "portal/adopt.html", page(request, item, use_forms(request, item), review=form), status=422
        )
    asked = form.cleaned_data
    try:
        clear(item, asked["number"], request.user, asked["statement"], passed=asked["result"] == "pass")
    except (Refused, TooLate) as error:
        say_refused(request, error)
        typed = page(request, item, use_forms(request, item), review=form)
        return render(request, "portal/adopt.html", typed, status=422)
    messages.success(request, "公开前审查已记录。")
    return back(request, item)


@act("登记批示", TYPED)
@require_POST
@at_office
def instruct_item(request: DeskRequest, pk: int) -> HttpResponse:
    """Record a leader's instruction."""
    item = an_editors(request, pk)
    form = InstructionForm(request.POST)
    if form.is_valid():
        try:
            made = instruct(item, by=request.user, **form.cleaned_data)
        except (Refused, TooLate) as error:
            form.add_error(None, str(error))
            request.refusal = getattr(error, "on_record", str(error))
        else:
            messages.success(request, f"已登记：{made}。批示不计分。")
            return back(request, item)
    return render(
        request, "portal/adopt.html", page(request, item, use_forms(request, item), instruction=form), status=422
    )


KINDS: dict[str, type[Revocable]] = {"adoption": Adoption, "forwarding": Forwarding, "instruction": Instruction}


@act("撤销", ["reason"])
@at_office
def revoke_record(request: DeskRequest, kind: str, pk: int) -> HttpResponse:
    """Ask for the reason beside what it does to the scores, then take back what stands on record."""
    items = Item.objects.visible_to(request.user, request.office)
    if kind != "adoption":
        only_for(request, *STAFF)
    records: QuerySet[Any] = KINDS[kind]._default_manager.select_related("item__office")
    thing: Revocable = get_object_or_404(records, pk=pk, item__in=items)
    request.about = thing
    verdict = may_revoke(request.user, thing)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            revoke(thing, request.user, form.cleaned_data["reason"])
        except (Refused, TooLate) as error:
            form.add_error(None, str(error))
            request.refusal = getattr(error, "on_record", str(error))
        else:
            told = "，得分已更新。已经封存的报送期不变，差额记入其后没有封存的报送期。" if kind == "adoption" else "。"
            messages.success(request, f"{thing._meta.verbose_name}已撤销{told}")
            return redirect("item", request.office.code, thing.item_id)
    context: dict[str, Any] = {"thing": thing, "kind": kind, "verdict": verdict, "form": form}
    if isinstance(thing, Adoption):
        context["credits"] = thing.credits.select_related("item", "unit").order_by("id")
    if verdict and kind == "adoption":
        context["effects"] = effects_of(lambda: revoke(thing, request.user, "试算"), thing.item)
    return render(request, "portal/revoke.html", context, status=422 if form.errors else 200)


def use_forms(request: DeskRequest, item: Item) -> list[UseForm]:
    """A form for each channel in use, filled from what was posted or, to ask for the effect, from the address."""
    channels = Channel.objects.filter(office=request.office, active=True).prefetch_related("columns")
    typed = request.POST if "channel" in request.POST else request.GET if "channel" in request.GET else None
    before = list(Adoption.objects.of(item).live().values_list("channel", "adopted_on"))
    return [UseForm(typed, channel=one, before=[day for pk, day in before if pk == one.pk]) for one in channels]


def are_valid(forms: list[UseForm]) -> bool:
    """Whether all rows are right; each is asked, so that all that is wrong is told at once."""
    return not sum(not form.is_valid() for form in forms if form.is_bound)


def page(request: DeskRequest, item: Item, forms: list[UseForm], refused: str = "", **more: Any) -> dict[str, Any]:
    """What the page of an item's adoptions shows."""
    revision = item.sent_revision
    effects, why_not = effects_asked(request, item, forms)
    priced = {effect.channel for effect in effects or ()}
    sources = item.sources.select_related("item__unit") if item.state == State.MERGED else []
    asked = [str(form.channel) for form in forms if form.is_bound and form.cleaned_data.get("adopted_on")]
    return {
        "item": item,
        "forms": forms,
        "refused": refused,
        "verdict": may_adopt(request.user, item),
        "revision": revision,
        "cleared": is_cleared(item),
        "may_clear": may_clear(request.user, item, revision),
        "shares": item.shares.select_related("unit"),
        "sources": sources,
        "waiting": [link.item for link in sources if link.item.state == State.SUBMITTED],
        "effects": effects,
        "why_not": why_not,
        "unpriced": [channel for channel in asked if channel not in priced],
        "review": ReviewForm(),
        "instruction": InstructionForm(),
        "here": came_with(request),
        **more,
        "wrong": told_on_top(forms, more),
    }


def told_on_top(forms: list[UseForm], others: dict[str, Any]) -> list[tuple[str, str]]:
    """What is wrong anywhere on the page: where it stands, and the sentence."""
    found = [
        (f"{form.channel.pk}-{field}", f"{form.channel}：{errors[0]}")
        for form in forms
        if form.is_bound
        for field, errors in form.errors.items()
    ]
    for form in others.values():
        if isinstance(form, ReviewForm | InstructionForm):
            told = [(field, str(errors[0])) for field, errors in form.errors.items()]
            found += [(form[field].id_for_label, sentence) for field, sentence in told if field in form.fields]
    return found


def effects_asked(request: DeskRequest, item: Item, forms: list[UseForm]) -> tuple[list[Effect] | None, str]:
    """What the dates on the page would do to the scores; None while there are none, with why where it cannot be."""
    if not are_valid(forms):
        return None, ""
    uses = [form.use for form in forms if form.is_used]
    if not any(use.adopted_on for use in uses):
        return None, ""
    try:
        tried = Item.objects.select_related("office").get(pk=item.pk)  # the page shows the item as it is
        return effects_of(lambda: record_uses(tried, uses, request.user), item), ""
    except (Refused, TooLate) as error:
        return None, str(error)


def came_with(request: DeskRequest) -> str:
    """The part of the address that says where the reader goes on: the next item, with the queue's filters."""
    asked = {name: request.GET[name] for name in ("then", "after", *QueueFilter.NAMES) if request.GET.get(name)}
    return f"?{urlencode(asked)}" if asked else ""


def back(request: DeskRequest, item: Item) -> HttpResponse:
    """To the page again, with what was typed there for the channels."""
    typed = [(name, value) for name in UseForm.NAMES for value in request.POST.getlist(name)]
    typed = typed if any(value for name, value in typed if name != "channel") else []
    here = came_with(request)
    address = f"{here or '?'}{'&' if here else ''}{urlencode(typed)}" if typed else here
    return HttpResponseRedirect(reverse("adopt-item", args=[request.office.code, item.pk]) + address)
