"""What channels did with an item, in one act; what it does to the scores, before; taking it back."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scoring.models import ScoreEntry
from submissions.adoptions import Use, adopt, forward, instruct, record_uses, revoke
from submissions.models import Adoption, Forwarding, Instruction, Item, Review
from submissions.reviews import clear
from submissions.states import State
from trail.models import TrailEntry
from units.verdicts import Refused

DAY = datetime.date(2020, 3, 2)


@pytest.fixture
def wang(world) -> Client:
    client = Client()
    client.force_login(world.editor)
    return client


def at(name: str, *args) -> str:
    return reverse(name, args=["jia", *args])


def rows(world, **of_province) -> dict[str, list]:
    """The page as it is posted, with something in the province's row."""
    names = ("forwarded_on", "adopted_on", "form", "title", "column", "link", "issue")
    return {
        "channel": [world.site.pk, world.province.pk],
        **{name: ["", str(of_province.get(name, ""))] for name in names},
        "again": [world.province.pk] if of_province.get("again") else [],
    }


def test_one_act_records_several_channels_or_none(world):
    item = world.item(state=State.SUBMITTED, cleared=True)
    uses = [Use(world.site, None, DAY), Use(world.province, DAY, DAY, "excerpt", "另一个题", issue="第3期")]
    record_uses(item, uses, world.editor)
    item.refresh_from_db()
    assert item.state == State.VALID
    assert sorted(Adoption.objects.values_list("channel__name", "form")) == [("省委", "excerpt"), ("门户网站", "")]
    assert Forwarding.objects.get().forwarded_on == DAY
    other = world.item(cleared=True)
    again = [Use(world.site, None, DAY), Use(world.other.channels.first(), None, DAY)]
    with pytest.raises(Refused, match="没有这个渠道"):
        record_uses(other, again, world.editor)
    assert not other.adoptions.exists()


def test_a_public_channel_asks_for_the_review_first_and_each_new_text_again(world):
    item = world.item()
    with pytest.raises(Refused, match="公开前审查"):
        adopt(item, world.site, DAY, world.editor)
    clear(item, 1, world.editor, "可以公开", passed=True)
    adopt(item, world.site, DAY, world.editor)
    item.revisions.create(
        number=2, title="改过", sent_at=timezone.now(), author=world.editor, writers=[world.editor.pk]
    )
    with pytest.raises(Refused, match="公开前审查"):
        adopt(item, world.site, DAY + datetime.timedelta(days=1), world.editor)
    with pytest.raises(Refused, match="写过或改过"):
        clear(Item.objects.get(pk=item.pk), 2, world.editor, "自己看自己的", passed=True)
    clear(Item.objects.get(pk=item.pk), 2, world.manager, "可以", passed=True)


def test_what_did_not_pass_is_not_adopted_in_public(world):
    item = world.item()
    clear(item, 1, world.manager, "有学生姓名", passed=False)
    assert not Review.objects.get().passed
    with pytest.raises(Refused, match="公开前审查"):
        adopt(item, world.site, DAY, world.editor)


def test_the_effect_is_shown_before_and_nothing_is_kept_of_it(world, wang):
    item = world.item(state=State.SUBMITTED)
    before = TrailEntry.objects.count()
    page = wang.get(at("adopt-item", item.pk), rows(world, adopted_on="2020-03-02")).content.decode()
    assert "省部采用" in page
    assert "+6" in page
    assert "+1" in page, "it is accepted with it"
    assert "2020年第1季度" in page
    item.refresh_from_db()
    assert (item.state, Adoption.objects.count(), TrailEntry.objects.count()) == (State.SUBMITTED, 0, before)
    wang.post(at("adopt-item", item.pk), rows(world, adopted_on="2020-03-02"))
    assert sorted(ScoreEntry.objects.values_list("points", flat=True)) == [1, 6]


def test_a_day_in_no_period_is_told(world, wang):
    item = world.item()
    page = wang.get(at("adopt-item", item.pk), rows(world, adopted_on="2021-03-02")).content.decode()
    assert "不在任何报送期里" in page


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"adopted_on": "2099-01-01"}, "还没有到"),
        ({"adopted_on": "三月"}, "采用日期应当像"),
        ({"title": "只写了标题"}, "还没有填采用日期"),
        ({"adopted_on": "2020-03-02", "link": "javascript:alert(1)"}, "链接应当像"),
        ({}, "还没有填日期"),
    ],
)
def test_a_wrong_row_is_a_sentence_and_what_was_typed_stays(world, wang, typed, told):
    item = world.item()
    answer = wang.post(at("adopt-item", item.pk), rows(world, **{"issue": "", **typed}))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert typed.get("title", "") in answer.content.decode()
    assert not Adoption.objects.exists()


def test_a_second_use_by_the_same_channel_is_asked_about(world, wang):
    item = world.item(adopted_by=world.province)
    answer = wang.post(at("adopt-item", item.pk), rows(world, adopted_on="2020-03-09"))
    assert answer.status_code == 422
    assert "2020-03-01 已经采用过" in answer.content.decode()
    wang.post(at("adopt-item", item.pk), rows(world, adopted_on="2020-03-09", again=True))
    assert item.adoptions.count() == 2


def test_instructions_are_the_offices_and_earn_nothing(world, wang, sun):
    item = world.item()
    wang.post(at("instruct-item", item.pk), {"leader": "某副省长", "given_on": "2020-03-02", "text": "请教育厅研究"})
    assert Instruction.objects.get().leader == "某副省长"
    assert "请教育厅研究" in wang.get(at("item", item.pk)).content.decode()
    page = sun.get(at("item", item.pk)).content.decode()
    assert "某副省长" not in page
    assert ScoreEntry.objects.count() == 1


def test_what_stands_on_record_is_revoked_with_a_reason_once(world, sun):
    item = world.item()
    things = [forward(item, world.province, DAY, world.editor), instruct(item, "某副省长", DAY, "", world.editor)]
    assert "已转报省委" in sun.get(at("item", item.pk)).content.decode()
    for thing in things:
        with pytest.raises(Refused, match="理由"):
            revoke(thing, world.editor, " ")
        revoke(thing, world.editor, "登记错了")
        with pytest.raises(Refused, match="已经撤销"):
            revoke(thing, world.editor, "又一次")
    forward(item, world.province, DAY, world.editor)


def test_revoking_shows_what_it_takes(world, wang):
    item = world.item(adopted_by=world.province)
    page = wang.get(at("revoke-adoption", item.adoptions.get().pk)).content.decode()
    assert "−6" in page
    assert item.adoptions.live().exists()
