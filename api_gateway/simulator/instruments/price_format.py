"""Prices and quantities as the gateway writes them."""

from __future__ import annotations

from decimal import Decimal

from api_gateway.simulator.instruments.universe import Instrument


def round_to_tick(instrument: Instrument, price: float) -> float:
    """The price on the instrument's grid of ticks."""
    tick = Decimal(str(instrument.tick))
    return float((Decimal(str(price)) / tick).quantize(Decimal(1)) * tick)


def price_decimals(instrument: Instrument) -> int:
    """How many decimals its prices have: those of the tick, two at least."""
    return max(2, instrument.decimals)


def price_text(instrument: Instrument, price: float) -> str:
    """The price with all its decimals: `192.26`."""
    return f"{price:.{price_decimals(instrument)}f}"


def quantity_text(quantity: float) -> str:
    """A quantity without needless decimals: `5`, `0.5`."""
    return f"{quantity:.8f}".rstrip("0").rstrip(".")


def money_text(amount: float, currency: str) -> str:
    """A whole amount with thousands separators and its currency: `994,831 USD`."""
    return f"{whole_amount_text(amount)} {currency}"


def whole_amount_text(amount: float) -> str:
    """A whole amount with thousands separators: `994,831`."""
    return f"{round(amount):,}"
