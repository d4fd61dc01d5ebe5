"""Splits of positions: the quantity is multiplied, the cost stays, and working orders are cancelled.

Known: IBKR cancels good-till-cancelled orders at a split. The ratios are whole numbers, so a split leaves no
fractions to be paid in cash.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.corporate_actions.splits import splits_of
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.lifecycle.account_event import AccountEvent
from api_gateway.simulator.orders.order import OrderStatus


def upcoming_events(paper_account: PaperAccount, after: float) -> Iterator[AccountEvent]:
    """Yield the next split of every contract that the account holds or has orders in."""
    held = {conid for conid, position in paper_account.positions.items() if position.quantity}
    working = [order for order in paper_account.orders.values() if order.status.is_working]
    ordered = {order.conid for order in working if order.combination is None}
    for conid in sorted(held | ordered):
        instrument = paper_account.instrument(conid)
        for split in splits_of(instrument, paper_account.universe.build_date):
            session = session_on(HOURS[instrument.hours], split.ex_date)
            if session is not None and session.start > after:
                at = session.start
                yield AccountEvent(at, partial(_split, paper_account, instrument, split.ratio, at))


def _split(paper_account: PaperAccount, instrument: Instrument, ratio: int, at: float) -> None:
    for order in paper_account.orders.values():
        if order.conid == instrument.conid and order.status.is_working:
            order.set_status(OrderStatus.CANCELLED, at)
    paper_account.split(instrument.conid, ratio, at)
