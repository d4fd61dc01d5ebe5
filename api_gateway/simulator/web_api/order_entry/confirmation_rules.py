"""The rules by which IBKR asks before it takes an order, in the order in which it asks.

Known, from IBKR's reference and a recorded order, are the ids, what each is about, the chain o163, o354,
o10153 and the limits of 3 %, 500 shares and 100,000 dollars. The rest is assumed. Clients tell questions
apart by phrases in them, so that these are IBKR's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.instruments.contract_names import full_name, listing
from api_gateway.simulator.instruments.price_format import quantity_text
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.session.open_questions import Question
from api_gateway.simulator.session.preflight import Preflights
from api_gateway.simulator.web_api.order_entry.preview import expected_price

PRICE_MANAGEMENT = "p12"
_SURE = "\nAre you sure you want to submit this order?"
_PERCENTAGE = 3.0
_VALUE_LIMIT = 100_000.0
_SIZE_LIMITS = MappingProxyType(
    {"STK": 500, "CFD": 500, "OPT": 50, "FUT": 50, "CASH": 1_000_000, "EC": 5_000}
)
_SIZE_LIMIT = 500


@dataclass(frozen=True)
class Subject:
    """An order that is asked about, with its market.

    `changes` is the order whose place it takes; it is `spread` if several accounts share it.
    """

    broker: Broker
    instrument: Instrument
    order: Order
    preflights: Preflights
    changes: Order | None = None
    spread: bool = False

    @property
    def market(self) -> float:
        """What the other side asks now."""
        quote = self.broker.prices.quote(self.instrument)
        return quote.ask if self.order.side == "BUY" else quote.bid

    @property
    def value(self) -> float:
        """What the order is worth in base currency."""
        price = expected_price(self.broker, self.instrument, self.order)
        value = self.order.quantity * price * self.instrument.multiplier
        return value * self.broker.rates.rate(self.instrument.currency)

    @property
    def words(self) -> str:
        """`BUY 650 AAPL NASDAQ.NMS`."""
        size = quantity_text(self.order.quantity)
        return f"{self.order.side} {size} {full_name(self.instrument)} {listing(self.instrument)}"

    @property
    def size_limit(self) -> int:
        """Above which size is asked."""
        return _SIZE_LIMITS.get(self.instrument.sec_type, _SIZE_LIMIT)

    @property
    def distance(self) -> float:
        """By how many per cent the limit is worse for the customer than the market; negative: better."""
        awake = ORDER_TYPES[self.order.order_type].trigger is None
        if self.order.limit_price is None or not self.market or not awake:
            return 0.0
        return (self.order.limit_price / self.market - 1) * 100 * self.order.sign

    @property
    def market_order(self) -> bool:
        """Whether it takes any price as soon as it comes."""
        return self.order.order_type == "MKT"

    @property
    def stop_order(self) -> bool:
        """Whether it sleeps until the price has turned against the customer."""
        kind = ORDER_TYPES[self.order.order_type]
        return kind.trigger is not None and not kind.touches


@dataclass(frozen=True)
class Rule:
    """When a question is asked, and how it is put."""

    number: str
    applies: Callable[[Subject], bool]
    text: Callable[[Subject], str]


def questions(subject: Subject) -> tuple[Question, ...]:
    """What is asked about this order, without what is suppressed for the session."""
    asked = (r for r in RULES if r.number not in subject.preflights.suppressed and r.applies(subject))
    return tuple(Question(rule.number, rule.text(subject)) for rule in asked)


def _triggers_now(subject: Subject) -> bool:
    order = subject.order
    if order.stop_price is None or not subject.stop_order:
        return False
    last = subject.broker.prices.price_at(subject.instrument, subject.broker.clock.now())
    return (last - order.stop_price) * order.sign >= 0


def _fraction_outside(subject: Subject) -> bool:
    order = subject.order
    return subject.instrument.sec_type == "STK" and order.outside_rth and order.quantity % 1 != 0


def _larger_by_much(subject: Subject) -> bool:
    changed = subject.changes
    return changed is not None and subject.order.quantity - changed.quantity > subject.size_limit


RULES: tuple[Rule, ...] = (
    Rule(
        "o163",
        lambda s: s.instrument.sec_type not in ("OPT", "FOP", "EC") and abs(s.distance) > _PERCENTAGE,
        lambda s: (
            f'The following order "{s.words}" price exceeds \nthe Percentage constraint of '
            f"{_PERCENTAGE:g}%.{_SURE}"
        ),
    ),
    Rule(
        "o354",
        lambda s: s.instrument.conid not in s.preflights.subscriptions,
        lambda _: (
            "You are submitting an order without market data. We strongly recommend against this as it may "
            f"result in erroneous and unexpected trades.{_SURE}"
        ),
    ),
    Rule(
        "o383",
        lambda s: s.order.quantity > s.size_limit,
        lambda s: f'The following order "{s.words}" size exceeds the Size Limit of {s.size_limit}.{_SURE}',
    ),
    Rule(
        "o451",
        lambda s: s.value > _VALUE_LIMIT and s.instrument.sec_type != "CASH",
        lambda s: (
            f'The following order "{s.words}" value estimate of {s.value:,.2f} {s.broker.base} exceeds \n'
            f"the Total Value Limit of {_VALUE_LIMIT:,.0f} {s.broker.base}.{_SURE}"
        ),
    ),
    Rule(
        "o10138",
        _larger_by_much,
        lambda s: (
            f'The following order "{s.words}" size modification exceeds the size modification limit of '
            f"{s.size_limit}.{_SURE}"
        ),
    ),
    Rule(
        "p6",
        lambda s: s.spread,
        lambda _: f"This order will be distributed over multiple accounts.{_SURE}",
    ),
    Rule(
        "o2165",
        _fraction_outside,
        lambda _: f"This instrument does not trade in fractions outside regular trading hours.{_SURE}",
    ),
    Rule(
        "o10223",
        lambda s: bool(s.order.ticket.get("cashQty")),
        lambda _: (
            "<h4>Cash Quantity Order Confirmation</h4>Orders that express size using a monetary value (cash "
            f"quantity) are provided on a non-guaranteed basis.{_SURE}"
        ),
    ),
    Rule(
        "o10164",
        lambda s: bool(s.order.ticket.get("cashQty")),
        lambda _: (
            "Traders are responsible for understanding cash quantity details, which are provided on a best "
            f"efforts basis only.{_SURE}"
        ),
    ),
    Rule(
        "o403",
        _triggers_now,
        lambda _: f"This order will most likely trigger and fill immediately.{_SURE}",
    ),
    Rule(
        "o10331",
        lambda s: s.stop_order,
        lambda _: (
            "You are about to submit a stop order. Please be aware of the various stop order types available "
            f"and the risks associated with each one.{_SURE}"
        ),
    ),
    Rule(
        "o10152",
        lambda s: s.stop_order and ORDER_TYPES[s.order.order_type].limit is None,
        lambda _: (
            "Once it is triggered, a stop order becomes a market order, which may fill far from its stop "
            f"price.{_SURE}"
        ),
    ),
    Rule(
        "o10288",
        lambda s: s.market_order and s.instrument.sec_type == "CRYPTO",
        lambda _: f"Market orders for cryptocurrencies may fill at prices that move quickly.{_SURE}",
    ),
    Rule(
        "o10151",
        lambda s: s.market_order,
        lambda _: f"A market order may fill at a price far from the one that is shown.{_SURE}",
    ),
    Rule(
        "o10153",
        lambda s: s.market_order or s.distance > _PERCENTAGE,
        lambda _: (
            "<h4>Confirm Mandatory Cap Price</h4>To avoid trading at a price that is not consistent with a "
            "fair and orderly market, IB may set a cap (for a buy order) or a floor (for a sell order), and "
            f"the order may then not be traded.{_SURE}"
        ),
    ),
)
