"""Replies of IBKR in another form than expected are no crash, and are not remembered as facts for long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api_gateway.access_policy import READ_ONLY
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError
from api_gateway.settings import GatewaySettings
from mcp_server.facts.fact_store import FactStore
from mcp_server.instruments.instrument import Unknown
from mcp_server.instruments.lookups import Lookups
from mcp_server.instruments.resolver import Instruments
from tests.virtual_loop import run_in_virtual_time

NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)
ESTABLISHED = {"authenticated": True, "established": True, "connected": True, "competing": False}
TEXTS = [
    "AAPL",
    "BRK.B",
    "SPX",
    "ES",
    "ESZ6",
    "SPY 15Jan27 600P",
    "EUR.USD",
    "265598",
    "IBM bonds",
    "Apple",
    "US0378331005",
]
ODD_ROWS: list[Any] = [
    None, 5, "text", [], {}, [None], [{}], [[]], [{"conid": None, "sections": None, "issuers": [None]}],
    [{"conid": "x", "symbol": 5, "sections": [{"secType": None, "months": 7}]}],
    {"secdef": [None, {}, {"conid": "x"}], "AAPL": [None, {"contracts": [None, {"conid": ""}]}], "EUR": [{}]},
    {"error": "No symbol found"},
]  # fmt: skip


def instruments_at(reply: Any) -> Instruments:
    def serve(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1/api")
        if path == "/iserver/auth/status":
            return httpx.Response(200, json=ESTABLISHED)
        if path == "/iserver/accounts":
            return httpx.Response(200, json={"accounts": ["DU1234567"]})
        return httpx.Response(200, json=reply)

    def now() -> datetime:
        return NOON

    gateway = GatewayClient(
        GatewaySettings(_env_file=None), policy=READ_ONLY, transport=httpx.MockTransport(serve)
    )

    async def scope() -> str:
        return "login"

    return Instruments(gateway, FactStore(None, now=now), scope=scope, now=now)


@pytest.mark.parametrize("reply", ODD_ROWS, ids=str)
def test_a_reply_of_another_form_is_nothing_found_or_an_error_of_the_gateway(reply: Any) -> None:
    async def check() -> None:
        instruments = instruments_at(reply)
        for text in TEXTS:
            try:
                found = await instruments.resolve(text)
            except GatewayError:
                continue
            assert isinstance(found, Unknown), (text, found)

    run_in_virtual_time(check())


def test_that_no_symbol_was_found_is_nothing_found() -> None:
    async def check() -> None:
        assert isinstance(await instruments_at({"error": "No symbol found"}).resolve("SPX"), Unknown)

    run_in_virtual_time(check())


def test_a_missing_definition_leaves_the_rest() -> None:
    async def check() -> None:
        rows = [{"conid": 1, "ticker": "AAPL", "assetClass": "STK"}, {"ticker": "MSFT"}, None]
        found = await instruments_at({"secdef": rows}).by_conids([1, 2, 3])
        assert [each.text for each in found.values()] == ["AAPL"]

    run_in_virtual_time(check())


def test_contract_months_are_read_again_on_the_next_day_in_new_york_and_conids_are_not() -> None:
    times = [datetime(2026, 11, 19, 4, 50, tzinfo=UTC)]  # ten minutes before midnight in New York
    sent: list[str] = []
    rows = [{"conid": "1", "symbol": "SPY", "sections": [{"secType": "OPT", "months": "DEC26"}]}]

    def serve(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        return httpx.Response(200, json=ESTABLISHED if "auth" in request.url.path else rows)

    async def scope() -> str:
        return "login"

    async def check() -> None:
        gateway = GatewayClient(
            GatewaySettings(_env_file=None), policy=READ_ONLY, transport=httpx.MockTransport(serve)
        )
        facts = FactStore(None, now=lambda: times[-1])
        lookups = Lookups(gateway, facts, scope=scope, now=lambda: times[-1])
        for minutes, today_only, requests in [
            (0, True, 1),
            (9, True, 0),
            (11, False, 0),
            (11, True, 1),
            (30, True, 0),
        ]:
            times.append(times[0] + timedelta(minutes=minutes))
            sent.clear()
            found = await lookups.search("SPY", today_only=today_only)
            assert [row["conid"] for row in found] == [1]
            assert len([path for path in sent if "search" in path]) == requests, (minutes, today_only)

    run_in_virtual_time(check())
