"""For the way up (转报): items as a Word file that is passed on to a channel, in that channel's layout."""

import datetime
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Prefetch, Q, QuerySet
from django.http import QueryDict

from reports.document import Block, Document, Paragraph, Part, Signature
from reports.kinds import piece
from reports.models import Letterhead
from submissions import body
from submissions.models import Adoption, AdoptionCredit, Channel, ChannelLevel, Forwarding, Item, ReviewStage, Revision
from submissions.states import State
from units.models import Account, Office
from units.text import row_ids

MOST = 30  # items of a file
MOST_PICTURES = 60  # of a file: each is drawn anew while its reader waits
UNDECIDED = {
    State.SUBMITTED: "还没有认定有效。",
    State.RETURNED: "已退回修改，文件里是退回以前送来的一稿。",
    State.SIGNING: "报送单位正在重新签发，文件里是上次送来的一稿。",
    State.REJECTED: "已经退稿。",
    State.WITHDRAWN: "报送单位已经撤回。",
}


@dataclass(frozen=True)
class Passed:
    """An item as it would be passed on to a channel: the newest text that went out to the office, never another."""

    item: Item
    revision: Revision | None
    channel: Channel | None

    @property
    def title(self) -> str:
        return self.revision.title if self.revision else self.item.title

    @property
    def units(self) -> str:
        """Whose it is; of a merged piece, the units of all its sources, each once."""
        rows = [*self.item.shares.all(), *(s for link in self.item.sources.all() for s in link.item.shares.all())]
        return "、".join(dict.fromkeys(str(share.unit) for share in rows)) or str(self.item.unit)

    @cached_property
    def characters(self) -> int:
        return body.length(self.revision.text) if self.revision else 0

    @cached_property
    def pictures(self) -> int:
        return len(piece.pictures_of(self.revision)) if self.revision else 0

    @property
    def left_out(self) -> list[str]:
        """The files that are no pictures: they have no place in a text."""
        files = [attachment.file for attachment in self.revision.attachments.all()] if self.revision else []
        return [file.name for file in files if not file.is_picture]

    @property
    def over(self) -> int:
        """How many characters it has more than the channel takes."""
        most = self.channel.most_characters if self.channel else None
        return max(self.characters - most, 0) if most is not None else 0

    @property
    def warnings(self) -> list[str]:
        """What an editor should know before passing it on, a sentence each. None of it forbids anything."""
        found = []
        if self.over and self.channel:
            found.append(f"超过{self.channel}的 {self.channel.most_characters} 字上限 {self.over} 字，请删减。")
        if not self.characters:
            found.append("没有正文。")
        if self.item.state in UNDECIDED:
            found.append(UNDECIDED[State(self.item.state)])
        if not self._reviewed:
            public = self.channel is not None and self.channel.public
            found.append(f"这一稿没有{'公开前' if public else '保密'}审查通过的记录。")
        if self.channel:
            found += [
                f"{made.forwarded_on}已经转报{self.channel}。"
                for made in self.item.forwardings.all()
                if made.channel_id == self.channel.pk
            ]
            found += [
                f"{made.adopted_on}已被{self.channel}采用。"
                for made in sorted(self.item.live_adoptions, key=lambda one: one.adopted_on)
                if made.channel_id == self.channel.pk
            ]
        return found

    @property
    def _reviewed(self) -> bool:
        """Whether this text passed a review; for a public channel, the one before publication."""
        public = self.channel is not None and self.channel.public
        reviews = self.revision.reviews.all() if self.revision else ()
        return any(
            review.passed and (not public or review.stage == ReviewStage.BEFORE_PUBLICATION) for review in reviews
        )


class Upward:
    """What the address asks for: ``items``, as often as there are items, in that order, and ``channel``.

    ``unknown``: it names an item that the account may not know of, or that was never received. ``wrong``: why there
    is nothing to download, a sentence; empty where there is.
    """

    def __init__(self, asked: QueryDict, account: Account, office: Office) -> None:
        self.account, self.office = account, office
        self.letterhead = Letterhead.objects.filter(office=office).first() or Letterhead(office=office)
        self.numbers = list(dict.fromkeys(asked.getlist("items")))
        self.channels = list(Channel.objects.filter(office=office, active=True))
        self.channel = self._channel(asked.get("channel"))

    def _channel(self, asked: str | None) -> Channel | None:
        """The one asked for; where none is, the first above the office's own level."""
        if asked is None:
            above = (channel for channel in self.channels if channel.level != ChannelLevel.OWN)
            return next(above, self.channels[0] if self.channels else None)
        return next((channel for channel in self.channels if str(channel.pk) == asked), None)

    @property
    def unknown(self) -> bool:
        return not self.too_many and len(self.pieces) < len(self.numbers)

    @property
    def too_many(self) -> bool:
        return len(self.numbers) > MOST

    @cached_property
    def pieces(self) -> list[Passed]:
        if self.too_many:
            return []
        numbers = row_ids(self.numbers)
        found = {item.pk: item for item in self._items().filter(pk__in=numbers)}
        return [Passed(found[pk], found[pk].sent_revision, self.channel) for pk in numbers if pk in found]

    def _items(self) -> "QuerySet[Item]":
        sent = Revision.objects.filter(sent_at__isnull=False).prefetch_related("attachments__file", "reviews")
        return (
            Item.objects.visible_to(self.account, self.office)
            .filter(Q(number__isnull=False) | Q(state=State.MERGED))
            .select_related("unit")
            .prefetch_related(
                "shares__unit",
                "sources__item__shares__unit",
                Prefetch("revisions", sent),
                Prefetch("forwardings", Forwarding.objects.live().order_by("forwarded_on")),
                Prefetch("adoptions", Adoption.objects.live()),
                Prefetch("credits", AdoptionCredit.objects.select_related("adoption")),
            )
        )

    @property
    def wrong(self) -> str:
        pictures = sum(passed.pictures for passed in self.pieces)
        if self.too_many:
            return f"选了 {len(self.numbers)} 条，一个文件最多放 {MOST} 条，请分几次下载。"
        if not self.channels:
            return "还没有渠道，请管理员先设一个。"
        if self.channel is None:
            return "没有这个渠道，或者已经停用，请另选。"
        if not self.pieces:
            return "没有选信息。"
        if pictures > MOST_PICTURES:
            return f"选的信息一共有 {pictures} 张图片，一个文件最多放 {MOST_PICTURES} 张，请分几次下载。"
        return ""

    @property
    def signature(self) -> str:
        return (self.channel and self.channel.signature) or str(self.letterhead)

    @property
    def contact(self) -> str:
        """As it is printed below the day; what is not set is left out."""
        own = self.channel.contact.strip() if self.channel else ""
        text = (own or self.letterhead.contact.strip()).rstrip("。")
        mark = "" if text.startswith("联系") else "联系人：" if own else "联系方式："
        return f"（{mark}{text}）" if text else ""

    @property
    def title(self) -> str:
        """What the file is called: the piece's own title, or how many there are for whom."""
        if len(self.pieces) == 1:
            return self.pieces[0].title
        return f"转报{self.channel}信息{len(self.pieces)}条"

    def document(self, day: datetime.date) -> Document:
        """Each piece with its own head, signature and contact, on a new page.

        A channel takes one piece at a time: each can be printed, or taken out of the file, as it is.
        """
        return Document(self.title, tuple(Part(passed.title, self._sheet(passed, day)) for passed in self.pieces))

    def _sheet(self, passed: Passed, day: datetime.date) -> tuple[Block, ...]:
        blocks: list[Block] = []
        if self.channel and self.channel.heading:
            blocks.append(Paragraph(self.channel.heading, "masthead"))
        blocks.append(piece.title_of(passed.title))
        if passed.revision:
            blocks += piece.text_of(passed.revision)
        blocks.append(Paragraph(f"（{passed.units}供稿）", "credit"))
        blocks.append(Signature(self.signature, f"{day.year}年{day.month}月{day.day}日", sealed=False))
        if self.contact:
            blocks.append(Paragraph(self.contact))
        return tuple(blocks)
