"""The office's channels: a list for its staff, changed by its managers."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from submissions import channels
from submissions.forms import ChannelForm
from submissions.models import Channel
from submissions.permissions import may_set_desk
from submissions.stamps import stamp
from trail.acts import act
from units.desk import DeskRequest, at_office, only_for
from units.models import STAFF
from units.verdicts import Refused, TooLate

TAKES = [*channels.FIELDS, "columns", "seen"]
NOW_PUBLIC = "它采用的信息，通过“公开前”审查以后，可能出现在公开网站上。"
NOW_INTERNAL = "它采用的信息不再出现在公开网站上。"


@at_office
def channel_list(request: DeskRequest) -> HttpResponse:
    """The channels in their order."""
    only_for(request, *STAFF)
    rows = Channel.objects.filter(office=request.office).prefetch_related("columns")
    context = {"channels": rows, "may_change": may_set_desk(request.user, request.office)}
    return render(request, "submissions/channel_list.html", context)


@act("加渠道", TAKES)
@at_office
def new_channel(request: DeskRequest) -> HttpResponse:
    """A channel more, internal unless it is said to be public."""
    only_for(request, *STAFF)
    _managers_only(request)
    last = Channel.objects.filter(office=request.office).last()
    blank = Channel(office=request.office, position=last.position + 1 if last else 1)
    return _edited(request, blank)


@act("改渠道", TAKES)
@at_office
def change_channel(request: DeskRequest, pk: int) -> HttpResponse:
    """A channel for the office's staff to read and for its managers to change."""
    only_for(request, *STAFF)
    channel = get_object_or_404(Channel, pk=pk, office=request.office)
    request.about = channel
    if request.method == "POST":
        _managers_only(request)
    return _edited(request, channel)


def _edited(request: DeskRequest, channel: Channel) -> HttpResponse:
    was, known = channel.public, channel.pk is not None
    now = channels.described(channel)
    form = ChannelForm(request.POST if request.method == "POST" else None, initial={**now, "seen": stamp(now)})
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            if known:
                channel = channels.change(channel, typed, request.user, typed["seen"])
            else:
                channel = channels.add(request.office, typed, request.user)
        except channels.Unfit as error:
            form.add_error(error.field, str(error))
            request.refusal = str(error)
        except Refused as error:
            form.refused(request, error)
        except TooLate as error:
            form.refused(request, error, stamp(channels.described(channel)))
        else:
            _say_done(request, channel, was, known)
            return redirect("channels", request.office.code)
    verdict = may_set_desk(request.user, request.office)
    context = {"form": form, "channel": channel, "verdict": verdict}
    return render(request, "submissions/channel.html", context, status=422 if form.errors else 200)


def _say_done(request: DeskRequest, channel: Channel, was_public: bool, known: bool) -> None:
    """What was done, and what it means where the channel is public now or no longer."""
    told = f"“{channel}”已经改好。" if known else f"“{channel}”已经加上。"
    if channel.public and not was_public:
        messages.warning(request, f"{told}现在它是公开渠道：{NOW_PUBLIC}")
    elif was_public and not channel.public:
        messages.success(request, f"{told}现在它是内部渠道：{NOW_INTERNAL}")
    else:
        messages.success(request, told)


def _managers_only(request: DeskRequest) -> None:
    if not (verdict := may_set_desk(request.user, request.office)):
        raise PermissionDenied(verdict.reason)
