from __future__ import annotations

from datetime import date
from math import exp

import pytest

from api_gateway.simulator.accounts.interest_rates import INTEREST_RATES
from api_gateway.simulator.corporate_actions.dividends import dividends_from
from api_gateway.simulator.instruments.universe import Instrument
from tests.api_gateway.simulator.paper_account import MONDAY, make_paper_account

ACCOUNT = make_paper_account()
UNIVERSE, PRICES = ACCOUNT.universe, ACCOUNT.prices
RATE = INTEREST_RATES["USD"].benchmark
SPX, ES, KO = 416904, 11004968, 8894


def parity(conid: int, expiry: str, sec_type: str = "OPT") -> tuple[float, Instrument, float]:
    """Call less put near the money, the call, and the years until the expiry."""
    index = UNIVERSE.by_conid(conid)
    assert index is not None
    chain = UNIVERSE.options_of(conid, sec_type, expiry=expiry)
    spot = PRICES.price_at(index, MONDAY)
    call = min((o for o in chain if o.right == "C"), key=lambda o: abs((o.strike or 0.0) - spot))
    put = next(
        o for o in chain if (o.right, o.strike, o.trading_class) == ("P", call.strike, call.trading_class)
    )
    years = ((call.expires_at or 0.0) - MONDAY) / (365 * 86400)
    return PRICES.price_at(call, MONDAY) - PRICES.price_at(put, MONDAY), call, years


def test_options_on_an_index_agree_with_its_futures() -> None:
    future = next(f for f in UNIVERSE.futures_of("ES") if f.contract_month == "202712")
    difference, call, years = parity(SPX, future.expiry or "")
    forward = PRICES.price_at(future, MONDAY)
    assert difference == pytest.approx((forward - (call.strike or 0.0)) * exp(-RATE * years), abs=0.5)


def test_options_on_a_future_agree_with_the_future() -> None:
    future = UNIVERSE.futures_of("ES")[1]
    difference, call, years = parity(ES, future.expiry or "", "FOP")
    assert call.price_source_conid == future.conid
    forward = PRICES.price_at(future, MONDAY)
    assert difference == pytest.approx((forward - (call.strike or 0.0)) * exp(-RATE * years), abs=0.5)


def test_options_on_a_share_agree_with_interest_and_its_dividends() -> None:
    share = UNIVERSE.by_conid(KO)
    assert share is not None
    expiry = max(o.expiry or "" for o in UNIVERSE.options_of(KO) if (o.expiry or "") < "20280101")
    difference, call, years = parity(KO, expiry)
    paid = 0.0
    for dividend in dividends_from(share, date(2026, 11, 24)):
        if f"{dividend.ex_date:%Y%m%d}" > expiry:
            break
        paid += dividend.per_share * exp(-RATE * (dividend.ex_date - date(2026, 11, 23)).days / 365)
    assert paid > share.dividend / 2
    spot = PRICES.price_at(share, MONDAY)
    assert difference == pytest.approx(spot - paid - (call.strike or 0.0) * exp(-RATE * years), abs=0.1)
