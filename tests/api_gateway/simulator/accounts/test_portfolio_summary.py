from __future__ import annotations

from api_gateway.simulator.accounts.portfolio_summary import portfolio_summary
from api_gateway.simulator.calendar.trading_hours import HOURS, session_at
from tests.api_gateway.simulator.paper_account import ACCOUNT, make_paper_account


def test_the_values_are_in_alphabetical_order_and_in_cents() -> None:
    summary = portfolio_summary(ACCOUNT, make_paper_account().valuation())
    assert list(summary) == sorted(summary)
    assert all(row["amount"] == round(row["amount"], 2) for row in summary.values())


def test_margins_change_next_at_the_close() -> None:
    broker = make_paper_account()
    summary = portfolio_summary(ACCOUNT, broker.valuation())
    close = session_at(HOURS["us_stock"], broker.clock.now()).closes
    assert summary["lookaheadnextchange"]["value"] == str(int(close))


def test_what_only_securities_have_is_the_same_for_the_whole_account() -> None:
    summary = portfolio_summary(ACCOUNT, make_paper_account().valuation())
    for key in ("grosspositionvalue", "regtmargin", "sma"):
        assert summary[key] == summary[f"{key}-s"]
        assert f"{key}-c" not in summary
