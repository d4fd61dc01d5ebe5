from __future__ import annotations

from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from mcp_server.models.orders import PRICE_FIELDS, Cancellation, Orders, OrderTicket

ORDER: dict[str, Any] = {"conid": 265598, "side": "BUY", "quantity": 10, "tif": "DAY"}
LIMIT: dict[str, Any] = {**ORDER, "order_type": "LMT", "price": 185.5}
MARKET: dict[str, Any] = {**ORDER, "order_type": "MKT"}
STOP: dict[str, Any] = {**ORDER, "side": "SELL", "order_type": "STP", "price": 170}
COMBO: dict[str, Any] = {
    **{name: value for name, value in LIMIT.items() if name != "conid"},
    "conidex": "28812380;;;265598/1,8314/-1",
}
PARTS = [{"account": "DU1234567", "amount": 4}, {"account": "DU1234568", "amount": 6}]
SIZED = {"alloc_type": "SHARE", "allocations": PARTS}


@pytest.mark.parametrize(
    "ticket",
    [
        LIMIT,
        MARKET,
        STOP,
        LIMIT | {"quantity": 1e-8},
        LIMIT | {"quantity": "10", "price": "185.5"},
        MARKET | {"quantity": None, "cash_qty": 250},
        MARKET | {"quantity": None, "fx_qty": 250, "is_ccy_conv": True},
        MARKET | {"tif": "OPG"},
        LIMIT | {"order_type": "STOP_LIMIT", "aux_price": 186},
        MARKET | {"order_type": "MIDPRICE"},
        MARKET | {"order_type": "MIDPRICE", "price": 190},
        STOP | {"order_type": "TRAIL", "trailing_amt": 5, "trailing_type": "%"},
        MARKET | {"order_type": "TRAIL", "trailing_amt": 5, "trailing_type": "amt"},
        STOP | {"order_type": "TRAILLMT", "aux_price": 171, "trailing_amt": 5, "trailing_type": "amt"},
        MARKET | {"order_type": "MOC"},
        MARKET | {"order_type": "MIT", "price": 170},
        LIMIT | {"order_type": "LIT", "aux_price": 184},
        MARKET | {"order_type": "REL", "aux_price": 0.05},
        COMBO,
        COMBO | {"price": -1.05},
        COMBO | {"price": 0},
        COMBO | {"conidex": "28812380@SMART;;;265598/1,8314/-1,272093/2"},
        COMBO | {"conidex": "28812380;;;265598@NYSE/+1,8314@NYSE/-1"},
        COMBO | {"sec_type": "28812380:BAG"},
        COMBO | {"order_type": "STOP_LIMIT", "price": -1.05, "aux_price": -1},
        COMBO | {"conidex": "265598@NYSE"},
        LIMIT | {"conid": 495512563, "sec_type": "495512563:FUT", "price": -37.63},
        LIMIT | {"manual_indicator": False, "ext_operator": "desk"},
        LIMIT | {"strategy": "Adaptive", "strategy_parameters": {"adaptivePriority": "Urgent"}},
        LIMIT | {"strategy": "Adaptive"},
        LIMIT | SIZED,
        MARKET | {"quantity": None} | SIZED,
        MARKET | {"quantity": None, "cash_qty": 10} | SIZED | {"alloc_type": "CASH"},
    ],
)
def test_an_order_that_is_clear_is_taken(ticket: dict[str, Any]) -> None:
    OrderTicket.model_validate(ticket)


@pytest.mark.parametrize(
    ("ticket", "told"),
    [
        (LIMIT | {"conid": None}, "either `conid` or `conidex`"),
        (COMBO | {"conid": 265598}, "either `conid` or `conidex`"),
        (COMBO | {"conidex": "265598"}, "conid@EXCHANGE"),
        (COMBO | {"sec_type": "8314:BAG"}, "another contract"),
        (LIMIT | {"sec_type": "8314:STK"}, "another contract"),
        (LIMIT | {"quantity": None}, "exactly one of `quantity`"),
        (LIMIT | {"cash_qty": 5}, "exactly one of `quantity`"),
        (MARKET | {"quantity": None, "fx_qty": 5}, "`fx_qty` needs `is_ccy_conv`"),
        (LIMIT | {"quantity": -1}, "more than 0"),
        (LIMIT | {"quantity": 1e-9}, "more than 0"),
        (LIMIT | {"quantity": 1e10}, "too large"),
        (LIMIT | {"quantity": "1_000"}, "plain digits"),
        (LIMIT | {"quantity": float("nan")}, "finite"),
        (LIMIT | {"price": float("inf")}, "finite"),
        (LIMIT | {"price": None}, "LMT needs `price`"),
        (
            LIMIT | {"price": -1},
            "`price` should be greater than 0; of a combo, and of a future whose `sec_type`",
        ),
        (LIMIT | {"price": 0}, "`price` should be greater than 0"),
        (LIMIT | {"price": -1, "sec_type": "265598:STK"}, "`price` should be greater than 0"),
        (MARKET | {"price": 185}, "MKT does not accept `price`"),
        (STOP | {"aux_price": 170}, "STP does not accept `aux_price`"),
        (LIMIT | {"order_type": "STOP_LIMIT"}, "STOP_LIMIT needs `aux_price`"),
        (MARKET | {"order_type": "MIT"}, "MIT needs `price`"),
        (MARKET | {"order_type": "TRAIL"}, "TRAIL needs `trailing_amt` and `trailing_type`"),
        (LIMIT | {"trailing_type": "amt"}, "`trailing_amt`"),
        (
            MARKET | {"order_type": "TRAIL", "trailing_amt": 100, "trailing_type": "%"},
            "less than 100",
        ),
        (LIMIT | {"manual_indicator": False}, "both `manual_indicator` and `ext_operator`"),
        (LIMIT | {"strategy_parameters": {"a": 1}}, "`strategy_parameters` need `strategy`"),
        (LIMIT | {"alloc_type": "SHARE"}, "need each other"),
        (LIMIT | {"alloc_type": "SHARE", "allocations": []}, "1 to 100 `allocations`"),
        (LIMIT | {"alloc_type": "SHARE", "allocations": PARTS[:1]}, "add up"),
        (LIMIT | {"alloc_type": "SHARE", "allocations": [PARTS[0], PARTS[0]]}, "each account once"),
        (LIMIT | {"manual_order_time": 0}, "epoch"),
        (LIMIT | {"c_oid": 'a"b'}, "letters and digits"),
        (LIMIT | {"tif": "GTD"}, "'DAY', 'GTC'"),
        (LIMIT | {"limit": 5}, "Extra inputs"),
        *(
            (MARKET | {name: None}, "Input should be '(BUY|LMT|DAY)'")
            for name in ("side", "order_type", "tif")
        ),
    ],
)
def test_an_order_that_is_not_clear_is_refused_and_told_why(ticket: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        OrderTicket.model_validate(ticket)


@pytest.mark.parametrize("name", ["side", "order_type", "tif"])
def test_what_matters_to_money_is_never_filled_in(name: str) -> None:
    with pytest.raises(ValidationError, match="Field required"):
        OrderTicket.model_validate({key: value for key, value in MARKET.items() if key != name})


def test_every_type_of_order_says_which_prices_it_has() -> None:
    wanted = OrderTicket.model_json_schema()["properties"]["order_type"]["enum"]
    assert set(PRICE_FIELDS) == set(wanted)


def test_whole_numbers_are_sent_as_such_and_all_others_as_they_are() -> None:
    sent = OrderTicket.model_validate(LIMIT | {"quantity": 10.0, "price": "185.10"}).sent()
    assert (sent["quantity"], sent["price"]) == (10, 185.1)
    assert isinstance(sent["quantity"], int)


def test_the_names_of_ibkr_are_odd_where_they_are_odd() -> None:
    sent = OrderTicket.model_validate(LIMIT | SIZED | {"c_oid": "a", "outside_rth": True}).sent()
    assert sent["cOID"] == "a"
    assert sent["outsideRTH"] is True
    assert sent["jsonPayload"] == {"allocation_profile": {"alloc_type": "SHARE", "allocations": PARTS}}
    assert "allocType" not in sent


def test_an_order_for_another_account_than_the_calls_is_refused() -> None:
    ticket = OrderTicket.model_validate(LIMIT | {"acct_id": "DU1234567"})
    assert ticket.payload_for("DU1234567")["acctId"] == "DU1234567"
    with pytest.raises(RequestValidationError) as told:
        ticket.payload_for("DU7654321")
    assert told.value.errors()[0]["loc"] == ("body", "acct_id")


def test_every_ticket_says_the_account_it_is_for() -> None:
    bracket = [LIMIT | {"c_oid": "a"}, STOP | {"parent_id": "a"}]
    orders = Orders.model_validate({"orders": bracket}).payload_for("DU1234567")["orders"]
    assert [each["acctId"] for each in orders] == ["DU1234567"] * 2
    assert OrderTicket.model_validate(LIMIT).payload_for("DU1234567")["acctId"] == "DU1234567"


@pytest.mark.parametrize(("account", "ticket"), [("Growth", LIMIT), ("DF1234567", LIMIT | SIZED)])
def test_a_ticket_for_several_accounts_says_none(account: str, ticket: dict[str, Any]) -> None:
    assert "acctId" not in OrderTicket.model_validate(ticket).payload_for(account)


def test_it_is_told_which_of_several_orders_is_for_another_account() -> None:
    child = STOP | {"parent_id": "a", "acct_id": "DU1234567"}
    orders = Orders.model_validate({"orders": [LIMIT | {"c_oid": "a"}, child]})
    assert len(orders.payload_for("DU1234567")["orders"]) == 2
    with pytest.raises(RequestValidationError) as told:
        orders.payload_for("Growth")
    assert told.value.errors()[0]["loc"] == ("body", "orders", 1, "acct_id")


@pytest.mark.parametrize(
    "orders",
    [
        [LIMIT],
        [LIMIT | {"c_oid": "a"}],
        [LIMIT | {"c_oid": "a"}, STOP | {"parent_id": "a"}],
        [STOP | {"parent_id": "a"}, LIMIT | {"c_oid": "a"}, LIMIT | {"parent_id": "a"}],
        [LIMIT | {"is_single_group": True}, STOP | {"is_single_group": True}],
        [
            LIMIT | {"c_oid": "a", "is_single_group": True},
            STOP | {"parent_id": "a", "is_single_group": True},
        ],
        [LIMIT | {"is_single_group": False}],
    ],
)
def test_an_order_a_bracket_or_a_group_is_taken(orders: list[dict[str, Any]]) -> None:
    Orders.model_validate({"orders": orders})


@pytest.mark.parametrize(
    ("orders", "told"),
    [
        ([], "1 to 20 `orders`"),
        ([LIMIT] * 21, "1 to 20 `orders`"),
        ([LIMIT, STOP], "one by one"),
        ([LIMIT | {"c_oid": "a"}, STOP], "one by one"),
        ([LIMIT | {"c_oid": "a"}, STOP | {"c_oid": "b"}, STOP | {"parent_id": "a"}], "one by one"),
        ([LIMIT | {"c_oid": "a"}, STOP | {"c_oid": "a"}], "`c_oid` of its own"),
        ([LIMIT | {"parent_id": "a"}], "order beside it"),
        ([LIMIT | {"c_oid": "a"}, STOP | {"parent_id": "b"}], "order beside it"),
        ([LIMIT | {"c_oid": "a"}, STOP | {"parent_id": "a", "c_oid": "b"}], "no `c_oid`"),
        ([LIMIT | {"is_single_group": True}], "two orders or more"),
        ([LIMIT | {"is_single_group": True}, STOP], "each with `is_single_group`"),
    ],
)
def test_orders_that_do_not_belong_together_are_refused(orders: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Orders.model_validate({"orders": orders})


def test_a_cancellation_names_its_operator_or_says_nothing_of_it() -> None:
    assert Cancellation().sent() == {}
    with pytest.raises(ValidationError, match="both `manual_indicator`"):
        Cancellation.model_validate({"ext_operator": "jane"})
