"""Fixtures of the gateway client's tests."""

from __future__ import annotations

import pytest

from tests.api_gateway.fakes import FakeTime


@pytest.fixture
def fake_time() -> FakeTime:
    """A clock that advances only during a sleep."""
    return FakeTime()
