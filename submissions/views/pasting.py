"""A pasted list (粘贴采用清单): what each line is taken for, corrected and recorded at once."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from submissions.forms import PasteForm
from submissions.joint import roster_names
from submissions.matching import Guess, match
from submissions.models import Item
from submissions.naming import MIDDLE, names_of
from submissions.pasted import read
from submissions.pasting import Row, Unrecorded, record_list
from trail.acts import act
from trail.records import told_before
from units.desk import DeskRequest, at_office, only_for
from units.models import Role
from units.text import one_line

PERHAPS = 40  # per cent of likeness from which on an item may be the one
NEW, SKIP = "new", "skip"  # recorded as an item that nobody submitted; left out


@dataclass
class Choice:
    """A line on the page: what it is taken for, and what the editor made of it."""

    guess: Guess
    units: str
    what: str  # an item's id, NEW, SKIP, or empty where nobody has decided
    code: str = ""  # the number of an item that is not among the suggested ones
    wrong: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether somebody has to decide it."""
        return bool(self.wrong) or not (self.what or self.code)


@act("粘贴采用清单", ["channel", "adopted_on", "form", "text", "do", "number", "units", "what", "code"])
@at_office
def paste_list(request: DeskRequest) -> HttpResponse:
    """Ask for a list; show what its lines are taken for; record what the editor makes of them, all or nothing."""
    only_for(request, Role.EDITOR)
    form = PasteForm(request.POST if request.method == "POST" else None, office=request.office)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "submissions/paste.html", {"form": form}, status=status)
    asked = form.cleaned_data
    known = names_of(request.office, asked["adopted_on"]).known
    pasted = read(asked["text"], asked["adopted_on"], known)
    guesses = match(request.office, pasted.lines, asked["channel"], asked["adopted_on"])
    if not guesses:
        form.add_error("text", "没有认出一个标题。一行一个标题，每个至少六个汉字。")
        return render(request, "submissions/paste.html", {"form": form}, status=422)
    choices = [chosen(guess, request) for guess in guesses]
    if "what" not in request.POST:
        each_once(choices)
    context: dict[str, Any] = {"form": form, "asked": asked, "pasted": pasted, "names": roster_names(request.office)}
    do = request.POST.get("do", "")
    if do in ("record", "part"):
        try:
            told = record_list(
                request.office, asked["channel"], rows_of(request, choices, do), asked["form"], request.user
            )
        except Unrecorded as error:
            request.refusal = "有的行没有通过检查，什么也没有登记"
            for choice in choices:
                choice.wrong = error.wrong.get(choice.guess.line.number, "")
            return render(
                request, "submissions/pasted.html", {**context, **sorted_out(choices), "refused": True}, status=422
            )
        messages.success(request, told_of(told.adopted, told.entered, told.known))
        guesses = match(request.office, pasted.lines, asked["channel"], asked["adopted_on"])
        choices = [chosen(guess, request) for guess in guesses]  # what became of each, and what is left
        context["recorded"] = True
    else:
        told_before()  # looking changes nothing
    return render(request, "submissions/pasted.html", {**context, **sorted_out(choices)})


def chosen(guess: Guess, request: DeskRequest) -> Choice:
    """A line with what was posted for it, else with what it seems to be."""
    options = [(str(one.id), f"{one.title}（{one.number}，{one.percent}%）") for one in guess.candidates]
    if guess.item and str(guess.item.id) not in dict(options):
        options.insert(0, (str(guess.item.id), f"{guess.item.title}（{guess.item.number}）"))
    options += [(NEW, "没有人报过：补录这一条"), (SKIP, "不登记这一行")]
    posted = request.POST.getlist("number")
    number = str(guess.line.number)
    if "what" in request.POST and number in posted:
        at = posted.index(number)
        typed = {name: (request.POST.getlist(name)[at:] or [""])[0] for name in ("units", "what", "code")}
        what = typed["what"] if typed["what"] in dict(options) else ""
        return Choice(guess, typed["units"][:400], what, one_line(typed["code"])[:60], options=options)
    return Choice(guess, "、".join(unit.name for unit in guess.units), seems(guess), options=options)


def each_once(choices: list[Choice]) -> None:
    """Of lines that are taken for the same item the one most like it keeps it; the others wait for the editor."""
    taken: dict[str, Choice] = {}
    for choice in sorted(choices, key=lambda one: -one.guess.item_confidence):
        if not choice.what.isdecimal():
            continue
        first = taken.setdefault(choice.what, choice)
        if first is not choice:
            choice.what = ""
            choice.wrong = f"和第 {first.guess.line.number} 行认成了同一条，请看是哪一条。"


def seems(guess: Guess) -> str:
    """What a line is, where that is clear enough; empty where an editor must say."""
    if guess.recorded:
        return SKIP
    if guess.item and guess.item_confidence >= MIDDLE:
        return str(guess.item.id)
    if not guess.units:
        return SKIP if not guess.candidates else ""
    like = any(one.percent >= PERHAPS for one in guess.candidates)  # which somebody should look at first
    return NEW if guess.unit_confidence >= MIDDLE and not guess.item and not like else ""


def rows_of(request: DeskRequest, choices: list[Choice], do: str) -> list[Row]:
    """The lines to record. Raises Unrecorded where one waits to be decided, unless only a part is asked for."""
    numbers = {choice.code for choice in choices if choice.code}
    items = Item.objects.visible_to(request.user, request.office).filter(number__in=numbers)
    by_number = dict(items.values_list("number", "pk"))
    rows, wrong = [], []
    for choice in choices:
        line = choice.guess.line
        if choice.code and choice.code not in by_number:
            wrong.append((line.number, f"没有编号是“{choice.code}”的信息。"))
        elif choice.is_open and do == "record":
            wrong.append((line.number, "还没有定：请选是哪一条，或者补录，或者不登记。"))
        elif choice.code or (choice.what and choice.what != SKIP):
            item = by_number[choice.code] if choice.code else None if choice.what == NEW else int(choice.what)
            rows.append(Row(line.number, line.title, choice.guess.day, choice.units, item, line.link))
    if wrong:
        raise Unrecorded(wrong)
    return rows


def sorted_out(choices: list[Choice]) -> dict[str, Any]:
    """What waits for the editor first, then what is clear, what is on record, and how many of each."""
    known = [choice for choice in choices if choice.guess.recorded and not choice.wrong]
    rest = [choice for choice in choices if choice not in known]
    to_decide = [choice for choice in rest if choice.is_open or choice.guess.unit_confidence < MIDDLE]
    clear = [choice for choice in rest if choice not in to_decide]
    clear.sort(key=lambda choice: (choice.guess.unit_confidence, choice.guess.item_confidence))
    return {
        "to_decide": to_decide,
        "clear": [choice for choice in clear if choice.code or choice.what not in (NEW, SKIP)],
        "new": [choice for choice in clear if not choice.code and choice.what == NEW],
        "skipped": [choice for choice in clear if not choice.code and choice.what == SKIP],
        "known": known,
        "number": len(choices),
    }


def told_of(adopted: int, entered: int, known: int) -> str:
    """What became of a list, in a sentence."""
    if not adopted:
        return f"没有新的采用；{known} 条原来就登记过。" if known else "没有登记：每一行都选了不登记。"
    parts = [f"已登记 {adopted} 条采用", *([f"其中补录 {entered} 条"] if entered else [])]
    parts += [f"另有 {known} 条原来就登记过，没有重复登记"] if known else []
    return "，".join(parts) + "。得分已更新。"
