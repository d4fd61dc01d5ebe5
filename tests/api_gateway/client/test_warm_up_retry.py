"""Services that need time to start."""

from __future__ import annotations

import pytest

from api_gateway.client.interpretation import ServiceWarmingUp
from api_gateway.client.warm_up_retry import PAUSES, WarmUpRetry
from api_gateway.errors import Failed
from tests.api_gateway.fakes import FakeHandler, FakeTime, read, unlimited

WARMING_UP = ServiceWarmingUp(Failed(request="GET /x", problem="Not ready.", hint="Wait."))


async def test_a_read_is_retried_until_the_service_has_started(fake_time: FakeTime) -> None:
    rest = FakeHandler(WARMING_UP, WARMING_UP, {"BN": 1})
    response = await WarmUpRetry(sleep=fake_time.sleep)(rest, read("/fyi/unreadnumber"), unlimited())
    assert response.value == {"BN": 1}
    assert fake_time.sleeps == list(PAUSES[:2])


async def test_after_the_last_retry_the_error_is_raised(fake_time: FakeTime) -> None:
    rest = FakeHandler(WARMING_UP)
    with pytest.raises(Failed) as caught:
        await WarmUpRetry(sleep=fake_time.sleep)(rest, read("/fyi/unreadnumber"), unlimited())
    assert caught.value is WARMING_UP.failure
    assert len(rest.requests) == len(PAUSES) + 1
