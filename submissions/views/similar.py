"""What is like an item: a list beside it, two side by side, and what is said of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from submissions import body, resemblances, similar
from submissions.drafts import hung_on_draft
from submissions.models import Answer, Draft, Item, Revision
from submissions.similarity import STRETCH, Kind, Piece, compare, marked
from submissions.states import State
from trail.acts import act
from units.desk import DeskRequest, at_office, say_refused
from units.models import Role
from units.verdicts import Refused, TooLate

PHRASE = 5  # characters: shorter ones two texts share by chance


@at_office
def similar_items(request: DeskRequest, pk: int) -> HttpResponse:
    """The items like this one; alone where a page loads them beside it, with ``list`` where that tells the rest."""
    item = item_here(request, pk)
    continued = [] if "list" in request.GET else resemblances.continued(item, request.user)
    context = {"item": item, "similar": alike(request, item), "continued": continued}
    of_page = "HX-Request" in request.headers
    return render(request, "partials/similar.html" if of_page else "submissions/similar.html", context)


@act("答复相近信息", ["answer", "seen"])
@at_office
def compare_items(request: DeskRequest, pk: int, other: int) -> HttpResponse:
    """Two items side by side; posted, what they are to each other."""
    item = item_here(request, pk)
    comparable = Item.objects.comparable_by(request.user, request.office).exclude(pk=pk)
    second = get_object_or_404(comparable.select_related("unit", "office"), pk=other)
    if request.method != "POST":
        return side_by_side(request, item, second)
    said = request.POST.get("answer", "")
    try:
        resemblances.answer(item, second, said, request.user, request.POST.get("seen", ""))
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return side_by_side(request, item, second, status=422)
    editor = request.user.has_role(request.office.unit_id, Role.EDITOR)
    if editor and said == Answer.SAME and item.state == State.SUBMITTED:
        return redirect(f"{reverse('read-item', args=[request.office.code, pk])}?same={other}#refuse")
    messages.success(request, f"已经记下：{Answer(said).label}。" if said else "答复已收回。")
    return redirect("compare-items", request.office.code, pk, other)


def item_here(request: DeskRequest, pk: int) -> Item:
    """The item in the address, as far as the reader may know of it; else 404. A merged piece is like its sources, of
    which its page tells."""
    items = Item.objects.visible_to(request.user, request.office).exclude(state=State.MERGED)
    items = items.select_related("office__unit", "unit")
    item = get_object_or_404(items, pk=pk)
    request.about = item
    return item


def text_of(request: DeskRequest, item: Item) -> Draft | Revision | None:
    """The text that the reader sees of an item: what went out; its unit the newest, which may be a draft."""
    if request.user.has_role(item.unit_id, Role.OFFICER, Role.SIGNER):
        return Draft.objects.filter(item=item).first() or item.newest_revision
    return item.sent_revision


def piece_of(text: Draft | Revision) -> Piece:
    """What of a text is compared."""
    return Piece(text.title, text.text if isinstance(text, Revision) else body.plain(text.body))


def outline_of(text: Draft | Revision) -> Piece:
    """The same as it is shown, with rows as rows and a word for each picture."""
    files = text.attachments.all() if isinstance(text, Revision) else hung_on_draft(text)
    captions = {one.file_id: one.caption for one in files}
    return Piece(text.title, body.outline(text.body, captions) if text.body else piece_of(text).text)


def alike(request: DeskRequest, item: Item) -> list[dict[str, Any]]:
    """The items like this one, each with what was said of it, but those that the reader's side called no matter.

    ``known``: the reader may open it; of what is only published the number and the state are not told.
    """
    text = text_of(request, item)
    if text is None:
        return []
    answers = resemblances.told(item, request.user)
    day = item.received_on or timezone.localdate()
    found = [
        one
        for one in similar.like(piece_of(text), request.office, request.user, day=day, but=item.pk)
        if not resemblances.hidden(answers.get(one.item.pk, []), request.user, item)
    ]
    known = known_of(request, [one.item.pk for one in found])
    return [
        {
            "item": one.item,
            "likeness": one.likeness,
            "answers": answers.get(one.item.pk, []),
            "known": one.item.pk in known,
        }
        for one in found
    ]


def known_of(request: DeskRequest, items: list[int]) -> set[int]:
    """Of these items those that the reader may open."""
    visible = Item.objects.visible_to(request.user, request.office)
    return set(visible.filter(pk__in=items).values_list("pk", flat=True)) if items else set()


def side_by_side(request: DeskRequest, item: Item, other: Item, status: int = 200) -> HttpResponse:
    """Of two that are nearly the same what differs is marked, of others what both have."""
    texts = (text_of(request, item), other.sent_revision)
    if texts[0] is None or texts[1] is None:
        raise Http404
    likeness = compare(piece_of(texts[0]), piece_of(texts[1]), similar.thresholds())
    here, there = outline_of(texts[0]), outline_of(texts[1])
    close = likeness is not None and likeness.kind in (Kind.COPY, Kind.MOSTLY)
    least = STRETCH if close else PHRASE
    answers = resemblances.told(item, request.user).get(other.pk, [])
    side = resemblances.side_of(request.user, item)
    known = known_of(request, [item.pk, other.pk])
    context = {
        "item": item,
        "other": other,
        "likeness": likeness,
        "close": close,
        "sides": [
            (one, piece, marked(piece.text, against, least), one.pk in known)
            for one, piece, against in ((item, here, there), (other, there, here))
        ],
        "answers": answers,
        "own": next((row for row in answers if row.unit_id == side), None),
        "choices": Answer.choices,
        "may_answer": resemblances.may_answer(request.user, item),
        "editor": request.user.works_at(request.office),
    }
    return render(request, "submissions/compare.html", context, status=status)
