"""Account views: one of the login's accounts, or an advisor's accounts consolidated as "All".

Known: IBKR lists "All" among an advisor's accounts. Assumed: balances and positions accept it, it includes
the master account and every client, and it cannot be selected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.accounts.valued_position import ValuedPosition
from api_gateway.simulator.advisors.allocation_groups import ALL_CLIENTS
from api_gateway.simulator.orders.order import Execution
from api_gateway.simulator.simulation import Simulation


@dataclass(frozen=True)
class AccountView:
    """One or more accounts behind one account name."""

    account_id: str
    paper_accounts: tuple[PaperAccount, ...]

    def valuation(self) -> Valuation:
        """Return the valuation at current prices."""
        return consolidate([paper_account.valuation() for paper_account in self.paper_accounts])

    def cached_valuation(self) -> Valuation:
        """Return the portfolio back end's cached valuation: up to 45 s old."""
        return consolidate([paper_account.cached_valuation() for paper_account in self.paper_accounts])

    def combination_executions(self) -> list[Execution]:
        """Return the combinations' own executions, the oldest first."""
        executions = (e for account in self.paper_accounts for e in account.combination_executions)
        return sorted(executions, key=lambda execution: execution.at)

    def invalidate(self) -> None:
        """Clear the cached valuation."""
        for paper_account in self.paper_accounts:
            paper_account.invalidate_cache()

    def realised_profits(self, seconds: float) -> dict[int, float]:
        """Return the realised profit of today and the `seconds` before, by conid, in instrument currency."""
        profits: dict[int, float] = {}
        for paper_account in self.paper_accounts:
            for conid, profit in paper_account.realised_by_conid(
                paper_account.trading_day_start() - seconds
            ).items():
                profits[conid] = profits.get(conid, 0.0) + profit
        return profits


def find_account_view(simulation: Simulation, account_id: str) -> AccountView | None:
    """Return the account with that ID, or an advisor's "All"; None if the login has no such account."""
    if account_id == ALL_CLIENTS and simulation.clients:
        return AccountView(ALL_CLIENTS, tuple(simulation.accounts.values()))
    paper_account = simulation.accounts.get(account_id)
    return AccountView(account_id, (paper_account,)) if paper_account else None


def consolidate(valuations: Iterable[Valuation]) -> Valuation:
    """Add up the accounts: cash by currency, positions by instrument."""
    valuation_list = list(valuations)
    if len(valuation_list) == 1:
        return valuation_list[0]
    positions: dict[int, ValuedPosition] = {}
    for position in (position for valuation in valuation_list for position in valuation.positions):
        existing = positions.get(position.instrument.conid)
        positions[position.instrument.conid] = (
            position if existing is None else _add_positions(existing, position)
        )
    return Valuation(
        at=min(valuation.at for valuation in valuation_list),
        base_currency=valuation_list[0].base_currency,
        positions=tuple(positions.values()),
        cash=_sum_balances(valuation.cash for valuation in valuation_list),
        settled_cash=_sum_balances(valuation.settled_cash for valuation in valuation_list),
        accrued_dividends=_sum_balances(valuation.accrued_dividends for valuation in valuation_list),
        accrued_interest=_sum_balances(valuation.accrued_interest for valuation in valuation_list),
        rates={currency: rate for valuation in valuation_list for currency, rate in valuation.rates.items()},
    )


def _add_positions(first: ValuedPosition, second: ValuedPosition) -> ValuedPosition:
    return replace(
        first,
        quantity=first.quantity + second.quantity,
        cost=first.cost + second.cost,
        settled=first.settled + second.settled,
        realised=first.realised + second.realised,
        daily_pnl=first.daily_pnl + second.daily_pnl,
    )


def _sum_balances(balances: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for balance in balances:
        for currency, amount in balance.items():
            total[currency] = total.get(currency, 0.0) + amount
    return total
