"""A year's work points, pasted or uploaded: what was read is shown, ticked, renamed, merged, and then taken in."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from submissions import themes
from submissions.forms import PlanForm
from submissions.permissions import may_set_desk
from submissions.stamps import stamp
from submissions.themes import Point, Reach
from submissions.views.themes import list_address
from submissions.workplans import Found, Plan, read, text_of, year_in
from trail.acts import act
from trail.records import told_before
from units.desk import DeskRequest, at_office, only_for
from units.models import STAFF
from units.text import key, one_line
from units.verdicts import Refused

LONGEST, LONGEST_NUMBER = 500, 20


@dataclass
class Choice:
    """A chapter or a point on the page: what was read, and what the manager made of it."""

    found: Found
    chapter: bool
    row: int
    ticked: bool
    number: str
    name: str
    scored: bool
    above: bool = False
    known: bool = False
    wrong: str = ""


@act("导入主题", ["year", "text", "file", "do", "row", "number", "name", "tick", "scored", "above", "sure"])
@at_office
def import_plan(request: DeskRequest) -> HttpResponse:
    """Ask for the document; show what is in it; make themes of what is ticked, all or none."""
    only_for(request, *STAFF)
    if not (verdict := may_set_desk(request.user, request.office)):
        raise PermissionDenied(verdict.reason)
    form = PlanForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    saving = request.POST.get("do") == "save"
    if request.method != "POST" or not (form.is_valid() or (saving and set(form.errors) == {"year"})):
        return _asked(request, form)
    asked = form.cleaned_data
    try:
        text, file = asked["text"], asked["file"]
        if file:
            text = text_of(file.name, file.read())
        plan = read(text)
        if not plan.rows:
            raise Refused("没有认出一章或一条要点：行首要有“一、”“（一）”“1.”“①”这样的编号。")
    except Refused as error:
        form.add_error("file" if asked["file"] else "text", str(error))
        request.refusal = str(error)
        return _asked(request, form)
    typed, headed = asked.get("year"), year_in(text) or (year_in(file.name) if file else None)
    reach = Reach(request.office, year=typed or headed or timezone.localdate().year)
    choices = _choices(request, plan, reach)
    wrong = [(f"name-{one.row}", f"第 {one.found.line} 行：{one.wrong}") for one in choices if one.wrong]
    if saving and not typed:
        wrong.insert(0, ("year", str(form.errors.get("year", ["请填年度。"])[0])))
    merged = _merged(choices) if saving and not wrong else []
    status, sure = 200, stamp({"merged": merged})
    if merged and request.POST.get("sure") != sure:
        told_before()  # it is asked first
    elif saving and not file:
        if not wrong:
            try:
                return _taken_in(request, reach, choices)
            except Refused as error:
                messages.warning(request, str(error))
                request.refusal = getattr(error, "on_record", str(error))
        else:
            request.refusal = "有的行没有通过检查，什么也没有保存"
        status = 422
    else:
        told_before()  # looking changes nothing
    context = {"form": form, "plan": plan, "choices": choices, "text": text, "wrong": wrong}
    context |= {
        "back": list_address(reach),
        "merged": merged,
        "sure": sure,
        "year": request.POST.get("year", "")[:20] if saving else reach.year,
        "year_told": _year_told(typed, headed),
        "year_unsure": typed != headed if typed and headed else not (typed or headed),
    }
    return render(request, "submissions/plan.html", context, status=status)


def _year_told(typed: int | None, headed: int | None) -> str:
    """Where the year on the page comes from."""
    if typed and headed and typed != headed:
        return f"标题里写的是{headed}年，您填的是{typed}年；请看哪个对。"
    if headed and not typed:
        return f"标题里写的是{headed}年；不对就改。"
    return "" if typed else "文字里没有写是哪一年的，先填了今年；不对就改。"


def _asked(request: DeskRequest, form: PlanForm) -> HttpResponse:
    return render(request, "submissions/import_plan.html", {"form": form}, status=422 if form.errors else 200)


def _choices(request: DeskRequest, plan: Plan, reach: Reach) -> list[Choice]:
    """What was read, with what was posted for it; else all of it ticked."""
    known = {key(theme.name) for theme in reach.topics}
    posted = request.POST.getlist("row") if request.POST.get("do") == "save" else []
    lists = {name: request.POST.getlist(name) for name in ("number", "name")}
    marked = {name: set(request.POST.getlist(name)) for name in ("tick", "scored", "above")}
    choices = []
    for row, (found, chapter) in enumerate(plan.rows):
        text = str(row)
        choice = Choice(found, chapter, row, True, found.number, found.title, scored=True)
        if text in posted:
            at = posted.index(text)
            choice.number, choice.name = (one_line((lists[which][at:] or [""])[0]) for which in ("number", "name"))
            choice.ticked, choice.scored = text in marked["tick"], text in marked["scored"]
            choice.above = text in marked["above"]
        choice.known = key(choice.name) in known
        choices.append(choice)
    if posted:
        _check(choices)
    return choices


def _check(choices: list[Choice]) -> None:
    """Say of each row that is ticked what is wrong with it."""
    first: dict[str, Choice] = {}
    above: Choice | None = None
    for choice in choices:
        if not choice.ticked:
            continue
        if choice.above:
            if above is None or above.chapter != choice.chapter:
                what = "一章" if choice.chapter else "一条要点"
                choice.wrong = f"上面没有可以并入的{what}，请不要选“并到上一条”。"
            continue
        if not choice.name:
            choice.wrong = "请写名称，或者不勾这一行。"
        elif len(choice.name) > LONGEST:
            choice.wrong = f"名称有 {len(choice.name)} 个字，最多 {LONGEST} 个。"
        elif len(choice.number) > LONGEST_NUMBER:
            choice.wrong = f"编号最多 {LONGEST_NUMBER} 个字。"
        elif (same := first.setdefault(key(choice.name), choice)) is not choice:
            choice.wrong = f"和第 {same.found.line} 行的名称一样，请改一个，或者并到上一条。"
        above = choice


def _merged(choices: list[Choice]) -> list[str]:
    """What becomes of each row that goes into the one above it, as a sentence: its name is not kept."""
    told, above = [], ""
    for choice in choices:
        if choice.ticked and choice.above:
            number = f"编号 {choice.number} 写到它的编号后面" if choice.number else "没有编号"
            told.append(f"第 {choice.found.line} 行“{choice.name}”并入“{above}”，{number}")
        elif choice.ticked:
            above = choice.name
    return told


def _taken_in(request: DeskRequest, reach: Reach, choices: list[Choice]) -> HttpResponse:
    chapters: list[Point] = []
    last: Point | None = None
    for choice in choices:
        if not choice.ticked:
            continue
        if choice.above and last:
            last.number = "、".join(filter(None, (last.number, choice.number)))[:LONGEST_NUMBER]
            continue
        last = Point(choice.number, choice.name, choice.scored)
        if choice.chapter:
            chapters.append(last)
        else:
            if not chapters or _stands_alone(choices, choice):
                chapters.append(Point("", ""))
            chapters[-1].points.append(last)
    if not chapters:
        raise Refused("一行也没有勾，没有保存。")
    made, there = themes.take_in(reach, chapters, request.user)
    if made:
        messages.success(request, f"{reach}加了 {made} 个主题" + (f"，另有 {there} 个原来就有" if there else "") + "。")
    else:
        told_before()
        messages.success(request, f"{there} 个主题原来就有，没有要加的。")
    return redirect(list_address(reach))


def _stands_alone(choices: list[Choice], point: Choice) -> bool:
    """Whether a point's own chapter is not ticked: then it stands by itself, not in the chapter before."""
    chapter: Choice | None = None
    for choice in choices[: point.row]:
        chapter = choice if choice.chapter else chapter
    return chapter is not None and not chapter.ticked
