"""Trading hours of an order: when it can fill, and when it expires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.trading_hours import HOURS, PRICE_STEP, TradingSession, session_on
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import FOREVER, Order
from api_gateway.simulator.orders.order_types import ORDER_TYPES

_NEW_YORK = ZoneInfo("America/New_York")
OVERNIGHT_TIFS = frozenset({"OVT", "OND"})
_OVERNIGHT_DURATION, _OVERNIGHT_BREAK = 8 * 3600.0, 600.0
_PAXOS_LIFETIME = 300.0


def sessions_after(instrument: Instrument, epoch: float) -> Iterator[TradingSession]:
    """Every session that has not ended by `epoch`, the earliest first."""
    hours = HOURS[instrument.hours]
    day = datetime.fromtimestamp(epoch, tz=UTC).date() - timedelta(days=1)
    while True:
        session = session_on(hours, day)
        if session is not None and session.end > epoch:
            yield session
        day += timedelta(days=1)


def next_step(epoch: float) -> float:
    """The first half-second price step after a time."""
    return epoch // PRICE_STEP * PRICE_STEP + PRICE_STEP


def can_trade_now(order: Order, instrument: Instrument, epoch: float) -> bool:
    """True if the order can fill at the first price step after a time."""
    return any(True for _ in tradable_windows(order, instrument, epoch, next_step(epoch)))


def tradable_windows(
    order: Order, instrument: Instrument, since: float, until: float
) -> Iterator[tuple[float, float]]:
    """First and last price steps of each period, after `since` and up to `until`, in which it can fill."""
    first = next_step(since)
    for session in sessions_after(instrument, since):
        if session.start - _OVERNIGHT_DURATION > until:
            return
        for start, end in _tradable_hours(order, session):
            begin, last = max(first, start), min(until // PRICE_STEP * PRICE_STEP, end - PRICE_STEP)
            if begin <= last:
                yield begin, last


def next_auction(order: Order, instrument: Instrument, since: float) -> float | None:
    """The time of the auction after `since` that the order takes part in, or None for other orders."""
    if order.tif == "OPG":
        return next(s.opens for s in sessions_after(instrument, since) if s.opens > since)
    if ORDER_TYPES[order.order_type].is_closing_auction:
        return next(s.closes for s in sessions_after(instrument, since) if s.closes > since)
    return None


def expiry_time(order: Order, instrument: Instrument, at: float) -> float:
    """The time at which an order received at `at` expires, in seconds since 1970."""
    if ORDER_TYPES[order.order_type].is_closing_auction or order.tif in ("OPG", "IOC"):
        return FOREVER  # it ends after the auction or the first attempt to fill
    if order.tif == "GTC":
        return _end_of_next_quarter(at)
    if order.tif == "PAX":
        return at + _PAXOS_LIFETIME
    ends = (
        max(end for _, end in _tradable_hours(order, session))
        for session in islice(sessions_after(instrument, at), 4)
    )
    return next(end for end in ends if end > at)


def _tradable_hours(order: Order, session: TradingSession) -> Iterator[tuple[float, float]]:
    """The periods of one session in which the order can fill, in chronological order."""
    overnight_ends = session.start - _OVERNIGHT_BREAK
    if order.tif in OVERNIGHT_TIFS:
        yield session.start - _OVERNIGHT_DURATION, overnight_ends
        if order.placed_at >= overnight_ends:
            return  # overnight and the following session, not the current one
    if order.tif != "OVT":
        yield (session.start, session.end) if order.outside_rth else (session.opens, session.closes)


def _end_of_next_quarter(at: float) -> float:
    """Midnight in New York after the last day of the quarter that follows this one."""
    today = datetime.fromtimestamp(at, tz=_NEW_YORK)
    month = (today.month - 1) // 3 * 3 + 7
    year, month = today.year + (month - 1) // 12, (month - 1) % 12 + 1
    return datetime(year, month, 1, tzinfo=_NEW_YORK).timestamp()
