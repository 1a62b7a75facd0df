"""The accounts page, for managers and sysadmins: who may sign in, as what, and who has not for long."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from trail.acts import act
from units import accounts, factors, links
from units.contacts import bearing
from units.desk import DeskRequest, at_office, say_refused
from units.forgetting import ended_lines_of, forget_person
from units.forms import NewAccountForm, PersonForm, RoleForm
from units.models import UNIT_ROLES, Account, Membership, Role, RosterLine
from units.permissions import has_only_roles_to_give, may_forget, may_hand_over, may_keep, may_keep_accounts, may_take
from units.queue import handed
from units.sessions import live_sessions
from units.tasks import send_invitation
from units.text import one_line
from units.verdicts import Refused

ROWS = 50  # a page of accounts
STATES = {"": "全部", "active": "可以登录的", "slept": "90 天没有登录", "disabled": "已停用"}


@at_office
def account_list(request: DeskRequest) -> HttpResponse:
    """Accounts by name, searched and filtered by the address, a page at a time."""
    _keepers_only(request)
    words = one_line(request.GET.get("q", ""))[:100]
    role = request.GET.get("role", "")
    state = request.GET.get("state", "")
    here = Account.objects.visible_to(request.user, request.office)
    found = here.slept() if state == "slept" else here
    if state in ("active", "disabled"):
        found = found.filter(is_active=state == "active")
    if words:
        found = found.filter(Q(username__icontains=words) | Q(name__icontains=words) | _in_unit_called(request, words))
    if role in Role.values:
        found = found.filter(pk__in=Membership.objects.at(request.office).filter(role=role).values("account"))
    rows = list(found.filter(username__gt=request.GET.get("after", "")).by_name().for_table()[: ROWS + 1])
    held = _held_here(request, rows)
    kept = {"q": words, "role": role, "state": state}
    context = {
        "rows": [{"account": row, "held": held[row.pk]} for row in rows[:ROWS]],
        "next": "?" + urlencode({**kept, "after": rows[ROWS - 1].username}) if len(rows) > ROWS else "",
        "top": "?" + urlencode(kept) if request.GET.get("after") else "",
        "words": words,
        "role": role,
        "roles": Role.choices,
        "states": [(value, label, value == state) for value, label in STATES.items()],
        "slept": here.slept().count(),
    }
    return render(request, "units/account_list.html", context)


def _held_here(request: DeskRequest, rows: list[Account]) -> dict[int, list[Membership]]:
    """The roles that concern this office, of accounts that ``for_table`` has fetched; by account."""
    here = set(Membership.objects.at(request.office).filter(account__in=rows).values_list("pk", flat=True))
    return {row.pk: [held for held in row.memberships.all() if held.pk in here] for row in rows}


def _in_unit_called(request: DeskRequest, words: str) -> Q:
    units = RosterLine.objects.filter(office=request.office, name__icontains=words).values("unit")
    return Q(pk__in=Membership.objects.filter(unit__in=units).values("account"))


@act("建立账号", ["username", "name", "email", "role", "unit"])
@at_office
def new_account(request: DeskRequest) -> HttpResponse:
    """Make an account with its first role; its owner sets a password by the link that is shown then."""
    _keepers_only(request)
    form = NewAccountForm(request.POST or None, office=request.office, by=request.user)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            account = accounts.create(
                request.office,
                request.user,
                asked["username"],
                asked["name"],
                asked["email"],
                asked["place"],
                asked["role"],
            )
        except Refused as error:
            form.add_error(None, str(error))
            request.refusal = str(error)
        else:
            return _show_link(request, account)
    context = {"form": form, "units": _unit_names(request)}
    return render(request, "units/new_account.html", context, status=422 if form.errors else 200)


@act("修改账号", ["name", "email"])
@at_office
def account_detail(request: DeskRequest, pk: int) -> HttpResponse:
    """One account: who it is, its roles here, its sessions, and what may be done with it."""
    account = _account(request, pk)
    form = PersonForm(request.POST or None, instance=Account.objects.get(pk=pk))
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        act_of = partial(accounts.change, account, asked["name"], asked["email"])
        return _do(request, account, act_of, "账号已经改好。")
    return _detail(request, account, 422 if form.errors else 200, form=form)


def _detail(request: DeskRequest, account: Account, status: int = 200, **forms: Any) -> HttpResponse:
    held = _held_here(request, [account])[account.pk]
    context = {
        "account": account,
        "held": [
            (
                row,
                may_take(request.user, row, request.office),
                row.role in UNIT_ROLES and may_hand_over(request.user, account, row.unit, request.office),
            )
            for row in held
        ],
        "elsewhere": len(held) < len(account.memberships.all()),
        "may_keep": may_keep(request.user, account, request.office),
        "sessions": len(live_sessions(account)),
        "factor": factors.is_set(account),
        "must": factors.is_must(account),
        "units": _unit_names(request),
        "form": PersonForm(instance=account),
        "may_get_more": account != request.user
        and not account.forgotten_at
        and has_only_roles_to_give(request.user, account, request.office),
        "role_form": RoleForm(office=request.office, by=request.user),
        **forms,
    }
    return render(request, "units/account_detail.html", context, status=status)


@act("给予角色", ["role", "unit"])
@require_POST
@at_office
def give_role(request: DeskRequest, pk: int) -> HttpResponse:
    account = _account(request, pk)
    form = RoleForm(request.POST, office=request.office, by=request.user)
    if not form.is_valid():
        return _detail(request, account, 422, role_form=form)
    asked = form.cleaned_data
    act_of = partial(accounts.give, account, asked["place"], asked["role"])
    return _do(request, account, act_of, f"已加上：{asked['place']}的{Role(asked['role']).label}。")


@act("收回角色")
@require_POST
@at_office
def take_role(request: DeskRequest, pk: int) -> HttpResponse:
    membership = _membership(request, pk)
    done = f"已收回：{membership.unit}的{membership.get_role_display()}。"
    return _do(request, membership.account, partial(accounts.take, membership), done)


@act("停用账号")
@require_POST
@at_office
def disable_account(request: DeskRequest, pk: int) -> HttpResponse:
    return _do_to(request, pk, accounts.disable, "账号已经停用，正在用它的都已退出。")


@act("启用账号")
@require_POST
@at_office
def enable_account(request: DeskRequest, pk: int) -> HttpResponse:
    return _do_to(request, pk, accounts.enable, "账号已经启用。")


@act("删除个人信息")
@at_office
def forget_account(request: DeskRequest, pk: int) -> HttpResponse:
    """Say what goes and what stays of somebody's personal data; then delete it."""
    account = _account(request, pk)
    if request.method == "POST":
        return _do(request, account, partial(forget_person, account), "个人信息已经删除，姓名留在公务记录上。")
    units = {held.unit for held in account.memberships.all() if held.role in UNIT_ROLES}
    context = {
        "account": account,
        "verdict": may_forget(request.user, account, request.office),
        "ended": ended_lines_of(account).count(),
        "standing": sum(bearing(unit, account.name).count() for unit in units),
    }
    return render(request, "units/forget.html", context)


@act("解除手机验证码")
@require_POST
@at_office
def reset_factor(request: DeskRequest, pk: int) -> HttpResponse:
    return _do_to(request, pk, accounts.reset_factor, "手机验证码已经解除，这件事记入了审计。他下次登录时重新设置。")


@act("结束登录")
@require_POST
@at_office
def throw_out(request: DeskRequest, pk: int) -> HttpResponse:
    return _do_to(request, pk, accounts.throw_out, "他在各处的登录都已结束。")


@act("给出设密码链接")
@require_POST
@never_cache
@at_office
def give_link(request: DeskRequest, pk: int) -> HttpResponse:
    """Show, once, the link by which somebody sets a new password; and mail it."""
    account = _account(request, pk)
    try:
        accounts.open_door(account, request.office, request.user)
    except Refused as error:
        say_refused(request, error)
        return redirect("account", request.office.code, pk)
    return _show_link(request, account)


def _do_to(request: DeskRequest, pk: int, what: Callable[..., object], done: str) -> HttpResponse:
    account = _account(request, pk)
    return _do(request, account, partial(what, account), done)


def _do(request: DeskRequest, account: Account, what: Callable[..., object], done: str) -> HttpResponse:
    """Do an act at this office, and say on the account's page what became of it."""
    try:
        what(office=request.office, by=request.user)
    except Refused as error:
        say_refused(request, error)
    else:
        messages.success(request, done)
    return redirect("account", request.office.code, account.pk)


def invite(request: DeskRequest, account: Account) -> dict[str, Any]:
    """A link by which somebody sets a password, mailed where mail works: what is to be shown once."""
    made = links.password_link(account, f"{request.scheme}://{request.get_host()}")
    mailed = links.may_mail(account) and handed(send_invitation, account.pk, made)
    return {"link": made, "mailed": mailed, "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}


def _show_link(request: DeskRequest, account: Account) -> HttpResponse:
    request.session["link"] = {"account": account.pk, **invite(request, account)}
    return redirect("link", request.office.code, account.pk)


@never_cache
@at_office
def link(request: DeskRequest, pk: int) -> HttpResponse:
    """The link that was just made, until the page is left."""
    account = _account(request, pk)
    shown = request.session.pop("link", None)
    if not shown or shown["account"] != account.pk:
        messages.warning(request, "链接只显示一次。没有抄下来，就再给一个，前一个随即作废。")
        return redirect("account", request.office.code, pk)
    return render(request, "units/link.html", {**shown, "account": account})


def _keepers_only(request: DeskRequest) -> None:
    """Accounts do not exist for those who may not keep them."""
    if not may_keep_accounts(request.user, request.office):
        raise Http404


def _account(request: DeskRequest, pk: int) -> Account:
    found = get_object_or_404(Account.objects.visible_to(request.user, request.office).for_table(), pk=pk)
    request.about = found
    return found


def _membership(request: DeskRequest, pk: int) -> Membership:
    _keepers_only(request)
    here = Membership.objects.at(request.office).select_related("account", "unit")
    found = get_object_or_404(here, pk=pk)
    request.about = found.account
    return found


def _unit_names(request: DeskRequest) -> list[str]:
    """Names to choose from; of an office with thousands of units they are typed."""
    names = RosterLine.objects.current().filter(office=request.office).in_printed_order()
    return list(names.values_list("name", flat=True)[:300])
