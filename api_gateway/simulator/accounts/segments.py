"""Account segments: the balances of securities, of commodities, or of both together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api_gateway.simulator.accounts.margin import required_margin
from api_gateway.simulator.accounts.valued_position import NO_LOAN_VALUE, SETTLED_IN_CASH, ValuedPosition


@dataclass(frozen=True)
class Segment:
    """The balances of one segment of an account, in base currency."""

    cash: float = 0.0
    settled_cash: float = 0.0
    accrued_interest: float = 0.0
    accrued_dividends: float = 0.0
    futures_profit: float = 0.0
    net_liquidation: float = 0.0
    equity_with_loan: float = 0.0
    previous_equity_with_loan: float = 0.0
    gross_position_value: float = 0.0
    initial_margin: float = 0.0
    maintenance_margin: float = 0.0
    reg_t_margin: float = 0.0
    in_cash_account: bool = False

    @property
    def total_cash(self) -> float:
        """Cash including the unsettled profit of futures, as IBKR calculates it."""
        return self.cash + self.futures_profit

    @property
    def available_funds(self) -> float:
        """Equity that is still available for margin."""
        return self.equity_with_loan - self.initial_margin

    @property
    def excess_liquidity(self) -> float:
        """Equity above the maintenance margin, below which IBKR liquidates positions."""
        return self.equity_with_loan - self.maintenance_margin

    @property
    def available_to_withdraw(self) -> float:
        """Cash that can be withdrawn."""
        return max(0.0, min(self.available_funds, self.settled_cash))

    @property
    def buying_power(self) -> float:
        """Value of stock that the available funds can buy intraday: without a loan, or under Regulation T."""
        return max(0.0, self.available_funds * (1 if self.in_cash_account else 4))

    @property
    def special_memorandum(self) -> float:
        """The special memorandum account (SMA)."""
        return max(0.0, self.equity_with_loan - self.reg_t_margin)

    @property
    def leverage(self) -> float:
        """Gross position value over net liquidation value."""
        return self.gross_position_value / self.net_liquidation if self.net_liquidation else 0.0

    @property
    def cushion(self) -> float:
        """Excess liquidity as a fraction of net liquidation value."""
        return self.excess_liquidity / self.net_liquidation if self.net_liquidation else 0.0

    def __add__(self, other: Segment) -> Segment:
        names = self.__dataclass_fields__
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Segment(**sums | {"in_cash_account": self.in_cash_account or other.in_cash_account})


def build_segment(
    positions: Iterable[ValuedPosition],
    cash: float,
    unsettled_cash: float = 0.0,
    accrued_interest: float = 0.0,
    accrued_dividends: float = 0.0,
    *,
    in_cash_account: bool = False,
) -> Segment:
    """The segment with this cash and these positions; cash is in base currency."""
    all_positions = list(positions)
    borrowable = [position for position in all_positions if position.instrument.sec_type not in NO_LOAN_VALUE]
    paid_for = [position for position in all_positions if position.instrument.sec_type not in SETTLED_IN_CASH]
    margin = required_margin(all_positions)
    loanable = cash + sum(position.base_equity for position in borrowable)
    return Segment(
        cash=cash,
        settled_cash=cash - unsettled_cash,
        accrued_interest=accrued_interest,
        accrued_dividends=accrued_dividends,
        futures_profit=sum(position.base_equity for position in all_positions if position not in paid_for),
        net_liquidation=cash
        + accrued_interest
        + accrued_dividends
        + sum(position.base_equity for position in all_positions),
        equity_with_loan=loanable,
        previous_equity_with_loan=loanable
        - sum(position.daily_pnl * position.rate for position in borrowable),
        gross_position_value=sum(abs(position.base_equity) for position in paid_for),
        initial_margin=margin.initial,
        maintenance_margin=margin.maintenance,
        reg_t_margin=margin.reg_t,
        in_cash_account=in_cash_account,
    )
