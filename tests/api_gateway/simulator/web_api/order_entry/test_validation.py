from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.web_api.order_entry.tickets import parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import (
    OrderRejectedError,
    build_order,
    check_funds,
    check_reference,
)
from api_gateway.simulator.web_api.routing import ApiError
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    EUR_USD,
    IBM_IN_FRANKFURT,
    MONDAY,
    find_future,
    find_option,
    make_paper_account,
)

BITCOIN, SPX = 479624278, 416904
_HOUR, _DAY = 3600.0, 86400.0


@pytest.fixture
def broker() -> PaperAccount:
    return make_paper_account()


def order(broker: PaperAccount, **fields: Any) -> Order:
    return build_order(broker, parse_ticket(ticket(**fields)), 1)


def rejection(broker: PaperAccount, **fields: Any) -> str:
    with pytest.raises(OrderRejectedError) as caught:
        order(broker, **fields)
    return str(caught.value)


def last(broker: PaperAccount, conid: int) -> float:
    return broker.prices.price_at(broker.instrument(conid), broker.clock.now())


def test_a_ticket_becomes_an_order_with_everything_that_it_says(broker: PaperAccount) -> None:
    price = round(last(broker, AAPL), 2)
    made = order(
        broker,
        orderType="TRAILLMT",
        price=price - 2,
        auxPrice=price - 1,
        trailingAmt=1.5,
        side="SELL",
        tif="GTC",
        cOID="mine",
        allOrNone=True,
    )
    assert (made.side, made.order_type, made.tif, made.reference) == ("SELL", "TRAILLMT", "GTC", "mine")
    assert (made.stop_price, made.limit_price) == (price - 1, price - 2)
    assert made.limit_offset == pytest.approx(-1)
    assert (made.trailing, made.trailing_unit) == (1.5, "amt")
    assert made.all_or_none
    assert made.ticket["cOID"] == "mine"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"conid": 5}, "No security definition"),
        ({"conid": SPX}, "cannot be traded"),
        ({"conid": None, "conidex": "265598@LSE"}, "Invalid destination exchange"),
        ({"conid": None, "conidex": "28812380;;;265598/1,8314/-1"}, "Combination orders"),
        ({"conid": EUR_USD, "orderType": "MOC"}, "not supported for this contract"),
        ({"conid": IBM_IN_FRANKFURT, "quantity": 1.5}, "size increment"),
        ({"quantity": 1.00001}, "size increment"),
        ({"conid": EUR_USD, "quantity": 1000.5}, "size increment"),
        ({"conid": BITCOIN, "quantity": 1, "side": "SELL"}, "cannot be sold short"),
        ({"orderType": "STP", "price": 200, "tif": "IOC"}, "Time in force IOC"),
        ({"orderType": "MOC", "tif": "GTC"}, "good for the day only"),
        ({"tif": "PAX"}, "cryptocurrencies only"),
        ({"tif": "OVT"}, "limit orders on US stocks only"),
        ({"conid": IBM_IN_FRANKFURT, "orderType": "LMT", "price": 200, "tif": "OND"}, "US stocks only"),
        ({"orderType": "LMT", "price": 277.005}, "minimum price variation"),
        ({"orderType": "STP", "price": 277.005}, "minimum price variation"),
        ({"orderType": "LMT", "price": 400}, "We cannot accept an order at the limit price"),
        ({"orderType": "LMT", "price": 1}, "We cannot accept an order at the limit price"),
        ({"orderType": "LMT", "price": 1, "side": "SELL"}, "We cannot accept an order at the limit price"),
        ({"quantity": 0, "cashQty": 100}, "less than the price of one unit"),
        ({"side": "CLOSE", "conid": 272093}, "no position to close"),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_a_sentence(
    broker: PaperAccount, fields: dict[str, Any], words: str
) -> None:
    assert words in rejection(broker, **fields)


def test_fractions_are_for_us_stocks_and_cryptocurrencies(broker: PaperAccount) -> None:
    assert order(broker, quantity=0.5).quantity == 0.5
    assert order(broker, conid=BITCOIN, quantity=0.00000001).quantity == 0.00000001


def test_what_a_parent_buys_its_child_may_sell(broker: PaperAccount) -> None:
    assert order(broker, conid=BITCOIN, quantity=0.1, side="SELL", parentId="p").sign == -1


def test_money_buys_whole_shares_and_parts_of_a_coin(broker: PaperAccount) -> None:
    broker.prices.override_price(AAPL, 250.0)
    broker.prices.override_price(BITCOIN, 80_000.0)
    assert order(broker, quantity=None, cashQty=1000).quantity == 3
    assert order(broker, quantity=None, cashQty=1000, orderType="LMT", price=249).quantity == 4
    assert 0.0124 < order(broker, conid=BITCOIN, quantity=None, cashQty=1000).quantity < 0.0125
    option = find_option(broker).conid
    assert "Cash quantity" in rejection(broker, conid=option, quantity=None, cashQty=1000)


def test_an_option_may_be_bid_for_at_any_price(broker: PaperAccount) -> None:
    assert order(broker, conid=find_option(broker).conid, orderType="LMT", price=0.01).limit_price == 0.01


def test_close_sells_what_is_held(broker: PaperAccount) -> None:
    closing = order(broker, side="CLOSE", quantity=None)
    assert (closing.side, closing.quantity) == ("SELL", broker.positions[AAPL].quantity)


def test_a_us_future_needs_to_know_who_places_it(broker: PaperAccount) -> None:
    future = find_future(broker).conid
    with pytest.raises(ApiError):
        order(broker, conid=future, extOperator="me")
    assert order(broker, conid=future, manualIndicator=False, extOperator="me").exchange == "CME"


def test_an_expired_contract_is_not_traded(broker: PaperAccount) -> None:
    option = find_option(broker)
    broker.clock.advance((option.expires_at or 0) - MONDAY)
    assert "expired" in rejection(broker, conid=option.conid)


def test_the_closed_market_takes_no_immediate_orders_and_the_close_no_late_ones(broker: PaperAccount) -> None:
    broker.clock.advance(3 * _HOUR - 599)
    assert "too late" in rejection(broker, orderType="MOC")
    assert order(broker, tif="IOC").tif == "IOC"
    broker.clock.advance(600)
    assert "market is closed" in rejection(broker, tif="IOC")
    assert order(broker, orderType="MOC").order_type == "MOC"


def test_funds_are_those_of_all_orders_together(broker: PaperAccount) -> None:
    large = order(broker, quantity=9000)
    check_funds(broker, [large])
    with pytest.raises(OrderRejectedError, match="available funds are insufficient"):
        check_funds(broker, [large] * 4)
    check_funds(broker, [order(broker, side="SELL", quantity=5)])


def test_an_account_in_need_may_still_reduce_its_positions(broker: PaperAccount) -> None:
    broker.deposit("USD", -broker.valuation().total.available_funds - 5000)
    check_funds(broker, [order(broker, side="SELL", quantity=10)])
    with pytest.raises(OrderRejectedError):
        check_funds(broker, [order(broker, quantity=10)])


def test_a_reference_is_free_again_after_a_day(broker: PaperAccount) -> None:
    broker.add_working_order(AAPL, "BUY", 1, "MKT", at=broker.clock.now(), reference="mine")
    broker.clock.advance(_DAY - 1)
    with pytest.raises(OrderRejectedError, match=r"^Local order ID=mine is already registered$"):
        check_reference([broker], "mine")
    check_reference([broker], "other")
    check_reference([broker], "")
    broker.clock.advance(1)
    check_reference([broker], "mine")


def test_only_the_types_that_the_rules_name_trade_outside_regular_hours(broker: PaperAccount) -> None:
    price = round(last(broker, AAPL), 2)
    assert order(broker, orderType="LMT", price=price, outsideRTH=True).outside_rth
    assert not order(broker, orderType="LMT", price=price).outside_rth
    assert not order(broker, outsideRTH=True).outside_rth


def test_an_algorithm_is_one_of_the_contracts_own_and_is_told_what_it_needs(broker: PaperAccount) -> None:
    patient = {"adaptivePriority": "Patient"}
    assert order(broker, strategy="Adaptive", strategyParameters=patient).quantity == 10
    assert "needs adaptivePriority" in rejection(broker, strategy="Adaptive")
    assert "not available" in rejection(broker, strategy="Guess")
    option = find_option(broker).conid
    assert "not available" in rejection(broker, conid=option, quantity=1, strategy="DarkIce")
