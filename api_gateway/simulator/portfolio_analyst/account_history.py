"""Account history: an account's positions and value at any past moment.

Nothing is stored. The initial cash is found by reversing all bookings; each snapshot then replays the
bookings up to its moment: executions and cash transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.cash_transactions import CashTransaction, CashTransactionKind
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
    bookings: list[Execution | CashTransaction] = sorted(
        [*paper_account.executions, *paper_account.cash_transactions], key=lambda booking: booking.at
    )
    cash = dict(paper_account.cash)
    for booking in bookings:
        _apply_cash_flows(paper_account, cash, booking, -1)
    holdings: dict[int, Position] = {}
    applied = 0
    for moment in moments:
        while applied < len(bookings) and bookings[applied].at <= moment:
            _apply_booking(paper_account, cash, holdings, bookings[applied])
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
    paper_account: PaperAccount, cash: dict[str, float], booking: Execution | CashTransaction, sign: int
) -> None:
    """Apply (`sign` 1) or reverse (`sign` -1) the cash flows of one booking."""
    for currency, amount in _cash_flows(paper_account, booking):
        cash[currency] = round(cash.get(currency, 0.0) + sign * amount, 2)


def _cash_flows(
    paper_account: PaperAccount, booking: Execution | CashTransaction
) -> Iterator[tuple[str, float]]:
    if isinstance(booking, CashTransaction):
        yield booking.currency, booking.amount
        return
    instrument = paper_account.instrument(booking.conid)
    yield instrument.currency, booking.cash_flow
    if instrument.sec_type == "CASH":
        yield instrument.symbol, booking.quantity
        yield paper_account.base_currency, -booking.commission


def _apply_booking(
    paper_account: PaperAccount,
    cash: dict[str, float],
    holdings: dict[int, Position],
    booking: Execution | CashTransaction,
) -> None:
    _apply_cash_flows(paper_account, cash, booking, 1)
    if isinstance(booking, CashTransaction):
        if booking.kind is CashTransactionKind.VARIATION_MARGIN and booking.conid is not None:
            holdings[booking.conid].settled += booking.amount
        return
    instrument = paper_account.instrument(booking.conid)
    if instrument.sec_type != "CASH":
        holding = holdings.setdefault(booking.conid, Position(booking.conid))
        holding.add_fill(booking.quantity, booking.price * instrument.multiplier, booking.commission)


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
                value -= holding.settled
            rate = paper_account.exchange_rates.rate(instrument.currency, moment)
            assets.append(Asset(instrument, holding.quantity, value * rate))
    money = {
        currency: amount * paper_account.exchange_rates.rate(currency, moment)
        for currency, amount in cash.items()
        if amount
    }
    return AccountSnapshot(moment, tuple(assets), money)
