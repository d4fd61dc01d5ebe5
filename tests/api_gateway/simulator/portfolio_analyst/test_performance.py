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


def broker_on(day: date) -> PaperAccount:
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
def test_a_period_starts_on_its_calendar_day_after_the_value_of_the_weekday_before(
    period: str, start: str, before: str
) -> None:
    found = performance_series(make_paper_account(MONDAY), period)
    assert f"{found.start:%Y%m%d}" == start
    assert found.start_nav["date"] == before
    assert found.dates[-1] == "20261123"
    assert all(day.weekday() < 5 for day in found.days)


@pytest.mark.parametrize(
    ("day", "start"),
    [(date(2026, 3, 31), date(2026, 2, 28)), (date(2027, 1, 15), date(2026, 12, 15))],
)
def test_a_month_back_is_a_calendar_month(day: date, start: date) -> None:
    assert performance_series(broker_on(day), "1M").start == start


def test_a_year_back_from_a_leap_day_is_the_day_before_march() -> None:
    assert performance_series(broker_on(date(2028, 2, 29)), "1Y").start == date(2027, 2, 28)


@pytest.mark.parametrize("period", PERIODS)
def test_a_weekend_at_the_start_of_a_month_still_has_a_series(period: str) -> None:
    found = performance_series(broker_on(date(2026, 8, 1)), period)  # a Saturday
    assert found.end == date(2026, 7, 31)
    assert len(found.navs) == len(found.days) > 0


def test_months_multiply_to_the_whole() -> None:
    found = performance_series(make_paper_account(MONDAY), "YTD")
    whole = 1.0
    for part in found.monthly_returns().values():
        whole *= 1 + part
    assert whole - 1 == pytest.approx(found.cumulative_returns[-1], abs=1e-6)


def test_several_accounts_have_a_row_or_a_property_each() -> None:
    first, second = make_paper_account(), make_paper_account()
    second.account_id = "DU7654321"
    both = performance([first, second], "7D")
    assert both["included"] == ["DU1234567", "DU7654321"]
    for part in ("nav", "cps", "tpps"):
        assert [row["id"] for row in both[part]["data"]] == both["included"]
    whole = all_periods([first, second])
    assert whole["view"] == both["included"]
    assert whole["DU7654321"]["1D"] == whole["DU1234567"]["1D"]
