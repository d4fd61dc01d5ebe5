"""Which of the listed options is meant, and why none is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from mcp_server.instruments.catalogue import Underlying
from mcp_server.instruments.dates import ContractMonth, day_text
from mcp_server.instruments.instrument import Choices, Found, Instrument, Resolution, choice_of
from mcp_server.instruments.names import decimal_text
from mcp_server.instruments.readings import OptionReading

MAX_OPTIONS = 8


def fits(option: Instrument, reading: OptionReading, trading_class: str) -> bool:
    if trading_class and option.trading_class != trading_class:
        return False
    return reading.right in (None, option.right) and (
        isinstance(reading.when, ContractMonth) or option.expiry == reading.when
    )


def choose_option(
    found: Sequence[Instrument], reading: OptionReading, root: Underlying, query: str
) -> Resolution:
    """The class with the underlying's name before others; of a month, the standard expiry."""
    options = list(found)
    if isinstance(reading.when, ContractMonth):
        expiries = {each.expiry for each in options}
        friday = reading.when.third_friday
        # On a holiday, the standard options expire on the Thursday.
        standard = [each for each in options if each.expiry and 0 <= (friday - each.expiry).days <= 1]
        if not standard and len(expiries) > 1:
            rows = tuple(choice_of(each) for each in options[:MAX_OPTIONS])
            return Choices(query, rows, f"Several options expire in {reading.when.text}.")
        latest = max((each.expiry for each in standard or options if each.expiry), default=None)
        options = [each for each in options if each.expiry == latest]
    own = [each for each in options if each.trading_class in (root.symbol, root.symbol.replace(" ", ""))]
    chosen = own or [each for each in options if each.trading_class == options[0].trading_class]
    if reading.right is None and len(chosen) > 1:
        return Choices(query, tuple(choice_of(each) for each in chosen), "It does not say put or call.")
    return Found((chosen[0],), tuple(each for each in found if each not in chosen))


def distance(option: Instrument, day: date, strike: Decimal) -> tuple[int, Decimal, str]:
    days = abs((option.expiry - day).days) if option.expiry else 10**6
    return (days, abs((option.strike or Decimal(0)) - strike), option.text)


def why_not(found: Sequence[Instrument], reading: OptionReading, *, expired: bool) -> str:
    strike, when = decimal_text(reading.strike), reading.when
    if isinstance(when, ContractMonth):
        return f"No option with strike {strike} expires in {when.text}; these are the nearest."
    if expired:
        return f"It expired on {day_text(when)}; these are the nearest."
    if any(each.expiry == when for each in found):
        return f"There is no strike {strike} on {day_text(when)}; these are the nearest."
    return f"No option with strike {strike} expires on {day_text(when)}; these are the nearest."
