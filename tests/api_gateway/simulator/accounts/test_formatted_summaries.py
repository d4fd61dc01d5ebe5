from __future__ import annotations

from api_gateway.simulator.accounts.formatted_summaries import (
    available_funds,
    balances,
    margins,
    market_value,
)
from tests.api_gateway.simulator.paper_account import make_paper_account

VALUATION = make_paper_account().valuation()


def test_available_funds_include_next_margin_change_and_day_trades_left() -> None:
    total = available_funds(VALUATION)["total"]
    assert total["Lk Ahd Nxt Chng"] == "@ 16:00:00"
    assert total["day_trades_left"] == "Unlimited"


def test_leverage_of_a_segment_without_positions_is_not_available() -> None:
    funds = available_funds(VALUATION)
    assert funds["Crypto at Paxos"]["leverage"] == "n/a"
    assert float(funds["securities"]["leverage"]) > 0


def test_amounts_include_the_currency_except_in_market_value() -> None:
    assert balances(VALUATION)["total"]["net_liquidation"].endswith(" USD")
    assert margins(VALUATION)["commodities"]["current_maint"].endswith(" USD")
    assert market_value(VALUATION)["USD"]["Exchange Rate"] == "1.00"
    assert market_value(VALUATION)["EUR"]["total_cash"].partition(",")[0] == "25"
