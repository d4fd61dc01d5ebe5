from __future__ import annotations

from datetime import date, timedelta

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.corporate_actions.dividends import dividends_from
from api_gateway.simulator.corporate_actions.price_adjustment import PriceAdjustment
from api_gateway.simulator.corporate_actions.splits import splits_of
from api_gateway.simulator.instruments.universe import Instrument
from tests.api_gateway.simulator.paper_account import IBM, make_empty_account

ACCOUNT = make_empty_account()
FIRST_DAY = ACCOUNT.universe.build_date
ONE_DAY = timedelta(days=1)


def adjustment(instrument: Instrument) -> PriceAdjustment:
    return PriceAdjustment(instrument, FIRST_DAY, lambda _: 200.0)


@pytest.mark.parametrize(
    "start", [FIRST_DAY - timedelta(days=400), FIRST_DAY, FIRST_DAY + timedelta(days=400)]
)
def test_the_price_drops_by_the_dividend_on_each_ex_date(start: date) -> None:
    ibm = ACCOUNT.instrument(IBM)
    factors = adjustment(ibm)
    dividend = next(dividends_from(ibm, start))
    before, after = factors.factor(dividend.ex_date - ONE_DAY), factors.factor(dividend.ex_date)
    assert (before - after) * 200.0 == pytest.approx(dividend.per_share)


def test_the_factor_is_one_on_the_first_day() -> None:
    assert adjustment(ACCOUNT.instrument(IBM)).factor(FIRST_DAY) == 1.0


def test_a_price_is_divided_by_the_ratio_of_a_split() -> None:
    shares = [each for each in ACCOUNT.universe.all() if splits_of(each, FIRST_DAY)]
    for share in shares:
        factors = adjustment(share)
        for split in splits_of(share, FIRST_DAY):
            before = factors.factor(split.ex_date - ONE_DAY)
            assert factors.factor(split.ex_date) == pytest.approx(before / split.ratio)
    assert shares


def test_no_number_of_dividends_makes_a_price_negative() -> None:
    factors = adjustment(ACCOUNT.instrument(IBM))
    assert (
        0 < factors.factor(date(FIRST_DAY.year + 60, 1, 1)) < factors.factor(date(FIRST_DAY.year + 5, 1, 1))
    )


def test_quoted_prices_drop_between_the_close_and_the_start_of_the_ex_date() -> None:
    prices, ibm = ACCOUNT.prices, ACCOUNT.instrument(IBM)
    dividend = next(dividends_from(ibm, FIRST_DAY))
    session = session_on(HOURS[ibm.hours], dividend.ex_date)
    assert session is not None
    before, after = (prices.price_at(ibm, at) for at in (session.start - 1, session.start))
    assert before - after == pytest.approx(dividend.per_share, rel=0.1)


def test_history_is_in_todays_shares_and_a_prior_close_in_shares_of_its_day() -> None:
    account = make_empty_account()
    share = next(each for each in account.universe.all() if each.symbol == "7203" and each.exchange == "TSEJ")
    (split,) = splits_of(share, FIRST_DAY)
    session = session_on(HOURS[share.hours], split.ex_date)
    assert session is not None
    at = session.start - 1
    raw = account.prices.price_at(share, at)
    account.clock.advance(session.closes + 60 - account.clock.now())
    before, after = account.prices.bars(share, account.clock.now(), 86400.0, 2)
    assert before.close == pytest.approx(raw / split.ratio)
    assert after.open == pytest.approx(raw / split.ratio, rel=0.1)
    assert account.prices.quote(share).prior_close == pytest.approx(raw / split.ratio)
    assert before.volume == pytest.approx(after.volume * split.ratio, rel=2.0)
