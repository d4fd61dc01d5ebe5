from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.prices.combination_prices import leg_fill_prices
from tests.api_gateway.simulator.combination_helpers import conidex, make_combination, option_near_money
from tests.api_gateway.simulator.paper_account import AAPL, IBM, make_paper_account

PAPER_ACCOUNT = make_paper_account()
PRICES, UNIVERSE = PAPER_ACCOUNT.prices, PAPER_ACCOUNT.universe
NOW = PAPER_ACCOUNT.clock.now()
LOW, MIDDLE, HIGH = (option_near_money(UNIVERSE, PRICES, NOW, strikes_up=number) for number in (0, 1, 2))
PUT = option_near_money(UNIVERSE, PRICES, NOW, right="P")
COMBINATIONS = {
    "vertical": conidex((LOW, 1), (MIDDLE, -1)),
    "credit": conidex((LOW, -1), (MIDDLE, 1)),
    "butterfly": conidex((LOW, 1), (MIDDLE, -2), (HIGH, 1)),
    "ratio": conidex((LOW, 1), (MIDDLE, -3)),
    "straddle": conidex((LOW, 1), (PUT, 1)),
    "covered call": conidex((AAPL, 100), (LOW, -1)),
    "pair": conidex((AAPL, 2), (IBM, -3)),
}


def combination(name: str) -> Combination:
    return make_combination(UNIVERSE, COMBINATIONS[name])


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_quote_is_what_the_legs_cost_at_the_market(name: str) -> None:
    made = combination(name)
    quote, legs = PRICES.quote(made), [PRICES.quote(leg.instrument) for leg in made.legs]
    bid = sum(w * (q.bid if w > 0 else q.ask) for w, q in zip(made.weights, legs, strict=True))
    ask = sum(w * (q.ask if w > 0 else q.bid) for w, q in zip(made.weights, legs, strict=True))
    assert [quote.bid, quote.ask] == pytest.approx([bid, ask])
    assert quote.bid <= quote.last <= quote.ask
    assert quote.bid_size >= 1
    assert quote.market_open


def test_a_credit_spread_has_negative_prices() -> None:
    quote, mirrored = PRICES.quote(combination("credit")), PRICES.quote(combination("vertical"))
    assert quote.ask < 0
    assert (quote.bid, quote.ask, quote.last) == (-mirrored.ask, -mirrored.bid, -mirrored.last)


def test_a_combination_is_halted_with_a_leg_and_closed_with_its_market() -> None:
    account = make_paper_account()
    made = make_combination(account.universe, COMBINATIONS["vertical"])
    account.prices.halt(MIDDLE.conid)
    assert account.prices.quote(made).halted
    assert not account.prices.quote(made).market_open
    assert not PRICES.quote(combination("pair"), NOW + 4 * 3600).market_open
    assert PRICES.quote(combination("pair"), NOW + 4 * 3600).extended_hours
    assert not PRICES.quote(combination("vertical"), NOW + 4 * 3600).extended_hours


@pytest.mark.parametrize("name", COMBINATIONS)
def test_every_price_is_within_the_range_of_its_interval(name: str) -> None:
    made, random = combination(name), Random(5)  # noqa: S311 not for secrets
    for _ in range(20):
        since = NOW + random.randrange(3600)
        until = since + random.randrange(1, 1800)
        span = PRICES.range_between(made, since, until)
        assert span.low <= PRICES.price_at(made, random.randrange(int(since), int(until) + 1)) <= span.high


@pytest.mark.parametrize("name", COMBINATIONS)
@pytest.mark.parametrize("side", [1, -1])
def test_leg_prices_add_up_to_the_price_of_the_combination_and_are_not_negative(name: str, side: int) -> None:
    made = combination(name)
    quotes = [PRICES.quote(leg.instrument) for leg in made.legs]
    whole = PRICES.quote(made)
    for price in (whole.bid, whole.ask, whole.last, whole.bid - 0.07, whole.ask + 0.13):
        legs = leg_fill_prices(made, price, side, quotes)
        assert sum(w * p for w, p in zip(made.weights, legs, strict=True)) == pytest.approx(price, abs=1e-9)
        assert min(legs) >= 0


def test_legs_fill_at_the_market_if_the_combination_does() -> None:
    made = combination("vertical")
    quotes = [PRICES.quote(leg.instrument) for leg in made.legs]
    whole = PRICES.quote(made)
    assert leg_fill_prices(made, whole.ask, 1, quotes) == pytest.approx([quotes[0].ask, quotes[1].bid])
    assert leg_fill_prices(made, whole.bid, -1, quotes) == pytest.approx([quotes[0].bid, quotes[1].ask])


def test_a_cheap_leg_does_not_become_negative() -> None:
    made = combination("straddle")
    quotes = [replace(PRICES.quote(leg.instrument), bid=0.01, ask=0.02) for leg in made.legs]
    assert leg_fill_prices(made, 0.01, 1, quotes) == pytest.approx([0.005, 0.005])
