from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.segments import Segment, build_segment
from api_gateway.simulator.accounts.valued_position import ValuedPosition
from tests.api_gateway.simulator.paper_account import AAPL, find_future, find_option, make_paper_account

PAPER_ACCOUNT = make_paper_account()
STOCK = ValuedPosition(PAPER_ACCOUNT.instrument(AAPL), 10, 1500.0, 160.0, 1.0, realised=0.0, daily_pnl=50.0)
OPTION = ValuedPosition(find_option(PAPER_ACCOUNT), 2, 1500.0, 8.0, 1.0, realised=0.0, daily_pnl=30.0)
FUTURE = ValuedPosition(
    find_future(PAPER_ACCOUNT), 1, 330_000.0, 6610.0, 1.0, realised=0.0, daily_pnl=20.0, settled=330_000.0
)


def test_options_have_no_loan_value() -> None:
    segment = build_segment([STOCK, OPTION], cash=10_000.0, unsettled_cash=1000.0)
    assert segment.net_liquidation == 13_200.0
    assert segment.equity_with_loan == 11_600.0
    assert segment.previous_equity_with_loan == 11_550.0
    assert segment.gross_position_value == 3200.0
    assert segment.settled_cash == 9000.0


def test_profit_of_futures_counts_as_cash() -> None:
    segment = build_segment([FUTURE], cash=30_000.0)
    assert segment.total_cash == segment.net_liquidation == 30_500.0
    assert segment.gross_position_value == 0.0


def test_available_funds_are_reduced_by_margins() -> None:
    segment = build_segment([STOCK], cash=1000.0)
    assert segment.available_funds == pytest.approx(2600 - 440)
    assert segment.excess_liquidity == pytest.approx(2600 - 400)
    assert segment.buying_power == pytest.approx(4 * 2160)
    assert segment.special_memorandum == pytest.approx(2600 - 800)
    assert segment.available_to_withdraw == 1000.0
    assert segment.leverage == pytest.approx(1600 / 2600)
    assert segment.cushion == pytest.approx(2200 / 2600)


def test_segment_with_negative_equity_has_no_buying_power() -> None:
    segment = build_segment([STOCK], cash=-1500.0)
    assert segment.available_funds < 0
    assert segment.buying_power == segment.available_to_withdraw == 0.0


def test_two_segments_add_up() -> None:
    both = build_segment([STOCK], cash=1000.0) + build_segment([FUTURE], cash=30_000.0)
    assert both.net_liquidation == 2600.0 + 30_500.0
    assert both.cash == 31_000.0


def test_an_empty_segment_has_zero_leverage_and_cushion() -> None:
    assert (Segment().leverage, Segment().cushion) == (0.0, 0.0)
