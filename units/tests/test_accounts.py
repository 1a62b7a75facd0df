"""Keeping accounts: who may do what to whom, and what an act changes at once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from submissions.charges import charge
from submissions.moves import move
from submissions.permissions import may_adopt, may_move
from submissions.states import State
from tests.races import at_once
from tests.world import account, build_world
from trail.models import TrailEntry
from units import accounts
from units.links import password_link
from units.models import Account, Membership, Role, RosterLine, Session
from units.permissions import may_give, may_keep
from units.verdicts import Refused


def page(client, name="accounts", *args):
    return client.get(reverse(name, args=["jia", *args])).content.decode()


@pytest.fixture
def li(world):
    client = Client()
    client.force_login(world.manager)
    return client


def test_there_is_no_superuser(world):
    assert not hasattr(Account, "is_superuser")
    assert not hasattr(Account, "is_staff")
    assert not hasattr(Account, "has_perm")


@pytest.mark.parametrize("first", [Role.MANAGER, Role.SYSADMIN])
def test_nobody_is_auditor_and_manager_or_sysadmin(world, first):
    person = account("xin", world.office.unit, first)
    with pytest.raises(Refused, match="不能和"):
        accounts.give(person, world.office.unit, Role.AUDITOR, world.office, world.sysadmin)
    with pytest.raises(Refused, match="不能和"):
        accounts.give(world.auditor, world.office.unit, first, world.office, world.sysadmin)
    with pytest.raises(Refused, match="不能和"):
        accounts.give(world.auditor, world.office.unit, first, world.office, None)


@pytest.mark.django_db(transaction=True)
def test_two_who_give_conflicting_roles_at_once_do_not_both_succeed():
    world = build_world()
    person = account("xin", world.bureau, Role.OFFICER)
    roles = (Role.AUDITOR, Role.MANAGER)
    answers = at_once(
        *(
            lambda role=role: accounts.give(person, world.office.unit, role, world.office, world.sysadmin)
            for role in roles
        )
    )
    given = [answer for answer in answers if isinstance(answer, Membership)]
    assert len(given) == 1


def test_a_manager_gives_the_roles_of_the_work_and_a_sysadmin_all(world):
    person = account("xin", world.bureau, Role.OFFICER)
    may = {
        who: {role for role in Role if may_give(getattr(world, who), person, _place(world, role), role, world.office)}
        for who in ("manager", "sysadmin", "auditor", "editor", "officer")
    }
    work = {Role.OFFICER, Role.SIGNER, Role.EDITOR}
    assert may == {"manager": work, "sysadmin": set(Role), "auditor": set(), "editor": set(), "officer": set()}


def _place(world, role):
    return world.second_bureau if role in (Role.OFFICER, Role.SIGNER) else world.office.unit


def test_a_manager_does_not_get_at_a_sysadmins_or_auditors_account(world):
    for person in (world.sysadmin, world.auditor):
        assert "只有系统管理员" in may_keep(world.manager, person, world.office).reason
        assert may_keep(world.sysadmin, person, world.office) or person == world.sysadmin
    with pytest.raises(Refused):
        accounts.open_door(world.auditor, world.office, world.manager)


def test_nobody_changes_their_own_roles(world):
    with pytest.raises(Refused, match="自己"):
        accounts.give(world.sysadmin, world.office.unit, Role.EDITOR, world.office, world.sysadmin)
    with pytest.raises(Refused, match="自己"):
        accounts.disable(world.manager, world.office, world.manager)
    with pytest.raises(Refused, match="自己"):
        accounts.take(world.manager.memberships.get(), world.office, world.manager)


def test_an_account_with_roles_elsewhere_is_not_disabled_from_here(world):
    Membership.objects.create(account=world.officer, unit=world.other.unit, role=Role.EDITOR)
    assert "别的收稿单位" in may_keep(world.manager, world.officer, world.office).reason
    accounts.take(world.officer.memberships.get(unit=world.bureau), world.office, world.manager)


def test_the_last_role_is_not_taken(world):
    with pytest.raises(Refused, match="唯一"):
        accounts.take(world.officer.memberships.get(), world.office, world.manager)


def test_disabling_ends_live_sessions_at_once(world, li):
    client = Client()
    client.force_login(world.officer)
    assert client.get(reverse("home", args=["jia"])).status_code == 200
    li.post(reverse("disable-account", args=["jia", world.officer.pk]))
    assert client.get(reverse("home", args=["jia"])).status_code == 302
    assert not Session.objects.filter(account=world.officer).exists()


def test_taking_a_role_works_at_once(world):
    Membership.objects.create(account=world.editor, unit=world.bureau, role=Role.OFFICER)
    client = Client()
    client.force_login(world.editor)
    assert client.get(reverse("periods", args=["jia"])).status_code == 200
    accounts.take(world.editor.memberships.get(role=Role.EDITOR), world.office, world.manager)
    assert client.get(reverse("periods", args=["jia"])).status_code == 404


def test_a_new_account_sets_its_own_password_by_the_link_shown_once(world, li):
    data = {"username": "Xin.Ren", "name": "新人", "email": "", "role": "officer", "unit": "乙市教育局"}
    answer = li.post(reverse("new-account", args=["jia"]), data)
    text = li.get(answer.url).content.decode()
    assert "只显示一次" in li.get(answer.url, follow=True).content.decode()
    made = Account.objects.get(username="xin.ren")
    assert not made.has_usable_password()
    assert made.memberships.get().unit == world.second_bureau
    link = text.split(">http://testserver")[1].split("<")[0]
    client = Client()
    form = client.get(link, follow=True).wsgi_request.path
    client.post(form, {"new_password1": "Wirklich-neu-1", "new_password2": "Wirklich-neu-1"})
    client.post(reverse("sign-in"), {"username": "xin.ren", "password": "Wirklich-neu-1"})
    assert client.get(reverse("home", args=["jia"])).status_code == 200
    assert "没有设密码" not in page(li)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"username": "sun"}, "已经有账号“sun”"),
        ({"username": "不 行"}, "账号用小写字母"),
        ({"username": "x"}, "账号用小写字母"),
        ({"name": " \u200b "}, "请填姓名"),
        ({"email": "nonsense"}, "电子邮箱应当像"),
        ({"unit": "没有的局"}, "名册里没有“没有的局”"),
        ({"unit": ""}, "要写单位"),
        ({"role": "manager"}, "manager"),
    ],
)
def test_wrong_input_is_kept_and_says_what_to_do(world, li, wrong, said):
    right = {"username": "xin", "name": "新人", "email": "a@example.cn", "role": "officer", "unit": "乙市教育局"}
    answer = li.post(reverse("new-account", args=["jia"]), {**right, **wrong})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert said in text
    assert "a@example.cn" in text or "email" in wrong
    assert not Account.objects.filter(name="新人").exists()


def test_the_list_shows_the_people_of_the_office_and_of_nobody_else(world, li):
    text = page(li)
    assert ">sun<" in text
    assert ">wang<" in text
    assert "zheng" not in text
    found = li.get(reverse("accounts", args=["jia"]) + "?q=丙学院").content.decode()
    assert ">wu<" in found
    assert ">sun<" not in found
    found = li.get(reverse("accounts", args=["jia"]) + "?role=editor").content.decode()
    assert ">wang<" in found
    assert ">sun<" not in found


def test_who_slept_ninety_days_is_listed(world, li):
    now = timezone.now()
    Account.objects.filter(pk=world.officer.pk).update(last_login=now - timedelta(days=91))
    Account.objects.filter(pk=world.colleague.pk).update(created_at=now - timedelta(days=91))
    Account.objects.filter(pk=world.signer.pk).update(last_login=now - timedelta(days=89))
    assert "2 个账号 90 天没有登录" in page(li)
    text = li.get(reverse("accounts", args=["jia"]) + "?state=slept").content.decode()
    assert [name for name in ("sun", "zhou", "qian") if f">{name}<" in text] == ["sun", "zhou"]


def test_the_list_costs_the_same_for_one_and_for_many_and_pages_go_by_name(world, li, django_assert_max_num_queries):
    address = reverse("accounts", args=["jia"])
    with django_assert_max_num_queries(14) as few:
        li.get(address)
    for i in range(120):
        account(f"p{i:03}", world.bureau, Role.OFFICER, Role.SIGNER)
    with django_assert_max_num_queries(len(few.captured_queries)):
        text = li.get(address).content.decode()
    seen, after = [], ""
    while True:
        context = li.get(address + after).context
        seen += [row["account"].username for row in context["rows"]]
        after = context["next"]
        if not after:
            break
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == 128
    assert text.count("<tr>") == 51


# ---- Editors for some groups or themes ----


def test_an_editor_of_some_groups_decides_only_on_their_units_and_is_told_why(world):
    group = RosterLine.objects.get(unit=world.college).group
    charge(world.editor.memberships.get(), [group], [], world.office, world.manager)
    editor = Account.objects.get(pk=world.editor.pk)
    ours = world.item(state=State.SUBMITTED, shares=[(world.college.pk, 1_000_000)])
    theirs = world.item(state=State.SUBMITTED)
    assert may_move(editor, ours, "accept")
    assert "不归您分管" in may_move(editor, theirs, "accept").reason
    assert "不归您分管" in may_adopt(editor, theirs).reason
    with pytest.raises(Refused, match="不归您分管"):
        move(theirs, "accept", editor)
    client = Client()
    client.force_login(editor)
    assert client.get(reverse("item", args=["jia", theirs.pk])).status_code == 200  # reading is for all of the office


def test_an_editor_of_a_theme_decides_on_items_that_propose_it(world):
    charge(world.editor.memberships.get(), [], [world.theme], world.office, world.manager)
    entry = TrailEntry.objects.latest("id")
    assert (entry.before, entry.after) == ({"groups": [], "themes": []}, {"groups": [], "themes": ["安全工作"]})
    editor = Account.objects.get(pk=world.editor.pk)
    assert may_move(editor, world.item(state=State.SUBMITTED, themes=[world.theme.pk]), "accept")
    assert not may_move(editor, world.item(state=State.SUBMITTED), "accept")


def test_only_editors_have_groups(world, li):
    membership = world.officer.memberships.get()
    assert li.get(reverse("charge", args=["jia", membership.pk])).status_code == 404
    with pytest.raises(Refused):
        charge(membership, [], [], world.office, world.manager)


# ---- What an office's keepers do not reach ----


def relay(world):
    """The other office's unit reports to this office, as a university does to its province."""
    group = world.office.roster_groups.first()
    RosterLine.objects.create(
        office=world.office, unit=world.other.unit, group=group, name="乙厅", order=9, since="2020-01-01"
    )


def test_that_an_office_reports_to_another_gives_that_one_no_hand_in_its_people(world):
    relay(world)
    assert "不归这里管" in may_keep(world.sysadmin, world.other_editor, world.office).reason
    assert world.other_editor not in Account.objects.visible_to(world.sysadmin, world.office)
    officer = account("bao", world.other.unit, Role.OFFICER)
    assert may_keep(world.manager, officer, world.office)
    assert not may_give(world.sysadmin, officer, world.other.unit, Role.EDITOR, world.office)


def test_people_of_a_unit_that_left_are_kept_until_another_office_has_it(world):
    RosterLine.objects.filter(unit=world.bureau).update(until="2021-12-31")
    assert may_keep(world.manager, world.officer, world.office)
    group = world.other.roster_groups.get()
    RosterLine.objects.create(
        office=world.other, unit=world.bureau, group=group, name="甲", order=9, since="2022-01-01"
    )
    assert world.officer in Account.objects.visible_to(world.manager, world.office)
    assert "不归这里管" in may_keep(world.manager, world.officer, world.office).reason
    with pytest.raises(Refused, match="不归这里管"):
        accounts.take(world.officer.memberships.get(), world.office, world.manager)


def test_a_role_is_given_in_the_offices_units_only(world):
    elsewhere = world.other.roster_lines.get().unit
    for unit, role in ((elsewhere, Role.OFFICER), (world.other.unit, Role.EDITOR), (world.office.unit, Role.SIGNER)):
        assert not may_give(world.sysadmin, world.colleague, unit, role, world.office)


def test_a_manager_gives_no_role_to_an_auditor_or_sysadmin(world):
    for person in (world.auditor, world.sysadmin):
        assert not may_give(world.manager, person, world.office.unit, Role.EDITOR, world.office)
    assert may_give(world.sysadmin, world.auditor, world.office.unit, Role.EDITOR, world.office)


@pytest.mark.parametrize("change", ["another link", "disabled", "another role"])
def test_a_link_opens_no_more_than_when_it_was_given(world, change):
    link = password_link(world.officer, "")
    assert "给账号 sun 设密码" in Client().get(link, follow=True).content.decode()
    if change == "another link":
        password_link(world.officer, "")
    elif change == "disabled":
        accounts.disable(world.officer, world.office, world.manager)
    else:
        accounts.give(world.officer, world.office.unit, Role.MANAGER, world.office, world.sysadmin)
    assert "不能用了" in Client().get(link, follow=True).content.decode()


def test_the_trail_names_a_person_by_the_account_too(world):
    Account.objects.filter(pk=world.manager.pk).update(name="王信息")
    world.manager.refresh_from_db()
    accounts.change(world.officer, "王信息", "", world.office, world.manager)
    world.officer.refresh_from_db()
    accounts.disable(world.officer, world.office, world.manager)
    entry = TrailEntry.objects.latest("id")
    assert (entry.actor, entry.object_label) == ("王信息（li）", "王信息（sun）")


def test_a_sysadmin_who_also_writes_for_a_unit_finds_the_accounts(world):
    Membership.objects.create(account=world.sysadmin, unit=world.bureau, role=Role.OFFICER)
    client = Client()
    client.force_login(world.sysadmin)
    assert ">账号<" in page(client, "home")


def test_a_name_the_form_would_refuse_is_refused_on_the_command_line(world):
    with pytest.raises(Refused, match="小写字母"):
        accounts.create(world.office, None, "孙 x", "孙", "", world.bureau, Role.OFFICER)


def test_what_would_be_refused_is_not_offered(world, li):
    assert "加一个角色" not in page(li, "account", world.auditor.pk)
    assert "加一个角色" not in page(li, "account", world.manager.pk)
    assert "加一个角色" in page(li, "account", world.officer.pk)
