"""Options with the Greeks of the whole position."""

from __future__ import annotations

from datetime import date

import pytest

from mcp_server.answers.portfolio.option_rows import by_expiry, delta_by_underlying, option_row
from mcp_server.answers.quotes import Quote
from tests.mcp_server.answers.portfolio.held import held

TODAY = date(2026, 11, 30)
OPTION = {
    "description": "AAPL   JAN2027 280 C [AAPL  270115C00280000 100]",
    "secType": "OPT",
    "position": -2,
    "marketPrice": 5,
    "marketValue": -1000,
}
SOONER = "AAPL   DEC2026 280 C [AAPL  261218C00280000 100]"
GREEKS = Quote(1, {"7308": "0.5", "7309": "0.01", "7310": "-0.1", "7311": "0.3", "7633": "26.1%"})


def test_the_greeks_are_multiplied_by_quantity_and_multiplier_and_converted() -> None:
    [option] = held(OPTION, rate=2.0)
    row = option_row(option, TODAY, GREEKS, 270.0)
    assert (row.days, row.underlying, row.volatility) == (46, "AAPL", 26.1)
    assert row.delta_shares == pytest.approx(-100)
    assert row.gamma_shares == pytest.approx(-2)
    assert row.delta_money == pytest.approx(-100 * 270 * 2)
    assert row.theta == pytest.approx(40)
    assert row.vega == pytest.approx(-120)


def test_without_a_quote_or_the_underlying_s_price_there_is_the_rest() -> None:
    [option] = held(OPTION)
    assert not option_row(option, TODAY, None, 270.0).has_greeks
    row = option_row(option, TODAY, GREEKS, None)
    assert row.has_greeks
    assert row.delta_money is None


def test_the_soonest_expiry_comes_first_and_deltas_are_added_by_underlying() -> None:
    later, sooner = held(OPTION, OPTION | {"description": SOONER})
    rows = by_expiry(option_row(each, TODAY, GREEKS, None) for each in (later, sooner))
    assert [each.days for each in rows] == [18, 46]
    assert delta_by_underlying(rows) == {"AAPL": pytest.approx(-200)}
