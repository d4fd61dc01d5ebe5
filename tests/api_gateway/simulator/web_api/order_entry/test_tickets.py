from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.replies import ApiError
from api_gateway.simulator.web_api.order_entry.tickets import parse_ticket, parse_tickets
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL


def bad_request_text(body: Any) -> str:
    """Return the error text for an invalid body."""
    with pytest.raises(ApiError) as error:
        parse_tickets(body)
    assert error.value.response.status == 400
    return str(error.value.response.body["error"])


def test_parse_ticket_reads_every_field() -> None:
    read = parse_ticket(
        ticket(orderType="STOP_LIMIT", price=99, auxPrice=100.5, tif="GTC", cOID="mine", outsideRTH=True)
    )
    assert (read.conid, read.exchange, read.side, read.tif) == (AAPL, "SMART", "BUY", "GTC")
    assert (read.limit_price, read.stop_price, read.quantity, read.cash_quantity) == (99.0, 100.5, 10.0, None)
    assert (read.reference, read.parent_reference, read.sign) == ("mine", "", 1)
    assert read.has_flag("outsideRTH")
    assert not read.has_flag("allOrNone")


@pytest.mark.parametrize(
    ("conid", "conidex", "exchange", "combination"),
    [
        (AAPL, None, "SMART", False),
        (None, "265598", "SMART", False),
        (None, "265598@NASDAQ", "NASDAQ", False),
        (AAPL, "265598@NASDAQ", "SMART", False),
        (None, "28812380;;;265598/1,8314/-1", "SMART", True),
        (None, "28812380@CBOE;;;265598/1,8314/-1", "CBOE", True),
        (None, "28812380;;;265598@NYSE/+1,8314@NYSE/-1", "NYSE", True),
    ],
)
def test_a_conid_means_smart_and_a_conidex_may_name_an_exchange(
    conid: int | None, conidex: str | None, exchange: str, combination: bool
) -> None:
    read = parse_ticket(ticket(conid=conid, conidex=conidex))
    assert (read.exchange, read.combination is not None) == (exchange, combination)
    assert read.conid == (28812380 if combination else AAPL)


@pytest.mark.parametrize(
    ("fields", "limit", "stop"),
    [
        ({"orderType": "MKT", "price": 5}, None, None),
        ({"orderType": "STP", "price": 5}, None, 5.0),
        ({"orderType": "MIDPRICE"}, None, None),
        ({"orderType": "MIDPRICE", "price": 5}, 5.0, None),
        ({"orderType": "MIDPRICE", "price": 0}, None, None),
        ({"orderType": "TRAIL", "trailingAmt": 1, "trailingType": "amt"}, None, None),
        ({"orderType": "TRAIL", "trailingAmt": 1, "trailingType": "%", "price": 5}, None, 5.0),
        (
            {"orderType": "TRAILLMT", "trailingAmt": 1, "trailingType": "amt", "price": 5, "auxPrice": 6},
            5.0,
            6.0,
        ),
        ({"orderType": "LIT", "price": 5, "auxPrice": 6}, 5.0, 6.0),
        ({"orderType": "MIT", "price": 5}, None, 5.0),
    ],
)
def test_each_order_type_reads_limit_and_stop_from_its_fields(
    fields: dict[str, Any], limit: float | None, stop: float | None
) -> None:
    read = parse_ticket(ticket(**fields))
    assert (read.limit_price, read.stop_price) == (limit, stop)


@pytest.mark.parametrize(
    ("fields", "quantity", "cash"),
    [
        ({"quantity": 5}, 5.0, None),
        ({"quantity": 0, "cashQty": 500}, None, 500.0),
        ({"quantity": None, "fxQty": 500}, None, 500.0),
        ({"quantity": 0.5, "cashQty": 0}, 0.5, None),
    ],
)
def test_a_size_is_a_quantity_or_an_amount_of_cash(
    fields: dict[str, Any], quantity: float | None, cash: float | None
) -> None:
    read = parse_ticket(ticket(**fields))
    assert (read.quantity, read.cash_quantity) == (quantity, cash)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"conid": True}, "conid"),
        ({"conid": 2**31}, "conid"),
        ({"conid": None, "conidex": "AAPL"}, "conidex"),
        ({"conid": None, "conidex": "0"}, "conidex"),
        ({"orderType": None}, "order type"),
        ({"side": "buy"}, "Invalid Side"),
        ({"side": "CLOSE"}, "Invalid Side"),
        ({"quantity": 1e13}, "quantity"),
        ({"quantity": 1, "cashQty": 1}, "cashQty"),
        ({"orderType": "TRAIL", "trailingAmt": 1}, "trailingType"),
        ({"orderType": "TRAIL", "trailingType": "amt"}, "trailingAmt"),
        ({"orderType": "TRAIL", "trailingType": "amt", "trailingAmt": 0}, "trailingAmt"),
        ({"orderType": "TRAIL", "trailingAmt": 100, "trailingType": "%"}, "trailingAmt"),
        ({"orderType": "TRAIL", "trailingAmt": 1, "trailingType": "percent"}, "trailingType"),
        ({"cOID": "x" * 65}, "cOID"),
        ({"cOID": "x", "parentId": "x"}, "parentId"),
        ({"cOID": "x", "parentId": "p"}, "parentId"),
    ],
)
def test_an_invalid_field_is_named(fields: dict[str, Any], text: str) -> None:
    assert text in bad_request_text({"orders": [ticket(**fields)]})


@pytest.mark.parametrize(
    "fields",
    [
        {"conid": None, "conidex": 265598},
        {"orderType": 1},
        {"quantity": True},
        {"quantity": "10"},
        {"orderType": "LMT", "price": "1"},
        {"outsideRTH": "true"},
        {"cOID": 1},
        {"strategyParameters": []},
    ],
)
def test_a_value_of_the_wrong_type_is_a_bad_request(fields: dict[str, Any]) -> None:
    assert "incorrect type" in bad_request_text({"orders": [ticket(**fields)]})


@pytest.mark.parametrize(
    "fields",
    [
        {"orderType": "LMT"},
        {"orderType": "LMT", "price": 0},
        {"orderType": "LMT", "price": -1},
        {"orderType": "STOP_LIMIT", "price": 1},
        {"tif": None},
        {"tif": "day"},
        {"tif": "GTD"},
    ],
)
def test_a_missing_price_or_time_in_force_is_an_error_with_status_200(fields: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as error:
        parse_tickets({"orders": [ticket(**fields)]})
    assert (error.value.response.status, set(error.value.response.body)) == (200, {"error"})


def test_a_childs_price_is_checked_later() -> None:
    assert parse_ticket(ticket(orderType="LMT", price=-1, parentId="p")).limit_price == -1


@pytest.mark.parametrize(
    "body", [None, "", [], {}, {"orders": None}, {"orders": []}, {"orders": [1]}, ticket()]
)
def test_a_body_without_a_list_of_tickets_is_a_bad_request(body: Any) -> None:
    assert "order" in bad_request_text(body)


def test_several_tickets_must_be_one_bracket_or_oca_group() -> None:
    parent, child = ticket(cOID="p"), ticket(side="SELL", parentId="p")
    assert len(parse_tickets({"orders": [parent, child, child]})) == 3
    single = ticket(isSingleGroup=True)
    assert len(parse_tickets({"orders": [single, single]})) == 2
    for unrelated in ([ticket(), ticket()], [parent, ticket()], [single, ticket()], [child, parent]):
        assert "bracket" in bad_request_text({"orders": unrelated})
