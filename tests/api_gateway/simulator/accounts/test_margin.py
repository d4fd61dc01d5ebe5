from __future__ import annotations

from dataclasses import replace

import pytest

from api_gateway.simulator.accounts.margin import Margin, required_margin
from api_gateway.simulator.accounts.valued_position import ValuedPosition
from api_gateway.simulator.calendar.expiries import last_moment_of
from tests.api_gateway.simulator.paper_account import AAPL, find_future, find_option, make_paper_account

PAPER_ACCOUNT = make_paper_account()
STOCK = PAPER_ACCOUNT.instrument(AAPL)
OPTION = find_option(PAPER_ACCOUNT)
FUTURE = find_future(PAPER_ACCOUNT)
NAKED = 0.2 * 200 * 100 + 800  # the maintenance margin of one short option below


def option(strike: float, quantity: float, right: str = "C", expiry: str = "20261218") -> ValuedPosition:
    instrument = replace(
        OPTION,
        conid=int(strike * 10) + ord(right) + int(expiry),
        strike=strike,
        right=right,
        expiry=expiry,
        expires_at=last_moment_of(expiry),
    )
    return ValuedPosition(instrument, quantity, 0.0, 8.0, 1.0, 0.0, 0.0, underlying_price=200.0)


def stock(quantity: float) -> ValuedPosition:
    return ValuedPosition(STOCK, quantity, 0.0, 200.0, 1.0, 0.0, 0.0)


def future(quantity: float, expiry: str) -> ValuedPosition:
    instrument = replace(FUTURE, conid=int(expiry), expiry=expiry)
    return ValuedPosition(instrument, quantity, 0.0, 6600.0, 1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("positions", "loss"),
    [
        ([option(200, 1), option(205, -1)], 0),
        ([option(200, -1), option(205, 1)], 500),
        ([option(200, -3), option(205, 3)], 1500),
        ([option(200, 1, "P"), option(205, -1, "P")], 500),
        ([option(200, -1, "P"), option(205, 1, "P")], 0),
        ([option(200, 1), option(205, -2), option(210, 1)], 500),
        ([option(190, 1, "P"), option(195, -1, "P"), option(205, -1), option(210, 1)], 500),
        ([option(185, 1, "P"), option(195, -1, "P"), option(205, -1), option(210, 1)], 1000),
        ([option(195, 1, "P"), option(205, -1, "P"), option(195, -1), option(205, 1)], 2000),
        ([option(200, 1, expiry="20270115"), option(200, -1)], 0),
        ([option(200, 2), option(210, -1)], 0),
        ([option(210, 1), option(290, 1), option(200, -1)], 1000),
    ],
)
def test_a_spread_requires_its_maximum_loss(positions: list[ValuedPosition], loss: float) -> None:
    assert required_margin(positions) == Margin(loss, loss, loss)


@pytest.mark.parametrize(
    ("positions", "shorts"),
    [
        ([option(200, -1)], 1),
        ([option(200, -1), option(205, 1, "P")], 1),
        ([option(200, 1), option(205, -3)], 2),
        ([option(200, 1), option(205, -1, expiry="20270115")], 1),
        ([option(200, -1), option(900, 1)], 1),
    ],
)
def test_a_short_option_that_no_long_option_covers_is_naked(
    positions: list[ValuedPosition], shorts: int
) -> None:
    assert required_margin(positions).maintenance == pytest.approx(shorts * NAKED)


def test_a_covered_call_requires_only_the_margin_of_its_shares() -> None:
    shares = required_margin([stock(100)])
    assert required_margin([stock(100), option(205, -1)]) == shares
    assert required_margin([stock(150), option(205, -2)]).maintenance == pytest.approx(1500 * 5 + NAKED)
    assert required_margin([stock(-100), option(195, -1, "P")]).maintenance == pytest.approx(5000)
    assert required_margin([stock(100), option(195, -1, "P")]).maintenance == pytest.approx(5000 + NAKED)


def test_a_futures_calendar_spread_requires_a_fraction_of_its_legs() -> None:
    near, far = future(2, "20261218"), future(-2, "20270319")
    alone = required_margin([near]) + required_margin([far])
    assert required_margin([near, far]).initial == pytest.approx(alone.initial / 10)
    one_left = required_margin([future(3, "20261218"), far])
    assert one_left.initial == pytest.approx(alone.initial / 10 + required_margin([near]).initial / 2)


def test_closed_positions_require_nothing() -> None:
    assert required_margin([option(200, 0), stock(0), future(0, "20261218")]) == Margin()
