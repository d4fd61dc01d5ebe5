"""Event timeline: applies an account's events in chronological order, however far the clock has moved.

The next event depends only on the account and on the time up to which its events are processed. So one jump
of a year books the same as 365 jumps of a day.
"""

from __future__ import annotations

from itertools import chain

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.lifecycle import (
    dividend_payments,
    expiry,
    futures_settlement,
    monthly_charges,
    share_splits,
)
from api_gateway.simulator.lifecycle.account_event import AccountEvent, EventSource
from api_gateway.simulator.orders.order import FOREVER

# If events are simultaneous, an earlier source's event is applied first.
_SOURCES: tuple[EventSource, ...] = (
    share_splits.upcoming_events,
    dividend_payments.upcoming_events,
    futures_settlement.upcoming_events,
    expiry.upcoming_events,
    monthly_charges.upcoming_events,
)


def next_event_time(paper_account: PaperAccount) -> float:
    """When the account's next event is due, in seconds since 1970; `FOREVER` if none is.

    Stored with the account, because every request asks for it: it changes only with a booking.
    """
    bookings, at = paper_account.next_event
    if bookings != paper_account.booking_count or at <= paper_account.events_processed_until:
        at = min((event.at for event in _upcoming_events(paper_account)), default=FOREVER)
        paper_account.next_event = paper_account.booking_count, at
    return at


def process_events(paper_account: PaperAccount, until: float) -> None:
    """Apply every event up to `until` (seconds since 1970), without executing orders."""
    while (at := next_event_time(paper_account)) <= until:
        for event in [event for event in _upcoming_events(paper_account) if event.at == at]:
            event.apply()
        paper_account.events_processed_until = at
    paper_account.events_processed_until = max(paper_account.events_processed_until, until)


def _upcoming_events(paper_account: PaperAccount) -> list[AccountEvent]:
    after = paper_account.events_processed_until
    return list(chain.from_iterable(source(paper_account, after) for source in _SOURCES))
