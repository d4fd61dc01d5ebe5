"""What an account held and what it was worth at any moment of its past.

Nothing of it is stored: the executions are undone to find the money the account began with, and booked
again up to the moment that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.accounts.position import Holding
from api_gateway.simulator.accounts.valued_position import SETTLED_IN_CASH
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Execution

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Asset:
    """One position and what it adds to the account's net liquidation, in base currency."""

    instrument: Instrument
    quantity: float
    value: float


@dataclass(frozen=True)
class Past:
    """The account at `at` (seconds since 1970); amounts are in base currency, `cash` by currency."""

    at: float
    assets: tuple[Asset, ...]
    cash: dict[str, float]

    @property
    def net_liquidation(self) -> float:
        """What the whole account was worth."""
        return float(sum(self.cash.values()) + sum(asset.value for asset in self.assets))


def past_of(broker: Broker, moments: Iterable[float]) -> Iterator[Past]:
    """The account at each of the moments (seconds since 1970), which are given in ascending order."""
    executions = sorted(broker.executions, key=lambda execution: execution.at)
    cash = dict(broker.cash)
    for execution in executions:
        _pay(broker, cash, execution, -1)
    holdings: dict[int, Holding] = {}
    booked = 0
    for moment in moments:
        while booked < len(executions) and executions[booked].at <= moment:
            _book(broker, cash, holdings, executions[booked])
            booked += 1
        yield _valued(broker, moment, cash, holdings)


def day_of(epoch: float) -> date:
    """New York's date at a moment."""
    return datetime.fromtimestamp(epoch, tz=NEW_YORK).date()


def end_of(day: date, now: float) -> float:
    """The last moment of a day in New York, or `now` when the day is not over (seconds since 1970)."""
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=NEW_YORK)
    return min(now, following.timestamp() - 1)


def _pay(broker: Broker, cash: dict[str, float], execution: Execution, sign: int) -> None:
    """Book (`sign` 1) or undo (`sign` -1) what one execution did to the cash."""
    instrument = broker.instrument(execution.conid)
    flows = [(instrument.currency, execution.cash_flow)]
    if instrument.sec_type == "CASH":
        flows += [(instrument.symbol, execution.quantity), (broker.base, -execution.commission)]
    for currency, amount in flows:
        cash[currency] = cash.get(currency, 0.0) + sign * amount


def _book(broker: Broker, cash: dict[str, float], holdings: dict[int, Holding], execution: Execution) -> None:
    _pay(broker, cash, execution, 1)
    instrument = broker.instrument(execution.conid)
    if instrument.sec_type != "CASH":
        holding = holdings.setdefault(execution.conid, Holding(execution.conid))
        holding.book(execution.quantity, execution.price * instrument.multiplier, execution.commission)


def _valued(broker: Broker, moment: float, cash: dict[str, float], holdings: dict[int, Holding]) -> Past:
    assets = []
    for holding in holdings.values():
        if holding.quantity:
            instrument = broker.instrument(holding.conid)
            price = broker.prices.price_at(instrument, moment)
            value = holding.quantity * price * instrument.multiplier
            if instrument.sec_type in SETTLED_IN_CASH:
                value -= holding.cost
            rate = broker.rates.rate(instrument.currency, moment)
            assets.append(Asset(instrument, holding.quantity, value * rate))
    money = {
        currency: amount * broker.rates.rate(currency, moment) for currency, amount in cash.items() if amount
    }
    return Past(moment, tuple(assets), money)
