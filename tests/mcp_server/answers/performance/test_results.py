"""Gain and return from daily values and returns."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mcp_server.answers.performance.periods import Selection
from mcp_server.answers.performance.results import (
    Result,
    combine_results,
    compute_result,
    find_drawdown,
)
from mcp_server.answers.portfolio_analyst.value_series import DayValue

FIRST = date(2026, 11, 2)


def _result(
    values: list[float | None], returns: list[float | None], *, step: float = 1e-8, first: date = FIRST
) -> Result:
    points = [
        DayValue(first + timedelta(days=index), value, cumulative)
        for index, (value, cumulative) in enumerate(zip(values, returns, strict=True))
    ]
    return compute_result(Selection(tuple(points), step))


def test_without_deposits_the_gain_is_the_change_of_the_value() -> None:
    found = _result([1000.0, 1010.0, 990.0], [0.0, 0.01, -0.01])
    assert (found.gain, found.deposits, found.change) == (-10.0, 0.0, -10.0)
    assert found.rate == pytest.approx(-0.01)
    assert found.best is not None
    assert found.worst is not None
    assert (found.best.gain, found.worst.gain) == (10.0, -20.0)


def test_a_deposit_is_what_the_return_leaves_unexplained() -> None:
    found = _result([1000.0, 1510.0, 1495.0 - 300], [0.0, 0.01, 0.01 * 0.99 - 0.01 + 0.0001])
    first, second = found.days
    assert first.flow == pytest.approx(500)
    assert second.flow == pytest.approx(-299.9, abs=0.2)
    assert found.gain == pytest.approx(10 - 15.1, abs=0.2)
    assert found.change == pytest.approx((found.gain or 0) + (found.deposits or 0))


@pytest.mark.parametrize(("step", "is_deposit"), [(1e-4, False), (1e-8, True)])
def test_what_rounding_explains_is_no_deposit(step: float, is_deposit: bool) -> None:
    found = _result([1_000_000.0, 1_000_040.0], [0.0, 0.0], step=step)
    assert bool(found.deposits) == is_deposit
    assert (found.gain == 40.0) is not is_deposit


def test_a_later_period_of_a_longer_series_has_its_own_return() -> None:
    found = _result([1100.0, 1210.0], [0.1, 0.21])
    assert found.rate == pytest.approx(0.1)
    assert found.gain == pytest.approx(110.0)


def test_an_account_begins_with_its_first_deposit() -> None:
    found = _result([0.0, 0.0, 1000.0, 1010.0], [0.0, 0.0, 0.0, 0.01])
    assert found.start == FIRST + timedelta(days=1)
    assert found.deposits == pytest.approx(1000)
    assert found.gain == pytest.approx(10)
    assert found.rate == pytest.approx(0.01)


def test_days_without_a_value_or_a_return_are_bridged() -> None:
    found = _result([1000.0, None, 1020.0, 1010.0], [0.0, 0.01, 0.02, None])
    assert [each.day for each in found.days] == [FIRST + timedelta(days=2)]
    assert found.gain == pytest.approx(20)


def test_values_without_returns_have_a_change_and_no_gain() -> None:
    found = _result([1000.0, 1500.0], [None, None])
    assert (found.change, found.gain, found.deposits, found.rate, found.days) == (500.0, None, None, None, ())


def test_returns_without_values_have_a_rate_and_no_amounts() -> None:
    found = _result([None, None, None], [0.0, 0.01, 0.02])
    assert (found.change, found.gain) == (None, None)
    assert found.rate == pytest.approx(0.02)
    nothing = _result([None, None], [None, None])
    assert (nothing.change, nothing.gain, nothing.rate) == (None, None, None)


def test_a_total_loss_is_no_division_by_zero() -> None:
    found = _result([1000.0, 0.0, 0.0], [0.0, -1.0, -1.0])
    assert found.gain == -1000.0
    assert found.rate == pytest.approx(-1)


def test_the_drawdown_is_the_largest_fall_from_a_peak() -> None:
    days = [FIRST + timedelta(days=index) for index in range(6)]
    found = find_drawdown(list(zip(days, [1.0, 1.2, 1.14, 1.3, 1.04, 1.25], strict=True)))
    assert found is not None
    assert (found.peak, found.low) == (days[3], days[4])
    assert found.rate == pytest.approx(-0.2)
    assert find_drawdown(list(zip(days, [1.0, 1.0, 1.1, 1.1, 1.2, 1.3], strict=True))) is None


def test_two_accounts_together_are_like_one() -> None:
    one = _result([1000.0, 1100.0, 1100.0], [0.0, 0.1, 0.1])
    two = _result([3000.0, 3000.0, 3300.0], [0.0, 0.0, 0.1])
    both = combine_results([one, two])
    whole = _result([4000.0, 4100.0, 4400.0], [0.0, 4100 / 4000 - 1, 0.1])
    assert both is not None
    assert (both.gain, both.deposits, both.end_value) == (400.0, 0.0, 4400.0)
    assert both.rate == pytest.approx(whole.rate)
    assert [each.rate for each in both.days] == pytest.approx([each.rate for each in whole.days])


def test_an_account_that_begins_later_joins_with_its_value() -> None:
    one = _result([1000.0, 1000.0, 1010.0], [0.0, 0.0, 0.01])
    two = _result([500.0, 510.0], [0.0, 0.02], first=FIRST + timedelta(days=1))
    both = combine_results([one, two])
    assert both is not None
    assert [both.start_value, both.end_value] == pytest.approx([1000.0, 1520.0])
    assert [both.gain, both.deposits] == pytest.approx([20.0, 500.0])
    assert both.rate == pytest.approx(20 / 1500)


def test_an_account_with_unknown_values_makes_the_sum_unknown() -> None:
    known = _result([1000.0, 1100.0], [0.0, 0.1])
    assert combine_results([known, _result([None, None], [0.0, 0.1])]) is None
    assert combine_results([]) is None
