"""Numbers in a picture: no thousands separators, no exponent, no more decimals than they need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

_SUFFIXES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def finite(value: float | None) -> float | None:
    """The value, or None if it is missing, not a number or infinite."""
    return value if value is not None and math.isfinite(value) else None


def format_price(value: float) -> str:
    """A price: at least two decimals or none, at most as many as exchanges quote prices of its size with."""
    size = abs(value)
    if size >= 1e7:
        return format_large(value)
    decimals = 2 if size >= 1000 else 3 if size >= 100 else 4 if size >= 10 else 5
    if 0 < size < 1:
        decimals = min(12, 3 - math.floor(math.log10(size)))
    text = f"{value:.{decimals}f}"
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest.ljust(2, '0')}" if rest else whole


def format_percent(value: float, *, signed: bool = True) -> str:
    """A percentage with two decimals below 10, one below 1000, then none."""
    decimals = 2 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    if round(value, decimals) == 0:
        value = 0.0  # not -0.00
    return f"{value:{'+' if signed and value else ''}.{decimals}f} %"


def format_large(value: float) -> str:
    """A volume or amount, shortened: 85M, 1.25B."""
    for size, suffix in _SUFFIXES:
        if abs(value) >= size * 0.9995:
            return (
                f"{value / size:.3g}{suffix}" if abs(value) < size * 999.5 else f"{value / size:.0f}{suffix}"
            )
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:.0f}"


def format_amounts(values: Sequence[float], unit: str) -> list[str]:
    """The numbers of a column, all with the same decimals: fewer if the largest is large."""
    largest = max((abs(value) for value in values), default=0.0)
    if unit == "%":
        decimals, suffix = (1 if largest >= 1 else 2), " %"
    else:
        decimals, suffix = (0 if largest >= 1000 else 2), ""
    return [f"{value if round(value, decimals) else 0.0:.{decimals}f}{suffix}" for value in values]


def format_ticks(ticks: Sequence[float], suffix: str = "") -> list[str]:
    """The labels of an axis: as many decimals as tell the ticks apart, the same for all."""
    step = min((b - a for a, b in pairwise(ticks)), default=0.0)
    if step <= 0:
        return [format_price(tick) + suffix for tick in ticks]
    if max(abs(tick) for tick in ticks) >= 1e6:
        return [format_large(tick) + suffix for tick in ticks]
    decimals = next(
        (count for count in range(12) if all(abs(round(tick, count) - tick) < step / 100 for tick in ticks)),
        12,
    )
    return [f"{0.0 if round(tick, decimals) == 0 else tick:.{decimals}f}{suffix}" for tick in ticks]
