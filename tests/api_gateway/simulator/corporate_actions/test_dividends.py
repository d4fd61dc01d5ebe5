from __future__ import annotations

from datetime import date
from itertools import islice

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.corporate_actions.dividends import dividends_from, dividends_of_year
from api_gateway.simulator.instruments.universe import build_universe
from tests.api_gateway.simulator.paper_account import AAPL, EUR_USD, MONDAY

UNIVERSE = build_universe(MONDAY)
PAYERS = [each for each in UNIVERSE.all() if each.dividend]


def test_many_listings_pay_dividends_and_list_their_months() -> None:
    assert len(PAYERS) > 20
    assert all(each.dividend_months and set(each.dividend_months) <= set(range(1, 13)) for each in PAYERS)


@pytest.mark.parametrize("year", [2025, 2026, 2031])
def test_a_year_of_dividends_adds_up_and_happens_on_trading_days(year: int) -> None:
    for share in PAYERS:
        dividends = dividends_of_year(share, year)
        assert [each.ex_date.month for each in dividends] == sorted(share.dividend_months)
        assert sum(each.per_share for each in dividends) == pytest.approx(share.dividend, rel=1e-4)
        for each in dividends:
            assert each.ex_date < each.pay_date
            assert session_on(HOURS[share.hours], each.ex_date) is not None
            assert session_on(HOURS[share.hours], each.pay_date) is not None


def test_dividends_continue_indefinitely() -> None:
    apple = UNIVERSE.by_conid(AAPL)
    assert apple is not None
    dates = [each.ex_date for each in islice(dividends_from(apple, date(2026, 6, 1)), 9)]
    assert dates == sorted(set(dates))
    assert dates[0] >= date(2026, 6, 1)
    assert next(dividends_from(apple, dates[1])).ex_date == dates[1]


def test_an_instrument_that_pays_no_dividends_yields_none() -> None:
    pair = UNIVERSE.by_conid(EUR_USD)
    assert pair is not None
    assert dividends_of_year(pair, 2026) == ()
    assert list(dividends_from(pair, date(2026, 1, 1))) == []
