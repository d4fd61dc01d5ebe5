"""Response cache: operations allowed once every 15 minutes return their cached response."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import respx

from api_gateway.client.gateway import GatewayClient
from api_gateway.client.request import build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.client.response_cache import MAX_ENTRIES, ResponseCache
from api_gateway.errors import Invalid, RateLimited
from api_gateway.settings import GatewaySettings
from tests.api_gateway.fakes import FakeTime

URL = "http://gateway:5055"
OPEN = {"authenticated": True, "established": True}
QUERY = {"acctIds": ["U1234567"], "period": "1M"}


@pytest.fixture
async def gateway(fake_time: FakeTime) -> AsyncIterator[GatewayClient]:
    settings = GatewaySettings(_env_file=None, gateway_url=URL)
    async with GatewayClient(settings, now=fake_time.now, sleep=fake_time.sleep) as client:
        yield client


@pytest.fixture
def ibkr() -> Any:
    with respx.mock(base_url=URL + "/v1/api", assert_all_called=False) as mock:
        mock.get("/portfolio/accounts").respond(json=[{"accountId": "U1234567", "faclient": False}])
        mock.get("/iserver/accounts").respond(json={"accounts": ["U1234567"]})
        mock.post("/iserver/auth/status").respond(json=OPEN)
        yield mock


async def test_an_identical_request_within_15_minutes_returns_the_cached_response(
    gateway: GatewayClient, ibkr: Any, fake_time: FakeTime
) -> None:
    route = ibkr.get("/iserver/scanner/params").respond(json={"filter_list": [1]})
    first = await gateway.get("/iserver/scanner/params")
    await fake_time.sleep(890)
    assert await gateway.get("/iserver/scanner/params") is first
    await fake_time.sleep(20)
    assert await gateway.get("/iserver/scanner/params") is not first
    assert route.call_count == 2


async def test_another_request_of_the_operation_is_rate_limited(gateway: GatewayClient, ibkr: Any) -> None:
    route = ibkr.post("/pa/performance").respond(json={"nav": {}})
    first = await gateway.post("/pa/performance", body=QUERY, reads=True)
    with pytest.raises(RateLimited):
        await gateway.post("/pa/performance", body={**QUERY, "period": "1D"}, reads=True)
    assert await gateway.post("/pa/performance", body=QUERY, reads=True) is first
    assert route.call_count == 1


async def test_an_error_is_not_cached(gateway: GatewayClient, ibkr: Any, fake_time: FakeTime) -> None:
    ibkr.get("/iserver/scanner/params").respond(500, json={"error": "no"})
    with pytest.raises(Exception, match="no"):
        await gateway.get("/iserver/scanner/params")
    ibkr.get("/iserver/scanner/params").respond(json={"filter_list": [1]})
    await fake_time.sleep(1000)
    assert (await gateway.get("/iserver/scanner/params")).value


async def test_a_response_of_an_operation_without_that_limit_is_not_cached(
    gateway: GatewayClient, ibkr: Any
) -> None:
    route = ibkr.get("/trsrv/stocks").respond(json={"A": []})
    for _ in range(2):
        await gateway.get("/trsrv/stocks", symbols=["A"])
    assert route.call_count == 2


async def test_a_cached_response_is_not_returned_to_another_login(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.post("/pa/performance").respond(json={"nav": {}})
    await gateway.post("/pa/performance", body=QUERY, reads=True)
    ibkr.get("/portfolio/accounts").respond(json=[{"accountId": "U7654321", "faclient": False}])
    ibkr.get("/iserver/accounts").respond(json={"accounts": ["U7654321"]})
    ibkr.post("/iserver/auth/status").respond(json={"authenticated": False, "connected": False})
    await gateway.post("/iserver/auth/status", reads=True)  # the login has ended, and another one has begun
    await gateway.get("/iserver/accounts")
    with pytest.raises(Invalid):
        await gateway.post("/pa/performance", body=QUERY, reads=True)


def test_the_cache_drops_its_oldest_entries_when_it_is_full(fake_time: FakeTime) -> None:
    cache = ResponseCache(now=fake_time.now)
    requests = [
        build_request("POST", "/pa/performance", (), {}, {**QUERY, "n": number}, read_only=True)
        for number in range(MAX_ENTRIES + 5)
    ]
    for request in requests:
        cache.store(request, GatewayResponse(200, b"{}"))
    assert [cache.get(request) is None for request in requests] == [True] * 5 + [False] * MAX_ENTRIES
