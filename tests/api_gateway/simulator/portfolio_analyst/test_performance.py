from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.portfolio_analyst.performance import (
    PERIODS,
    all_periods,
    performance,
    performance_series,
)
from tests.api_gateway.simulator.paper_account import MONDAY, make_paper_account


def paper_account_on(day: date) -> PaperAccount:
    return make_paper_account(datetime(day.year, day.month, day.day, 18, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("period", "start", "before"),
    [
        ("1D", "20261123", "20261120"),
        ("7D", "20261117", "20261116"),
        ("MTD", "20261101", "20261030"),
        ("1M", "20261023", "20261022"),
        ("YTD", "20260101", "20251231"),
        ("1Y", "20251123", "20251121"),
    ],
)
def test_a_period_starts_on_its_calendar_day_with_the_prior_weekday_as_baseline(
    period: str, start: str, before: str
) -> None:
    series = performance_series(make_paper_account(MONDAY), period)
    assert f"{series.start:%Y%m%d}" == start
    assert series.start_nav["date"] == before
    assert series.dates[-1] == "20261123"
    assert all(day.weekday() < 5 for day in series.days)


@pytest.mark.parametrize(
    ("day", "start"),
    [(date(2026, 3, 31), date(2026, 2, 28)), (date(2027, 1, 15), date(2026, 12, 15))],
)
def test_the_one_month_period_is_a_calendar_month(day: date, start: date) -> None:
    assert performance_series(paper_account_on(day), "1M").start == start


def test_the_one_year_period_from_a_leap_day_starts_on_february_28() -> None:
    assert performance_series(paper_account_on(date(2028, 2, 29)), "1Y").start == date(2027, 2, 28)


@pytest.mark.parametrize("period", PERIODS)
def test_a_period_that_starts_on_a_weekend_has_a_series(period: str) -> None:
    series = performance_series(paper_account_on(date(2026, 8, 1)), period)  # a Saturday
    assert series.end == date(2026, 7, 31)
    assert len(series.navs) == len(series.days) > 0


def test_monthly_returns_compound_to_the_total_return() -> None:
    series = performance_series(make_paper_account(MONDAY), "YTD")
    total_return = 1.0
    for part in series.monthly_returns().values():
        total_return *= 1 + part
    assert total_return - 1 == pytest.approx(series.cumulative_returns[-1], abs=1e-6)


def test_performance_has_one_row_or_property_per_account() -> None:
    first, second = make_paper_account(), make_paper_account()
    second.account_id = "DU7654321"
    both = performance([first, second], "7D")
    assert both["included"] == ["DU1234567", "DU7654321"]
    for part in ("nav", "cps", "tpps"):
        assert [row["id"] for row in both[part]["data"]] == both["included"]
    total_return = all_periods([first, second])
    assert total_return["view"] == both["included"]
    assert total_return["DU7654321"]["1D"] == total_return["DU1234567"]["1D"]
