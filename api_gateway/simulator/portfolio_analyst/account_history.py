"""Account history: an account's positions and value at any past moment.

Nothing is stored. The initial cash is found by reversing all executions; each snapshot then replays
the executions up to its moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.accounts.position import Position
from api_gateway.simulator.accounts.valued_position import SETTLED_IN_CASH
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Execution

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Asset:
    """One position and its contribution to net liquidation, in base currency."""

    instrument: Instrument
    quantity: float
    value: float


@dataclass(frozen=True)
class AccountSnapshot:
    """The account at `at` (seconds since 1970); amounts are in base currency, `cash` by currency."""

    at: float
    assets: tuple[Asset, ...]
    cash: dict[str, float]

    @property
    def net_liquidation(self) -> float:
        """The account's total value."""
        return float(sum(self.cash.values()) + sum(asset.value for asset in self.assets))


def account_snapshots(paper_account: PaperAccount, moments: Iterable[float]) -> Iterator[AccountSnapshot]:
    """Yield the account at each moment (seconds since 1970); the moments must be in ascending order."""
    executions = sorted(paper_account.executions, key=lambda execution: execution.at)
    cash = dict(paper_account.cash)
    for execution in executions:
        _apply_cash_flows(paper_account, cash, execution, -1)
    holdings: dict[int, Position] = {}
    applied = 0
    for moment in moments:
        while applied < len(executions) and executions[applied].at <= moment:
            _apply_execution(paper_account, cash, holdings, executions[applied])
            applied += 1
        yield _value_account(paper_account, moment, cash, holdings)


def new_york_date(epoch: float) -> date:
    """Return the date in New York at a moment."""
    return datetime.fromtimestamp(epoch, tz=NEW_YORK).date()


def end_of_day(day: date, now: float) -> float:
    """Return the last moment of a day in New York (seconds since 1970), or `now` if the day is not over."""
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=NEW_YORK)
    return min(now, following.timestamp() - 1)


def _apply_cash_flows(
    paper_account: PaperAccount, cash: dict[str, float], execution: Execution, sign: int
) -> None:
    """Apply (`sign` 1) or reverse (`sign` -1) the cash flows of one execution."""
    instrument = paper_account.instrument(execution.conid)
    flows = [(instrument.currency, execution.cash_flow)]
    if instrument.sec_type == "CASH":
        flows += [
            (instrument.symbol, execution.quantity),
            (paper_account.base_currency, -execution.commission),
        ]
    for currency, amount in flows:
        cash[currency] = cash.get(currency, 0.0) + sign * amount


def _apply_execution(
    paper_account: PaperAccount, cash: dict[str, float], holdings: dict[int, Position], execution: Execution
) -> None:
    _apply_cash_flows(paper_account, cash, execution, 1)
    instrument = paper_account.instrument(execution.conid)
    if instrument.sec_type != "CASH":
        holding = holdings.setdefault(execution.conid, Position(execution.conid))
        holding.add_fill(execution.quantity, execution.price * instrument.multiplier, execution.commission)


def _value_account(
    paper_account: PaperAccount, moment: float, cash: dict[str, float], holdings: dict[int, Position]
) -> AccountSnapshot:
    assets = []
    for holding in holdings.values():
        if holding.quantity:
            instrument = paper_account.instrument(holding.conid)
            price = paper_account.prices.price_at(instrument, moment)
            value = holding.quantity * price * instrument.multiplier
            if instrument.sec_type in SETTLED_IN_CASH:
                value -= holding.cost
            rate = paper_account.exchange_rates.rate(instrument.currency, moment)
            assets.append(Asset(instrument, holding.quantity, value * rate))
    money = {
        currency: amount * paper_account.exchange_rates.rate(currency, moment)
        for currency, amount in cash.items()
        if amount
    }
    return AccountSnapshot(moment, tuple(assets), money)
