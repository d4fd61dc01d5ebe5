"""The day's profit of accounts."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.answers.account_pnl import DayPnl, parse_pnl


def test_the_rows_of_an_account_s_models_are_added_up() -> None:
    rows = {
        "DU1.Core": {"dpl": "-10.5", "nl": 1000},
        "DU1.US-Stocks": {"dpl": 3, "nl": 500},
        "DU2.Core": {"dpl": 1},
        "DU3.Core": {"nl": 7},
    }
    assert parse_pnl({"upnl": rows}) == {"DU1": DayPnl(-7.5, 1500), "DU2": DayPnl(1, None)}


@pytest.mark.parametrize("body", [None, [], {}, {"upnl": {}}, {"upnl": None}, {"upnl": {"DU1.Core": None}}])
def test_anything_else_is_no_profit(body: Any) -> None:
    assert parse_pnl(body) == {}


def test_the_percentage_is_of_the_value_at_the_prior_close() -> None:
    assert DayPnl(-10, 990).percent_of(None) == pytest.approx(-1)
    assert DayPnl(10, None).percent_of(1010) == pytest.approx(1)
    assert DayPnl(10, None).percent_of(None) is DayPnl(10, 10).percent_of(None) is None
