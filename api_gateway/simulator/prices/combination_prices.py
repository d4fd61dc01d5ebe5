"""Prices of combinations, computed from the prices of their legs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.prices.quotes import PriceRange, Quote

_CHORDS = 4


def combine_quotes(combination: Combination, quotes: Sequence[Quote]) -> Quote:
    """The quote of a combination: the total cost of its legs when each is bought or sold at the market.

    The sizes are whole units. High and low are only bounds on the day's high and low.
    """
    buys = [leg.ratio > 0 for leg in combination.legs]
    sizes = [abs(leg.ratio) for leg in combination.legs]
    has_book = all(quote.ask_size for quote in quotes)  # a leg without a bid is sold for nothing

    def units(available: Sequence[int]) -> int:
        whole = min(shown // size for shown, size in zip(available, sizes, strict=True))
        return max(1, whole) if has_book else 0

    pairs = list(zip(quotes, buys, strict=True))
    return Quote(
        last=combination.price_of(q.last for q in quotes),
        bid=combination.price_of(q.bid if buy else q.ask for q, buy in pairs),
        ask=combination.price_of(q.ask if buy else q.bid for q, buy in pairs),
        open=combination.price_of(q.open for q in quotes),
        high=combination.price_of(q.high if buy else q.low for q, buy in pairs),
        low=combination.price_of(q.low if buy else q.high for q, buy in pairs),
        prior_close=combination.price_of(q.prior_close for q in quotes),
        bid_size=units([q.bid_size if buy else q.ask_size for q, buy in pairs]),
        ask_size=units([q.ask_size if buy else q.bid_size for q, buy in pairs]),
        last_size=units([q.last_size for q in quotes]),
        volume=0,
        market_open=all(q.market_open for q in quotes),
        halted=any(q.halted for q in quotes),
        extended_hours=all(q.extended_hours or q.market_open for q in quotes)
        and not all(q.market_open for q in quotes),
    )


def combine_ranges(combination: Combination, ranges: Sequence[PriceRange]) -> PriceRange:
    """Bounds of a combination's price, too wide because its legs do not reach their extremes together."""
    buys = [leg.ratio > 0 for leg in combination.legs]
    pairs = list(zip(ranges, buys, strict=True))
    return PriceRange(
        combination.price_of(r.open for r in ranges),
        combination.price_of(r.high if buy else r.low for r, buy in pairs),
        combination.price_of(r.low if buy else r.high for r, buy in pairs),
        combination.price_of(r.close for r in ranges),
    )


def bound_options(
    combination: Combination,
    bounds: PriceRange,
    spots: PriceRange,
    times: tuple[float, float],
    price: Callable[[Instrument, float, float], float],
) -> PriceRange:
    """Narrower bounds of a combination of options on one underlying, from the underlying's range.

    `price(option, spot, epoch)` must be nearly convex in the spot and rise or fall with time. So between two
    spots, a sum of such prices is near its chord; how near depends on how much the slopes around it differ.
    """
    step = (spots.high - spots.low) / _CHORDS
    if spots.low <= step:  # a jump to almost nothing
        return bounds
    grid = [spots.low + (number - 1) * step for number in range(_CHORDS + 3)]

    def extremes(sign: int) -> tuple[list[float], list[float]]:
        """The least and the greatest value of the legs with this sign at each spot of the grid."""
        legs = [
            (leg.instrument, abs(weight))
            for leg, weight in zip(combination.legs, combination.weights, strict=True)
            if weight * sign > 0
        ]
        values = [
            [sum(weight * price(option, spot, at) for option, weight in legs) for at in times]
            for spot in grid
        ]
        return [min(pair) for pair in values], [max(pair) for pair in values]

    (least_bought, most_bought), (least_sold, most_sold) = extremes(1), extremes(-1)
    inner = range(1, len(grid) - 1)
    # Every price is rounded to a tick.
    rounding = combination.tick * (1 + sum(abs(weight) for weight in combination.weights))
    curvature = sum(_distance_from_chord(values) for values in (most_bought, most_sold))
    high = max(most_bought[i] - least_sold[i] for i in inner) + curvature + rounding
    low = min(least_bought[i] - most_sold[i] for i in inner) - curvature - rounding
    return replace(bounds, high=min(bounds.high, high), low=max(bounds.low, low))


def _distance_from_chord(values: Sequence[float]) -> float:
    """How far a smooth or convex function with these values at equal distances is from its inner chords."""
    slopes = [after - before for before, after in pairwise(values)]
    return max(abs(after - before) for before, after in zip(slopes, slopes[2:], strict=False)) / 4


def leg_fill_prices(
    combination: Combination, price: float, side: int, quotes: Sequence[Quote]
) -> list[float]:
    """The prices at which the legs fill when the combination fills at `price`; they add up to it exactly.

    `side` is 1 for a purchase of the combination, -1 for a sale. Each leg starts at its market price. If the
    combination fills better or worse than that, a leg that is sold or bought absorbs the difference, so that
    no leg's price becomes negative. How IBKR divides a price is not documented.
    """
    signs = [side * (1 if leg.ratio > 0 else -1) for leg in combination.legs]
    weights = combination.weights
    prices = [quote.ask if sign > 0 else quote.bid for quote, sign in zip(quotes, signs, strict=True)]
    total = sum(weight * leg_price for weight, leg_price in zip(weights, prices, strict=True))
    difference = price - total
    if abs(difference) < 1e-9:
        return prices
    # A higher price of the absorbing leg changes the total in the direction of its weight.
    absorbing = [index for index, weight in enumerate(weights) if weight * difference > 0]
    if absorbing:
        index = min(absorbing, key=lambda i: abs(weights[i]))
        prices[index] += difference / weights[index]
        return prices
    # All legs have the same sign, and all become cheaper.
    return [leg_price * price / total for leg_price in prices]
