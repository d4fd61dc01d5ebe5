"""The desk: takes orders in, lets them live through the time that passes, changes and ends them."""

from __future__ import annotations

from collections.abc import Mapping

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.calendar.trading_hours import STEP
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.next_event import Event, Outlook, Step, outlook, pause
from api_gateway.simulator.orders.order import FOREVER, Order, OrderStatus
from api_gateway.simulator.orders.order_hours import expiry
from api_gateway.simulator.prices.seeded_noise import mix

_CANCELLED_AFTER = 0.5  # seconds


class Desk:
    """Every order of every account; it moves with the clock, and nothing else needs to run for it.

    `catch_up` comes before anything that reads an account or changes its orders.
    """

    def __init__(self, accounts: Mapping[str, Broker]) -> None:
        self._accounts = accounts

    def catch_up(self) -> None:
        """Do all that happened by now, in the order in which it happened."""
        for broker in self._accounts.values():
            _Day(broker).run(broker.clock.now())

    def accept(self, broker: Broker, order: Order) -> None:
        """Take an order into the book, in the place of the one with its number if there is one.

        An order sent to one exchange waits for that exchange's word, a deactivated one for its customer.
        """
        instrument = broker.instrument(order.conid)
        now = broker.clock.now()
        if order.order_id not in broker.orders:
            order.placed_at = now
        order.expires_at = min(expiry(order, instrument, now), instrument.expires or FOREVER)
        order.watched_until = now
        sent = order.exchange != "SMART" and order.parent is None
        status = OrderStatus.PENDING_SUBMIT if sent else OrderStatus.PRE_SUBMITTED
        if order.ticket.get("deactivated") is True:
            status = OrderStatus.INACTIVE
        order.move_to(status, now)
        broker.orders[order.order_id] = order

    def cancel(self, broker: Broker, order: Order) -> None:
        """Ask for an end of the order; it comes a moment later."""
        now = broker.clock.now()
        if order.status is OrderStatus.INACTIVE:
            order.move_to(OrderStatus.CANCELLED, now)
        elif order.status is not OrderStatus.PENDING_CANCEL:
            order.move_to(OrderStatus.PENDING_CANCEL, now)
            order.ends_at = now + _CANCELLED_AFTER

    def reject(self, broker: Broker, order: Order) -> None:
        """Let the exchange refuse a working order; what waits for its fill is cancelled."""
        order.move_to(OrderStatus.INACTIVE, broker.clock.now())
        for child in broker.orders.values():
            if child.parent == order.order_id and child.status.working:
                self.cancel(broker, child)


class _Day:
    """One account's orders while time passes."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._working = {o.order_id: o for o in broker.orders.values() if o.status.working}
        self._until = 0.0
        self._outlooks: dict[int, Outlook] = {}

    def run(self, until: float) -> None:
        """Let every event up to `until` happen, the earliest first."""
        self._until = until
        for order in self._working.values():
            self._look(order)
        while coming := [(o.event.at, number, o.event) for number, o in self._outlooks.items() if o.event]:
            # At the same moment the older order comes first.
            _, number, event = min(coming, key=lambda row: row[:2])
            self._happen(self._working[number], event)
        for number, seen in self._outlooks.items():
            _keep(self._working[number], seen, until)

    def _look(self, order: Order) -> None:
        if order.status.working:
            instrument = self._instrument(order)
            self._outlooks[order.order_id] = outlook(self._broker.prices, instrument, order, self._until)
        else:
            self._outlooks.pop(order.order_id, None)

    def _happen(self, order: Order, event: Event) -> None:
        _keep(order, self._outlooks[order.order_id], event.at)
        match event.step:
            case Step.CONFIRM:
                self._confirm(order, event.at)
            case Step.TRIGGER:
                order.triggered_at = event.at
                order.move_to(OrderStatus.SUBMITTED, event.at)
            case Step.FILL:
                self._fill(order, event)
            case Step.END:
                self._end(order, event.at)
        self._look(order)

    def _confirm(self, order: Order, at: float) -> None:
        waits = order.status is OrderStatus.PENDING_SUBMIT
        order.watched_until = at
        order.move_to(OrderStatus.PRE_SUBMITTED if waits else OrderStatus.SUBMITTED, at)

    def _fill(self, order: Order, event: Event) -> None:
        self._broker.execute(
            order, event.quantity, event.price, at=event.at, exchange=_venue(self._instrument(order), order)
        )
        order.watched_until = event.at + pause(order) - STEP
        for other in self._others(order):
            self._end_at(other, event.at)
        if order.status is OrderStatus.FILLED:
            for child in self._children(order):
                child.parent = None
                child.watched_until = event.at
                self._look(child)

    def _end(self, order: Order, at: float) -> None:
        order.move_to(OrderStatus.CANCELLED, at)
        for child in self._children(order):
            self._end_at(child, at)

    def _end_at(self, order: Order, at: float) -> None:
        """End an order because of another one; its stop is where it was then."""
        _keep(order, outlook(self._broker.prices, self._instrument(order), order, at), at)
        self._end(order, at)
        self._look(order)

    def _children(self, order: Order) -> list[Order]:
        return [o for o in self._working.values() if o.parent == order.order_id and o.status.working]

    def _others(self, order: Order) -> list[Order]:
        group = order.group
        same = (o for o in self._working.values() if group and o.group == group and o is not order)
        return [o for o in same if o.status.working]

    def _instrument(self, order: Order) -> Instrument:
        return self._broker.instrument(order.conid)


def _keep(order: Order, seen: Outlook, at: float) -> None:
    order.stop_price, order.limit_price = seen.stop, seen.limit
    if order.status is not OrderStatus.PENDING_SUBMIT:
        order.watched_until = max(order.watched_until, at)


def _venue(instrument: Instrument, order: Order) -> str:
    """Where a fill happens: one of the venues that SMART chooses from, or the one that was asked for."""
    venues = [venue for venue in instrument.venues if venue != "SMART"]
    if order.exchange != "SMART" or not venues:
        return order.exchange
    return venues[mix(order.order_id, order.fills) % len(venues)]
