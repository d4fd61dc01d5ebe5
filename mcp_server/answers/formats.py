"""Numbers as text: without thousands separators and trailing zeros, percentages and changes with a sign."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite
from typing import TypeGuard

Number = float | int | Decimal
UNKNOWN = ""
"""How an unknown number is shown: its cell stays empty, and a column without any value is left out."""

_WHOLE_FROM = 1000
"""Amounts of at least this are shown without decimals."""

_LARGE = {"T": 1e12, "B": 1e9, "M": 1e6}


def amount(value: Number | None, *, signed: bool = False) -> str:
    """An amount of money: 715265, 12.5, -0.35; with `signed`, +4103."""
    if not _is_known(value):
        return UNKNOWN
    decimals = 0 if abs(float(value)) >= _WHOLE_FROM else 2
    return _plain(value, decimals, signed=signed)


def exact_amount(value: Number | None, *, signed: bool = False) -> str:
    """An amount to the cent: for commissions, dividends and other amounts that people reconcile."""
    return _plain(value, 2, signed=signed) if _is_known(value) else UNKNOWN


def price(value: Number | None) -> str:
    """A price with as many decimals as it needs, at most six."""
    return _plain(value, 6 if abs(float(value)) < 1 else 4) if _is_known(value) else UNKNOWN


def quantity(value: Number | None) -> str:
    """A number of shares or contracts: 220, -5, 0.25."""
    return _plain(value, 6) if _is_known(value) else UNKNOWN


def percent(value: Number | None, decimals: int = 2, *, signed: bool = True) -> str:
    """A value that is already in percent: +0.53, -12.1; the unit is in the heading or follows as ` %`."""
    return _plain(value, decimals, signed=signed) if _is_known(value) else UNKNOWN


def fraction_as_percent(value: Number | None, decimals: int = 2, *, signed: bool = True) -> str:
    """A fraction in percent: 0.0053 is +0.53."""
    return percent(float(value) * 100, decimals, signed=signed) if _is_known(value) else UNKNOWN


def ratio(value: Number | None, decimals: int = 2) -> str:
    """A ratio such as a Greek, a beta or a price-earnings ratio."""
    return _plain(value, decimals) if _is_known(value) else UNKNOWN


def count(value: Number | None) -> str:
    """A count such as a volume; from ten million on, in millions: 52.3M."""
    if not _is_known(value):
        return UNKNOWN
    if abs(float(value)) >= 10_000_000:
        return _plain(float(value) / 1_000_000, 1) + "M"
    return _plain(value, 0)


def large_amount(value: Number | None) -> str:
    """An amount that is only known roughly: 3.86T, 71.3B, 950M, 12500."""
    if not _is_known(value):
        return UNKNOWN
    for unit, size in _LARGE.items():
        if abs(float(value)) >= size:
            scaled = float(value) / size
            return _plain(scaled, 2 if abs(scaled) < 10 else 1) + unit
    return amount(value)


def _is_known(value: Number | None) -> TypeGuard[Number]:
    return value is not None and isfinite(value)


def _plain(value: Number, decimals: int, *, signed: bool = False) -> str:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    if rounded == 0:
        return "0"
    text = f"{rounded:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"+{text}" if signed and rounded > 0 else text
