"""What an office and the units of an item say to each other about it."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from submissions.comments import conversation, say, take_back
from submissions.forms import CommentForm
from submissions.models import Comment, Item
from submissions.views.items import item_of, shown
from submissions.views.queue import an_item, kept, reading
from trail.acts import act
from units.desk import DeskRequest, at_office, say_refused
from units.text import row_id
from units.verdicts import Refused, TooLate

READING = "reading"  # says of a form that it stands on the editor's page


@act("点评", ["text", "token", "answers", "from"])
@at_office
def item_comments(request: DeskRequest, pk: int) -> HttpResponse:
    """All that was said about an item, thirty threads a page; posted, one thing more, or the answer to one."""
    item = item_of(request, pk)
    if request.method != "POST":
        before = row_id(request.GET.get("before", ""))
        talk = conversation(item, request.user, before)
        if talk is None:
            raise Http404
        return render(request, "submissions/comments.html", {"item": item, "conversation": talk, "before": before})
    form = CommentForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(form.told)
        asked = form.cleaned_data
        answers = item.comments.filter(pk=asked["answers"]).first() if asked["answers"] else None
        if asked["answers"] and answers is None:
            raise Refused("要回复的点评不在这条信息下面，请刷新页面再看。")
        said = say(item, asked["text"], request.user, asked["token"], answers)
    except (Refused, TooLate) as error:
        say_refused(request, error)
        return _back_with(request, pk)
    return _back_to(request, item, said)


@act("收回点评", ["from"])
@require_POST
@at_office
def take_back_comment(request: DeskRequest, pk: int, said: int) -> HttpResponse:
    """Take back what one has just said."""
    item = item_of(request, pk)
    comment = get_object_or_404(item.comments.select_related("item"), pk=said)
    try:
        take_back(comment, request.user)
    except (Refused, TooLate) as error:
        say_refused(request, error)
    return _back_to(request, item, comment)


def _on_the_desk(request: DeskRequest) -> bool:
    return request.POST.get("from") == READING and request.user.works_at(request.office)


def _back_to(request: DeskRequest, item: Item, comment: Comment) -> HttpResponse:
    """To the comment, on the page from which it came."""
    name, query = ("read-item", kept(request)) if _on_the_desk(request) else ("item", "")
    return HttpResponseRedirect(f"{reverse(name, args=[request.office.code, item.pk])}{query}#comment-{comment.pk}")


def _back_with(request: DeskRequest, pk: int) -> HttpResponse:
    """The page from which it came, with what was typed."""
    item = item_of(request, pk)
    talk = conversation(item, request.user)
    if talk is not None:
        talk.keep(request.POST.get("text", ""), row_id(request.POST.get("answers", "")))
    if _on_the_desk(request):
        return reading(request, an_item(request, pk), status=422, talk=talk)
    return shown(request, item, status=422, conversation=talk)
