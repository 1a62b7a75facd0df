"""The items: list, filter, detail, and the decisions on them."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from submissions.body import plain
from submissions.charges import charge
from submissions.drafts import LEAST, discard, draft_of, is_sent, missing, submit, warnings, write, written_with
from submissions.filters import ItemFilter
from submissions.forms import AdoptionForm, ChargeForm, ReasonForm, WriteForm
from submissions.models import Adoption, Draft, Item
from submissions.moves import adopt, move, revoke
from submissions.permissions import in_charge, may_adopt, may_move, may_revoke, may_write, units_to_write_for
from submissions.states import MOVES, State
from trail.acts import act
from units.desk import DeskRequest, at_office, say_refused
from units.models import Membership, Role, Unit
from units.permissions import may_keep_accounts, may_take
from units.verdicts import Refused, TooLate


@at_office
def item_list(request: DeskRequest) -> HttpResponse:
    """Items newest first, filtered by the address, a page at a time."""
    items = ItemFilter(request.GET, request.user, request.office)
    return render(request, "submissions/item_list.html", {"filter": items})


@at_office
def item_detail(request: DeskRequest, pk: int) -> HttpResponse:
    return _detail(request, _item(request, pk))


@act("办理信息", ["reason"])
@require_POST
@at_office
def move_item(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """Make a move; one that is refused or too late shows the item as it is now, with the sentence."""
    item = _item(request, pk)
    form = ReasonForm(request.POST)
    needed = name in MOVES and MOVES[name].needs_reason
    if needed and not form.is_valid():
        return _detail(request, item, status=422, refused_move=name, reason_form=form)
    try:
        if name in MOVES and MOVES[name].by_writing:
            raise Refused("请在写信息的页面上报送，那里会先检查文字。")
        move(item, name, request.user, form.cleaned_data["reason"] if needed else "")
    except (Refused, TooLate) as error:
        say_refused(request, error)
    else:
        messages.success(request, f"已{MOVES[name].label}：{item.title}")
    return redirect("item", request.office.code, pk)


@act("登记采用", ["channel", "adopted_on", "title"])
@require_POST
@at_office
def adopt_item(request: DeskRequest, pk: int) -> HttpResponse:
    item = _item(request, pk)
    form = AdoptionForm(request.POST, office=request.office)
    if not form.is_valid():
        return _detail(request, item, status=422, adoption_form=form)
    try:
        adoption = adopt(
            item,
            form.cleaned_data["channel"],
            form.cleaned_data["adopted_on"],
            request.user,
            form.cleaned_data["title"],
        )
    except (Refused, TooLate) as error:
        say_refused(request, error)
    else:
        messages.success(request, f"已登记：{adoption}。得分已更新。")
    return redirect("item", request.office.code, pk)


@act("撤销采用", ["reason"])
@at_office
def revoke_adoption(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then take the adoption back."""
    items = Item.objects.visible_to(request.user, request.office)
    adoption = get_object_or_404(Adoption.objects.select_related("item__office", "channel"), pk=pk, item__in=items)
    request.about = adoption
    verdict = may_revoke(request.user, adoption)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            revoke(adoption, request.user, form.cleaned_data["reason"])
        except (Refused, TooLate) as error:
            say_refused(request, error)
        else:
            messages.success(request, "采用已撤销，得分已更新。已经封存的报送期不变，差额记入其后没有封存的报送期。")
        return redirect("item", request.office.code, adoption.item_id)
    context = {"adoption": adoption, "verdict": verdict, "form": form}
    return render(request, "submissions/revoke.html", context, status=422 if form.errors else 200)


WRITTEN = ["token", "version", "unit", "title", "kind", "body", "themes", "authors", "responsible", "urgent", "do"]


@act("写信息", WRITTEN)
@never_cache
@at_office
def write_item(request: DeskRequest, pk: int | None = None) -> HttpResponse:
    """Write an item, new or one's own draft or returned one: save it, as the page does by itself, or submit it."""
    item = _own_item(request, pk) if pk else None
    units = [item.unit] if item else units_to_write_for(request.user, request.office)
    if not units:
        raise Http404
    if request.method != "POST":
        if item and not (verdict := may_write(request.user, item)):
            messages.warning(request, verdict.reason)
            return redirect("item", request.office.code, item.pk)
        return _writing(request, item, _empty_form(request, item, units))
    form = WriteForm(request.POST, office=request.office, units=units)
    if not form.is_valid():
        return _not_saved(request, item, form, " ".join(str(errors[0]) for errors in form.errors.values()))
    submitting = request.POST.get("do") == "submit"
    asked, by_itself = form.cleaned_data, bool(request.headers.get("X-Autosave"))
    try:
        draft = write(
            request.office, item, asked["unit"], asked["token"], form.typed, request.user, by_itself=by_itself
        )
        if submitting:
            return _submit(request, draft, form)
    except (Refused, TooLate) as error:
        there = item or written_with(asked["token"], request.user)
        if submitting and there and is_sent(there, form.typed):
            return redirect("item", request.office.code, there.pk)  # it is there, with its receipt
        return _not_saved(request, item, form, str(error), getattr(error, "on_record", str(error)))
    if by_itself:
        answer = {"version": draft.version, "at": f"{timezone.localtime(draft.saved_at):%H:%M:%S}"}
        address = reverse("write-item", args=[request.office.code, draft.item_id])
        return JsonResponse({**answer, "address": address, "warnings": warnings(form.typed)})
    messages.success(request, "草稿已保存。")
    return redirect("write-item", request.office.code, draft.item_id)


def _submit(request: DeskRequest, draft: Draft, form: WriteForm) -> HttpResponse:
    try:
        item = submit(draft, request.user)
    except Refused as error:
        again = request.POST.copy()
        again["version"] = str(draft.version)  # the text is saved, if not submitted
        form.data = again
        for name, sentence in missing(draft).items():
            form.add_error(name, sentence)
        return _not_saved(request, draft.item, form, str(error))
    sent = f"已报送，编号 {item.number}。" if item.number else "已交本单位签发人。"
    messages.success(request, f"{sent}《{item.title}》")
    return redirect("item", request.office.code, item.pk)


def _not_saved(
    request: DeskRequest, item: Item | None, form: WriteForm, sentence: str, on_record: str = ""
) -> HttpResponse:
    """What was typed stays in the page, with the sentence; the trail gets ``on_record``, which quotes no text."""
    request.refusal = on_record or sentence
    if request.headers.get("X-Autosave"):
        return JsonResponse({"error": sentence}, status=409)
    return _writing(request, item, form, status=422, refused=sentence)


def _writing(request: DeskRequest, item: Item | None, form: WriteForm, status: int = 200, **more: Any) -> HttpResponse:
    returned = item and item.state == State.RETURNED
    context = {
        "item": item,
        "form": form,
        "remarks": item.events.filter(move="return").order_by("-at").first() if item and returned else None,
        "draft": Draft.objects.filter(item=item).select_related("saved_by").first() if item else None,
        "least": LEAST,
        **more,
    }
    return render(request, "submissions/write.html", context, status=status)


def _empty_form(request: DeskRequest, item: Item | None, units: list[Unit]) -> WriteForm:
    """The form of a new item, or filled from the draft."""
    if item is None:
        initial: dict[str, Any] = {"token": secrets.token_hex(16), "version": 0, "unit": units[0]}
        return WriteForm(initial=initial, office=request.office, units=units)
    draft = draft_of(item, request.user)
    names = ("version", "title", "kind", "authors", "responsible", "urgent", "themes")
    initial = {name: getattr(draft, name) for name in names}
    initial |= {"token": item.form_token or secrets.token_hex(16), "unit": item.unit, "body": plain(draft.body)}
    return WriteForm(initial=initial, office=request.office, units=units)


def _own_item(request: DeskRequest, pk: int) -> Item:
    """An item of a unit for which the reader writes."""
    item = _item(request, pk)
    if not request.user.has_role(item.unit_id, Role.OFFICER):
        raise Http404
    return item


@act("删除草稿")
@require_POST
@at_office
def discard_draft(request: DeskRequest, pk: int) -> HttpResponse:
    item = _own_item(request, pk)
    try:
        discard(item, request.user)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return redirect("item", request.office.code, pk)
    messages.success(request, f"草稿《{item.title}》已删除。")
    return redirect("items", request.office.code)


@act("改分管", ["groups", "themes"])
@at_office
def charge_editor(request: DeskRequest, pk: int) -> HttpResponse:
    """Which groups and themes an editor of the office is for; for those who keep its accounts."""
    if not may_keep_accounts(request.user, request.office):
        raise Http404
    editors = Membership.objects.filter(unit=request.office.unit_id, role=Role.EDITOR)
    membership = get_object_or_404(editors.select_related("account", "unit"), pk=pk)
    request.about = membership.account
    typed = request.POST if request.method == "POST" else None
    form = ChargeForm(typed, membership=membership, office=request.office)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            charge(membership, chosen["groups"], chosen["themes"], request.office, request.user)
        except Refused as error:
            say_refused(request, error)
        else:
            messages.success(request, f"{membership.account}分管的已经改好。")
        return redirect("account", request.office.code, membership.account_id)
    context = {"form": form, "membership": membership, "verdict": may_take(request.user, membership, request.office)}
    return render(request, "submissions/charge.html", context, status=422 if form.errors else 200)


def _item(request: DeskRequest, pk: int) -> Item:
    items = Item.objects.visible_to(request.user, request.office).for_table().select_related("office")
    item = get_object_or_404(items, pk=pk)
    request.about = item
    return item


def _detail(request: DeskRequest, item: Item, status: int = 200, **forms: Any) -> HttpResponse:
    account = request.user
    events = item.events.select_related("actor")
    editor, charged = account.has_role(item.office.unit_id, Role.EDITOR), in_charge(account, item)
    context = {
        "item": item,
        # What was never submitted has no revision yet; its own unit, which alone sees it, reads the draft.
        "revision": item.revisions.order_by("-number").first() or Draft.objects.filter(item=item).first(),
        "shares": item.shares.select_related("unit"),
        "adoptions": item.adoptions.select_related("channel", "recorded_by", "revoked_by").order_by("adopted_on", "id"),
        "events": events,
        "moves": [
            (name, made) for name, made in MOVES.items() if not made.by_writing and may_move(account, item, name)
        ],
        "may_adopt": may_adopt(account, item),
        "may_write": may_write(account, item),
        "editor": editor,
        "charge": charged,
        "may_revoke": editor and charged,
        "reason_form": ReasonForm(),
        "adoption_form": AdoptionForm(office=item.office),
        **forms,
    }
    return render(request, "submissions/item_detail.html", context, status=status)
