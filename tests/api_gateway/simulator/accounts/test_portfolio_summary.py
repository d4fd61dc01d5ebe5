from __future__ import annotations

from api_gateway.simulator.accounts.portfolio_summary import portfolio_summary
from api_gateway.simulator.calendar.trading_hours import HOURS, session_at
from tests.api_gateway.simulator.paper_account import ACCOUNT, make_paper_account


def test_portfolio_summary_is_sorted_and_rounded_to_cents() -> None:
    summary = portfolio_summary(ACCOUNT, make_paper_account().valuation())
    assert list(summary) == sorted(summary)
    assert all(row["amount"] == round(row["amount"], 2) for row in summary.values())


def test_next_margin_change_is_at_the_close() -> None:
    account = make_paper_account()
    summary = portfolio_summary(ACCOUNT, account.valuation())
    close = session_at(HOURS["us_stock"], account.clock.now()).closes
    assert summary["lookaheadnextchange"]["value"] == str(int(close))


def test_securities_only_values_equal_those_of_the_whole_account() -> None:
    summary = portfolio_summary(ACCOUNT, make_paper_account().valuation())
    for key in ("grosspositionvalue", "regtmargin", "sma"):
        assert summary[key] == summary[f"{key}-s"]
        assert f"{key}-c" not in summary
