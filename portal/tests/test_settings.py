"""A wrong setting stops the start with a sentence that says what to set."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.checks import unfit_for_production
from tests.programs import data_folder

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent.parent
FIT = {
    "PRODUCTION": "1",
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "zwxx.example.gov.cn",
    "DATABASE_URL": "postgres://u:p@127.0.0.1/db",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}


def check(folder: Path, command: tuple[str, ...] = ("manage.py", "check"), **variables: str) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if name not in FIT}
    result = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**kept, "DATA_DIR": str(data_folder(folder)), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.returncode, result.stdout + result.stderr


@pytest.fixture
def read(tmp_path, monkeypatch):
    """What the settings are in another environment."""

    def settings(**variables: str) -> Any:
        for name in FIT:
            monkeypatch.delenv(name, raising=False)
        for name, value in {"DATA_DIR": str(data_folder(tmp_path)), **variables}.items():
            monkeypatch.setenv(name, value)
        return SimpleNamespace(**runpy.run_path(str(ROOT / "portal" / "settings.py")))

    return settings


def test_nothing_needs_to_be_set(tmp_path):
    assert check(tmp_path)[0] == 0


def test_fit_settings_of_production_are_let_through(tmp_path):
    assert check(tmp_path, **FIT)[0] == 0


UNFIT = [
    ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY is not set, or shorter"),
    ({"DEBUG": "1"}, "DEBUG is on"),
    ({"CELERY_EAGER": "1"}, "CELERY_EAGER is on"),
    ({"DATABASE_URL": ""}, "DATABASE_URL is not set to PostgreSQL"),
    ({"REDIS_URL": ""}, "REDIS_URL is not set"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS does not name the site"),
    ({"ALLOWED_HOSTS": "localhost"}, "ALLOWED_HOSTS does not name the site"),
]


@pytest.mark.parametrize(("change", "told"), UNFIT)
def test_production_refuses_what_is_unfit(read, change, told):
    (finding,) = unfit_for_production(read(**{**FIT, **change}))
    assert told in finding


def test_a_command_refuses_it(tmp_path):
    change, told = UNFIT[0]
    status, output = check(tmp_path, **{**FIT, **change})
    assert status == 1
    assert told in output


def test_the_web_server_refuses_too_though_it_runs_no_checks(tmp_path):
    status, output = check(tmp_path, ("-c", "import portal.wsgi"), **{**FIT, "DEBUG": "1"})
    assert status == 1
    assert "DEBUG is on" in output


WRONG = [
    ({"PORT": "eighty"}, "PORT must be a whole number"),
    ({"PORT": "99999"}, "PORT must be a port from 1 to 65535"),
    ({"REDIS_URL": "unix:///run/redis.sock"}, "REDIS_URL must begin with redis://"),
    ({"DEBUG": "maybe"}, "DEBUG must be 1 or 0"),
    ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must begin with postgres://"),
    ({"REDIS_URL": "127.0.0.1"}, "REDIS_URL must begin with redis://"),
    ({"SIMILAR_TITLES": "0"}, "SIMILAR_TITLES must be from 1 to 100, not 0"),
    (
        {"SIMILAR_HINTED": "20"},
        "SIMILAR_HINTED must not be more than SIMILAR_SUPPORTED, nor that more than SIMILAR_SHARED",
    ),
    ({"SIMILAR_COPIED": "80"}, "SIMILAR_COPIED must not be more than SIMILAR_SURELY"),
]


@pytest.mark.parametrize(("change", "told"), WRONG)
def test_a_wrong_value_is_named(read, change, told):
    with pytest.raises(ImproperlyConfigured, match=re.escape(told)):
        read(**change)


def test_a_command_says_so_too(tmp_path):
    change, told = WRONG[0]
    status, output = check(tmp_path, **change)
    assert status == 1
    assert told in output


def test_the_secret_is_made_once_and_kept_private(read, tmp_path):
    secret = read().SECRET_KEY
    assert read().SECRET_KEY == secret == (tmp_path / "secret.key").read_text()
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_odd_characters_in_the_folder_lead_nowhere_else(tmp_path):
    folder = tmp_path / "a+b %41#c"
    assert check(folder, ("manage.py", "migrate", "-v0", "contenttypes"))[0] == 0
    assert (folder / "db.sqlite3").exists()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
