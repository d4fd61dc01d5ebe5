"""Time for the tests of the gateway client."""

from __future__ import annotations

import pytest

from tests.api_gateway.fakes import FakeTime


@pytest.fixture
def fake_time() -> FakeTime:
    """Seconds that pass only when somebody sleeps."""
    return FakeTime()
