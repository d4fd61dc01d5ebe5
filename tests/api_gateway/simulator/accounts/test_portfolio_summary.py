from __future__ import annotations

from api_gateway.simulator.accounts.portfolio_summary import portfolio_summary
from api_gateway.simulator.calendar.trading_hours import HOURS, session_at
from tests.api_gateway.simulator.paper_account import ACCOUNT, MSFT, make_paper_account, trade


def test_portfolio_summary_is_sorted_and_rounded_to_cents() -> None:
    summary = portfolio_summary(ACCOUNT, make_paper_account().valuation())
    assert list(summary) == sorted(summary)
    assert all(row["amount"] == round(row["amount"], 2) for row in summary.values())


def test_next_margin_change_is_at_the_close() -> None:
    account = make_paper_account()
    summary = portfolio_summary(ACCOUNT, account.valuation())
    close = session_at(HOURS["us_stock"], account.clock.now()).closes
    assert summary["lookaheadnextchange"]["value"] == str(int(close))


def test_securities_only_values_equal_the_values_of_the_whole_account() -> None:
    summary = portfolio_summary(ACCOUNT, make_paper_account().valuation())
    for key in ("grosspositionvalue", "regtmargin", "sma"):
        assert summary[key] == summary[f"{key}-s"]
        assert f"{key}-c" not in summary


def test_settled_cash_by_date_ends_with_all_cash_on_the_next_trading_day() -> None:
    account = make_paper_account()
    trade(account, MSFT, -10, 500.0)
    valuation = account.valuation()
    summary = portfolio_summary(ACCOUNT, valuation)
    today, later = summary["settledcashbydate"]["value"].split(";")
    assert today.split(":") == ["20261123", f"{valuation.total.settled_cash:.2f}"]
    assert later.split(":") == ["20261124", f"{valuation.total.cash:.2f}"]
    assert valuation.total.cash > valuation.total.settled_cash


def test_settled_cash_of_a_segment_without_cash_is_a_single_zero() -> None:
    summary = portfolio_summary(ACCOUNT, make_paper_account().valuation())
    assert summary["settledcashbydate-p"]["value"] == "20261123:0"
