"""Writing: a new item, one's own draft, a returned one; the files and the units that go with it."""

import logging
import secrets
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from submissions import answers, drafts, files, joint
from submissions.body import plain
from submissions.forms import WriteForm
from submissions.inspection import CONTENT_TYPES
from submissions.models import Channel, CommissionedUnit, Draft, Item, ItemEvent, ItemFile, Theme
from submissions.models.files import kept
from submissions.permissions import may_follow, may_write, units_to_write_for
from submissions.states import State
from submissions.templatetags.figures import size
from submissions.views.items import own_item
from submissions.views.similar import alike
from trail.acts import act
from units.desk import DeskRequest, at_office, say_refused
from units.models import Role, Unit
from units.text import one_line, row_id
from units.verdicts import Refused, TooLate

log = logging.getLogger(__name__)
WRITTEN = [
    *("token", "version", "unit", "title", "kind", "body", "html", "editor", "themes", "authors", "responsible"),
    *("urgent", "final", "joint", "share", "file", "caption", "drop", "files", "page", "turn", "do"),
    "ask",  # a page without scripts asks before it submits whether something is like the text
]


@act("写信息", WRITTEN)
@never_cache
@at_office
def write_item(request: DeskRequest, pk: int | None = None) -> HttpResponse:
    """Write an item, new or one's own draft or returned one: save it, as the page does by itself, or submit it."""
    item = own_item(request, pk) if pk else None
    first = None if item else _carried_on(request)
    units = [one.unit] if (one := item or first) else units_to_write_for(request.user, request.office)
    if not units:
        raise Http404
    if request.method != "POST":
        token = "" if item else one_line(request.GET.get("draft", ""))[:32]
        if token and (there := drafts.written_with(token, request.office, request.user)):
            return redirect("write-item", request.office.code, there.pk)  # saved while it was left for another page
        if first and not (verdict := may_follow(request.user, first)):
            messages.warning(request, verdict.reason)
            return redirect("item", request.office.code, first.pk)
        if item and not (verdict := may_write(request.user, item)):
            messages.warning(request, verdict.reason)
            return redirect("item", request.office.code, item.pk)
        return _page(request, item, _filled_form(request, item, units))
    form = WriteForm(request.POST, office=request.office, units=units, item=item)
    if not form.is_valid():
        return _not_saved(request, item, form, " ".join(str(errors[0]) for errors in form.errors.values()))
    try:
        return _written(request, item, form)
    except (Refused, TooLate) as error:
        there = item or drafts.written_with(form.cleaned_data["token"], request.office, request.user)
        if _submits(request) and there and drafts.is_sent(there, form.typed):
            return redirect("item", request.office.code, there.pk)  # it is there, with its receipt
        newer = isinstance(error, TooLate)
        return _not_saved(request, item, form, str(error), getattr(error, "on_record", str(error)), newer=newer)


def _carried_on(request: DeskRequest) -> Item | None:
    """The first report of those that the one in the address belongs to, which a new page carries on; else None. Another
    unit's is none."""
    pk = row_id(request.GET.get("follows", ""))
    if pk is None:
        return None
    item = own_item(request, pk)
    return item.follows or item


def _submits(request: DeskRequest) -> bool:
    return request.POST.get("do") == "submit"


def _written(request: DeskRequest, item: Item | None, form: WriteForm) -> HttpResponse:
    """Save what stands in the page, with the files that came along; then submit it where that is asked.

    Raises Refused or TooLate where nothing could be saved.
    """
    asked, by_itself = form.cleaned_data, bool(request.headers.get("X-Autosave"))
    if item is None and not (asked["title"] or asked["body"] or form.shares_typed or request.FILES):
        raise Refused("还没有写标题和正文，没有存。")
    draft = drafts.write(
        request.office,
        item,
        asked["unit"],
        asked["token"],
        form.typed,
        request.user,
        by_itself=by_itself,
        commission=_commission(request),
        follows=row_id(request.GET.get("follows", "")),
    )
    if by_itself:
        return _saved_by_itself(request, draft, form)
    draft, wrong = _with_uploads(request, draft, form.typed)
    form.now(draft)
    for told in filter(None, [_not_linked(request, draft.item), form.ended]):
        messages.warning(request, told)
    if wrong:
        return _not_saved(request, draft.item, form, str(wrong), getattr(wrong, "on_record", ""), saved=True)
    if _submits(request):
        if request.POST.get("ask") and (found := alike(request, draft.item)):
            return _asked(request, draft, form, found)
        return _submitted(request, draft, form)
    messages.success(request, "草稿已保存。")
    return redirect("write-item", request.office.code, draft.item_id)


def _saved_by_itself(request: DeskRequest, draft: Draft, form: WriteForm) -> JsonResponse:
    """What the page needs to go on: the version it now stands on, and what to warn of."""
    at = [request.office.code, draft.item_id]
    not_linked = _not_linked(request, draft.item)
    return JsonResponse(
        {
            "version": draft.version,
            "at": f"{timezone.localtime(draft.saved_at):%H:%M:%S}",
            "address": reverse("write-item", args=at) + (f"?commission={_commission(request)}" if not_linked else ""),
            "upload": reverse("add-file", args=at),
            "warnings": [*filter(None, [not_linked, form.ended]), *drafts.warnings(form.typed)],
        }
    )


def _commission(request: DeskRequest) -> int | None:
    """The commission that the page was opened to answer."""
    return row_id(request.GET.get("commission", ""))


def _not_linked(request: DeskRequest, item: Item | None, units: Collection[Unit] = ()) -> str:
    """Why an item does not answer what its page was opened for, or will not; empty where it does, or nothing was."""
    pk = _commission(request)
    if pk is None or (item and CommissionedUnit.objects.filter(item=item, commission=pk).exists()):
        return ""
    return answers.why_not(answers.asked_for(pk, request.office, [item.unit] if item else units), request.user)


def _with_uploads(request: DeskRequest, draft: Draft, typed: drafts.Typed) -> tuple[Draft, Refused | None]:
    """The draft with the files that came with the page hung on, and what was wrong with one that was not taken."""
    taken, wrong = [], None
    for upload in request.FILES.getlist("files"):
        try:
            taken.append(_added(request, draft.item, upload).file)
        except Refused as error:
            wrong = wrong or error
    if taken:
        hung = [*typed.files, *([file.pk, ""] for file in taken)]
        draft = drafts.save(draft.item, replace(typed, version=draft.version, files=hung), request.user)
    return draft, wrong


def _added(request: DeskRequest, item: Item, upload: UploadedFile) -> files.Added:
    return files.add(item, upload.name or "", upload.read(), request.user, upload.size)


def _asked(request: DeskRequest, draft: Draft, form: WriteForm, found: list[dict[str, Any]]) -> HttpResponse:
    """Before submitting, once: what is like the text. Pressing again submits it."""
    sentence = f"有 {len(found)} 条相近的信息，列在检查旁边。看过了，再按一次就报送。"
    return _page(request, draft.item, form, status=422, refused=sentence, saved=True, similar=found)


def _submitted(request: DeskRequest, draft: Draft, form: WriteForm) -> HttpResponse:
    """Submit a draft; one that lacks something comes back as it was saved. Raises TooLate."""
    try:
        item = drafts.submit(draft, request.user)
    except Refused as error:
        for name, sentence in drafts.missing(draft).items():
            form.add_error(name, sentence)
        return _not_saved(request, draft.item, form, str(error), saved=True)
    if item.state == State.SUBMITTED:
        sent = f"已报送，编号 {item.number}。"
    elif item.unit.needs_review:
        sent = "已交本单位另一人做报送前审查。"
    else:
        sent = "已交本单位签发人。"
    messages.success(request, f"{sent}《{item.title}》")
    for warning in drafts.warnings(form.typed):
        messages.warning(request, warning)
    return redirect("item", request.office.code, item.pk)


def _not_saved(
    request: DeskRequest,
    item: Item | None,
    form: WriteForm,
    sentence: str,
    on_record: str = "",
    *,
    saved: bool = False,
    newer: bool = False,
) -> HttpResponse:
    """What was typed stays in the page, with the sentence; the trail gets ``on_record``, which quotes no text.

    ``saved``: the text was, and only what should come after it was not done. ``newer``: a newer one is there.
    """
    request.refusal = on_record or sentence
    if request.headers.get("X-Autosave"):
        marked = on_record not in ("", sentence)
        return JsonResponse({"error": sentence, "newer": newer, "marked": marked}, status=409)
    files_lost = bool(request.FILES) and not saved
    return _page(request, item, form, status=422, refused=sentence, saved=saved, files_lost=files_lost)


def _page(request: DeskRequest, item: Item | None, form: WriteForm, status: int = 200, **more: Any) -> HttpResponse:
    chosen, shares = set(map(str, form["themes"].value() or [])), form.shares_typed
    asked = answers.answered_by(item) if item else answers.asked_for(_commission(request), request.office, form.units)
    not_linked = _not_linked(request, item, form.units)
    first = item.follows if item else _carried_on(request)
    context = {
        "asked": None if not_linked else asked,
        "not_linked": not_linked,
        "item": item,
        "first": first,
        "form": form,
        "remarks": _remarks(item),
        "warnings": drafts.warnings_of(form["title"].value() or "", form["html"].value() or ""),
        "known": " ".join(drafts.tokens_of(request.user, request.office)) if item is None else "",
        "lead": item.unit if item else form.units[0] if len(form.units) == 1 else None,
        "draft": Draft.objects.filter(item=item).select_related("saved_by").first() if item else None,
        "files": _file_rows(item, form.files_typed),
        "lead_share": shares[0][1] if shares else "",
        "joint_rows": [*shares[1:], ["", ""]],
        "most": settings.ATTACHMENT_MB,
        "kinds": settings.ATTACHMENT_KINDS,
        "theme_groups": theme_groups(form.fields["themes"].queryset),  # type: ignore[attr-defined]
        "chosen": chosen,
        "limits": Channel.objects.filter(office=request.office, active=True, most_characters__isnull=False),
        "least": drafts.LEAST,
        "earlier": _earlier(request) if item is None and first is None else [],
        **more,
    }
    return render(request, "submissions/write.html", context, status=status)


def _remarks(item: Item | None) -> ItemEvent | None:
    """Why it came back last: from the editor, the signer or the reviewer."""
    if item is None:
        return None
    came_back = item.events.filter(move__in=("return", "send_back", "fail")).order_by("-at", "-id").first()
    return came_back if item.state in (State.RETURNED, State.DRAFT) else None


def theme_groups(themes: Iterable[Theme]) -> list[tuple[str, list[Theme]]]:
    """Themes under the chapter they belong to; first those of none, last the priorities of each period.

    A chapter is itself a choice, and among its own.
    """
    groups: dict[str, list[Theme]] = {"": []}
    rows = list(themes)
    chapters = {theme.parent for theme in rows if theme.parent_id}
    for theme in rows:
        chapter = theme if theme in chapters else theme.parent
        head = f"{theme.period}报送要点（不计分）" if theme.is_priority else chapter.full if chapter else ""
        groups.setdefault(head, []).append(theme)
    return [(head, found) for head, found in groups.items() if found]


def _file_rows(item: Item | None, typed: list[list]) -> list[tuple[ItemFile, str]]:
    """The item's files among those that the page names, with their captions, in its order."""
    found = item.files.in_bulk([pk for pk, _ in typed]) if item else {}
    return [(found[pk], caption) for pk, caption in typed if pk in found]


def _earlier(request: DeskRequest) -> list[Item]:
    """What the unit wrote last, to begin another from."""
    units = request.user.units_with(Role.OFFICER)
    items = Item.objects.filter(office=request.office, unit__in=units, received_on__isnull=False)
    return list(items.newest_first()[:8])


def _filled_form(request: DeskRequest, item: Item | None, units: list[Unit]) -> WriteForm:
    """The form filled from the draft; of a new item empty, or from an earlier one named in the address."""
    token = (item and item.form_token) or secrets.token_hex(16)
    initial: dict[str, Any] = {"token": token, "version": 0, "page": secrets.token_hex(16), "turn": 0}
    if item is None:
        asked = answers.asked_for(_commission(request), request.office, units)
        unit = asked.unit if asked else units[0]
        copied = request.GET.get("copy", "")
        if first := _carried_on(request):
            draft = drafts.follow_up_to(first, request.user)
        elif not (copied.isdecimal() and len(copied) < 18):
            initial["unit"] = unit
            return WriteForm(initial=initial, office=request.office, units=units, item=None)
        else:
            draft = drafts.copy_of(own_item(request, int(copied)), request.user)
    else:
        draft = drafts.draft_of(item, request.user)
    names = ("version", "title", "kind", "authors", "responsible", "urgent", "final", "themes", "shares", "files")
    initial |= {name: getattr(draft, name) for name in names}
    initial |= {"unit": item.unit if item else unit, "body": plain(draft.body), "html": draft.body}
    return WriteForm(initial=initial, office=request.office, units=units, item=item)


@act("删除草稿")
@require_POST
@at_office
def discard_draft(request: DeskRequest, pk: int) -> HttpResponse:
    item = own_item(request, pk)
    try:
        drafts.discard(item, request.user)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return redirect("item", request.office.code, pk)
    messages.success(request, f"草稿《{item.title}》已删除。")
    return redirect("items", request.office.code)


@act("传附件", ["file"])
@require_POST
@at_office
def add_file(request: DeskRequest, pk: int) -> HttpResponse:
    """Take one file for a draft, sent while its writer goes on; the page hangs it on with its next save."""
    item = own_item(request, pk)
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise Refused("没有收到文件，请再选一次。")
        added = _added(request, item, upload)
    except Refused as error:
        request.refusal = getattr(error, "on_record", str(error))
        return JsonResponse({"error": str(error)}, status=422)
    file = added.file
    address = reverse("item-file", args=[request.office.code, file.pk])
    told = {"id": file.pk, "name": file.name, "kind": file.kind, "size": size(file.size), "picture": file.is_picture}
    return JsonResponse({**told, "address": address, "warnings": added.warnings})


@require_safe
@at_office
def item_file(request: DeskRequest, pk: int) -> HttpResponseBase:
    """A file as a download: of a revision that went out for whoever sees its item, else for its unit alone."""
    items = Item.objects.visible_to(request.user, request.office)
    file = get_object_or_404(ItemFile.objects.select_related("item"), pk=pk, item__in=items)
    own = request.user.has_role(file.item.unit_id, Role.OFFICER, Role.SIGNER)
    if not own and not file.attachments.filter(revision__sent_at__isnull=False).exists():
        raise Http404
    try:
        content = kept().open(file.path)
    except FileNotFoundError as error:
        raise Http404 from error
    except Exception:  # of S3: whatever its library raises
        log.exception("cannot open %s", file.path)
        return HttpResponse("文件存放处没有应答，过一会儿再试。", status=503, content_type="text/plain; charset=utf-8")
    answer = FileResponse(content, as_attachment=True, filename=file.name, content_type=CONTENT_TYPES[file.kind])
    answer.headers["ETag"] = f'"{file.sha256}"'
    return answer


@require_safe
@at_office
def unit_names(request: DeskRequest) -> HttpResponse:
    """Names on the roster that hold what is typed; for those who write to the office."""
    if not units_to_write_for(request.user, request.office):
        raise Http404
    names = joint.names_like(request.office, one_line(request.GET.get("joint", ""))[:100])
    return JsonResponse(names, safe=False)
