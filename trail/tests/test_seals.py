"""What was altered, removed or inserted past this system is found; what is old may go, and leaves its trace."""

from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from trail import seals
from trail.marks import mark_of
from trail.models import TrailEntry, TrailSeal, Unchangeable
from trail.records import Circumstances, record, under

pytestmark = pytest.mark.django_db
SQL = Path(settings.BASE_DIR) / "deploy" / "postgresql-roles.sql"


@pytest.fixture(autouse=True)
def _own_notes(monkeypatch, tmp_path):
    """Not those that a worker of another test has written."""
    monkeypatch.setattr(seals, "NOTES", tmp_path / "trail-heads.txt")


def write(number, office="jia"):
    return [record(f"操作{i}", office=office, after={"n": i, "days": [1, None, {"x": "字"}]}) for i in range(number)]


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def findings(noted=()):
    return [(finding.entry, finding.said) for finding in seals.verify(noted)]


@pytest.fixture
def sealed():
    entries = write(5)
    write(2, office="yi")
    assert seals.seal() == 7
    assert findings() == []
    return entries


def test_entries_are_sealed_in_order_one_chain_an_office(sealed):
    assert list(TrailSeal.objects.filter(office="jia").order_by("position").values_list("position", "entry_id")) == [
        (place, entry.pk) for place, entry in enumerate(sealed, start=1)
    ]
    assert seals.seal() == 0
    write(1)
    assert seals.seal() == 1
    assert [head.position for head in seals.heads()] == [6, 2]
    assert findings() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "别人"),
        ("after", '{"n": 99}'),
        ("result", "refused"),
        ("at", "2020-01-01 00:00:00+00"),
        ("office", "yi"),
        ("mark", "0" * 64),
        ("token", "1" * 32),
        ("actor_id", 7),
    ],
)
def test_an_entry_altered_by_sql_is_named(sealed, column, value):
    sql(f"UPDATE trail_trailentry SET {column} = %s WHERE id = %s", value, sealed[2].pk)
    assert [(entry, said[:6]) for entry, said in findings()] == [(sealed[2].pk, "第3条被改过")]


@pytest.mark.parametrize("which", [0, 2, 4])
def test_an_entry_removed_by_sql_is_named(sealed, which):
    sql("DELETE FROM trail_trailentry WHERE id = %s", sealed[which].pk)
    assert findings() == [(sealed[which].pk, f"第{which + 1}条不见了（删除）")]


@pytest.mark.parametrize("which", [0, 2])
def test_an_entry_removed_with_its_seal_is_named_by_its_place(sealed, which):
    sql("DELETE FROM trail_trailentry WHERE id = %s", sealed[which].pk)
    sql("DELETE FROM trail_trailseal WHERE entry_id = %s", sealed[which].pk)
    assert len(findings()) == 1
    assert "不见了（删除）" in findings()[0][1]


def copy(entry, **changes):
    """An entry written by SQL, as somebody would who has the database and not the key."""
    names = [field.column for field in TrailEntry._meta.fields if field.name != "id"]
    row = dict(zip(names, TrailEntry.objects.filter(pk=entry.pk).values_list(*names)[0], strict=True)) | changes
    import json

    for name in ("before", "after"):
        row[name] = None if row[name] is None else json.dumps(row[name])
    sql(f"INSERT INTO trail_trailentry ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", *row.values())
    return TrailEntry.objects.latest("id")


def test_an_inserted_entry_is_named_and_never_sealed(sealed):
    inserted = copy(sealed[0], token="f" * 32, act="从来没有的事")
    assert seals.seal() == 0
    assert findings() == [(inserted.pk, "不是本系统写入的（插入），或者封记以前被改过")]


def test_an_entry_inserted_with_a_seal_of_its_own_is_named(sealed):
    inserted = copy(sealed[0], token="f" * 32)
    sql(
        "INSERT INTO trail_trailseal (office, position, entry_id, digest, sealed_at) VALUES ('jia', 6, %s, %s, %s)",
        inserted.pk,
        "0" * 64,
        timezone.now(),
    )
    assert [entry for entry, _ in findings()] == [inserted.pk]


def test_a_seal_changed_or_removed_is_noticed(sealed):
    sql("UPDATE trail_trailseal SET digest = %s WHERE office = 'jia' AND position = 2", "0" * 64)
    assert [said[:8] for _, said in findings()] == ["第2条的封记不对", "第3条的封记不对"]
    sql("DELETE FROM trail_trailseal WHERE office = 'jia' AND position >= 4")
    sql("UPDATE trail_trailentry SET at = at")
    said = " ".join(said for _, said in findings())
    assert "第2条" in said


def test_a_chain_cut_off_at_its_end_is_noticed_by_its_noted_head(sealed):
    noted = seals.heads()
    sql("DELETE FROM trail_trailentry WHERE id IN (%s, %s)", sealed[3].pk, sealed[4].pk)
    sql("DELETE FROM trail_trailseal WHERE office = 'jia' AND position >= 4")
    assert findings() == []
    assert ["被截掉" in said for _, said in findings(noted)] == [True]
    write(2)
    seals.seal()
    assert ["重做过" in said for _, said in findings(noted)] == [True]


def test_who_has_not_the_key_cannot_make_the_chain_anew(sealed, settings):
    settings.TRAIL_KEY = "another"
    assert len(findings()) == 7


def test_an_entry_that_commits_late_is_sealed_after_those_that_overtook_it(sealed):
    late = write(1)[0]
    sql("UPDATE trail_trailentry SET id = -5 WHERE id = %s", late.pk)
    assert seals.seal() == 1
    assert TrailSeal.objects.get(entry_id=-5).position == 6
    assert findings() == []


def test_what_was_written_while_no_worker_ran_is_sealed_later(sealed, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr("trail.records.timezone.now", lambda: now + timedelta(days=3))
    write(1)
    monkeypatch.setattr("trail.records.timezone.now", lambda: now + timedelta(days=9))
    assert seals.seal() == 1


def test_after_a_long_pause_everything_is_sealed_in_several_batches(monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 3)
    age(write(7), 30)
    age(write(2), 20)
    assert seals.seal() == 9
    write(1)
    assert seals.seal() == 1
    assert findings() == []


def test_where_another_worker_was_first_the_rest_is_sealed_the_next_time(monkeypatch):
    age(write(5), 3)
    real, calls = seals._seal_one, []

    def overtaken(entry):
        calls.append(entry)
        if len(calls) == 3:
            raise IntegrityError
        real(entry)

    monkeypatch.setattr(seals, "_seal_one", overtaken)
    assert seals.seal() == 2
    assert seals.seal() == 3


def test_inserted_entries_do_not_keep_others_from_being_sealed(sealed, monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 3)
    for i in range(7):
        copy(sealed[0], token=str(i) * 32)
    write(1)
    assert seals.seal() == 1


@pytest.mark.django_db
def test_where_nothing_is_sealed_yet_no_empty_notes_are_left_to_be_read():
    seals.note_heads()
    assert not seals.NOTES.exists()
    call_command("verify_trail")


def test_heads_are_noted_beside_the_database(sealed):
    seals.note_heads()
    write(1)
    seals.seal()
    seals.note_heads()
    call_command("verify_trail")
    sql("DELETE FROM trail_trailseal")
    sql("DELETE FROM trail_trailentry")
    with pytest.raises(CommandError):
        call_command("verify_trail")


def test_what_is_wrong_with_the_trail_is_not_purged_away():
    entries = write(5)
    age(entries, 200)
    seals.seal()
    sql("DELETE FROM trail_trailentry WHERE id = %s", entries[1].pk)
    with pytest.raises(CommandError, match="先用 verify_trail"):
        call_command("purge_trail", "--days", "180")
    assert TrailEntry.objects.count() == 4


@pytest.mark.parametrize("text", ["\\u0000", "a\x00b", "\ud800x", {"深": ["\x00"]}])
def test_whatever_was_typed_can_be_recorded(text):
    entry = record("办事", after={"text": text})
    entry.refresh_from_db()
    assert "\x00" not in str(entry.after)
    assert entry.mark == mark_of(entry)


def test_one_that_stays_without_a_seal_is_told(sealed):
    entry = write(1)[0]
    entry.at = timezone.now() - timedelta(minutes=11)
    sql("UPDATE trail_trailentry SET at = %s, mark = %s WHERE id = %s", entry.at, mark_of(entry), entry.pk)
    assert findings() == [(entry.pk, "没有封记：封记被删，或者后台任务没有运行")]


def test_nobody_changes_or_deletes_through_the_product(sealed):
    entry = TrailEntry.objects.first()
    for act in (entry.save, entry.delete, TrailEntry.objects.all().delete, TrailSeal.objects.all().delete):
        with pytest.raises(Unchangeable):
            act()
    with pytest.raises(Unchangeable):
        TrailEntry.objects.update(actor="别人")
    assert TrailEntry.objects.count() == 7


# ---- Purging ----


def age(entries, days):
    """As if they had been written so many days ago, by this system."""
    for entry in entries:
        entry.at = timezone.now() - timedelta(days=days)
        sql("UPDATE trail_trailentry SET at = %s, mark = %s WHERE id = %s", entry.at, mark_of(entry), entry.pk)


def test_purging_keeps_180_days_the_last_purged_seal_and_a_trace():
    old, young = write(3), write(2)
    age(old, 200)
    age(young, 170)
    seals.seal()
    assert seals.purge(180) == 3
    assert list(TrailEntry.objects.values_list("act", flat=True)) == ["操作0", "操作1", "清理审计记录"]
    assert TrailSeal.objects.order_by("position").first().position == 3
    seals.seal()
    assert findings() == []
    assert TrailEntry.objects.latest("id").after == {"through": 3, "entries": 3, "days": 180}
    write(1)
    seals.seal()
    assert seals.purge(180) == 0
    assert findings() == []


def test_what_was_removed_as_if_purged_is_noticed():
    entries = write(4)
    seals.seal()
    sql("DELETE FROM trail_trailentry WHERE id <= %s", entries[1].pk)
    sql("DELETE FROM trail_trailseal WHERE position = 1")
    assert ["没有清理的记录" in said for _, said in findings()] == [True]


def test_less_than_180_days_are_refused(sealed):
    with pytest.raises(CommandError, match="至少保留180天"):
        call_command("purge_trail", "--days", "179")


def test_the_command_prints_findings_and_heads_and_takes_the_heads_back(sealed, capsys, tmp_path):
    call_command("verify_trail")
    printed = capsys.readouterr().out
    assert printed.endswith("7 entries, 0 findings\n")
    noted = tmp_path / "heads.txt"
    noted.write_text(printed)
    call_command("verify_trail", "--noted", str(noted))
    sql("DELETE FROM trail_trailseal WHERE office = 'yi'")
    sql("DELETE FROM trail_trailentry WHERE office = 'yi'")
    with pytest.raises(CommandError):
        call_command("verify_trail", "--noted", str(noted))
    assert "yi: 记下的末尾是第2条" in capsys.readouterr().out
    noted.write_text("head jia x y")
    with pytest.raises(CommandError, match="读不懂"):
        call_command("verify_trail", "--noted", str(noted))


def test_the_circumstances_stand_in_the_entry():
    with under(Circumstances("10.0.0.9", lambda: "某局")) as here:
        entry = record("办事", after={"text": "a\x00b"})
    assert (entry.address, entry.unit, entry.after) == ("10.0.0.9", "某局", {"text": "ab"})
    assert here.tokens == [entry.token]
    assert record("系统").address == ""


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles: whoever opens the file may do all")
@pytest.mark.django_db(transaction=True)
def test_on_postgresql_the_applications_role_may_not_change_or_delete():
    import subprocess

    write(1)
    database = connection.settings_dict
    url = f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS trail_test_app")
        cursor.execute("CREATE ROLE trail_test_app LOGIN")
    try:
        given = ["-v", "owner=postgres", "-v", "app=trail_test_app", "-v", f"database={database['NAME']}"]
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", *given, "-f", str(SQL), url], check=True, timeout=30)
        app = psycopg2.connect(url.replace("postgres@", "trail_test_app@"))
        app.autocommit = True
        with app.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM trail_trailentry")
            assert cursor.fetchone() == (1,)
            cursor.execute("UPDATE units_account SET name = name")
            cursor.execute(
                "INSERT INTO trail_trailseal (office, position, entry_id, digest, sealed_at) VALUES ('x', 1, 1, '', now())"
            )
            for table in ("trail_trailentry", "trail_trailseal"):
                for statement in (f"UPDATE {table} SET office = ''", f"DELETE FROM {table}", f"TRUNCATE {table}"):
                    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                        cursor.execute(statement)
        app.close()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY trail_test_app")
            cursor.execute("DROP ROLE trail_test_app")
