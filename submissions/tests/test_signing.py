"""What waits in a unit: reviewed by somebody who did not write, signed, sent back; an edit asks again."""

import pytest
from django.test import Client
from django.urls import reverse

from submissions import files
from submissions.models import Item, Review
from submissions.moves import move
from submissions.reviews import review
from submissions.states import State
from submissions.tests.papers import picture
from submissions.tests.test_writing import write
from tests.races import at_once
from trail.models import TrailEntry
from units.choices import choose
from units.models import Membership, Role, Unit
from units.verdicts import Refused, TooLate


@pytest.fixture
def clients(world):
    made = {}
    for name in ("officer", "colleague", "signer", "editor", "other_unit_officer"):
        made[name] = Client()
        made[name].force_login(getattr(world, name))
    return made


def asks(world, *, review=False, signer=False):
    Unit.objects.filter(pk=world.bureau.pk).update(needs_review=review, needs_signer=signer)


def passed(client, item, number=1, result="pass", statement="不涉密，可以报送"):
    page = reverse("review-item", args=["jia", item.pk])
    return client.post(page, {"number": number, "statement": statement, "result": result})


def test_a_review_by_another_then_the_signature_then_the_office_has_it(world, clients):
    asks(world, review=True, signer=True)
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    assert (item.state, item.number) == (State.SIGNING, None)
    with pytest.raises(Refused, match="还没有通过报送前审查"):
        move(item, "sign", world.signer)
    assert "写这一稿的人不能审查" in clients["officer"].get(reverse("item", args=["jia", item.pk])).content.decode()
    passed(clients["officer"], item)
    assert not Review.objects.exists(), "who wrote it does not review it"
    passed(clients["colleague"], item)
    made = Review.objects.get()
    assert (made.reviewer, made.revision.number, made.passed) == (world.colleague, 1, True)
    item.refresh_from_db()
    assert item.state == State.SIGNING
    page = clients["signer"].get(reverse("signing", args=["jia"])).content.decode()
    assert "不涉密，可以报送" in page
    answer = clients["signer"].post(reverse("move-item", args=["jia", item.pk, "sign"]), {"from": "signing"})
    assert answer.url == reverse("signing", args=["jia"])
    item.refresh_from_db()
    assert item.state == State.SUBMITTED
    assert item.number
    assert [event.move for event in item.events.all()] == ["submit", "review", "sign"]


def test_where_nobody_signs_a_passed_review_sends_it_out(world, clients):
    asks(world, review=True)
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    passed(clients["signer"], item)
    item.refresh_from_db()
    assert item.state == State.SUBMITTED
    assert item.events.last().reason == "不涉密，可以报送"


def test_a_review_that_fails_sends_it_back_and_an_edit_is_reviewed_again(world, clients):
    asks(world, review=True)
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    passed(clients["colleague"], item, result="fail", statement="第二段有内部数字")
    item.refresh_from_db()
    assert item.state == State.DRAFT
    page = clients["officer"].get(reverse("items", args=["jia"]) + "?state=draft").content.decode()
    assert "第二段有内部数字" in page
    write(clients["officer"], world, item, do="submit", body="改过的正文，没有内部数字，共一千二百人次。")
    item.refresh_from_db()
    assert item.state == State.SIGNING
    with pytest.raises(TooLate, match="又改过"):
        review(item, 1, world.colleague, "可以", passed=True)
    passed(clients["colleague"], item, number=2)
    move(Item.objects.get(), "return", world.editor, "补数据")
    write(clients["officer"], world, item, do="submit", body="又改过的正文，数据补上了，共一千二百人次。")
    item.refresh_from_db()
    assert item.state == State.SIGNING, "a revision after the review is reviewed too"
    passed(clients["colleague"], item, number=3)
    assert list(Review.objects.order_by("at").values_list("revision__number", "passed")) == [
        (1, False),
        (2, True),
        (3, True),
    ]


def test_the_same_words_sent_again_need_no_second_review(world, clients):
    asks(world, review=True)
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    passed(clients["colleague"], item)
    move(Item.objects.get(), "return", world.editor, "再看看")
    write(clients["officer"], world, item, do="submit")
    item.refresh_from_db()
    assert item.state == State.SUBMITTED
    assert Review.objects.count() == 1


def test_whoever_had_a_hand_in_the_draft_is_no_reviewer(world, clients):
    asks(world, review=True)
    write(clients["colleague"], world)
    item = Item.objects.get()
    write(clients["officer"], world, item, do="submit", version=1, token=item.form_token)
    assert item.revisions.get().writers == sorted([world.colleague.pk, world.officer.pk])
    with pytest.raises(Refused, match="写这一稿的人不能审查"):
        review(Item.objects.get(), 1, world.colleague, "可以", passed=True)
    assert review(Item.objects.get(), 1, world.signer, "可以", passed=True)


def test_a_review_says_something_and_is_of_ones_own_unit(world, clients):
    asks(world, review=True)
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    answer = passed(clients["colleague"], item, statement=" ")
    assert answer.status_code == 422
    assert "请写明审查意见" in answer.content.decode()
    assert passed(clients["other_unit_officer"], item).status_code == 404
    assert passed(clients["editor"], item).status_code == 404
    with pytest.raises(Refused, match="请写明审查意见"):
        review(item, 1, world.colleague, "　", passed=True)


@pytest.mark.django_db(transaction=True)
def test_of_two_reviews_at_once_one_counts(world, clients):
    asks(world, review=True, signer=True)
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    answers = at_once(
        lambda: review(item, 1, world.colleague, "可以", passed=True),
        lambda: review(item, 1, world.signer, "可以", passed=True),
    )
    assert sum(isinstance(answer, Review) for answer in answers) == 1
    assert Review.objects.filter(passed=True).count() == 1


def test_the_list_is_urgent_first_and_sends_back_with_a_reason(world, clients):
    asks(world, signer=True)
    write(clients["officer"], world, do="submit", token="b" * 32, title="平常的一条")
    write(
        clients["officer"],
        world,
        do="submit",
        token="c" * 32,
        title="紧急的一条",
        body="另一段足够长的正文，写明情况。",
        urgent="on",
    )
    page = clients["signer"].get(reverse("signing", args=["jia"])).content.decode()
    assert page.index("紧急的一条") < page.index("平常的一条")
    item = Item.objects.get(title="紧急的一条")
    back = reverse("move-item", args=["jia", item.pk, "send_back"])
    assert clients["signer"].post(back, {"reason": "", "from": "signing"}).status_code == 422
    clients["signer"].post(back, {"reason": "写明时间", "from": "signing"})
    item.refresh_from_db()
    assert item.state == State.DRAFT
    assert clients["officer"].post(back, {"reason": "x"}).status_code == 422
    item.refresh_from_db()
    assert item.state == State.DRAFT


def test_the_list_takes_as_many_queries_for_three_as_for_one(world, clients, django_assert_max_num_queries):
    asks(world, signer=True, review=True)

    def queries(number):
        write(
            clients["officer"],
            world,
            do="submit",
            token=str(number) * 32,
            title=f"第{number}条",
            body=f"第{number}段足够长的正文，写明情况。",
        )
        with django_assert_max_num_queries(100) as asked:
            clients["signer"].get(reverse("signing", args=["jia"]))
        return len(asked)

    one = queries(1)
    queries(2)
    assert queries(3) == one


def test_a_unit_chooses_for_itself(world, clients):
    page = reverse("own-unit", args=["jia"])
    assert "由本单位签发人选择" in clients["officer"].get(page).content.decode()
    with pytest.raises(Refused, match="由本单位签发人选择"):
        choose(world.bureau, True, True, world.office, world.officer)
    clients["signer"].post(reverse("choose-for-unit", args=["jia", world.bureau.pk]), {"needs_review": "on"})
    world.bureau.refresh_from_db()
    assert (world.bureau.needs_signer, world.bureau.needs_review) == (False, True)
    Membership.objects.filter(role=Role.SIGNER).delete()
    choose(world.bureau, False, False, world.office, world.officer)
    with pytest.raises(Refused, match="还没有签发人的账号"):
        choose(world.bureau, True, False, world.office, world.officer)
    world.colleague.is_active = False
    world.colleague.save()
    with pytest.raises(Refused, match="至少要有两个账号"):
        choose(world.bureau, False, True, world.office, world.officer)


def resubmitted(world, clients, **asked):
    """An item that the office returned, changed and sent again while its unit asks for a review or a signature."""
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    move(item, "return", world.editor, "写明时间")
    asks(world, **asked)
    changed = {"title": "里面的题", "body": "还没有人看过的正文，共一千二百人次。"}
    write(clients["officer"], world, item, do="submit", **changed)
    item.refresh_from_db()
    assert item.state == State.SIGNING
    return item


def test_what_waits_in_its_unit_is_read_by_nobody_else(world, clients):
    item = resubmitted(world, clients, review=True, signer=True)
    page, listed = reverse("item", args=["jia", item.pk]), reverse("items", args=["jia"])
    for inner in ("里面的题", "还没有人看过"):
        assert inner in clients["colleague"].get(page).content.decode()
        assert inner not in clients["editor"].get(page).content.decode()
        assert inner not in clients["editor"].get(listed).content.decode()
    assert "第一段，写明做法和成效" in clients["editor"].get(page).content.decode()
    passed(clients["colleague"], item, number=2, result="fail", statement="有内部数字，不行")
    item.refresh_from_db()
    assert item.state == State.RETURNED, "it has a receipt"
    write(clients["officer"], world, item, version=0, title="又改的题")
    for inner in ("有内部数字", "又改的题", "还没有人看过"):
        assert inner not in clients["editor"].get(page).content.decode()
        assert inner not in clients["editor"].get(listed).content.decode()
    writing = clients["officer"].get(reverse("write-item", args=["jia", item.pk])).content.decode()
    assert "有内部数字，不行" in writing, "the last reason stands beside the text"


def test_a_file_of_what_waits_in_its_unit_is_its_units(world, clients):
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    move(item, "return", world.editor, "补一张图")
    asks(world, signer=True)
    file = files.add(item, "图.png", picture(), world.officer).file
    write(clients["officer"], world, item, do="submit", title="补了图", file=[file.pk], caption=[""])
    address = reverse("item-file", args=["jia", file.pk])
    assert clients["editor"].get(address).status_code == 404
    move(Item.objects.get(), "sign", world.signer)
    answer = clients["editor"].get(address)
    assert answer.status_code == 200
    b"".join(answer)


def test_it_is_read_by_the_office_once_it_goes_out(world, clients):
    item = resubmitted(world, clients, review=True)
    passed(clients["colleague"], item, number=2)
    item.refresh_from_db()
    assert (item.state, item.title) == (State.SUBMITTED, "里面的题")
    page = clients["editor"].get(reverse("item", args=["jia", item.pk])).content.decode()
    assert "还没有人看过" in page
    assert "不涉密，可以报送" in page, "the review that let it out goes with it"


def test_a_resubmitted_item_that_waits_is_not_said_to_be_sent(world, clients):
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    clients["officer"].get(reverse("item", args=["jia", item.pk]))  # which says so
    move(item, "return", world.editor, "写明时间")
    asks(world, signer=True)
    answer = write(clients["officer"], world, item, do="submit", title="改过的")
    told = clients["officer"].get(answer.url).content.decode()
    assert "已交本单位签发人" in told
    assert "已报送，编号" not in told


def test_an_officer_takes_back_what_waits_whatever_the_unit_chose_meanwhile(world, clients):
    asks(world, signer=True)
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    asks(world)
    clients["officer"].post(reverse("move-item", args=["jia", item.pk, "recall"]))
    item.refresh_from_db()
    assert item.state == State.DRAFT
    write(clients["officer"], world, item, do="submit")
    item.refresh_from_db()
    assert item.state == State.SUBMITTED
    move(item, "return", world.editor, "再改")
    asks(world, signer=True)
    write(clients["officer"], world, item, do="submit", title="改过的")
    assert move(Item.objects.get(), "recall", world.officer).state == State.RETURNED


def test_the_first_author_does_not_review_after_anothers_small_edit(world, clients):
    asks(world, review=True)
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    passed(clients["colleague"], item, result="fail", statement="题目太长")
    write(clients["colleague"], world, item, do="submit", title="短题")
    item.refresh_from_db()
    assert set(item.newest_revision.writers) == {world.officer.pk, world.colleague.pk}
    with pytest.raises(Refused, match="写这一稿的人不能审查"):
        review(item, 2, world.officer, "可以", passed=True)


def test_where_the_unit_asks_for_no_review_there_is_none(world, clients):
    asks(world, signer=True)
    write(clients["officer"], world, do="submit")
    with pytest.raises(Refused, match="没有要求报送前审查"):
        review(Item.objects.get(), 1, world.colleague, "不行", passed=False)


def test_a_mark_in_a_reason_or_a_statement_is_refused_and_kept_nowhere(world, clients):
    asks(world, review=True)
    write(clients["officer"], world, do="submit")
    item = Item.objects.get()
    passed(clients["colleague"], item, statement="和机密★文件重复")
    assert not Review.objects.exists()
    item.refresh_from_db()
    item.state = State.SUBMITTED
    with pytest.raises(Refused, match="密级标志"):
        move(item, "return", world.editor, "见机密★文件")
    assert "机密★" not in str(list(TrailEntry.objects.values_list("before", "after")))
