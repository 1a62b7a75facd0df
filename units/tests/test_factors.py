"""The second factor: a code works once, recovery codes too; who must have one; who may take it away."""

import pytest
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken

from tests.races import at_once
from tests.world import PASSWORD, account, build_world
from trail.models import TrailEntry
from units import accounts, factors
from units.models import Role, Session

CODE_PAGE, SET_UP = "sign-in-code", "sign-in-set-up"


def code(key):
    return f"{totp(bytes.fromhex(key)):06d}"


def give(to):
    key = factors.new_key()
    codes = factors.set_up(to, key, code(key))
    to.totpdevice_set.update(last_t=-1)
    return key, codes


def half_in(name="wang"):
    client = Client()
    client.post(reverse("sign-in"), {"username": name, "password": PASSWORD})
    return client


def is_in(client):
    return "_auth_user_id" in client.session


@pytest.fixture
def must(settings):
    settings.SECOND_FACTOR = True


@pytest.mark.parametrize(
    ("who", "asked"),
    [("officer", False), ("signer", False), ("editor", True), ("manager", True), ("auditor", True), ("sysadmin", True)],
)
def test_who_must_have_one(world, must, settings, who, asked):
    person = getattr(world, who)
    assert factors.is_must(person) == asked
    assert is_in(half_in(person.username)) == (not asked)
    person.demonstration = True
    assert not factors.is_must(person)
    person.demonstration = False
    settings.SECOND_FACTOR = False
    assert not factors.is_must(person)


def test_the_first_sign_in_sets_it_up_and_shows_recovery_codes_once(world, must):
    client = half_in()
    page = client.get(reverse(SET_UP)).content.decode()
    assert "data:image/svg+xml" in page
    assert "不对" in client.post(reverse(SET_UP), {"code": "12345x"}).content.decode()
    answer = client.post(reverse(SET_UP), {"code": code(client.session["half"]["key"])}).content.decode()
    for token in StaticToken.objects.filter(device__user=world.editor):
        assert token.token in answer
    assert StaticToken.objects.count() == 10
    assert is_in(client)
    assert client.session["factor"] is True


def test_password_alone_opens_nothing(world, must):
    give(world.editor)
    client = half_in()
    for name in ("home", "items", "accounts"):
        assert client.get(reverse(name, args=["jia"])).status_code == 302
    assert client.get(reverse("my-account")).status_code == 302


def test_who_set_one_up_freely_is_asked_for_it_too(world, must):
    key, _ = give(world.officer)
    client = half_in("sun")
    assert not is_in(client)
    client.post(reverse(CODE_PAGE), {"code": code(key)})
    assert is_in(client)


def test_a_code_works_once(world, must):
    key, _ = give(world.editor)
    first, second = half_in(), half_in()
    now = code(key)
    first.post(reverse(CODE_PAGE), {"code": now})
    assert is_in(first)
    assert "已经用过" in second.post(reverse(CODE_PAGE), {"code": now}).content.decode()
    assert not is_in(second)


def test_a_recovery_code_works_once(world, must):
    _, codes = give(world.editor)
    first, second = half_in(), half_in()
    first.post(reverse(CODE_PAGE), {"code": f" {codes[0].upper()} "})
    assert is_in(first)
    second.post(reverse(CODE_PAGE), {"code": codes[0]})
    assert not is_in(second)
    assert factors.codes_left(world.editor) == 9


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["phone", "recovery"])
def test_a_code_sent_by_five_at_once_lets_one_in(kind, settings):
    settings.SECOND_FACTOR = True
    world = build_world()
    key, codes = give(world.editor)
    now = code(key) if kind == "phone" else codes[0]
    let_in = at_once(*[lambda: factors.is_right(world.editor, now)] * 5)
    assert sorted(let_in) == [False, False, False, False, True]


def test_codes_are_guessed_at_only_so_often(world, must):
    key, _ = give(world.editor)
    client = half_in()
    for _ in range(5):
        client.post(reverse(CODE_PAGE), {"code": "000000"})
    assert "次数太多" in client.post(reverse(CODE_PAGE), {"code": code(key)}).content.decode()
    assert not is_in(client)


def test_a_changed_password_or_ten_minutes_void_the_first_step(world, must, monkeypatch):
    key, _ = give(world.editor)
    for void in ("password", "time"):
        client = half_in()
        if void == "time":
            monkeypatch.setattr("units.signing_in.HALF_TIME", factors.settings.SESSION_IDLE * 0)
        else:
            world.editor.set_password(PASSWORD)
            world.editor.save()
        assert client.post(reverse(CODE_PAGE), {"code": code(key)}).url == reverse("sign-in")
        assert not is_in(client)


def test_one_that_must_be_is_not_dropped_and_a_free_one_is_with_a_code(world, must):
    give(world.editor)
    client = Client()
    client.force_login(world.editor)
    session = client.session
    session["factor"] = True
    session.save()
    assert client.get(reverse("drop-factor")).status_code == 404
    key, _ = give(world.officer)
    client.force_login(world.officer)
    client.post(reverse("drop-factor"), {"code": "000000"})
    assert factors.is_set(world.officer)
    client.post(reverse("drop-factor"), {"code": code(key)})
    assert not factors.is_set(world.officer)


def test_a_reset_by_another_is_on_record_and_ends_the_sessions(world, must):
    give(world.editor)
    client = Client()
    client.force_login(world.editor)
    accounts.reset_factor(world.editor, world.office, world.manager)
    entry = TrailEntry.objects.latest("id")
    assert (entry.act, entry.actor, entry.object_label, entry.office) == ("解除手机验证码", "li", "wang", "jia")
    assert not Session.objects.filter(account=world.editor).exists()
    assert half_in().get(reverse(SET_UP)).status_code == 200


def test_an_account_without_a_role_needs_none(world, must):
    nobody = account("nobody", world.bureau)
    assert not factors.is_must(nobody)


def test_guarded_roles_are_those_that_decide_or_open_doors():
    from units.models import GUARDED

    assert set(Role) - set(GUARDED) == {Role.OFFICER, Role.SIGNER}


def test_another_phone_takes_the_password_and_the_old_one(world):
    key, codes = give(world.officer)
    client = Client()
    client.force_login(world.officer)
    elsewhere = Client()
    elsewhere.force_login(world.officer)
    page = reverse("set-up-factor")
    assert "换一部手机" in client.get(page).content.decode()
    new = client.session["factor_key"]
    for password, current in ((PASSWORD, "000000"), ("wrong", codes[0]), (PASSWORD, "")):
        answer = client.post(page, {"password": password, "current": current, "code": code(new)})
        assert answer.status_code == 422
    assert factors.is_right(world.officer, code(key))
    client.post(page, {"password": PASSWORD, "current": codes[1], "code": f"{code(new)[:3]} {code(new)[3:]}"})
    assert not factors.is_right(world.officer, codes[2])
    assert client.get(reverse("my-account")).status_code == 200
    assert elsewhere.get(reverse("my-account")).status_code == 302


def test_who_has_only_the_password_does_not_replace_a_phone_set_up_meanwhile(world, must):
    client = half_in()
    client.get(reverse(SET_UP))
    key = client.session["half"]["key"]
    give(world.editor)
    client.post(reverse(SET_UP), {"code": code(key)})
    assert not is_in(client)
    assert factors.set_up(world.editor, key, code(key), first=True) is None


def test_a_right_password_without_a_code_is_on_record(world, must):
    give(world.editor)
    half_in()
    entry = TrailEntry.objects.latest("id")
    assert (entry.act, entry.actor) == ("密码正确，等验证码", "wang")


def test_the_session_changes_its_key_between_password_and_code(world, must):
    give(world.editor)
    client = Client()
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies["session"] = planted = session.session_key
    client.post(reverse("sign-in"), {"username": "wang", "password": PASSWORD})
    assert client.session.session_key != planted


def test_who_dropped_it_and_gets_a_guarded_role_sets_it_up_again(world, must):
    key, _ = give(world.officer)
    client = half_in("sun")
    client.post(reverse(CODE_PAGE), {"code": code(key)})
    world.officer.totpdevice_set.update(last_t=-1)
    client.post(reverse("drop-factor"), {"code": code(key)})
    accounts.give(world.officer, world.office.unit, Role.EDITOR, world.office, world.manager)
    assert client.get(reverse("my-account")).status_code == 302
