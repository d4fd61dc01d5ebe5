"""The day's change of positions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcp_server.answers.portfolio.day_changes import DAILY_PNL, DayChanges
from mcp_server.answers.portfolio.holdings import DayChange, Holding, build_holdings
from mcp_server.answers.quotes import AVAILABILITY, CHANGE_PERCENT, PRIOR_CLOSE, Quote, Quotes
from tests.mcp_server.answers.portfolio.held import account_of, held

MINE = "DU1234567"


def day_of(holding: Holding, selected: str = MINE, **values: Any) -> DayChange:
    fields = {"percent": CHANGE_PERCENT, "close": PRIOR_CLOSE, "daily": DAILY_PNL, "data": AVAILABILITY}
    quote = Quote(1, {fields[name]: value for name, value in values.items()})
    [changed] = DayChanges(Quotes({1: quote}, {}), selected=selected).apply([holding])
    return changed.day


@pytest.mark.parametrize("data", ["DPB", "YPB"])
def test_a_delayed_change_is_replaced_by_that_of_the_position_s_own_price(data: str) -> None:
    [share] = held({"marketPrice": 2, "marketValue": 20})
    day = day_of(share, percent="+3.0%", close="2.5", data=data)
    assert day.percent == pytest.approx(-20)
    assert day.amount == pytest.approx(-5)
    assert day_of(share, percent="+3.0%", close="2.5", data="RpB").percent == 3
    assert day_of(share, percent="+3.0%", data=data).percent == 3


def test_a_close_in_pence_is_compared_with_a_price_in_pounds() -> None:
    [share] = held({"currency": "GBP", "marketPrice": 0.9, "marketValue": 9})
    assert day_of(share, close="100", data="DPB").percent == pytest.approx(-10)


def test_ibkr_s_figure_counts_only_for_what_the_selected_account_alone_holds() -> None:
    [share] = held({"marketValue": 110}, rate=2.0)
    reported = day_of(share, percent="10", daily="-5.24")
    assert reported.is_reported
    assert reported.amount == pytest.approx(-10.48)
    assert day_of(share, "DU7654321", percent="10", daily="-5.24").amount == pytest.approx(20)
    assert day_of(replace(share, is_shared=True), percent="10", daily="-5.24").amount == pytest.approx(20)


def test_what_two_accounts_hold_is_shared() -> None:
    accounts = [account_of({}, {}), account_of({}, account="DU7654321")]
    assert [each.is_shared for each in build_holdings(accounts, {}, lambda _: 1.0, merged=True)] == [
        True,
        False,
    ]
