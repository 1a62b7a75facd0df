"""Sessions: new at sign-in, over in time, listed and ended; and forms that were sent after the end."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from submissions.models import ItemEvent
from submissions.states import State
from tests.world import PASSWORD
from units import signing_in, tasks
from units.links import password_link, tokens
from units.models import Account, Membership, Role, Session

NEW = "Ganz-neu-2026"


@pytest.fixture
def sun(world):
    client = Client()
    client.post(
        reverse("sign-in"), {"username": "sun", "password": PASSWORD}, HTTP_USER_AGENT="Mozilla/5.0 (Windows) Chrome/86"
    )
    return client


def alive(client):
    return client.get(reverse("my-account")).status_code == 200


def test_signing_in_begins_a_new_session(world, client):
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["session"] = planted = session.session_key
    client.post(reverse("sign-in"), {"username": "sun", "password": PASSWORD})
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_session_knows_whose_it_is_from_where_and_since_when(world, sun):
    row = Session.objects.get(account=world.officer)
    assert (row.address, row.browser_name) == ("127.0.0.1", "Chrome，Windows")
    text = sun.get(reverse("my-account")).content.decode()
    assert "Chrome，Windows" in text
    assert "就是这里" in text
    assert row.session_key not in text


def test_it_ends_after_half_an_hour_without_use(world, sun):
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=29))
    assert alive(sun)
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=31))
    assert not alive(sun)
    assert not Session.objects.exists()


def test_it_ends_after_twelve_hours_however_much_it_is_used(world, sun):
    Session.objects.update(began_at=timezone.now() - timedelta(hours=12, seconds=1))
    assert not alive(sun)


def test_using_a_page_keeps_it_alive_and_a_page_that_asks_by_itself_does_not(world, sun):
    before = timezone.now() - timedelta(minutes=20)
    for headers, kept in (({"X-Poll": "1"}, False), ({}, True)):
        Session.objects.update(seen_at=before)
        sun.get(reverse("my-account"), headers=headers)
        assert (Session.objects.get().seen_at > before) == kept


def test_its_end_is_told_in_seconds_without_putting_it_off(world, sun):
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=29))
    state = sun.get(reverse("session-state"), headers={"X-Poll": "1"}).json()
    assert state["account"] == "sun"
    assert 0 < state["left"] <= 60
    assert Client().get(reverse("session-state")).json() == {"left": 0}


def test_another_session_is_ended_by_its_owner_and_by_nobody_else(world, sun):
    elsewhere = Client()
    elsewhere.force_login(world.officer)
    row = Session.objects.exclude(session_key=sun.session.session_key).get(account=world.officer)
    other = Client()
    other.force_login(world.colleague)
    other.post(reverse("end-session"), {"session": row.name})
    assert alive(elsewhere)
    assert "已结束 1 处登录" in sun.post(reverse("end-session"), {"session": row.name}, follow=True).content.decode()
    assert not alive(elsewhere)
    assert alive(sun)


def test_changing_the_password_ends_the_other_sessions(world, sun):
    elsewhere = Client()
    elsewhere.force_login(world.officer)
    data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert sun.post(reverse("change-password"), data).status_code == 302
    assert alive(sun)
    assert not alive(elsewhere)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Kurz-1", "10"),
        ("nur kleine buchstaben", "至少 3 种"),
        ("sun-officer", "至少 3 种"),
        ("Password123", "很多人用"),
        ("1234567890", "数字"),
    ],
)
def test_a_weak_password_is_refused_with_a_sentence(world, sun, password, said):
    data = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    answer = sun.post(reverse("change-password"), data)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_the_old_password_may_be_guessed_at_only_so_often(world, sun):
    data = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    for _ in range(5):
        sun.post(reverse("change-password"), data)
    answer = sun.post(reverse("change-password"), {**data, "old_password": PASSWORD})
    assert "次数太多" in answer.content.decode()


def test_a_form_sent_after_the_end_waits_behind_the_sign_in(world):
    """Nothing typed is lost, with JavaScript or without."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.editor)
    item = world.item(state=State.SUBMITTED)
    page = client.get(reverse("item", args=["jia", item.pk])).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    Session.objects.all().delete()
    reason = "第二段的数字和附表对不上，请核对以后再报。<b>"
    target = reverse("move-item", args=["jia", item.pk, "return"])
    answer = client.post(target, {"csrfmiddlewaretoken": token, "reason": reason})
    assert answer.status_code == 401
    assert "没有丢" in answer.content.decode()
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.content.decode()))
    answer = client.post(reverse("sign-in"), {**fields, "username": "wang", "password": PASSWORD})
    text = answer.content.decode()
    assert "刚才填的内容还在" in text
    assert "对不上，请核对以后再报。&lt;b&gt;" in text
    assert f'action="{target}"' in text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)[1]
    client.post(target, {"csrfmiddlewaretoken": token, "reason": reason})
    assert ItemEvent.objects.latest("id").reason == reason


def test_what_was_kept_cannot_be_forged_by_another_site(world, client):
    data = {"username": "wang", "password": PASSWORD, "kept": "forged", "next": "/accounts/me/"}
    assert client.post(reverse("sign-in"), data).url == "/accounts/me/"


def test_passwords_and_codes_are_never_kept(world, client):
    answer = client.post(reverse("change-password"), {"old_password": "geheim", "code": "123456", "x": "y"})
    text = re.search(r'name="kept" value="([^"]*)"', answer.content.decode())[1]
    assert signing_in.kept_form(text) == {"path": reverse("change-password"), "fields": [["x", ["y"]]]}


def test_a_piece_of_a_page_says_401_so_that_the_page_can_ask_in_place(world, client):
    answer = client.get(reverse("home", args=["jia"]), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Trigger"]) == (401, "signed-out")


def test_signing_in_again_in_place_gives_the_page_a_new_token(world, client):
    form = client.get(reverse("sign-in-again") + "?account=sun").content.decode()
    assert 'value="sun"' in form
    wrong = client.post(reverse("sign-in-again"), {"username": "sun", "password": "wrong"}).content.decode()
    assert "账号或密码不对" in wrong
    done = client.post(reverse("sign-in-again"), {"username": "sun", "password": PASSWORD}).content.decode()
    assert re.search(r'data-token="\w{64}"', done)
    assert alive(client)


def test_who_is_signed_in_gets_a_guarded_role_signs_in_again_with_a_second_factor(world, sun, settings):
    settings.SECOND_FACTOR = True
    assert alive(sun)
    Membership.objects.create(account=world.officer, unit=world.office.unit, role=Role.EDITOR)
    assert not alive(sun)


# ---- Forgotten passwords ----


@pytest.fixture
def mailing(settings):
    settings.MAIL_WORKS = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.CELERY_TASK_ALWAYS_EAGER = True


def ask(client, name, monkeypatch):
    asked = []
    monkeypatch.setattr("units.views.sign_in.send_reset_link.delay", lambda *args: asked.append(args))
    answer = client.post(reverse("forgotten"), {"username": name})
    for args in asked:
        tasks.send_reset_link(*args)
    return answer


def test_the_answer_is_the_same_for_every_name_and_mail_goes_to_the_owner(world, client, mailing, monkeypatch):
    world.officer.email = "sun@example.cn"
    world.officer.save()
    answers = [ask(client, name, monkeypatch).content for name in ("sun", "zhou", "nobody")]
    assert len(set(answers)) == 1
    assert [message.to for message in mail.outbox] == [["sun@example.cn"]]
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)[1]
    page = client.get(link, follow=True)
    assert "给账号 sun 设密码" in page.content.decode()
    assert client.post(page.wsgi_request.path, {"new_password1": NEW, "new_password2": NEW}).url == reverse("sign-in")
    assert "不能用了" in client.get(link, follow=True).content.decode()
    client.post(reverse("sign-in"), {"username": "sun", "password": NEW})
    assert alive(client)


def test_nobody_is_flooded_with_mail(world, client, mailing, monkeypatch):
    world.officer.email = "sun@example.cn"
    world.officer.save()
    answers = {ask(client, "sun", monkeypatch).content for _ in range(12)}
    assert len(answers) == 1
    assert len(mail.outbox) == 5


def test_a_queue_that_is_away_is_told(world, client, mailing, monkeypatch):
    def refuse(*args):
        raise OSError

    monkeypatch.setattr("units.views.sign_in.send_reset_link.delay", refuse)
    answer = client.post(reverse("forgotten"), {"username": "sun"})
    assert answer.status_code == 422
    assert "现在发不出邮件" in answer.content.decode()


def test_without_mail_the_page_says_whom_to_ring(world, client):
    assert "请打电话给收稿单位的管理员" in client.get(reverse("forgotten")).content.decode()


def test_a_link_ends_the_sessions_begun_with_the_old_password(world, sun):
    client = Client()
    world.officer.refresh_from_db()
    page = client.get(password_link(world.officer, "")).url
    client.post(page, {"new_password1": NEW, "new_password2": NEW})
    assert not alive(sun)


def test_a_link_is_void_after_its_hours(world, client, monkeypatch):
    link = password_link(world.officer, "")
    later = tokens._now() + timedelta(hours=25)
    monkeypatch.setattr(tokens, "_now", lambda: later)
    assert "不能用了" in client.get(link, follow=True).content.decode()


def test_sessions_that_are_over_are_cleared(world, sun):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    tasks.forget()
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "///x"]
)
def test_the_second_step_leads_nowhere_else_either(world, client, settings, target):
    settings.SECOND_FACTOR = True
    client.post(reverse("sign-in"), {"username": "wang", "password": PASSWORD, "next": target})
    assert client.session["half"]["next"] == "/"


def grown_old(world):
    Account.objects.filter(pk=world.officer.pk).update(password_set_at=timezone.now() - timedelta(days=91))


CHANGED = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}


def test_an_old_password_is_changed_before_anything_else(world, sun, settings):
    settings.PASSWORD_DAYS = 90
    assert alive(sun)
    grown_old(world)
    change = reverse("change-password")
    for method in ("get", "head", "post"):
        assert getattr(sun, method)(reverse("home", args=["jia"])).url == change
    piece = sun.get(reverse("home", args=["jia"]), headers={"HX-Request": "true"})
    assert (piece.status_code, piece["HX-Redirect"]) == (204, change)
    assert sun.get("/healthz").status_code == 200
    assert "用了 90 天" in sun.get(change).content.decode()
    sun.post(change, CHANGED)
    assert sun.get(reverse("home", args=["jia"])).status_code == 200


def test_a_form_sent_with_an_old_password_is_sent_on_after_the_change(world, sun, settings):
    settings.PASSWORD_DAYS = 90
    grown_old(world)
    item = world.item(state=State.SUBMITTED)
    sun.post(reverse("move-item", args=["jia", item.pk, "withdraw"]), {"reason": "写了很久的理由"})
    item.refresh_from_db()
    assert item.state == State.SUBMITTED
    assert "写了很久的理由" in sun.post(reverse("change-password"), CHANGED).content.decode()


def test_the_new_password_is_another(world, sun):
    sun.post(reverse("change-password"), CHANGED)
    same = {"old_password": NEW, "new_password1": NEW, "new_password2": NEW}
    assert "和现在的一样" in sun.post(reverse("change-password"), same).content.decode()


def kept_at_the_door(client, world):
    answer = client.post(reverse("letterhead", args=["jia"]), {"issuer": "打了很久的字"})
    return re.search(r'name="kept" value="([^"]*)"', answer.content.decode())[1]


def test_what_one_person_typed_is_not_given_to_the_next(world, sun):
    sun.post(reverse("sign-out"))
    kept = kept_at_the_door(sun, world)
    data = {"password": PASSWORD, "kept": kept}
    assert (
        "打了很久的字" not in sun.post(reverse("sign-in"), {**data, "username": "zhou"}, follow=True).content.decode()
    )
    sun.post(reverse("sign-out"))
    sun.post(reverse("sign-out"))
    mine = kept_at_the_door(sun, world)
    assert "打了很久的字" in sun.post(reverse("sign-in"), {**data, "kept": mine, "username": "zhou"}).content.decode()


def test_what_another_browser_kept_is_not_sent_on(world, client):
    theirs = Client()
    kept = kept_at_the_door(theirs, world)
    data = {"username": "sun", "password": PASSWORD}
    client.post(reverse("sign-in"), data)
    client.post(reverse("sign-out"))
    assert client.post(reverse("sign-in"), {**data, "kept": kept}).status_code == 302


def test_who_signed_in_meanwhile_in_another_window_goes_on_at_once(world, client):
    kept = kept_at_the_door(client, world)
    client.force_login(world.officer)
    assert "打了很久的字" in client.post(reverse("sign-in"), {"kept": kept}).content.decode()


@pytest.mark.parametrize(
    ("origin", "shown"), [("http://testserver", True), ("https://evil.example", False), ("", False)]
)
def test_a_page_older_than_the_sign_in_of_another_window_loses_no_text(world, origin, shown):
    client = Client(enforce_csrf_checks=True, headers={"Origin": origin} if origin else {})
    client.force_login(world.manager)
    data = {"csrfmiddlewaretoken": "x" * 64, "issuer": "打了很久的字"}
    answer = client.post(reverse("letterhead", args=["jia"]), data)
    assert answer.status_code == 403
    assert ("打了很久的字" in answer.content.decode()) == shown
    assert not Client(enforce_csrf_checks=True).post(reverse("letterhead", args=["jia"]), data).context.get("fields")


def test_a_session_key_that_no_database_takes_is_none_of_ours(world, client):
    client.cookies["session"] = "abcdefgh\x00xyz"
    assert client.get(reverse("my-account")).status_code == 302


def test_what_is_typed_again_in_place_may_hold_anything(world, client):
    data = {"username": "sun\x00", "password": "\x00", "code": "\x00"}
    assert client.post(reverse("sign-in-again"), data).status_code == 200
