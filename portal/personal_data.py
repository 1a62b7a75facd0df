"""One's own data as a file. Portal makes it, because what one has written lies in another room than one's account."""

import json
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from submissions.models import Comment, Revision
from trail.models import TrailEntry
from units import factors
from units.desk import DeskRequest
from units.models import UNIT_ROLES, Account, Contact
from units.notices import ways_of
from units.records import record_for
from units.sessions import live_sessions

MOST = 10_000  # entries of the trail


@require_GET
@never_cache
def my_data(request: DeskRequest) -> HttpResponse:
    """Everything that is kept about the reader, in one JSON file; that it was taken is on the trail."""
    account = request.user
    record_for(account, "导出个人数据")
    content = json.dumps(data_of(account), ensure_ascii=False, indent=2, default=_in_words)
    name = f"我的数据-{account.username}.json"
    return HttpResponse(
        content,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )


def data_of(account: Account) -> dict[str, Any]:
    """What is kept about a person, under the words of the screens."""
    entries = list(_on_trail(account)[: MOST + 1])
    told = f"只有最近的 {MOST} 条，更早的请向审计员要" if len(entries) > MOST else "全部"
    return {
        "导出时间": timezone.now(),
        "账号": {
            "账号": account.username,
            "姓名": account.name,
            "电子邮箱": account.email,
            "建立时间": account.created_at,
            "设密码时间": account.password_set_at,
            "最近登录": account.last_login,
            "手机验证码": "已启用" if factors.is_set(account) else "没有启用",
            "用快捷键": account.keys,
        },
        "角色": [
            {"单位": row.unit.name, "角色": row.get_role_display(), "开始": row.since}
            for row in account.memberships.select_related("unit").order_by("since", "id")
        ],
        "登录": [
            {
                "来源地址": row.address,
                "浏览器": row.browser,
                "登录时间": row.began_at,
                "最近使用": row.seen_at,
            }
            for row in live_sessions(account)
        ],
        "通知方式": {kind.label: way.label for kind, way in ways_of(account).items()},
        "通知": [
            {"时间": row.at, "类型": row.get_kind_display(), "内容": row.said, "阅读时间": row.read_at}
            for row in account.notices.newest_first()[:MOST]
        ],
        "联系人": [
            {
                "单位": row.unit.name,
                "身份": row.get_kind_display(),
                "姓名": row.name,
                "职务": row.post,
                "电话": row.phone,
                "电子邮箱": row.email,
                "开始": row.since,
                "结束": row.until,
                "最近核对": row.confirmed_on,
            }
            for row in _lines(account)
        ],
        "写过的信息": Revision.objects.filter(author=account).values("item").distinct().count(),
        "点评": [
            {"编号": number, "时间": at, "内容": text, "收回时间": taken_back}
            for number, at, text, taken_back in _said(account)
        ],
        "审计记录": {"范围": told, "条目": [_entry(entry, account) for entry in entries[:MOST]]},
    }


def _on_trail(account: Account) -> Any:
    """What a person did, and what was done to the account, the newest first."""
    about = Q(object_kind="account", object_id=account.pk)
    return TrailEntry.objects.filter(about | Q(actor_id=account.pk)).order_by("-id")


def _said(account: Account) -> Any:
    """What a person said about items, by their numbers: with their words, whose are the person's own."""
    said = Comment.objects.filter(by=account).order_by("-id")
    return said.values_list("item__number", "at", "text", "taken_back_at")[:MOST]


def _lines(account: Account) -> Any:
    """The lines of contact that bear one's name in one's units."""
    units = account.memberships.filter(role__in=UNIT_ROLES).values("unit")
    return Contact.objects.filter(unit__in=units, name=account.name).select_related("unit").order_by("since", "id")


def _entry(entry: TrailEntry, account: Account) -> dict[str, Any]:
    """An entry as far as it speaks of its reader: of another's act not from where, of one's acts on others not what
    it held of them."""
    told = {
        "时间": entry.at,
        "操作人": entry.actor or "系统",
        "操作": entry.act,
        "对象": entry.object_label,
        "结果": entry.get_result_display(),
    }
    if entry.actor_id == account.pk:
        told["来源地址"] = entry.address
    if (entry.object_kind, entry.object_id) == ("account", account.pk):
        told |= {"之前": entry.before, "之后": entry.after}
    return told


def _in_words(moment: Any) -> str:
    """A time as the screens tell it; a day as it is."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" if hasattr(moment, "hour") else str(moment)
