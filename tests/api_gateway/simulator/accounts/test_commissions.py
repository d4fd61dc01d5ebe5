from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.commissions import commission
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    EUR_USD,
    find_future,
    find_option,
    make_paper_account,
)


@pytest.mark.parametrize(
    ("quantity", "price", "fee"),
    [(10, 100.0, 1.0), (400, 100.0, 2.0), (-400, 100.0, 2.0), (10, 2.0, 0.2)],
    ids=["at least a dollar", "half a cent a share", "a sale costs the same", "at most one percent"],
)
def test_stock_commission_is_half_a_cent_per_share_within_bounds(
    quantity: float, price: float, fee: float
) -> None:
    assert commission(make_paper_account().instrument(AAPL), quantity, price) == fee


def test_options_futures_and_currencies_have_their_own_commissions() -> None:
    account = make_paper_account()
    assert commission(find_option(account), 10, 5.0) == 6.5
    assert commission(find_future(account), 2, 6600.0) == 4.5
    assert commission(account.instrument(EUR_USD), 25_000, 1.1) == 2.0
