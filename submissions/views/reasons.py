"""The reasons that an office gives, and its days and minutes for deciding."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from submissions.forms import ReasonsForm
from submissions.permissions import may_set_desk
from submissions.reasons import described, word
from submissions.stamps import stamp
from trail.acts import act
from units.desk import DeskRequest, at_office
from units.verdicts import Refused, TooLate


@act("改退回理由", ["reasons", "decides_within", "urgent_within", "seen"])
@at_office
def reasons_page(request: DeskRequest) -> HttpResponse:
    """One reason a line, the days and the minutes; for managers."""
    if not may_set_desk(request.user, request.office):
        raise Http404
    request.about = request.office
    now = described(request.office)
    form = ReasonsForm(request.POST if request.method == "POST" else None, initial={**now, "seen": stamp(now)})
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            word(request.office, by=request.user, **typed)
        except Refused as error:
            form.refused(request, error)
        except TooLate as error:
            form.refused(request, error, stamp(now))
        else:
            days, minutes = typed["decides_within"], typed["urgent_within"]
            told = f"退回理由 {len(typed['reasons'])} 条，{days} 天内办理，紧急信息 {minutes} 分钟内。"
            messages.success(request, f"已经改好：{told}")
            return redirect("reasons", request.office.code)
    return render(request, "submissions/reasons.html", {"form": form}, status=422 if form.errors else 200)
