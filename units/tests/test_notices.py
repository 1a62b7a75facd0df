"""Notices: each thing once to each person, in the product, and by mail as the person chose."""

import smtplib
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.postbox import open_postbox
from trail.models import TrailEntry
from units import forgetting, letters, notices
from units.models import Account, Notice, NoticeChoice, NoticeKind, NoticeWay

ADDRESS = "/o/jia/items/1/"


@pytest.fixture
def mailed(world, settings):
    """The officer and the colleague have addresses, and mail works."""
    settings.MAIL_WORKS = True
    settings.SITE_URL = "https://xx.example.cn"
    for person in (world.officer, world.colleague):
        person.email = f"{person.username}@example.cn"
        person.save()
    return world


def tell(world, *people, key="one", kind=NoticeKind.RETURNED, said="退回修改：《一条信息》", address=ADDRESS):
    told = dict.fromkeys(people or [world.officer], said)
    notices.tell(world.office, kind, key, told, address)


def due_now():
    Notice.objects.filter(mail_at__isnull=False).update(mail_at=timezone.now())


def test_the_same_thing_is_told_once_to_each(mailed):
    tell(mailed)
    tell(mailed, mailed.officer, mailed.colleague)
    assert sorted(Notice.objects.values_list("account__username", flat=True)) == ["sun", "zhou"]


def test_each_kind_goes_the_way_that_was_chosen(mailed):
    for way in NoticeWay:
        NoticeChoice.objects.update_or_create(account=mailed.officer, kind=NoticeKind.RETURNED, defaults={"way": way})
        tell(mailed, key=way)
    ways = dict(Notice.objects.values_list("key", "mail_at"))
    assert set(ways) == {"here", "daily", "at_once"}, "who wants none gets none"
    assert ways["here"] is None
    assert ways["at_once"] <= timezone.now() < ways["daily"] <= timezone.now() + timedelta(days=1)


@pytest.mark.once
@pytest.mark.parametrize(("hour", "day"), [(7, 27), (8, 28), (23, 28)])
def test_the_letter_of_the_day_goes_at_its_hour(settings, hour, day):
    here = ZoneInfo("Asia/Shanghai")
    now = datetime(2026, 11, 27, hour, 0, tzinfo=here)
    assert notices.next_daily(now) == datetime(2026, 11, day, 8, 0, tzinfo=here)


def test_nobody_is_mailed_without_an_address_or_a_server(mailed, settings):
    tell(mailed, mailed.signer)
    settings.MAIL_WORKS = False
    tell(mailed, mailed.officer)
    assert Notice.objects.count() == 2
    assert not Notice.objects.to_mail().exists()


def test_a_person_gets_one_letter_with_all_that_is_due(mailed):
    tell(mailed, key="1", said="退回修改：《甲》")
    tell(mailed, key="2", said="采用：《乙》")
    tell(mailed, mailed.colleague, key="3", said="退稿：《丙》")
    assert letters.post() == 2
    assert letters.post() == 0
    by_name = {letter.to[0]: letter for letter in mail.outbox}
    both = by_name["sun@example.cn"]
    assert "2 条通知" in both.subject
    assert "《甲》" in both.body
    assert f"https://xx.example.cn{ADDRESS}" in both.body
    assert "《丙》" in by_name["zhou@example.cn"].subject


def test_what_was_read_needs_no_letter(mailed):
    tell(mailed)
    notices.read(mailed.officer, mailed.office, ADDRESS)
    assert letters.post() == 0


def test_who_left_before_the_letter_went_gets_none(mailed):
    tell(mailed)
    Account.objects.filter(pk=mailed.officer.pk).update(is_active=False)
    assert letters.post() == 0
    assert not Notice.objects.to_mail().exists()


def test_what_was_chosen_later_holds_for_letters_that_wait(mailed):
    tell(mailed, kind=NoticeKind.ADOPTED)
    notices.choose(mailed.officer, {NoticeKind.ADOPTED: NoticeWay.NONE})
    assert not Notice.objects.to_mail().exists()


def test_who_has_no_part_in_the_office_any_more_gets_no_letter(mailed):
    tell(mailed)
    mailed.officer.memberships.all().delete()
    assert letters.post() == 0
    assert not Notice.objects.to_mail().exists()


@pytest.fixture
def box(mailed, settings):
    with open_postbox() as opened:
        settings.EMAIL_BACKEND = "units.letters.Smtp"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", opened.port
        yield opened


@pytest.mark.django_db(transaction=True)
def test_a_letter_arrives_as_it_was_written(box, mailed):
    tell(mailed, said="退回修改：《一条\n.\n..点开头的信息》")
    letters.post()
    (letter,) = box.letters
    assert "《一条 . ..点开头的信息》" in letter.get_content()
    assert letter["Auto-Submitted"] == "auto-generated"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("stage", "answer"),
    [("data", "451 later"), ("data", ""), ("end", "452 full"), ("end", "421 closing"), ("end", "")],
)
def test_a_letter_that_the_server_did_not_take_goes_again_once_and_holds_up_nobody(box, mailed, stage, answer):
    tell(mailed, mailed.officer, mailed.colleague)
    box.tricks[1] = lambda at: answer if at == stage else None
    assert letters.post() == 1
    (first,) = box.receivers
    due_now()
    assert letters.post() == 1
    assert sorted(box.receivers) == ["sun@example.cn", "zhou@example.cn"]
    assert first == box.receivers[0]
    assert not Notice.objects.to_mail().exists()


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_always_breaks_the_session_does_not_stop_the_others(box, mailed):
    """It stands first in each round; the other one goes in the first."""
    tell(mailed, mailed.officer)
    tell(mailed, mailed.colleague, key="later")
    Notice.objects.filter(account=mailed.officer).update(mail_at=timezone.now() - timedelta(hours=1))
    for number in (1, 3, 4, 5):
        box.tricks[number] = lambda at: "" if at == "end" else None
    letters.post()
    assert box.receivers == ["zhou@example.cn"]
    waits = Notice.objects.to_mail().get()
    assert waits.mail_at - timezone.now() > timedelta(minutes=10), "and is put off for longer than the rest"


@pytest.mark.django_db(transaction=True)
def test_a_slow_server_gets_a_letter_once(box, mailed, monkeypatch):
    """It takes the letter, and says so when nobody listens any more."""
    monkeypatch.setattr(letters, "PATIENCE", 0.2)
    tell(mailed)
    box.tricks[1] = lambda at: time.sleep(0.6) or "250 kept" if at == "end" else None
    assert letters.post() == 1
    due_now()
    assert letters.post() == 0
    time.sleep(0.6)
    assert box.receivers == ["sun@example.cn"]


@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_away_delays_for_a_minute(box, mailed, settings):
    tell(mailed)
    settings.EMAIL_PORT = 1  # where nobody listens
    assert letters.post() == 0
    waits = Notice.objects.to_mail().get()
    assert timedelta(seconds=50) < waits.mail_at - timezone.now() <= letters.AGAIN_SOON
    assert letters.post() == 0, "it is not asked again at once"
    settings.EMAIL_PORT = box.port
    due_now()
    assert letters.post() == 1


@pytest.mark.django_db(transaction=True)
def test_an_address_that_does_not_exist_is_given_up_and_holds_up_nobody(box, mailed, monkeypatch):
    def refuse(self, receiver, options=()):
        return (550, b"nobody") if "sun" in receiver else self.docmd(f"rcpt TO:<{receiver}>")

    monkeypatch.setattr(smtplib.SMTP, "rcpt", refuse)
    tell(mailed, mailed.officer, mailed.colleague)
    assert letters.post() == 1
    assert box.receivers == ["zhou@example.cn"]
    assert not Notice.objects.to_mail().exists()
    assert Notice.objects.unread().count() == 2, "it is read in the product"


@pytest.mark.django_db(transaction=True)
def test_who_is_second_sends_nothing(box, mailed):
    """A worker was thought dead, and another sends: the one who comes to the end later hangs up before it."""
    tell(mailed)

    def another_is_quicker(stage):
        if stage == "data":
            box.tricks.clear()
            due_now()
            assert in_a_thread(letters.post) == 1

    box.tricks[1] = another_is_quicker
    assert letters.post() == 0
    assert box.receivers == ["sun@example.cn"]


def in_a_thread(act):
    """What an act gives that has a connection of its own."""

    def done():
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(done).result(timeout=30)


@pytest.mark.django_db(transaction=True)
def test_what_one_worker_has_in_hand_no_other_takes(box, mailed):
    tell(mailed)

    def other_worker_looks(stage):
        if stage == "data":
            assert in_a_thread(letters.post) == 0

    box.tricks[1] = other_worker_looks
    assert letters.post() == 1
    assert box.begun == 1


# ---- The pages ----


def client_of(person):
    client = Client()
    client.force_login(person)
    return client


def test_the_list_shows_mine_and_going_there_reads_them(world):
    item = world.item("一条信息")
    address = reverse("item", args=["jia", item.pk])
    tell(world, address=address)
    tell(world, world.colleague, key="two", said="别人的")
    client = client_of(world.officer)
    page = client.get("/o/jia/notices/").content.decode()
    assert "退回修改" in page
    assert "别人的" not in page
    notice = world.officer.notices.get()
    answer = client.get(f"/o/jia/notices/{notice.pk}/")
    assert answer.headers["Location"] == address
    notice.refresh_from_db()
    assert notice.read_at
    theirs = world.colleague.notices.get()
    assert client.get(f"/o/jia/notices/{theirs.pk}/").status_code == 404


def test_who_opens_the_page_has_read_what_leads_there(world):
    item = world.item("一条信息")
    tell(world, address=reverse("item", args=["jia", item.pk]))
    tell(world, key="two", address="/o/jia/items/9/")
    client = client_of(world.officer)
    assert 'class="count">2<' in client.get("/o/jia/notices/").content.decode()
    assert 'class="count">1<' in client.get(f"/o/jia/items/{item.pk}/").content.decode()
    newest = client.get("/o/jia/notices/").context["newest"]
    tell(world, key="three", said="页面打开以后的")
    client.post("/o/jia/notices/read/", {"newest": newest})
    assert [notice.said for notice in Notice.objects.unread()] == ["页面打开以后的"]


def test_a_list_reads_nothing_by_being_opened(world):
    """Home is where many notices lead; what they say does not stand there."""
    tell(world, address="/o/jia/")
    client_of(world.officer).get("/o/jia/")
    assert Notice.objects.unread().count() == 1


def test_pages_of_the_list_follow_each_other(world):
    for n in range(120):
        tell(world, key=str(n), said=f"第{n}条")
    client = client_of(world.officer)
    seen, page = [], client.get("/o/jia/notices/")
    for _ in range(3):
        seen += [notice.said for notice in page.context["notices"]]
        page = client.get(f"/o/jia/notices/?before={page.context['older']}")
    assert seen == [f"第{n}条" for n in reversed(range(120))]


def test_somebody_chooses_only_among_what_concerns_them(world):
    client = client_of(world.officer)
    page = client.get("/accounts/me/notices/").content.decode()
    assert 'name="returned"' in page
    assert 'name="overdue"' not in page
    client.post("/accounts/me/notices/", {"returned": "none", "overdue": "none", "adopted": "nonsense"})
    assert list(world.officer.notice_choices.values_list("kind", "way")) == [("returned", "none")]
    assert TrailEntry.objects.filter(act="改通知方式").count() == 1
    client.post("/accounts/me/notices/", {"returned": "none"})
    assert TrailEntry.objects.filter(act="改通知方式").count() == 1, "nothing was changed"


def test_old_notices_and_those_of_forgotten_people_go(world):
    tell(world)
    tell(world, world.colleague)
    world.officer.notices.update(at=timezone.now() - notices.KEPT - timedelta(days=1))
    notices.forget_old()
    assert not world.officer.notices.exists()
    Account.objects.filter(pk=world.colleague.pk).update(is_active=False)
    forgetting.forget_person(world.colleague, world.office, world.manager)
    assert not Notice.objects.exists()


def test_a_notice_is_rolled_back_with_what_it_tells_of(world):
    with transaction.atomic():
        tell(world)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
