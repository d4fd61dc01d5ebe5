"""A preflight that expired and could not be renewed."""

from __future__ import annotations

import pytest

from api_gateway.client.expired_preflight import ExpiredPreflight
from api_gateway.client.interpretation import PreflightExpired
from api_gateway.errors import Refused
from tests.api_gateway.fakes import FakeHandler, read, unlimited

REFUSED = Refused(request="GET /x", problem="IBKR refused.", hint="Wait.")


async def test_the_caller_gets_ibkrs_own_error() -> None:
    with pytest.raises(Refused) as caught:
        await ExpiredPreflight()(
            FakeHandler(PreflightExpired(REFUSED)), read("/iserver/accounts"), unlimited()
        )
    assert caught.value is REFUSED


async def test_a_response_is_returned_unchanged() -> None:
    assert (await ExpiredPreflight()(FakeHandler([1]), read("/trsrv/stocks"), unlimited())).value == [1]
