"""Fixtures of this room's tests."""

import pytest
from django.test import Client


@pytest.fixture
def sun(world):
    """The bureau's information officer, signed in."""
    client = Client()
    client.force_login(world.officer)
    return client
