"""Who a published title is about: the units of an office's roster that it names, how surely, and why.

What is known of names is data: the roster, the office's aliases, the areas of the country. The words below are of the
language, not of a province. A confident answer must not be wrong: in doubt it is LOW, or none with candidates.
"""

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from django.conf import settings
from django.db.models import IntegerChoices

from submissions import wording
from submissions.places import Place, Places, city_of, home_of, is_county, read_areas
from units.models import Alias, Office, RosterLine
from units.text import key


class Confidence(IntegerChoices):
    NONE = 0, "认不出"
    LOW = 1, "存疑"
    MIDDLE = 2, "较可信"
    HIGH = 3, "可信"


NONE, LOW, MIDDLE, HIGH = Confidence


@dataclass(frozen=True)
class Finding:
    """The units a title is about, in its order; why is a part of a sentence.

    ``candidates`` are other units that the title names, which were not taken.
    """

    units: tuple[int, ...] = ()
    confidence: Confidence = NONE
    why: str = ""
    candidates: tuple[int, ...] = ()


@dataclass(frozen=True)
class RosterName:
    """A line of the roster as far as names go; ``now`` if it is in force on the day in question."""

    unit: int
    name: str
    now: bool = True


class Known(NamedTuple):
    """A name that was learnt: whose it is (None: not on the roster that day), how sure that makes, and why."""

    unit: int | None
    confidence: Confidence
    why: str


@dataclass(frozen=True)
class Mention:
    """Where a text names somebody. Of ``units`` several cannot be told apart; none is somebody else.

    ``own`` is by a name of the unit's, not by its place.
    """

    end: int
    units: tuple[int, ...]
    confidence: Confidence
    why: str
    own: bool = False
    others: tuple[int, ...] = ()


LONGEST_HEAD = 30  # characters before a colon


def names_on(office: Office, days: Iterable[datetime.date]) -> dict[datetime.date, "Names"]:
    """What is known of names on each of these days, in two queries. Days with the same roster share it."""
    rows = list(
        RosterLine.objects.filter(office=office).in_printed_order().values_list("unit", "name", "since", "until")
    )
    aliases = list(Alias.objects.filter(office=office).order_by("id").values_list("unit", "name"))
    areas = read_areas(settings.AREAS)
    made: dict[tuple[RosterName, ...], Names] = {}
    found = {}
    for day in set(days):
        lines = tuple(RosterName(unit, name, since <= day <= (until or day)) for unit, name, since, until in rows)
        if lines not in made:
            made[lines] = Names(office.name, lines, aliases, areas)
        found[day] = made[lines]
    return found


def names_of(office: Office, day: datetime.date) -> "Names":
    return names_on(office, [day])[day]


class Names:
    """The names of an office's units on one day. Built once for a list, asked for every title; asks no database."""

    def __init__(
        self, office: str, lines: Sequence[RosterName], aliases: Sequence[tuple[int, str]], areas: dict[str, str]
    ) -> None:
        self.office = key(office)
        self.printed = {line.unit: line.name for line in lines if line.now}
        names = [key(name) for name in self.printed.values()]
        self.places = Places(areas, home_of(areas, self.office, names))
        self._known: dict[str, Known] = {}
        self._own_places: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._aliases = [(unit, key(name)) for unit, name in aliases]
        self._learn_printed()
        self._learn_aliases()
        self._learn_former(lines)
        self._learn_parts()
        self._longest = max(map(len, self._known), default=0)

    # What is learnt, from the surest to the least sure; a name that is known is not learnt again.

    def _learn_printed(self) -> None:
        for unit, printed in self.printed.items():
            name = key(printed)
            self._learn(name, unit, HIGH, "单位全称")
            rest = self._without_province(name)
            place = self.places.at(rest, 0)
            if place and len(place.codes) == 1:
                tail = rest[place.end :]
                if not tail or (tail.endswith(wording.ORGANS) and not wording.SCHOOL.match(tail)):
                    self._own_places[place.codes[0]].append((unit, tail))
                if rest != name:  # 大同大学 is 山西大同大学
                    self._learn(rest, unit, MIDDLE, f"“{rest}”是{printed}的简称")

    def _learn_aliases(self) -> None:
        for unit, name in self._aliases:
            if unit in self.printed and len(name) >= 2:
                place = self.places.at(name, 0)
                if place and place.end == len(name) and len(place.codes) == 1:
                    self._own_places[place.codes[0]] = [(unit, "")]  # as an alias says so, it is that unit's place
                else:
                    self._learn(name, unit, HIGH if len(name) > 2 else MIDDLE, f"别名“{name}”")

    def _learn_former(self, lines: Sequence[RosterName]) -> None:
        """Names that stood on the roster once: of a unit that is there still, or of one that is not."""
        for line in lines:
            if line.unit in self.printed:
                self._learn(key(line.name), line.unit, MIDDLE, f"曾用名“{line.name}”")
        for line in lines:
            if line.unit not in self.printed:
                self._learn(key(line.name), None, NONE, f"“{line.name}”当天不在名册上")

    def _learn_parts(self) -> None:
        """A college whose printed name begins with a university's, by what follows: 汾阳学院; and cut short."""
        rests: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for unit, printed in self.printed.items():
            for parent in map(key, self.printed.values()):
                rest = key(printed).removeprefix(parent)
                if rest and rest != key(printed) and rest.endswith("学院"):
                    rests[rest].append((unit, printed))
                    cut = f"{parent.removesuffix('大学').removesuffix('学院')}{rest}"  # 太原理工现代科技学院
                    self._learn(cut, unit, MIDDLE, f"“{cut}”像是{printed}的简称")
        for rest, owners in rests.items():
            placed = self.places.at(rest, 0) is not None
            if len({unit for unit, _ in owners}) == 1:
                unit, printed = owners[0]
                self._learn(rest, unit, MIDDLE if placed else LOW, f"“{rest}”像是{printed}")

    def _learn(self, name: str, unit: int | None, confidence: Confidence, why: str) -> None:
        self._known.setdefault(name, Known(unit, confidence, why))

    def _without_province(self, name: str) -> str:
        return next((name.removeprefix(way) for way in self.places.province if name.startswith(way)), name)

    @cached_property
    def known(self) -> frozenset[str]:
        """Names that are a unit's without doubt: printed ones, aliases, former ones."""
        return frozenset(name for name, known in self._known.items() if known.unit and known.confidence >= MIDDLE)

    @cached_property
    def spellings(self) -> dict[int, tuple[str, ...]]:
        """The ways in which a unit may stand before its titles, the longest first; for taking them away."""
        ways: dict[int, set[str]] = defaultdict(set)
        for name, known in self._known.items():
            if known.unit and known.confidence >= MIDDLE:
                ways[known.unit].add(name)
        for code, owners in self._own_places.items():
            for unit, _ in owners:
                ways[unit].update(self.places.said(code))
        led = {unit: names | {p + name for p in self.places.province for name in names} for unit, names in ways.items()}
        return {unit: tuple(sorted(names, key=len, reverse=True)) for unit, names in led.items()}

    @cached_property
    def _short(self) -> list[tuple[str, str, str, int]]:
        """For abbreviations: a name's beginning (its place, else two characters), its middle, its kind, its unit."""
        found = []
        for unit, printed in self.printed.items():
            name = key(printed)
            kind = next((kind for kind in wording.KINDS if name.endswith(kind)), "")
            start = self._start(name)
            core = name[len(start) : len(name) - len(kind)].removeprefix("省")
            if kind and core:
                found.append((start, core, wording.KINDS[kind], unit))
        return found

    def _start(self, name: str) -> str:
        ways = [way for way in self.places.province if name.startswith(way)]
        if ways:
            return ways[-1]
        place = self.places.at(name, 0)
        return name[: place.end].rstrip("市") if place and len(name) > place.end else name[:2]

    # What is asked.

    def find(self, title: str) -> Finding:
        """The units that a title is about. What stands before a colon or in brackets at its head weighs most."""
        text = key(title)
        found = self._of_title(text)
        if not found.units and (last := wording.LAST_BRACKET.search(text)):
            source = self.named(last[1])
            if source.confidence >= MIDDLE:
                return replace(source, confidence=MIDDLE, why=f"标题末尾注明“{last[1]}”")
        return found

    def named(self, text: str) -> Finding:
        """Whose name this text is and nothing else, as in a cell of a table; none where it says more."""
        name = key(text)
        if (known := self._known.get(name)) and known.unit:
            return Finding((known.unit,), known.confidence, known.why)
        found = self._read(name, closed=True)
        whole = self._first(name, closed=True)
        return found if whole and whole.end == len(name) else Finding()

    def _of_title(self, text: str) -> Finding:
        if bracketed := wording.BRACKETED.match(text):
            head, rest = bracketed[1], text[bracketed.end() :]
        else:
            split = wording.SPLIT.search(text[: LONGEST_HEAD + 1])
            if not split:
                return self._read(text)
            head, rest = text[: split.start()].strip(), text[split.end() :].strip()
        found = self._read(head, closed=True)
        if found.units:
            return self._against(found, head, rest)
        others = tuple(dict.fromkeys(found.candidates + self._seen(rest)))
        if head not in self.places.province and (found.why or self._of_others(head)):
            return replace(found, why=found.why or f"“{head}”不在名册上", candidates=others)
        later = self._of_title(rest)
        return replace(later, confidence=min(later.confidence, MIDDLE))

    def _against(self, found: Finding, head: str, rest: str) -> Finding:
        """What follows the colon can make the head less sure: a unit of its own after a place, or one that joins in."""
        joins = wording.JOINED.match(rest)
        after = self._at(rest, joins.end()) if joins else self._first(rest)
        if not after or not after.own or not after.units or set(after.units) <= set(found.units):
            return found
        by_place = not any(self._named_in(head, unit) for unit in found.units)
        cap = LOW if by_place and not joins else MIDDLE
        return replace(
            found,
            confidence=min(found.confidence, cap),
            why=f"{found.why}，但后面写了{self.printed[after.units[0]]}",
            candidates=after.units,
        )

    def _named_in(self, head: str, unit: int) -> bool:
        first = self._first(head, closed=True)
        return bool(first and first.own and unit in first.units)

    def _read(self, text: str, *, closed: bool = False) -> Finding:
        """The units that a text begins with, else those within it. ``closed``: it is a head, and its end is told."""
        first = self._first(text, closed=closed)
        if first is None:
            return self._within(text)
        if not first.units:
            return Finding(why=first.why, candidates=first.others)
        if not first.own and (name := self._at(text, first.end)) and name.own and name.units:
            # 长治市长治学院: the place only says where the unit is
            first = replace(name, confidence=min(name.confidence, MIDDLE))
        return self._with_others(text, first)

    def _with_others(self, text: str, first: Mention) -> Finding:
        """The first unit, and those joined to it."""
        if len(first.units) > 1:
            return Finding((), NONE, f"{first.why}，不能确定是哪一个", first.units)
        taken, end = [first], first.end
        while start := self._next_start(text, taken[-1], end):
            following = self._at(text, start, closed=True)
            if following is None or len(following.units) != 1 or following.confidence < LOW:
                break
            if following.own != first.own and not following.own:
                break  # 中北大学与太原市签约: the city's bureau takes no part
            taken.append(following)
            end = following.end
        units = tuple(dict.fromkeys(unit for mention in taken for unit in mention.units))
        if len(units) > 1:
            confidence = min(MIDDLE, *(mention.confidence for mention in taken))
            if text[end:].lstrip().startswith("等") or any(mention.own != first.own for mention in taken):
                confidence = LOW
            return Finding(units, confidence, "、".join(self.printed[unit] for unit in units) + "连在一起写")
        others = tuple(unit for unit in self._seen(text[first.end :]) if unit not in units)
        if others:
            told = f"{first.why}，另外提到{self.printed[others[0]]}"
            return Finding(units, min(first.confidence, MIDDLE if first.own else LOW), told, others)
        return Finding(units, first.confidence, first.why)

    def _next_start(self, text: str, last: Mention, end: int) -> int:
        """Where a unit that is joined to the last would begin; 0 where nothing joins."""
        if joined := wording.JOINED.match(text, end):
            return joined.end()
        if last.own and (part := wording.PART.match(text, end)) and (joined := wording.JOINED.match(text, part.end())):
            return joined.end()
        beside = self._at(text, end) if last.own else None
        if beside and beside.own and beside.units and text[beside.end :].startswith(wording.TOGETHER):
            return end
        return 0

    def _within(self, text: str) -> Finding:
        """A text that begins with none of ours: the first that it names later, never surely."""
        start, led = self._starts(text)[-1]
        if text.startswith(wording.WIDE, start) or (led and text[start : start + 1].isalnum()):
            return Finding(why="说的是全省或全国", candidates=self._seen(text))
        if text.startswith(self.places.elsewhere):
            return Finding(why="说的是外省", candidates=self._seen(text))
        for at in range(1, len(text)):
            before = text[:at]
            clean = not before[-1].isalnum()
            mention = self._name_at(text, at, clean=clean or before.endswith(wording.OBJECT))
            if mention is None and clean:
                mention = self._at(text, at)
            if mention is None or mention.confidence == NONE:
                continue
            if wording.SOMEBODY.search(before):
                return Finding(why="开头是别的单位", candidates=mention.units)
            sure = (
                clean and mention.own and before[-1] != "、" and not any(word in before for word in wording.OBJECT[:4])
            )
            found = self._with_others(text, mention)
            return replace(
                found,
                confidence=min(found.confidence, MIDDLE if sure else LOW),
                why=f"{found.why}，但不在标题开头",
            )
        return Finding()

    def _of_others(self, head: str) -> bool:
        return bool(wording.SOMEBODY.search(head)) or head.startswith((*wording.WIDE, *self.places.elsewhere))

    def _seen(self, text: str) -> tuple[int, ...]:
        """Units that a text names anywhere by a name of theirs, in its order."""
        found: list[int] = []
        at = 0
        while at < len(text):
            clean = at == 0 or not text[at - 1].isalnum() or text[:at].endswith(wording.OBJECT)
            mention = self._name_at(text, at, clean=clean)
            if mention and mention.units and mention.confidence > NONE:
                found += mention.units
            at = mention.end if mention else at + 1
        return tuple(dict.fromkeys(found))

    # What stands at one place of a text.

    def _starts(self, text: str) -> list[tuple[int, bool]]:
        """Where a unit's name may begin: at the head, and behind the province's name, 中共 and such; with whether it is
        behind the province's. Behind the office's own name nothing before counts.
        """
        for way in (self.office, *self._own_heads):
            if text.startswith(way):
                return [(len(way), False)]
        starts, at, led = [(0, False)], 0, False
        while way := next((way for way in (*self.places.province, *wording.BEFORE) if text.startswith(way, at)), ""):
            at, led = at + len(way), led or way in self.places.province
            starts.append((at, led))
        return starts

    def _first(self, text: str, *, closed: bool = False) -> Mention | None:
        """The unit that a text begins with."""
        found = None
        for start, led in self._starts(text):
            found = self._at(text, start, led=led, closed=closed)
            if found:
                break
        if closed and (found is None or (not found.own and found.end < len(text))):
            found = self._stem(text) or found  # 太原理工, which is more than 太原
        return found

    @cached_property
    def _own_heads(self) -> tuple[str, ...]:
        """The university that the office is one of."""
        match = re.match(r"\w{2,12}?(?:大学|学院)", self.office)
        return (match[0],) if match else ()

    def _at(self, text: str, start: int, *, led: bool = False, closed: bool = False) -> Mention | None:
        """The unit that is named right here: by a name of its own, an abbreviation, or its place."""
        return (
            self._name_at(text, start, closed=closed)
            or self._abbreviation(text, start)
            or self._stem_with_people(text, start)
            or self._place_at(text, start, led=led, closed=closed)
        )

    def _name_at(self, text: str, start: int, *, clean: bool = True, closed: bool = False) -> Mention | None:
        """A name that was learnt. Where the text before it is not clean, it must begin with a place of its own."""
        for length in range(min(self._longest, len(text) - start), 1, -1):
            known = self._known.get(text[start : start + length])
            if known is None or wording.goes_on(text, start + length):
                continue
            name = text[start : start + length]
            if not clean and (length < 4 or not self._begins_with_a_place(name)):
                continue
            return self._named(text, start + length, name, known, closed)
        return None

    def _named(self, text: str, end: int, name: str, known: Known, closed: bool) -> Mention:
        if known.unit is None:
            return Mention(end, (), NONE, known.why)
        confidence, why = known.confidence, known.why
        if confidence == MIDDLE and closed and end == len(text) and len(name) == 2:
            confidence = HIGH  # an alias of two characters, alone before a colon
        return self._with_tail(text, Mention(end, (known.unit,), confidence, why, own=True), name)

    def _with_tail(self, text: str, mention: Mention, name: str) -> Mention:
        """What follows a name can make it another's: a college within the university, a school that hangs on it."""
        unit, end = mention.units[0], mention.end
        printed = key(self.printed[unit])
        if name != printed and printed.endswith(("大学", "学院")):
            for other, called in self.printed.items():
                rest = key(called).removeprefix(printed)
                if rest and rest != key(called) and text.startswith(rest, end):
                    return replace(mention, end=end + len(rest), units=(other,), why=f"“{name}{rest}”即{called}")
        if not name.endswith((*wording.KINDS, *wording.KINDS.values())) or not printed.endswith(tuple(wording.KINDS)):
            return mention
        if found := wording.AFFILIATED.match(text, end):
            return replace(mention, confidence=LOW, why=f"“{name}{found[0]}”是附属单位，也可能由所在地报送")
        if text.startswith(wording.STUDENT_LIKE, end):
            return replace(mention, confidence=min(mention.confidence, MIDDLE))
        part = wording.PART.match(text, end)
        if part and not part[0].startswith((*wording.OPENERS, *wording.TOGETHER)) and not wording.JOINED.match(part[0]):
            return replace(mention, confidence=min(mention.confidence, MIDDLE), why=f"{name}的二级单位")
        return mention

    def _begins_with_a_place(self, name: str) -> bool:
        return name.startswith(self.places.province) or self.places.at(name, 0) is not None

    def _abbreviation(self, text: str, start: int) -> Mention | None:
        """山西农大, 运城幼专: a name's beginning, some of its middle in order, its kind for short."""
        for length in range(min(len(text) - start, 9), 3, -1):
            said, end = text[start : start + length], start + length
            if said[-1] not in wording.KINDS.values() or said.endswith(wording.NO_SHORT_FORM):
                continue
            if wording.goes_on(text, end):
                continue
            units = {
                unit
                for begins, core, kind, unit in self._short
                if said.startswith(begins) and said[-1] == kind and wording.abbreviates(said[len(begins) : -1], core)
            }
            if len(units) == 1:
                (unit,) = units
                why = f"“{said}”像是{self.printed[unit]}的简称"
                return self._with_tail(text, Mention(end, (unit,), MIDDLE, why, own=True), said)
            if units:
                return Mention(end, (), NONE, f"“{said}”可以是几个单位的简称", others=tuple(units))
        return None

    def _stem(self, head: str) -> Mention | None:
        """A head that a name of the roster begins with, which no other such name begins with: 太原理工."""
        begun = self._begun(head)
        least = {
            unit: name
            for unit, name in begun.items()
            if not any(name != other and name.startswith(other) for other in begun.values())
        }
        if len(least) != 1:
            return None
        ((unit, name),) = least.items()
        confidence = MIDDLE if name[len(head) :] in ("大学", "学院") else LOW
        return Mention(len(head), (unit,), confidence, f"“{head}”像是{self.printed[unit]}的简称", own=True)

    def _stem_with_people(self, text: str, start: int) -> Mention | None:
        """太原理工学子: a name without its kind is told from a place and a trade by those who belong to a school."""
        match = wording.PEOPLE.match(text, start)
        if not match:
            return None
        head = match[1]
        places = (self.places.at(head, at) for at, _ in self._starts(head))
        if any(place and place.end == len(head) for place in places):
            return None  # 山西运城学生
        stem = self._stem(head)
        return replace(stem, end=start + stem.end, confidence=LOW) if stem else None

    def _begun(self, head: str) -> dict[int, str]:
        """The units whose printed name begins so and goes on."""
        names = {unit: key(name) for unit, name in self.printed.items()}
        return {unit: name for unit, name in names.items() if name.startswith(head) and len(name) > len(head) >= 4}

    def _place_at(self, text: str, start: int, *, led: bool, closed: bool) -> Mention | None:
        place = self.places.at(text, start)
        if place is None:
            return None
        end, tail = place.end, text[place.end :]
        owners = self._owners(place)
        name, why = text[start:end], self._why_place(place, text[start:end])
        opened = not tail or tail.startswith(wording.OPENERS) or not tail[0].isalnum()
        college = wording.COLLEGE.match(tail)
        if (
            college
            and not tail.startswith(wording.OPENERS)
            and not wording.joined_early(college[0])
            and not self._seen(college[0])
            and not wording.goes_on(tail, college.end())
        ):
            return Mention(end + college.end(), (), NONE, f"“{name}{college[0]}”不在名册上")
        units = tuple(dict.fromkeys(unit for unit, _ in owners))
        if not units:
            return Mention(end, (), NONE, f"{name}在名册上没有单位")
        if organ := self._organ(tail, owners):
            unit, length, same = organ
            whole = tail[:length].endswith(("政府", "委", "人大"))
            sure = HIGH if same and self._unmistakable(place, led) else MIDDLE if same or whole else LOW
            return Mention(end + length, (unit,), sure, f"{why}，“{tail[:length]}”", own=same)
        if (school := wording.SCHOOL.match(tail)) and not tail.startswith(("中小", "各", "全市", "全县")):
            told = f"“{name}{school[0]}”是{self.places.names[place.codes[0]]}的学校"
            # 太原幼儿师范学校 may as well be what became 太原幼儿师范高等专科学校
            became = self._begun(f"{name}{school[0]}".removesuffix("学校"))
            doubtful = len(place.codes) > 1 or "附" in school[0] or became
            return Mention(end + school.end(), units, LOW if doubtful else MIDDLE, told)
        if wording.STRANGER.match(tail) and not tail.startswith(wording.OPENERS):
            sure = LOW
        elif closed and not tail:
            sure = HIGH if self._unmistakable(place, led) else MIDDLE
        elif is_county(place.codes[0]) and not (place.full or place.led or led):
            sure = LOW if opened else NONE
        else:
            sure = MIDDLE if place.full or led or place.led or opened or wording.JOINED.match(tail) else LOW
        if sure == NONE:
            return Mention(end, (), NONE, f"“{name}”也可能是普通的词", others=units)
        return Mention(end, units, sure, why)

    def _owners(self, place: Place) -> list[tuple[int, str]]:
        """The units whose place it is, with what follows the place in their names; else those of its city."""
        found = []
        for code in place.codes:
            found += self._own_places.get(code) or self._own_places.get(city_of(code), [])
        return found

    def _unmistakable(self, place: Place, led: bool) -> bool:
        """A city, or a county by its whole name that no other in the country bears or that stands after its city's."""
        if len(place.codes) > 1:
            return False
        (code,) = place.codes
        return not is_county(code) or place.led or (place.exact and (led or self.places.only_one(code)))

    def _why_place(self, place: Place, said: str) -> str:
        code = place.codes[0]
        if is_county(code) and code not in self._own_places and city_of(code) in self.places.names:
            return f"{self.places.names[code]}属于{self.places.names[city_of(code)]}"
        return f"地名“{said}”"

    def _organ(self, tail: str, owners: list[tuple[int, str]]) -> tuple[int, int, bool] | None:
        """An office of the place: the unit, how long it is said, and whether it is one of the same trade."""
        match = wording.ORGAN.match(tail)
        if not match or match[0].startswith(wording.VERBS):
            return None
        said = match[0].lstrip("市县区") or match[0]
        alike = {unit: own for unit, own in owners if own and own[0] == said[0]}
        units = alike or dict(owners)
        if len(units) != 1:
            return None
        return next(iter(units)), match.end(), bool(alike)
