"""Black-Scholes option pricing from the forward price, discounted at the interest rate.

Early exercise is ignored, except that no option costs less than it would bring when exercised at once.
The volatility depends on the strike: a smile that is steeper below the price than above it, over distances
measured in standard deviations until expiry, so that near expiries have steeper smiles, as in real chains.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, log, pi, sqrt

SECONDS_PER_YEAR = 365 * 86400.0
_SKEW, _CURVATURE, _WIDEST = -0.07, 0.025, 3.0
_SHORTEST = 7 / 365
_LEAST_SHARE = 0.05
_DAY, _STEP = 1 / 365, 1e-4


@dataclass(frozen=True)
class Greeks:
    """Per unit of the underlying: theta per calendar day, vega per point of volatility (0.01)."""

    delta: float
    gamma: float
    theta: float
    vega: float


@dataclass(frozen=True)
class Carry:
    """What it costs to hold the underlying: the forward price is the spot price, without the present value
    of `dividends` until expiry, growing by `growth` a year. `interest` discounts what is paid at expiry.
    """

    growth: float = 0.0
    interest: float = 0.0
    dividends: float = 0.0

    def forward(self, spot: float, years: float) -> float:
        """The forward price for delivery in so many years; dividends never take more than most of it."""
        return max(spot - self.dividends, spot * _LEAST_SHARE) * exp(self.growth * years)


NO_CARRY = Carry()


def implied_volatility(spot: float, strike: float, years: float, volatility: float) -> float:
    """The volatility at a strike, given the underlying's volatility, which applies at the money."""
    spread = volatility * sqrt(max(years, _SHORTEST))
    distance = max(-_WIDEST, min(_WIDEST, log(strike / spot) / spread))
    return volatility * (1 + _SKEW * distance + _CURVATURE * distance * distance)


def option_price(
    spot: float, strike: float, years: float, volatility: float, right: str, carry: Carry = NO_CARRY
) -> float:
    """The price of one call (`C`) or put (`P`) on one unit, and never less than its intrinsic value."""
    sign = 1 if right == "C" else -1
    intrinsic = max(0.0, sign * (spot - strike))
    return (
        intrinsic if years <= 0 else max(intrinsic, _european(spot, strike, years, volatility, sign, carry))
    )


def greeks(
    spot: float, strike: float, years: float, volatility: float, right: str, carry: Carry = NO_CARRY
) -> Greeks:
    """The Greeks of one option; after expiry, or if it costs its intrinsic value, all but delta are 0."""
    sign = 1 if right == "C" else -1
    intrinsic = max(0.0, sign * (spot - strike))
    price = intrinsic if years <= 0 else _european(spot, strike, years, volatility, sign, carry)
    if years <= 0 or price < intrinsic:
        return Greeks(float(sign) if intrinsic else 0.0, 0.0, 0.0, 0.0)
    forward = carry.forward(spot, years)
    d1, _ = _d1_d2(forward, strike, years, volatility)
    discount, slope = exp(-carry.interest * years), exp(carry.growth * years)
    density = exp(-d1 * d1 / 2) / sqrt(2 * pi)
    day = min(_DAY, years / 2) * _STEP
    return Greeks(
        delta=discount * slope * sign * _normal_cdf(sign * d1),
        gamma=discount * slope * slope * density / (forward * volatility * sqrt(years)),
        theta=(_european(spot, strike, years - day, volatility, sign, carry) - price) / day * _DAY,
        vega=discount * forward * density * sqrt(years) / 100,
    )


def _european(spot: float, strike: float, years: float, volatility: float, sign: int, carry: Carry) -> float:
    forward = carry.forward(spot, years)
    d1, d2 = _d1_d2(forward, strike, years, volatility)
    value = sign * (forward * _normal_cdf(sign * d1) - strike * _normal_cdf(sign * d2))
    return exp(-carry.interest * years) * value


def _d1_d2(forward: float, strike: float, years: float, volatility: float) -> tuple[float, float]:
    spread = volatility * sqrt(years)
    d1 = log(forward / strike) / spread + spread / 2
    return d1, d1 - spread


def _normal_cdf(x: float) -> float:
    return 0.5 * (1 + erf(x / sqrt(2)))
