"""From a ticket to an order: what IBKR refuses with status 200 and a sentence.

That a limit too far from the market is refused was recorded; how far is assumed, as most sentences are.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import floor

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.instruments.execution_algorithms import algorithms
from api_gateway.simulator.instruments.price_format import price_text, rounded
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order, OrderStatus, Side
from api_gateway.simulator.orders.order_hours import OVERNIGHT, auction, trades_now
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.web_api.contracts.contract_details import (
    ORDERS_OUTSIDE,
    order_rules,
    takes_fractions,
)
from api_gateway.simulator.web_api.order_entry.preview import imagine
from api_gateway.simulator.web_api.order_entry.tickets import Ticket
from api_gateway.simulator.web_api.routing import bad_request

REFERENCE_LASTS = 86400.0
_MOST_ABOVE, _MOST_BELOW = 0.3, 0.9
_UNTRADEABLE = frozenset({"IND", "FUND"})
_IMMEDIATE_ONLY = frozenset({"LMT", "MKT"})
_LAST_MINUTES = 600.0


class RejectedError(Exception):
    """IBKR does not take the order; `str()` is its sentence."""


def instrument_of(broker: Broker, ticket: Ticket) -> Instrument:
    """What is to be traded; refuses what is unknown or cannot be traded."""
    if ticket.combination:
        raise RejectedError("Combination orders are not available for this account.")
    instrument = broker.universe.by_conid(ticket.conid)
    if instrument is None:
        raise RejectedError("No security definition has been found for the request.")
    if instrument.sec_type in _UNTRADEABLE:
        raise RejectedError(f"{instrument.symbol} cannot be traded.")
    if instrument.expires is not None and instrument.expires <= broker.clock.now():
        raise RejectedError("This contract has expired.")
    if ticket.exchange != "SMART" and ticket.exchange not in instrument.venues:
        raise RejectedError(f"Invalid destination exchange {ticket.exchange}.")
    told = ticket.raw.get("manualIndicator") is not None and ticket.raw.get("extOperator")
    if instrument.sec_type in ("FUT", "FOP") and instrument.is_us and not told:
        raise bad_request("manualIndicator and extOperator are required")
    return instrument


def order_of(broker: Broker, ticket: Ticket, order_id: int) -> Order:
    """The order that a ticket asks for; raises RejectedError where IBKR would not take it."""
    instrument = instrument_of(broker, ticket)
    side, quantity = _side_and_quantity(broker, instrument, ticket)
    exchange = instrument.venues[0] if "SMART" not in instrument.venues else ticket.exchange
    order = Order(
        order_id=order_id,
        conid=instrument.conid,
        side=side,
        quantity=quantity,
        order_type=ticket.order_type,
        placed_at=broker.clock.now(),
        limit_price=ticket.limit,
        stop_price=ticket.stop,
        tif=ticket.tif,
        exchange=exchange,
        reference=ticket.reference,
        status=OrderStatus.PENDING_SUBMIT,
        # The contract's rules say which types trade then; for the others the wish is ignored.
        outside_rth=ticket.switch("outsideRTH") and ticket.kind.rule in ORDERS_OUTSIDE,
        all_or_none=ticket.switch("allOrNone"),
        trailing=ticket.trailing,
        trailing_unit=ticket.trailing_unit,
        ticket=dict(ticket.raw),
    )
    if order.trailing is not None and order.limit_price is not None and order.stop_price is not None:
        order.limit_offset = order.limit_price - order.stop_price
    _check_terms(instrument, order)
    _check_algorithm(instrument, ticket)
    _check_time(broker, instrument, order)
    _check_prices(broker, instrument, order)
    return order


def check_funds(broker: Broker, orders: Iterable[Order]) -> None:
    """Refuse orders that, filled together, take more than the account has available."""
    before, after = imagine(broker, orders)
    if after.total.available_funds < min(0.0, before.total.available_funds):
        missing = -after.total.available_funds
        raise RejectedError(
            "We are unable to accept your order. Your available funds are insufficient: "
            f"{missing:,.2f} {broker.base} are missing."
        )


def check_reference(accounts: Iterable[Broker], reference: str) -> None:
    """Refuse a `cOID` that an order of the last 24 hours has."""
    if reference and any(
        order.reference == reference and order.placed_at > broker.clock.now() - REFERENCE_LASTS
        for broker in accounts
        for order in broker.orders.values()
    ):
        raise RejectedError(f"Local order ID={reference} is already registered")


def _side_and_quantity(broker: Broker, instrument: Instrument, ticket: Ticket) -> tuple[Side, float]:
    held = broker.holdings[instrument.conid].quantity if instrument.conid in broker.holdings else 0.0
    side = ticket.side
    if side is None:
        if not held:
            raise RejectedError("There is no position to close.")
        side = "SELL" if held > 0 else "BUY"
    if ticket.quantity is None and ticket.cash is None:
        return side, abs(held)
    quantity = ticket.quantity if ticket.quantity is not None else _bought_for(broker, instrument, ticket)
    places = 4 if takes_fractions(instrument) else 8 if instrument.sec_type == "CRYPTO" else 0
    if round(quantity, places) != quantity:
        raise RejectedError("The size does not conform to the size increment of this contract.")
    short = side == "SELL" and quantity > held and not ticket.parent
    if instrument.sec_type in ("CRYPTO", "EC") and short:
        raise RejectedError("This contract cannot be sold short.")
    return side, quantity


def _bought_for(broker: Broker, instrument: Instrument, ticket: Ticket) -> float:
    """How much the ticket's money buys, rounded down."""
    if instrument.sec_type not in ("STK", "CASH", "CRYPTO"):
        raise RejectedError("Cash quantity cannot be used for this contract.")
    price = ticket.limit or broker.prices.quote(instrument).ask
    parts = 10**8 if instrument.sec_type == "CRYPTO" else 1
    quantity = floor((ticket.cash or 0.0) / price * parts) / parts
    if not quantity:
        raise RejectedError("The cash quantity is less than the price of one unit.")
    return quantity


def _check_terms(instrument: Instrument, order: Order) -> None:
    """Refuse combinations of type, time in force and contract that do not exist."""
    kind = ORDER_TYPES[order.order_type]
    if kind.rule not in order_rules(instrument):
        raise RejectedError(f"Order type {order.order_type} is not supported for this contract.")
    if order.tif in ("IOC", "OPG") and order.order_type not in _IMMEDIATE_ONLY:
        raise RejectedError(f"Time in force {order.tif} is not supported for {order.order_type} orders.")
    if order.tif == "PAX" and instrument.sec_type != "CRYPTO":
        raise RejectedError("Time in force PAX is for cryptocurrencies only.")
    overnight = instrument.sec_type == "STK" and instrument.is_us and order.order_type == "LMT"
    if order.tif in OVERNIGHT and not overnight:
        raise RejectedError(f"Time in force {order.tif} is for limit orders on US stocks only.")
    if kind.auction and order.tif != "DAY":
        raise RejectedError(f"{order.order_type} orders are good for the day only.")


def _check_algorithm(instrument: Instrument, ticket: Ticket) -> None:
    """Refuse an execution algorithm that the contract does not have, or one that is told too little."""
    name = ticket.raw.get("strategy")
    if not name:
        return
    told = ticket.raw.get("strategyParameters") or {}
    found = algorithms(instrument, {name}, descriptions=False, parameters=True)
    if not found:
        raise RejectedError(f"The algorithm {name} is not available for this contract.")
    for parameter in found[0]["parameters"]:
        if parameter.get("required") == "true" and parameter["id"] not in told:
            raise RejectedError(f"The algorithm {name} needs {parameter['id']}.")


def _check_time(broker: Broker, instrument: Instrument, order: Order) -> None:
    now = broker.clock.now()
    if order.tif == "IOC" and not trades_now(order, instrument, now):
        raise RejectedError("The market is closed, so that an immediate order cannot be filled.")
    meets = auction(order, instrument, now) if ORDER_TYPES[order.order_type].auction else None
    if meets is not None and meets - now < _LAST_MINUTES:
        raise RejectedError(f"It is too late for {order.order_type} orders today.")


def _check_prices(broker: Broker, instrument: Instrument, order: Order) -> None:
    for price in (order.limit_price, order.stop_price):
        if price is not None and abs(rounded(instrument, price) - price) > instrument.tick / 1000:
            raise RejectedError(
                "The price does not conform to the minimum price variation for this contract."
            )
    # Options and event contracts cost so little that a fair price may be a multiple of the last one.
    if (
        order.limit_price is None
        or instrument.sec_type in ("OPT", "FOP", "EC")
        or order.stop_price is not None
    ):
        return
    last = broker.prices.price_at(instrument, broker.clock.now())
    worse = (order.limit_price / last - 1) * order.sign
    if worse > _MOST_ABOVE or worse < -_MOST_BELOW:
        raise RejectedError(
            f"We cannot accept an order at the limit price of {price_text(instrument, order.limit_price)}. "
            "Please choose one that is closer to the market."
        )
