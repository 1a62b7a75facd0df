"""Commissions: whom one asks, what the units do, that every number equals its list, and that nobody is told twice."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from submissions import answers, telling
from submissions.commissions import (
    CHIPS,
    accept,
    by_unit,
    commission,
    decline,
    put_off,
    read_by,
    remind,
    replies,
    tallies,
    withdraw,
)
from submissions.drafts import Typed, discard, submit, write
from submissions.models import Commission, CommissionedUnit, Item, ItemShare
from submissions.moves import move
from submissions.states import State
from submissions.tests.test_decisions import at, signed_in
from tests.races import at_once
from tests.world import build_world, people, roster_unit
from trail.models import TrailEntry
from units.models import Contact, Notice, NoticeKind, Role, RosterGroup
from units.verdicts import Refused, TooLate

TOKEN = "0" * 32
BODY = "<p>一段足够长的正文，写明做法和成效。</p>"


@pytest.fixture
def wang(world):
    return signed_in(world.editor)


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


def ask(world, *units, title="开学工作", due=10, token=TOKEN, by=None, **fields):
    asked = [unit.pk for unit in units or (world.bureau, world.second_bureau, world.college)]
    defaults = {"brief": "请写做法和成效。", "due_on": in_days(due), "most_characters": 800, **fields}
    return commission(world.office, title, units=asked, token=token, by=by or world.editor, **defaults)


def of(made, unit):
    return made.units.select_related("commission__office", "item", "unit").get(unit=unit)


def made_due(made, days):
    """Let a commission have been made long ago and be due so many days from now."""
    past = timezone.now() - timedelta(days=90)
    Commission.objects.filter(pk=made.pk).update(due_on=in_days(days), made_at=past)
    made.refresh_from_db()


def begun(world, made, by=None, token="a" * 32, unit=None, title="开学工作稳步推进"):
    kind = world.office.item_kinds.get()
    typed = Typed(title=title, body=BODY, kind=kind)
    return write(world.office, None, unit or world.bureau, token, typed, by or world.officer, commission=made.pk)


def typed(**fields):
    return {"token": TOKEN, "title": "开学工作", "brief": "请写。", "due_on": in_days(9), "to": "all", **fields}


def told(kind):
    return sorted(Notice.objects.filter(kind=kind).values_list("account__username", flat=True))


# ---- What the office does ----


def test_units_stand_in_printed_order_and_are_chosen_by_all_groups_or_names(world, wang):
    wang.post(at("new-commission"), typed(most_characters="140"))
    made = Commission.objects.get()
    assert [str(row.unit) for row in made.units.select_related("unit")] == ["甲市教育局", "乙市教育局", "丙学院"]
    assert (made.most_characters, made.made_by) == (140, world.editor)
    wang.post(at("new-commission"), typed(to="units", units="丙学院", title="只约丙"))
    assert Commission.objects.get(title="只约丙").units.get().unit == world.college
    group = RosterGroup.objects.get(office=world.office, name="各市教育局")
    wang.post(at("new-commission"), typed(to="groups", groups=[group.pk], title="只约局"))
    assert Commission.objects.get(title="只约局").units.count() == 2


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"to": ""}, "请选发给哪些单位"),
        ({"to": "units", "units": "没有的学院"}, "名册上没有“没有的学院”"),
        ({"title": "\x00"}, "请写约什么"),
        ({"title": "长" * 201}, "现在有 201 个"),
        ({"brief": "字" * 5001}, "最多 5000 个字，现在有 5001 个"),
        ({"due_on": ""}, "请填交稿日期"),
        ({"due_on": "明天"}, "应当像 2026-12-31"),
        ({"due_on": "2020-01-01"}, "已经过了"),
        ({"due_on": "9999-12-31"}, "太远了"),
        ({"most_characters": "3"}, "字数上限填 10 到 20000"),
        ({"most_characters": "9" * 40}, "字数上限填 10 到 20000"),
        ({"brief": "机密★10年"}, "有密级标志"),
        ({"token": "短"}, "没有发出"),
    ],
)
@pytest.mark.once
def test_what_is_wrong_is_told_and_everything_typed_stays(world, wang, chosen, sentence):
    asked = typed(**chosen)
    answer = wang.post(at("new-commission"), asked)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(sentence, page)
    assert asked["brief"][:1000] in page
    assert not Commission.objects.exists()


def test_five_presses_make_one(world, wang):
    for _ in range(5):
        assert wang.post(at("new-commission"), typed()).status_code == 302
    assert Commission.objects.count() == 1
    assert CommissionedUnit.objects.count() == 3
    assert TrailEntry.objects.filter(act="约稿").count() == 1


def test_it_exists_for_its_units_and_the_office_and_for_nobody_else(world):
    made = ask(world, world.bureau)
    page = at("commission", made.pk)
    seen = {"editor", "manager", "auditor", "officer", "signer", "colleague"}
    for who in (*seen, "other_unit_officer", "sysadmin", "other_editor"):
        assert signed_in(getattr(world, who)).get(page).status_code == (200 if who in seen else 404), who
    wu = signed_in(world.other_unit_officer)
    assert made.title not in wu.get(at("commissions")).content.decode()
    assert wu.post(at("reply-to-commission", of(made, world.bureau).pk), {"do": "accept"}).status_code == 404
    elsewhere = reverse("commission", args=["yi", made.pk])
    assert signed_in(world.other_editor).get(elsewhere).status_code == 404
    sun = signed_in(world.officer).get(page).content.decode()
    assert "丙学院" not in sun
    assert "请写做法和成效。" in sun


@pytest.mark.parametrize("who", ["auditor", "sysadmin", "officer", "other_editor"])
def test_only_editors_and_managers_of_the_office_ask_remind_put_off_and_withdraw(world, who):
    made, person = ask(world), getattr(world, who)
    for act in (
        lambda: ask(world, title="别人的", by=person),
        lambda: withdraw(made, "不要了", person),
        lambda: put_off(made, in_days(30), person),
        lambda: remind(made, person),
    ):
        with pytest.raises(Refused, match="只有收稿单位的编辑和管理员"):
            act()


def test_a_withdrawn_one_is_gone_for_units_and_its_answers_are_ordinary_items(world, wang):
    made = ask(world)
    item = begun(world, made).item
    telling.tell_of_new()
    marked = wang.post(at("withdraw-commission", made.pk), {"reason": "此件机密★10年"})
    assert marked.status_code == 422
    assert "此件机密★10年" in marked.content.decode(), "what was typed stays"
    assert wang.post(at("withdraw-commission", made.pk), {"reason": ""}).status_code == 422
    wang.post(at("withdraw-commission", made.pk), {"reason": "不需要了"})
    sun = signed_in(world.officer)
    assert sun.get(at("commission", made.pk)).status_code == 404
    for page in (at("commissions"), at("home"), at("item", item.pk)):
        assert made.title + "》" not in sun.get(page).content.decode()
    assert "不需要了" in wang.get(at("commissions")).content.decode()
    with pytest.raises(TooLate):
        withdraw(made, "看的是旧的一页", world.manager)


def test_put_off_only_to_later_and_those_who_have_not_answered_are_told(world, wang):
    made = ask(world)
    decline(of(made, world.college), "没有这项工作", world.other_unit_officer)
    for day, sentence in ((in_days(3), "只能推迟"), ("x", "应当像"), (in_days(3000), "太远")):
        answer = wang.post(at("put-off-commission", made.pk), {"due_on": day})
        assert sentence in answer.content.decode()
    stale = Commission.objects.select_related("office").get(pk=made.pk)
    wang.post(at("put-off-commission", made.pk), {"due_on": in_days(20)})
    assert Commission.objects.get().due_on == in_days(20)
    said = list(Notice.objects.filter(said__contains="推迟到").values_list("account__username", flat=True))
    assert sorted(said) == ["qian", "sun", "zhou"]
    with pytest.raises(TooLate):
        put_off(stale, in_days(30), world.manager)


# ---- What the units do ----


def test_who_reads_first_stays_and_the_office_reads_for_nobody(world):
    made = ask(world)
    signed_in(world.editor).get(at("commission", made.pk))
    signed_in(world.officer).head(at("commission", made.pk))
    assert not CommissionedUnit.objects.exclude(read_at=None).exists()
    for person in (world.officer, world.signer):
        signed_in(person).get(at("commission", made.pk))
    assert CommissionedUnit.objects.exclude(read_at=None).get().read_by == world.officer


def test_a_refusal_needs_a_reason_is_told_each_time_and_can_be_taken_back_until_the_due_date(world):
    made, sun = ask(world), signed_in(world.officer)
    address = at("reply-to-commission", of(made, world.bureau).pk)
    for reason, sentence in (("", "请写明为什么谢绝"), ("长" * 301, "现在有 301 个"), ("机密★10年", "密级标志")):
        answer = sun.post(address, {"do": "decline", "reason": reason})
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert reason in answer.content.decode()
    sun.post(address, {"do": "decline", "reason": "没有这项工作"})
    row = of(made, world.bureau)
    assert (row.standing, row.decline_reason, row.said_by) == ("declined", "没有这项工作", world.officer)
    assert told(NoticeKind.COMMISSION) == ["wang"]
    signed_in(world.signer).post(address, {"do": "accept"})
    assert (of(made, world.bureau).standing, of(made, world.bureau).decline_reason) == ("accepted", "")
    for _ in range(2):
        sun.post(address, {"do": "decline", "reason": "还是不行"})
    assert told(NoticeKind.COMMISSION) == ["wang", "wang"], "one notice a refusal"
    made_due(made, -1)
    for act in (accept, lambda asked, by: answers.answer_with(asked, world.item(), by)):
        with pytest.raises(Refused, match="交稿日期"):
            act(of(made, world.bureau), world.officer)


def test_strangers_and_the_office_cannot_reply_for_a_unit(world):
    asked = of(ask(world), world.bureau)
    for who in ("other_unit_officer", "editor", "manager", "other_editor"):
        for act in (lambda by: accept(asked, by), lambda by: decline(asked, "不写", by)):
            with pytest.raises(Refused):
                act(getattr(world, who))
        with pytest.raises(Refused):
            answers.answer_with(asked, world.item(), getattr(world, who))
    with pytest.raises(Refused, match="信息员"):
        answers.answer_with(asked, world.item(), world.signer)


def test_the_writing_page_says_what_is_asked_and_its_first_save_answers(world):
    made, sun = ask(world), signed_in(world.officer)
    address = f"{at('write')}?commission={made.pk}"
    page = sun.get(address).content.decode()
    assert "请写做法和成效。" in page
    assert 'data-most="800"' in page
    assert f'data-save="{address}"' in page
    text = {"token": "b" * 32, "version": 0, "unit": world.bureau.pk, "title": "标题", "body": "正文"}
    saved = sun.post(address, text, headers={"X-Autosave": "1"}).json()
    assert saved["warnings"] == []
    row = of(made, world.bureau)
    assert (row.item.title, row.standing) == ("标题", "accepted")
    again = sun.get(saved["address"]).content.decode()
    assert "请写做法和成效。" in again
    assert f"《{made.title}》" in sun.get(at("item", row.item_id)).content.decode()
    assert "在写" in sun.get(at("commissions")).content.decode()
    with pytest.raises(Refused, match="已经在写"):
        decline(row, "不写了", world.officer)
    assert ">标题<" not in signed_in(world.editor).get(at("commission", made.pk)).content.decode(), "not sent yet"


def test_a_second_text_for_the_same_is_an_ordinary_item_and_its_page_says_so(world):
    made, sun = ask(world), signed_in(world.officer)
    first = begun(world, made).item
    address = f"{at('write')}?commission={made.pk}"
    assert "不算应约：本单位已经有一条信息在答" in sun.get(address).content.decode()
    text = {"token": "b" * 32, "version": 0, "unit": world.bureau.pk, "title": "又一条", "body": "正文"}
    saved = sun.post(address, text, headers={"X-Autosave": "1"}).json()
    assert "不算应约" in saved["warnings"][0]
    assert of(made, world.bureau).item == first
    assert Item.objects.filter(title="又一条").exists()
    later = sun.post(saved["address"], {**text, "version": 1}, headers={"X-Autosave": "1"}).json()
    assert "不算应约" in later["warnings"][0], "as long as it is written"


@pytest.mark.parametrize("case", ["withdrawn", "not asked", "nothing", "another office's"])
def test_what_cannot_be_answered_makes_an_ordinary_item(world, case):
    made = ask(world, world.college if case == "not asked" else world.bureau)
    if case == "withdrawn":
        withdraw(made, "写错", world.editor)
    if case == "another office's":
        Commission.objects.filter(pk=made.pk).update(office=world.other)
    pk = 10**16 if case == "nothing" else made.pk
    page = signed_in(world.officer).get(f"{at('write')}?commission={pk}").content.decode()
    assert "不算应约" in page
    assert "请写做法和成效。" not in page
    typed_text = Typed(title="照写", body=BODY)
    draft = write(world.office, None, world.bureau, "c" * 32, typed_text, world.officer, commission=pk)
    assert draft.item.title == "照写"
    assert not CommissionedUnit.objects.filter(item=draft.item).exists()


def test_answered_is_what_was_received_whatever_becomes_of_it_and_a_held_decision_is_told_to_no_unit(world, settings):
    made = ask(world)
    item = submit(begun(world, made), world.officer)
    assert of(made, world.bureau).standing == "answered"
    settings.UNDO_SECONDS = 60
    wang, sun = signed_in(world.editor), signed_in(world.officer)
    wang.post(at("decide-item", item.pk), {"do": "return", "say": "请补数字"})
    assert Item.objects.get(pk=item.pk).held
    assert "退回修改" in wang.get(at("commission", made.pk)).content.decode()
    for page in (at("commission", made.pk), at("commissions"), at("item", item.pk), at("home")):
        assert "退回修改" not in sun.get(page).content.decode(), page
    assert of(made, world.bureau).standing == "answered"
    assert "《开学工作》" in wang.get(at("read-item", item.pk)).content.decode()


def test_a_joint_unit_that_was_not_asked_learns_nothing_of_the_commission(world):
    made = ask(world, world.bureau)
    draft = begun(world, made)
    draft.shares = [[str(world.bureau), ""], [str(world.college), ""]]
    draft.save()
    item = submit(draft, world.officer)
    page = at("item", item.pk)
    for who, sees in (("officer", True), ("editor", True), ("other_unit_officer", False)):
        answer = signed_in(getattr(world, who)).get(page)
        assert answer.status_code == 200
        assert ("《开学工作》" in answer.content.decode()) == sees, who


def test_an_answer_taken_back_is_none_and_another_may_be_written(world):
    made = ask(world)
    item = submit(begun(world, made), world.officer)
    move(item, "withdraw", world.officer)
    assert of(made, world.bureau).standing == "accepted"
    assert tallies([made])[made.pk].answered == 0
    second = begun(world, made, token="d" * 32, title="另写一条").item
    assert of(made, world.bureau).item == second
    move(submit(second.draft, world.officer), "withdraw", world.officer)
    decline(of(made, world.bureau), "写不了", world.officer)
    assert of(made, world.bureau).item is None


def test_a_deleted_draft_and_one_that_is_taken_away_answer_nothing(world):
    made, sun = ask(world), signed_in(world.officer)
    item = begun(world, made).item
    discard(item, world.officer)
    assert of(made, world.bureau).item is None
    kept = begun(world, made, token="b" * 32).item
    sun.post(at("reply-to-commission", of(made, world.bureau).pk), {"do": "take_away"})
    assert of(made, world.bureau).item is None
    assert Item.objects.filter(pk=kept.pk).exists()
    submit(begun(world, made, token="c" * 32, title="送出的一条"), world.officer)
    with pytest.raises(Refused, match="已经收到"):
        answers.take_away(of(made, world.bureau), world.officer)


def test_an_item_that_was_sent_already_may_answer_one_commission(world):
    made, other, sun = ask(world), ask(world, title="另一个", token="1" * 32), signed_in(world.officer)
    today = timezone.localdate()
    item = world.item("已有的一条", received_on=today)
    world.item("很久以前的", received_on=today - timedelta(days=200))
    world.item("别人的一条", received_on=today, shares=[(world.college.pk, 1_000_000)])
    row = of(made, world.bureau)
    assert [one.title for one in answers.choices(row)] == ["已有的一条"]
    for pk in ("", "x", "9" * 30, Item.objects.get(title="别人的一条").pk):
        assert sun.post(at("reply-to-commission", row.pk), {"do": "use", "item": pk}).status_code == 422
    sun.post(at("reply-to-commission", row.pk), {"do": "use", "item": item.pk})
    assert of(made, world.bureau).standing == "answered"
    with pytest.raises(Refused, match="没有答过别的"):
        answers.answer_with(of(other, world.bureau), item, world.officer)
    assert sun.post(at("reply-to-commission", row.pk), {"do": "x"}).status_code == 422


# ---- Numbers and lists ----


def the_93(world):
    """A commission to 93 units: 40 answered, 5 of them late, 5 declined, 10 accepted, 20 read, 18 unread; overdue."""
    group = RosterGroup.objects.get(office=world.office, name="各高等院校")
    units = [world.bureau, world.second_bureau, world.college]
    units += [roster_unit(world.office, group, f"第{number}学院", number + 2) for number in range(90)]
    officers = people(*((f"o{unit.pk}", unit, Role.OFFICER) for unit in units[3:]))
    made = ask(world, *units)
    made_due(made, -8)
    rows = list(made.units.order_by("position"))
    now = timezone.now()
    for place, row in enumerate(rows):
        reads = place < 75
        row.read_at, row.read_by = (now, world.officer) if reads else (None, None)
        if place < 40:
            day = in_days(-1 if place < 5 else -20)
            fields = {"office": world.office, "number": f"K{place}", "state": State.VALID, "received_on": day}
            row.item = Item.objects.create(unit_id=row.unit_id, title=f"第{place}篇", **fields)
            ItemShare.objects.create(item=row.item, unit_id=row.unit_id, share=1)
            row.accepted_at = now
        elif place < 45:
            row.declined_at, row.decline_reason = now, "没有这项工作"
        elif place < 55:
            row.accepted_at = now
    fields = ["read_at", "read_by", "item", "accepted_at", "declined_at", "decline_reason"]
    CommissionedUnit.objects.bulk_update(rows, fields)
    return made, officers


EXPECTED = {"": 93, "unread": 18, "read": 20, "accepted": 10, "declined": 5, "answered": 40, "overdue": 48}


def test_of_93_units_every_number_equals_the_list_behind_it_and_the_reminder_goes_once_to_each(world, wang):
    made, officers = the_93(world)
    assert "已答 40 / 93、谢绝 5、逾期 48" in wang.get(at("commissions")).content.decode()
    page = wang.get(at("commission", made.pk)).content.decode()
    shown = {label: int(number) for label, number in re.findall(r'">(\w+) <span class="num">(\d+)</span>', page)}
    assert shown == {CHIPS[chip]: number for chip, number in EXPECTED.items()}
    for chip, number in EXPECTED.items():
        listed = wang.get(at("commission", made.pk), {"show": chip}).content.decode()
        assert listed.count('<tr>\n                  <th scope="row">') == number, chip
        assert sum(map(int, re.findall(r"　(\d+)个</th>", listed))) == number
        book = openpyxl.load_workbook(
            io.BytesIO(b"".join(wang.get(reverse("export-commission", args=["jia", made.pk]), {"show": chip})))
        )
        cells = [row[1].value for row in book.active.iter_rows()]
        assert sum(cell in CHIPS.values() for cell in cells) == number, chip
    names = [one.name for one in replies(made).of("overdue")]
    assert f"提醒这 {len(names)} 个单位" in page
    assert "、".join(names) in page, "whom it goes to is shown before"
    tally = tallies([made])[made.pk]
    assert (tally.asked, tally.answered, tally.late, tally.declined, tally.overdue) == (93, 40, 5, 5, 48)
    figures = [one.tally for _, units in by_unit(world.office, made.due_on.year) for one in units]
    assert sum(one.overdue for one in figures) == 48
    assert sum(one.late for one in figures) == 5
    for _ in range(2):  # a double click
        wang.post(at("remind-commissioned", made.pk))
    silent = {one.row.unit_id for one in replies(made).of("overdue")}
    reminded = list(Notice.objects.filter(kind=NoticeKind.REMINDED).values_list("account", flat=True))
    expected = [one.pk for one in officers if one.memberships.get().unit_id in silent]
    assert sorted(reminded) == sorted(expected)
    assert len(expected) == 48


def test_answers_come_late_by_the_due_date_as_it_is_now_and_are_named(world, wang):
    made = ask(world)
    submit(begun(world, made), world.officer)
    made_due(made, -1)
    assert of(made, world.bureau).answered_late
    item = of(made, world.bureau).item
    pages = (wang, at("commission", made.pk)), (wang, at("commissions-by-unit") + f"?unit={world.bureau.pk}")
    for client, page in (*pages, (signed_in(world.officer), at("commissions"))):
        assert f'{at("item", item.pk)}">{item.number}　{item}</a>' in client.get(page).content.decode()
    put_off(Commission.objects.select_related("office").get(), in_days(5), world.editor)
    assert not of(made, world.bureau).answered_late


def test_a_units_numbers_equal_its_lists_and_what_is_long_overdue_waits_no_more(world):
    for number, due in enumerate((5, 1, -3, -61)):
        made_due(ask(world, title=f"第{number}条", token=f"{number:032d}"), due)
    accept(of(Commission.objects.get(title="第0条"), world.bureau), world.officer)
    decline(of(ask(world, title="谢绝的", token="9" * 32), world.bureau), "不写", world.officer)
    sun = signed_in(world.officer)
    home = sun.get(at("home"))
    text = home.content.decode()
    assert "3 条约稿等本单位答复" in text
    assert [row.commission.title for row in home.context["asked"]] == ["第2条", "第1条", "第0条"]
    assert re.search(r'约稿 <span class="count count-todo">3</span>', text)
    listed = sun.get(at("commissions"))
    assert [row.commission.title for row in listed.context["waiting"]] == ["第2条", "第1条", "第0条"]
    assert [row.commission.title for row in listed.context["rows"]] == ["谢绝的", "第3条"]
    text = listed.content.decode()
    assert "已过 3 天" in text
    assert "还有 5 天" in text


def test_by_unit_counts_a_year_and_leads_to_the_list(world, wang):
    made = ask(world)
    submit(begun(world, made), world.officer)
    decline(of(made, world.college), "没有", world.other_unit_officer)
    withdraw(ask(world, title="撤了的", token="1" * 32), "写错", world.editor)
    made_due(made, -1)
    year = made.due_on.year
    found = {one.name: one.tally for _, units in by_unit(world.office, year) for one in units}
    figures = {name: (t.asked, t.answered, t.late, t.declined, t.overdue) for name, t in found.items()}
    assert figures == {"甲市教育局": (1, 1, 1, 0, 0), "乙市教育局": (1, 0, 0, 0, 1), "丙学院": (1, 0, 0, 1, 0)}
    page = wang.get(at("commissions-by-unit"), {"year": year, "unit": world.bureau.pk})
    assert len(page.context["rows"]) == 1
    for odd in ({"year": "x", "unit": "9" * 30}, {"year": "99999"}, {"unit": world.other.unit_id}):
        assert wang.get(at("commissions-by-unit"), odd).context["unit"] is None
    assert by_unit(world.office, year - 1) == []


@pytest.mark.parametrize("who", ["editor", "officer"])
def test_pages_go_by_key_and_miss_nothing(world, monkeypatch, who):
    monkeypatch.setattr("submissions.views.commissions.PAGE", 2)
    for number in range(5):
        made = ask(world, title=f"第{number}条", token=f"{number:032d}")
        decline(of(made, world.bureau), "不写", world.officer)
    client, seen, query = signed_in(getattr(world, who)), [], "?"
    while query:
        page = client.get(at("commissions") + query)
        seen += [str(row[0] if who == "editor" else row.commission) for row in page.context["rows"]]
        query = f"?before={page.context['next']}" if page.context["next"] else ""
    assert seen == [f"第{number}条" for number in (4, 3, 2, 1, 0)]
    for odd in ("?before=0", "?before=x", "?before=99999999999999999999"):
        assert client.get(at("commissions") + odd).status_code == 200


def test_the_office_sees_whom_to_ring_and_auditors_no_numbers(world, wang):
    made = ask(world)
    submit(begun(world, made), world.officer)
    for unit in (world.bureau, world.college):
        Contact.objects.create(
            unit=unit, kind="officer", name=f"{unit}的人", phone="13800005678", email=f"{unit.pk}@example.cn",
            since="2020-01-01",
        )  # fmt: skip
    page = wang.get(at("commission", made.pk)).content.decode()
    assert f"mailto:?bcc={world.college.pk}@example.cn" in page
    assert "甲市教育局的人" not in page, "it has answered"
    auditors = signed_in(world.auditor).get(at("commission", made.pk)).content.decode()
    assert "138****5678" in auditors
    assert "example.cn" not in auditors


# ---- Telling ----


def test_the_units_people_are_told_of_a_new_one_once(world):
    ask(world)
    for _ in range(2):
        telling.tell_of_new()
    assert told(NoticeKind.COMMISSION) == ["qian", "sun", "wu", "zhou"]


def test_of_a_withdrawn_one_the_units_are_told_and_nothing_earlier_leads_to_it_any_more(world):
    made = ask(world)
    other = ask(world, title="另一条", token="1" * 32)
    telling.tell_of_new()
    put_off(made, in_days(20), world.editor)
    made.refresh_from_db()
    remind(made, world.editor)
    withdraw(made, "不需要了", world.editor)
    telling.tell_of_new()
    people = ["qian", "sun", "wu", "zhou"]
    left = Notice.objects.exclude(address=at("commission", other.pk))
    assert sorted(left.values_list("account__username", flat=True)) == people
    assert {notice.address for notice in left} == {at("commissions")}
    assert "《开学工作》已撤销：不需要了" in left[0].said
    assert Notice.objects.filter(address=at("commission", other.pk)).count() == len(people), "the other one's stay"


def test_withdrawn_before_anybody_was_told_only_who_took_it_up_hears_of_it(world):
    made = ask(world)
    begun(world, made)
    withdraw(made, "写错", world.editor)
    telling.tell_of_new()
    assert told(NoticeKind.COMMISSION) == ["qian", "sun", "zhou"], "wu of the college knows of nothing"


def test_the_clock_reminds_once_before_and_once_after_and_anew_of_a_later_day(world, monkeypatch, settings):
    settings.NOTICE_HOUR = 0
    made = ask(world, due=2)
    telling.look_ahead()
    assert told(NoticeKind.REMINDED) == [], "made today, and told of today"
    decline(of(made, world.college), "不写", world.other_unit_officer)
    officers = ["sun", "zhou"]
    for days, times in ((3, 0), (2, 1), (1, 1), (0, 1), (-1, 2), (-3, 2), (-9, 2)):
        made_due(made, 2)
        monkeypatch.setattr(timezone, "localdate", at_day(in_days(2 - days)))
        for _ in range(2):
            telling.look_ahead()
        monkeypatch.undo()
        assert told(NoticeKind.REMINDED) == sorted(officers * times), days
    Commission.objects.update(due_on=in_days(1))
    telling.look_ahead()
    assert told(NoticeKind.REMINDED) == sorted(officers * 3)


def at_day(day):
    real = timezone.localdate
    return lambda value=None, zone=None: day if value is None else real(value, zone)


def test_a_reminder_by_hand_says_when_there_is_nobody_to_remind(world, wang):
    made = ask(world, world.bureau)
    decline(of(made, world.bureau), "不写", world.officer)
    with pytest.raises(Refused, match="没有要提醒的"):
        remind(made, world.editor)
    assert wang.post(at("remind-commissioned", made.pk)).status_code == 422


def test_a_second_reminder_of_a_day_goes_to_those_alone_that_had_none(world, wang):
    made = ask(world)
    decline(of(made, world.college), "不写", world.other_unit_officer)
    wang.post(at("remind-commissioned", made.pk))
    told_first = told(NoticeKind.REMINDED)
    again = wang.post(at("remind-commissioned", made.pk))
    now = f"{timezone.localtime(of(made, world.bureau).reminded_at):%H:%M}"
    assert again.status_code == 422
    text = again.content.decode()
    assert f"今天已经提醒过 2 个单位（{now}），这一次没有再提醒。" in text
    assert f"今天已经提醒过 2 个单位（{now}），明天可以再提醒。" in text
    assert told(NoticeKind.REMINDED) == told_first
    assert Commission.objects.get().reminders == 1
    accept(of(made, world.college), world.other_unit_officer)  # which is open again
    text = wang.post(at("remind-commissioned", made.pk), follow=True).content.decode()
    assert "已经提醒 1 个单位。今天提醒过的 2 个没有再提醒。" in text
    assert told(NoticeKind.REMINDED) == sorted([*told_first, "wu"])
    made.units.update(reminded_at=timezone.now() - timedelta(days=1))
    assert len(remind(made, world.editor)) == 3


# ---- Two at once, and what it costs ----


@pytest.mark.django_db(transaction=True)
def test_two_at_once():
    world = build_world()
    for turn in range(4):
        made = at_once(*[lambda turn=turn: ask(world, token=f"{turn:032d}", title=f"第{turn}条")] * 3)
        assert len({one.pk for one in made}) == 1
        one = Commission.objects.select_related("office").get(pk=made[0].pk)
        marked = at_once(*(lambda one=one, who=who: read_by(one, who) for who in (world.officer, world.signer)))
        assert sorted(marked) == [0, 1]
        reminded = at_once(*(lambda one=one, who=who: remind(one, who) for who in (world.editor, world.manager)))
        assert sorted(map(type, reminded), key=str) == sorted([list, TooLate], key=str)
        key = f"commission:{one.pk}:1"
        assert Notice.objects.filter(key=key).count() == 3
        drafts = at_once(
            *(
                lambda one=one, who=who, token=f"{token * 31}{turn}": begun(world, one, by=who, token=token)
                for who, token in ((world.officer, "a"), (world.colleague, "b"))
            )
        )
        items = {draft.item_id for draft in drafts}
        assert len(items) == 2, "no word is lost"
        assert of(one, world.bureau).item_id in items
        at_once(
            lambda one=one: accept(of(one, world.college), world.other_unit_officer),
            lambda one=one: decline(of(one, world.college), "不写", world.other_unit_officer),
        )
        assert of(one, world.college).standing in ("accepted", "declined")
        gone = at_once(*(lambda one=one, who=who: withdraw(one, "写错", who) for who in (world.editor, world.manager)))
        assert sorted(map(type, gone), key=str) == sorted([type(None), TooLate], key=str)


@pytest.mark.parametrize("who", ["editor", "officer"])
def test_each_page_costs_the_same_with_one_and_with_many(world, who, django_assert_max_num_queries):
    client = signed_in(getattr(world, who))
    first = ask(world)
    read_by(first, world.officer)
    item = submit(begun(world, first), world.officer)
    world.item("可以用的", received_on=timezone.localdate())
    second = ask(world, title="还没答的", token="2" * 32)
    read_by(second, world.officer)
    pages = [
        at("commissions"),
        at("commission", first.pk),
        at("commission", second.pk),
        at("item", item.pk),
        at("home"),
    ]
    if who == "editor":
        pages += [at("new-commission"), at("commissions-by-unit"), at("read-item", item.pk)]
        pages += [at("commissions-by-unit") + f"?unit={world.bureau.pk}"]
    costs = []
    for page in pages:
        client.get(page)
        with django_assert_max_num_queries(24) as one:
            client.get(page)
        costs.append(len(one))
    group = world.office.roster_groups.first()
    units = [roster_unit(world.office, group, f"单位{number}", number) for number in range(10)]
    CommissionedUnit.objects.bulk_create(
        CommissionedUnit(commission=made, unit=unit, position=9) for made in (first, second) for unit in units
    )
    for number, unit in enumerate(units[:3]):
        made = ask(world, world.bureau, unit, title=f"又一条{number}", token=f"{number + 5:032d}")
        read_by(made, world.officer)
        Contact.objects.create(unit=unit, kind="officer", name="某人", since="2020-01-01")
        world.item(f"又可以用的{number}", received_on=timezone.localdate())
        row = first.units.get(unit=unit)
        row.item = world.item("答", received_on=timezone.localdate(), shares=[(unit.pk, 1_000_000)])
        row.said_by = world.officer
        row.save()
    for page, cost in zip(pages, costs, strict=True):
        with django_assert_max_num_queries(cost):
            client.get(page)


def test_who_asks_is_told_that_some_units_have_nobody_who_reads_it(world, wang):
    made = ask(world)
    page = wang.post(at("remind-commissioned", made.pk), follow=True).content.decode()
    assert "已经提醒 3 个单位。其中 1 个单位还没有人能登录，收不到通知，请打电话。" in page


def test_all_that_is_wrong_is_said_at_once_beside_its_field(world, wang):
    asked = typed(title="", brief="机密★10年", due_on="2020-01-01", most_characters="3", to="units", units="甲院、乙院")
    page = wang.post(at("new-commission"), asked).content.decode()
    summary = page.partition("</section>")[0]
    for field, sentence in (
        ("title", "请写约什么。"),
        ("brief", "有密级标志"),
        ("due_on", "交稿日期是 2020-01-01，已经过了"),
        ("most_characters", "字数上限填 10 到 20000"),
        ("units", "名册上没有“甲院”“乙院”"),
    ):
        assert re.search(f'<a href="#id_{field}">[^<]*{sentence}', summary), field
        assert re.search(f'id="error_1_id_{field}"[^>]*>.*?{sentence}', page, re.S), field
    assert "机密" not in str(TrailEntry.objects.latest("id").after)
