"""Holdings in base currency."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcp_server.answers.portfolio.holdings import DayChange, build_holdings, sort_holdings, sum_known
from tests.mcp_server.answers.portfolio.held import account_of, held


def test_amounts_are_converted_and_weighed_by_net_liquidation() -> None:
    [share] = held({"currency": "EUR", "unrealizedPnl": 5}, rate=1.2)
    assert share.value == pytest.approx(24)
    assert share.open_pnl == pytest.approx(6)
    assert share.weight == pytest.approx(2.4)
    assert share.open_pnl_percent == pytest.approx(100 / 3)


def test_without_a_rate_there_are_no_amounts() -> None:
    [share] = held({"currency": "XXX"}, rate=None)
    assert share.value is share.open_pnl is share.weight is share.notional is None
    assert share.open_pnl_percent is not None


def test_a_future_counts_with_its_profit_and_a_currency_pair_not_at_all() -> None:
    future, cfd, pair = held({"secType": "FUT"}, {"secType": "CFD"}, {"secType": "CASH"})
    assert (future.value, future.notional) == (cfd.value, cfd.notional) == (5, 20)
    assert (pair.value, pair.notional) == (None, 20)


def test_a_change_of_the_price_is_converted_to_an_amount() -> None:
    [share] = held({"marketValue": 110})
    assert share.change_by(10) == pytest.approx(10)
    assert share.change_by(-100) is share.change_by(None) is None


def test_what_several_accounts_hold_is_merged_or_kept_apart() -> None:
    accounts = [account_of({}, {}), account_of({"position": 30, "marketValue": 60}, account="DU7654321")]
    merged = build_holdings(accounts, {}, lambda _: 1.0, merged=True)
    assert [each.position.quantity for each in merged] == [40, 10]
    assert merged[0].weight == pytest.approx(80 / 2000 * 100)
    assert len(build_holdings(accounts, {}, lambda _: 1.0, merged=False)) == 3


def test_positions_that_were_closed_today_are_not_held() -> None:
    assert held({"position": 0}) == []


def test_unknown_amounts_come_last_in_every_order() -> None:
    rows = held(
        {"description": "B", "unrealizedPnl": -3},
        {"description": "A", "unrealizedPnl": 9, "marketValue": 999},
        {"description": "C", "marketValue": None, "unrealizedPnl": None, "avgCost": None},
    )
    rows[0] = replace(rows[0], day=DayChange(-5, -1))
    names = {
        by: [each.name for each in sort_holdings(rows, by)] for by in ("value", "gain", "loss", "day", "name")
    }
    assert names == {
        "value": ["A", "B", "C"],
        "gain": ["A", "B", "C"],
        "loss": ["B", "A", "C"],
        "day": ["B", "A", "C"],
        "name": ["A", "B", "C"],
    }


def test_the_sum_of_nothing_is_unknown() -> None:
    assert sum_known([None, 1, 2]) == 3
    assert sum_known([None]) is None
