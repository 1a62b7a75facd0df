"""Merging: one piece of several items; what channels do with it is credited to its sources, line by line."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scoring.ledger import differences
from scoring.models import ScoreEntry
from scoring.standings import as_json, standings
from submissions import adoptions, comments, decisions, editing, filters, mergers, similar, telling
from submissions.exact import ONE, from_decimal
from submissions.joint import typed_shares
from submissions.matching import match
from submissions.models import Adoption, Comment, Item, ItemEvent
from submissions.moves import move
from submissions.pasted import Line
from submissions.similarity import Piece, sketch
from submissions.stamps import stamp
from submissions.states import State
from trail.models import TrailEntry
from units.models import Account, Membership, Notice, Role
from units.verdicts import Refused, TooLate

DAY = datetime.date(2020, 3, 1)
TEXT = "<p>三个单位做了同一件事，各有各的办法，一并写在这里。</p>"


@pytest.fixture
def three(world) -> list[Item]:
    """Items of three units; the last is a joint one of two of them."""
    return [
        world.item("甲的", shares=[(world.bureau.pk, ONE)]),
        world.item("乙的", shares=[(world.second_bureau.pk, ONE)], state=State.SUBMITTED),
        world.item("丙和甲的", shares=[(world.college.pk, ONE * 3 // 4), (world.bureau.pk, ONE // 4)]),
    ]


def merge(world, items, shares=(), title="三校联动", token="", by=None) -> Item:
    shares = list(shares) or [ONE // 2, ONE * 3 // 10, ONE // 5]
    wanted = [(item.pk, share) for item, share in zip(items, shares, strict=True)]
    return mergers.merge(world.office, mergers.Piece(title, TEXT, wanted, token), by or world.editor)


def share_out(piece, sources, by) -> None:
    """As somebody who has just opened the page."""
    mergers.share_out(piece, sources, stamp({"sources": mergers.in_words(piece)}), by)


def lines() -> list[tuple[str, str, str, int, int]]:
    """The ledger's lines of adoptions: source, unit, channel, count and points in millionths."""
    rows = ScoreEntry.objects.filter(adoption__isnull=False).order_by("adoption", "item", "-unit")
    return [
        (row.item.title, row.unit.name, row.adoption.channel.name, from_decimal(row.count), from_decimal(row.points))
        for row in rows.select_related("item", "unit", "adoption__channel")
    ]


THIRDS = [ONE // 2, ONE * 3 // 10, ONE // 5]
BOTH = [
    ("甲的", "甲市教育局", "省委", 500_000, 3_000_000),
    ("乙的", "乙市教育局", "省委", 300_000, 1_800_000),
    ("丙和甲的", "丙学院", "省委", 150_000, 900_000),
    ("丙和甲的", "甲市教育局", "省委", 50_000, 300_000),
    ("甲的", "甲市教育局", "门户网站", 500_000, 2_000_000),
    ("乙的", "乙市教育局", "门户网站", 300_000, 1_200_000),
    ("丙和甲的", "丙学院", "门户网站", 150_000, 600_000),
    ("丙和甲的", "甲市教育局", "门户网站", 50_000, 200_000),
]


def test_two_channels_adopt_one_is_revoked_and_then_it_is_taken_apart(world, three):
    """Three items of three units; the ledger asserted line by line at each step."""
    piece = merge(world, three)
    before = ScoreEntry.objects.count()
    assert lines() == []
    assert [item.title for item in Item.objects.filter(state=State.VALID)] == ["甲的", "丙和甲的"]

    province = adoptions.adopt(piece, world.province, DAY, world.editor)
    world.clear(piece)
    site = adoptions.adopt(piece, world.site, DAY, world.editor)
    assert lines() == BOTH
    three[1].refresh_from_db()
    assert three[1].state == State.VALID, "what a channel used is valid"
    assert ScoreEntry.objects.count() == before + 1 + len(BOTH), "and counts as submitted, once"

    with pytest.raises(Refused, match="已有采用；先撤销，才能拆开"):
        mergers.take_apart(piece, "不合适", world.editor)
    with pytest.raises(Refused, match="来源和份额不能再改"):
        share_out(piece, [(item.pk, ONE // 4 if i else ONE // 2) for i, item in enumerate(three)], world.editor)
    adoptions.revoke(site, world.editor, "登记错了")
    assert lines() == BOTH[:4]
    with pytest.raises(Refused, match="已有采用；先撤销，才能拆开"):
        mergers.take_apart(piece, "不合适", world.editor)
    adoptions.revoke(province, world.editor, "登记错了")
    assert lines() == []
    mergers.take_apart(piece, "不合适", world.editor)
    piece.refresh_from_db()
    assert piece.state == State.WITHDRAWN
    assert list(differences(world.office)) == []
    for item in three:
        moves = list(ItemEvent.objects.filter(item=item).values_list("move", flat=True))
        assert [name for name in moves if name not in ("import", "accept")] == [
            *("merge", "adopt", "adopt", "revoke", "revoke", "apart")
        ]


def test_a_piece_itself_counts_for_nobody(world, three):
    before = as_json(standings(world.q1))
    piece = merge(world, three)
    assert as_json(standings(world.q1)) == before
    assert (piece.number, piece.received_on) == (None, None)
    assert not piece.shares.exists()


@pytest.mark.parametrize("number", [3, 7])
def test_equal_shares_of_credits_add_to_one(world, number):
    items = [world.item(f"第{n}条", shares=[(world.bureau.pk, ONE)]) for n in range(number)]
    piece = merge(world, items, typed_shares([(item.title, "") for item in items]))
    made = adoptions.adopt(piece, world.province, DAY, world.editor)
    credits_of = [from_decimal(credit.share) for credit in made.credits.all()]
    assert sum(credits_of) == ONE
    assert max(credits_of) - min(credits_of) <= 1
    assert sum(points for *_, points in lines()) == 6 * ONE


def test_each_source_and_its_units_learn_of_it(world, three):
    piece = merge(world, three)
    adoptions.adopt(piece, world.province, DAY, world.editor)
    telling.tell_of_new()
    told = Notice.objects.filter(kind="adopted").order_by("account__username", "id")
    assert list(told.values_list("account__username", "said")) == [
        ("sun", "省委采用《三校联动》"),
        ("wu", "省委采用《三校联动》"),
        ("zhou", "省委采用《三校联动》"),
    ]
    assert {notice.address for notice in told} == {reverse("item", args=["jia", three[i].pk]) for i in (0, 2)}
    listed = Item.objects.visible_to(world.officer, world.office).for_table()
    assert [len(item.live_adoptions) for item in listed.order_by("pk")] == [1, 1]
    assert piece not in listed, "the piece is the office's"


def test_sources_learn_of_it_in_their_order(world, three):
    piece = merge(world, [three[2], three[1], three[0]])
    adoptions.adopt(piece, world.province, DAY, world.editor)
    told = ItemEvent.objects.filter(move="adopt").order_by("id").values_list("item", flat=True)
    assert list(told) == [piece.pk, three[2].pk, three[1].pk, three[0].pk]


def test_a_source_that_was_used_is_not_opened_again(world, three):
    piece = merge(world, three)
    adoptions.adopt(piece, world.province, DAY, world.editor)
    with pytest.raises(Refused, match="先撤销采用"):
        move(three[0], "reopen", world.editor, "看错了")


def test_a_source_that_went_back_stops_the_adoption_and_nothing_is_half_done(world, three):
    piece = merge(world, three)
    decisions.decide(three[1], "return", world.editor, "请补充")
    with pytest.raises(Refused, match="来源《乙的》：这条信息现在是“退回修改”"):
        adoptions.adopt(piece, world.province, DAY, world.editor)
    assert not Adoption.objects.exists()


def test_what_cannot_be_merged_is_refused_with_a_sentence(world, three):
    rejected = world.item("退掉的", state=State.REJECTED)
    for items, shares, told in (
        (three[:1], [ONE], "综合稿要有 2 到 50 条来源"),
        ([three[0], three[0]], [ONE // 2] * 2, "同一条信息只能选一次"),
        (three[:2], [ONE // 2, ONE // 3], "加起来要等于 1"),
        (three[:2], [ONE, 0], "都要大于 0"),
        ([three[0], rejected], [ONE // 2] * 2, "《退掉的》：现在是“退稿”"),
    ):
        with pytest.raises(Refused, match=told):
            merge(world, items, shares)
    with pytest.raises(Refused, match="请写标题"):
        merge(world, three, title="")
    with pytest.raises(Refused, match="有密级标志"):
        merge(world, three, title="机密★1年 三校联动")
    assert not Item.objects.filter(state=State.MERGED).exists()


def test_two_presses_make_one_piece_and_only_an_editor_in_charge_may(world, three):
    assert merge(world, three, token="1" * 32) == merge(world, three, token="1" * 32)
    for who in (world.manager, world.officer, world.other_editor):
        with pytest.raises(Refused):
            merge(world, three, by=who)
    colleges = Account.objects.create_user("xu", "a-long-test-password", name="徐")
    held = Membership.objects.create(account=colleges, unit=world.office.unit, role=Role.EDITOR)
    held.groups.add(world.college.roster_lines.get().group)
    with pytest.raises(Refused, match="不归您分管"):
        merge(world, three, by=colleges)
    piece = Item.objects.get(state=State.MERGED)
    with pytest.raises(Refused, match="不归您分管"):
        adoptions.adopt(piece, world.province, DAY, colleges)  # it would accept what is another editor's
    decisions.decide(three[1], "accept", world.editor)
    assert adoptions.adopt(piece, world.province, DAY, colleges), "who is for one of its sources is for it"


def test_shares_and_sources_change_until_it_is_adopted(world, three):
    piece = merge(world, three)
    seen = stamp({"sources": mergers.in_words(piece)})
    share_out(piece, [(three[0].pk, ONE // 4), (three[1].pk, ONE * 3 // 4)], world.editor)
    with pytest.raises(TooLate):  # of two who change it at once, the second is told
        mergers.share_out(
            piece, [(item.pk, share) for item, share in zip(three, THIRDS, strict=True)], seen, world.editor
        )
    made = adoptions.adopt(piece, world.province, DAY, world.editor)
    assert [(credit.item, from_decimal(credit.share)) for credit in made.credits.order_by("id")] == [
        (three[0], ONE // 4),
        (three[1], ONE * 3 // 4),
    ]
    assert ItemEvent.objects.filter(item=three[2]).order_by("-id").first().move == "apart"


def test_a_piece_that_was_taken_apart_meanwhile_is_not_adopted(world, three):
    piece = merge(world, three)
    stale = Item.objects.select_related("office").get(pk=piece.pk)
    mergers.take_apart(piece, "不合适", world.editor)
    with pytest.raises(TooLate):
        adoptions.adopt(stale, world.province, DAY, world.editor)


def test_merging_ends_the_minute_of_a_decision_and_gives_none_away(world, three, settings, client):
    settings.UNDO_SECONDS = 60
    decisions.decide(three[1], "accept", world.editor)
    client.force_login(world.officer)
    first = world.item("正在办的", state=State.SUBMITTED)
    decisions.decide(first, "accept", world.editor)
    page = client.get(reverse("item", args=["jia", first.pk]))
    assert [event.label for event in page.context["events"]] == ["导入"]
    merge(world, [three[0], first], [ONE // 2] * 2)
    first.refresh_from_db()
    assert not first.held
    page = client.get(reverse("item", args=["jia", first.pk]))
    assert [event.label for event in page.context["events"]] == ["导入", "认定有效", "综合"]


def test_what_a_channel_was_passed_keeps_a_piece_together(world, three):
    piece = merge(world, three)
    forwarding = adoptions.forward(piece, world.province, DAY, world.editor)
    with pytest.raises(Refused, match="已有转报；先撤销"):
        mergers.take_apart(piece, "不合适", world.editor)
    adoptions.revoke(forwarding, world.editor, "没有报")
    mergers.take_apart(piece, "不合适", world.editor)


def test_who_is_for_one_source_alone_changes_nothing_of_the_others(world, three):
    piece = merge(world, three)
    colleges = Account.objects.create_user("xu", "a-long-test-password", name="徐")
    held = Membership.objects.create(account=colleges, unit=world.office.unit, role=Role.EDITOR)
    held.groups.add(world.college.roster_lines.get().group)
    with pytest.raises(Refused, match="来源《甲的》：这条信息不归您分管"):
        share_out(piece, [(three[2].pk, ONE)], colleges)
    with pytest.raises(Refused, match="不归您分管"):
        mergers.take_apart(piece, "不合适", colleges)


def test_one_channel_does_not_use_a_text_twice_on_a_day_alone_and_in_a_piece(world, three):
    piece = merge(world, three)
    adoptions.adopt(three[0], world.province, DAY, world.editor)
    with pytest.raises(Refused, match="已经采用《甲的》"):
        adoptions.adopt(piece, world.province, DAY, world.editor)
    assert adoptions.adopt(piece, world.province, DAY + datetime.timedelta(days=1), world.editor)


def test_what_the_office_says_of_a_piece_reaches_each_source(world, three):
    piece = merge(world, three)
    comments.say(piece, "写得好", world.editor, "1" * 32)
    assert set(Comment.objects.values_list("item", flat=True)) == {piece.pk, *(item.pk for item in three)}
    telling.tell_of_new()
    assert {notice.account.username for notice in Notice.objects.filter(kind="comment")} == {"sun", "wu", "zhou"}


def test_a_pasted_list_finds_a_piece_by_its_title(world, three):
    piece = merge(world, three, title="三所学校联动做好防汛工作")
    (guess,) = match(world.office, [Line(1, piece.title)], world.province, timezone.localdate())
    assert guess.item is not None
    assert guess.item.id == piece.pk


# ---- The pages ----


@pytest.fixture
def editor(world) -> Client:
    client = Client()
    client.force_login(world.editor)
    return client


def test_an_editor_merges_what_is_ticked_and_what_was_typed_stays(world, three, editor):
    address = reverse("merge-items", args=["jia"])
    page = editor.get(address, {"items": [item.pk for item in three]})
    assert page.status_code == 200
    text = page.content.decode()
    for item in three:
        assert f"《{item.title}》的份额" in text
    sent = {
        "token": "2" * 32,
        "title": "三校联动",
        "body": "三个单位做了同一件事，各有各的办法。",
        "source": [item.pk for item in three],
        "share": ["0.5", "0.4", ""],
    }
    wrong = editor.post(address, sent)
    assert wrong.status_code == 422
    assert "请填“第 3 条”的份额" in wrong.content.decode()
    assert "三个单位做了同一件事" in wrong.content.decode()
    made = editor.post(address, {**sent, "drop": [three[2].pk], "share": ["0.5", "0.5", ""]})
    piece = Item.objects.get(state=State.MERGED)
    assert made.headers["Location"] == reverse("item", args=["jia", piece.pk])
    shown = editor.get(made.headers["Location"]).content.decode()
    assert "来源 2 条" in shown
    assert "甲市教育局" in shown
    assert TrailEntry.objects.filter(act="综合", object_id=piece.pk).count() == 1
    apart = editor.post(reverse("move-item", args=["jia", piece.pk, "take_apart"]), {"reason": "不合适"})
    assert apart.headers["Location"] == reverse("items", args=["jia"])
    assert editor.get(reverse("item", args=["jia", piece.pk])).status_code == 200, "the office looks back at it"


def test_adopting_a_piece_shows_what_each_source_gets(world, three, editor):
    piece = merge(world, three)
    asked = {"channel": [world.site.pk, world.province.pk], "adopted_on": ["", "2020-03-01"]}
    page = editor.get(reverse("adopt-item", args=["jia", piece.pk]), asked)
    assert page.status_code == 200
    named = {f"{item.number}　{item.title}": item.title for item in three}
    gains = [(named[told.item], told.unit, told.channel, told.points) for told in page.context["effects"]]
    assert [title for title, _, channel, _ in gains if channel] == ["甲的", "乙的", "丙和甲的", "丙和甲的"]
    assert {gain for gain in gains if gain[2]} == {
        (title, unit, channel, points) for title, unit, channel, _, points in BOTH[:4]
    }
    assert [gain for gain in gains if not gain[2]] == [("乙的", "乙市教育局", "", ONE)]
    text = page.content.decode()
    assert f'data-label="来源">{three[2].number}　丙和甲的</td>' in text
    told = text.partition("还在待审的 1 条来源认定有效")[2].partition("</div>")[0]
    assert f"{three[1].number}　" in told
    assert "《乙的》" in told
    assert "甲的" not in told
    assert "None" not in text


def test_who_revokes_is_shown_what_each_source_got(world, three, editor):
    made = adoptions.adopt(merge(world, three), world.province, DAY, world.editor)
    page = editor.get(reverse("revoke-adoption", args=["jia", made.pk])).content.decode()
    for title, unit, _, share, _ in BOTH[:4]:
        number = next(item.number for item in three if item.title == title)
        assert f"{number}　《{title}》　{unit}　{share / ONE:g}" in page
        assert f'data-label="来源">{number}　{title}</td>' in page


def test_a_piece_is_compared_with_nothing_and_not_decided(world, three, editor):
    """Its text, edited too, leaves no trace that a look-up would follow to it."""
    piece = merge(world, three)
    assert editor.get(reverse("similar-items", args=["jia", piece.pk])).status_code == 404
    assert editor.get(reverse("compare-items", args=["jia", three[0].pk, piece.pk])).status_code == 404
    away = editor.get(reverse("read-item", args=["jia", piece.pk]))
    assert away.headers["Location"] == reverse("item", args=["jia", piece.pk])
    text = "三个单位做了同一件事，各有各的办法，一并写在这里，共有二十七所学校参加。"
    editing.edit(piece, 1, "三校联动", f"<p>{text}</p>", "", world.editor)
    assert piece.pk not in similar.named_by(world.office.pk, sketch(Piece("三校联动", text)), [similar.OFFICE])


def test_a_source_shows_where_its_piece_was_used(world, three, editor):
    """On its page, where it is adopted again, and where it is passed on: the channel has it already."""
    piece = merge(world, three)
    adoptions.adopt(piece, world.province, DAY, world.editor)
    at = ["jia", three[0].pk]
    assert "用在综合稿《三校联动》里" in editor.get(reverse("item", args=at)).content.decode()
    assert "2020年3月1日采用过" in editor.get(reverse("adopt-item", args=at)).content.decode()
    asked = {"items": [three[0].pk], "channel": world.province.pk}
    assert "2020-03-01已被省委采用。" in editor.get(reverse("upward", args=["jia"]), asked).content.decode()


def test_sources_show_the_piece_to_their_units_without_a_way_to_it(world, three, client):
    piece = merge(world, three)
    client.force_login(world.officer)
    page = client.get(reverse("item", args=["jia", three[0].pk])).content.decode()
    assert "一份综合稿" in page
    assert "三校联动" not in page, "what it is called is the office's until a channel has it"
    adoptions.adopt(piece, world.province, DAY, world.editor)
    page = client.get(reverse("item", args=["jia", three[0].pk])).content.decode()
    assert "三校联动" in page
    assert reverse("item", args=["jia", piece.pk]) not in page
    assert client.get(reverse("item", args=["jia", piece.pk])).status_code == 404


def test_a_piece_stands_among_what_was_received_and_is_found_by_its_words(
    world, three, editor, monkeypatch, django_assert_num_queries
):
    """By the day on which it was made, page by page, for the office alone; numbers are those of the lists."""
    today = timezone.localdate()
    monkeypatch.setattr(filters, "PAGE", 2)
    pieces = [merge(world, three, title=title) for title in ("防汛综合", "三校联动")]
    later = world.item("今天的", received_on=today)
    Item.objects.filter(pk=pieces[0].pk).update(created_at=timezone.now() - datetime.timedelta(days=1))
    whole = [later, pieces[1], pieces[0], three[2], three[1], three[0]]
    found, page = [], filters.ItemFilter({}, world.editor, world.office)
    assert page.total == "6"
    while page.page:
        found += page.page
        page = filters.ItemFilter({"after": page.next_address.partition("after=")[2]}, world.editor, world.office)
        if not page.asked["after"]:
            break
    assert found == whole
    assert filters.ItemFilter({}, world.officer, world.office).total == "3"
    search = filters.ItemFilter({"q": "防汛综合"}, world.editor, world.office)
    assert (search.total, search.page) == ("1", [pieces[0]])
    with django_assert_num_queries(2):  # the numbers, and the page with its three prefetches where it has rows
        empty = filters.ItemFilter({"q": "没有这样的"}, world.editor, world.office)
        assert (empty.total, empty.page) == ("0", [])


@pytest.mark.parametrize("wanted", [1, 3])
def test_the_page_of_a_piece_costs_the_same_however_many_sources_it_has(
    world, editor, wanted, django_assert_max_num_queries
):
    items = [world.item(f"第{n}条") for n in range(wanted + 1)]
    piece = merge(world, items, [ONE - wanted * (ONE // 10), *[ONE // 10] * wanted])
    with django_assert_max_num_queries(28):
        editor.get(reverse("item", args=["jia", piece.pk]))
