from __future__ import annotations

from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError

from mcp_server.models.orders import MAX_EPOCH, PRICE_FIELDS, Cancellation, Orders, OrderTicket
from tests.mcp_server.rejections import rejected

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
def test_a_complete_ticket_is_accepted(ticket: dict[str, Any]) -> None:
    OrderTicket.model_validate(ticket)


@pytest.mark.parametrize(
    ("ticket", "named"),
    [
        (LIMIT | {"conid": None}, {"conid", "conidex"}),
        (COMBO | {"conid": 265598}, {"conid", "conidex"}),
        (COMBO | {"conidex": "265598"}, {"conidex"}),
        (COMBO | {"sec_type": "8314:BAG"}, {"sec_type", "conid", "conidex"}),
        (LIMIT | {"sec_type": "8314:STK"}, {"sec_type", "conid", "conidex"}),
        (LIMIT | {"quantity": None}, {"quantity", "cash_qty", "fx_qty"}),
        (LIMIT | {"cash_qty": 5}, {"quantity", "cash_qty", "fx_qty"}),
        (MARKET | {"quantity": None, "fx_qty": 5}, {"fx_qty", "is_ccy_conv"}),
        (LIMIT | {"quantity": -1}, {"quantity"}),
        (LIMIT | {"quantity": 1e-9}, {"quantity"}),
        (LIMIT | {"quantity": 1e10}, {"quantity"}),
        (LIMIT | {"quantity": "1_000"}, {"quantity"}),
        (LIMIT | {"quantity": float("nan")}, {"quantity", "finite_number"}),
        (LIMIT | {"price": float("inf")}, {"price", "finite_number"}),
        (LIMIT | {"price": None}, {"price"}),
        (LIMIT | {"price": -1}, {"price", "sec_type"}),
        (LIMIT | {"price": 0}, {"price", "sec_type"}),
        (LIMIT | {"price": -1, "sec_type": "265598:STK"}, {"price", "sec_type"}),
        (MARKET | {"price": 185}, {"price"}),
        (STOP | {"aux_price": 170}, {"aux_price"}),
        (LIMIT | {"order_type": "STOP_LIMIT"}, {"aux_price"}),
        (MARKET | {"order_type": "MIT"}, {"price"}),
        (MARKET | {"order_type": "TRAIL"}, {"trailing_amt", "trailing_type"}),
        (LIMIT | {"trailing_type": "amt"}, {"trailing_amt", "trailing_type"}),
        (MARKET | {"order_type": "TRAIL", "trailing_amt": 100, "trailing_type": "%"}, {"trailing_amt"}),
        (LIMIT | {"manual_indicator": False}, {"manual_indicator", "ext_operator"}),
        (LIMIT | {"strategy_parameters": {"a": 1}}, {"strategy_parameters", "strategy"}),
        (LIMIT | {"alloc_type": "SHARE"}, {"alloc_type", "allocations"}),
        (LIMIT | {"alloc_type": "SHARE", "allocations": []}, {"allocations"}),
        (LIMIT | {"alloc_type": "SHARE", "allocations": PARTS[:1]}, {"allocations"}),
        (LIMIT | {"alloc_type": "SHARE", "allocations": [PARTS[0], PARTS[0]]}, {"allocations"}),
        (LIMIT | {"manual_order_time": 0}, {"manual_order_time"}),
        (LIMIT | {"manual_order_time": MAX_EPOCH + 1}, {"manual_order_time"}),
        (LIMIT | {"c_oid": 'a"b'}, {"c_oid"}),
        (LIMIT | {"tif": "GTD"}, {"tif", "literal_error"}),
        (LIMIT | {"limit": 5}, {"limit", "extra_forbidden"}),
        *((MARKET | {name: None}, {name, "literal_error"}) for name in ("side", "order_type", "tif")),
    ],
)
def test_an_ambiguous_ticket_is_rejected_by_the_names_of_its_fields(
    ticket: dict[str, Any], named: set[str]
) -> None:
    assert rejected(OrderTicket, ticket) == named


@pytest.mark.parametrize("name", ["side", "order_type", "tif"])
def test_a_field_that_matters_to_money_has_no_default(name: str) -> None:
    ticket = {key: value for key, value in MARKET.items() if key != name}
    assert rejected(OrderTicket, ticket) == {name, "missing"}


def test_a_time_in_milliseconds_is_rejected() -> None:
    seconds = 1_799_796_559
    assert OrderTicket.model_validate(LIMIT | {"manual_order_time": seconds}).manual_order_time == seconds
    assert rejected(Cancellation, {"manual_cancel_time": seconds * 1000}) == {"manual_cancel_time"}


def test_every_order_type_defines_its_price_fields() -> None:
    order_types = OrderTicket.model_json_schema()["properties"]["order_type"]["enum"]
    assert set(PRICE_FIELDS) == set(order_types)


def test_whole_numbers_are_sent_as_integers_and_others_unchanged() -> None:
    sent = OrderTicket.model_validate(LIMIT | {"quantity": 10.0, "price": "185.10"}).sent()
    assert (sent["quantity"], sent["price"]) == (10, 185.1)
    assert isinstance(sent["quantity"], int)


def test_irregular_names_are_sent_as_ibkr_spells_them() -> None:
    sent = OrderTicket.model_validate(LIMIT | SIZED | {"c_oid": "a", "outside_rth": True}).sent()
    assert sent["cOID"] == "a"
    assert sent["outsideRTH"] is True
    assert sent["jsonPayload"] == {"allocation_profile": {"alloc_type": "SHARE", "allocations": PARTS}}
    assert "allocType" not in sent


def test_a_ticket_for_another_account_than_the_call_is_rejected() -> None:
    ticket = OrderTicket.model_validate(LIMIT | {"acct_id": "DU1234567"})
    assert ticket.payload_for("DU1234567")["acctId"] == "DU1234567"
    with pytest.raises(RequestValidationError) as caught:
        ticket.payload_for("DU7654321")
    assert caught.value.errors()[0]["loc"] == ("body", "acct_id")


def test_every_ticket_is_sent_with_its_account() -> None:
    bracket = [LIMIT | {"c_oid": "a"}, STOP | {"parent_id": "a"}]
    orders = Orders.model_validate({"orders": bracket}).payload_for("DU1234567")["orders"]
    assert [each["acctId"] for each in orders] == ["DU1234567"] * 2
    assert OrderTicket.model_validate(LIMIT).payload_for("DU1234567")["acctId"] == "DU1234567"


@pytest.mark.parametrize(("account", "ticket"), [("Growth", LIMIT), ("DF1234567", LIMIT | SIZED)])
def test_a_ticket_for_several_accounts_is_sent_without_an_account(
    account: str, ticket: dict[str, Any]
) -> None:
    assert "acctId" not in OrderTicket.model_validate(ticket).payload_for(account)


def test_the_ticket_for_another_account_is_located_among_several() -> None:
    child = STOP | {"parent_id": "a", "acct_id": "DU1234567"}
    orders = Orders.model_validate({"orders": [LIMIT | {"c_oid": "a"}, child]})
    assert len(orders.payload_for("DU1234567")["orders"]) == 2
    with pytest.raises(RequestValidationError) as caught:
        orders.payload_for("Growth")
    assert caught.value.errors()[0]["loc"] == ("body", "orders", 1, "acct_id")


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
def test_one_order_a_bracket_or_a_group_is_accepted(orders: list[dict[str, Any]]) -> None:
    Orders.model_validate({"orders": orders})


@pytest.mark.parametrize(
    ("orders", "named"),
    [
        ([], {"orders"}),
        ([LIMIT] * 21, {"orders"}),
        ([LIMIT, STOP], {"c_oid", "parent_id", "is_single_group"}),
        ([LIMIT | {"c_oid": "a"}, STOP], {"c_oid", "parent_id", "is_single_group"}),
        (
            [LIMIT | {"c_oid": "a"}, STOP | {"c_oid": "b"}, STOP | {"parent_id": "a"}],
            {"c_oid", "parent_id", "is_single_group"},
        ),
        ([LIMIT | {"c_oid": "a"}, STOP | {"c_oid": "a"}], {"c_oid"}),
        ([LIMIT | {"parent_id": "a"}], {"c_oid", "parent_id"}),
        ([LIMIT | {"c_oid": "a"}, STOP | {"parent_id": "b"}], {"c_oid", "parent_id"}),
        ([LIMIT | {"c_oid": "a"}, STOP | {"parent_id": "a", "c_oid": "b"}], {"c_oid", "parent_id"}),
        ([LIMIT | {"is_single_group": True}], {"is_single_group"}),
        ([LIMIT | {"is_single_group": True}, STOP], {"is_single_group"}),
    ],
)
def test_unrelated_orders_are_rejected(orders: list[dict[str, Any]], named: set[str]) -> None:
    assert rejected(Orders, {"orders": orders}) == named


def test_a_cancellation_has_both_operator_fields_or_neither() -> None:
    assert Cancellation().sent() == {}
    assert rejected(Cancellation, {"ext_operator": "jane"}) == {"manual_indicator", "ext_operator"}
