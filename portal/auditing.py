"""The auditor's page: who did what, searched, filtered, exported. Looking is an entry too."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from reports.document import Column, Document, Paragraph, Part, Row, Table
from reports.models import Letterhead
from reports.writers import as_download
from trail.marks import mark_of
from trail.models import Result, TrailEntry
from trail.records import record
from units.desk import DeskRequest, at_office
from units.models import Office
from units.permissions import may_audit
from units.text import one_line, row_id

ROWS = 50  # a page
MOST = 20_000  # rows of an export
USUAL = datetime.timedelta(days=30)  # how far back one looks who has not said it: a search must end
LABELS = {
    **{field.name: str(field.verbose_name) for field in Letterhead._meta.fields},
    "reason": "理由",
    "state": "状态",
    "path": "网址",
    "ignored": "多余的字段",
    "sessions": "结束的登录",
    "role": "角色",
    "unit": "单位",
    "groups": "分管类别",
    "themes": "分管主题",
    "name": "名称",
    "email": "邮箱",
    "username": "账号",
    "locked": "锁定",
    "factor": "手机验证码",
    "mailed": "寄到",
    "digest": "摘要",
    "number": "编号",
    "title": "标题",
    "item": "信息",
    "looked for": "查找",
    "rows": "条数",
    "source": "来源",
    "corrects": "更正",
    "signature": "落款",
    "there": "已经有了",
    "needs_signer": "须签发",
    "needs_review": "须审查",
    "passed": "通过",
    "statement": "审查意见",
    "file": "文件",
    "bytes": "字节",
    "person": "人员",
    "changed": "改了",
    "round": "核对",
    "contacts": "联系人行数",
    "registrations": "入网申请",
    "successor": "接手的人",
    "due_on": "截止",
    "theme": "主题",
    "chapter": "章",
    "scored": "计分",
    "active": "在用",
    "into": "并入",
    "of": "属于",
    "items": "信息条数",
    "priorities": "报送要点",
    "public": "公开",
    "units": "单位数",
    "reply": "答复",
    "reminders": "第几次提醒",
    "sources": "综合来源",
    "why": "理由",
    "comment": "点评编号",
    "answers": "回复的点评",
    "answer": "答复",
    "other": "另一条",
    "query": "条件",
    "keys": "快捷键",
    "takes": "收入网申请",
    "note": "附言",
    "period": "报送期",
    "kind": "类型",
    "starts_on": "开始",
    "ends_on": "结束",
    "adopted": "采用",
    "entered": "补录",
    "known": "已有",
    "reasons": "退回理由",
    "decides_within": "办理天数",
    "urgent_within": "紧急信息办理分钟数",
    "level": "级别",
    "most_characters": "字数上限",
    "position": "次序",
    "heading": "报头",
    "contact": "联系人",
    "columns": "栏目",
    "issued_on": "成文日期",
    "printed_on": "印发日期",
    "group": "分组",
    "order": "次序",
    "ranked": "参加排名",
    "since": "从哪天起",
    "until": "到哪天止",
    "on": "从哪天起",
    "moved": "移动的单位数",
    "code": "代码",
    "aliases": "别名",
    "through": "清除到第几条封记",
    "entries": "清除的条数",
    "days": "保存天数",
    "starts_with": "从哪一期起",
    "theme_items_also_count_as_submitted": "主题信息也计入有效信息",
    "rules": "规则",
    "column": "列",
    "label": "名称",
    "measure": "计什么",
    "points": "分值",
    "channels": "渠道",
}
OF_PERSONS = {"account": {"name": "姓名"}}  # by kind of the object
FORGED = "与写入时不符"
# Headings of the export and their widths in characters.
COLUMNS = {"时间": 10, "操作人": 6, "单位": 10, "来源地址": 8, "操作": 8, "对象": 16, "结果": 4, "详情": 24}


class TrailFilter:
    """What an auditor looks at: all in the address. Days bound the search, so that its cost does not grow for ever."""

    def __init__(self, request: DeskRequest) -> None:
        asked = request.GET
        self.office = request.office
        self.words = one_line(asked.get("q", ""))[:100]
        self.result = asked.get("result") if asked.get("result") in Result.values else ""
        today = timezone.localdate()
        self.since = _day(asked.get("since", "")) or today - USUAL
        self.until = _day(asked.get("until", "")) or today
        self.before = row_id(asked.get("before", "")) or 0

    @property
    def entries(self) -> "QuerySet[TrailEntry]":
        begin, end = (_midnight(day) for day in (self.since, self.until + datetime.timedelta(days=1)))
        found = on_record(self.office).filter(at__gte=begin, at__lt=end)
        if self.result:
            found = found.filter(result=self.result)
        for word in self.words.split():
            anywhere = Q(actor__contains=word) | Q(act__contains=word) | Q(object_label__contains=word)
            found = found.filter(anywhere | Q(unit__contains=word) | Q(address=word))
        return found.order_by("-id")

    @property
    def page(self) -> list[TrailEntry]:
        """A row more than is shown, to know whether there is another."""
        entries = self.entries.filter(pk__lt=self.before) if self.before else self.entries
        return list(entries[: ROWS + 1])

    def address(self, **changes: Any) -> str:
        kept = {"q": self.words, "result": self.result, "since": self.since, "until": self.until, **changes}
        return "?" + urlencode({name: value for name, value in kept.items() if value})

    @property
    def told(self) -> dict[str, Any]:
        """What was looked for, for the entry that the look leaves."""
        result = Result(self.result).label if self.result else ""
        return {"looked for": " ".join(filter(None, (f"{self.since}至{self.until}", self.words, result)))}


def on_record(office: Office) -> "QuerySet[TrailEntry]":
    """What an office's auditor may read: what was done at the office, what its people did at the door while they
    were its people (``units.records``), and what nobody we know tried there."""
    nobodys = Q(office="", actor_id=None, object_id=None)
    return TrailEntry.objects.filter(Q(office=office.code) | nobodys)


@require_safe
@never_cache
@at_office
def trail(request: DeskRequest) -> HttpResponse:
    """The trail, newest first, a page at a time."""
    _auditors_only(request)
    chosen = TrailFilter(request)
    rows = chosen.page
    record("查看审计记录", by=request.user, office=request.office.code, after=chosen.told)
    context = {
        "filter": chosen,
        "rows": [(entry, changes(entry), is_ours(entry)) for entry in rows[:ROWS]],
        "forged": FORGED,
        "next": chosen.address(before=rows[ROWS - 1].pk) if len(rows) > ROWS else "",
        "results": Result.choices,
        "export": chosen.address(),
    }
    return render(request, "trail.html", context)


@require_safe
@never_cache
@at_office
def export_trail(request: DeskRequest) -> HttpResponseBase:
    """A workbook of exactly what is filtered; where that is too much, a sentence."""
    _auditors_only(request)
    chosen = TrailFilter(request)
    entries = list(chosen.entries[: MOST + 1])
    if len(entries) > MOST:
        record("导出审计记录", by=request.user, office=request.office.code, after=chosen.told, result=Result.REFUSED)
        context = {"most": MOST, "back": chosen.address()}
        return render(request, "trail_too_long.html", context, status=422)
    record("导出审计记录", by=request.user, office=request.office.code, after={**chosen.told, "rows": len(entries)})
    name = f"{request.office.name}审计记录{chosen.since}至{chosen.until}.xlsx"
    return as_download(_workbook(request.office, chosen, entries), name)


def _workbook(office: Office, chosen: TrailFilter, entries: list[TrailEntry]) -> Document:
    rows = tuple(
        Row(
            (
                f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}",
                *(entry.actor, entry.unit, entry.address, entry.act, entry.object_label),
                entry.get_result_display() if is_ours(entry) else FORGED,
                "；".join(f"{name}：{_was_and_is(before, after)}" for name, before, after in changes(entry)),
            )
        )
        for entry in entries
    )
    title = f"{office.name}审计记录"
    table = Table(tuple(Column(*column) for column in COLUMNS.items()), rows, listing=True)
    told = Paragraph(f"{chosen.since}至{chosen.until}，{len(entries)}条", "note")
    return Document(title, (Part("审计记录", (Paragraph(title, "head"), told, table)),))


def changes(entry: TrailEntry) -> list[tuple[str, str, str]]:
    """What an entry tells beyond its columns: name, before, after; of what stayed the same nothing."""
    before, after = entry.before or {}, entry.after or {}
    names = [name for name in {**before, **after} if (before.get(name) or None) != (after.get(name) or None)]
    labels = LABELS | OF_PERSONS.get(entry.object_kind, {})
    return [(labels.get(name, name), _in_words(before.get(name)), _in_words(after.get(name))) for name in names]


def is_ours(entry: TrailEntry) -> bool:
    """Whether it still is what this system wrote."""
    return entry.mark == mark_of(entry)


def _was_and_is(before: str, after: str) -> str:
    return f"{before} → {after}" if before else after


def _in_words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(_in_words(part) for part in value) or "（无）"
    if isinstance(value, dict):
        return "，".join(f"{LABELS.get(name, name)} {_in_words(part)}" for name, part in value.items())
    return str(value)


def _auditors_only(request: DeskRequest) -> None:
    """The trail does not exist for those who may not read it."""
    if not may_audit(request.user, request.office):
        raise Http404


def _day(text: str) -> datetime.date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2100 else None


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
