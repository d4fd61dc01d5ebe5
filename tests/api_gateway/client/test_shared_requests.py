"""Concurrent identical requests."""

from __future__ import annotations

import asyncio

from api_gateway.client.shared_requests import SharedRequests
from tests.api_gateway.fakes import FakeHandler, read, unlimited


async def test_concurrent_identical_requests_share_one_response() -> None:
    rest, shared = FakeHandler([1]), SharedRequests()
    first, second = await asyncio.gather(
        *(shared(rest, read("/trsrv/stocks", symbols="A"), unlimited()) for _ in range(2))
    )
    assert first is second
    assert rest.paths == ["/trsrv/stocks?symbols=A"]


async def test_another_query_and_a_later_request_are_sent_separately() -> None:
    rest, shared = FakeHandler([1]), SharedRequests()
    await asyncio.gather(
        *(shared(rest, read("/trsrv/stocks", symbols=symbol), unlimited()) for symbol in ("A", "B"))
    )
    await shared(rest, read("/trsrv/stocks", symbols="A"), unlimited())
    assert [path[-1] for path in rest.paths] == ["A", "B", "A"]
