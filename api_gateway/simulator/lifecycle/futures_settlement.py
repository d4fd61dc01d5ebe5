"""Daily settlement of futures: the profit since the last settlement moves to cash at the end of liquid hours.

Guess: the settlement price is the last price at that time; exchanges use an average of its last seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.trading_hours import HOURS, Hours, sessions_from
from api_gateway.simulator.lifecycle.account_event import AccountEvent

_SETTLED_DAILY = frozenset({"FUT"})


def upcoming_events(paper_account: PaperAccount, after: float) -> Iterator[AccountEvent]:
    """Yield the next settlement of every future that the account holds."""
    for conid, position in paper_account.positions.items():
        if position.quantity:
            instrument = paper_account.instrument(conid)
            if instrument.sec_type in _SETTLED_DAILY:
                at = next_settlement_time(HOURS[instrument.hours], after)
                if instrument.expires_at is None or at < instrument.expires_at:
                    yield AccountEvent(at, partial(_settle, paper_account, conid, at))


def next_settlement_time(hours: Hours, after: float) -> float:
    """The first end of liquid hours after a time (seconds since 1970)."""
    return next(
        session.liquid_closes for session in sessions_from(hours, after, 2) if session.liquid_closes > after
    )


def _settle(paper_account: PaperAccount, conid: int, at: float) -> None:
    paper_account.settle(conid, paper_account.prices.price_at(paper_account.instrument(conid), at), at)
