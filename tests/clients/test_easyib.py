"""easyib, a small client that confirms every question."""

from __future__ import annotations

from typing import Any

import easyib
import pytest

from tests.clients.conftest import SimulatorProcess

AAPL = 265598


@pytest.fixture(scope="module")
def api(retail: SimulatorProcess) -> easyib.REST:
    """easyib with the retail login, and the accounts listed once, as IBKR requires."""
    retail.advance(6)
    api = easyib.REST(url=retail.url)
    retail.request("/v1/api/iserver/accounts")
    return api


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("get_accounts", ()),
        ("get_cash", ()),
        ("get_netvalue", ()),
        ("get_conid", ("AAPL",)),
        ("get_portfolio", ()),
        ("ping_server", ()),
        ("get_auth_status", ()),
        ("get_bars", ("AAPL", "1w", "1d")),
        ("get_fut_conids", ("ES",)),
    ],
)
def test_a_method_works(
    api: easyib.REST, retail: SimulatorProcess, method: str, arguments: tuple[Any]
) -> None:
    retail.advance(6)
    result = getattr(api, method)(*arguments)
    assert result
    assert not (isinstance(result, dict) and "error" in result)


def test_an_order_is_placed_found_changed_and_cancelled(api: easyib.REST, retail: SimulatorProcess) -> None:
    retail.advance(6)
    price = api.get_bars("AAPL", "1d", "1d")["data"][-1]["c"]
    ticket = {"conid": AAPL, "orderType": "LMT", "side": "BUY", "quantity": 7, "tif": "DAY"}
    placed = api.submit_orders([{**ticket, "price": round(price * 0.9, 2)}])
    order_id = placed["order_id"]
    retail.advance(6)
    api.get_live_orders()
    retail.advance(6)
    assert int(order_id) in [row["orderId"] for row in api.get_live_orders()["orders"]]
    assert str(api.get_order(order_id)["order_id"]) == order_id
    changed = api.modify_order(order_id, {**ticket, "price": round(price * 0.91, 2)})
    assert changed["order_id"] == order_id
    assert str(api.cancel_order(order_id)["order_id"]) == order_id
