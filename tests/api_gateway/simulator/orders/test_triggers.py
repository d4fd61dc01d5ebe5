from __future__ import annotations

import pytest

from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.orders.triggers import first_matching_step
from api_gateway.simulator.prices.prices import PriceRange
from tests.api_gateway.simulator.paper_account import AAPL, MONDAY, find_option, make_paper_account

_HOUR = 3600.0


@pytest.mark.parametrize("part", [0.999, 0.998, 1.001, 1.002])
@pytest.mark.parametrize("since", [MONDAY, MONDAY + 17.5, MONDAY + 1799.5])
def test_the_first_crossing_is_the_one_that_a_look_at_every_moment_finds(part: float, since: float) -> None:
    broker = make_paper_account()
    for instrument in (broker.instrument(AAPL), find_option(broker)):
        level = part * broker.prices.price_at(instrument, since)
        until = since + 2 * _HOUR

        def beyond(at: float) -> bool:
            price = broker.prices.price_at(instrument, at)  # noqa: B023 it is called in this round only
            return price <= level if part < 1 else price >= level  # noqa: B023

        def may(span: PriceRange) -> bool:
            return span.low <= level if part < 1 else span.high >= level  # noqa: B023

        steps = (since + PRICE_STEP * i for i in range(int((until - since) / PRICE_STEP) + 1))
        expected = next((at for at in steps if beyond(at)), None)
        assert (
            first_matching_step(broker.prices, instrument, since, until, may_match=may, matches=beyond)
            == expected
        )


def test_nothing_is_looked_at_closely_where_nothing_can_be() -> None:
    broker = make_paper_account()
    instrument = broker.instrument(AAPL)
    spans: list[PriceRange] = []

    def may(span: PriceRange) -> bool:
        spans.append(span)
        return False

    assert (
        first_matching_step(
            broker.prices, instrument, MONDAY, MONDAY + _HOUR, may_match=may, matches=lambda _: True
        )
        is None
    )
    assert len(spans) == 1
