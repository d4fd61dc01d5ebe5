"""What-if preview: an order's cost, commission and margin impact, from the account's regular valuation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Any

from api_gateway.simulator.accounts.commissions import commission
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.instruments.price_format import quantity_text
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order

_UNITS = {"STK": "Shares", "OPT": "Contracts", "FOP": "Contracts", "FUT": "Contracts", "EC": "Contracts"}


def expected_price(paper_account: PaperAccount, instrument: Instrument, order: Order) -> float:
    """Return the price at which the order would fill: its limit, its stop, or the market's."""
    quote = paper_account.prices.quote(instrument)
    market = quote.ask if order.side == "BUY" else quote.bid
    named = order.stop_price if order.limit_price is None else order.limit_price
    return market if named is None else named


def held_quantity(paper_account: PaperAccount, instrument: Instrument) -> float:
    """Return the account's position: a quantity; for a currency, its cash; for a combination, whole units."""
    if isinstance(instrument, Combination):
        return _held_units(paper_account, instrument)
    if instrument.sec_type == "CASH":
        return paper_account.cash.get(instrument.symbol, 0.0)
    holding = paper_account.positions.get(instrument.conid)
    return holding.quantity if holding else 0.0


def what_if(paper_account: PaperAccount, orders: Iterable[Order]) -> tuple[Valuation, Valuation]:
    """Return the account's valuation now, and with these orders filled."""
    trial_account = paper_account.copy_for_what_if()
    for order in orders:
        price = expected_price(paper_account, paper_account.instrument_of(order), order)
        trial_account.execute(
            replace(order), order.quantity - order.filled, price, at=paper_account.clock.now(), exchange=""
        )
    return paper_account.valuation(), trial_account.valuation()


def preview(
    paper_account: PaperAccount, order: Order, *, warnings: Sequence[str], error: str | None
) -> dict[str, Any]:
    """Return the response to a what-if request; every number is text.

    `warnings` are the questions that the order would raise, `error` is the reason for which it would be
    rejected.
    """
    instrument = paper_account.instrument_of(order)
    price = expected_price(paper_account, instrument, order)
    value = order.quantity * price * instrument.multiplier
    before, after = what_if(paper_account, [order])
    fee = _expected_fee(paper_account, instrument, order, price)
    held = held_quantity(paper_account, instrument)
    unit = _UNITS.get(instrument.sec_type, "Units")
    fee_currency = paper_account.base_currency if instrument.sec_type == "CASH" else instrument.currency
    total = value + (fee if order.side == "BUY" else -fee)
    return {
        "amount": {
            "amount": f"{_money(value, instrument.currency)} ({quantity_text(order.quantity)} {unit})",
            "commission": _money(fee, fee_currency),
            "total": _money(total, instrument.currency),
        },
        "equity": _change_row(before.total.equity_with_loan, after.total.equity_with_loan),
        "initial": _change_row(before.total.initial_margin, after.total.initial_margin),
        "maintenance": _change_row(before.total.maintenance_margin, after.total.maintenance_margin),
        "position": {
            "current": quantity_text(held),
            "change": quantity_text(order.sign * order.quantity),
            "after": quantity_text(held + order.sign * order.quantity),
        },
        "warn": warnings[0] if warnings else None,
        "warns": list(warnings),
        "error": error,
        "errors": [] if error is None else [error],
    }


def _money(amount: float, currency: str) -> str:
    """`1,977.60 USD`; without decimals for a whole amount."""
    return f"{amount:,.2f} {currency}".replace(".00 ", " ")


def _held_units(paper_account: PaperAccount, combination: Combination) -> float:
    """Return how many units the positions in its legs make up, negative for units that were sold."""
    held = [held_quantity(paper_account, leg.instrument) / leg.ratio for leg in combination.legs]
    if min(held) > 0:
        return float(floor(min(held)))
    return float(ceil(max(held))) if max(held) < 0 else 0.0


def _expected_fee(paper_account: PaperAccount, instrument: Instrument, order: Order, price: float) -> float:
    """Return the commission; a combination is charged for each leg."""
    if not isinstance(instrument, Combination):
        return commission(instrument, order.quantity, price)
    return sum(
        commission(
            leg.instrument, order.quantity * leg.ratio, paper_account.prices.quote(leg.instrument).last
        )
        for leg in instrument.legs
    )


def _change_row(before: float, after: float) -> dict[str, str]:
    return {"current": f"{before:,.0f}", "change": f"{after - before:,.0f}", "after": f"{after:,.0f}"}
