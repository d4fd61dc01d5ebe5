from __future__ import annotations

import pytest

from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.orders.triggers import first_matching_step
from api_gateway.simulator.prices.prices import PriceRange
from tests.api_gateway.simulator.paper_account import AAPL, MONDAY, find_option, make_paper_account

_HOUR = 3600.0


@pytest.mark.parametrize("part", [0.999, 0.998, 1.001, 1.002])
@pytest.mark.parametrize("since", [MONDAY, MONDAY + 17.5, MONDAY + 1799.5])
def test_first_matching_step_equals_the_result_of_an_exhaustive_search(part: float, since: float) -> None:
    account = make_paper_account()
    for instrument in (account.instrument(AAPL), find_option(account)):
        level = part * account.prices.price_at(instrument, since)
        until = since + 2 * _HOUR

        def beyond(at: float) -> bool:
            price = account.prices.price_at(instrument, at)  # noqa: B023 called in this iteration only
            return price <= level if part < 1 else price >= level  # noqa: B023

        def may(span: PriceRange) -> bool:
            return span.low <= level if part < 1 else span.high >= level  # noqa: B023

        steps = (since + PRICE_STEP * i for i in range(int((until - since) / PRICE_STEP) + 1))
        expected = next((at for at in steps if beyond(at)), None)
        assert (
            first_matching_step(account.prices, instrument, since, until, may_match=may, matches=beyond)
            == expected
        )


def test_steps_are_not_searched_where_none_can_match() -> None:
    account = make_paper_account()
    instrument = account.instrument(AAPL)
    spans: list[PriceRange] = []

    def may(span: PriceRange) -> bool:
        spans.append(span)
        return False

    assert (
        first_matching_step(
            account.prices, instrument, MONDAY, MONDAY + _HOUR, may_match=may, matches=lambda _: True
        )
        is None
    )
    assert len(spans) == 1
