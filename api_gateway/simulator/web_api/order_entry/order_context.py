"""Order context: what the confirmation rules need to know about an order, its market and its session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.combinations import contracts_of
from api_gateway.simulator.instruments.contract_names import full_name, listing_exchange_name
from api_gateway.simulator.instruments.price_format import is_on_tick, quantity_text
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.session.preflight import PreflightState
from api_gateway.simulator.web_api.order_entry.preview import expected_price, held_quantity

_SIZE_LIMITS = MappingProxyType(
    {"STK": 500, "CFD": 500, "OPT": 50, "FUT": 50, "CASH": 1_000_000, "EC": 5_000}
)
_DEFAULT_SIZE_LIMIT = 500
_ILLIQUID_DAILY_VALUE = 2_000_000.0


@dataclass(frozen=True)
class OrderContext:
    """An order to check against the rules, with its account, contract and session.

    `replaced_order` is the order that it modifies. An advisor's order for several accounts has `allocations`:
    each account's part of the quantity and the position that the account has.
    """

    account: PaperAccount
    instrument: Instrument
    order: Order
    preflights: PreflightState
    replaced_order: Order | None = None
    allocations: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def market_price(self) -> float:
        """The current price on the opposite side of the market."""
        quote = self.account.prices.quote(self.instrument)
        return quote.ask if self.order.side == "BUY" else quote.bid

    @property
    def value(self) -> float:
        """The order's value in base currency."""
        price = expected_price(self.account, self.instrument, self.order)
        return self._in_base_currency(abs(self.order.quantity * price * self.instrument.multiplier))

    @property
    def summary(self) -> str:
        """`BUY 650 AAPL NASDAQ.NMS`."""
        size = quantity_text(self.order.quantity)
        return (
            f"{self.order.side} {size} {full_name(self.instrument)} {listing_exchange_name(self.instrument)}"
        )

    @property
    def size_limit(self) -> int:
        """The size above which confirmation is required."""
        return _SIZE_LIMITS.get(self.instrument.sec_type, _DEFAULT_SIZE_LIMIT)

    @property
    def percent_from_market(self) -> float:
        """By how many percent the limit is worse for the customer than the market; negative if better."""
        is_active = ORDER_TYPES[self.order.order_type].trigger_field is None
        if self.order.limit_price is None or not self.market_price or not is_active:
            return 0.0
        # A combination's price can be negative.
        distance = (self.order.limit_price - self.market_price) / abs(self.market_price)
        return distance * 100 * self.order.sign

    @property
    def is_market_order(self) -> bool:
        """Whether it is a market order."""
        return self.order.order_type == "MKT"

    @property
    def is_stop_order(self) -> bool:
        """Whether it is triggered by a price move against the customer."""
        kind = ORDER_TYPES[self.order.order_type]
        return kind.trigger_field is not None and not kind.is_if_touched

    @property
    def is_off_tick(self) -> bool:
        """Whether a price of the ticket is not a multiple of the tick size."""
        kind = ORDER_TYPES[self.order.order_type]
        prices = [self.order.ticket.get(name) for name in (kind.limit_field, kind.trigger_field) if name]
        return any(price and not is_on_tick(self.instrument, float(price)) for price in prices)

    @property
    def would_trigger_now(self) -> bool:
        """Whether it is a stop order that the current price triggers."""
        order = self.order
        if order.stop_price is None or not self.is_stop_order:
            return False
        last = self.account.prices.price_at(self.instrument, self.account.clock.now())
        return (last - order.stop_price) * order.sign >= 0

    @property
    def is_fractional_outside_rth(self) -> bool:
        """Whether it may trade a fraction of a share outside regular trading hours."""
        order = self.order
        return self.instrument.sec_type == "STK" and order.outside_rth and order.quantity % 1 != 0

    @property
    def exceeds_increase_limit(self) -> bool:
        """Whether it modifies an order to a much larger size."""
        replaced = self.replaced_order
        return replaced is not None and self.order.quantity - replaced.quantity > self.size_limit

    @property
    def is_cross_side(self) -> bool:
        """Whether it would turn a long position into a short one, or a short one into a long one."""
        if self.order.parent_id is not None:  # It closes the position that its parent is going to open.
            return False
        return any(
            _closes(self.order, held) and size > abs(held) for size, held in self._allocated_positions()
        )

    @property
    def is_mixed_allocation(self) -> bool:
        """Whether it closes a position in one account and opens or increases one in another."""
        closing = {_closes(self.order, held) for _, held in self._allocated_positions()}
        return len(closing) > 1

    @property
    def orders_to_cancel(self) -> list[Order]:
        """The open orders for its contract or combination that end before it, if it closes a position."""
        if self.order.ticket.get("isClose") is not True or self.replaced_order is not None:
            return []
        # All combinations of a currency have the same conid.
        legs = contracts_of(self.instrument)
        return [
            each
            for each in self.account.orders.values()
            if each.conid == self.order.conid
            and each.status.is_working
            and set(contracts_of(self.account.instrument_of(each))) == set(legs)
        ]

    @property
    def is_illiquid(self) -> bool:
        """Whether a stock trades so little that a position may be hard to close."""
        if self.instrument.sec_type != "STK":
            return False
        daily = self.instrument.average_volume * self.instrument.reference_price
        return self._in_base_currency(daily) < _ILLIQUID_DAILY_VALUE

    def _allocated_positions(self) -> list[tuple[float, float]]:
        if self.allocations:
            return list(self.allocations.values())
        left = self.order.quantity - self.order.filled
        return [(left, held_quantity(self.account, self.instrument))]

    def _in_base_currency(self, amount: float) -> float:
        return amount * self.account.exchange_rates.rate(self.instrument.currency)


def _closes(order: Order, held: float) -> bool:
    return held * order.sign < 0
