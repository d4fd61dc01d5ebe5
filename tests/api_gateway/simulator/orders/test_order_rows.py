from __future__ import annotations

import pytest

from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.orders.order_rows import live_order_row, order_status_row, trade_row
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from tests.api_gateway.simulator.paper_account import (
    ACCOUNT,
    EUR_USD,
    MSFT,
    find_option,
    make_paper_account,
    trade,
)


def test_a_partly_filled_order_counts_both_parts() -> None:
    broker = make_paper_account()
    order = broker.add_working_order(MSFT, "BUY", 10, "LMT", at=broker.clock.now(), limit_price=500.0)
    broker.execute(order, 4, 499.5, at=broker.clock.now(), exchange="ISLAND")
    row = live_order_row(ACCOUNT, order, broker.instrument(MSFT))
    assert (row["filledQuantity"], row["remainingQuantity"], row["sizeAndFills"]) == (4.0, 6.0, "4/10")
    assert (row["avgPrice"], row["orderDesc"]) == ("499.50", "Buy 10 Limit 500.00, Day")
    status = order_status_row(ACCOUNT, order, broker.instrument(MSFT))
    assert (status["size"], status["cum_fill"], status["order_ccp_status"]) == ("6.0", "4.0", "1")


def test_a_cancelled_order_has_nothing_left() -> None:
    broker = make_paper_account()
    order = broker.add_working_order(MSFT, "SELL", 10, "LMT", at=broker.clock.now(), limit_price=500.0)
    order.set_status(OrderStatus.CANCELLED, broker.clock.now())
    status = order_status_row(ACCOUNT, order, broker.instrument(MSFT))
    assert (status["size"], status["order_ccp_status"]) == ("0.0", "4")
    assert status["order_status_description"] == "Order Cancelled"


def test_a_stop_order_shows_its_trigger() -> None:
    broker = make_paper_account()
    order = broker.add_working_order(MSFT, "SELL", 10, "STP", at=broker.clock.now())
    order.stop_price = 450.0
    assert live_order_row(ACCOUNT, order, broker.instrument(MSFT))["auxPrice"] == "450.00"
    assert order_status_row(ACCOUNT, order, broker.instrument(MSFT))["stop_price"] == "450.00"


def test_an_option_is_described_in_two_parts() -> None:
    broker = make_paper_account()
    option = find_option(broker)
    order = broker.add_working_order(option.conid, "SELL", 1, "MKT", at=broker.clock.now(), reference="mine")
    execution = broker.execute(order, 1, 7.5, at=broker.clock.now(), exchange="CBOE")
    row = live_order_row(ACCOUNT, order, option)
    assert row["description1"] == "AAPL"
    assert row["description2"].endswith(" Call")
    done = trade_row(ACCOUNT, execution, option)
    assert (row["order_ref"], done["order_ref"]) == ("mine", "mine")
    assert done["contract_description_2"] == row["description2"]
    assert (done["net_amount"], done["position"]) == (750.0, "4")


def test_a_currency_trade_is_named_after_the_pair() -> None:
    broker = make_paper_account()
    trade(broker, EUR_USD, 1000, 1.15)
    order = broker.live_orders()[0]
    assert live_order_row(ACCOUNT, order, broker.instrument(EUR_USD))["description1"] == "EUR.USD"
    done = trade_row(ACCOUNT, broker.executions[-1], broker.instrument(EUR_USD))
    assert (done["contract_description_1"], done["price"]) == ("EUR.USD", "1.15000")


def test_an_order_routed_directly_names_its_exchange() -> None:
    broker = make_paper_account()
    order = broker.add_working_order(MSFT, "BUY", 1, "MKT", at=broker.clock.now())
    assert live_order_row(ACCOUNT, order, broker.instrument(MSFT))["conidex"] == str(MSFT)
    order.exchange = "ARCA"
    assert live_order_row(ACCOUNT, order, broker.instrument(MSFT))["conidex"] == f"{MSFT}@ARCA"


@pytest.mark.parametrize("order_type", list(ORDER_TYPES))
def test_every_type_of_order_is_written_with_the_same_types(order_type: str) -> None:
    broker = make_paper_account()
    microsoft = broker.instrument(MSFT)
    order = broker.add_working_order(MSFT, "SELL", 10, order_type, at=broker.clock.now(), limit_price=450.0)
    order.stop_price = 455.0
    live, status = live_order_row(ACCOUNT, order, microsoft), order_status_row(ACCOUNT, order, microsoft)
    assert live["orderType"] == ORDER_TYPES[order_type].title
    assert live["origOrderType"] == status["order_type"] == ORDER_TYPES[order_type].capitals
    assert live["orderDesc"] == f"Sell 10 {live['orderType']} 450.00 Stop 455.00, Day"
    assert {type(live[name]) for name in ("price", "auxPrice", "orderDesc")} == {str}
    assert {type(status[name]) for name in ("limit_price", "stop_price", "size")} == {str}


def test_a_stop_without_a_limit_is_described_by_its_stop() -> None:
    broker = make_paper_account()
    order = broker.add_working_order(MSFT, "SELL", 10, "STP", at=broker.clock.now())
    order.stop_price = 455.0
    assert live_order_row(ACCOUNT, order, broker.instrument(MSFT))["orderDesc"] == "Sell 10 Stop 455.00, Day"


def test_an_order_that_is_being_cancelled_can_be_neither_changed_nor_cancelled() -> None:
    broker = make_paper_account()
    order = broker.add_working_order(MSFT, "SELL", 10, "MKT", at=broker.clock.now())
    order.set_status(OrderStatus.PENDING_CANCEL, broker.clock.now())
    status = order_status_row(ACCOUNT, order, broker.instrument(MSFT))
    assert (status["order_not_editable"], status["cannot_cancel_order"]) == (True, True)
    assert (status["editable_fields"], status["size"]) == ("", "10.0")
