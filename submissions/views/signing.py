"""What waits in a unit before the office has it: to be reviewed, to be signed; and whether it must."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from submissions.forms import ReviewForm
from submissions.models import Item
from submissions.permissions import may_move, may_review
from submissions.reviews import review
from submissions.states import State
from submissions.views.items import item_of, shown
from trail.acts import act
from units.desk import DeskRequest, at_office, say_refused
from units.models import Role
from units.verdicts import Refused, TooLate

MOST = 100  # items of a page; more never wait at once in one unit


@at_office
def to_sign(request: DeskRequest) -> HttpResponse:
    """The items of one's units that wait to be reviewed or signed, urgent first, with what the reader may do."""
    units = request.user.units_with(Role.OFFICER, Role.SIGNER)
    if not units:
        raise Http404
    items = Item.objects.visible_to(request.user, request.office).waiting_in(units).for_table()
    items = items.select_related("office", "kind").prefetch_related("revisions__author", "revisions__reviews__reviewer")
    rows = [
        {
            "item": item,
            "revision": (newest := item.newest_revision),
            "passed": [made for made in newest.reviews.all() if made.passed] if newest else [],
            "sign": may_move(request.user, item, "sign"),
            "send_back": may_move(request.user, item, "send_back"),
            "review": may_review(request.user, item),
        }
        for item in items[:MOST]
    ]
    rows.sort(key=lambda row: not (row["sign"] or row["review"]))  # what waits for the reader first
    mine = sum(bool(row["sign"] or row["review"]) for row in rows)
    return render(request, "submissions/to_sign.html", {"rows": rows, "mine": mine, "others": len(rows) - mine})


@act("报送前审查", ["number", "statement", "result"])
@require_POST
@at_office
def review_item(request: DeskRequest, pk: int) -> HttpResponse:
    """Record a review of the revision that stood on the page."""
    item = item_of(request, pk)
    if not request.user.has_role(item.unit_id, Role.OFFICER, Role.SIGNER):
        raise Http404
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return shown(request, item, status=422, review_form=form)
    asked = form.cleaned_data
    passed = asked["result"] == "pass"
    try:
        review(item, asked["number"], request.user, asked["statement"], passed=passed)
    except (Refused, TooLate) as error:
        say_refused(request, error)
    else:
        item.refresh_from_db()
        went = "已报送" if item.state == State.SUBMITTED else "请签发人签发" if passed else "已退给信息员"
        messages.success(request, f"审查意见已记录，{went}：{item.title}")
    return redirect("item", request.office.code, pk)
