"""Monthly bookings: the interest of the previous month, and the fee for market data.

Known: IBKR books interest on the third business day of the following month; the "US Securities Snapshot and
Futures Value Bundle" costs 10 dollars a month and is free with commissions of 30 dollars. Guesses: both are
booked at 17:00 in New York on the same day, and every account of a login has subscribed to that bundle.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.cash_transactions import CashTransaction, CashTransactionKind
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.lifecycle.account_event import AccountEvent

MARKET_DATA_FEE, FREE_FROM_COMMISSIONS = 10.0, 30.0
_NEW_YORK = ZoneInfo("America/New_York")
_BUSINESS_DAY, _BOOKED_AT = 3, time(17)


def upcoming_events(paper_account: PaperAccount, after: float) -> Iterator[AccountEvent]:
    """Yield the next month's bookings."""
    day = datetime.fromtimestamp(after, tz=_NEW_YORK).date()
    month = day.replace(day=1)
    at = booking_time(month)
    if at <= after:
        month = (month + timedelta(days=32)).replace(day=1)
        at = booking_time(month)
    yield AccountEvent(at, partial(_book_month, paper_account, month, at))


@lru_cache(maxsize=256)
def booking_time(month: date) -> float:
    """The time (seconds since 1970) of the bookings in the month that begins on `month`."""
    day, business_days = month, 0
    while business_days < _BUSINESS_DAY:
        business_days += session_on(HOURS["us_stock"], day) is not None
        day += timedelta(days=1)
    return datetime.combine(day - timedelta(days=1), _BOOKED_AT, tzinfo=_NEW_YORK).timestamp()


def _book_month(paper_account: PaperAccount, month: date, at: float) -> None:
    _charge_market_data(paper_account, month, at)
    paper_account.book_interest(month, at)


def _charge_market_data(paper_account: PaperAccount, month: date, at: float) -> None:
    previous = (month - timedelta(days=1)).replace(day=1)
    since, until = (datetime.combine(day, time(), tzinfo=_NEW_YORK).timestamp() for day in (previous, month))
    commissions = sum(e.commission for e in paper_account.executions if since <= e.at < until)
    if paper_account.opened_at < until and commissions < FREE_FROM_COMMISSIONS:
        paper_account.book_cash(
            CashTransaction(
                at, CashTransactionKind.MARKET_DATA_FEE, paper_account.base_currency, -MARKET_DATA_FEE
            )
        )
