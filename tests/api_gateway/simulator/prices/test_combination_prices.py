from __future__ import annotations

from dataclasses import replace

import pytest

from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.triggers import first_matching_step
from api_gateway.simulator.prices.combination_prices import bound_options, combine_ranges, leg_fill_prices
from api_gateway.simulator.prices.quotes import PriceRange
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


def start_times() -> list[float]:
    """Now, before the close, over the next night, and in the last minutes before the options expire."""
    expiry = LOW.expires_at or 0.0
    return [NOW, NOW + 2.9 * 3600, NOW + 3 * 3600, NOW + 19 * 3600, expiry - 1800, expiry - 60]


@pytest.mark.parametrize("name", COMBINATIONS)
@pytest.mark.parametrize("since", start_times())
def test_every_price_is_within_the_range_of_its_interval(name: str, since: float) -> None:
    made = combination(name)
    for seconds in (0.5, 7, 60, 1800):
        span = PRICES.range_between(made, since, since + seconds)
        steps = range(0, int(seconds * 2) + 1, 1 if seconds < 100 else 37)
        prices = [PRICES.price_at(made, since + step / 2) for step in steps]
        assert span.low <= min(prices)
        assert max(prices) <= span.high
        assert (span.open, span.close) == (prices[0], PRICES.price_at(made, since + seconds))


def test_options_on_one_underlying_have_a_narrower_range_than_their_legs_suggest() -> None:
    made = combination("vertical")
    span = PRICES.range_between(made, NOW, NOW + 60)
    legs = [PRICES.range_between(leg.instrument, NOW, NOW + 60) for leg in made.legs]
    naive = combine_ranges(made, legs)
    assert naive.low <= span.low <= span.high <= naive.high
    assert span.high - span.low < (naive.high - naive.low) / 2


@pytest.mark.parametrize("conid", [AAPL, LOW.conid])
@pytest.mark.parametrize("price", [0.01, 9.0, 270.0, 5000.0])
def test_a_fixed_price_is_within_the_range(conid: int, price: float) -> None:
    account = make_paper_account()
    made = make_combination(account.universe, COMBINATIONS["butterfly"])
    account.clock.advance(100)
    account.prices.override_price(conid, price)
    account.clock.advance(100)
    span = account.prices.range_between(made, NOW, NOW + 200)
    for seconds in (0, 50, 99, 100, 101, 150, 200):
        assert span.low <= account.prices.price_at(made, NOW + seconds) <= span.high


@pytest.mark.parametrize("name", ["vertical", "butterfly", "straddle", "ratio"])
def test_the_search_finds_the_first_step_at_which_the_price_is_reached(name: str) -> None:
    made, steps = combination(name), range(1, 2400)
    prices = {step: PRICES.price_at(made, NOW + step / 2) for step in steps}
    for limit in sorted(set(prices.values()))[:: max(1, len(set(prices.values())) // 7)]:
        found = first_matching_step(
            PRICES,
            made,
            NOW + 0.5,
            NOW + 1199.5,
            may_match=lambda span, limit=limit: span.low <= limit,  # type: ignore[misc]
            matches=lambda at, limit=limit: PRICES.price_at(made, at) <= limit,  # type: ignore[misc]
        )
        assert found == NOW + next(step for step in steps if prices[step] <= limit) / 2


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


@pytest.mark.parametrize("name", ["vertical", "credit", "butterfly", "straddle", "ratio"])
@pytest.mark.parametrize("width", [1.3, 7.0, 31.0])
def test_bounds_hold_even_where_the_value_has_a_kink(name: str, width: float) -> None:
    """At expiry an option's value is a broken line, the worst case of a convex one."""

    def value(option: Instrument, spot: float, _: float) -> float:
        above = spot - (option.strike or 0.0)
        return max(0.0, above if option.right == "C" else -above)

    made, centre = combination(name), MIDDLE.strike or 0.0
    wide = PriceRange(0.0, 1e6, -1e6, 0.0)
    for shift in range(-40, 41):
        low = centre + shift / 4 - width / 2
        span = bound_options(made, wide, PriceRange(low, low + width, low, low), (NOW, NOW + 1), value)
        for step in range(201):
            spot = low + width * step / 200
            exact = sum(
                weight * value(leg.instrument, spot, NOW)
                for leg, weight in zip(made.legs, made.weights, strict=True)
            )
            assert span.low <= exact <= span.high


def test_bounds_are_not_narrowed_when_the_underlying_loses_almost_everything() -> None:
    made, wide = combination("vertical"), PriceRange(0.0, 9.0, -9.0, 0.0)
    assert bound_options(made, wide, PriceRange(1.0, 270.0, 1.0, 1.0), (NOW, NOW), lambda *_: 0.0) == wide
