"""Who may do what with an item. Each answer carries its reason; unknown means no."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, prefetch_related_objects
from django.utils import timezone

from submissions.models import (
    Adoption,
    Announcement,
    Comment,
    Commission,
    CommissionedUnit,
    Item,
    ItemShare,
    ItemTheme,
    Period,
    Review,
    ReviewStage,
    Revision,
    Theme,
)
from submissions.models.adoptions import Revocable
from submissions.models.items import ItemQuerySet
from submissions.states import DECISIONS, MOVES, RECEIVED, State
from units.models import UNIT_ROLES, Account, Office, Role, RosterLine, Unit
from units.verdicts import YES, Verdict, no

USABLE = (State.SUBMITTED, State.VALID, State.MERGED)  # what channels may be given
WRITABLE = (State.DRAFT, State.RETURNED)
TAKEN_BACK_WITHIN = timedelta(minutes=10)  # after which a comment stands
IN_HAND = "收稿单位正在办理这条信息，请过一分钟再来看。"
ROLE_SAYS = {
    Role.OFFICER: "只有报送单位的信息员可以",
    Role.SIGNER: "只有报送单位的签发人可以",
    Role.EDITOR: "只有收稿单位的编辑可以",
}


def may_move(account: Account | None, item: Item, name: str) -> Verdict:
    """Whether this account may make this move now. None is the system itself, which imports."""
    move = MOVES.get(name)
    if move is None:
        return no("没有这种办理方式。")
    if account is not None and move.role == "reviewer":
        return is_reviewer(account, item)
    if account is not None:
        unit_id = item.office.unit_id if move.role == Role.EDITOR else item.unit_id
        if not account.has_role(unit_id, move.role):
            return no(f"{ROLE_SAYS[Role(move.role)]}{move.label}。")
        if item.held and move.role != Role.EDITOR:
            return no(IN_HAND)
    if item.state not in move.sources:
        return no(f"这条信息现在是“{State(item.state).label}”，不能{move.label}。")
    if account is not None and move.role == Role.EDITOR and not (verdict := in_charge(account, item)):
        return verdict
    if name == "sign" and item.unit.needs_review and not is_reviewed(item):
        return no("这一稿还没有通过报送前审查，不能签发。")
    if name == "reopen" and item.state == State.VALID and Adoption.objects.of(item).live().exists():
        return no("这条信息已被采用；先撤销采用，才能重新打开。")
    if name == "take_apart" and (used := _standing_uses(item)):
        return no(f"这份综合稿已有{used}；先撤销，才能拆开。")
    return YES


def _standing_uses(piece: Item) -> str:
    """What stands on record of a piece, in words: it keeps the piece and its sources as they are."""
    kinds = {"采用": piece.adoptions, "转报": piece.forwardings, "批示": piece.instructions}
    return "、".join(label for label, records in kinds.items() if records.live().exists())


def is_reviewed(item: Item) -> bool:
    """Whether the newest revision passed the review before submission. A new revision asks again."""
    newest = item.newest_revision
    reviews = newest.reviews.all() if newest else ()
    return any(review.passed and review.stage == ReviewStage.BEFORE_SUBMISSION for review in reviews)


def may_review(account: Account, item: Item) -> Verdict:
    """A reviewer of the newest revision, until somebody has passed it."""
    if not (verdict := is_reviewer(account, item)):
        return verdict
    return no("这一稿已经通过审查。") if is_reviewed(item) else YES


def is_reviewer(account: Account, item: Item) -> Verdict:
    """An officer or signer of the unit who did not write the newest revision, while the item waits there."""
    if not account.has_role(item.unit_id, Role.OFFICER, Role.SIGNER):
        return no("只有报送单位的人可以做报送前审查。")
    if item.state != State.SIGNING:
        return no(f"这条信息现在是“{State(item.state).label}”，不能做报送前审查。")
    if not item.unit.needs_review:
        return no("本单位没有要求报送前审查。")
    revision = item.newest_revision
    if revision is None or account.pk in revision.writers or account.pk == revision.author_id:
        return no("写这一稿的人不能审查它，请本单位另一人审查。")
    return YES


def in_charge(account: Account, item: Item) -> Verdict:
    """Whether an editor of the office is for this item: for all, or for a group of one of its units, or a theme.

    Several verdicts of a page ask it; it is found out once for each item.
    """
    known = vars(item).setdefault("in_charge", {})
    if account.pk not in known:
        known[account.pk] = _in_charge(account, item)
    return known[account.pk]


def _in_charge(account: Account, item: Item) -> Verdict:
    groups, themes = charges_of(account, item.office)
    if not groups and not themes:
        return YES
    if item.state == State.MERGED:  # of a piece, who is for one of its sources
        sources = Item.objects.filter(pieces__piece=item).select_related("office")
        if any(in_charge(account, source) for source in sources):
            return YES
    lines = RosterLine.objects.filter(office=item.office_id, group__in=groups)
    lines = lines.exclude(until__lt=item.received_on or timezone.localdate())  # the group of then, and today's
    if groups and lines.filter(Q(unit=item.unit_id) | Q(unit__in=item.shares.values("unit"))).exists():
        return YES
    if themes and item.themes.filter(Q(theme__in=themes) | Q(theme__parent__in=themes)).exists():
        return YES
    return no("这条信息不归您分管，请由分管这一类别或主题的编辑办理。")


def charges_of(account: Account, office: Office) -> tuple[set[int], set[int]]:
    """Ids of the groups and of the themes that an editor is for; none of either is all. Read once a request."""
    rows = [row for row in account.held if row.unit_id == office.unit_id and row.role == Role.EDITOR and row.narrowed]
    prefetch_related_objects(rows, "groups", "theme_charges")  # which does nothing the second time
    groups = {group.pk for row in rows for group in row.groups.all()}
    return groups, {charge.theme_id for row in rows for charge in row.theme_charges.all()}


def in_charge_of(items: ItemQuerySet, account: Account, office: Office) -> ItemQuerySet:
    """Those of an office's items that an editor is for; of each the same as ``in_charge`` says."""
    groups, themes = charges_of(account, office)
    if not groups and not themes:
        return items
    lines = RosterLine.objects.filter(office=office, group__in=groups, unit=OuterRef("unit"))
    shares = ItemShare.objects.filter(item=OuterRef("pk"))
    of_group = shares.filter(Exists(lines.exclude(until__lt=OuterRef("item__received_on"))))
    named = ItemTheme.objects.filter(Q(theme__in=themes) | Q(theme__parent__in=themes), item=OuterRef("pk"))
    return items.filter(Exists(of_group) | Exists(named))


def may_decide(account: Account, item: Item) -> Verdict:
    """Whether this editor may decide what waits, or reopen what was decided."""
    if not account.has_role(item.office.unit_id, Role.EDITOR):
        return no("只有收稿单位的编辑可以办理。")
    return in_charge(account, item)


def may_enter(account: Account, office: Office, units: Collection[int], themes: Collection[int]) -> Verdict:
    """An editor may record what came by mail or on paper for these units, in as far as the item will be theirs."""
    if not account.has_role(office.unit_id, Role.EDITOR):
        return no("只有收稿单位的编辑可以代录。")
    groups, charged = charges_of(account, office)
    if not groups and not charged:
        return YES
    if groups and RosterLine.objects.filter(office=office, group__in=groups, unit__in=units).exists():
        return YES
    topics = Theme.objects.filter(office=office, pk__in=themes)
    if charged and topics.filter(Q(pk__in=charged) | Q(parent__in=charged)).exists():
        return YES
    return no("这个单位和主题不归您分管，请由分管的编辑录入。")


def may_edit(account: Account, item: Item) -> Verdict:
    """An editor may change a text that waits or is valid; what was returned is its unit's to change."""
    if not (verdict := may_decide(account, item)):
        return verdict
    if item.state not in USABLE:
        return no(f"这条信息现在是“{State(item.state).label}”，编辑不能改稿。")
    return YES


def may_undo(account: Account, item: Item) -> Verdict:
    """The editor who decided, for a minute, while nothing was built on it."""
    if not (verdict := may_decide(account, item)):
        return verdict
    if not item.held:
        return no("决定满一分钟，或者已经改变，不能再撤销；确需改变请重新打开，并写明理由。")
    last = item.events.order_by("-at", "-id").first()
    if last is None or last.move not in DECISIONS or last.actor_id != account.pk:
        return no("别人在这之后又办理过这条信息，不能再撤销。")
    return YES


def may_adopt(account: Account | None, item: Item) -> Verdict:
    """An editor of the office; a submitted item is accepted first, a returned or rejected one must be reopened."""
    if account is not None and not account.has_role(item.office.unit_id, Role.EDITOR):
        return no("只有收稿单位的编辑可以登记采用。")
    if item.state not in USABLE:
        return no(f"这条信息现在是“{State(item.state).label}”，不能登记采用。")
    if account is not None and not (verdict := in_charge(account, item)):
        return verdict
    return YES


def may_merge(account: Account, item: Item) -> Verdict:
    """An editor of the office may use an item that waits or is valid in a merged piece."""
    if not (verdict := may_decide(account, item)):
        return verdict
    if item.state not in (State.SUBMITTED, State.VALID):
        return no(f"现在是“{State(item.state).label}”，不能用在综合稿里。")
    return YES


def may_share_out(account: Account, piece: Item) -> Verdict:
    """An editor of the office may change what a piece is made of until a channel has adopted it."""
    if not (verdict := may_decide(account, piece)):
        return verdict
    if piece.state != State.MERGED:
        return no("这不是综合稿，或者已经拆开。")
    if piece.adoptions.live().exists():
        return no("这份综合稿已被采用，来源和份额不能再改；先撤销采用。")
    return may_use_all(account, piece)


def may_use_all(account: Account, piece: Item) -> Verdict:
    """Who changes what a piece is made of, or takes it apart, must be for each of its sources."""
    for source in Item.objects.filter(pieces__piece=piece).select_related("office"):
        if not (verdict := may_decide(account, source)):
            return no(f"来源《{source.title}》：{verdict.reason}")
    return YES


def is_cleared(item: Item) -> bool:
    """Whether the text that went out passed the review before publication. A new revision asks again."""
    sent = item.revisions.filter(sent_at__isnull=False).order_by("-number").values("pk")[:1]
    return Review.objects.filter(revision__in=sent, stage=ReviewStage.BEFORE_PUBLICATION, passed=True).exists()


def may_clear(account: Account, item: Item, revision: Revision | None) -> Verdict:
    """An editor or manager of the office who had no hand in the text, once it was received."""
    if not account.has_role(item.office.unit_id, Role.EDITOR, Role.MANAGER):
        return no("只有收稿单位的编辑或管理员可以做公开前审查。")
    if item.state not in USABLE or revision is None:
        return no(f"这条信息现在是“{State(item.state).label}”，不能做公开前审查。")
    if account.pk in revision.writers or account.pk == revision.author_id:
        return no("写过或改过这一稿的人不能审查它，请收稿单位的另一人审查。")
    return YES


def may_revoke(account: Account | None, thing: Revocable) -> Verdict:
    """An editor of the office, while it stands: an adoption, a forwarding, an instruction."""
    label = thing._meta.verbose_name
    if account is not None and not account.has_role(thing.item.office.unit_id, Role.EDITOR):
        return no(f"只有收稿单位的编辑可以撤销{label}。")
    if account is not None and not (verdict := in_charge(account, thing.item)):
        return verdict
    if thing.revoked_at:
        return no(f"这次{label}已经撤销。")
    return YES


def units_to_write_for(account: Account, office: Office) -> list[Unit]:
    """The units of this officer that report to the office now, in its roster's order."""
    lines = RosterLine.objects.current().filter(office=office, unit__in=account.units_with(Role.OFFICER))
    return [line.unit for line in lines.in_printed_order().select_related("unit")]


def may_write_for(account: Account, unit: Unit, office: Office) -> Verdict:
    """An officer of the unit, while it reports to the office."""
    lines = RosterLine.objects.current().filter(office=office, unit=unit)
    if account.has_role(unit.pk, Role.OFFICER) and lines.exists():
        return YES
    return no("只能替自己的单位写信息，而且单位要在收稿单位现在的名册上。")


def may_write(account: Account, item: Item) -> Verdict:
    """An officer of the item's unit, while it is a draft or was returned."""
    if not account.has_role(item.unit_id, Role.OFFICER):
        return no("只有报送单位的信息员可以写这条信息。")
    if item.held:
        return no(IN_HAND)
    if item.state not in WRITABLE:
        return no(f"这条信息现在是“{State(item.state).label}”，不能再改。")
    return YES


ENDED = "这件事已经报过终报，不能再续报；有新的情况，请另报一条。"
OPEN = (State.DRAFT, State.WITHDRAWN, State.REJECTED)  # states of a final report that ends nothing


def may_follow(account: Account, first: Item) -> Verdict:
    """An officer of the unit carries on its urgent report once the office has it, whatever the office made of it, until
    the final one."""
    if not (verdict := may_write_for(account, first.unit, first.office)):
        return verdict
    if not first.urgent or first.follows_id:
        return no("只有紧急信息的首报可以续报。")
    if first.state not in RECEIVED:
        return no(f"首报现在是“{State(first.state).label}”，不能续报；请另报一条。")
    return no(ENDED) if has_ended(first) else YES


def has_ended(first: Item, besides: Item | None = None) -> bool:
    """Whether a final report on it stands: not one that was withdrawn or, as far as its unit is told, rejected."""
    final = first.follow_ups.filter(final=True)
    if besides:
        final = final.exclude(pk=besides.pk)
    held = Q(undo_until__gt=timezone.now())
    return final.filter(~Q(state__in=OPEN) | held).exists()


def may_remind(account: Account, period: Period) -> Verdict:
    """An editor or a manager of the office, from the period's first day until it is closed."""
    if not account.has_role(period.office.unit_id, Role.EDITOR, Role.MANAGER):
        return no("只有收稿单位的编辑和管理员可以催报。")
    if period.closed:
        return no(f"{period}已经封存，不用再催。")
    if period.starts_on > timezone.localdate():
        return no(f"{period}还没有开始，不用催。")
    return YES


def may_set_desk(account: Account, office: Office) -> Verdict:
    """A manager of the office says what its desk works with: channels, reasons, days."""
    if account.has_role(office.unit_id, Role.MANAGER):
        return YES
    return no("只有收稿单位的管理员可以改。")


def may_announce(account: Account, office: Office) -> Verdict:
    """An editor or a manager of the office tells its units something."""
    if account.has_role(office.unit_id, Role.EDITOR, Role.MANAGER):
        return YES
    return no("只有收稿单位的编辑和管理员可以发通知公告。")


def may_withdraw(account: Account, announcement: Announcement) -> Verdict:
    """The same people, while it stands."""
    if not account.has_role(announcement.office.unit_id, Role.EDITOR, Role.MANAGER):
        return no("只有收稿单位的编辑和管理员可以撤下通知公告。")
    return no("这条通知公告已经撤下。") if announcement.withdrawn_at else YES


def speaks_for(account: Account, item: Item) -> list[int]:
    """Ids of the units of an item, the lead first, in which this account is officer or signer."""
    own = account.units_with(*UNIT_ROLES)
    if not own:
        return []
    joint = ItemShare.objects.filter(item=item, unit__in=own).values_list("unit", flat=True)
    return list(dict.fromkeys([unit for unit in (item.unit_id,) if unit in own] + list(joint)))


def may_comment(account: Account, item: Item) -> Verdict:
    """Every editor and manager of the office, and the people of its units, about an item that has a number; of a merged
    piece the office, to all its sources.

    Of the office nobody while the decision can be undone: what they would say of it is not told yet.
    """
    if item.number is None and item.state != State.MERGED:
        return no("这条信息还没有报送，不能点评。")
    if account.has_role(item.office.unit_id, Role.EDITOR, Role.MANAGER):
        return no("刚作的决定还能撤销，报送单位还不知道；请过一分钟再点评。") if item.held else YES
    return YES if speaks_for(account, item) else no("只有收稿单位的编辑、管理员和报送单位的人可以点评。")


def may_read_comments(account: Account, item: Item) -> bool:
    """The office and the units of the item; nobody else, however much else of it they may see."""
    received = item.number is not None or item.state == State.MERGED
    return received and (account.works_at(item.office) or bool(speaks_for(account, item)))


def may_take_back(account: Account, comment: Comment, answered: bool) -> Verdict:
    """Who said it, for ten minutes, while nothing was said after it in its thread (``answered``)."""
    if comment.by_id != account.pk:
        return no("只能收回自己的点评。")
    if comment.taken_back_at:
        return no("这条点评已经收回。")
    if answered:
        return no("已经有人回复，不能收回；要更正，请再说一条。")
    if timezone.now() - comment.at > TAKEN_BACK_WITHIN:
        return no("说了十分钟以后不能收回；要更正，请再说一条。")
    return YES


def may_commission(account: Account, office: Office) -> Verdict:
    """An editor or a manager of the office asks units for a piece."""
    if account.has_role(office.unit_id, Role.EDITOR, Role.MANAGER):
        return YES
    return no("只有收稿单位的编辑和管理员可以约稿。")


def may_change_commission(account: Account, commission: Commission) -> Verdict:
    """The same people remind, put off and withdraw, while it stands."""
    if not (verdict := may_commission(account, commission.office)):
        return verdict
    return no("这条约稿已经撤销。") if commission.withdrawn_at else YES


def may_remind_of(account: Account, commission: Commission, silent: int) -> Verdict:
    """The same, while units are silent (``silent``: how many)."""
    if not (verdict := may_change_commission(account, commission)):
        return verdict
    return YES if silent else no("各单位都已经答复，没有要提醒的。")


def _may_reply(account: Account, asked: CommissionedUnit) -> Verdict:
    """An officer or signer of the unit, while the commission stands and the unit has not answered."""
    if not account.has_role(asked.unit_id, *UNIT_ROLES):
        return no("只有被约单位的信息员和签发人可以答复。")
    if asked.commission.withdrawn_at:
        return no("收稿单位已经撤销这条约稿。")
    if asked.answered:
        return no("本单位已经交稿，不用再答复。")
    return YES


def may_accept(account: Account, asked: CommissionedUnit) -> Verdict:
    """Until the due date; so who declined may think better of it until then."""
    if not (verdict := _may_reply(account, asked)):
        return verdict
    if asked.accepted_at:
        return no("本单位已经接受。")
    return no("交稿日期已经过了，不能再接受；没有谢绝的，稿子还可以交。") if asked.commission.is_late else YES


def may_decline(account: Account, asked: CommissionedUnit) -> Verdict:
    """While nothing is being written for it."""
    if not (verdict := _may_reply(account, asked)):
        return verdict
    if asked.declined_at:
        return no("本单位已经谢绝。")
    if asked.item_id and asked.item.state != State.WITHDRAWN:  # type: ignore[union-attr]
        return no("本单位已经在写这条约稿；先取消关联或删去草稿，才能谢绝。")
    return YES


def may_answer(account: Account, asked: CommissionedUnit) -> Verdict:
    """An officer of the unit with a text, late too; who declined only until the due date. One at a time."""
    if not account.has_role(asked.unit_id, Role.OFFICER):
        return no("只有被约单位的信息员可以写。")
    if not (verdict := _may_reply(account, asked)):
        return verdict
    if asked.item_id and asked.item.state != State.WITHDRAWN:  # type: ignore[union-attr]
        return no("本单位已经有一条信息在答这条约稿。")
    if asked.declined_at and asked.commission.is_late:
        return no("本单位已经谢绝，交稿日期也过了。")
    return YES


def may_take_away(account: Account, asked: CommissionedUnit) -> Verdict:
    """An officer of the unit lets an item answer no more, before the office has received it."""
    if not account.has_role(asked.unit_id, Role.OFFICER):
        return no("只有被约单位的信息员可以取消关联。")
    if asked.item_id is None:
        return no("没有关联的信息。")
    return no("收稿单位已经收到这条信息，不能取消关联。") if asked.item.number else YES  # type: ignore[union-attr]
