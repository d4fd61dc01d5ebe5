"""What an order would lead to: cost, commission and margins, from the valuation that everything uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from api_gateway.simulator.accounts.commissions import commission
from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.instruments.price_format import quantity_text
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order

_UNITS = {"STK": "Shares", "OPT": "Contracts", "FUT": "Contracts", "EC": "Contracts"}


def expected_price(broker: Broker, instrument: Instrument, order: Order) -> float:
    """The price at which it would fill: its limit, its stop, or what the market asks."""
    quote = broker.prices.quote(instrument)
    market = quote.ask if order.side == "BUY" else quote.bid
    return order.limit_price or order.stop_price or market


def imagine(broker: Broker, orders: Iterable[Order]) -> tuple[Valuation, Valuation]:
    """The account now, and with these orders filled."""
    twin = broker.imagined()
    for order in orders:
        price = expected_price(broker, broker.instrument(order.conid), order)
        twin.execute(replace(order), order.quantity - order.filled, price, at=broker.clock.now(), exchange="")
    return broker.valuation(), twin.valuation()


def preview(broker: Broker, order: Order, *, warning: str | None, error: str | None) -> dict[str, Any]:
    """The answer to a what-if: everything is text.

    `warning` is what would be asked, `error` why the order would not be taken.
    """
    instrument = broker.instrument(order.conid)
    price = expected_price(broker, instrument, order)
    value = order.quantity * price * instrument.multiplier
    fee = commission(instrument, order.quantity, price)
    before, after = imagine(broker, [order])
    held = _held(broker, instrument)
    unit = _UNITS.get(instrument.sec_type, "Units")
    fee_currency = broker.base if instrument.sec_type == "CASH" else instrument.currency
    total = value + (fee if order.side == "BUY" else -fee)
    return {
        "amount": {
            "amount": f"{value:,.2f} {instrument.currency} ({quantity_text(order.quantity)} {unit})",
            "commission": f"{fee:,.2f} {fee_currency}",
            "total": f"{total:,.2f} {instrument.currency}",
        },
        "equity": _change(before.total.equity_with_loan, after.total.equity_with_loan),
        "initial": _change(before.total.initial_margin, after.total.initial_margin),
        "maintenance": _change(before.total.maintenance_margin, after.total.maintenance_margin),
        "position": {
            "current": quantity_text(held),
            "change": quantity_text(order.sign * order.quantity),
            "after": quantity_text(held + order.sign * order.quantity),
        },
        "warn": warning,
        "error": error,
    }


def _held(broker: Broker, instrument: Instrument) -> float:
    if instrument.sec_type == "CASH":
        return broker.cash.get(instrument.symbol, 0.0)
    holding = broker.holdings.get(instrument.conid)
    return holding.quantity if holding else 0.0


def _change(before: float, after: float) -> dict[str, str]:
    return {"current": f"{before:,.0f}", "change": f"{after - before:,.0f}", "after": f"{after:,.0f}"}
