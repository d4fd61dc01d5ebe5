from __future__ import annotations

from typing import Any

import pytest

from mcp_server.models.portfolio_analyst import AllocationRequest, PerformanceRequest, TransactionsRequest
from tests.mcp_server.rejections import rejected

A = {"account_ids": ["DU1234567"]}


@pytest.mark.parametrize("period", ["1D", "7D", "MTD", "1M", "YTD", "1Y"])
def test_the_periods_that_ibkr_accepts_are_accepted(period: str) -> None:
    request = PerformanceRequest.model_validate({**A, "period": period})
    assert request.sent() == {"acctIds": ["DU1234567"], "period": period}


def test_omitted_arguments_are_not_sent() -> None:
    request = TransactionsRequest.model_validate({**A, "conids": [265598], "currency": "USD"})
    assert request.sent() == {"acctIds": ["DU1234567"], "conids": [265598], "currency": "USD"}


@pytest.mark.parametrize("date", ["20260230", "02/03/2026", "20261301"])
def test_an_invalid_date_is_rejected(date: str) -> None:
    assert rejected(AllocationRequest, {**A, "type": "ALL", "date": date}) == {"date"}


def test_a_leap_day_is_accepted() -> None:
    request = AllocationRequest.model_validate({**A, "type": "ALL", "date": "20240229"})
    assert request.sent()["date"] == "20240229"


@pytest.mark.parametrize("accounts", [[], ["All"], ["DU1234567\n"]])
def test_only_account_ids_are_accepted_as_accounts(accounts: list[Any]) -> None:
    named = rejected(PerformanceRequest, {"account_ids": accounts, "period": "1M"})
    assert named <= {"account_ids", "too_short", "account_ids.0"}
