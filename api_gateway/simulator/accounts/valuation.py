"""Account valuation: every balance at one time, derived from positions, cash and prices.

A future is not paid for in full; only its profit or loss is settled, each trading day. So its value in
balances is the profit since the last settlement, while position lists show the whole contract value. In every
currency: net liquidation = cash + value of stocks, options and the like + unsettled profit of futures +
accrued interest and dividends. Each part is rounded to cents before it is added or converted, so that the
served parts add up to the served sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from api_gateway.simulator.accounts.margin import required_margin
from api_gateway.simulator.accounts.segments import Segment, build_segment
from api_gateway.simulator.accounts.valued_position import ValuedPosition

_COMMODITIES = frozenset({"FUT", "FOP"})
_FUTURES_SWEEP_FACTOR = 1.25


@dataclass(frozen=True)
class Ledger:
    """Balances of the account in one currency (not converted).

    `interest` and `dividends` have accrued and are not booked yet.
    """

    currency: str
    rate: float
    cash: float
    settled_cash: float
    values: Mapping[str, float]
    unrealised: float
    realised: float
    interest: float = 0.0
    dividends: float = 0.0

    @property
    def net_liquidation(self) -> float:
        """Cash, the value of all positions, and accrued interest and dividends in this currency."""
        return round(self.cash + sum(self.values.values()) + self.interest + self.dividends, 2)

    def value_of(self, sec_type: str) -> float:
        """What all positions of one security type contribute to this currency's net liquidation value."""
        return self.values.get(sec_type, 0.0)


@dataclass(frozen=True)
class Valuation:
    """An account at time `at` (seconds since 1970). Positions with quantity 0 were closed today."""

    at: float
    base_currency: str
    positions: tuple[ValuedPosition, ...]
    cash: Mapping[str, float]
    settled_cash: Mapping[str, float]
    rates: Mapping[str, float] = field(default_factory=dict)
    accrued_interest: Mapping[str, float] = field(default_factory=dict)
    accrued_dividends: Mapping[str, float] = field(default_factory=dict)
    in_cash_account: bool = False

    @property
    def open_positions(self) -> tuple[ValuedPosition, ...]:
        """The positions that were not closed."""
        return tuple(position for position in self.positions if position.quantity)

    def open_position(self, conid: int) -> ValuedPosition | None:
        """The open position in one instrument, or None."""
        return next(
            (position for position in self.open_positions if position.instrument.conid == conid), None
        )

    @cached_property
    def ledgers(self) -> tuple[Ledger, ...]:
        """One ledger per currency, in alphabetical order, the base currency last."""
        currencies = sorted(self.rates, key=lambda currency: (currency == self.base_currency, currency))
        return tuple(self._ledger(currency) for currency in currencies)

    @cached_property
    def base_ledger(self) -> Ledger:
        """The sum of all ledgers, converted to base currency."""
        return Ledger(
            currency="BASE",
            rate=1.0,
            cash=_sum_in_cents(each.cash * each.rate for each in self.ledgers),
            settled_cash=_sum_in_cents(each.settled_cash * each.rate for each in self.ledgers),
            values=_values_by_type((position, position.base_equity) for position in self.positions),
            unrealised=sum(each.unrealised * each.rate for each in self.ledgers),
            realised=sum(each.realised * each.rate for each in self.ledgers),
            interest=_sum_in_cents(each.interest * each.rate for each in self.ledgers),
            dividends=_sum_in_cents(each.dividends * each.rate for each in self.ledgers),
        )

    @property
    def net_liquidation(self) -> float:
        """Net liquidation value of the account in base currency."""
        return self.base_ledger.net_liquidation

    @cached_property
    def daily_pnl(self) -> float:
        """Profit and loss since the start of the trading day, in base currency."""
        return sum(position.daily_pnl * position.rate for position in self.positions)

    @cached_property
    def commodities(self) -> Segment:
        """The commodities segment: futures, and the cash that IBKR sweeps over to cover their margin."""
        positions = [position for position in self.positions if position.instrument.sec_type in _COMMODITIES]
        needed = required_margin(positions).initial * _FUTURES_SWEEP_FACTOR
        profit = sum(position.base_equity for position in positions)
        return build_segment(positions, cash=round(max(0.0, needed - profit), 2))

    @cached_property
    def securities(self) -> Segment:
        """The securities segment: everything except futures, and the remaining cash."""
        positions = [
            position for position in self.positions if position.instrument.sec_type not in _COMMODITIES
        ]
        swept = self.commodities.cash
        unsettled = self.base_ledger.cash - self.base_ledger.settled_cash
        return build_segment(
            positions,
            cash=self.base_ledger.cash - swept,
            unsettled_cash=unsettled,
            accrued_interest=self.base_ledger.interest,
            accrued_dividends=self.base_ledger.dividends,
            in_cash_account=self.in_cash_account,
        )

    @cached_property
    def total(self) -> Segment:
        """The sum of both segments."""
        return self.securities + self.commodities

    def _ledger(self, currency: str) -> Ledger:
        positions = [position for position in self.positions if position.instrument.currency == currency]
        return Ledger(
            currency=currency,
            rate=self.rates[currency],
            cash=self.cash.get(currency, 0.0),
            settled_cash=self.settled_cash.get(currency, 0.0),
            values=_values_by_type((position, round(position.equity, 2)) for position in positions),
            unrealised=sum(position.unrealised for position in positions),
            realised=sum(position.realised for position in positions),
            interest=self.accrued_interest.get(currency, 0.0),
            dividends=self.accrued_dividends.get(currency, 0.0),
        )


def _sum_in_cents(amounts: Iterable[float]) -> float:
    return sum(round(amount, 2) for amount in amounts)


def _values_by_type(positions: Iterable[tuple[ValuedPosition, float]]) -> dict[str, float]:
    values: dict[str, float] = {}
    for position, value in positions:
        kind = position.instrument.sec_type
        values[kind] = values.get(kind, 0.0) + value
    return values
