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


def test_row_of_a_partly_filled_order_has_filled_and_remaining_quantity() -> None:
    account = make_paper_account()
    order = account.add_working_order(MSFT, "BUY", 10, "LMT", at=account.clock.now(), limit_price=500.0)
    account.execute(order, 4, 499.5, at=account.clock.now(), exchange="ISLAND")
    row = live_order_row(ACCOUNT, order, account.instrument(MSFT))
    assert (row["filledQuantity"], row["remainingQuantity"], row["sizeAndFills"]) == (4.0, 6.0, "4/10")
    assert (row["avgPrice"], row["orderDesc"]) == ("499.50", "Buy 10 MSFT Limit 500.00, Day")
    status = order_status_row(ACCOUNT, order, account.instrument(MSFT))
    assert (status["size"], status["cum_fill"], status["order_ccp_status"]) == ("6.0", "4.0", "1")


def test_row_of_a_cancelled_order_has_no_remaining_quantity() -> None:
    account = make_paper_account()
    order = account.add_working_order(MSFT, "SELL", 10, "LMT", at=account.clock.now(), limit_price=500.0)
    order.set_status(OrderStatus.CANCELLED, account.clock.now())
    status = order_status_row(ACCOUNT, order, account.instrument(MSFT))
    assert (status["size"], status["order_ccp_status"]) == ("0.0", "4")
    assert status["order_status_description"] == "Order Cancelled"


def test_row_of_a_stop_order_contains_its_trigger_price() -> None:
    account = make_paper_account()
    order = account.add_working_order(MSFT, "SELL", 10, "STP", at=account.clock.now())
    order.stop_price = 450.0
    assert live_order_row(ACCOUNT, order, account.instrument(MSFT))["auxPrice"] == "450.00"
    assert order_status_row(ACCOUNT, order, account.instrument(MSFT))["stop_price"] == "450.00"


def test_row_of_an_option_order_has_symbol_and_terms() -> None:
    account = make_paper_account()
    option = find_option(account)
    order = account.add_working_order(
        option.conid, "SELL", 1, "MKT", at=account.clock.now(), reference="mine"
    )
    execution = account.execute(order, 1, 7.5, at=account.clock.now(), exchange="CBOE")
    row = live_order_row(ACCOUNT, order, option)
    assert row["description1"] == "AAPL"
    assert row["description2"].endswith(" Call")
    done = trade_row(ACCOUNT, execution, option)
    assert (row["order_ref"], done["order_ref"]) == ("mine", "mine")
    assert done["contract_description_2"] == row["description2"]
    assert (done["net_amount"], done["position"]) == (750.0, "4")


def test_row_of_a_currency_trade_has_the_pair_as_its_name() -> None:
    account = make_paper_account()
    trade(account, EUR_USD, 1000, 1.15)
    order = account.live_orders()[0]
    assert live_order_row(ACCOUNT, order, account.instrument(EUR_USD))["description1"] == "EUR.USD"
    done = trade_row(ACCOUNT, account.executions[-1], account.instrument(EUR_USD))
    assert (done["contract_description_1"], done["price"]) == ("EUR.USD", "1.15000")


def test_row_of_a_directly_routed_order_contains_its_exchange() -> None:
    account = make_paper_account()
    order = account.add_working_order(MSFT, "BUY", 1, "MKT", at=account.clock.now())
    assert live_order_row(ACCOUNT, order, account.instrument(MSFT))["conidex"] == str(MSFT)
    order.exchange = "ARCA"
    assert live_order_row(ACCOUNT, order, account.instrument(MSFT))["conidex"] == f"{MSFT}@ARCA"


def test_a_trade_description_uses_ibkrs_abbreviations() -> None:
    account = make_paper_account()
    trade(account, MSFT, 10, 500.0)
    trade(account, MSFT, -10, 500.0)
    rows = [trade_row(ACCOUNT, each, account.instrument(MSFT)) for each in account.executions[-2:]]
    verbs = [row["order_description"].split(" ", 1)[0] for row in rows]
    assert verbs == ["Bot", "Sold"]
    assert {row["commission"] for row in rows} == {"1.0"}


def test_rows_of_a_brackets_child_name_its_parent_and_group() -> None:
    account = make_paper_account()
    child = account.add_working_order(MSFT, "SELL", 10, "LMT", at=account.clock.now(), limit_price=500.0)
    child.oca_group = "602801480"
    live = live_order_row(ACCOUNT, child, account.instrument(MSFT))
    assert (live["parentId"], live["ocaGroupId"]) == (602801480, "602801480")
    status = order_status_row(ACCOUNT, child, account.instrument(MSFT))
    assert (status["parent_order_id"], status["oca_group_id"]) == (602801480, "602801480")


def test_an_oca_group_without_a_parent_has_only_a_group_name() -> None:
    account = make_paper_account()
    order = account.add_working_order(MSFT, "SELL", 10, "LMT", at=account.clock.now(), limit_price=500.0)
    order.oca_group = "oco-602801480"
    live = live_order_row(ACCOUNT, order, account.instrument(MSFT))
    assert live["ocaGroupId"] == "oco-602801480"
    assert "parentId" not in live
    assert "oca_group_id" not in order_status_row(ACCOUNT, order, account.instrument(MSFT))


def test_the_customers_order_id_is_in_live_orders_but_not_in_the_status() -> None:
    account = make_paper_account()
    order = account.add_working_order(MSFT, "BUY", 1, "MKT", at=account.clock.now(), reference="mine")
    assert live_order_row(ACCOUNT, order, account.instrument(MSFT))["order_ref"] == "mine"
    assert "mine" not in order_status_row(ACCOUNT, order, account.instrument(MSFT)).values()


def test_an_expired_order_states_the_reason_and_one_cancelled_by_the_customer_does_not() -> None:
    account = make_paper_account()
    order = account.add_working_order(MSFT, "BUY", 1, "LMT", at=account.clock.now(), limit_price=500.0)
    order.set_status(OrderStatus.CANCELLED, account.clock.now())
    key = "order_cancellation_by_system_reason"
    assert key not in live_order_row(ACCOUNT, order, account.instrument(MSFT))
    order.set_status(OrderStatus.CANCELLED, order.expires_at)
    assert key in live_order_row(ACCOUNT, order, account.instrument(MSFT))


@pytest.mark.parametrize("order_type", list(ORDER_TYPES))
def test_rows_of_every_order_type_have_the_same_value_types(order_type: str) -> None:
    account = make_paper_account()
    microsoft = account.instrument(MSFT)
    order = account.add_working_order(MSFT, "SELL", 10, order_type, at=account.clock.now(), limit_price=450.0)
    order.stop_price = 455.0
    live, status = live_order_row(ACCOUNT, order, microsoft), order_status_row(ACCOUNT, order, microsoft)
    assert live["orderType"] == ORDER_TYPES[order_type].title
    assert live["origOrderType"] == status["order_type"] == ORDER_TYPES[order_type].capitals
    assert live["orderDesc"] == f"Sell 10 MSFT {live['orderType']} 450.00 Stop 455.00, Day"
    assert {type(live[name]) for name in ("price", "auxPrice", "orderDesc")} == {str}
    assert {type(status[name]) for name in ("limit_price", "stop_price", "size")} == {str}


def test_description_of_a_stop_without_a_limit_contains_its_stop_price() -> None:
    account = make_paper_account()
    order = account.add_working_order(MSFT, "SELL", 10, "STP", at=account.clock.now())
    order.stop_price = 455.0
    live = live_order_row(ACCOUNT, order, account.instrument(MSFT))
    assert (live["orderDesc"], live["price"]) == ("Sell 10 MSFT Stop 455.00, Day", "455.00")
    status = order_status_row(ACCOUNT, order, account.instrument(MSFT))
    assert status["order_description"] == "Sell 10 Stop 455.00, Day"
    assert status["order_description_with_contract"] == live["orderDesc"]


def test_row_of_an_order_with_a_pending_cancellation_cannot_be_modified_or_cancelled() -> None:
    account = make_paper_account()
    order = account.add_working_order(MSFT, "SELL", 10, "MKT", at=account.clock.now())
    order.set_status(OrderStatus.PENDING_CANCEL, account.clock.now())
    status = order_status_row(ACCOUNT, order, account.instrument(MSFT))
    assert (status["order_not_editable"], status["cannot_cancel_order"]) == (True, True)
    assert (status["editable_fields"], status["size"]) == ("\u001e", "10.0")
