"""Stored transactions, and what a new response adds to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcp_server.answers.portfolio_analyst.limited_requests import Received
from mcp_server.answers.portfolio_analyst.transaction_rows import parse_day
from mcp_server.answers.portfolio_analyst.transaction_store import StoredTransactions

NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)
EMPTY = StoredTransactions("", {})


def _response(at: datetime, *days: str, conid: int = 8314) -> Received:
    return Received({"transactions": [{"conid": conid, "rawDate": day} for day in days]}, at)


def _days(stored: StoredTransactions) -> list[str]:
    return sorted(f"{parse_day(row):%Y%m%d}" for row in stored.contracts[8314].rows)


def test_rows_from_before_a_shorter_response_stay() -> None:
    long = EMPTY.merge(_response(NOON, "20250105", "20261110"), [8314], ["A", "B"], 731, "USD")
    both = long.merge(_response(NOON + timedelta(days=1), "20261110", "20261119"), [8314], ["A"], 90, "USD")
    assert _days(both) == ["20250105", "20261110", "20261119"]
    assert both.contracts[8314].first_day == long.contracts[8314].first_day
    assert both.contracts[8314].accounts == {"A"}


@pytest.mark.parametrize("later", [{"accounts": ["A", "C"]}, {"days_later": 200}, {"currency": "EUR"}])
def test_rows_that_are_not_complete_for_the_accounts_and_days_go(later: dict[str, Any]) -> None:
    first = EMPTY.merge(_response(NOON, "20250105", "20261110"), [8314], ["A"], 731, "USD")
    at = NOON + timedelta(days=later.get("days_later", 1))
    second = first.merge(
        _response(at, "20270101"), [8314], later.get("accounts", ["A"]), 90, later.get("currency", "USD")
    )
    assert _days(second) == ["20270101"]


def test_a_requested_contract_without_rows_is_known_to_have_none() -> None:
    found = EMPTY.merge(_response(NOON), [8314, 265598], ["A"], 90, "USD")
    assert {conid: each.rows for conid, each in found.contracts.items()} == {8314: (), 265598: ()}
