"""Account history: an account's positions and value at any past moment.

Nothing is stored. The initial cash is found by reversing all bookings; each snapshot then replays the
bookings up to its moment: executions and cash transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.cash_transactions import (
    INTEREST_KINDS,
    CashTransaction,
    CashTransactionKind,
    SplitBooking,
)
from api_gateway.simulator.accounts.dividend_accrual import sum_accruals
from api_gateway.simulator.accounts.interest_accrual import InterestAccrual
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.accounts.position import Position
from api_gateway.simulator.accounts.valued_position import SETTLED_IN_CASH
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Execution

NEW_YORK = ZoneInfo("America/New_York")
Booking = Execution | CashTransaction | SplitBooking


@dataclass(frozen=True)
class Asset:
    """One position and its contribution to net liquidation, in base currency."""

    instrument: Instrument
    quantity: float
    value: float


@dataclass(frozen=True)
class AccountSnapshot:
    """The account at `at` (seconds since 1970); amounts are in base currency.

    `cash` is by currency and includes what has accrued and is not booked yet.
    """

    at: float
    assets: tuple[Asset, ...]
    cash: dict[str, float]

    @property
    def net_liquidation(self) -> float:
        """The account's total value."""
        return float(sum(self.cash.values()) + sum(asset.value for asset in self.assets))


def account_snapshots(paper_account: PaperAccount, moments: Iterable[float]) -> Iterator[AccountSnapshot]:
    """Yield the account at each moment (seconds since 1970); the moments must be in ascending order."""
    replay = _Replay(paper_account)
    for moment in moments:
        replay.advance(moment)
        yield replay.snapshot(moment)


def new_york_date(epoch: float) -> date:
    """Return the date in New York at a moment."""
    return datetime.fromtimestamp(epoch, tz=NEW_YORK).date()


def end_of_day(day: date, now: float) -> float:
    """Return the last moment of a day in New York (seconds since 1970), or `now` if the day is not over."""
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=NEW_YORK)
    return min(now, following.timestamp() - 1)


class _Replay:
    """The account's bookings, replayed from the first one on."""

    def __init__(self, paper_account: PaperAccount) -> None:
        self._account = paper_account
        self._bookings: list[Booking] = sorted(
            [*paper_account.splits, *paper_account.executions, *paper_account.cash_transactions],
            key=lambda booking: booking.at,
        )
        self._cash = dict(paper_account.cash)
        for booking in self._bookings:
            self._apply_cash_flows(booking, -1)
        self._holdings: dict[int, Position] = {}
        self._interest = InterestAccrual(paper_account.opened_at)
        self._applied = 0

    def advance(self, moment: float) -> None:
        """Apply the bookings up to a moment (seconds since 1970)."""
        while self._applied < len(self._bookings) and self._bookings[self._applied].at <= moment:
            self._apply(self._bookings[self._applied])
            self._applied += 1
        self._interest.advance(moment, self._cash)

    def snapshot(self, moment: float) -> AccountSnapshot:
        """The account as it is after the bookings applied so far, at the prices of a moment."""
        assets = []
        for holding in self._holdings.values():
            if holding.quantity:
                instrument = self._account.instrument(holding.conid)
                price = self._account.prices.price_at(instrument, moment)
                value = holding.quantity * price * instrument.multiplier
                if instrument.sec_type in SETTLED_IN_CASH:
                    value -= holding.settled
                assets.append(
                    Asset(instrument, holding.quantity, self._in_base(instrument.currency, value, moment))
                )
        cash: dict[str, float] = {}
        dividends = sum_accruals(self._account.dividend_accruals, moment)
        for money in (self._cash, self._interest.accrued(), dividends):
            for currency, amount in money.items():
                if amount:
                    cash[currency] = cash.get(currency, 0.0) + self._in_base(currency, amount, moment)
        return AccountSnapshot(moment, tuple(assets), cash)

    def _in_base(self, currency: str, amount: float, moment: float) -> float:
        # The ledger adds up cents, too.
        return round(amount * self._account.exchange_rates.rate(currency, moment), 2)

    def _apply(self, booking: Booking) -> None:
        self._interest.advance(booking.at, self._cash)
        self._apply_cash_flows(booking, 1)
        if isinstance(booking, SplitBooking):
            self._holdings[booking.conid].quantity *= booking.ratio
            return
        if isinstance(booking, CashTransaction):
            self._apply_cash_transaction(booking)
            return
        instrument = self._account.instrument(booking.conid)
        if instrument.sec_type != "CASH":
            holding = self._holdings.setdefault(booking.conid, Position(booking.conid))
            holding.add_fill(booking.quantity, booking.price * instrument.multiplier, booking.commission)

    def _apply_cash_transaction(self, booking: CashTransaction) -> None:
        if booking.kind is CashTransactionKind.VARIATION_MARGIN and booking.conid is not None:
            self._holdings[booking.conid].settled += booking.amount
        if booking.kind in INTEREST_KINDS:
            self._interest.clear_before(new_york_date(booking.at).replace(day=1))

    def _apply_cash_flows(self, booking: Booking, sign: int) -> None:
        """Apply (`sign` 1) or reverse (`sign` -1) the cash flows of one booking."""
        for currency, amount in _cash_flows(self._account, booking):
            self._cash[currency] = round(self._cash.get(currency, 0.0) + sign * amount, 2)


def _cash_flows(paper_account: PaperAccount, booking: Booking) -> Iterator[tuple[str, float]]:
    if isinstance(booking, SplitBooking):
        return
    if isinstance(booking, CashTransaction):
        yield booking.currency, booking.amount
        return
    instrument = paper_account.instrument(booking.conid)
    yield instrument.currency, booking.cash_flow
    if instrument.sec_type == "CASH":
        yield instrument.symbol, booking.quantity
        yield paper_account.base_currency, -booking.commission
