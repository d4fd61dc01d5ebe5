from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api_gateway.simulator.order_behaviour import OrderBehaviour
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, MSFT, ApiClient, trade

ORDERS = "/iserver/account/orders"
STATUS = "/iserver/account/order/status"
TRADES = "/iserver/account/trades"


@pytest.fixture
async def api(gateway: httpx.AsyncClient) -> ApiClient:
    return await ApiClient(gateway).prepare_session()


def ended(simulation: Simulation, status: str) -> Order:
    return next(order for order in simulation.selected_account.live_orders() if order.status.value == status)


def types(row: dict[str, Any]) -> dict[str, str]:
    return {key: type(value).__name__ for key, value in row.items()}


async def test_the_first_list_of_orders_is_empty_and_the_second_is_not(api: ApiClient) -> None:
    assert await api.get_json(ORDERS) == {"orders": [], "snapshot": False}
    second = await api.get_json(ORDERS)
    assert second["snapshot"] is True
    assert [order["status"] for order in second["orders"]] == ["Submitted", "Cancelled", "Filled"]


async def test_a_forced_list_is_empty_and_counts_as_the_first_call(api: ApiClient) -> None:
    assert await api.get_json(ORDERS, force="true") == {"orders": [], "snapshot": False}
    assert len((await api.get_json(ORDERS))["orders"]) == 3
    assert await api.get_json(ORDERS, force="true") == {"orders": [], "snapshot": False}
    assert len((await api.get_json(ORDERS, force="false"))["orders"]) == 3


@pytest.mark.parametrize(
    ("filters", "statuses"),
    [
        ("filled", ["Filled"]),
        ("filled,cancelled", ["Cancelled", "Filled"]),
        ("submitted, pre_submitted", ["Submitted"]),
        ("Filled", ["Filled"]),
        ("PreSubmitted", []),
        ("inactive", []),
        ("nonsense", []),
        ("sort_by_time", ["Submitted", "Cancelled", "Filled"]),
        ("", ["Submitted", "Cancelled", "Filled"]),
    ],
)
async def test_filters_select_orders_by_status(api: ApiClient, filters: str, statuses: list[str]) -> None:
    body = await api.get_json_twice(ORDERS, filters=filters)
    assert [order["status"] for order in body["orders"]] == statuses


async def test_a_filtered_list_can_be_empty_although_orders_exist(
    api: ApiClient, simulation: Simulation
) -> None:
    simulation.order_behaviour = OrderBehaviour(filtered_list_empty=True)
    assert await api.get_json_twice(ORDERS, filters="filled") == {"orders": [], "snapshot": False}
    for filters in ("", "sort_by_time"):
        assert len((await api.get_json(ORDERS, filters=filters))["orders"]) == 3


async def test_sorting_by_time_puts_the_last_change_first(api: ApiClient, simulation: Simulation) -> None:
    filled = ended(simulation, "Filled")
    filled.updated_at = simulation.clock.now()
    body = await api.get_json_twice(ORDERS, filters="sort_by_time")
    assert body["orders"][0]["orderId"] == filled.order_id
    times = [order["lastExecutionTime_r"] for order in body["orders"]]
    assert times == sorted(times, reverse=True)


async def test_a_list_has_at_most_1000_orders(api: ApiClient, simulation: Simulation) -> None:
    for _ in range(1000):
        simulation.selected_account.add_working_order(
            MSFT, "BUY", 1, "LMT", at=simulation.clock.now(), limit_price=1.0
        )
    assert len((await api.get_json_twice(ORDERS))["orders"]) == 1000


@pytest.mark.parametrize("path", [ORDERS, TRADES])
async def test_an_account_of_another_login_is_unavailable(api: ApiClient, path: str) -> None:
    assert (await api.get(path, accountId="U7654321")).status_code == 503
    assert (await api.get(path, accountId=ACCOUNT)).status_code == 200


async def test_live_orders_have_camel_case_fields_and_sides_in_words(
    api: ApiClient, simulation: Simulation
) -> None:
    filled = ended(simulation, "Filled")
    rows = (await api.get_json_twice(ORDERS))["orders"]
    row = next(row for row in rows if row["orderId"] == filled.order_id)
    assert types(row) == {
        **dict.fromkeys(row, "str"),
        **dict.fromkeys(("conid", "orderId", "lastExecutionTime_r"), "int"),
        **dict.fromkeys(("remainingQuantity", "filledQuantity", "totalSize"), "float"),
    }
    assert (row["side"], row["status"], row["price"], row["timeInForce"]) == ("SELL", "Filled", "", "CLOSE")
    assert (row["remainingQuantity"], row["filledQuantity"], row["sizeAndFills"]) == (0.0, 40.0, "40")
    assert row["orderDesc"] == f"Sold 40 {row['ticker']} Market, Day"
    moment = datetime.fromtimestamp(row["lastExecutionTime_r"] / 1000, tz=UTC)
    assert row["lastExecutionTime"] == moment.strftime("%y%m%d%H%M%S")


async def test_only_a_filled_day_order_has_the_time_in_force_close(
    api: ApiClient, simulation: Simulation
) -> None:
    order = ended(simulation, "Submitted")
    order.tif = "DAY"
    rows = (await api.get_json_twice(ORDERS))["orders"]
    assert {row["timeInForce"] for row in rows if row["orderId"] == order.order_id} == {"DAY"}


async def test_an_open_order_has_a_limit_but_no_average_price(api: ApiClient, simulation: Simulation) -> None:
    rows = (await api.get_json_twice(ORDERS, filters="submitted"))["orders"]
    limit = f"{ended(simulation, 'Submitted').limit_price:.2f}"
    assert [row["conid"] for row in rows] == [MSFT]
    assert (rows[0]["price"], rows[0]["timeInForce"], rows[0]["side"]) == (limit, "GTC", "BUY")
    assert (rows[0]["remainingQuantity"], rows[0]["sizeAndFills"]) == (50.0, "0/50")
    assert rows[0]["orderDesc"] == f"Buy 50 MSFT Limit {limit}, GTC"
    assert "avgPrice" not in rows[0]


async def test_an_order_status_has_snake_case_fields_and_text_numbers(
    api: ApiClient, simulation: Simulation
) -> None:
    filled = ended(simulation, "Filled")
    row = await api.get_json(f"{STATUS}/{filled.order_id}")
    switches = (
        "order_not_editable",
        "cannot_cancel_order",
        "deactivate_order",
        "allowed_duplicate_opposite",
    )
    assert types(row) == {
        **dict.fromkeys(row, "str"),
        **dict.fromkeys(("conid", "order_id", "alert_active"), "int"),
        **dict.fromkeys(switches, "bool"),
        "sub_type": "NoneType",
    }
    assert (row["side"], row["order_ccp_status"], row["limit_price"], row["tif"]) == ("S", "2", "", "DAY")
    assert (row["size"], row["total_size"], row["cum_fill"]) == ("0.0", "40.0", "40.0")
    assert row["average_price"] == f"{filled.average_price:.2f}"
    assert {"fg_color", "bg_color"} <= row.keys()


async def test_an_open_order_can_be_edited_and_cancelled(api: ApiClient, simulation: Simulation) -> None:
    row = await api.get_json(f"{STATUS}/{ended(simulation, 'Submitted').order_id}")
    assert (row["side"], row["order_status"], row["order_ccp_status"]) == ("B", "Submitted", "0")
    assert row["editable_fields"] == "\u001e"
    assert (row["order_not_editable"], row["cannot_cancel_order"]) == (False, False)
    assert "average_price" not in row
    assert row["order_description_with_contract"].startswith("Buy 50 MSFT Limit ")


@pytest.mark.parametrize("order_id", ["x", "0", "-1", "1.5", "9" * 19])
async def test_the_status_of_an_invalid_order_id_is_a_bad_request(api: ApiClient, order_id: str) -> None:
    reply = await api.get(f"{STATUS}/{order_id}")
    assert reply.status_code == 400
    assert reply.json()["error"].startswith("Bad Request: ")


async def test_the_status_of_an_unknown_or_older_order_is_unavailable(
    api: ApiClient, simulation: Simulation
) -> None:
    for order_id in (min(simulation.selected_account.orders), 1):
        reply = await api.get(f"{STATUS}/{order_id}")
        assert reply.status_code == 503
        assert reply.json() == {"error": f"Order {order_id} is not found", "statusCode": 503}


async def test_the_first_list_of_trades_is_empty_and_the_second_is_todays(
    api: ApiClient, simulation: Simulation
) -> None:
    assert await api.get_json(TRADES) == []
    rows = await api.get_json(TRADES)
    assert {row["order_id"] for row in rows} == {ended(simulation, "Filled").order_id}
    assert [row["size"] for row in rows] == [25.0, 15.0]


async def test_trades_have_text_prices_and_float_sizes(api: ApiClient, simulation: Simulation) -> None:
    rows = await api.get_json_twice(TRADES, days=7)
    for row in rows:
        assert types(row) == {
            **dict.fromkeys(row, "str"),
            **dict.fromkeys(("conid", "trade_time_r", "order_id"), "int"),
            **dict.fromkeys(("size", "net_amount"), "float"),
        }
        assert row["side"] in ("B", "S")
        assert re.fullmatch(r"[0-9a-f]{8}\.[0-9a-f]{8}\.\d\d\.\d\d", row["execution_id"])
        moment = datetime.fromtimestamp(row["trade_time_r"] / 1000, tz=UTC)
        assert row["trade_time"] == moment.strftime("%Y%m%d-%H:%M:%S")
    sale = rows[0]
    assert (sale["conid"], sale["side"]) == (AAPL, "S")
    assert sale["position"] == f"{simulation.selected_account.positions[AAPL].quantity:g}"
    assert sale["net_amount"] == pytest.approx(sale["size"] * float(sale["price"]), abs=0.01)


async def test_more_days_give_more_trades_up_to_seven(api: ApiClient) -> None:
    counts = [len(await api.get_json_twice(TRADES, days=days)) for days in (1, 2, 7)]
    assert counts[0] < counts[1] <= counts[2]
    for days in ("0", "8", "x", ""):
        assert (await api.get(TRADES, days=days)).status_code == 400


async def test_one_fill_agrees_in_orders_status_and_trades(api: ApiClient, simulation: Simulation) -> None:
    trade(simulation.selected_account, MSFT, 3, 500.25)
    order_id = max(simulation.selected_account.orders)
    live = (await api.get_json_twice(ORDERS, filters="filled"))["orders"][0]
    status = await api.get_json(f"{STATUS}/{order_id}")
    done = (await api.get_json_twice(TRADES))[0]
    assert live["orderId"] == status["order_id"] == done["order_id"] == order_id
    assert (live["side"], status["side"], done["side"]) == ("BUY", "B", "B")
    assert (live["filledQuantity"], status["cum_fill"], done["size"]) == (3.0, "3.0", 3.0)
    assert live["avgPrice"] == status["average_price"] == done["price"] == "500.25"


@pytest.mark.parametrize("path", [ORDERS, TRADES, f"{STATUS}/602801489"])
async def test_order_monitoring_requires_the_accounts_call(gateway: httpx.AsyncClient, path: str) -> None:
    reply = await ApiClient(gateway).get(path)
    assert (reply.status_code, reply.json()["error"]) == (400, "Please query /accounts first")


async def test_the_first_lists_of_a_new_brokerage_session_are_empty(
    api: ApiClient, simulation: Simulation, skip: Callable[[float], None]
) -> None:
    await api.get_json_twice(ORDERS)
    await api.get_json_twice(TRADES)
    simulation.session.init(compete=True)
    skip(5)
    await api.prepare_session()
    assert (await api.get_json(ORDERS))["orders"] == []
    assert await api.get_json(TRADES) == []


async def test_a_filter_mutes_the_order_stream_until_a_forced_list(
    api: ApiClient, simulation: Simulation
) -> None:
    silenced = []
    for query in ({}, {"filters": "filled"}, {}, {"force": "true"}):
        await api.get("/iserver/account/orders", **query)
        silenced.append(simulation.preflights.orders_filtered)
    assert silenced == [False, True, True, False]
