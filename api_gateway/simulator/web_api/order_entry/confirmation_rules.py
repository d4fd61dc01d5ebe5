"""Confirmation rules: when IBKR asks for confirmation before it accepts an order, in the order it asks.

Known, from IBKR's reference and a recorded order: the IDs, their subjects, the sequence o163, o354, o10153,
and the limits of 3 %, 500 shares and 100,000 dollars. The rest is assumed. The texts contain IBKR's own
phrases, because clients recognise questions by them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.contract_names import full_name, listing_exchange_name
from api_gateway.simulator.instruments.price_format import quantity_text
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.session.open_questions import ConfirmationQuestion
from api_gateway.simulator.session.preflight import PreflightState
from api_gateway.simulator.web_api.order_entry.preview import expected_price

PRICE_MANAGEMENT = "p12"
_PROMPT = "\nAre you sure you want to submit this order?"
_PERCENTAGE_LIMIT = 3.0
_VALUE_LIMIT = 100_000.0
_SIZE_LIMITS = MappingProxyType(
    {"STK": 500, "CFD": 500, "OPT": 50, "FUT": 50, "CASH": 1_000_000, "EC": 5_000}
)
_DEFAULT_SIZE_LIMIT = 500


@dataclass(frozen=True)
class OrderContext:
    """An order to check against the rules, with its account, contract and session.

    `replaced_order` is the order that it modifies; `multi_account` if it is allocated to several accounts.
    """

    account: PaperAccount
    instrument: Instrument
    order: Order
    preflights: PreflightState
    replaced_order: Order | None = None
    multi_account: bool = False

    @property
    def market_price(self) -> float:
        """The current price on the opposite side of the market."""
        quote = self.account.prices.quote(self.instrument)
        return quote.ask if self.order.side == "BUY" else quote.bid

    @property
    def value(self) -> float:
        """The order's value in base currency."""
        price = expected_price(self.account, self.instrument, self.order)
        value = abs(self.order.quantity * price * self.instrument.multiplier)
        return value * self.account.exchange_rates.rate(self.instrument.currency)

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


@dataclass(frozen=True)
class ConfirmationRule:
    """One question: its ID, when it applies, and its text."""

    message_id: str
    applies: Callable[[OrderContext], bool]
    text: Callable[[OrderContext], str]


def confirmation_questions(context: OrderContext) -> tuple[ConfirmationQuestion, ...]:
    """Return the questions that the order raises, without those suppressed for the session."""
    applicable = (
        r
        for r in CONFIRMATION_RULES
        if r.message_id not in context.preflights.suppressed_message_ids and r.applies(context)
    )
    return tuple(ConfirmationQuestion(rule.message_id, rule.text(context)) for rule in applicable)


def _would_trigger_now(context: OrderContext) -> bool:
    order = context.order
    if order.stop_price is None or not context.is_stop_order:
        return False
    last = context.account.prices.price_at(context.instrument, context.account.clock.now())
    return (last - order.stop_price) * order.sign >= 0


def _is_fractional_outside_rth(context: OrderContext) -> bool:
    order = context.order
    return context.instrument.sec_type == "STK" and order.outside_rth and order.quantity % 1 != 0


def _exceeds_increase_limit(context: OrderContext) -> bool:
    replaced = context.replaced_order
    return replaced is not None and context.order.quantity - replaced.quantity > context.size_limit


CONFIRMATION_RULES: tuple[ConfirmationRule, ...] = (
    ConfirmationRule(
        "o163",
        lambda context: (
            context.instrument.sec_type not in ("OPT", "FOP", "EC", "BAG")
            and abs(context.percent_from_market) > _PERCENTAGE_LIMIT
        ),
        lambda context: (
            f'The following order "{context.summary}" price exceeds \nthe Percentage constraint of '
            f"{_PERCENTAGE_LIMIT:g}%.{_PROMPT}"
        ),
    ),
    ConfirmationRule(
        "o354",
        lambda context: not context.preflights.has_market_data(context.instrument),
        lambda _: (
            "You are submitting an order without market data. We strongly recommend against this as it may "
            f"result in erroneous and unexpected trades.{_PROMPT}"
        ),
    ),
    ConfirmationRule(
        "o383",
        lambda context: context.order.quantity > context.size_limit,
        lambda context: (
            f'The following order "{context.summary}" size exceeds the Size Limit of '
            f"{context.size_limit}.{_PROMPT}"
        ),
    ),
    ConfirmationRule(
        "o451",
        lambda context: context.value > _VALUE_LIMIT and context.instrument.sec_type != "CASH",
        lambda context: (
            f'The following order "{context.summary}" value estimate of {context.value:,.2f} '
            f"{context.account.base_currency} exceeds \n"
            f"the Total Value Limit of {_VALUE_LIMIT:,.0f} {context.account.base_currency}.{_PROMPT}"
        ),
    ),
    ConfirmationRule(
        "o10138",
        _exceeds_increase_limit,
        lambda context: (
            f'The following order "{context.summary}" size modification exceeds the size modification '
            f"limit of {context.size_limit}.{_PROMPT}"
        ),
    ),
    ConfirmationRule(
        "p6",
        lambda context: context.multi_account,
        lambda _: f"This order will be distributed over multiple accounts.{_PROMPT}",
    ),
    ConfirmationRule(
        "o2165",
        _is_fractional_outside_rth,
        lambda _: f"This instrument does not trade in fractions outside regular trading hours.{_PROMPT}",
    ),
    ConfirmationRule(
        "o10223",
        lambda context: bool(context.order.ticket.get("cashQty")),
        lambda _: (
            "<h4>Cash Quantity Order Confirmation</h4>Orders that express size using a monetary value (cash "
            f"quantity) are provided on a non-guaranteed basis.{_PROMPT}"
        ),
    ),
    ConfirmationRule(
        "o10164",
        lambda context: bool(context.order.ticket.get("cashQty")),
        lambda _: (
            "Traders are responsible for understanding cash quantity details, which are provided on a best "
            f"efforts basis only.{_PROMPT}"
        ),
    ),
    ConfirmationRule(
        "o403",
        _would_trigger_now,
        lambda _: f"This order will most likely trigger and fill immediately.{_PROMPT}",
    ),
    ConfirmationRule(
        "o10331",
        lambda context: context.is_stop_order,
        lambda _: (
            "You are about to submit a stop order. Please be aware of the various stop order types available "
            f"and the risks associated with each one.{_PROMPT}"
        ),
    ),
    ConfirmationRule(
        "o10152",
        lambda context: context.is_stop_order and ORDER_TYPES[context.order.order_type].limit_field is None,
        lambda _: (
            "Once it is triggered, a stop order becomes a market order, which may fill far from its stop "
            f"price.{_PROMPT}"
        ),
    ),
    ConfirmationRule(
        "o10288",
        lambda context: context.is_market_order and context.instrument.sec_type == "CRYPTO",
        lambda _: f"Market orders for cryptocurrencies may fill at prices that move quickly.{_PROMPT}",
    ),
    ConfirmationRule(
        "o10151",
        lambda context: context.is_market_order,
        lambda _: f"A market order may fill at a price far from the one that is shown.{_PROMPT}",
    ),
    ConfirmationRule(
        "o10153",
        lambda context: context.is_market_order or context.percent_from_market > _PERCENTAGE_LIMIT,
        lambda _: (
            "<h4>Confirm Mandatory Cap Price</h4>To avoid trading at a price that is not consistent with a "
            "fair and orderly market, IB may set a cap (for a buy order) or a floor (for a sell order), and "
            f"the order may then not be traded.{_PROMPT}"
        ),
    ),
)
