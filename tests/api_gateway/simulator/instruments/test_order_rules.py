from __future__ import annotations

import pytest

from api_gateway.simulator.instruments.order_rules import (
    OUTSIDE_RTH_ORDER_TYPES,
    supported_order_types,
    supports_fractions,
)
from tests.api_gateway.simulator.paper_account import AAPL, EUR_USD, IBM_IN_FRANKFURT, make_paper_account

ACCOUNT = make_paper_account()


@pytest.mark.parametrize(("conid", "supported"), [(AAPL, True), (IBM_IN_FRANKFURT, False), (EUR_USD, False)])
def test_fractions_are_supported_for_us_stocks_only(conid: int, supported: bool) -> None:
    assert supports_fractions(ACCOUNT.instrument(conid)) is supported


def test_auction_and_relative_orders_are_supported_for_stocks_only() -> None:
    stock, currency = (set(supported_order_types(ACCOUNT.instrument(conid))) for conid in (AAPL, EUR_USD))
    assert stock - currency == {"midprice", "relative", "marketonclose", "limitonclose"}
    assert currency < stock


def test_order_types_outside_regular_hours_are_supported_for_stocks() -> None:
    assert set(OUTSIDE_RTH_ORDER_TYPES) <= set(supported_order_types(ACCOUNT.instrument(AAPL)))
