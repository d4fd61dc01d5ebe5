"""Number formats of a snapshot: every value is text."""

from __future__ import annotations

from api_gateway.simulator.instruments.universe import Instrument


def price(instrument: Instrument, value: float) -> str:
    """Return `267.80` or `1.15105`: all decimals of the tick size, at least two."""
    return f"{value:.{max(2, instrument.decimals)}f}"


def size(value: float) -> str:
    """Return `1,300`."""
    return f"{value:,.0f}"


def abbreviate(value: float) -> str:
    """Return `9,876`, `471K`, `50.2M` or `3.99B`."""
    for limit, divisor, unit in ((1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e4, 1e3, "K")):
        if abs(value) >= limit:
            digits = f"{value / divisor:.3g}"
            return f"{value / divisor:.0f}{unit}" if "e" in digits else f"{digits}{unit}"
    return size(value)


def percent(fraction: float) -> str:
    """Return `0.54%` for 0.0054; a value that rounds to zero has no sign."""
    return f"{round(fraction * 100, 2) + 0.0:.2f}%"


def money(value: float) -> str:
    """Return `80,346.00`: an amount with thousands separators."""
    return f"{value:,.2f}"
