"""One table: what a tool is asked, and the exact request that leaves for the gateway."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi.routing import APIRoute
from fastmcp import FastMCP
from fastmcp.tools.base import ToolResult
from mcp_types import TextContent

from api_gateway.access_policy import ALL_OPERATIONS, POLICIES, AccessPolicy, TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app as create_simulator
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from mcp_server.rest.route_call import single_call
from mcp_server.routers import ROUTERS
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from tests.mcp_server.contract.wire_rows import (
    alerts,
    event_contracts,
    fa_allocation,
    fa_models,
    notifications,
    orders,
    portfolio_analyst,
    scanner,
    watchlists,
)
from tests.mcp_server.contract.wire_rows.row import Prepare, Row

ROUTES = {route.name: route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}
FACTS = {
    re.sub(r"\{\w+\}", "{}", fact["operation"]): fact
    for fact in json.loads((Path(__file__).parent / "operations.json").read_text())
}

NEW_YORK_MORNING = datetime(2026, 11, 23, 15, 30, tzinfo=UTC).timestamp()
A = {"account_id": "DU1234567"}
PAPER = b'{"accounts": ["DU1234567"], "isPaper": true, "sessionId": "1"}'
QUOTE = "31,84,86,88,85,7059,7762,82,83,70,71,7295,7741,55,6509"


@dataclass
class Recorder:
    """A far side that remembers what it was sent and answers everything with something."""

    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode().removeprefix("/v1/api")
        self.sent.append((f"{request.method} {target}", request.content))
        if target == "/iserver/accounts":
            return httpx.Response(200, stream=httpx.ByteStream(PAPER))
        return httpx.Response(200, stream=httpx.ByteStream(b'[{"conid": 1, "order_id": "1"}]'))


SECTIONS = (
    orders,
    portfolio_analyst,
    scanner,
    alerts,
    watchlists,
    notifications,
    event_contracts,
    fa_allocation,
    fa_models,
)

WIRE: list[Row] = [
    *(row for section in SECTIONS for row in section.ROWS),
    # Session
    Row("open_brokerage_session", {}, "POST /iserver/auth/ssodh/init", {"publish": True, "compete": False}),
    Row(
        "open_brokerage_session",
        {"compete": True},
        "POST /iserver/auth/ssodh/init",
        {"publish": True, "compete": True},
    ),
    Row("get_session_status", {}, "POST /iserver/auth/status", {}),
    Row("tickle", {}, "POST /tickle", {}),
    Row("validate_sso", {}, "GET /sso/validate"),
    Row("logout", {}, "POST /logout", {}),
    # Accounts
    Row("list_brokerage_accounts", {}, "GET /iserver/accounts"),
    Row("select_account", A, "POST /iserver/account", {"acctId": "DU1234567"}),
    Row("get_pnl", {}, "GET /iserver/account/pnl/partitioned"),
    Row("search_dynamic_accounts", {"pattern": "DU12"}, "GET /iserver/account/search/DU12"),
    Row("select_dynamic_account", A, "POST /iserver/dynaccount", {"acctId": "DU1234567"}),
    Row("get_account_summary", A, "GET /iserver/account/DU1234567/summary"),
    Row("get_available_funds", A, "GET /iserver/account/DU1234567/summary/available_funds"),
    Row("get_balances", A, "GET /iserver/account/DU1234567/summary/balances"),
    Row("get_margins", A, "GET /iserver/account/DU1234567/summary/margins"),
    Row("get_market_value", A, "GET /iserver/account/DU1234567/summary/market_value"),
    Row("get_signatures_and_owners", A, "GET /acesws/DU1234567/signatures-and-owners"),
    # Contracts
    Row("search_contracts", {"symbol": "AAPL"}, "GET /iserver/secdef/search?symbol=AAPL"),
    Row(
        "search_contracts",
        {
            "symbol": "AT&T + Söhne/#1",
            "sec_type": "STK",
            "name": True,
            "more": False,
            "fund": True,
            "fund_family_conid_ex": "12@X",
            "pattern": True,
            "referrer": "watchlist",
        },
        "GET /iserver/secdef/search?symbol=AT%26T%20%2B%20S%C3%B6hne%2F%231&secType=STK&name=true&more=false"
        "&fund=true&fundFamilyConidEx=12%40X&pattern=true&referrer=watchlist",
    ),
    Row("search_contracts_by_body", {"symbol": "AAPL"}, "POST /iserver/secdef/search", {"symbol": "AAPL"}),
    Row(
        "search_contracts_by_body",
        {
            "symbol": "AT&T",
            "sec_type": "BOND",
            "name": True,
            "more": False,
            "fund": True,
            "fund_family_conid_ex": "12@X",
            "pattern": True,
            "referrer": "watchlist",
        },
        "POST /iserver/secdef/search",
        {
            "symbol": "AT&T",
            "secType": "BOND",
            "name": True,
            "more": False,
            "fund": True,
            "fundFamilyConidEx": "12@X",
            "pattern": True,
            "referrer": "watchlist",
        },
    ),
    Row(
        "get_strikes",
        {"conid": 265598, "sec_type": "OPT", "month": "JAN27"},
        "GET /iserver/secdef/strikes?conid=265598&sectype=OPT&month=JAN27",
    ),
    Row(
        "get_strikes",
        {"conid": 11004968, "sec_type": "FOP", "month": "DEC26", "exchange": "CME"},
        "GET /iserver/secdef/strikes?conid=11004968&sectype=FOP&month=DEC26&exchange=CME",
    ),
    Row(
        "get_secdef_info",
        {
            "conid": 265598,
            "sec_type": "OPT",
            "month": "JAN27",
            "exchange": "SMART",
            "strike": 250,
            "right": "C",
        },
        "GET /iserver/secdef/info?conid=265598&sectype=OPT&month=JAN27&exchange=SMART&strike=250&right=C",
    ),
    Row(
        "get_secdef_info",
        {"issuer_id": "e1234567", "sec_type": "BOND", "filters": ["27:202901", "5:USD"]},
        "GET /iserver/secdef/info?sectype=BOND&issuerId=e1234567&filters=27%3A202901,5%3AUSD",
    ),
    Row(
        "get_bond_filters",
        {"issuer_id": "e1234567"},
        "GET /iserver/secdef/bond-filters?symbol=BOND&issuerId=e1234567",
    ),
    Row("get_contract_info", {"conid": 265598}, "GET /iserver/contract/265598/info"),
    Row("get_contract_info_and_rules", {"conid": 265598}, "GET /iserver/contract/265598/info-and-rules"),
    Row(
        "get_contract_info_and_rules",
        {"conid": 265598, "is_buy": False},
        "GET /iserver/contract/265598/info-and-rules?isBuy=false",
    ),
    Row(
        "list_contract_algos",
        {"conid": 265598},
        "GET /iserver/contract/265598/algos?addDescription=0&addParams=0",
    ),
    Row(
        "list_contract_algos",
        {"conid": 265598, "algos": ["Adaptive", "Vwap"], "add_description": True, "add_params": True},
        "GET /iserver/contract/265598/algos?algos=Adaptive%3BVwap&addDescription=1&addParams=1",
    ),
    Row("get_contract_rules", {"conid": 265598}, "POST /iserver/contract/rules", {"conid": 265598}),
    Row(
        "get_contract_rules",
        {"conid": 265598, "is_buy": True, "exchange": "SMART", "modify_order": True, "order_id": 602801486},
        "POST /iserver/contract/rules",
        {"conid": 265598, "isBuy": True, "exchange": "SMART", "modifyOrder": True, "orderId": 602801486},
    ),
    Row("list_currency_pairs", {"currency": "EUR"}, "GET /iserver/currency/pairs?currency=EUR"),
    Row(
        "get_exchange_rate",
        {"source": "EUR", "target": "USD"},
        "GET /iserver/exchangerate?target=USD&source=EUR",
    ),
    Row("list_stocks", {"symbols": ["AAPL", "BRK B"]}, "GET /trsrv/stocks?symbols=AAPL,BRK%20B"),
    Row("list_stocks", {"symbols": ["M&M"]}, "GET /trsrv/stocks?symbols=M%26M"),
    Row("list_futures", {"symbols": ["ES", "NQ"]}, "GET /trsrv/futures?symbols=ES,NQ"),
    Row(
        "list_futures",
        {"symbols": ["ES"], "exchange": "CME"},
        "GET /trsrv/futures?symbols=ES&exchange=CME",
    ),
    Row(
        "get_symbol_schedule",
        {"asset_class": "STK", "symbol": "AAPL"},
        "GET /trsrv/secdef/schedule?assetClass=STK&symbol=AAPL",
    ),
    Row(
        "get_symbol_schedule",
        {
            "asset_class": "STK",
            "symbol": "AAPL",
            "conid": 265598,
            "exchange": "NASDAQ",
            "exchange_filter": ["NASDAQ", "NYSE"],
        },
        "GET /trsrv/secdef/schedule?assetClass=STK&symbol=AAPL&conid=265598&exchange=NASDAQ"
        "&exchangeFilter=NASDAQ,NYSE",
    ),
    Row("get_security_definitions", {"conids": [265598, 8314]}, "GET /trsrv/secdef?conids=265598,8314"),
    Row("list_exchange_conids", {"exchange": "NASDAQ"}, "GET /trsrv/all-conids?exchange=NASDAQ"),
    Row(
        "list_exchange_conids",
        {"exchange": "NASDAQ", "asset_class": "STK"},
        "GET /trsrv/all-conids?exchange=NASDAQ&assetClass=STK",
    ),
    Row("get_trading_schedule", {"conid": 265598}, "GET /contract/trading-schedule?conid=265598"),
    Row(
        "get_trading_schedule",
        {"conid": 265598, "exchange": "NASDAQ"},
        "GET /contract/trading-schedule?conid=265598&exchange=NASDAQ",
    ),
    # Market Data
    Row(
        "get_market_snapshot",
        {"conids": [265598, 8314]},
        f"GET /iserver/marketdata/snapshot?conids=265598,8314&fields={QUOTE}",
    ),
    Row(
        "get_market_snapshot",
        {"conids": [265598], "fields": ["31", "7633"]},
        "GET /iserver/marketdata/snapshot?conids=265598&fields=31,7633",
    ),
    Row(
        "get_price_history",
        {"conid": 265598},
        "GET /iserver/marketdata/history?bar=1min&conid=265598&period=1d",
    ),
    Row(
        "get_price_history",
        {"conid": 265598, "period": "1y"},
        "GET /iserver/marketdata/history?bar=1d&conid=265598&period=1y",
    ),
    Row(
        "get_price_history",
        {
            "conid": 265598,
            "period": "6m",
            "bar": "1d",
            "exchange": "SMART",
            "outside_rth": True,
            "start_time": "20261120-21:00:00",
            "direction": -1,
            "source": "Midpoint",
        },
        "GET /iserver/marketdata/history?bar=1d&conid=265598&period=6m&exchange=SMART&outsideRth=true"
        "&startTime=20261120-21%3A00%3A00&direction=-1&source=Midpoint",
    ),
    Row(
        "unsubscribe_market_data",
        {"conid": 265598},
        "POST /iserver/marketdata/unsubscribe",
        {"conid": 265598},
    ),
    Row("unsubscribe_all_market_data", {}, "GET /iserver/marketdata/unsubscribeall"),
    # Order Monitoring
    Row("list_live_orders", {}, "GET /iserver/account/orders"),
    Row(
        "list_live_orders",
        {"filters": ["submitted", "filled"], "force": False, "account_id": "DU1234567"},
        "GET /iserver/account/orders?filters=submitted,filled&force=false&accountId=DU1234567",
    ),
    Row("get_order_status", {"order_id": 602801486}, "GET /iserver/account/order/status/602801486"),
    Row("list_trades", {}, "GET /iserver/account/trades"),
    Row(
        "list_trades",
        {"days": 7, "account_id": "DU1234567"},
        "GET /iserver/account/trades?days=7&accountId=DU1234567",
    ),
    # Portfolio
    Row("list_portfolio_accounts", {}, "GET /portfolio/accounts"),
    Row("list_subaccounts", {}, "GET /portfolio/subaccounts"),
    Row("list_large_subaccounts", {}, "GET /portfolio/subaccounts2?page=0"),
    Row(
        "list_large_subaccounts",
        {"page": 3, "account_id": "DU1234567", "nocache": True},
        "GET /portfolio/subaccounts2?page=3&accountId=DU1234567&nocache=true",
    ),
    Row("get_account_attributes", A, "GET /portfolio/DU1234567/meta"),
    Row("get_portfolio_summary", A, "GET /portfolio/DU1234567/summary"),
    Row("get_ledger", A, "GET /portfolio/DU1234567/ledger"),
    Row("get_allocation", A, "GET /portfolio/DU1234567/allocation"),
    Row("get_allocation", {**A, "model": "Growth"}, "GET /portfolio/DU1234567/allocation?model=Growth"),
    Row(
        "get_combined_allocation",
        {"account_ids": ["DU1234567"]},
        "POST /portfolio/allocation",
        {"acctIds": ["DU1234567"]},
    ),
    Row("list_positions", A, "GET /portfolio/DU1234567/positions/0"),
    Row(
        "list_positions",
        {
            **A,
            "page": 2,
            "model": "Growth",
            "sort": "name",
            "direction": "d",
            "period": "1W",
            "wait_for_sec_def": True,
        },
        "GET /portfolio/DU1234567/positions/2"
        "?model=Growth&sort=name&direction=d&period=1W&waitForSecDef=true",
    ),
    Row("list_uncached_positions", A, "GET /portfolio2/DU1234567/positions"),
    Row(
        "list_uncached_positions",
        {**A, "model": "Growth", "sort": "description", "direction": "a"},
        "GET /portfolio2/DU1234567/positions?model=Growth&sort=description&direction=a",
    ),
    Row("get_position", {**A, "conid": 265598}, "GET /portfolio/DU1234567/position/265598"),
    Row("list_positions_by_conid", {"conid": 265598}, "GET /portfolio/positions/265598"),
    Row("list_combo_positions", A, "GET /portfolio/DU1234567/combo/positions"),
    Row(
        "list_combo_positions",
        {**A, "nocache": True},
        "GET /portfolio/DU1234567/combo/positions?nocache=true",
    ),
    Row("invalidate_position_cache", A, "POST /portfolio/DU1234567/positions/invalidate", {}),
]


class Bench:
    """One server for all rows, as making it costs far more than a call, and a new gateway client for each."""

    def __init__(self) -> None:
        self._gateway: GatewayClient | None = None
        settings = ServerSettings(_env_file=None, trading_mode="paper", mcp_server_tools="all")
        self.server = create_server(cast(GatewayClient, self), settings)

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._gateway, verb)

    @asynccontextmanager
    async def over(
        self,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
        policy: AccessPolicy = POLICIES[TradingMode.PAPER],
    ) -> AsyncIterator[FastMCP[Any]]:
        async def sleep(seconds: float) -> None:
            clock.advance(seconds)

        settings = GatewaySettings(_env_file=None)
        async with GatewayClient(
            settings, policy=policy, transport=transport, now=clock.now, sleep=sleep
        ) as self._gateway:
            yield self.server

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> tuple[Recorder, ToolResult]:
        recorder = Recorder()
        # Without the questions to the login that paper accounts are known by: test_paper.py has those.
        async with self.over(httpx.MockTransport(recorder), Clock(frozen=True), ALL_OPERATIONS) as server:
            return recorder, await server.call_tool(tool, dict(arguments))


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


# Arguments that IBKR would misread, silently replace, or take as a way to another path.
ESCAPES = ["../order/-1", "U1/orders?x=", "DU1234567%2F..", "DU1234567#", "DU1234567\r\nX: y", "DU1234567\n"]
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(refused for section in SECTIONS for refused in section.REFUSED),
    *(("get_ledger", {"account_id": each}) for each in [*ESCAPES, "", "du1234567", "1234567", "DU12"]),
    *(("select_account", {"account_id": each}) for each in [*ESCAPES, "All", 1234567]),
    *(("get_combined_allocation", {"account_ids": each}) for each in [[], ["DU1234567", "x"], ["A"] * 101]),
    *(("list_trades", {"account_id": each}) for each in ESCAPES),
    *(("search_dynamic_accounts", {"pattern": each}) for each in ["", "*", "../..", "a b", "x" * 33]),
    *(
        ("get_contract_info", {"conid": each})
        for each in [0, -1, 2**31, 10**30, "../1", "1/info", 1.5, "", "\u0663"]
    ),
    *(("unsubscribe_market_data", {"conid": each}) for each in [0, -1, 2**31, "AAPL"]),
    *(("get_market_snapshot", {"conids": each}) for each in [[], [0], [1, "x"], list(range(1, 102)), "1,2"]),
    *(
        ("get_market_snapshot", {"conids": [1], "fields": each})
        for each in [["last"], ["31,84"], ["31 "], ["-1"], ["31"] * 51, ["123456"]]
    ),
    *(("get_security_definitions", {"conids": each}) for each in [[], [0], [1] * 201]),
    *(("get_order_status", {"order_id": each}) for each in [-1, 0, 2**63, "-1", "1/../2"]),
    *(("list_positions", {**A, "page": each}) for each in [-1, 10_000, "a", 1.5]),
    ("list_positions", {**A, "direction": "asc"}),
    ("list_positions", {**A, "period": "1d"}),
    ("list_positions", {**A, "sort": "name&x=1"}),
    ("list_positions", {**A, "model": "a\nb"}),
    *(
        ("get_strikes", {"conid": 265598, "sec_type": "OPT", "month": each})
        for each in ["202701", "jan27", "JAN2027", "JAN", "FOO27", "JAN27;FEB27", "JAN27\n", " JAN27", ""]
    ),
    ("get_strikes", {"conid": 265598, "sec_type": "STK", "month": "JAN27"}),
    ("get_strikes", {"conid": 11004968, "sec_type": "FOP", "month": "DEC26"}),
    ("get_secdef_info", {}),
    ("get_secdef_info", {"conid": 265598, "sec_type": "OPT", "month": "JAN27"}),
    ("get_secdef_info", {"conid": 265598, "sec_type": "FUT"}),
    ("get_secdef_info", {"conid": 265598, "month": "202701"}),
    ("get_secdef_info", {"conid": 265598, "right": "CALL"}),
    ("get_secdef_info", {"conid": 265598, "strike": 0}),
    *(("get_bond_filters", {"issuer_id": each}) for each in ["1234567", "e", "e1;e2"]),
    ("get_contract_rules", {"conid": 265598, "modify_order": True}),
    ("get_contract_rules", {"conid": 265598, "modify_order": True, "order_id": -1}),
    ("get_contract_rules", {"conid": 265598, "is_buy": "sell"}),
    ("list_contract_algos", {"conid": 265598, "algos": ["Adaptive;Vwap"]}),
    ("list_contract_algos", {"conid": 265598, "algos": ["Vwap"] * 9}),
    *(("list_currency_pairs", {"currency": each}) for each in ["usd", "US", "EUR.USD", "EUR&x=1"]),
    *(
        ("list_stocks", {"symbols": each})
        for each in [[], ["aapl"], ["AAPL,MSFT"], ["A\nB"], ["&A"], ["A"] * 51]
    ),
    *(("list_exchange_conids", {"exchange": each}) for each in ["nasdaq", "NASDAQ,NYSE", ""]),
    *(("search_contracts", {"symbol": each}) for each in ["", "A\r\nB", "x" * 101]),
    *(("search_contracts_by_body", {"symbol": each}) for each in ["", "A\r\nB", 5]),
    ("search_contracts", {"symbol": "AAPL", "sec_type": "OPT"}),
    *(
        ("get_price_history", {"conid": 265598, "period": each})
        for each in [
            "1D",
            "0d",
            "31min",
            "9h",
            "1001d",
            "793w",
            "183m",
            "16y",
            "1",
            "d",
            "1 d",
            "-1d",
            "1d\n",
        ]
    ),
    *(
        ("get_price_history", {"conid": 265598, "period": period, "bar": bar})
        for period, bar in [("1y", "1min"), ("1d", "1w"), ("1w", "1min"), ("15y", "1d"), ("1d", "1D")]
    ),
    *(
        ("get_price_history", {"conid": 265598, "start_time": each})
        for each in ["20261301-00:00:00", "20260230-00:00:00", "20261120 21:00:00", "20261120-9:00:00", "now"]
    ),
    ("get_price_history", {"conid": 265598, "direction": 0}),
    ("get_price_history", {"conid": 265598, "source": "last"}),
    *(("list_trades", {"days": each}) for each in [0, 8, "week"]),
    ("list_live_orders", {"filters": ["Submitted"]}),
    ("open_brokerage_session", {"compete": "yes please"}),
    ("get_pnl", {"account_id": "DU1234567"}),
]


@pytest.mark.parametrize(("tool", "arguments"), REFUSED, ids=lambda value: str(value)[:50])
async def test_a_wrong_argument_is_told_and_nothing_is_sent(
    bench: Bench, tool: str, arguments: dict[str, Any]
) -> None:
    recorder, answer = await bench.call(tool, arguments)

    assert answer.is_error
    assert recorder.sent == []
    told = answer.content[0]
    assert isinstance(told, TextContent)
    assert told.text.startswith(tool)
    assert "Nothing was sent" in told.text


@pytest.mark.parametrize("row", WIRE, ids=str)
async def test_a_tool_sends_exactly_this_and_only_reads_before_it(bench: Bench, row: Row) -> None:
    recorder, answer = await bench.call(row.tool, row.arguments)

    assert not answer.is_error, answer.content
    *before, (last, content) = recorder.sent
    assert last == row.sent
    assert (json.loads(content) if content else None) == row.body
    assert all(target.startswith("GET ") and "unsubscribe" not in target for target, _ in before)


# What a simulated account can be asked where the table's row means another.
ASKED: dict[str, dict[str, Any]] = {
    "get_bond_filters": {"issuer_id": "e1400789"},
    "get_order_status": {"order_id": 602801489},
}
PREPARED: dict[str, Prepare] = {
    tool: prepare for section in SECTIONS for tool, prepare in section.PREPARED.items()
}
PROFILES = {row.tool: section.PROFILE for section in SECTIONS for row in section.ROWS}
REFUSED_BY_IBKR = {"search_dynamic_accounts", "select_dynamic_account"}.union(
    *(section.NOT_FOR_THIS_LOGIN for section in SECTIONS)
)
MAY_BE_EMPTY = {"list_combo_positions"}.union(*(section.MAY_BE_EMPTY for section in SECTIONS))
SECRETS = {"session", "sessionId", "CREDENTIAL", "IP", "MAC", "hardware_info"}


@pytest.mark.parametrize("tool", ROUTES)
async def test_the_simulator_answers_every_tool(bench: Bench, tool: str) -> None:
    arguments = next(ASKED.get(tool, row.arguments) for row in WIRE if row.tool == tool)
    clock = Clock(start=NEW_YORK_MORNING, frozen=True)
    profile = PROFILES.get(tool, "retail")
    simulated = create_simulator(Simulation(SimulationOptions(login=True, profile=profile), clock))

    async with bench.over(httpx.ASGITransport(simulated), clock) as server:
        if tool == "unsubscribe_market_data":
            await server.call_tool("get_market_snapshot", {"conids": [265598]})
        if tool in PREPARED:
            arguments = await PREPARED[tool](server)
        answer = await server.call_tool(tool, dict(arguments))

    told = answer.content[-1]  # before it, what a cut answer says about itself
    assert isinstance(told, TextContent)
    assert answer.is_error is (tool in REFUSED_BY_IBKR), told.text
    if not answer.is_error:
        body = json.loads(told.text)
        assert body or tool in MAY_BE_EMPTY
        assert not SECRETS & _names(body)


def _names(body: Any) -> set[str]:
    if isinstance(body, dict):
        return set(body).union(*(_names(each) for each in body.values()))
    return set().union(*(_names(each) for each in body)) if isinstance(body, list) else set()


def test_every_route_has_a_row() -> None:
    assert {row.tool for row in WIRE} == set(ROUTES)


@pytest.mark.parametrize("tool", ROUTES)
def test_the_rows_of_a_tool_send_every_parameter_that_ibkr_knows(tool: str) -> None:
    method, template, _ = single_call(ROUTES[tool])
    fact = FACTS[re.sub(r"\{\w+\}", "{}", f"{method} {template}")]
    rows = [row for row in WIRE if row.tool == tool]

    names = {name for row in rows for name in httpx.URL(row.sent.partition(" ")[2]).params}
    assert names == set(fact["query"])
    assert {name for row in rows for name in row.body or {}} == set(fact["body"])


@pytest.mark.parametrize("tool", ROUTES)
def test_the_rows_of_a_tool_go_to_the_operation_it_says(tool: str) -> None:
    method, template, _ = single_call(ROUTES[tool])
    path = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
    for row in WIRE:
        if row.tool == tool:
            assert re.fullmatch(rf"{method} {path}(\?.*)?", row.sent)
