from __future__ import annotations

from dataclasses import replace

import pytest

from api_gateway.simulator.accounts.valued_position import ValuedPosition
from api_gateway.simulator.instruments.universe import Instrument
from tests.api_gateway.simulator.paper_account import AAPL, find_future, find_option, make_paper_account

PAPER_ACCOUNT = make_paper_account()
STOCK = PAPER_ACCOUNT.instrument(AAPL)


def line(
    instrument: Instrument, quantity: float, cost: float, price: float, rate: float = 1.0
) -> ValuedPosition:
    return ValuedPosition(
        instrument, quantity, cost, price, rate, realised=0.0, daily_pnl=0.0, underlying_price=200.0
    )


def test_stock_is_valued_at_its_price() -> None:
    position = line(STOCK, 10, 1500.0, 160.0)
    assert (position.average_cost, position.average_price) == (150.0, 150.0)
    assert (position.market_value, position.unrealised, position.equity) == (1600.0, 100.0, 1600.0)


def test_option_multiplier_is_in_average_cost_but_not_in_average_price() -> None:
    position = line(find_option(PAPER_ACCOUNT), 2, 1500.0, 8.0)
    assert (position.average_cost, position.average_price) == (750.0, 7.5)
    assert (position.market_value, position.unrealised) == (1600.0, 100.0)


def test_future_contributes_only_its_profit_since_the_last_settlement_to_equity() -> None:
    position = replace(line(find_future(PAPER_ACCOUNT), 1, 330_000.0, 6610.0), settled=330_200.0)
    assert (position.market_value, position.unrealised, position.equity) == (330_500.0, 500.0, 300.0)


def test_short_stock_has_negative_value_and_the_margin_of_long_stock() -> None:
    long, short = line(STOCK, 10, 1500.0, 160.0), line(STOCK, -10, -1500.0, 160.0)
    assert (short.market_value, short.unrealised) == (-1600.0, -100.0)
    assert short.maintenance_margin == long.maintenance_margin == 400.0
    assert short.initial_margin == pytest.approx(440.0)
    assert short.reg_t_margin == 800.0


def test_margins_are_in_base_currency() -> None:
    assert line(STOCK, 10, 1500.0, 160.0, rate=2.0).maintenance_margin == 800.0


def test_long_option_needs_no_margin_and_a_short_one_depends_on_its_underlying() -> None:
    option = find_option(PAPER_ACCOUNT)
    assert line(option, 1, 800.0, 8.0).maintenance_margin == 0.0
    short = line(option, -1, -800.0, 8.0)
    assert short.maintenance_margin == short.reg_t_margin == 0.2 * 200 * 100 + 800


def test_closed_position_has_no_average_cost() -> None:
    closed = replace(line(STOCK, 1, 1.0, 1.0), quantity=0.0, cost=0.0)
    assert (closed.average_cost, closed.average_price) == (0.0, 0.0)
