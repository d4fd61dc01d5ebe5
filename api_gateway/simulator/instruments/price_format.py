"""Price and quantity formats of the gateway."""

from __future__ import annotations

from decimal import Decimal

from api_gateway.simulator.instruments.universe import Instrument


def round_to_tick(instrument: Instrument, price: float) -> float:
    """The price rounded to the instrument's tick size."""
    tick = Decimal(str(instrument.tick))
    return float((Decimal(str(price)) / tick).quantize(Decimal(1)) * tick)


def is_on_tick(instrument: Instrument, price: float) -> bool:
    """Whether the price is a multiple of the instrument's tick size."""
    return abs(round_to_tick(instrument, price) - price) <= instrument.tick / 1000


def price_decimals(instrument: Instrument) -> int:
    """Number of decimals in its prices: as many as in the tick size, at least two."""
    return max(2, instrument.decimals)


def price_text(instrument: Instrument, price: float) -> str:
    """A price with all its decimals: `192.26`."""
    return f"{price:.{price_decimals(instrument)}f}"


def quantity_text(quantity: float) -> str:
    """A quantity without trailing zeros: `5`, `0.5`."""
    return f"{quantity:.8f}".rstrip("0").rstrip(".")


def money_text(amount: float, currency: str) -> str:
    """A whole amount with thousands separators and its currency: `994,831 USD`."""
    return f"{whole_amount_text(amount)} {currency}"


def whole_amount_text(amount: float) -> str:
    """A whole amount with thousands separators: `994,831`."""
    return f"{round(amount):,}"
