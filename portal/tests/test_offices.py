"""Founding an office, its people, and what the example may not invent."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from submissions.models import Adoption, Item, ItemTheme, Theme
from units.models import Account, Office, RosterLine

EXAMPLE = Path("examples/shanxi-2020q1/office.json")


def run(command: str, *arguments: str, **options: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def example(db, settings):
    settings.DEMO_PASSWORD = "demonstration-2020"
    return run("load_example", "shanxi-2020q1")


def test_nothing_that_was_not_published_is_invented(example):
    assert set(Item.objects.values_list("received_on", flat=True).distinct()) == set(
        Adoption.objects.values_list("adopted_on", flat=True).distinct()
    )
    assert str(Item.objects.first().received_on) == "2020-03-31"
    untitled = Item.objects.filter(title__endswith="（标题未公布）")
    assert untitled.count() == 1133 - 33
    assert all(item.title == f"{item.number}（标题未公布）" for item in untitled)
    assert set(ItemTheme.objects.values_list("theme__name", flat=True)) == {"主题信息（具体主题未公布）"}
    assert Adoption.objects.filter(channel__name="教育厅门户网站", channel__public=True).count() == 33
    assert not Office.objects.get().channels.exclude(name="教育厅门户网站").filter(public=True).exists()


def test_the_example_has_the_offices_themes_and_the_next_priorities(example):
    assert Theme.objects.topics().filter(period=None, scored=True).count() == 9
    priorities = Theme.objects.filter(kind="priority", period__name="2020年第二季度").order_by("position")
    assert priorities.count() == 7
    assert priorities[0].name.startswith("抓紧抓实抓细教育系统防范疫情输入")
    assert RosterLine.objects.count() == 93


def test_the_example_makes_one_account_a_role(example):
    officer = Account.objects.get(username="officer")
    assert officer.check_password("demonstration-2020")
    assert officer.memberships.get().unit.name == "运城市教育局"
    assert {a.username: a.memberships.get().role for a in Account.objects.all()} == {
        role: role for role in ("officer", "signer", "editor", "manager", "auditor", "sysadmin")
    }


def test_without_a_password_one_is_made_up_and_printed_once(db, settings):
    settings.DEMO_PASSWORD = ""
    printed = run("load_example", "shanxi-2020q1")
    password = printed.rpartition("密码：")[2].partition("（")[0]
    assert Account.objects.get(username="manager").check_password(password)
    assert "密码" not in run("load_example", "shanxi-2020q1")


def test_an_unknown_example_is_a_sentence(db):
    with pytest.raises(CommandError, match="没有叫“x”的示例"):
        run("load_example", "x")


def test_an_office_and_its_people_are_made_from_a_file(db, tmp_path):
    description = json.loads(EXAMPLE.read_text(encoding="utf-8")) | {"code": "other", "name": "另一个厅"}
    file = tmp_path / "office.json"
    file.write_text(json.dumps(description), encoding="utf-8")
    assert "已建立另一个厅" in run("add_office", str(file))
    assert Office.objects.get().demonstration is False
    printed = run("add_account", "li", name="李某", office="other", role="manager")
    assert Account.objects.get().check_password(printed.rpartition("密码：")[2].partition("（")[0])
    with pytest.raises(CommandError, match="已经有账号"):
        run("add_account", "li", name="李某", office="other", role="manager")
    with pytest.raises(CommandError, match="用 --unit 写明单位"):
        run("add_account", "sun", name="孙某", office="other", role="officer")
    with pytest.raises(CommandError, match="已经有这个代码"):
        run("add_office", str(file))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"channels": [{"name": "站", "level": "moon"}]}, "不在允许的范围"),
        ({"periods": []}, "缺少或写错了一项：.2020年第一季度"),
        ({"scheme": {}}, "缺少或写错了一项"),
        ({"code": "两 个"}, "代码“两 个”"),
        (
            {
                "periods": [
                    {"name": n, "kind": "quarter", "starts_on": "2020-01-01", "ends_on": "2020-03-31"} for n in "ab"
                ]
            },
            "重叠",
        ),
        ({"periods": [{"name": "x", "starts_on": "昨天", "ends_on": "今天"}]}, "缺少或写错了一项"),
    ],
)
def test_a_wrong_description_is_a_sentence_and_makes_nothing(db, tmp_path, change, told):
    file = tmp_path / "office.json"
    file.write_text(json.dumps(json.loads(EXAMPLE.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(CommandError, match=told):
        run("add_office", str(file))
    assert not Office.objects.exists()


def test_an_account_that_is_not_of_the_demonstration_is_never_taken_over(db):
    Account.objects.create_user("editor", "somebody's own password", name="真正的编辑")
    with pytest.raises(CommandError, match="不是演示用的账号“editor”"):
        run("load_example", "shanxi-2020q1")
    assert not Office.objects.exists()
