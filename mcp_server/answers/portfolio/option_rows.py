"""Options that are held, with their Greeks for the whole position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mcp_server.answers.portfolio.descriptions import option_expiry
from mcp_server.answers.portfolio.holdings import Holding, sum_known
from mcp_server.answers.quotes import Quote

DELTA: Final = "7308"
GAMMA: Final = "7309"
THETA: Final = "7310"
VEGA: Final = "7311"
IMPLIED_VOLATILITY: Final = "7633"
GREEKS: Final = (DELTA, GAMMA, THETA, VEGA, IMPLIED_VOLATILITY)


@dataclass(frozen=True)
class OptionRow:
    """One option. The Greeks are those of the whole position: times multiplier and quantity.

    `delta_shares` and `gamma_shares` are in units of the underlying, `delta_money` is what they are worth;
    `theta` is per day and `vega` per point of volatility, both in base currency.
    """

    holding: Holding
    underlying: str
    days: int | None
    delta_shares: float | None = None
    gamma_shares: float | None = None
    delta_money: float | None = None
    theta: float | None = None
    vega: float | None = None
    volatility: float | None = None

    @property
    def has_greeks(self) -> bool:
        return self.delta_shares is not None


def option_row(
    holding: Holding, today: date, quote: Quote | None, underlying_price: float | None
) -> OptionRow:
    """The row of an option; without a quote, without Greeks."""
    instrument = holding.instrument
    expiry = instrument.expiry if instrument is not None else option_expiry(holding.position.description)
    units = holding.position.quantity * holding.position.multiplier
    if instrument is not None and instrument.multiplier != 1:
        units = holding.position.quantity * float(instrument.multiplier)

    def greek(field: str, factor: float | None) -> float | None:
        value = quote.number(field) if quote is not None else None
        return None if value is None or factor is None else value * factor

    money = None if holding.rate is None else units * holding.rate
    price = None if money is None or underlying_price is None else money * underlying_price
    return OptionRow(
        holding=holding,
        underlying=instrument.symbol if instrument is not None else holding.name.split(" ")[0],
        days=None if expiry is None else (expiry - today).days,
        delta_shares=greek(DELTA, units),
        gamma_shares=greek(GAMMA, units),
        delta_money=greek(DELTA, price),
        theta=greek(THETA, money),
        vega=greek(VEGA, money),
        volatility=quote.number(IMPLIED_VOLATILITY) if quote is not None else None,
    )


def by_expiry(rows: Iterable[OptionRow]) -> list[OptionRow]:
    """The rows whose options expire soonest first."""
    return sorted(rows, key=lambda each: (each.days is None, each.days or 0, each.holding.name))


def delta_by_underlying(rows: Sequence[OptionRow]) -> Mapping[str, float]:
    """The deltas in units of each underlying, the largest first."""
    names = dict.fromkeys(each.underlying for each in rows)
    sums = {name: sum_known(each.delta_shares for each in rows if each.underlying == name) for name in names}
    known = {name: value for name, value in sums.items() if value is not None}
    return dict(sorted(known.items(), key=lambda each: -abs(each[1])))
