"""Order validation: from a ticket to an order, or to what IBKR rejects with status 200 and a message.

Recorded: IBKR rejects a limit price too far from the market. How far is assumed, and so are most messages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import floor

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.combinations import (
    QUOTE_CONID,
    SMART,
    Combination,
    InvalidCombinationError,
    UnknownLegError,
    build_combination,
    contracts_of,
)
from api_gateway.simulator.instruments.contract_names import listing_exchange_name
from api_gateway.simulator.instruments.execution_algorithms import algorithms
from api_gateway.simulator.instruments.order_rules import (
    OUTSIDE_RTH_ORDER_TYPES,
    supported_order_types,
    supports_fractions,
)
from api_gateway.simulator.instruments.price_format import (
    is_on_tick,
    price_text,
    quantity_text,
    round_to_tick,
)
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.orders.order_hours import (
    OVERNIGHT_TIFS,
    can_trade_now,
    next_auction,
    sessions_after,
)
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.replies import bad_request
from api_gateway.simulator.web_api.order_entry.crypto_rules import check_crypto_ticket
from api_gateway.simulator.web_api.order_entry.option_rules import find_option_problem
from api_gateway.simulator.web_api.order_entry.permission_rules import find_permission_problem
from api_gateway.simulator.web_api.order_entry.preview import held_quantity, what_if
from api_gateway.simulator.web_api.order_entry.rejections import (
    ContractRejectedError,
    DuplicateReferenceError,
    OrderRejectedError,
)
from api_gateway.simulator.web_api.order_entry.tickets import Ticket

REFERENCE_TTL = 86400.0
_MAX_ABOVE, _MAX_BELOW = 0.3, 0.9
_UNTRADEABLE = frozenset({"IND", "FUND"})
_IMMEDIATE_ORDER_TYPES = frozenset({"LMT", "MKT"})
_AUCTION_CUTOFF = 600.0
_UNKNOWN_CONTRACT = "no sec defs returned forSecDef reqId=resolveSecReqByConid"


def resolve_instrument(paper_account: PaperAccount, ticket: Ticket) -> Instrument:
    """Return the ticket's contract or combination; rejects one that is unknown or cannot be traded."""
    instrument = _find_instrument(paper_account, ticket)
    if instrument.sec_type in _UNTRADEABLE:
        raise ContractRejectedError(f"{instrument.symbol} cannot be traded.")
    if instrument.trades_until is not None and instrument.trades_until <= paper_account.clock.now():
        raise ContractRejectedError("This contract has expired.")
    if ticket.exchange != SMART and ticket.exchange not in instrument.venues:
        raise ContractRejectedError(f"Invalid destination exchange {ticket.exchange}.")
    _check_contract_hints(instrument, ticket)
    has_operator_ids = ticket.raw.get("manualIndicator") is not None and ticket.raw.get("extOperator")
    if needs_operator(instrument) and instrument.is_us and not has_operator_ids:
        raise bad_request("manualIndicator and extOperator are required")
    return instrument


def needs_operator(instrument: Instrument) -> bool:
    """Return whether its orders must name who placed them: futures, options on them, combinations of them."""
    return any(contract.sec_type in ("FUT", "FOP") for contract in contracts_of(instrument))


def _check_contract_hints(instrument: Instrument, ticket: Ticket) -> None:
    """Reject a ticket whose `listingExchange` or `secType` contradicts its contract.

    A guess: no such ticket was recorded.
    """
    exchange, sec_type = ticket.raw.get("listingExchange"), ticket.raw.get("secType")
    exchanges = (SMART, *instrument.venues, instrument.exchange, listing_exchange_name(instrument))
    if exchange and exchange not in exchanges:
        raise ContractRejectedError(f"Invalid destination exchange {exchange}.")
    # The search lists event contracts as options.
    kinds = ("EC", "OPT") if instrument.sec_type == "EC" else (instrument.sec_type,)
    if sec_type and sec_type not in (*kinds, *(f"{ticket.conid}:{kind}" for kind in kinds)):
        raise ContractRejectedError(f"The secType {sec_type} contradicts the contract.")


def _find_instrument(paper_account: PaperAccount, ticket: Ticket) -> Instrument:
    if ticket.combination is None:
        instrument = paper_account.universe.by_conid(ticket.conid)
        if instrument is None:
            raise ContractRejectedError(f"{_UNKNOWN_CONTRACT}{ticket.conid}")
        return instrument
    if ticket.conid == QUOTE_CONID:
        raise bad_request("the spread conid 0 is for market data only")
    try:
        return build_combination(paper_account.universe, ticket.combination)
    except UnknownLegError:
        raise ContractRejectedError(f"{_UNKNOWN_CONTRACT}{ticket.conid}") from None
    except InvalidCombinationError as problem:
        # How IBKR rejects these is not known.
        raise bad_request(f"invalid conidex: {problem}") from None


def build_order(paper_account: PaperAccount, ticket: Ticket, order_id: int) -> Order:
    """Return the ticket's order. Raises OrderRejectedError if IBKR would reject it."""
    instrument = resolve_instrument(paper_account, ticket)
    check_crypto_ticket(paper_account, instrument, ticket)
    exchange = instrument.venues[0] if SMART not in instrument.venues else ticket.exchange
    combination = instrument if isinstance(instrument, Combination) else None
    order = Order(
        order_id=order_id,
        conid=instrument.conid,
        side=ticket.side,
        quantity=_quantity(paper_account, instrument, ticket),
        order_type=ticket.order_type,
        placed_at=paper_account.clock.now(),
        limit_price=_tick_price(instrument, ticket.limit_price),
        stop_price=_tick_price(instrument, ticket.stop_price),
        tif=ticket.tif,
        exchange=exchange,
        reference=ticket.reference,
        status=OrderStatus.PENDING_SUBMIT,
        # Recorded: the flag is ignored for combinations, and for most order types.
        outside_rth=ticket.has_flag("outsideRTH")
        and ticket.kind.rule in OUTSIDE_RTH_ORDER_TYPES
        and combination is None,
        all_or_none=ticket.has_flag("allOrNone"),
        trailing=ticket.trailing_amount,
        trailing_unit=ticket.trailing_unit,
        ticket=dict(ticket.raw),
        combination=combination,
    )
    if order.trailing is not None and order.limit_price is not None and order.stop_price is not None:
        order.limit_offset = order.limit_price - order.stop_price
    _check_terms(instrument, order)
    _check_algorithm(instrument, ticket)
    _check_time(paper_account, instrument, order)
    _check_stop_hours(paper_account, instrument, ticket)
    _check_prices(paper_account, instrument, order)
    # The child of a bracket closes what its parent opens.
    if not ticket.parent_reference:
        problem = find_permission_problem(paper_account, order) or find_option_problem(paper_account, order)
        if problem is not None:
            raise OrderRejectedError(problem)
    return order


def check_funds(paper_account: PaperAccount, orders: Iterable[Order]) -> None:
    """Reject orders that together, if filled, exceed the account's available funds."""
    new_orders = list(orders)
    reserving = _reserving_orders(paper_account, {order.order_id for order in new_orders})
    before = what_if(paper_account, reserving)[1]
    after = what_if(paper_account, [*reserving, *new_orders])[1]
    if round(after.total.available_funds, 2) < min(0.0, round(before.total.available_funds, 2)):
        total, currency = after.total, paper_account.base_currency
        # Both halves are IBKR's, as users quote them; the text between them is not known.
        raise OrderRejectedError(
            "We are unable to accept your order. Your Available Funds are insufficient: "
            f"your Equity with Loan Value [{total.equity_with_loan:.2f} {currency}] must exceed the new "
            f"total Initial Margin [{total.initial_margin:.2f} {currency}]"
        )


def _reserving_orders(paper_account: PaperAccount, replaced: Collection[int]) -> list[Order]:
    """The open orders for which a cash account sets cash aside: purchases, and sales of puts it lacks."""
    if not paper_account.is_cash_account:
        return []
    return [
        order
        for order in paper_account.orders.values()
        if order.status.is_working
        and order.parent_id is None
        and order.order_id not in replaced
        and (order.side == "BUY" or _sells_short(paper_account, order))
    ]


def _sells_short(paper_account: PaperAccount, order: Order) -> bool:
    held = held_quantity(paper_account, paper_account.instrument_of(order))
    return order.quantity - order.filled > held


def check_reference(accounts: Iterable[PaperAccount], reference: str) -> None:
    """Reject a `cOID` that was used by an order in the last 24 hours."""
    if reference and any(
        order.reference == reference and order.placed_at > paper_account.clock.now() - REFERENCE_TTL
        for paper_account in accounts
        for order in paper_account.orders.values()
    ):
        raise DuplicateReferenceError(reference)


def _quantity(paper_account: PaperAccount, instrument: Instrument, ticket: Ticket) -> float:
    quantity = (
        ticket.quantity
        if ticket.quantity is not None
        else _quantity_for_cash(paper_account, instrument, ticket)
    )
    decimals = 4 if supports_fractions(instrument) else 8 if instrument.sec_type == "CRYPTO" else 0
    if round(quantity, decimals) != quantity:
        raise OrderRejectedError(
            f"The size, {quantity_text(quantity)}, does not conform to the minimum variation of "
            f"{quantity_text(10.0**-decimals)} for this contract."
        )
    is_short = ticket.side == "SELL" and quantity > held_quantity(paper_account, instrument)
    if instrument.sec_type in ("BOND", "CRYPTO", "EC") and is_short and not ticket.parent_reference:
        raise OrderRejectedError("This contract cannot be sold short.")
    return quantity


def _quantity_for_cash(paper_account: PaperAccount, instrument: Instrument, ticket: Ticket) -> float:
    """Return the quantity that the ticket's cash amount buys, rounded down."""
    if instrument.sec_type not in ("STK", "CASH", "CRYPTO"):
        raise OrderRejectedError("Cash quantity cannot be used for this contract.")
    price = ticket.limit_price or paper_account.prices.quote(instrument).ask
    units_per_whole = 10**8 if instrument.sec_type == "CRYPTO" else 1
    quantity = floor((ticket.cash_quantity or 0.0) / price * units_per_whole) / units_per_whole
    if not quantity:
        raise OrderRejectedError("The cash quantity is less than the price of one unit.")
    return quantity


def _check_terms(instrument: Instrument, order: Order) -> None:
    """Reject unsupported combinations of order type, time in force and contract."""
    kind = ORDER_TYPES[order.order_type]
    if kind.rule not in supported_order_types(instrument):
        raise OrderRejectedError(f"Order type {order.order_type} is not supported for this contract.")
    if order.tif in ("IOC", "OPG") and order.order_type not in _IMMEDIATE_ORDER_TYPES:
        raise OrderRejectedError(f"Time in force {order.tif} is not supported for {order.order_type} orders.")
    if order.tif == "PAX" and instrument.sec_type != "CRYPTO":
        raise OrderRejectedError("Time in force PAX is for cryptocurrencies only.")
    overnight = instrument.sec_type == "STK" and instrument.is_us and order.order_type == "LMT"
    if order.tif in OVERNIGHT_TIFS and not overnight:
        raise OrderRejectedError(f"Time in force {order.tif} is for limit orders on US stocks only.")
    if kind.is_closing_auction and order.tif != "DAY":
        raise OrderRejectedError(f"{order.order_type} orders are good for the day only.")


def _check_algorithm(instrument: Instrument, ticket: Ticket) -> None:
    """Reject an algorithm that the contract does not support, or one that lacks a parameter."""
    name = ticket.raw.get("strategy")
    if not name:
        return
    given_parameters = ticket.raw.get("strategyParameters") or {}
    matches = algorithms(instrument, {name}, include_descriptions=False, include_parameters=True)
    if not matches:
        raise OrderRejectedError(f"The algorithm {name} is not available for this contract.")
    for parameter in matches[0]["parameters"]:
        if parameter.get("required") == "true" and parameter["id"] not in given_parameters:
            raise OrderRejectedError(f"The algorithm {name} needs {parameter['id']}.")


def _check_time(paper_account: PaperAccount, instrument: Instrument, order: Order) -> None:
    now = paper_account.clock.now()
    if order.tif == "IOC" and not can_trade_now(order, instrument, now):
        raise OrderRejectedError("The market is closed, so that an immediate order cannot be filled.")
    auction_at = (
        next_auction(order, instrument, now) if ORDER_TYPES[order.order_type].is_closing_auction else None
    )
    if auction_at is not None and auction_at - now < _AUCTION_CUTOFF:
        raise OrderRejectedError(f"It is too late for {order.order_type} orders today.")


def _check_stop_hours(paper_account: PaperAccount, instrument: Instrument, ticket: Ticket) -> None:
    """Reject a stop order on a stock with `outsideRTH` during regular hours.

    Recorded once. Assumed: before and after regular hours, and for everything else, the flag is ignored.
    """
    now = paper_account.clock.now()
    if (
        instrument.sec_type == "STK"
        and ticket.order_type == "STP"
        and ticket.has_flag("outsideRTH")
        and next(sessions_after(instrument, now)).is_open_at(now)
    ):
        raise OrderRejectedError("Stop orders do not accept outsideRTH during regular trading hours.")


def _tick_price(instrument: Instrument, price: float | None) -> float | None:
    """Return the price rounded to the tick size; question o382 asks about the difference."""
    if price is None:
        return None
    if instrument.sec_type == "CRYPTO" and not is_on_tick(instrument, price):
        raise OrderRejectedError("Invalid Price")
    rounded = round_to_tick(instrument, price)
    if rounded <= 0 and not isinstance(instrument, Combination):
        raise OrderRejectedError(
            "The price does not conform to the minimum price variation for this contract."
        )
    return rounded


def _check_prices(paper_account: PaperAccount, instrument: Instrument, order: Order) -> None:
    # Options, combinations and event contracts are so cheap that a fair price can be a multiple of the last.
    if (
        order.limit_price is None
        or instrument.sec_type in ("OPT", "FOP", "EC", "BAG")
        or order.stop_price is not None
    ):
        return
    last = paper_account.prices.price_at(instrument, paper_account.clock.now())
    distance = (order.limit_price / last - 1) * order.sign
    if distance > _MAX_ABOVE or distance < -_MAX_BELOW:
        raise OrderRejectedError(
            f"We cannot accept an order at the limit price of {price_text(instrument, order.limit_price)}. "
            "Please choose one that is closer to the market."
        )
