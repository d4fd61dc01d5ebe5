"""One position at the current price, and its margin requirements.

The margin rates apply to a standard account under Regulation T; IBKR's vary by instrument and by day.
"""

from __future__ import annotations

from dataclasses import dataclass

from api_gateway.simulator.instruments.universe import Instrument

SETTLED_IN_CASH = frozenset({"FUT", "CFD"})
NO_LOAN_VALUE = frozenset({"OPT", "FOP", "EC"})
_INITIAL_TO_MAINTENANCE = 1.1
_MAINTENANCE = {"STK": 0.25, "FUND": 0.25, "CFD": 0.2, "BOND": 0.1, "FUT": 0.06, "CRYPTO": 1.0}
_REG_T = {"STK": 0.5, "FUND": 0.5, "BOND": 0.25, "CRYPTO": 1.0}
_SHORT_OPTION = 0.2


@dataclass(frozen=True)
class ValuedPosition:
    """One position with its value in the instrument's currency; `rate` converts that to base currency.

    `realised` and `daily_pnl` are the realised and the total profit since the start of the trading day;
    `settled` is the same as in `Position`.
    """

    instrument: Instrument
    quantity: float
    cost: float
    price: float
    rate: float
    realised: float
    daily_pnl: float
    underlying_price: float = 0.0
    settled: float = 0.0
    in_cash_account: bool = False

    @property
    def average_cost(self) -> float:
        """Cost of one unit, including multiplier and commission."""
        return self.cost / self.quantity if self.quantity else 0.0

    @property
    def average_price(self) -> float:
        """Average cost divided by the multiplier, in the instrument's currency like `mark_price`."""
        return self.average_cost / self.instrument.multiplier / self.instrument.price_magnifier

    @property
    def mark_price(self) -> float:
        """The current price in the instrument's currency: in pounds, if it is quoted in pence."""
        return self.price / self.instrument.price_magnifier

    @property
    def market_value(self) -> float:
        """Value of the whole position at the current price, including the multiplier."""
        return self.quantity * self.price * self.instrument.multiplier

    @property
    def unrealised(self) -> float:
        """Profit that closing the position now would realise, before commission."""
        return self.market_value - self.cost

    @property
    def equity(self) -> float:
        """The position's contribution to the account's net liquidation value.

        For a future, the profit since the last daily settlement: the profit before is already in cash.
        """
        if self.instrument.sec_type in SETTLED_IN_CASH:
            return self.market_value - self.settled
        return self.market_value

    @property
    def base_equity(self) -> float:
        """`equity` in base currency, in whole cents."""
        return round(self.equity * self.rate, 2)

    @property
    def maintenance_margin(self) -> float:
        """Maintenance margin of this position, in base currency."""
        if self.instrument.sec_type in NO_LOAN_VALUE:
            if self.quantity > 0:
                return 0.0
            if self.is_cash_secured:
                strike = self.instrument.strike or 0.0
                return abs(self.quantity) * strike * self.instrument.multiplier * self.rate
            exposure = _SHORT_OPTION * self.underlying_price * self.instrument.multiplier
            return abs(self.quantity) * (exposure + self.price * self.instrument.multiplier) * self.rate
        if self.in_cash_account:
            return abs(self.base_equity)
        return _MAINTENANCE.get(self.instrument.sec_type, 0.25) * abs(self.market_value) * self.rate

    @property
    def is_cash_secured(self) -> bool:
        """Whether it is a short put for which a cash account sets the price of the delivery aside."""
        return self.in_cash_account and self.quantity < 0 and self.instrument.right == "P"

    @property
    def initial_margin(self) -> float:
        """Initial margin for opening this position, in base currency."""
        return self.maintenance_margin * (1.0 if self.in_cash_account else _INITIAL_TO_MAINTENANCE)

    @property
    def reg_t_margin(self) -> float:
        """End-of-day margin under Regulation T, in base currency; 0 for commodities."""
        if self.in_cash_account or self.instrument.sec_type in NO_LOAN_VALUE:
            return self.maintenance_margin
        return _REG_T.get(self.instrument.sec_type, 0.0) * abs(self.market_value) * self.rate
