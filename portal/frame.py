"""What stands around every page: the office, the menu of the reader's roles, the to-do counts."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from reports.models import ReportRun
from reports.permissions import may_make
from scoring.standings import sees_whole
from submissions import urgent
from submissions.filters import counted
from submissions.models import Announcement, CommissionedUnit, Item
from submissions.permissions import may_set_desk
from submissions.states import State
from units import notices
from units.models import Account, Notice, Office, Registration, Role
from units.permissions import may_audit, may_keep_accounts


class Link(NamedTuple):
    """A line of the menu; ``todo`` is how much waits there."""

    label: str
    address: str
    todo: str = ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of ``base.html``. Costs a fixed number of queries, none for somebody not signed in but one."""
    office: Office | None = getattr(request, "office", None)
    user = getattr(request, "user", None)
    context: dict[str, Any] = {"office": office, "demonstration": _demonstration(office)}
    if office is not None and isinstance(user, Account):
        here = _place(request, office)
        reads = user.works_at(office) or bool(user.units_with(Role.OFFICER, Role.SIGNER))
        waiting = _waiting(office, user, request.path)
        # Who is on the page of the one thing that a notice is about has read it; on a list, or at home, not.
        of_one = request.resolver_match is not None and "pk" in request.resolver_match.kwargs
        if request.method == "GET" and of_one and waiting.told_here != "0":
            notices.read(user, office, request.path)
            waiting = _waiting(office, user, request.path)
        context |= {"menu": _menu(office, user, here, waiting), "who": _who(office, user), "reads": reads}
        context["unread_notices"] = waiting.told
        if user.has_role(office.unit_id, Role.EDITOR):
            context["urgent_waiting"] = waiting.urgent
    return context


class Waiting(NamedTuple):
    """How much waits for the reader, as the menu shows it."""

    told: str
    told_here: str
    to_sign: str
    announced: str
    asked: str
    to_decide: str
    urgent: str
    drafts: str
    asking: str


def _waiting(office: Office, account: Account, path: str) -> Waiting:
    """Notices, all and those that lead to this page; what units have to sign, read and answer; what the office has to
    decide; drafts of the clock and applications to look at: in one query, which asks only what the reader's roles make
    them see."""
    items, unread = Item.objects.filter(office=office), Notice.objects.filter(account=account, office=office).unread()
    drafts = ReportRun.objects.filter(office=office).news()
    of_unit, works = account.units_with(Role.OFFICER, Role.SIGNER), account.works_at(office)
    lists = [
        unread,
        unread.filter(address=path),
        items.waiting_for(account) if of_unit else items.none(),
        Announcement.objects.visible_to(account, office).unread_by(account) if of_unit else Announcement.objects.none(),
        CommissionedUnit.objects.of(account, office).waiting() if of_unit else CommissionedUnit.objects.none(),
        items.filter(state=State.SUBMITTED) if works else items.none(),
        urgent.waiting(office) if works else items.none(),
        drafts if works and may_make(account, office) else drafts.none(),
        Registration.objects.visible_to(account, office).waiting() if works else Registration.objects.none(),
    ]
    return Waiting(*counted(*lists))


def _place(request: HttpRequest, office: Office) -> str:
    """The address in the menu that a page belongs to: its own, or that of the list it was opened from."""
    lists = (reverse(name, args=[office.code]) for name in ("queue", "announcements", "commissions"))
    return next((address for address in lists if request.path.startswith(address)), request.path)


def _demonstration(office: Office | None) -> bool:
    return office.demonstration if office is not None else Office.objects.filter(demonstration=True).exists()


def _menu(office: Office, account: Account, here: str, waiting: Waiting) -> list[tuple[str, list[tuple[Link, bool]]]]:
    """Headed groups of links, each with whether the reader is there."""

    def at(name: str, query: str = "") -> str:
        return reverse(name, args=[office.code]) + query

    groups: list[tuple[str, list[Link]]] = []
    writing = [Link("写信息", at("write"))] if account.units_with(Role.OFFICER) else []
    if account.units_with(Role.OFFICER, Role.SIGNER):
        signing = [Link("审查签发", at("signing"), waiting.to_sign)]
        groups.append(
            (
                "报送",
                [
                    Link("首页", at("home")),
                    *writing,
                    *signing,
                    Link("我的信息", at("items")),
                    Link("约稿", at("commissions"), waiting.asked),
                    Link("通知公告", at("announcements"), waiting.announced),
                    Link("排名", at("standings")),
                ],
            )
        )
    if account.works_at(office):
        editing = [Link("首页", at("home"))] if not groups else []
        editing += [Link("待审", at("queue"), waiting.to_decide), Link("全部信息", at("items"))]
        if account.has_role(office.unit_id, Role.EDITOR):
            editing += [Link("粘贴采用清单", at("paste-list")), Link("代录", at("enter-item"))]
        if account.has_role(office.unit_id, Role.EDITOR, Role.MANAGER):
            editing.append(Link("催报", at("silent")))
        editing += [] if groups else [Link("约稿", at("commissions")), Link("通知公告", at("announcements"))]
        groups.append(("编辑", editing))
        circulars = [Link("排名", at("standings"))]
        if account.has_role(office.unit_id, Role.MANAGER, Role.AUDITOR):
            circulars.append(Link("报表", at("reports"), waiting.drafts))
        circulars.append(Link("已印发的通报", at("circulars")))
        groups.append(("通报", circulars))
        rosters = [Link("名册", at("roster")), Link("联系人", at("contacts"))]
        if account.has_role(office.unit_id, Role.MANAGER):
            rosters.append(Link("入网申请", at("registrations"), waiting.asking))
        groups.append(("单位", rosters))
        managing = [Link("报送期", at("periods")), Link("主题和要点", at("themes")), Link("要点覆盖", at("coverage"))]
        managing += [Link("计分办法", at("scheme")), Link("渠道", at("channels"))]
        managing += [Link("退回理由", at("reasons"))] if may_set_desk(account, office) else []
        if account.has_role(office.unit_id, Role.MANAGER, Role.AUDITOR):
            managing.append(Link("工作量", at("load")))
        managing += [Link("审计记录", at("trail"))] if may_audit(account, office) else []
        groups.append(("管理", managing))
    elif groups:
        published = [Link("已印发的通报", at("circulars"))] if sees_whole(account, office) else []
        rules = [Link("要点覆盖", at("coverage")), Link("计分办法", at("scheme")), Link("本单位", at("own-unit"))]
        groups.append(("办法", [*published, *rules]))
    else:
        groups.append(("", [Link("首页", at("home"))]))
    if may_keep_accounts(account, office):
        groups[-1][1].append(Link("账号", at("accounts")))
    return [(head, [(link, link.address == here) for link in links]) for head, links in groups]


def _who(office: Office, account: Account) -> str:
    """The unit and the roles that the reader has here, for the top bar."""
    rows = account.held
    here = [
        row for row in rows if row.unit_id == office.unit_id and row.role not in (Role.OFFICER, Role.SIGNER)
    ] or rows
    unit = here[0].unit if here else account
    return f"{unit} · {'、'.join(row.get_role_display() for row in here if row.unit == unit)}"
