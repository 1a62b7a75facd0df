"""The reasons that an office gives, and its days for deciding."""

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


@act("改退回理由", ["reasons", "decides_within", "seen"])
@at_office
def reasons_page(request: DeskRequest) -> HttpResponse:
    """One reason a line, and the days; for managers."""
    if not may_set_desk(request.user, request.office):
        raise Http404
    request.about = request.office
    now = described(request.office)
    form = ReasonsForm(request.POST if request.method == "POST" else None, initial={**now, "seen": stamp(now)})
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            word(request.office, typed["reasons"], typed["decides_within"], request.user, typed["seen"])
        except Refused as error:
            form.refused(request, error)
        except TooLate as error:
            form.refused(request, error, stamp(now))
        else:
            messages.success(
                request, f"已经改好：退回理由 {len(typed['reasons'])} 条，{typed['decides_within']} 天内办理。"
            )
            return redirect("reasons", request.office.code)
    return render(request, "submissions/reasons.html", {"form": form}, status=422 if form.errors else 200)
