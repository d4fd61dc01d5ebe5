"""ibkr_core_mcp's REST and WebSocket clients.

Its rate limiter paces requests by the simulator's clock instead of the wall clock; confirmation of each order
by a person, by fingerprint and in a window, is replaced by automatic consent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ibkr_core_mcp import client as client_module
from ibkr_core_mcp import rate_limiter
from ibkr_core_mcp.auth import NoAuth
from ibkr_core_mcp.client import IBKRClient
from ibkr_core_mcp.config import Config
from ibkr_core_mcp.streaming import IBKRWebSocket

from tests.clients.conftest import SimulatorProcess

AAPL = 265598
GATES = [name for name in vars(client_module) if name == "require_touch_id" or name.endswith("_dialog")]


@pytest.fixture(scope="module")
def config(retail: SimulatorProcess) -> Config:
    """The simulator's address; nothing else is configured."""
    nowhere = Path()
    return Config(f"{retail.url}/v1/api", "", nowhere, nowhere, nowhere)


@pytest.fixture(scope="module")
def api(retail: SimulatorProcess, config: Config) -> Iterator[IBKRClient]:
    """The REST client, paced by the simulator's clock."""
    with pytest.MonkeyPatch.context() as patch:
        pacer = rate_limiter.EndpointPacer(lambda: retail.control("pardon")["now"], retail.advance, 1_000)
        patch.setattr(rate_limiter, "_pacer", pacer)
        for gate in GATES:
            patch.setattr(client_module, gate, lambda *_, **__: None)
        retail.advance(901)
        client = IBKRClient(config, NoAuth())
        client.get_brokerage_accounts()
        client.get_accounts()
        yield client


Call = Callable[[IBKRClient, str], Any]

METHODS: dict[str, Call] = {
    "ping": lambda c, _: c.ping(),
    "get_auth_status": lambda c, _: c.get_auth_status(),
    "tickle": lambda c, _: c.tickle(),
    "validate_sso": lambda c, _: c.validate_sso(),
    "get_market_history": lambda c, _: c.get_market_history(AAPL, "1m", "1d"),
    "get_market_history_paginated": lambda c, _: c.get_market_history_paginated(AAPL, "2y", "1d"),
    "get_market_snapshot": lambda c, _: c.get_market_snapshot([AAPL]),
    "unsubscribe_all_market_data": lambda c, _: c.unsubscribe_all_market_data(),
    "search_contract": lambda c, _: c.search_contract("AAPL"),
    "get_contract_info": lambda c, _: c.get_contract_info(AAPL),
    "get_contract_info_and_rules": lambda c, _: c.get_contract_info_and_rules(AAPL),
    "get_contract_algos": lambda c, _: c.get_contract_algos(AAPL) or c.get_contract_algos(AAPL),
    "get_option_chain": lambda c, _: c.get_option_chain("AAPL"),
    "get_futures": lambda c, _: c.get_futures(["ES"]),
    "get_stocks": lambda c, _: c.get_stocks(["AAPL"]),
    "get_trading_schedule": lambda c, _: c.get_trading_schedule("STK", "AAPL"),
    "get_secdef": lambda c, _: c.get_secdef([AAPL]),
    "get_currency_pairs": lambda c, _: c.get_currency_pairs("USD"),
    "get_contract_rules": lambda c, _: c.get_contract_rules(AAPL),
    "get_accounts": lambda c, _: c.get_accounts(),
    "get_subaccounts": lambda c, _: c.get_subaccounts(),
    "get_account_meta": lambda c, account: c.get_account_meta(account),
    "get_account_summary": lambda c, account: c.get_account_summary(account),
    "get_account_ledger": lambda c, account: c.get_account_ledger(account),
    "get_account_allocation": lambda c, account: c.get_account_allocation(account),
    "get_all_positions": lambda c, account: c.get_all_positions(account),
    "get_positions_by_conid": lambda c, _: c.get_positions_by_conid(AAPL),
    "get_portfolio_allocation": lambda c, account: c.get_portfolio_allocation([account]),
    "invalidate_positions_cache": lambda c, account: c.invalidate_positions_cache(account),
    "get_live_orders": lambda c, _: c.get_live_orders(),
    "get_trades": lambda c, _: c.get_trades(),
    "get_pa_periods": lambda c, account: c.get_pa_periods([account]),
    "get_pa_performance": lambda c, account: c.get_pa_performance([account], "1M"),
    "get_pa_transactions": lambda c, account: c.get_pa_transactions([account], [AAPL], days=90),
    "get_scanner_params": lambda c, _: c.get_scanner_params(),
    "run_iserver_scanner": lambda c, _: c.run_iserver_scanner(
        {"instrument": "STK", "type": "TOP_PERC_GAIN", "location": "STK.US.MAJOR", "filter": []}
    ),
    "get_notifications": lambda c, _: c.get_notifications(),
    "get_delivery_options": lambda c, _: c.get_delivery_options(),
    "get_mta_alert": lambda c, _: c.get_mta_alert(),
    "get_watchlists": lambda c, _: c.get_watchlists(),
    "get_forecast_categories": lambda c, _: c.get_forecast_categories(),
    "get_brokerage_accounts": lambda c, _: c.get_brokerage_accounts(),
    "get_pnl": lambda c, _: c.get_pnl(),
}
"""Reads; what each returns must not be empty."""


@pytest.mark.parametrize("name", METHODS)
def test_a_method_returns_something(api: IBKRClient, retail: SimulatorProcess, name: str) -> None:
    retail.advance(6)
    account = retail.control("pardon")["accountId"]
    result = METHODS[name](api, account)
    assert result
    assert not (isinstance(result, dict) and "error" in result), result


def test_an_order_is_placed_changed_and_cancelled(api: IBKRClient, retail: SimulatorProcess) -> None:
    account = retail.control("pardon")["accountId"]
    api.get_brokerage_accounts()
    api.get_market_snapshot([AAPL])
    retail.advance(2)
    price = float(str(api.get_market_snapshot([AAPL])[0]["31"]).lstrip("CH"))
    ticket = {"conid": AAPL, "ticker": "AAPL", "orderType": "LMT", "side": "BUY", "quantity": 3, "tif": "DAY"}
    placed = api.place_order_and_confirm(account, {**ticket, "price": round(price * 0.99, 2)})
    order_id = str(placed[0]["order_id"])
    retail.advance(6)
    changed = api.modify_order_and_confirm(account, order_id, {**ticket, "price": round(price * 0.98, 2)})
    assert str(changed["order_id"]) == order_id
    assert api.cancel_order(account, order_id)


def test_executions_and_profit_arrive_over_the_websocket(
    api: IBKRClient, config: Config, retail: SimulatorProcess
) -> None:
    # Quotes do not: this client looks for them in a list `data`, which IBKR's `smd` frames do not have.
    async def listen() -> set[str]:
        session = api._post("/tickle")["session"]
        socket = IBKRWebSocket(config.gateway_url, f"api={session}")
        await socket.connect()
        arrived: set[str] = set()
        await asyncio.sleep(
            3
        )  # IBKR drops what is sent before its greeting; this client does not wait for it
        await socket.subscribe_executions(days=7)
        await socket.subscribe_pnl()
        async with asyncio.timeout(30):
            async for update in socket.listen():
                arrived.add(type(update).__name__)
                if {"TradeExecution", "PnLUpdate"} <= arrived:
                    break
        await socket.disconnect()
        return arrived

    retail.control("release")
    try:
        assert {"TradeExecution", "PnLUpdate"} <= asyncio.run(listen())
    finally:
        retail.control("hold")
