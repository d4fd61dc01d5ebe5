"""Contract names as positions, orders and trades format them."""

from __future__ import annotations

from datetime import date, datetime

from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.instruments.price_format import quantity_text
from api_gateway.simulator.instruments.universe import Instrument

_RIGHTS = {"C": "Call", "P": "Put"}
_EXCHANGE_NAMES = {"NASDAQ": "NASDAQ.NMS"}


def contract_description(instrument: Instrument) -> str:
    """In positions: `AAPL`, `SPY    JAN2025 440 C [SPY   250117C00440000 100]`, `ES       DEC2026`."""
    symbol = instrument.symbol
    if instrument.sec_type in ("STK", "CASH"):
        return instrument.local_symbol
    if instrument.sec_type == "BOND":
        return instrument.terms_text or symbol
    if instrument.expiry is None:
        return f"{symbol} {instrument.sec_type}"
    # The contract month: crude oil of January expires in December.
    month = _parse_date(f"{instrument.contract_month or instrument.expiry[:6]}01").strftime("%b%Y").upper()
    if instrument.strike is None:
        return f"{symbol:<8} {month}"
    terms = f"{month} {quantity_text(instrument.strike)} {instrument.right}"
    return f"{symbol:<6} {terms} [{instrument.local_symbol} {quantity_text(instrument.multiplier)}]"


def derivative_terms(instrument: Instrument) -> str | None:
    """The terms after a derivative's symbol: `Jan17'25 440 Call`, `Dec18'26`; a bond's terms; else None.

    For a combination, its legs with their ratios; how IBKR describes them is not documented.
    """
    if isinstance(instrument, Combination):
        return " ".join(f"{leg.ratio:+d} {_leg_name(instrument, leg.instrument)}" for leg in instrument.legs)
    if instrument.expiry is None or instrument.sec_type == "BOND":
        return instrument.terms_text
    day = _parse_date(instrument.expiry)
    text = f"{day:%b}{day.day}'{day:%y}"
    if instrument.strike is None:
        return text
    return f"{text} {quantity_text(instrument.strike)} {_RIGHTS.get(instrument.right or '', '')}".rstrip()


def full_name(instrument: Instrument) -> str:
    """The display name: `AAPL`, `SPY Jan17'25 440 Call`, `EUR.USD`."""
    if instrument.sec_type in ("CASH", "BOND"):
        return contract_description(instrument)
    return " ".join(filter(None, (instrument.symbol, derivative_terms(instrument))))


def listing_exchange_name(instrument: Instrument) -> str:
    """The listing exchange in orders and trades: `NASDAQ.NMS`."""
    return _EXCHANGE_NAMES.get(instrument.exchange, instrument.exchange)


def _leg_name(combination: Combination, leg: Instrument) -> str:
    """A leg without its symbol, if all legs have the same one and the terms identify it."""
    terms = derivative_terms(leg)
    return terms if terms and leg.symbol == combination.symbol else full_name(leg)


def _parse_date(yyyymmdd: str) -> date:
    return datetime.strptime(yyyymmdd, "%Y%m%d").date()  # noqa: DTZ007 a date has no time zone
