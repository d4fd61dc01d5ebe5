"""What the account is worth at one moment: every figure follows from positions, cash and prices.

A future is never paid for, only its gains are: in balances its value is the unsettled profit, while a
list of positions shows the whole contract. So in every currency
net liquidation = cash + value of stocks, options and the like + unsettled profit of futures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from api_gateway.simulator.accounts.segments import Segment, build_segment
from api_gateway.simulator.accounts.valued_position import ValuedPosition

_COMMODITIES = frozenset({"FUT", "FOP"})
_FUTURES_SWEEP_FACTOR = 1.25


@dataclass(frozen=True)
class Ledger:
    """Balances of the account in one currency (not converted)."""

    currency: str
    rate: float
    cash: float
    settled_cash: float
    values: Mapping[str, float]
    unrealised: float
    realised: float

    @property
    def net_liquidation(self) -> float:
        """Cash and everything held in this currency."""
        return self.cash + sum(self.values.values())

    def value_of(self, sec_type: str) -> float:
        """What all positions of one kind add to this currency's net liquidation."""
        return self.values.get(sec_type, 0.0)


@dataclass(frozen=True)
class Valuation:
    """The account at `at` (seconds since 1970). Lines with quantity 0 were closed today."""

    at: float
    base_currency: str
    positions: tuple[ValuedPosition, ...]
    cash: Mapping[str, float]
    settled_cash: Mapping[str, float]
    rates: Mapping[str, float] = field(default_factory=dict)

    @property
    def open_positions(self) -> tuple[ValuedPosition, ...]:
        """The lines that are still positions."""
        return tuple(position for position in self.positions if position.quantity)

    def open_position(self, conid: int) -> ValuedPosition | None:
        """The position in one instrument, or None."""
        return next(
            (position for position in self.open_positions if position.instrument.conid == conid), None
        )

    @cached_property
    def ledgers(self) -> tuple[Ledger, ...]:
        """One per currency, in alphabetical order, the base currency last."""
        currencies = sorted(self.rates, key=lambda currency: (currency == self.base_currency, currency))
        return tuple(self._ledger(currency) for currency in currencies)

    @cached_property
    def base_ledger(self) -> Ledger:
        """Every currency's ledger, converted and added up."""
        kinds = {position.instrument.sec_type for position in self.positions}
        return Ledger(
            currency="BASE",
            rate=1.0,
            cash=sum(each.cash * each.rate for each in self.ledgers),
            settled_cash=sum(each.settled_cash * each.rate for each in self.ledgers),
            values={kind: sum(each.value_of(kind) * each.rate for each in self.ledgers) for kind in kinds},
            unrealised=sum(each.unrealised * each.rate for each in self.ledgers),
            realised=sum(each.realised * each.rate for each in self.ledgers),
        )

    @property
    def net_liquidation(self) -> float:
        """What the whole account is worth in base currency."""
        return self.base_ledger.net_liquidation

    @cached_property
    def daily_pnl(self) -> float:
        """Profit since the trading day began, in base currency."""
        return sum(position.daily_pnl * position.rate for position in self.positions)

    @cached_property
    def commodities(self) -> Segment:
        """Futures, with the cash that IBKR sweeps over to carry them."""
        positions = [position for position in self.positions if position.instrument.sec_type in _COMMODITIES]
        needed = sum(position.initial_margin for position in positions) * _FUTURES_SWEEP_FACTOR
        profit = sum(position.equity * position.rate for position in positions)
        return build_segment(positions, cash=max(0.0, needed - profit))

    @cached_property
    def securities(self) -> Segment:
        """Everything that is not a future."""
        positions = [
            position for position in self.positions if position.instrument.sec_type not in _COMMODITIES
        ]
        swept = self.commodities.cash
        unsettled = self.base_ledger.cash - self.base_ledger.settled_cash
        return build_segment(positions, cash=self.base_ledger.cash - swept, unsettled_cash=unsettled)

    @cached_property
    def total(self) -> Segment:
        """Both segments together."""
        return self.securities + self.commodities

    def _ledger(self, currency: str) -> Ledger:
        positions = [position for position in self.positions if position.instrument.currency == currency]
        values: dict[str, float] = {}
        for position in positions:
            kind = position.instrument.sec_type
            values[kind] = values.get(kind, 0.0) + position.equity
        return Ledger(
            currency=currency,
            rate=self.rates[currency],
            cash=self.cash.get(currency, 0.0),
            settled_cash=self.settled_cash.get(currency, 0.0),
            values=values,
            unrealised=sum(position.unrealised for position in positions),
            realised=sum(position.realised for position in positions),
        )
