"""Items (信息): what units submit, with their texts, shares, themes, reviews and history."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery
from django.utils import timezone

from submissions import search
from submissions.fields import MillionthsField
from submissions.models.kinds import ItemKind
from submissions.models.themes import Theme, ThemeKind
from submissions.states import EVENT_LABELS, RECEIVED, State
from units.models import Office, Role, RosterLine, Unit

if TYPE_CHECKING:
    from submissions.models.adoptions import Adoption
    from submissions.models.periods import Period
    from units.models import Account


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, account: "Account", office: Office) -> "ItemQuerySet":
        """What this account may know of. How every view fetches.

        The office's own people see what was received; officers and signers see the items of their own
        units, joint ones included. Of others' items they learn nothing, not even a title.
        """
        own = account.units_with(Role.OFFICER, Role.SIGNER)
        joint = ItemShare.objects.filter(unit__in=own).values("item")
        may_know = Q(unit__in=own) | Q(pk__in=joint, number__isnull=False)
        if account.works_at(office):
            sources = _related("sources").filter(piece=OuterRef("pk"))  # of pieces, also those taken apart
            may_know |= Q(number__isnull=False) | Q(Exists(sources))
        return self.filter(may_know, office=office)

    def comparable_by(self, account: "Account", office: Office) -> "ItemQuerySet":
        """What went out and this account may see beside another item, told as alike.

        The office's own people everything that was not withdrawn, also what was returned or rejected; officers and
        signers that of their own units, joint ones included, and what is published.
        """
        sent = self.filter(office=office, number__isnull=False).exclude(state=State.WITHDRAWN)
        if account.works_at(office):
            return sent
        own = account.units_with(Role.OFFICER, Role.SIGNER)
        joint = ItemShare.objects.filter(unit__in=own).values("item")
        return sent.filter(Q(unit__in=own) | Q(pk__in=joint) | self._published())

    def of_all(self, units: Iterable[int]) -> "ItemQuerySet":
        """What belongs to each of these units, alone or jointly: of it all of them may be told."""
        items = self
        for unit in units:
            items = items.filter(Q(unit=unit) | Q(pk__in=ItemShare.objects.filter(unit=unit).values("item")))
        return items

    def published(self) -> "ItemQuerySet":
        """Of whose title and text everybody may be told."""
        return self.filter(self._published())

    def _published(self) -> Q:
        """Used by a public channel, and the text that went out last passed the review before publication."""
        here = Item.objects.filter(pk=OuterRef("pk"))
        newest = Revision.objects.filter(item=OuterRef(OuterRef("pk")), sent_at__isnull=False).order_by("-number")
        passed = Review.objects.filter(
            revision=Subquery(newest.values("pk")[:1]), stage=ReviewStage.BEFORE_PUBLICATION, passed=True
        )
        return Q(Exists(here.filter(adoptions__channel__public=True, adoptions__revoked_at=None))) & Q(Exists(passed))

    def told_as(self, state: str, account: "Account", office: Office) -> "ItemQuerySet":
        """Those in this state, as far as this account is told: while a decision can be undone its unit still waits."""
        if account.works_at(office):
            return self.filter(state=state)
        held = Q(undo_until__gt=timezone.now())
        if state == State.SUBMITTED:
            return self.filter(Q(state=state) | held)
        return self.filter(state=state).exclude(held)

    def received_in(self, period: "Period") -> "ItemQuerySet":
        return self.filter(received_on__range=(period.starts_on, period.ends_on))

    def received_in_year(self, year: int) -> "ItemQuerySet":
        return self.filter(received_on__range=(datetime.date(year, 1, 1), datetime.date(year, 12, 31)))

    def about(self, theme: Theme, confirmed: bool = False) -> "ItemQuerySet":
        """Those that have this theme or one below it, each once; ``confirmed``: not only proposed."""
        themes = [theme.pk, *theme.children.values_list("pk", flat=True)]
        links = ItemTheme.objects.filter(theme__in=themes)
        if confirmed:
            links = links.exclude(confirmed_at=None)
        return self.filter(pk__in=links.values("item"))

    def awaiting_decision(self) -> "ItemQuerySet":
        """Urgent first, then the longest waiting."""
        return self.filter(state=State.SUBMITTED).order_by("-urgent", "waits_since", "id")

    def after_in_queue(self, urgent: bool, since: datetime.datetime, pk: int) -> "ItemQuerySet":
        """Those that stand behind this place of the queue."""
        later = Q(waits_since__gt=since) | Q(waits_since=since, pk__gt=pk)
        return self.filter(Q(urgent=urgent) & later | Q(urgent=False) if urgent else Q(urgent=False) & later)

    def came_back(self) -> "ItemQuerySet":
        """Those that were returned and came in again."""
        return self.filter(self._came_again())

    def _came_again(self) -> Exists:
        return Exists(ItemEvent.objects.filter(item=OuterRef("pk"), move="resubmit"))

    def overdue(self, office: Office) -> "ItemQuerySet":
        """Those that wait for longer than the office gives itself."""
        return self.filter(waits_since__lt=timezone.now() - datetime.timedelta(days=office.decides_within))

    def with_words(self, words: str, office: Office) -> "ItemQuerySet":
        """Those in whose title or text each word stands, or that have it for a number or in the name of their unit.

        What never went out is searched by its title.
        """
        found = self
        for word in words.split():
            lines = RosterLine.objects.filter(office=office, name__contains=word).values("unit")
            here = Item.objects.filter(office=office)
            ways = [
                here.filter(number=word),
                here.filter(unit__in=lines),
                here.filter(number=None, title__contains=word),
            ]
            if stretches := search.runs(word):
                texts = here
                for run in stretches:
                    texts = texts.filter(pk__in=search.items_with(run))
                ways.append(texts)
            ids = [way.order_by().values("pk") for way in ways]
            found = found.filter(pk__in=ids[0].union(*ids[1:]))
        return found

    def waiting_for(self, account: "Account") -> "ItemQuerySet":
        """What waits in a unit for this person: to be signed by a signer, to be reviewed by who did not write it."""
        newest = Revision.objects.filter(item=OuterRef("pk")).order_by("-number")
        passed = Review.objects.filter(revision=OuterRef("newest"), passed=True, stage=ReviewStage.BEFORE_SUBMISSION)
        items = self.annotate(
            newest=Subquery(newest.values("pk")[:1]), written_by=Subquery(newest.values("author")[:1])
        )
        items = items.annotate(reviewed=Exists(passed))
        to_sign = Q(unit__in=account.units_with(Role.SIGNER)) & (Q(unit__needs_review=False) | Q(reviewed=True))
        to_review = Q(unit__in=account.units_with(Role.OFFICER, Role.SIGNER), unit__needs_review=True, reviewed=False)
        return items.filter(to_sign | (to_review & ~Q(written_by=account.pk)), state=State.SIGNING)

    def waiting_in(self, units: "list[int]") -> "ItemQuerySet":
        """Those that wait in these units to be reviewed or signed: urgent first, then as they came."""
        return self.filter(unit__in=units, state=State.SIGNING).order_by("-urgent", "id")

    def newest_first(self) -> "ItemQuerySet":
        return self.order_by("-received_on", "-id")

    def with_reason(self, account: "Account") -> "ItemQuerySet":
        """``reason``: why it last came back, for ``reason_shown``; what a unit says to itself its own alone see."""
        own = account.units_with(Role.OFFICER, Role.SIGNER)
        told = ItemEvent.objects.filter(item=OuterRef("pk")).filter(
            Q(move__in=("return", "reject")) | Q(move__in=("send_back", "fail"), item__unit__in=own)
        )
        return self.annotate(reason=Subquery(told.order_by("-at", "-id").values("reason")[:1]))

    def for_queue(self) -> "ItemQuerySet":
        """Everything a row of the queue shows, in one query."""
        return self.select_related("unit", "kind").annotate(again=self._came_again())

    def for_table(self) -> "ItemQuerySet":
        """Everything a row of a list shows, in a fixed number of queries."""
        of_pieces = Prefetch("adoptions", _related("adoptions").select_related("channel"))
        credited = Prefetch("credits", _related("credits").select_related("adoption__channel"))
        return self.select_related("unit").prefetch_related("themes__theme", of_pieces, credited)


def _related(name: str) -> Any:
    """The rows of another module of this room, which knows this one."""
    return Item._meta.get_field(name).related_model._default_manager  # type: ignore[union-attr]


class Item(models.Model):
    """One piece that a unit submits to an office.

    ``number`` is the receipt and ``received_on`` the day of the first receipt in Asia/Shanghai: both are
    given once and kept, however often the item is returned. ``title`` and ``kind`` repeat those of the newest
    revision that went out, so that lists, search and sorting never join the texts; before the first receipt they are
    the draft's. ``unit`` is the lead;
    whom the item counts for stands in its shares.
    """

    # The composite indexes below begin with these two; indexes of their own would only slow the writing.
    office = models.ForeignKey(Office, models.PROTECT, related_name="items", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="items", verbose_name="报送单位", db_index=False)
    number = models.CharField("编号", max_length=60, null=True, blank=True)
    title = models.CharField("标题", max_length=300)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    urgent = models.BooleanField("紧急", default=False)
    received_on = models.DateField("报送日期", null=True, blank=True)
    # Since when it waits to be decided: when it last came in. ``received_on`` stays, which is what counts.
    waits_since = models.DateTimeField("送达时间", default=timezone.now, editable=False)
    # Until when the editor's decision can be undone without a word; before that its unit is not told of it.
    undo_until = models.DateTimeField(null=True, editable=False)
    undo_themes = models.JSONField(null=True, editable=False)  # its themes as they were before (``decisions``)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    kind = models.ForeignKey(ItemKind, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    # Of urgent items: the first report (首报) that this one carries on (续报), or ends (终报).
    follows = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="follow_ups")
    final = models.BooleanField("终报", default=False)
    # The words of the newest revision (``body.digest``), by which a repost is known; empty where there is no text.
    digest = models.CharField(max_length=64, blank=True, default="")
    # What the page was given on which it was first written, so that five clicks make one item.
    form_token = models.CharField(max_length=32, null=True, unique=True, editable=False)

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = "信息"
        constraints = [
            models.UniqueConstraint(fields=["office", "number"], name="item_number_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="item_state_legal"),
            models.CheckConstraint(
                condition=Q(number=None, received_on=None) | Q(number__isnull=False, received_on__isnull=False),
                name="item_number_with_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=RECEIVED) | Q(number__isnull=False), name="item_received_has_a_number"
            ),
            models.CheckConstraint(condition=~Q(number=""), name="item_number_is_null_rather_than_empty"),
            models.CheckConstraint(condition=~Q(follows=F("id")), name="item_does_not_follow_itself"),
            models.CheckConstraint(condition=Q(final=False) | Q(follows__isnull=False), name="item_final_of_another"),
        ]
        indexes = [
            models.Index(fields=["office", "state", "-urgent", "waits_since", "id"], name="item_queue"),
            models.Index(fields=["office", "-received_on", "-id"], name="item_newest"),
            models.Index(fields=["unit", "-received_on", "-id"], name="item_unit_newest"),
            models.Index(fields=["unit", "digest"], condition=~Q(digest=""), name="item_repost"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def held(self) -> bool:
        """Whether its decision can still be undone, and so is not told to its unit."""
        return self.undo_until is not None and self.undo_until > timezone.now()

    def told_to(self, account: "Account") -> str:
        """The state as this account is told (after the office was fetched with it)."""
        return State.SUBMITTED if self.held and not account.works_at(self.office) else self.state

    @property
    def report(self) -> str:
        """终报, 续报, or nothing where it follows none."""
        return ("终报" if self.final else "续报") if self.follows_id else ""

    @property
    def days_waited(self) -> int:
        """Whole days since it last came in."""
        return (timezone.now() - self.waits_since).days

    @property
    def newest_revision(self) -> "Revision | None":
        """The text as it is; from what was prefetched, where it was."""
        return max(self.revisions.all(), key=lambda revision: revision.number, default=None)

    @property
    def sent_revision(self) -> "Revision | None":
        """The newest text that went out to the office."""
        sent = [revision for revision in self.revisions.all() if revision.sent_at]
        return max(sent, key=lambda revision: revision.number, default=None)

    def revision_for(self, account: "Account") -> "Revision | None":
        """The text as this account may read it: its unit the newest, everybody else what went out."""
        own = account.has_role(self.unit_id, Role.OFFICER, Role.SIGNER)
        return self.newest_revision if own else self.sent_revision

    @property
    def reason_shown(self) -> str:
        """Why it came back, while that is what matters (after ``with_reason``)."""
        came_back = self.state in (State.RETURNED, State.REJECTED, State.DRAFT) and not self.held
        return getattr(self, "reason", None) or "" if came_back else ""

    @property
    def live_adoptions(self) -> "list[Adoption]":
        """Those not revoked, of it or of a piece it was merged into, from what ``for_table`` has fetched."""
        used = {adoption.pk: adoption for adoption in self.adoptions.all()}
        used |= {credit.adoption_id: credit.adoption for credit in self.credits.all()}
        return [adoption for adoption in used.values() if adoption.revoked_at is None]

    @property
    def counted(self) -> list[int]:
        """Ids of the items that are credited with what channels do with it: itself, or what it was merged from."""
        if self.state != State.MERGED:
            return [self.pk]
        return list(self.sources.values_list("item", flat=True))


class Revision(models.Model):
    """A text of an item. Never changed: an edit makes the next one."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField("第几稿")
    title = models.CharField("标题", max_length=300)
    body = models.TextField("正文", blank=True, help_text="HTML")
    text = models.TextField("正文的文字", blank=True)
    kind = models.ForeignKey(ItemKind, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    authors = models.CharField("作者", max_length=200, blank=True)
    responsible = models.CharField("责任编辑", max_length=60, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    # Ids of all who saved it as a draft: none of them may review it.
    writers = models.JSONField("写过的人", default=list)
    at = models.DateTimeField("时间", auto_now_add=True)
    # When it went out to the office. What waits in its unit, or never left it, is nobody's else.
    sent_at = models.DateTimeField("送出时间", null=True, editable=False)

    class Meta:
        verbose_name = "文稿"
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.title}（第{self.number}稿）"

    @property
    def searched(self) -> str:
        """The words by which its item is found once it went out."""
        return f"{self.title}\n{self.text}"


class ReviewStage(models.TextChoices):
    BEFORE_SUBMISSION = "before_submission", "报送前"
    BEFORE_PUBLICATION = "before_publication", "公开前"


class Review(models.Model):
    """A recorded confidentiality review of a revision. The reviewer is not its author."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="reviews")
    stage = models.CharField("阶段", max_length=20, choices=ReviewStage)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间", auto_now_add=True)
    statement = models.CharField("意见", max_length=500)
    passed = models.BooleanField("通过")

    class Meta:
        verbose_name = "审查"
        constraints = [
            models.UniqueConstraint(fields=["revision", "stage"], condition=Q(passed=True), name="review_passed_once"),
            models.CheckConstraint(condition=Q(stage__in=ReviewStage.values), name="review_stage_legal"),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}审查：{self.statement}"


class ItemShare(models.Model):
    """Whom an item counts for. A single unit has one share of 1; the shares of a joint item add to 1.

    ``position`` is the order in which the units stand, which decides who gets the last millionth.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="shares", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="shares")
    share = MillionthsField("份额")
    position = models.PositiveSmallIntegerField("次序", default=0)

    class Meta:
        verbose_name = "份额"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "unit"], name="share_once"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="share_up_to_one"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.share}"


class ItemThemeQuerySet(models.QuerySet["ItemTheme"]):
    def topics(self) -> "ItemThemeQuerySet":
        return self.filter(theme__kind=ThemeKind.TOPIC)


class ItemTheme(models.Model):
    """Officers propose a theme, acceptance confirms it. Only confirmed, scored themes count."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="themes", db_index=False)
    theme = models.ForeignKey(Theme, models.PROTECT, related_name="items")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)

    objects = ItemThemeQuerySet.as_manager()

    class Meta:
        verbose_name = "信息主题"
        constraints = [models.UniqueConstraint(fields=["item", "theme"], name="item_theme_once")]

    def __str__(self) -> str:
        return str(self.theme)


class ItemEvent(models.Model):
    """A line of an item's history (流转记录). Written with what it tells of, in one transaction; never changed."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="events")
    at = models.DateTimeField("时间", auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    move = models.CharField("流转", max_length=20)
    was = models.CharField("从", max_length=10, blank=True)
    now = models.CharField("到", max_length=10)
    reason = models.CharField("理由", max_length=500, blank=True)
    # When those whom it concerns were told (``telling``), or that it concerns nobody.
    told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "流转记录"
        ordering = ["at", "id"]
        indexes = [
            # Which of those that wait came in again: else PostgreSQL reads the whole history to find that few did.
            models.Index(fields=["item"], condition=Q(move="resubmit"), name="event_came_again"),
            models.Index(fields=["id"], condition=Q(told_at=None), name="event_to_tell"),
            # Of a period (``load``). Of all moves: SQLite uses no index of some for a query that binds them.
            models.Index(fields=["at"], name="event_at"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(move__in=list(EVENT_LABELS)), name="event_move_legal"),
            models.CheckConstraint(condition=Q(now__in=State.values), name="event_state_legal"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.at:%Y-%m-%d %H:%M}"

    @property
    def label(self) -> str:
        return EVENT_LABELS[self.move]


class ReceiptCounter(models.Model):
    """The last receipt number an office gave in a year."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="receipt_counters")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "编号器"
        constraints = [models.UniqueConstraint(fields=["office", "year"], name="receipt_counter_once")]

    def __str__(self) -> str:
        return f"{self.office} {self.year}"
