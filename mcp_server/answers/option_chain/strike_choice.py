"""Which strikes are meant: around the money, within a distance from it, or at a delta."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import exp, sqrt
from statistics import NormalDist
from typing import Final

from api_gateway.redaction import sanitize
from mcp_server.answers.errors import AnswerError

MAX_STRIKES: Final = 20
_DEFAULT_VOLATILITY: Final = 0.3
_RANGE: Final = re.compile(r"([+-]?\d+(?:\.\d+)?) ?%? ?(?:\.\.|to|:) ?([+-]?\d+(?:\.\d+)?) ?%?")
_SINGLE: Final = re.compile(r"([+-]?\d+(?:\.\d+)?) ?%?")


@dataclass(frozen=True)
class StrikeRange:
    """Strikes from `low` to `high`."""

    low: Decimal
    high: Decimal

    @property
    def middle(self) -> Decimal:
        return (self.low + self.high) / 2

    def select(self, strikes: Sequence[Decimal]) -> list[Decimal]:
        """The strikes within the range, in order."""
        return [each for each in sorted(strikes) if self.low <= each <= self.high]


def parse_moneyness(text: str, price: Decimal) -> StrikeRange:
    """The strikes that lie this many percent from the price: `+3..+8`, `-10..0`, `5` (within 5 %)."""
    words = " ".join(text.split())
    if found := _RANGE.fullmatch(words):
        first, second = sorted((Decimal(found[1]), Decimal(found[2])))
    elif found := _SINGLE.fullmatch(words):
        distance = abs(Decimal(found[1]))
        first, second = (
            (Decimal(0), distance)
            if words.startswith("+")
            else (-distance, Decimal(0))
            if words.startswith("-")
            else (-distance, distance)
        )
    else:
        raise AnswerError(
            f'`moneyness` "{sanitize(text, max_length=20)}" is not a distance from the price in percent.',
            "Write +3..+8 for strikes 3 to 8 % above the price, or -5..5.",
        )
    if first <= -100 or second > 1000:
        raise AnswerError(
            "`moneyness` is beyond -100 % or 1000 %.", "Write a smaller distance, such as -10..10."
        )
    return StrikeRange(price * (1 + first / 100), price * (1 + second / 100))


def strike_at_delta(
    price: float, delta: float, days: int, volatility: float | None, *, call: bool
) -> Decimal:
    """About the strike with this delta (Black-Scholes, no interest); only to know which strikes to quote."""
    sigma = (volatility or _DEFAULT_VOLATILITY) * sqrt(max(days, 1) / 365)
    distance = NormalDist().inv_cdf(min(max(delta, 0.005), 0.995)) * sigma
    return Decimal(str(round(price * exp((-distance if call else distance) + sigma * sigma / 2), 4)))


def parse_delta(value: float) -> float:
    """A delta between 0 and 1 from 0.3, -0.3 or 30. Raises AnswerError."""
    delta = abs(value)
    delta = delta / 100 if 1 < delta < 100 else delta
    if not 0 < delta < 1:
        raise AnswerError(
            "`delta` should be between 0 and 1.", "Write 0.3 for calls and puts with delta 0.30."
        )
    return delta
