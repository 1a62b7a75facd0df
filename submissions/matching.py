"""Which item a pasted title is: whose it is (``naming``), and what of that unit's it is most like.

A channel prints an item under a title of its own, so the unit's name is taken away on both sides and the rest is
compared by pairs of characters (Dice: twice the shared ones by all of both). Five queries, however many lines.
"""

import datetime
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Q
from django.utils import timezone

from submissions.exact import ONE
from submissions.models import Adoption, Channel, Item, ItemShare
from submissions.naming import HIGH, LOW, MIDDLE, NONE, Confidence, Finding, Names, names_on
from submissions.pasted import MOST, Line, plain
from submissions.states import State
from units.models import Office
from units.text import key

WINDOW = datetime.timedelta(days=200)  # before its adoption an item was received
AFTER = datetime.timedelta(days=60)  # or after it, where the channel was quicker than the receipt: the editor says
MOST_ITEMS = 50_000  # the newest that are looked through
_SURE, _LIKELY, _ALIKE, _FAINT = 0.9, 0.75, 0.55, 0.1
_CLEAR = 0.05  # by how much the best must lead to be the one
_NUMERALS = re.compile(r"\d+|[一二三四五六七八九十百]+")


@dataclass(frozen=True)
class NamedUnit:
    id: int
    name: str


@dataclass(frozen=True)
class Candidate:
    """An item that a title may be, as a page shows it. ``likeness`` is 0 to 1."""

    id: int
    number: str
    title: str
    state: State
    received_on: datetime.date
    units: tuple[NamedUnit, ...]
    likeness: float

    @property
    def percent(self) -> int:
        return round(self.likeness * 100)


@dataclass(frozen=True)
class Recorded:
    """A live adoption by the channel under this title or of this item; ``same`` if under this title on this day."""

    id: int
    item_id: int
    adopted_on: datetime.date
    title: str
    same: bool


@dataclass(frozen=True)
class Guess:
    """What a pasted line is taken for. Without an item it becomes one that nobody submitted (补录).

    ``units`` are the item's own where there is an item to rely on, else those that the title names.
    """

    line: Line
    day: datetime.date
    units: tuple[NamedUnit, ...] = ()
    unit_confidence: Confidence = NONE
    unit_why: str = ""
    item: Candidate | None = None
    item_confidence: Confidence = NONE
    item_why: str = ""
    candidates: tuple[Candidate, ...] = ()
    recorded: Recorded | None = None


def match(office: Office, lines: Sequence[Line], channel: Channel, day: datetime.date) -> list[Guess]:
    """What each line is taken for, in their order; ``day`` is the adoption's where a line tells none."""
    lines = lines[:MOST]
    days = {line.day or day for line in lines} | {day}
    rosters = names_on(office, days)
    shelf = _Shelf(office, channel, lines, days, rosters[day])
    return [_guess(shelf, line, line.day or day, rosters[line.day or day]) for line in lines]


def _guess(shelf: "_Shelf", line: Line, day: datetime.date, names: Names) -> Guess:
    finding = _whose(names, line)
    title = _Title.of(line.title, _spellings(names, finding.units))
    own = shelf.like(title, day, finding.units)
    others = [found for found in shelf.nearly(title, day) if not shelf.shares(found.item, finding.units)]
    guess = Guess(
        line,
        day,
        tuple(NamedUnit(unit, names.printed[unit]) for unit in finding.units),
        finding.confidence,
        finding.why,
        candidates=tuple(map(shelf.candidate, (own or others)[:3])),
    )
    best, rival = next(iter(own), None), next(iter(others), None)
    if rival and (best is None or rival.likeness > best.likeness + _CLEAR):
        guess = _of_another(shelf, guess, title, rival, others)
    elif best:
        guess = _of_its_own(shelf, guess, title, best, own)
    return replace(guess, recorded=shelf.recorded(line, day, guess.item))


def _whose(names: Names, line: Line) -> Finding:
    """The units of a line: a cell of their name says more than the title."""
    found = names.find(line.title)
    said = names.named(line.source) if line.source else Finding()
    if not said.units:
        return found
    if found.units and set(found.units) != set(said.units):
        why = f"表格里写的是{names.printed[said.units[0]]}，标题里像是别的单位"
        return replace(said, confidence=min(said.confidence, MIDDLE), why=why, candidates=found.units)
    return replace(said, why=f"表格里写的是{names.printed[said.units[0]]}")


def _of_its_own(shelf: "_Shelf", guess: Guess, title: "_Title", best: "_Likeness", own: "list[_Likeness]") -> Guess:
    """An item of the unit that the title names, as far as it is like it and no other is as much."""
    item = shelf.candidate(best)
    confidence, why = _in_time(*_how_sure(title, best, own), item, guess.day)
    if confidence == NONE:
        return guess
    if guess.unit_confidence == LOW:
        confidence = min(confidence, MIDDLE)
    kept = tuple(found for found in guess.candidates if found.id != item.id)
    guess = replace(guess, item=item, item_confidence=confidence, item_why=why, candidates=kept)
    if confidence >= MIDDLE:
        sure = max(guess.unit_confidence, confidence)
        return replace(guess, units=item.units, unit_confidence=sure)
    return guess


def _of_another(shelf: "_Shelf", guess: Guess, title: "_Title", rival: "_Likeness", others: "list[_Likeness]") -> Guess:
    """A title that is like the item of a unit which it does not name."""
    item = shelf.candidate(rival)
    names = "、".join(unit.name for unit in item.units)
    told = f"与{names}报送的《{item.title}》"
    if guess.unit_confidence >= MIDDLE:
        # Its name says one thing and its words another: the editor decides.
        return replace(
            guess,
            unit_confidence=Confidence(guess.unit_confidence - 1),
            unit_why=f"{guess.unit_why}，但{told}更像",
            candidates=(item, *guess.candidates)[:3] if item not in guess.candidates else guess.candidates,
        )
    confidence, why = _in_time(*_how_sure(title, rival, others), item, guess.day)
    if confidence == NONE:
        return guess
    if not (rival.whole and confidence == HIGH):
        confidence = min(confidence, MIDDLE if rival.likeness >= _SURE else LOW)
    kept = tuple(found for found in map(shelf.candidate, others[:4]) if found.id != item.id)[:3]
    return replace(
        guess,
        units=item.units,
        unit_confidence=confidence,
        unit_why=f"{told}{why}",
        item=item,
        item_confidence=confidence,
        item_why=why,
        candidates=kept,
    )


def _how_sure(title: "_Title", best: "_Likeness", all_of_them: "list[_Likeness]") -> tuple[Confidence, str]:
    """How surely the best is the one, and why; figures that differ are another meeting or another month."""
    rival = next((other for other in all_of_them if other.item != best.item), None)
    same = best.likeness == 1
    why = "标题相同" if same else f"标题相似 {round(best.likeness * 100)}%"
    if same or best.likeness >= _SURE:
        confidence = HIGH
    elif best.likeness >= _LIKELY:
        confidence = MIDDLE
    elif best.likeness >= _ALIKE:
        confidence = LOW
    else:
        return NONE, ""
    if not same and _NUMERALS.findall(title.core) != _NUMERALS.findall(best.core):
        confidence, why = LOW, f"{why}，但数字不同"
    if rival and rival.likeness >= best.likeness - _CLEAR and not (same and rival.likeness < 1):
        confidence, why = Confidence(max(LOW, confidence - 1)), f"{why}，另一条也很像"
    return confidence, why


def _in_time(confidence: Confidence, why: str, item: Candidate, day: datetime.date) -> tuple[Confidence, str]:
    """What came in only after its adoption is never sure by itself."""
    if confidence == NONE or item.received_on <= day:
        return confidence, why
    return LOW, f"{why}，但{item.received_on}才报送"


# Titles and what they share.


@dataclass(frozen=True)
class _Title:
    """A title without its unit's name: the whole, the rest, the pairs of characters of the rest."""

    whole: str
    core: str
    pairs: frozenset[str]
    cut: bool = False

    @classmethod
    def of(cls, title: str, spellings: tuple[str, ...]) -> "_Title":
        text = key(title)
        whole = plain(text)
        if text.startswith(spellings):
            text = text[len(next(way for way in spellings if text.startswith(way))) :]
        core = plain(text)
        core = core if len(core) >= 4 else whole
        return cls(whole, core, _pairs(core), cut=text.endswith(("…", "...")))


@dataclass(frozen=True)
class _Likeness:
    """How like an item is under the title by which it is most; ``whole`` if the very same."""

    item: int
    likeness: float
    core: str
    whole: bool


@dataclass
class _Work:
    """An item of the shelf with the titles it is known by: its own, and those under which it was adopted."""

    number: str
    title: str
    state: State
    received_on: datetime.date
    units: tuple[NamedUnit, ...]
    titles: list["_Entry"] = field(default_factory=list)


@dataclass(frozen=True)
class _Entry:
    """A title on the shelf. Of its pairs only those are kept that some line has too; ``size`` counts all."""

    item: int
    whole: str
    core: str
    size: int
    pairs: frozenset[str]


class _Shelf:
    """The office's items that a list may be about, fetched once, to be looked up by unit and by words."""

    def __init__(
        self, office: Office, channel: Channel, lines: Sequence[Line], days: set[datetime.date], names: Names
    ) -> None:
        self.vocabulary = {pair: pair for line in lines for pair in _pairs(plain(line.title))}
        self.names = names
        self.works: dict[int, _Work] = {}
        self.of_unit: dict[int, list[int]] = defaultdict(list)
        self.by_pair: dict[str, list[_Entry]] = defaultdict(list)
        window = (min(days) - WINDOW, max(days) + AFTER)
        self._fetch_items(office, window)
        self.adopted: dict[str, list[Recorded]] = defaultdict(list)
        self.adoptions: dict[int, list[Recorded]] = defaultdict(list)
        self._fetch_adoptions(office, channel, days, window)
        for item, work in self.works.items():
            for unit in work.units:
                self.of_unit[unit.id].append(item)
            for known in work.titles:
                for pair in known.pairs:
                    self.by_pair[pair].append(known)

    def _fetch_items(self, office: Office, window: tuple[datetime.date, datetime.date]) -> None:
        states = (State.SUBMITTED, State.VALID)
        joint: dict[int, list[NamedUnit]] = defaultdict(list)
        shares = ItemShare.objects.filter(
            item__office=office, item__state__in=states, item__received_on__range=window, share__lt=ONE
        )
        for item, unit, name in shares.order_by("item", "position", "id").values_list("item", "unit", "unit__name"):
            joint[item].append(self._named(unit, name))
        items = Item.objects.filter(office=office, state__in=states, received_on__range=window).newest_first()
        rows = items.values_list("pk", "number", "title", "state", "received_on", "unit", "unit__name")[:MOST_ITEMS]
        for item, number, title, state, received_on, unit, name in rows:
            units = tuple(joint.get(item) or [self._named(unit, name)])
            self.works[item] = work = _Work(number or "", title, State(state), received_on or window[0], units)
            self._learn(item, work, title)
        self._fetch_pieces(office, window)

    def _fetch_pieces(self, office: Office, window: tuple[datetime.date, datetime.date]) -> None:
        """Merged pieces that were made in the time, with the units of their sources."""
        units: dict[int, dict[int, NamedUnit]] = defaultdict(dict)
        pieces = Item.objects.filter(office=office, state=State.MERGED, created_at__date__range=window)
        shares = ItemShare.objects.filter(item__pieces__piece__in=pieces)
        for piece, unit, name in shares.values_list("item__pieces__piece", "unit", "unit__name"):
            units[piece][unit] = self._named(unit, name)
        for piece, title, at in pieces.order_by("-id").values_list("pk", "title", "created_at")[:MOST_ITEMS]:
            made_on = timezone.localdate(at)
            self.works[piece] = work = _Work("", title, State.MERGED, made_on, tuple(units[piece].values()))
            self._learn(piece, work, title)

    def _fetch_adoptions(
        self, office: Office, channel: Channel, days: set[datetime.date], window: tuple[datetime.date, datetime.date]
    ) -> None:
        """Titles under which items were adopted anywhere, and what this channel has on record already."""
        near = Q(item__received_on__range=window) | Q(channel=channel, adopted_on__in=days)
        rows = Adoption.objects.live().filter(near, item__office=office).order_by("-adopted_on", "-id")
        for pk, item, where, adopted_on, title, own in rows.values_list(
            "pk", "item", "channel", "adopted_on", "title", "item__title"
        ):
            if title and (work := self.works.get(item)):
                self._learn(item, work, title)
            if where == channel.pk:
                record = Recorded(pk, item, adopted_on, title or own, same=False)
                self.adopted[plain(title or own)].append(record)
                self.adoptions[item].append(record)

    def _named(self, unit: int, name: str) -> NamedUnit:
        return NamedUnit(unit, self.names.printed.get(unit, name))

    def _learn(self, item: int, work: _Work, title: str) -> None:
        said = _Title.of(title, _spellings(self.names, [unit.id for unit in work.units]))
        pairs = frozenset(self.vocabulary[pair] for pair in said.pairs if pair in self.vocabulary)
        work.titles.append(_Entry(item, said.whole, said.core, len(said.pairs), pairs))

    def shares(self, item: int, units: Iterable[int]) -> bool:
        return any(unit.id in units for unit in self.works[item].units)

    def like(self, title: _Title, day: datetime.date, units: Iterable[int]) -> list[_Likeness]:
        """Items of these units, the most like first."""
        items = dict.fromkeys(item for unit in units for item in self.of_unit[unit])
        return self._ranked(title, day, (known for item in items for known in self.works[item].titles), _FAINT)

    def nearly(self, title: _Title, day: datetime.date) -> list[_Likeness]:
        """Items of whatever unit with nearly the same title.

        Two titles that are so like share so many pairs that one of the rarer must be among them; only items with one of
        those are looked at.
        """
        rarest = sorted(title.pairs, key=lambda pair: len(self.by_pair[pair]))
        least = math.ceil(_LIKELY / (2 - _LIKELY) * len(rarest))
        found = {id(known): known for pair in rarest[: len(rarest) - least + 1] for known in self.by_pair[pair]}
        return self._ranked(title, day, found.values(), _LIKELY)

    def _ranked(self, title: _Title, day: datetime.date, titles: Iterable[_Entry], least: float) -> list[_Likeness]:
        best: dict[int, _Likeness] = {}
        for known in titles:
            if not day - WINDOW <= self.works[known.item].received_on <= day + AFTER:
                continue
            likeness = _likeness(title, known)
            if likeness >= least and (known.item not in best or likeness > best[known.item].likeness):
                best[known.item] = _Likeness(known.item, likeness, known.core, known.whole == title.whole)
        return sorted(best.values(), key=lambda found: (-found.likeness, not found.whole))

    def candidate(self, found: _Likeness) -> Candidate:
        work = self.works[found.item]
        return Candidate(found.item, work.number, work.title, work.state, work.received_on, work.units, found.likeness)

    def recorded(self, line: Line, day: datetime.date, item: Candidate | None) -> Recorded | None:
        """What the channel has on record of this title, that of the day first; else of its item."""
        rows = sorted(self.adopted.get(plain(line.title), ()), key=lambda row: row.adopted_on != day)
        if rows:
            return replace(rows[0], same=rows[0].adopted_on == day)
        return next(iter(self.adoptions.get(item.id, ())), None) if item else None


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def _likeness(title: _Title, known: _Entry) -> float:
    """1 for the same words; else Dice, or nearly as much as the shorter one stands in the longer one."""
    if title.core == known.core or title.whole == known.whole:
        return 1.0
    shared, sizes = len(title.pairs & known.pairs), (len(title.pairs), known.size)
    if not shared:
        return 0.0
    dice = 2 * shared / sum(sizes)
    if title.cut and len(title.core) >= 8 and known.core.startswith(title.core):
        return max(dice, 0.95)
    return max(dice, 0.8 * shared / min(sizes)) if min(sizes) >= 8 else dice


def _spellings(names: Names, units: Iterable[int]) -> tuple[str, ...]:
    return tuple(way for unit in units for way in names.spellings.get(unit, ()))
