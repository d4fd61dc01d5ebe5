from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import build_order
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import make_paper_account, trade

BITCOIN = 479624278
CASH = {"quantity": None, "cashQty": 1000}
LIMIT = {"orderType": "LMT", "price": 80_000, "quantity": 0.01}


@pytest.fixture
def paper_account() -> PaperAccount:
    paper_account = make_paper_account()
    trade(paper_account, BITCOIN, 1, 80_000.0)
    paper_account.prices.override_price(BITCOIN, 80_000.0)
    return paper_account


def submit(paper_account: PaperAccount, fields: dict[str, Any]) -> str | None:
    """Return the message of the rejection, or None if the order is accepted."""
    try:
        build_order(paper_account, parse_ticket(ticket(**({"conid": BITCOIN} | fields))), 1)
    except OrderRejectedError as rejection:
        return str(rejection)
    return None


@pytest.mark.parametrize(
    "fields",
    [
        CASH | {"tif": "IOC"},
        CASH | {"tif": "PAX", "orderType": "LMT", "price": 80_000},
        LIMIT | {"tif": "IOC"},
        LIMIT | {"tif": "PAX"},
        {"side": "SELL", "quantity": 0.01, "tif": "IOC"},
        *(LIMIT | {"side": "SELL", "tif": tif} for tif in ("IOC", "PAX", "DAY", "GTC")),
        LIMIT | {"side": "SELL", "tif": "GTC", "price": 100_000},
        LIMIT | {"tif": "IOC", "price": 80_100},
        LIMIT | {"tif": "IOC", "price": 79_900},
    ],
)
def test_an_order_with_ibkrs_terms_is_accepted(paper_account: PaperAccount, fields: dict[str, Any]) -> None:
    assert submit(paper_account, fields) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (CASH | {"tif": "PAX"}, "MKT order must be IOC"),
        (CASH | {"tif": "DAY"}, "MKT order must be IOC"),
        ({"side": "SELL", "quantity": 0.01, "tif": "GTC"}, "MKT order must be IOC"),
        (LIMIT | {"tif": "DAY"}, "must be Minutes or IOC"),
        (LIMIT | {"tif": "GTC"}, "must be Minutes or IOC"),
        (LIMIT | {"side": "SELL", "tif": "OPG"}, "OPG is not supported"),
        ({"quantity": 0.01, "tif": "IOC"}, "You must set Cash Quantity"),
        (CASH | {"side": "SELL", "tif": "IOC"}, "sold by quantity"),
        (LIMIT | {"tif": "IOC", "price": 79_000}, "We cannot accept an order at the limit price"),
        (LIMIT | {"tif": "PAX", "price": 81_000}, "We cannot accept an order at the limit price"),
        (LIMIT | {"tif": "IOC", "price": 80_000.1}, "Invalid Price"),
        (LIMIT | {"side": "SELL", "orderType": "STP", "tif": "GTC"}, "not supported for this contract"),
    ],
)
def test_any_other_order_is_rejected_with_ibkrs_message(
    paper_account: PaperAccount, fields: dict[str, Any], message: str
) -> None:
    assert message in (submit(paper_account, fields) or "")


def test_the_limit_of_a_cheap_coin_can_be_ten_dollars_away(paper_account: PaperAccount) -> None:
    paper_account.prices.override_price(BITCOIN, 3_000.0)
    assert submit(paper_account, LIMIT | {"tif": "IOC", "price": 2_993}) is None
    assert submit(paper_account, LIMIT | {"tif": "IOC", "price": 2_980}) is not None


def test_a_stock_has_none_of_these_rules(paper_account: PaperAccount) -> None:
    assert submit(paper_account, {"conid": 265598}) is None
