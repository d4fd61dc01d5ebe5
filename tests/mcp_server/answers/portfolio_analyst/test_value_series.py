"""Portfolio Analyst's daily values and returns."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mcp_server.answers.portfolio_analyst.value_series import (
    DayValue,
    account_rows,
    parse_series,
    performance_rows,
)

ROW = {
    "dates": ["20261117", "20261118"],
    "nav": [101.0, 102.0],
    "cps": [0.01, 0.02],
    "startNAV": {"date": "20261116", "val": 100.0},
}


def test_the_days_follow_the_value_that_they_are_measured_from() -> None:
    found = parse_series(ROW)
    assert found is not None
    assert found.points == (
        DayValue(date(2026, 11, 16), 100.0, 0.0),
        DayValue(date(2026, 11, 17), 101.0, 0.01),
        DayValue(date(2026, 11, 18), 102.0, 0.02),
    )
    assert found.step == pytest.approx(0.01)


def test_numbers_may_be_text_and_rounded_returns_have_a_larger_step() -> None:
    found = parse_series({**ROW, "nav": ["1,001.5", None], "cps": [1e-4, "-2.0E-4"]})
    assert found is not None
    assert [(each.value, each.cumulative) for each in found.days] == [(1001.5, 0.0001), (None, -0.0002)]
    assert found.step == pytest.approx(0.0001)


@pytest.mark.parametrize(
    ("change", "values"),
    [
        ({"nav": [101.0]}, [101.0, None]),
        ({"nav": None}, [None, None]),
        ({"nav": [1.0, 2.0, 3.0]}, [1.0, 2.0]),
        ({"dates": ["20261118", "20261117"]}, [102.0, 101.0]),
        ({"dates": ["?", "20261118"]}, [102.0]),
    ],
)
def test_a_day_has_its_own_value_or_none(change: dict[str, Any], values: list[float | None]) -> None:
    found = parse_series({**ROW, **change})
    assert found is not None
    assert [each.value for each in found.days] == values


@pytest.mark.parametrize("start", [None, {}, {"date": "20261117", "val": 1.0}, {"val": 1.0}, "100"])
def test_a_start_that_is_not_before_the_first_day_is_unknown(start: Any) -> None:
    found = parse_series({**ROW, "startNAV": start})
    assert found is not None
    assert found.start is None


@pytest.mark.parametrize(
    "row", [None, [], {}, {"dates": []}, {"dates": None, "nav": [1]}, {"dates": ["soon"]}]
)
def test_a_period_without_days_is_none(row: Any) -> None:
    assert parse_series(row) is None


def test_only_accounts_are_taken_from_a_response() -> None:
    value = {"view": ["DU1"], "rc": 0, "DU1": {"1D": ROW, "baseCurrency": "USD"}, "DU2": {"1D": None}}
    assert list(account_rows(value)) == ["DU1"]
    assert account_rows({"error": "x"}) == account_rows([]) == {}


def test_both_operations_have_the_same_form() -> None:
    value = {
        "nav": {
            "dates": ROW["dates"],
            "data": [{"id": "DU1", "navs": ROW["nav"], "startNAV": ROW["startNAV"], "baseCurrency": "EUR"}],
        },
        "cps": {"dates": ROW["dates"], "data": [{"id": "DU1", "returns": ROW["cps"]}, {"id": None}, None]},
    }
    rows = performance_rows(value, "1Y")
    assert rows.keys() == {"DU1"}
    assert rows["DU1"]["baseCurrency"] == "EUR"
    assert parse_series(rows["DU1"]["1Y"]) == parse_series(ROW)
    assert performance_rows({"nav": None}, "1Y") == {}
