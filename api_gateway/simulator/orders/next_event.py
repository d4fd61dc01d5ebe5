"""The next event of one order (confirm, trigger, fill or end), unless another order's event comes first.

It depends only on the order and on prices, not on when it is computed: simulating a day in one step or in a
thousand gives the same result. An order fills when the last price is at its limit or better, at the opposite
side's price and displayed size, in at most six fills. A sale waits while nobody bids.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import ceil

from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.instruments.combinations import Combination, contracts_of
from api_gateway.simulator.instruments.price_format import round_to_tick
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.orders.order_hours import can_trade_now, next_auction, next_step, tradable_windows
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.orders.triggers import first_matching_step
from api_gateway.simulator.prices.order_book import is_bid_for
from api_gateway.simulator.prices.prices import PriceRange, Prices, Quote
from api_gateway.simulator.prices.seeded_noise import hash_keys, uniform

CONFIRMATION_DELAY = 0.5  # seconds from an order to the exchange's confirmation
_MAX_FILLS = 6
_MAX_PAUSE = 3.0


class OrderEventKind(Enum):
    """The events of an order that need no request."""

    CONFIRM = "confirm"
    TRIGGER = "trigger"
    FILL = "fill"
    END = "end"


@dataclass(frozen=True)
class OrderEvent:
    """One event and its time; for a fill, also quantity and price."""

    at: float
    kind: OrderEventKind
    quantity: float = 0.0
    price: float = 0.0


@dataclass(frozen=True)
class NextEvent:
    """The next event in the period, or None, and the stop and limit price at its end."""

    event: OrderEvent | None
    stop: float | None
    limit: float | None


def find_next_event(prices: Prices, instrument: Instrument, order: Order, until: float) -> NextEvent:
    """The first event of an order after its `simulated_until` and up to `until` (seconds since 1970)."""
    stop = _StopTrigger(instrument, order)
    event = _next_event(prices, instrument, order, stop, min(until, order.expires_at))
    if event is not None and event.at > until:
        event = None
    if order.expires_at <= until and (event is None or event.at >= order.expires_at):
        event = OrderEvent(order.expires_at, OrderEventKind.END)
    return NextEvent(event, stop.level, stop.limit)


def is_marketable(order: Order, limit: float | None, price: float) -> bool:
    """True if the market price is at the order's limit or better."""
    return limit is None or (price - limit) * order.sign <= 0


class _StopTrigger:
    """The trigger condition of a stop or if-touched order, and how its stop price trails."""

    def __init__(self, instrument: Instrument, order: Order) -> None:
        self._instrument = instrument
        self._order = order
        self._is_if_touched = ORDER_TYPES[order.order_type].is_if_touched
        self.level = order.stop_price
        self.limit = order.limit_price

    def is_triggered_by(self, price: float) -> bool:
        """True if this price triggers the order."""
        if self.level is None:
            return False
        return (price - self.level) * self._order.sign * (-1 if self._is_if_touched else 1) >= 0

    def trailed_level(self, price: float) -> float | None:
        """The new stop price after this price, or None if it does not change."""
        order = self._order
        if order.trailing is None:
            return None
        # The price of a combination can be negative.
        distance = order.trailing if order.trailing_unit == "amt" else abs(price) * order.trailing / 100
        level = round_to_tick(self._instrument, price + order.sign * distance)
        if self.level is None or (self.level - level) * order.sign > 0:
            return level
        return None

    def may_change(self, span: PriceRange) -> bool:
        """True if a price in this range may trigger the order or move its stop."""
        return any(
            self.is_triggered_by(p) or self.trailed_level(p) is not None for p in (span.high, span.low)
        )

    def trigger_or_trail(self, price: float) -> bool:
        """True if this price triggers the order; otherwise, the stop trails."""
        if self.is_triggered_by(price):
            return True
        level = self.trailed_level(price)
        if level is not None:
            self.level = level
            if self._order.limit_offset is not None:
                self.limit = round_to_tick(self._instrument, level + self._order.limit_offset)
        return False


def _next_event(
    prices: Prices, instrument: Instrument, order: Order, stop: _StopTrigger, until: float
) -> OrderEvent | None:
    if order.status is OrderStatus.PENDING_CANCEL:
        fill = _market_event(prices, instrument, order, stop, min(until, order.cancels_at))
        is_first = fill is not None and fill.kind is OrderEventKind.FILL and fill.at < order.cancels_at
        return fill if is_first else OrderEvent(order.cancels_at, OrderEventKind.END)
    return _market_event(prices, instrument, order, stop, until)


def _market_event(
    prices: Prices, instrument: Instrument, order: Order, stop: _StopTrigger, until: float
) -> OrderEvent | None:
    """The next event of an order, as if no cancellation had been requested."""
    if order.status is OrderStatus.PENDING_SUBMIT:
        return OrderEvent(order.simulated_until + CONFIRMATION_DELAY, OrderEventKind.CONFIRM)
    if (
        order.status is OrderStatus.WARN_STATE
        or order.parent_id is not None
        or any(prices.is_halted(contract.conid) for contract in contracts_of(instrument))
    ):
        return None
    auction_time = next_auction(order, instrument, order.simulated_until)
    if auction_time is not None:
        return _auction_event(prices, instrument, order, auction_time) if auction_time <= until else None
    if order.tif == "IOC" and (order.fills or not can_trade_now(order, instrument, order.simulated_until)):
        return OrderEvent(next_step(order.simulated_until), OrderEventKind.END)
    awaits_trigger = ORDER_TYPES[order.order_type].trigger_field is not None and order.triggered_at is None
    for since, last in tradable_windows(order, instrument, order.simulated_until, until):
        if awaits_trigger:
            at = first_matching_step(
                prices,
                instrument,
                since,
                last,
                may_match=stop.may_change,
                matches=lambda moment: stop.trigger_or_trail(prices.price_at(instrument, moment)),
            )
            if at is not None:
                return OrderEvent(at, OrderEventKind.TRIGGER)
            continue
        if order.status is OrderStatus.PRE_SUBMITTED:
            return OrderEvent(since, OrderEventKind.CONFIRM)
        at = _first_fill_time(prices, instrument, order, since, last)
        if at is not None:
            return _fill_event(prices.quote(instrument, at), instrument, order, at)
        if order.tif == "IOC":
            return OrderEvent(since, OrderEventKind.END)
    return None


def _first_fill_time(
    prices: Prices, instrument: Instrument, order: Order, since: float, last: float
) -> float | None:
    def can_fill(price: float) -> bool:
        if order.side == "SELL" and not isinstance(instrument, Combination):
            return is_bid_for(instrument, price) and is_marketable(order, order.limit_price, price)
        return is_marketable(order, order.limit_price, price)

    if order.tif == "IOC":
        return since if can_fill(prices.price_at(instrument, since)) else None
    return first_matching_step(
        prices,
        instrument,
        since,
        last,
        may_match=lambda span: can_fill(span.low if order.side == "BUY" else span.high),
        matches=lambda at: can_fill(prices.price_at(instrument, at)),
    )


def _fill_event(quote: Quote, instrument: Instrument, order: Order, at: float) -> OrderEvent:
    """A fill of the displayed size or a sixth of the order, at the book's price within the order's limit."""
    buys = order.side == "BUY"
    left = order.quantity - order.filled
    shown = quote.ask_size if buys else quote.bid_size
    size = max(shown, ceil(order.quantity / _MAX_FILLS))
    quantity = left if order.all_or_none or size >= left else float(size)
    match order.order_type:
        case "MIDPRICE":
            price = round_to_tick(instrument, (quote.bid + quote.ask) / 2)
        case "REL":
            price = quote.bid if buys else quote.ask
        case _:
            price = quote.ask if buys else quote.bid
    if not is_marketable(order, order.limit_price, price):
        price = price if order.limit_price is None else order.limit_price
    return OrderEvent(at, OrderEventKind.FILL, quantity, price)


def _auction_event(prices: Prices, instrument: Instrument, order: Order, at: float) -> OrderEvent:
    price = prices.price_at(instrument, at)
    if not is_marketable(order, order.limit_price, price):
        return OrderEvent(at, OrderEventKind.END)
    return OrderEvent(at, OrderEventKind.FILL, order.quantity - order.filled, price)


def pause_after_fill(order: Order) -> float:
    """Seconds after a fill until the book has size again."""
    return (
        PRICE_STEP
        + _MAX_PAUSE * uniform(hash_keys(order.order_id, order.fills), 5) // PRICE_STEP * PRICE_STEP
    )
