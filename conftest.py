"""Fixtures of the whole suite."""

from typing import Any

import pytest

from tests.world import World, build_world, remembered


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The journeys first: they are few and long, and the last of them would keep one of two workers waiting."""
    items.sort(key=lambda item: "tests/journeys/" not in item.nodeid)


@pytest.fixture(autouse=True)
def _light_settings(settings: Any, tmp_path: Any) -> None:
    """Passwords that are quick to check, static files without a manifest, files in the test's own folder."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        "items": {**settings.STORAGES["items"], "OPTIONS": {"location": tmp_path / "items"}},
    }
    settings.WHITENOISE_AUTOREFRESH = True  # each client would list all static files
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.SECOND_FACTOR = False  # where it is not what the test is about
    settings.UNDO_SECONDS = 0  # the same: what is decided is told at once


@pytest.fixture
def world(db: Any) -> World:
    """A small world of named people: two offices that must see nothing of each other."""
    return remembered(build_world)
