"""Black-Scholes option pricing at an interest rate of zero, so theta is never positive.

The volatility depends on the strike: a smile that is steeper below the price than above it, over distances
measured in standard deviations until expiry, so that near expiries have steeper smiles, as in real chains.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, log, pi, sqrt

SECONDS_PER_YEAR = 365 * 86400.0
_SKEW, _CURVATURE, _WIDEST = -0.07, 0.025, 3.0
_SHORTEST = 7 / 365


@dataclass(frozen=True)
class Greeks:
    """Per unit of the underlying: theta per calendar day, vega per point of volatility (0.01)."""

    delta: float
    gamma: float
    theta: float
    vega: float


def implied_volatility(spot: float, strike: float, years: float, volatility: float) -> float:
    """The volatility at a strike, given the underlying's volatility, which applies at the money."""
    spread = volatility * sqrt(max(years, _SHORTEST))
    distance = max(-_WIDEST, min(_WIDEST, log(strike / spot) / spread))
    return volatility * (1 + _SKEW * distance + _CURVATURE * distance * distance)


def option_price(spot: float, strike: float, years: float, volatility: float, right: str) -> float:
    """The price of one call (`C`) or put (`P`) on one unit; after expiry, its intrinsic value."""
    if years <= 0:
        return max(0.0, spot - strike if right == "C" else strike - spot)
    d1, d2 = _d1_d2(spot, strike, years, volatility)
    if right == "C":
        return spot * _normal_cdf(d1) - strike * _normal_cdf(d2)
    return strike * _normal_cdf(-d2) - spot * _normal_cdf(-d1)


def greeks(spot: float, strike: float, years: float, volatility: float, right: str) -> Greeks:
    """The Greeks of one option; after expiry, all but delta are 0."""
    if years <= 0:
        in_the_money = spot > strike if right == "C" else spot < strike
        return Greeks((1.0 if right == "C" else -1.0) if in_the_money else 0.0, 0.0, 0.0, 0.0)
    d1, _ = _d1_d2(spot, strike, years, volatility)
    density = exp(-d1 * d1 / 2) / sqrt(2 * pi)
    return Greeks(
        delta=_normal_cdf(d1) - (0 if right == "C" else 1),
        gamma=density / (spot * volatility * sqrt(years)),
        theta=-spot * density * volatility / (2 * sqrt(years)) / 365,
        vega=spot * density * sqrt(years) / 100,
    )


def _d1_d2(spot: float, strike: float, years: float, volatility: float) -> tuple[float, float]:
    spread = volatility * sqrt(years)
    d1 = log(spot / strike) / spread + spread / 2
    return d1, d1 - spread


def _normal_cdf(x: float) -> float:
    return 0.5 * (1 + erf(x / sqrt(2)))
