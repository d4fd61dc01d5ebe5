"""Quotes and price bars have a currency, at the cost of one request for each contract."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from api_gateway.errors import Failed
from mcp_server.tools.price_currencies import PriceCurrencies
from tests.mcp_server.one_server import SharedServer
from tests.mcp_server.simulated_calls import simulated_calls


@pytest.fixture(scope="module")
def server() -> SharedServer:
    return SharedServer()


async def test_quotes_and_bars_have_the_currency_of_their_contract(server: SharedServer) -> None:
    async with simulated_calls(server) as calls:
        quotes = await calls.read("get_market_snapshot", conids=[265598, 12087792])
        assert {each["conid"]: each["currency"] for each in quotes} == {265598: "USD", 12087792: "USD"}
        bars = await calls.read("get_price_bars", conid=265598, period="1w", bar="1d")
        assert bars["currency"] == "USD"
        assert bars["data"]
        index = await calls.read("get_market_snapshot", conids=[416904])
        assert (index[0]["currency"], index[0]["price_unit"]) == ("USD", "points")
        count = len(calls.requests)
        await calls.read("get_market_snapshot", conids=[265598, 416904])
        assert calls.requests[count:] == ["GET /iserver/marketdata/snapshot"]


class Lookups:
    """Knows the currency of conid 1, and counts what is looked up."""

    def __init__(self) -> None:
        self.wanted: list[int] = []
        self.fails = False
        self.time = 0.0

    async def __call__(self, conids: Collection[int]) -> Mapping[int, Mapping[str, str]]:
        self.wanted += sorted(conids)
        if self.fails:
            raise Failed(request="x", problem="y", hint="z")
        return {1: {"currency": "EUR"}} if 1 in conids else {}


async def test_what_has_no_currency_is_looked_up_again_only_after_a_minute() -> None:
    lookups = Lookups()
    currencies = PriceCurrencies(lookups, lambda: lookups.time)
    body = b'[{"conid":1,"31":"5"},{"conid":2},{"error":"x"},3]'
    for _ in range(3):
        rows = json.loads(await currencies.add_to("get_market_snapshot", {}, body))
        assert rows == [{"conid": 1, "31": "5", "currency": "EUR"}, {"conid": 2}, {"error": "x"}, 3]
    assert lookups.wanted == [1, 2]
    lookups.time = 61.0
    await currencies.add_to("get_market_snapshot", {}, body)
    assert lookups.wanted == [1, 2, 2]


@pytest.mark.parametrize(
    ("tool", "arguments", "body"),
    [
        ("get_market_snapshot", {}, b'{"a": 1}'),
        ("get_price_bars", {"conid": "x"}, b'{"data":[]}'),
        ("get_price_bars", {"conid": 1}, b"[ ]"),
        ("list_positions", {"conid": 1}, b'[{"conid": 1}]'),
    ],
)
async def test_another_result_stays_byte_for_byte(tool: str, arguments: dict[str, Any], body: bytes) -> None:
    assert await PriceCurrencies(Lookups(), lambda: 0.0).add_to(tool, arguments, body) == body


async def test_a_failed_lookup_leaves_the_result_as_it_is() -> None:
    lookups = Lookups()
    lookups.fails = True
    currencies = PriceCurrencies(lookups, lambda: 0.0)
    for body in (b'{"data": [1.50]}', b'{"data": []}'):
        assert await currencies.add_to("get_price_bars", {"conid": "1"}, body) == body
    assert lookups.wanted == [1]


async def test_the_bars_themselves_stay_byte_for_byte() -> None:
    found = await PriceCurrencies(Lookups(), lambda: 0.0).add_to(
        "get_price_bars", {"conid": 1}, b'{"data": [1.50]}'
    )
    assert found == b'{"currency":"EUR","data": [1.50]}'
