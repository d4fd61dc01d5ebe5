"""What happens to one order next, if nothing happens to another one first.

It depends on the order and on prices only, never on when it is asked: a day in one look ends as the same day
in a thousand looks does. An order trades when the last price is at its limit or better, at the price of the
other side of the book and as much as that shows, in six parts at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import ceil

from api_gateway.simulator.calendar.trading_hours import STEP
from api_gateway.simulator.instruments.price_format import rounded
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.orders.order_hours import auction, next_step, trades_now, windows
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.orders.triggers import first_moment
from api_gateway.simulator.prices.prices import Prices, Quote, Span
from api_gateway.simulator.prices.seeded_noise import mix, uniform

CONFIRMED_AFTER = 0.5  # seconds from an order to the exchange's word that it has it
_MOST_FILLS = 6
_LONGEST_PAUSE = 3.0


class Step(Enum):
    """What can happen to an order by itself."""

    CONFIRM = "the exchange has it"
    TRIGGER = "its stop was touched"
    FILL = "some of it was traded"
    END = "it is over"


@dataclass(frozen=True)
class Event:
    """One step, when it happens, and what a fill fills and at which price."""

    at: float
    step: Step
    quantity: float = 0.0
    price: float = 0.0


@dataclass(frozen=True)
class Outlook:
    """The next event, if there is one by the end of the look, and the stop and limit until then."""

    event: Event | None
    stop: float | None
    limit: float | None


def outlook(prices: Prices, instrument: Instrument, order: Order, until: float) -> Outlook:
    """What happens to the order after it was looked at last and by `until` (seconds since 1970)."""
    stop = _Stop(instrument, order)
    event = _next(prices, instrument, order, stop, min(until, order.expires_at))
    if event is not None and event.at > until:
        event = None
    if order.expires_at <= until and (event is None or event.at >= order.expires_at):
        event = Event(order.expires_at, Step.END)
    return Outlook(event, stop.level, stop.limit)


def crossed(order: Order, limit: float | None, price: float) -> bool:
    """Whether the market trades at the order's limit or better."""
    return limit is None or (price - limit) * order.sign <= 0


class _Stop:
    """The price that triggers an order, and how it trails."""

    def __init__(self, instrument: Instrument, order: Order) -> None:
        self._instrument = instrument
        self._order = order
        self._touches = ORDER_TYPES[order.order_type].touches
        self.level = order.stop_price
        self.limit = order.limit_price

    def reached(self, price: float) -> bool:
        """Whether this price triggers it."""
        if self.level is None:
            return False
        return (price - self.level) * self._order.sign * (-1 if self._touches else 1) >= 0

    def better(self, price: float) -> float | None:
        """Where the stop goes after this price, or None if it stays."""
        order = self._order
        if order.trailing is None:
            return None
        distance = order.trailing if order.trailing_unit == "amt" else price * order.trailing / 100
        level = rounded(self._instrument, price + order.sign * distance)
        if self.level is None or (self.level - level) * order.sign > 0:
            return level
        return None

    def may(self, span: Span) -> bool:
        """Whether something in this while triggers or moves it."""
        return any(self.reached(p) or self.better(p) is not None for p in (span.high, span.low))

    def holds(self, price: float) -> bool:
        """Whether this price triggers it; if not, the stop follows."""
        if self.reached(price):
            return True
        level = self.better(price)
        if level is not None:
            self.level = level
            if self._order.limit_offset is not None:
                self.limit = rounded(self._instrument, level + self._order.limit_offset)
        return False


def _next(prices: Prices, instrument: Instrument, order: Order, stop: _Stop, until: float) -> Event | None:
    if order.status is OrderStatus.PENDING_CANCEL:
        return Event(order.ends_at, Step.END)
    if order.status is OrderStatus.PENDING_SUBMIT:
        return Event(order.watched_until + CONFIRMED_AFTER, Step.CONFIRM)
    if order.status is OrderStatus.WARN_STATE or order.parent is not None or prices.halted(instrument.conid):
        return None
    meets = auction(order, instrument, order.watched_until)
    if meets is not None:
        return _auctioned(prices, instrument, order, meets) if meets <= until else None
    if order.tif == "IOC" and (order.fills or not trades_now(order, instrument, order.watched_until)):
        return Event(next_step(order.watched_until), Step.END)
    asleep = ORDER_TYPES[order.order_type].trigger is not None and order.triggered_at is None
    for since, last in windows(order, instrument, order.watched_until, until):
        if asleep:
            at = first_moment(
                prices,
                instrument,
                since,
                last,
                may=stop.may,
                holds=lambda moment: stop.holds(prices.price_at(instrument, moment)),
            )
            if at is not None:
                return Event(at, Step.TRIGGER)
            continue
        if order.status is OrderStatus.PRE_SUBMITTED:
            return Event(since, Step.CONFIRM)
        at = _fillable(prices, instrument, order, since, last)
        if at is not None:
            return _fill(prices.quote(instrument, at), instrument, order, at)
        if order.tif == "IOC":
            return Event(since, Step.END)
    return None


def _fillable(
    prices: Prices, instrument: Instrument, order: Order, since: float, last: float
) -> float | None:
    limit = order.limit_price
    if order.tif == "IOC":
        return since if crossed(order, limit, prices.price_at(instrument, since)) else None
    return first_moment(
        prices,
        instrument,
        since,
        last,
        may=lambda span: crossed(order, limit, span.low if order.side == "BUY" else span.high),
        holds=lambda at: crossed(order, limit, prices.price_at(instrument, at)),
    )


def _fill(quote: Quote, instrument: Instrument, order: Order, at: float) -> Event:
    """A fill as large as what stands in the book, and at its price unless the limit is less."""
    buys = order.side == "BUY"
    left = order.quantity - order.filled
    shown = quote.ask_size if buys else quote.bid_size
    size = max(shown, ceil(order.quantity / _MOST_FILLS))
    quantity = left if order.all_or_none or size >= left else float(size)
    match order.order_type:
        case "MIDPRICE":
            price = rounded(instrument, (quote.bid + quote.ask) / 2)
        case "REL":
            price = quote.bid if buys else quote.ask
        case _:
            price = quote.ask if buys else quote.bid
    if not crossed(order, order.limit_price, price):
        price = order.limit_price or price
    return Event(at, Step.FILL, quantity, price)


def _auctioned(prices: Prices, instrument: Instrument, order: Order, at: float) -> Event:
    price = prices.price_at(instrument, at)
    if not crossed(order, order.limit_price, price):
        return Event(at, Step.END)
    return Event(at, Step.FILL, order.quantity - order.filled, price)


def pause(order: Order) -> float:
    """Seconds after a fill until there is something to trade with again."""
    return STEP + _LONGEST_PAUSE * uniform(mix(order.order_id, order.fills), 5) // STEP * STEP
