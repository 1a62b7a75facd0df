"""Channels: kept by managers, bound to rules by id, never without what adoptions name."""

import pytest
from django.test import Client
from django.urls import reverse

from scoring import ledger
from scoring.models import ScoreEntry
from scoring.standings import as_json, live
from submissions import channels
from submissions.adoptions import revoke
from submissions.forms import PasteForm
from submissions.models import Channel
from submissions.stamps import stamp
from tests.races import at_once
from tests.world import build_world
from trail.models import TrailEntry
from units.models import Office
from units.verdicts import Refused


@pytest.fixture
def manager(world):
    client = Client()
    client.force_login(world.manager)
    return client


def typed(channel, **changes):
    """A channel's page as it would be sent back, with some fields changed."""
    now = channels.described(channel)
    form = {**now, "columns": "\n".join(now["columns"]), "seen": stamp(now), **changes}
    return {name: value for name, value in form.items() if value not in (None, False)}


def save(client, channel, **changes):
    return client.post(reverse("channel", args=["jia", channel.pk]), typed(channel, **changes))


def add(client, **fields):
    data = {"name": "市委", "level": "city", "position": 3, "active": "on", **fields}
    return client.post(reverse("new-channel", args=["jia"]), data)


def columns_of(channel):
    return list(channel.columns.values_list("name", flat=True))


def test_the_list_stands_in_its_order_with_what_matters(world, manager):
    Channel.objects.filter(pk=world.province.pk).update(position=0, most_characters=140, active=False)
    world.site.columns.create(name="要闻")
    text = manager.get(reverse("channels", args=["jia"])).content.decode()
    assert text.index("省委") < text.index("门户网站")
    for words in ("渠道 2 个", "省级", "140", "停用", "公开", "内部", "要闻", "没有分栏目"):
        assert words in text


def test_a_new_channel_is_internal_unless_it_is_said_to_be_public(world, manager):
    assert add(manager, columns="要闻\n动态").status_code == 302
    made = Channel.objects.get(name="市委")
    assert (made.office, made.public, made.active, made.level, made.most_characters) == (
        world.office, False, True, "city", None,
    )  # fmt: skip
    assert columns_of(made) == ["要闻", "动态"]
    entry = TrailEntry.objects.get(act="加渠道")
    assert (entry.before, entry.after["name"], entry.after["public"]) == (None, "市委", False)
    assert (
        "checked"
        not in manager.get(reverse("new-channel", args=["jia"])).content.decode().split('name="public"')[1][:60]
    )


def test_every_field_is_kept(world, manager):
    fields = {
        "level": "ministry", "public": "on", "most_characters": 800, "position": 7,
        "heading": "教育情况", "signature": "甲厅办公室", "contact": "李明 0351-1",
    }  # fmt: skip
    save(manager, world.province, active=False, **fields)
    kept = channels.described(Channel.objects.get(pk=world.province.pk))
    assert kept == {**channels.described(world.province), **fields, "public": True, "active": False}
    entry = TrailEntry.objects.get(act="改渠道")
    assert (entry.before["level"], entry.after["level"]) == ("province", "ministry")
    assert (entry.before["public"], entry.after["public"]) == (False, True)


def test_a_new_name_changes_no_score(world, manager):
    world.item(adopted_by=world.province)
    before = as_json(live(world.q1))
    assert save(manager, world.province, name="省委办公厅").status_code == 302
    assert not list(ledger.differences(world.office))
    ledger.recount_office(world.office)
    assert as_json(live(world.q1)) == before
    assert before["groups"][0]["rows"][0]["score"] == "7"
    assert ScoreEntry.objects.filter(rule__channels__name="省委办公厅").exists()
    assert "省委办公厅" in manager.get(reverse("scheme", args=["jia"])).content.decode()


def test_a_changed_channel_turns_the_edition_of_the_books(world, manager):
    before = Office.objects.get(pk=world.office.pk).edition
    save(manager, world.province, name="省委办公厅")
    assert Office.objects.get(pk=world.office.pk).edition > before


def test_a_channel_out_of_use_keeps_its_points_and_is_offered_no_more(world, manager):
    world.item(adopted_by=world.province)
    save(manager, world.province, active=False)
    assert not list(ledger.differences(world.office))
    assert as_json(live(world.q1))["totals"]["province"] == "1"
    offered = PasteForm(office=world.office).fields["channel"].queryset
    assert list(offered) == [world.site]


def test_no_address_deletes_a_channel(world, manager):
    page = reverse("channel", args=["jia", world.site.pk])
    manager.delete(page)
    assert Channel.objects.filter(pk=world.site.pk).exists()


@pytest.mark.parametrize("revoked", [False, True])
def test_a_column_with_adoptions_stays(world, manager, revoked):
    used, unused = [world.site.columns.create(name=name, position=i) for i, name in enumerate(("要闻", "动态"))]
    adoption = world.adoption(world.item(adopted_by=world.site))
    adoption.column = used
    adoption.save()
    if revoked:
        revoke(adoption, world.editor, "撤")
    answer = save(manager, world.site, columns="动态\n要论", name="新名")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "栏目“要闻”已经有采用，不能去掉，也不能改名。" in text
    assert "动态\n要论" in text, "what was typed is kept"
    world.site.refresh_from_db()
    assert (world.site.name, columns_of(world.site)) == ("门户网站", ["要闻", "动态"])
    assert save(manager, world.site, columns="要论\n要闻").status_code == 302
    assert columns_of(world.site) == ["要论", "要闻"]
    assert world.site.columns.get(name="要闻") == used
    assert not world.site.columns.filter(pk=unused.pk).exists()


def test_turning_public_says_what_it_means(world, manager):
    page = reverse("channel", args=["jia", world.province.pk])
    assert "可能出现在公开网站上" in manager.get(page).content.decode()
    data = typed(world.province, public="on")
    assert (
        "现在它是公开渠道：它采用的信息，通过“公开前”审查以后" in manager.post(page, data, follow=True).content.decode()
    )
    world.province.refresh_from_db()
    data = typed(world.province, public=False)
    assert "不再出现在公开网站" in manager.post(page, data, follow=True).content.decode()
    data = typed(Channel.objects.get(pk=world.province.pk))
    assert "公开网站" not in manager.post(page, data, follow=True).content.decode().split('role="status"')[1][:60]


WRONG = [
    ({"name": ""}, "请填渠道名称。"),
    ({"name": "长" * 101}, "渠道名称最多 100 个字，现在有 101 个。"),
    ({"name": "门户网站"}, "已经有渠道“门户网站”，请换一个名称。"),
    ({"name": " 门户\u200b网站 "}, "已经有渠道“门户网站”，请换一个名称。"),
    ({"level": "moon"}, "没有“moon”这个级别，请另选。"),
    ({"most_characters": "一百"}, "字数上限是“一百”，应当是 1 到 100000 之间的整数。"),
    ({"most_characters": "0"}, "字数上限是“0”，应当是 1 到 100000 之间的整数。"),
    ({"position": "-1"}, "次序是“-1”，应当是 0 到 9999 之间的整数。"),
    ({"position": "9" * 5000}, "应当是 0 到 9999 之间的整数。"),
    ({"columns": "要闻\n动态\n要闻"}, "“要闻”写了不止一次，请去掉多的。"),
    ({"columns": "\n".join(map(str, range(61)))}, "栏目最多 60 行，现在有 61 行。"),
    ({"columns": "长" * 101}, "有 101 个字，一行最多 100 个字。"),
    ({"heading": "长" * 61}, "报头最多 60 个字，现在有 61 个。"),
    ({"heading": "机密★"}, "报头里的“机密★”"),
    ({"columns": "要闻\n内部资料"}, "栏目里的“内部资料”"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_what_cannot_stand_is_told_with_its_value_and_kept(world, manager, changes, sentence):
    before = channels.described(world.province)
    for answer in (save(manager, world.province, contact="王", **changes), add(manager, contact="王", **changes)):
        text = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in text
        assert 'value="王"' in text
    assert channels.described(Channel.objects.get(pk=world.province.pk)) == before
    assert Channel.objects.filter(office=world.office).count() == 2
    assert "机密" not in str(TrailEntry.objects.latest("id").after)


def test_two_names_that_the_import_takes_for_one_are_one(world, manager):
    add(manager, name="省报：内页")
    assert "已经有渠道“省报：内页”" in add(manager, name="省报:内页").content.decode()


def test_two_offices_may_call_a_channel_the_same(world, manager):
    Channel.objects.filter(office=world.other, position=1).update(name="市委")
    assert add(manager).status_code == 302


def test_who_changes_what_another_changed_is_told_first(world, manager):
    mine = typed(world.province, heading="我的")
    save(manager, world.province, heading="他的")
    page = reverse("channel", args=["jia", world.province.pk])
    answer = manager.post(page, mine)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "有人改过" in text
    assert 'value="我的"' in text
    world.province.refresh_from_db()
    assert world.province.heading == "他的"
    again = answer.context["form"]["seen"].value()
    assert manager.post(page, {**mine, "seen": again}).status_code == 302
    world.province.refresh_from_db()
    assert world.province.heading == "我的"


def test_the_offices_staff_may_read_and_no_more(world):
    for who in ("editor", "auditor"):
        client = Client()
        client.force_login(getattr(world, who))
        assert "加一个渠道" not in client.get(reverse("channels", args=["jia"])).content.decode()
        text = client.get(reverse("channel", args=["jia", world.site.pk])).content.decode()
        assert "只有收稿单位的管理员可以改。" in text
        assert "保存渠道" not in text
        assert save(client, world.site, name="改").status_code == 403
        assert add(client).status_code == 403
        with pytest.raises(Refused):
            channels.change(world.site, channels.described(world.site), getattr(world, who), "")
    assert Channel.objects.get(pk=world.site.pk).name == "门户网站"


@pytest.mark.parametrize("who", ["officer", "signer", "sysadmin", "other_editor"])
def test_for_others_the_channels_do_not_exist(world, who):
    client = Client()
    client.force_login(getattr(world, who))
    assert client.get(reverse("channels", args=["jia"])).status_code == 404
    assert client.get(reverse("channel", args=["jia", world.site.pk])).status_code == 404
    assert save(client, world.site, name="改").status_code == 404
    assert add(client).status_code == 404


def test_another_offices_channel_does_not_exist(world, manager):
    theirs = Channel.objects.filter(office=world.other).first()
    assert manager.get(reverse("channel", args=["jia", theirs.pk])).status_code == 404
    assert save(manager, theirs, name="改").status_code == 404
    with pytest.raises(Refused):
        channels.change(theirs, channels.described(theirs), world.manager, stamp(channels.described(theirs)))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_a_channel_at_once_one_is_told():
    world = build_world()
    now = channels.described(world.site)

    def changing(name):
        return lambda: channels.change(world.site, {**now, "name": name}, world.manager, stamp(now))

    answers = at_once(changing("一"), changing("二"))
    assert sorted(type(answer).__name__ for answer in answers) == ["Channel", "TooLate"]


@pytest.mark.django_db(transaction=True)
def test_of_two_new_channels_of_one_name_one_is_told():
    world = build_world()
    blank = channels.described(Channel(office=world.office))
    answers = at_once(*[lambda: channels.add(world.office, {**blank, "name": "市委"}, world.manager)] * 2)
    assert sorted(type(answer).__name__ for answer in answers) == ["Channel", "Unfit"]
