"""Making one piece of several items (综合), and what share of it each has."""

import uuid
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.html import escape

from submissions import body
from submissions.forms import MergeForm
from submissions.joint import typed_shares
from submissions.mergers import MOST_SOURCES, Piece, in_words, merge, share_out
from submissions.models import Item
from submissions.permissions import may_merge, may_share_out
from submissions.secrecy import Marked
from submissions.stamps import stamp
from submissions.states import State
from submissions.views.items import item_of
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for, say_refused
from units.models import Role
from units.text import row_ids
from units.verdicts import Refused, TooLate


@act("综合", MergeForm.NAMES)
@at_office
def merge_items(request: DeskRequest) -> HttpResponse:
    """Write one piece beside the items that it is made of; the address names them, or the page that is sent back."""
    only_for(request, Role.EDITOR)
    typed = request.POST if request.method == "POST" else None
    names = row_ids((request.GET if typed is None else typed).getlist("items" if typed is None else "source"))
    sources = _named(request, names[: MOST_SOURCES + 1])
    beginning = "".join(f"<h3>{escape(item.title)}</h3>{_text_of(item)}" for item in sources) if typed is None else ""
    laid_out = body.clean(beginning)
    initial = {"token": uuid.uuid4().hex, "body": body.plain(laid_out), "html": laid_out}
    form = MergeForm(typed, initial=initial)
    refused, marked = "", False
    if typed is not None and form.is_valid():
        asked = form.cleaned_data
        try:
            wanted = _wanted(typed)
            piece = merge(request.office, Piece(asked["title"], asked["body"], wanted, asked["token"]), request.user)
        except (Refused, TooLate) as error:
            refused = str(error)
            request.refusal = getattr(error, "on_record", refused)
            marked = isinstance(error, Marked)
        else:
            told = f"已综合 {len(wanted)} 条。渠道采用以后，得分按份额记给各来源。"
            messages.success(request, told, extra_tags=f"merge-{request.office.code}")
            return redirect("item", request.office.code, piece.pk)
    context = {"form": form, "refused": refused, "marked": marked, "rows": _rows(request, sources, typed)}
    return render(request, "submissions/merge.html", context, status=422 if form.errors or refused else 200)


@act("改综合份额", ["source", "share", "drop", "seen"])
@at_office
def share_out_piece(request: DeskRequest, pk: int) -> HttpResponse:
    """Change what a piece is made of and what share each source has, until a channel has adopted it."""
    only_for(request, Role.EDITOR)
    piece = item_of(request, pk)
    if piece.state != State.MERGED:
        raise Http404
    typed = request.POST if request.method == "POST" else None
    if typed is not None:
        try:
            share_out(piece, _wanted(typed), typed.get("seen", ""), request.user)
        except (Refused, TooLate) as error:
            say_refused(request, error)
        else:
            messages.success(request, "来源和份额已改。")
            return redirect("item", request.office.code, pk)
    links = list(piece.sources.select_related("item__unit", "item__office"))
    shares = [f"{link.share.normalize():f}" for link in links]
    context = {
        "item": piece,
        "verdict": may_share_out(request.user, piece),
        "seen": stamp({"sources": in_words(piece)}),
        "rows": _rows(request, [link.item for link in links], typed, shares),
    }
    return render(request, "submissions/share_out.html", context, status=422 if typed is not None else 200)


def _named(request: DeskRequest, ids: Sequence[int]) -> list[Item]:
    """The items of these ids, in order, as far as the reader may know of them."""
    items = Item.objects.visible_to(request.user, request.office).filter(pk__in=ids, number__isnull=False)
    found = items.select_related("office", "unit").prefetch_related("revisions").in_bulk()
    return [found[pk] for pk in dict.fromkeys(ids) if pk in found]


def _text_of(item: Item) -> str:
    revision = item.sent_revision
    return revision.body if revision else ""


def _wanted(typed: QueryDict) -> list[tuple[int, int]]:
    """The sources that were sent, without those to be dropped, with their shares. Raises Refused."""
    dropped = set(typed.getlist("drop"))
    rows = list(zip_longest(typed.getlist("source"), typed.getlist("share"), fillvalue=""))
    kept = [(pk, share) for pk, share in rows if pk not in dropped]
    ids = row_ids([pk for pk, _ in kept])
    if len(ids) != len(kept):
        raise Refused("有一条来源不在这里，请重新选。")
    return list(zip(ids, typed_shares([(f"第 {n} 条", share) for n, (_, share) in enumerate(kept, 1)]), strict=True))


def _rows(
    request: DeskRequest, sources: Sequence[Item], typed: QueryDict | None, shares: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The sources as the page shows them: what was typed beside each, and why one cannot be used."""
    sent = dict(zip(typed.getlist("source"), typed.getlist("share"), strict=False)) if typed is not None else {}
    standing = dict(zip((item.pk for item in sources), shares, strict=False))
    return [
        {
            "item": item,
            "share": sent.get(str(item.pk), standing.get(item.pk, "")),
            "dropped": typed is not None and str(item.pk) in typed.getlist("drop"),
            "verdict": may_merge(request.user, item),
        }
        for item in sources
    ]
