"""An account as a caller sees it: one of the login's own, or all of an advisor's added up as "All".

Known: IBKR names "All" among an advisor's accounts. Assumed: it can be asked for wherever balances and
positions are, holds the master account and every client, and cannot be selected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.accounts.valued_position import Line
from api_gateway.simulator.advisors.allocation_groups import ALL

if TYPE_CHECKING:
    from api_gateway.simulator.simulation import Simulation


@dataclass(frozen=True)
class AccountView:
    """What one name among the accounts stands for: one account's books, or those of several."""

    account_id: str
    brokers: tuple[Broker, ...]

    def valuation(self) -> Valuation:
        """The account at this moment's prices."""
        return consolidated([broker.valuation() for broker in self.brokers])

    def cached_valuation(self) -> Valuation:
        """The account as the portfolio back end remembers it: up to 45 s old."""
        return consolidated([broker.cached_valuation() for broker in self.brokers])

    def invalidate(self) -> None:
        """Forget what `cached_valuation` remembers."""
        for broker in self.brokers:
            broker.invalidate()

    def realised_in(self, seconds: float) -> dict[int, float]:
        """Profit locked in today and in so many seconds before, by conid, in each instrument's currency."""
        profits: dict[int, float] = {}
        for broker in self.brokers:
            for conid, profit in broker.realised_since(broker.day_start() - seconds).items():
                profits[conid] = profits.get(conid, 0.0) + profit
        return profits


def account_view(simulation: Simulation, account_id: str) -> AccountView | None:
    """The account of that id, or "All" of an advisor's; None if the login has no such account."""
    if account_id == ALL and simulation.clients:
        return AccountView(ALL, tuple(simulation.accounts.values()))
    broker = simulation.accounts.get(account_id)
    return AccountView(account_id, (broker,)) if broker else None


def consolidated(valuations: Iterable[Valuation]) -> Valuation:
    """Several accounts as one: their cash added up by currency, their positions by instrument."""
    each = list(valuations)
    if len(each) == 1:
        return each[0]
    lines: dict[int, Line] = {}
    for line in (line for valuation in each for line in valuation.lines):
        known = lines.get(line.instrument.conid)
        lines[line.instrument.conid] = line if known is None else _both(known, line)
    return Valuation(
        at=min(valuation.at for valuation in each),
        base=each[0].base,
        lines=tuple(lines.values()),
        cash=_added(valuation.cash for valuation in each),
        settled_cash=_added(valuation.settled_cash for valuation in each),
        rates={currency: rate for valuation in each for currency, rate in valuation.rates.items()},
    )


def _both(one: Line, other: Line) -> Line:
    return replace(
        one,
        quantity=one.quantity + other.quantity,
        cost=one.cost + other.cost,
        realised=one.realised + other.realised,
        daily=one.daily + other.daily,
    )


def _added(balances: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for balance in balances:
        for currency, amount in balance.items():
            total[currency] = total.get(currency, 0.0) + amount
    return total
