"""Guessing is stopped, and a stranger who guesses locks nobody out who is known."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.world import PASSWORD
from trail.models import TrailEntry
from units import lockout
from units.links import password_link
from units.models import Account, Attempt, AttemptKind

LOCKED = "请等 15 分钟"


def sign_in(client, name, password, address="10.0.0.1"):
    return client.post(reverse("sign-in"), {"username": name, "password": password}, REMOTE_ADDR=address)


def is_in(client):
    return "_auth_user_id" in client.session


def later(minutes):
    Attempt.objects.update(at=timezone.now() - timedelta(minutes=minutes))


def test_after_five_wrong_passwords_even_the_right_one_waits(world, client):
    for _ in range(5):
        assert "账号或密码不对" in sign_in(client, "sun", "wrong").content.decode()
    assert LOCKED in sign_in(client, "sun", PASSWORD).content.decode()
    assert not is_in(client)
    later(16)
    sign_in(client, "sun", PASSWORD)
    assert is_in(client)


def test_the_lock_survives_the_cache(world, client):
    for _ in range(5):
        sign_in(client, "sun", "wrong")
    cache.clear()
    assert LOCKED in sign_in(client, "sun", PASSWORD).content.decode()


def test_the_entry_of_the_last_attempt_says_that_it_locked(world, client):
    for _ in range(7):
        sign_in(client, "sun", "wrong")
    entries = TrailEntry.objects.filter(act="登录").order_by("id")
    assert [entry.after.get("locked", False) for entry in entries] == [False, False, False, False, True]


def test_a_stranger_cannot_lock_out_who_signs_in_from_a_known_browser(world, client):
    sign_in(client, "sun", PASSWORD)
    client.post(reverse("sign-out"))
    for i in range(40):
        sign_in(Client(), "sun", "guess", f"10.1.0.{i}")
    assert LOCKED in sign_in(Client(), "sun", PASSWORD, "10.2.0.1").content.decode()  # unknown: the account is guarded
    sign_in(client, "sun", PASSWORD, "10.3.0.1")
    assert is_in(client)


def test_a_stranger_at_the_same_address_locks_out_nobody_known_there(world, client):
    sign_in(client, "sun", PASSWORD)
    client.post(reverse("sign-out"))
    stranger = Client()
    for i in range(lockout.ADDRESS + 5):
        sign_in(stranger, f"name{i}", "guess")
    assert LOCKED in sign_in(Client(), "wu", PASSWORD).content.decode()
    sign_in(client, "sun", PASSWORD)
    assert is_in(client)


def test_a_known_browser_has_a_limit_of_its_own(world, client):
    sign_in(client, "sun", PASSWORD)
    client.post(reverse("sign-out"))
    for _ in range(5):
        sign_in(client, "sun", "wrong", "10.9.0.1")
    assert LOCKED in sign_in(client, "sun", PASSWORD, "10.9.0.2").content.decode()
    sign_in(Client(), "sun", PASSWORD, "10.9.0.3")
    assert not Attempt.objects.filter(device="").exists()


def test_a_forged_or_foreign_cookie_makes_no_browser_known(world, client):
    sign_in(client, "wu", PASSWORD)
    for cookie in (client.cookies["device"].value, "forged", ""):
        other = Client()
        other.cookies["device"] = cookie
        for _ in range(5):
            sign_in(other, "sun", "wrong", "10.4.0.1")
        assert LOCKED in sign_in(other, "sun", PASSWORD, "10.4.0.1").content.decode()
        Attempt.objects.all().delete()


def test_many_names_with_one_password_are_stopped_at_the_hundredth(world, client):
    """Only the address tells them apart from as many people; the passwords of a hundred are looked at. (Of a thousand
    names the bench tells.)"""
    tried = 0
    for i in range(300):
        tried += "账号或密码不对" in sign_in(client, f"user{i}", "Qwer1234!!").content.decode()
    assert tried == lockout.ADDRESS
    assert Attempt.objects.count() == lockout.ADDRESS
    assert TrailEntry.objects.filter(act="登录", office="").count() == lockout.ADDRESS


def test_typing_another_case_or_width_is_the_same_name(world, client):
    for name in ("sun", "SUN", "ｓｕｎ", " sun", "Sun"):
        sign_in(client, name, "wrong")
    assert LOCKED in sign_in(client, "sun", PASSWORD).content.decode()
    later(16)
    sign_in(client, "ＳＵＮ", PASSWORD)
    assert is_in(client)


def test_success_forgets_what_was_mistyped_here_and_nothing_else(world, client):
    for _ in range(3):
        sign_in(client, "sun", "wrong")
        sign_in(Client(), "sun", "wrong", "10.5.0.1")
    sign_in(client, "sun", PASSWORD)
    assert Attempt.objects.count() == 3


def test_what_was_typed_as_a_name_is_not_kept(world, client):
    sign_in(client, "my-secret-password", "sun")
    assert not Attempt.objects.filter(name__contains="secret").exists()
    assert not TrailEntry.objects.filter(after__icontains="secret").exists()
    assert TrailEntry.objects.get(act="登录").object_label == ""


def test_of_one_network_in_ipv6_all_addresses_are_one(world, client):
    for i in range(5):
        sign_in(client, "sun", "wrong", f"2001:db8:1:1::{i}")
    assert LOCKED in sign_in(client, "sun", PASSWORD, "2001:db8:1:1::99").content.decode()
    assert LOCKED not in sign_in(Client(), "sun", PASSWORD, "2001:db8:1:2::1").content.decode()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.2.3.4", "10.0.0.1"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.9.9.9", "1.2.3.4"),
        (1, "nonsense", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (2, "1.2.3.4", "10.0.0.1"),
    ],
)
def test_only_proxies_of_ours_are_believed_about_the_address(world, client, settings, proxies, forwarded, address):
    settings.PROXIES = proxies
    data = {"username": "sun", "password": "wrong"}
    client.post(reverse("sign-in"), data, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert Attempt.objects.get().address == address
    assert TrailEntry.objects.get(act="登录").address == address


def test_old_attempts_are_forgotten(world, client):
    sign_in(client, "sun", "wrong")
    later(16)
    sign_in(client, "wu", "wrong")
    lockout.forget_old()
    assert Attempt.objects.count() == 1


def test_known_unknown_disabled_and_invited_answer_alike_and_ask_the_database_as_much(
    world, client, django_assert_num_queries
):
    """The time is that of one password check each; no answer and no number of queries tells them apart."""
    Account.objects.filter(pk=world.officer.pk).update(is_active=False)
    Account.objects.create_user("invited", name="没有密码")
    texts, numbers = set(), set()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for name in ("zhou", "nobody", "sun", "invited"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = sign_in(Client(), name, PASSWORD + "x" if name == "zhou" else PASSWORD, "10.6.0.1")
        texts.add(answer.content.decode().replace(name, "NAME").split("csrfmiddlewaretoken")[0])
        texts.add(answer.status_code)
        numbers.add(len(queries))
    assert len(texts) == 2
    assert len(numbers) == 1


def test_each_of_them_costs_one_password_check(world, monkeypatch):
    Account.objects.filter(pk=world.officer.pk).update(is_active=False)
    Account.objects.create_user("invited", name="没有密码")
    from django.contrib.auth.hashers import MD5PasswordHasher

    checked = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args, **more: checked.append(1) or encode(*args, **more))
    costs = []
    for name in ("zhou", "nobody", "sun", "invited"):
        checked.clear()
        sign_in(Client(), name, "wrong", "10.7.0.1")
        costs.append(len(checked))
    assert costs == [1, 1, 1, 1]


def test_who_changed_the_password_by_a_link_is_let_in_here_although_locked(world, client):
    for _ in range(6):
        sign_in(client, "sun", "wrong")
    world.officer.refresh_from_db()
    form = client.get(password_link(world.officer, "")).url
    client.post(form, {"new_password1": "Ganz-neu-2026", "new_password2": "Ganz-neu-2026"})
    sign_in(client, "sun", "Ganz-neu-2026")
    assert is_in(client)


def test_a_browser_is_known_only_with_the_password_of_then(world, client):
    sign_in(client, "sun", PASSWORD)
    client.post(reverse("sign-out"))
    world.officer.set_password("Ganz-neu-2026")
    world.officer.save()
    sign_in(client, "sun", "wrong")
    assert Attempt.objects.get().device == ""


def test_an_attempt_whose_process_died_counts_after_a_minute(world, client, monkeypatch):
    for _ in range(5):
        lockout.begin(AttemptKind.PASSWORD, lockout.Who(lockout.digest("sun"), "127.0.0.1", ""))
    monkeypatch.setattr(lockout, "PATIENCE", timedelta(seconds=0.2))
    assert LOCKED in sign_in(client, "sun", PASSWORD, "127.0.0.1").content.decode()
    later(2)
    assert LOCKED in sign_in(client, "sun", PASSWORD, "127.0.0.1").content.decode()
    later(16)
    sign_in(client, "sun", PASSWORD, "127.0.0.1")
    assert is_in(client)
