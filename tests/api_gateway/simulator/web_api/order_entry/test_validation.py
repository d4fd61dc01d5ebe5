from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.replies import ApiError
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import (
    build_order,
    check_funds,
    check_reference,
)
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
def paper_account() -> PaperAccount:
    return make_paper_account()


def order(paper_account: PaperAccount, **fields: Any) -> Order:
    return build_order(paper_account, parse_ticket(ticket(**fields)), 1)


def rejection(paper_account: PaperAccount, **fields: Any) -> str:
    with pytest.raises(OrderRejectedError) as error:
        order(paper_account, **fields)
    return str(error.value)


def last(paper_account: PaperAccount, conid: int) -> float:
    return paper_account.prices.price_at(paper_account.instrument(conid), paper_account.clock.now())


def test_build_order_copies_every_field_of_the_ticket(paper_account: PaperAccount) -> None:
    price = round(last(paper_account, AAPL), 2)
    made = order(
        paper_account,
        orderType="TRAILLMT",
        price=price - 2,
        auxPrice=price - 1,
        trailingAmt=1.5,
        trailingType="amt",
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
    ("fields", "text"),
    [
        ({"conid": 5}, "no sec defs returned"),
        ({"conid": SPX}, "cannot be traded"),
        ({"conid": None, "conidex": "265598@LSE"}, "Invalid destination exchange"),
        ({"listingExchange": "LSE"}, "Invalid destination exchange LSE"),
        ({"secType": "8314:STK"}, "secType"),
        ({"secType": "265598:OPT"}, "secType"),
        ({"secType": "stock"}, "secType"),
        ({"conid": None, "conidex": "28812380;;;265598/1,5/-1"}, "no sec defs returned"),
        ({"conid": None, "conidex": "28812380@LSE;;;265598/1,8314/-1"}, "Invalid destination exchange"),
        (
            {"conid": None, "conidex": "28812380;;;265598/1,8314/-1", "quantity": 1.5},
            "minimum variation of 1 ",
        ),
        ({"conid": None, "conidex": "28812380;;;265598/1,8314/-1", "quantity": 0, "cashQty": 9}, "Cash"),
        ({"conid": EUR_USD, "orderType": "MOC"}, "not supported for this contract"),
        ({"conid": IBM_IN_FRANKFURT, "quantity": 1.5}, "The size, 1.5, does not conform"),
        ({"quantity": 1.00001}, "minimum variation of 0.0001"),
        ({"conid": EUR_USD, "quantity": 1000.5}, "minimum variation of 1 "),
        ({"conid": BITCOIN, "quantity": 1, "side": "SELL", "tif": "IOC"}, "cannot be sold short"),
        ({"orderType": "STP", "price": 200, "tif": "IOC"}, "Time in force IOC"),
        ({"orderType": "MOC", "tif": "GTC"}, "good for the day only"),
        ({"tif": "PAX"}, "cryptocurrencies only"),
        ({"tif": "OVT"}, "limit orders on US stocks only"),
        ({"conid": IBM_IN_FRANKFURT, "orderType": "LMT", "price": 200, "tif": "OND"}, "US stocks only"),
        ({"orderType": "LMT", "price": -5, "parentId": "p"}, "minimum price variation"),
        ({"orderType": "LMT", "price": 0.001}, "minimum price variation"),
        ({"orderType": "LMT", "price": 400}, "We cannot accept an order at the limit price"),
        ({"orderType": "LMT", "price": 1}, "We cannot accept an order at the limit price"),
        ({"orderType": "LMT", "price": 1, "side": "SELL"}, "We cannot accept an order at the limit price"),
        ({"quantity": 0, "cashQty": 100}, "less than the price of one unit"),
    ],
)
def test_an_invalid_order_is_rejected_with_a_message(
    paper_account: PaperAccount, fields: dict[str, Any], text: str
) -> None:
    assert text in rejection(paper_account, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"listingExchange": "SMART", "secType": "265598:STK"},
        {"listingExchange": "NASDAQ", "secType": "STK"},
        {"listingExchange": "NASDAQ.NMS", "secType": ""},
        {"listingExchange": "ARCA"},
        {"conid": None, "conidex": "28812380;;;265598/1,8314/-1", "secType": "28812380:BAG"},
    ],
)
def test_a_ticket_can_repeat_what_its_contract_is(
    paper_account: PaperAccount, fields: dict[str, Any]
) -> None:
    assert order(paper_account, **fields).exchange == "SMART"


def test_a_stop_order_outside_regular_hours_is_rejected_only_during_them(
    paper_account: PaperAccount,
) -> None:
    stop = {"orderType": "STP", "price": 200, "side": "SELL", "outsideRTH": True}
    assert "outsideRTH" in rejection(paper_account, **stop)
    for accepted in ({"outsideRTH": False}, {"orderType": "STOP_LIMIT", "auxPrice": 200}, {"conid": EUR_USD}):
        assert order(paper_account, **(stop | accepted))
    paper_account.clock.advance(8 * _HOUR)
    assert not order(paper_account, **stop).outside_rth


def test_only_us_stocks_and_cryptocurrencies_accept_fractions(paper_account: PaperAccount) -> None:
    assert order(paper_account, quantity=0.5).quantity == 0.5
    price = paper_account.prices.quote(paper_account.instrument(BITCOIN)).ask
    coin = {"conid": BITCOIN, "orderType": "LMT", "price": price, "tif": "IOC"}
    assert order(paper_account, **coin, quantity=0.00000001).quantity == 0.00000001


def test_a_child_can_sell_what_its_parent_buys(paper_account: PaperAccount) -> None:
    coin = {"conid": BITCOIN, "tif": "IOC"}
    assert order(paper_account, **coin, quantity=0.1, side="SELL", parentId="p").sign == -1


def test_a_cash_quantity_buys_whole_shares_or_fractions_of_a_coin(paper_account: PaperAccount) -> None:
    paper_account.prices.override_price(AAPL, 250.0)
    paper_account.prices.override_price(BITCOIN, 80_000.0)
    assert order(paper_account, quantity=None, cashQty=1000).quantity == 3
    assert order(paper_account, quantity=None, cashQty=1000, orderType="LMT", price=249).quantity == 4
    coin = order(paper_account, conid=BITCOIN, tif="IOC", quantity=None, cashQty=1000)
    assert 0.0124 < coin.quantity < 0.0125
    option = find_option(paper_account).conid
    assert "Cash quantity" in rejection(paper_account, conid=option, quantity=None, cashQty=1000)


def test_a_price_between_two_ticks_is_rounded(paper_account: PaperAccount) -> None:
    price = round(last(paper_account, AAPL), 2)
    made = order(paper_account, orderType="STOP_LIMIT", price=price + 0.003, auxPrice=price - 0.004)
    assert (made.limit_price, made.stop_price) == (price, price)
    assert made.ticket["price"] == price + 0.003


def test_an_option_order_accepts_any_limit_price(paper_account: PaperAccount) -> None:
    assert (
        order(paper_account, conid=find_option(paper_account).conid, orderType="LMT", price=0.01).limit_price
        == 0.01
    )


def test_a_us_futures_order_needs_operator_ids(paper_account: PaperAccount) -> None:
    future = find_future(paper_account).conid
    with pytest.raises(ApiError):
        order(paper_account, conid=future, extOperator="me")
    assert order(paper_account, conid=future, manualIndicator=False, extOperator="me").exchange == "CME"


def test_an_expired_contract_cannot_be_ordered(paper_account: PaperAccount) -> None:
    option = find_option(paper_account)
    paper_account.clock.advance((option.expires_at or 0) - MONDAY)
    assert "expired" in rejection(paper_account, conid=option.conid)


def test_immediate_orders_need_an_open_market_and_closing_orders_must_be_early(
    paper_account: PaperAccount,
) -> None:
    paper_account.clock.advance(3 * _HOUR - 599)
    assert "too late" in rejection(paper_account, orderType="MOC")
    assert order(paper_account, tif="IOC").tif == "IOC"
    paper_account.clock.advance(600)
    assert "market is closed" in rejection(paper_account, tif="IOC")
    assert order(paper_account, orderType="MOC").order_type == "MOC"


def test_funds_are_checked_for_all_orders_together(paper_account: PaperAccount) -> None:
    large = order(paper_account, quantity=9000)
    check_funds(paper_account, [large])
    with pytest.raises(OrderRejectedError, match="Available Funds are insufficient"):
        check_funds(paper_account, [large] * 4)
    check_funds(paper_account, [order(paper_account, side="SELL", quantity=5)])


def test_an_account_without_funds_can_still_reduce_positions(paper_account: PaperAccount) -> None:
    paper_account.deposit("USD", -paper_account.valuation().total.available_funds - 5000)
    check_funds(paper_account, [order(paper_account, side="SELL", quantity=10)])
    with pytest.raises(OrderRejectedError):
        check_funds(paper_account, [order(paper_account, quantity=10)])


def test_a_reference_can_be_reused_after_a_day(paper_account: PaperAccount) -> None:
    paper_account.add_working_order(AAPL, "BUY", 1, "MKT", at=paper_account.clock.now(), reference="mine")
    paper_account.clock.advance(_DAY - 1)
    with pytest.raises(
        OrderRejectedError,
        match=r"^Order couldn't be submitted: Local order ID=mine is already registered\.$",
    ):
        check_reference([paper_account], "mine")
    check_reference([paper_account], "other")
    check_reference([paper_account], "")
    paper_account.clock.advance(1)
    check_reference([paper_account], "mine")


def test_only_listed_order_types_trade_outside_regular_hours(paper_account: PaperAccount) -> None:
    price = round(last(paper_account, AAPL), 2)
    assert order(paper_account, orderType="LMT", price=price, outsideRTH=True).outside_rth
    assert not order(paper_account, orderType="LMT", price=price).outside_rth
    assert not order(paper_account, outsideRTH=True).outside_rth


def test_an_algorithm_must_be_supported_and_have_its_parameters(paper_account: PaperAccount) -> None:
    patient = {"adaptivePriority": "Patient"}
    assert order(paper_account, strategy="Adaptive", strategyParameters=patient).quantity == 10
    assert "needs adaptivePriority" in rejection(paper_account, strategy="Adaptive")
    assert "not available" in rejection(paper_account, strategy="Guess")
    option = find_option(paper_account).conid
    assert "not available" in rejection(paper_account, conid=option, quantity=1, strategy="DarkIce")


def test_a_combination_ignores_the_flag_for_trading_outside_regular_hours(
    paper_account: PaperAccount,
) -> None:
    stock = {"orderType": "LMT", "price": round(last(paper_account, AAPL)), "outsideRTH": True}
    assert order(paper_account, **stock).outside_rth
    pair = {"conid": None, "conidex": "28812380;;;265598/1,8314/-1"}
    assert not order(paper_account, **stock | pair).outside_rth


def test_the_price_of_a_combination_may_be_negative_or_zero(paper_account: PaperAccount) -> None:
    pair = {"conid": None, "conidex": "28812380;;;265598/1,8314/-1", "orderType": "LMT"}
    assert [order(paper_account, price=price, **pair).limit_price for price in (-3.25, 0, 9999.5)] == [
        -3.25,
        0.0,
        9999.5,
    ]
    assert order(paper_account, price=-3.254, **pair).limit_price == -3.25


def test_an_order_names_the_exchange_of_its_combination(paper_account: PaperAccount) -> None:
    made = order(paper_account, conid=None, conidex="28812380@NYSE;;;265598/1,8314/-1")
    assert (made.exchange, made.conid) == ("NYSE", 28812380)
    assert made.combination is not None
    assert made.combination.conidex == "28812380@NYSE;;;265598/1,8314/-1"
