"""Order execution: orders are confirmed, triggered, filled, cancelled and expire as the clock advances.

Account events without an order, such as an option's expiry, are applied in between, in chronological order.
"""

from __future__ import annotations

from collections.abc import Mapping

from api_gateway.simulator.accounts.commissions import commission
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.lifecycle.timeline import next_event_time, process_events
from api_gateway.simulator.orders.next_event import (
    NextEvent,
    OrderEvent,
    OrderEventKind,
    find_next_event,
    pause_after_fill,
)
from api_gateway.simulator.orders.order import FOREVER, Order, OrderStatus
from api_gateway.simulator.orders.order_hours import expiry_time
from api_gateway.simulator.prices.seeded_noise import hash_keys

_CANCEL_DELAY = 0.5  # seconds


class ExecutionSimulator:
    """Executes the orders of all accounts. Driven by the clock: no background task is needed.

    Call `catch_up` before reading an account or changing its orders.
    """

    def __init__(self, accounts: Mapping[str, PaperAccount]) -> None:
        self._accounts = accounts

    def catch_up(self) -> None:
        """Process all order and account events up to now, in chronological order."""
        for paper_account in self._accounts.values():
            _AccountSimulation(paper_account).run(paper_account.clock.now())

    def accept(self, paper_account: PaperAccount, order: Order) -> None:
        """Add an order to the book; it replaces an order with the same ID.

        An order for a specific exchange waits for that exchange's confirmation; a deactivated one waits to be
        activated.
        """
        instrument = paper_account.instrument_of(order)
        now = paper_account.clock.now()
        if order.order_id not in paper_account.orders:
            order.placed_at = now
        order.expires_at = min(expiry_time(order, instrument, now), instrument.trades_until or FOREVER)
        order.simulated_until = now
        sent = order.exchange != "SMART" and order.parent_id is None
        status = OrderStatus.PENDING_SUBMIT if sent else OrderStatus.PRE_SUBMITTED
        if order.ticket.get("deactivated") is True:
            status = OrderStatus.INACTIVE
        order.set_status(status, now)
        paper_account.orders[order.order_id] = order

    def cancel(self, paper_account: PaperAccount, order: Order, seconds: float = _CANCEL_DELAY) -> None:
        """Request cancellation of an order, which takes some seconds; until then, the order can still fill.

        An order that IBKR holds back is cancelled at once.
        """
        now = paper_account.clock.now()
        if order.status in (OrderStatus.INACTIVE, OrderStatus.WARN_STATE):
            order.set_status(OrderStatus.CANCELLED, now)
        elif order.status is not OrderStatus.PENDING_CANCEL:
            order.set_status(OrderStatus.PENDING_CANCEL, now)
            order.cancels_at = now + seconds

    def reject(self, paper_account: PaperAccount, order: Order) -> None:
        """Make the exchange reject a working order; its child orders are cancelled."""
        order.set_status(OrderStatus.INACTIVE, paper_account.clock.now())
        for child in paper_account.orders.values():
            if child.parent_id == order.order_id and child.status.is_working:
                self.cancel(paper_account, child)


class _AccountSimulation:
    """The events of one account's working orders, in chronological order."""

    def __init__(self, paper_account: PaperAccount) -> None:
        self._paper_account = paper_account
        self._working_orders = {o.order_id: o for o in paper_account.orders.values() if o.status.is_working}
        self._until = 0.0
        self._next_events: dict[int, NextEvent] = {}

    def run(self, until: float) -> None:
        """Apply every event up to `until`, the earliest first."""
        self._until = until
        for order in self._working_orders.values():
            self._update_next_event(order)
        while upcoming := [
            (o.event.at, number, o.event) for number, o in self._next_events.items() if o.event
        ]:
            # If events are simultaneous, the account's is applied first, then the older order's.
            at, number, event = min(upcoming, key=lambda row: row[:2])
            if next_event_time(self._paper_account) <= at:
                self._process_account_events(at)
            else:
                self._apply_event(self._working_orders[number], event)
                self._paper_account.events_processed_until = at
        process_events(self._paper_account, until)
        for number, next_event in self._next_events.items():
            _store_progress(self._working_orders[number], next_event, until)

    def _process_account_events(self, until: float) -> None:
        """Apply the account's events up to the next order event; they may cancel orders."""
        process_events(self._paper_account, until)
        for order in list(self._working_orders.values()):
            if not order.status.is_working:
                self._next_events.pop(order.order_id, None)

    def _update_next_event(self, order: Order) -> None:
        if order.status.is_working:
            instrument = self._instrument(order)
            self._next_events[order.order_id] = find_next_event(
                self._paper_account.prices, instrument, order, self._until
            )
        else:
            self._next_events.pop(order.order_id, None)

    def _apply_event(self, order: Order, event: OrderEvent) -> None:
        _store_progress(order, self._next_events[order.order_id], event.at)
        match event.kind:
            case OrderEventKind.CONFIRM:
                self._confirm(order, event.at)
            case OrderEventKind.TRIGGER:
                order.triggered_at = event.at
                order.set_status(OrderStatus.SUBMITTED, event.at)
            case OrderEventKind.FILL:
                self._fill(order, event)
            case OrderEventKind.END:
                self._end(order, event.at)
        self._update_next_event(order)

    def _confirm(self, order: Order, at: float) -> None:
        waits = order.status is OrderStatus.PENDING_SUBMIT
        order.simulated_until = at
        order.set_status(OrderStatus.PRE_SUBMITTED if waits else OrderStatus.SUBMITTED, at)

    def _fill(self, order: Order, event: OrderEvent) -> None:
        if not self._can_pay(order, event):
            self._end(order, event.at)
            return
        self._paper_account.execute(
            order,
            event.quantity,
            event.price,
            at=event.at,
            exchange=_fill_venue(self._instrument(order), order),
        )
        order.simulated_until = event.at + pause_after_fill(order) - PRICE_STEP
        for other in self._oca_siblings(order):
            self._end_linked(other, event.at)
        if order.status is OrderStatus.FILLED:
            for child in self._child_orders(order):
                child.parent_id = None
                child.simulated_until = event.at
                self._update_next_event(child)

    def _can_pay(self, order: Order, event: OrderEvent) -> bool:
        """Guess: a cash account's order that fills at a price beyond its cash is cancelled instead."""
        instrument = self._instrument(order)
        if order.side == "SELL" or instrument.sec_type == "CASH":
            return True
        cost = event.quantity * event.price * instrument.multiplier
        cost += commission(instrument, event.quantity, event.price)
        return self._paper_account.can_pay(cost, instrument.currency, event.at)

    def _end(self, order: Order, at: float) -> None:
        order.set_status(OrderStatus.CANCELLED, at)
        for child in self._child_orders(order):
            self._end_linked(child, at)

    def _end_linked(self, order: Order, at: float) -> None:
        """End an order because a linked order ended; its stop keeps the level it has at that time."""
        _store_progress(
            order, find_next_event(self._paper_account.prices, self._instrument(order), order, at), at
        )
        self._end(order, at)
        self._update_next_event(order)

    def _child_orders(self, order: Order) -> list[Order]:
        return [
            o for o in self._working_orders.values() if o.parent_id == order.order_id and o.status.is_working
        ]

    def _oca_siblings(self, order: Order) -> list[Order]:
        group = order.oca_group
        same = (o for o in self._working_orders.values() if group and o.oca_group == group and o is not order)
        return [o for o in same if o.status.is_working]

    def _instrument(self, order: Order) -> Instrument:
        return self._paper_account.instrument_of(order)


def _store_progress(order: Order, next_event: NextEvent, at: float) -> None:
    order.stop_price, order.limit_price = next_event.stop, next_event.limit
    if order.status is not OrderStatus.PENDING_SUBMIT:
        order.simulated_until = max(order.simulated_until, at)


def _fill_venue(instrument: Instrument, order: Order) -> str:
    """The exchange of a fill: the one the order names, or one that SMART routes to."""
    venues = [venue for venue in instrument.venues if venue != "SMART"]
    if order.exchange != "SMART" or not venues:
        return order.exchange
    return venues[hash_keys(order.order_id, order.fills) % len(venues)]
