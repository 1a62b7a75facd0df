"""An editor's change of a text, and what each revision changed."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from submissions import body
from submissions.differences import of_revisions
from submissions.drafts import files_of
from submissions.editing import edit
from submissions.forms import EditForm
from submissions.permissions import may_edit
from submissions.secrecy import Marked
from submissions.views.items import item_of
from submissions.views.queue import kept
from trail.acts import act
from units.desk import DeskRequest, at_office
from units.models import Role
from units.verdicts import Refused, TooLate


@act("编辑改稿", ["number", "title", "body", "html", "editor", "note"])
@at_office
def edit_item(request: DeskRequest, pk: int) -> HttpResponse:
    """Change the title and the text that went out; on a refusal everything typed stays on the page."""
    item = item_of(request, pk)
    last = item.sent_revision
    if last is None or not request.user.has_role(request.office.unit_id, Role.EDITOR):
        raise Http404
    attachments = files_of(item, last)
    typed = request.POST if request.method == "POST" else None
    initial = {"number": last.number, "title": last.title, "body": body.plain(last.body), "html": last.body}
    form = EditForm(typed, files={one.file_id for one in attachments}, initial=initial)
    refused, marked = "", False
    if typed is not None and form.is_valid():
        asked = form.cleaned_data
        try:
            edit(item, asked["number"], asked["title"], asked["body"], asked["note"], request.user)
        except (Refused, TooLate) as error:
            refused = str(error)
            request.refusal = getattr(error, "on_record", refused)
            marked = isinstance(error, Marked)
        else:
            messages.success(request, "改动已存为新的一稿，上一稿留着，单位看得到改了什么。", extra_tags=f"edit-{pk}")
            return HttpResponseRedirect(reverse("read-item", args=[request.office.code, pk]) + kept(request))
    context = {
        "item": item,
        "form": form,
        "refused": refused or ("有填错的地方，请看下面。" if form.errors else ""),
        "marked": marked,
        "verdict": may_edit(request.user, item),
        "files": attachments,
        "query": kept(request),
    }
    return render(request, "submissions/edit.html", context, status=422 if context["refused"] else 200)


@at_office
def item_changes(request: DeskRequest, pk: int, number: int) -> HttpResponse:
    """What one revision changed in the one before, of those that the reader may read."""
    item = item_of(request, pk)
    own = request.user.has_role(item.unit_id, Role.OFFICER, Role.SIGNER)
    revisions = item.revisions.select_related("author").filter(number__lte=number).order_by("-number")
    if not own:
        revisions = revisions.filter(sent_at__isnull=False)
    after, before = [*revisions[:2], None, None][:2]
    if after is None or before is None or after.number != number:
        raise Http404
    context = {"item": item, "after": after, "before": before, "changes": of_revisions(before, after)}
    return render(request, "submissions/changes.html", context)
