from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mcp_server.models.portfolio_analyst import AllocationRequest, PerformanceRequest, TransactionsRequest

A = {"account_ids": ["DU1234567"]}


@pytest.mark.parametrize("period", ["1D", "7D", "MTD", "1M", "YTD", "1Y"])
def test_the_periods_that_ibkr_really_takes_are_taken(period: str) -> None:
    wanted = PerformanceRequest.model_validate({**A, "period": period})
    assert wanted.sent() == {"acctIds": ["DU1234567"], "period": period}


def test_what_is_left_out_is_left_to_ibkr() -> None:
    wanted = TransactionsRequest.model_validate({**A, "conids": [265598], "currency": "USD"})
    assert wanted.sent() == {"acctIds": ["DU1234567"], "conids": [265598], "currency": "USD"}


@pytest.mark.parametrize(
    ("date", "told"),
    [("20260230", "a day such as"), ("2026-02-28", "a day as YYYYMMDD"), ("20261301", "a day such as")],
)
def test_a_day_is_one_of_the_calendar(date: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        AllocationRequest.model_validate({**A, "type": "ALL", "date": date})


def test_a_leap_day_is_a_day() -> None:
    wanted = AllocationRequest.model_validate({**A, "type": "ALL", "date": "20240229"})
    assert wanted.sent()["date"] == "20240229"


@pytest.mark.parametrize("accounts", [[], ["All"], ["DU1234567\n"]])
def test_accounts_are_named_by_their_ids(accounts: list[Any]) -> None:
    with pytest.raises(ValidationError):
        PerformanceRequest.model_validate({"account_ids": accounts, "period": "1M"})
