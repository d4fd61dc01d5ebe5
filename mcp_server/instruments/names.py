"""How we print an instrument: short, and understood when written back."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from mcp_server.instruments.dates import ContractMonth, day_text, future_year
from mcp_server.instruments.exchanges import US_EXCHANGES
from mcp_server.instruments.instrument import DERIVATIVES, Instrument, Kind
from mcp_server.instruments.meanings import FUTURE_CLASSES, MEANINGS, OPTION_CLASS_PATTERNS, OPTION_CLASSES


def root_of_option_class(trading_class: str) -> str | None:
    """The symbol under which IBKR lists the underlying of a class with another name: SPX for SPXW."""
    known = OPTION_CLASSES.get(trading_class)
    if known:
        return known
    return next(
        (root for pattern, root in OPTION_CLASS_PATTERNS if re.fullmatch(pattern, trading_class)), None
    )


def listing_text(symbol: str, kind: Kind, exchange: str, currency: str) -> str:
    """AAPL, AAPL@EBS, ES@NYSE and ES index (ES alone is the future), EUR.USD, BTC.USD, SPX, AAPL CFD."""
    if kind in ("CASH", "CRYPTO") and currency:
        return f"{symbol}.{currency}"
    if kind == "CFD":
        return f"{symbol} CFD"
    if kind == "IND" and symbol in MEANINGS and MEANINGS[symbol][0] != "index":
        return f"{symbol} index"
    if kind == "STK" and exchange and (exchange not in US_EXCHANGES or symbol in MEANINGS):
        return f"{symbol}@{exchange}"
    return symbol


def future_text(symbol: str, trading_class: str, month: ContractMonth, today: date) -> str:
    """ESZ6, 6EZ6; with a class that is unknown here, the symbol and the month: EUR Dec26."""
    if trading_class in ("", symbol):
        trading_class = symbol if symbol not in FUTURE_CLASSES else ""
    elif FUTURE_CLASSES.get(trading_class) != symbol:
        trading_class = ""
    if not re.fullmatch("[A-Z0-9]{1,6}", trading_class):
        return f"{symbol} {month.text}"
    digit = str(month.year % 10)
    year = digit if future_year(digit, today) == month.year else f"{month.year % 100:02d}"
    return f"{trading_class}{month.letter}{year}"


def option_text(symbol: str, trading_class: str, expiry: date, strike: Decimal, right: str) -> str:
    """SPY 15Jan27 600P, SPXW 18Dec26 6500C; a class that is unknown here follows: AAPL 15Jan27 280C 2AAPL."""
    terms = f"{day_text(expiry)} {decimal_text(strike)}{right}"
    if trading_class in ("", symbol, symbol.replace(" ", "")):
        return f"{symbol} {terms}"
    if root_of_option_class(trading_class) == symbol:
        return f"{trading_class} {terms}"
    return f"{symbol} {terms} {trading_class}"


def is_named_by(label: str, instrument: Instrument) -> bool:
    """Whether a label before a conid names the instrument: `AAPL`, `Apple Inc`, what we print, or nothing.

    The symbol alone of an option or a future is that of other contracts too.
    """
    names = {instrument.text, instrument.text.removesuffix(f"#{instrument.conid}")}
    if instrument.kind not in DERIVATIVES:
        names |= {instrument.symbol, instrument.name}
    return _letters(label) in {"", *map(_letters, names)}


def _letters(text: str) -> str:
    return "".join(each for each in text.upper() if each.isalnum())


def decimal_text(number: Decimal) -> str:
    """The number without an exponent and without trailing zeros: 600, 602.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
