"""The test runner itself: what it does where servers are missing."""

import pytest

from tests import everywhere


@pytest.fixture
def ran(monkeypatch):
    """The halves of the suite that would run, on a machine without PostgreSQL."""
    halves = []
    monkeypatch.setattr(everywhere, "_suite", lambda where, urls, arguments: halves.append(where) or 0)
    monkeypatch.setattr(everywhere, "_wanted", lambda: {"PostgreSQL": False, "Redis": True})
    monkeypatch.setattr(everywhere.servers, "postgres_installed", lambda: False)
    return halves


def test_where_a_server_is_missing_the_other_half_runs_and_that_is_said(ran, monkeypatch, capsys):
    monkeypatch.delenv("REQUIRE_SERVICES", raising=False)
    assert everywhere.main([]) == 0
    assert ran == ["SQLite and the embedded queue"]
    assert "left out, not installed: PostgreSQL" in capsys.readouterr().out


def test_where_services_are_required_a_missing_one_is_a_failure(ran, monkeypatch, capsys):
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    assert everywhere.main([]) == 1
    assert ran == []
    assert "not installed: PostgreSQL" in capsys.readouterr().err


def test_the_second_half_leaves_out_what_makes_no_difference_and_keeps_what_was_asked():
    assert everywhere._besides_once([]) == "not once"
    assert everywhere._besides_once(["-m", "not proof", "scoring"]) == "not once and (not proof)"
