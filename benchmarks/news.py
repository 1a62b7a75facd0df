"""Made-up news of education offices, and what becomes of it when somebody sends it again.

Words and phrases (``news.json``) are those of the trade, put together by chance: no sentence is anybody's. What
official Chinese repeats everywhere it repeats here; names, days and figures differ from event to event.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

WORDS = json.loads(Path(__file__).with_suffix(".json").read_text())
THEMES = WORDS["themes"]


@dataclass(frozen=True)
class Event:
    """Something that happened somewhere on a day: what anybody who reports on it would name."""

    theme: str
    place: str
    school: str
    day: str
    person: str
    named: str
    facts: tuple[str, ...]


class Newsroom:
    """Writes items; the same seed writes the same ones."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.places = [name for name in json.loads(settings.AREAS.read_text()).values() if 2 < len(name) < 6]

    def word(self, kind: str) -> str:
        """One of the words of this kind."""
        return self.random.choice(WORDS[kind])

    def event(self, theme: str | None = None) -> Event:
        pick, word = self.random.choice, self.word
        theme = theme or pick(list(THEMES))
        place = pick(self.places)
        name = word("surnames") + "".join(self.random.sample(WORDS["given"], self.random.choice((1, 2, 2))))
        things, acts = THEMES[theme]["things"], THEMES[theme]["acts"]
        facts = [f"{self.random.randint(103, 9876)}{word('people')}"]
        facts += [f"{self.random.randint(6, 480)}{word('counted')}" for _ in range(3)]
        named = f"{pick(things)}{pick(acts)}{word('named')}"
        school = f"{place}{word('schools')}"
        return Event(theme, place, school, self.day(), f"{word('posts')}{name}", named, tuple(facts))

    def day(self) -> str:
        return f"{self.random.randint(1, 12)}月{self.random.randint(1, 28)}日"

    def title(self, event: Event) -> str:
        pick, word = self.random.choice, self.word
        things, acts = THEMES[event.theme]["things"], THEMES[event.theme]["acts"]
        ways = (
            f"{event.place}教育局：{word('manner')}{word('did')}{event.named}",
            f"{event.school}{word('did')}{pick(things)}{pick(acts)}活动",
            f"{event.place}{word('manner')}{word('did')}{pick(things)}工作",
            f"{event.school}：{word('first')}{pick(things)}，{word('did')}{word('things')}",
        )
        return pick(ways)

    def sentence(self, theme: str) -> str:
        """A sentence on a theme that says nothing of the event."""
        pick, word = self.random.choice, self.word
        things, acts = THEMES[theme]["things"], THEMES[theme]["acts"]
        ways: tuple[Callable[[], str], ...] = (
            lambda: (
                f"{word('first')}{pick(things)}，{word('manner')}{word('did')}{word('things')}，"
                f"{word('manner')}{pick(acts)}{pick(things)}"
            ),
            lambda: f"{word('did')}{pick(things)}和{pick(things)}，{pick(things)}{word('effect')}",
            lambda: (
                f"{word('manner')}{word('did')}{word('things')}，{word('did')}{pick(things)}{pick(acts)}，"
                f"{word('boilerplate')}"
            ),
            lambda: f"{word('boilerplate')}，{word('manner')}{word('did')}{pick(things)}",
            lambda: (
                f"把{pick(things)}作为{word('things')}的重点，{word('manner')}{pick(acts)}，"
                f"{pick(things)}{word('effect')}"
            ),
            lambda: (
                f"{pick(('一是', '二是', '三是', '同时', '此外', '其中'))}{word('did')}{pick(things)}，"
                f"由{word('things')}{word('manner')}{pick(acts)}，累计{self.random.randint(3, 400)}{word('counted')}"
            ),
        )
        return f"{pick(ways)()}。"

    def told(self, event: Event) -> list[str]:
        """Sentences that tell of the event itself, in words of the moment."""
        pick, word = self.random.choice, self.word
        one, two, three, four = event.facts
        held = (f"{event.named}在{event.school}{word('did')}", f"{event.school}{word('did')}{event.named}")
        return [
            f"{event.day}，{pick(held)}，{one}{pick(('参加', '到场', '参与其中'))}，"
            f"{event.person}{pick(('出席', '到会', '现场指导'))}。",
            f"{pick(('活动', '会议', '现场'))}{word('did')}{two}，{word('manner')}{word('did')}{three}。",
            f"{event.person}{word('said')}，{self.sentence(event.theme)}",
            f"{pick(('截至目前', '据统计', '下一步', '至此'))}，"
            f"{event.place}{pick(('已', '共', '累计'))}{word('did')}{four}。",
        ]

    def text(self, event: Event, sentences: int | None = None) -> str:
        """An item on the event: what happened among what is always said."""
        number = sentences or self.random.choice((5, 8, 8, 12, 16, 24))
        others = [self.sentence(event.theme) for _ in range(number)]
        head, *rest = self.told(event)
        for line in rest:
            others.insert(self.random.randint(0, len(others)), line)
        opening = f"{self.word('boilerplate')}，" if self.random.random() < 0.4 else ""
        return self.paragraphs([opening + head, *others])

    def paragraphs(self, sentences: list[str]) -> str:
        made, at = [], 0
        while at < len(sentences):
            step = self.random.randint(2, 5)
            made.append("".join(sentences[at : at + step]))
            at += step
        return "\n".join(made)

    def scattered(self, text: str, share: float) -> str:
        """So many of its characters changed, dropped or doubled, here and there."""
        letters = "".join(WORDS["boilerplate"] + WORDS["things"])
        made = []
        for character in text:
            if self.random.random() >= share:
                made.append(character)
            elif (way := self.random.random()) < 0.7:
                made.append(self.random.choice(letters))
            elif way < 0.85:
                made.append(character + self.random.choice(letters))
        return "".join(made)

    def rewritten(self, text: str, theme: str, share: float) -> str:
        """So many of its sentences replaced by others on the theme, and some put elsewhere."""
        sentences = [f"{line}。" for line in text.replace("\n", "").split("。") if line]
        for at in self.random.sample(range(len(sentences)), max(round(share * len(sentences)), 1)):
            sentences[at] = self.sentence(theme)
        at = self.random.randrange(len(sentences))
        sentences.append(sentences.pop(at))
        return self.paragraphs(sentences)

    def retold(self, event: Event, text: str, kept: int) -> str:
        """Another unit's item on the event: its names, days and figures in words of one's own, a few sentences kept."""
        sentences = [f"{line}。" for line in text.replace("\n", "").split("。") if line]
        mine = [*self.told(event), *(self.sentence(event.theme) for _ in range(self.random.choice((4, 6, 9))))]
        for line in self.random.sample(sentences, min(kept, len(sentences))):
            mine.insert(self.random.randint(1, len(mine)), line)
        return self.paragraphs(mine)
