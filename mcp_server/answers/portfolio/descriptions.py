"""Contract names from the descriptions in position rows, for contracts whose details are unknown."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from mcp_server.answers.formats import quantity
from mcp_server.answers.outside_text import MAX_NAME_LENGTH, outside_message, outside_name

_OPTION: Final = re.compile(
    r"(?P<symbol>\S.*?)\s+\S+\s+\S+\s+[CP]\s*\[\S+\s+(?P<expiry>\d{6})(?P<right>[CP])(?P<strike>\d{8}).*\]"
)
_FUTURE: Final = re.compile(r"(?P<symbol>\S+)\s+(?P<month>[A-Z]{3}\d{4})")
_PLAIN: Final = re.compile(r"\S*( \S+)?|\S+ [A-Z]{3}\d{4} [\d.]+ [CP]")
_MONTH_LETTERS: Final = "FGHJKMNQUVXZ"


def contract_name(description: str) -> str:
    """`SPY 17Jan25 440C`, `ESZ6`, or the description itself without its bracket."""
    if (option := _OPTION.fullmatch(description.strip())) is not None:
        expiry = _parse(option["expiry"], "%y%m%d")
        if expiry is not None:
            strike = quantity(int(option["strike"]) / 1000)
            return outside_name(f"{option['symbol']} {expiry.day}{expiry:%b%y} {strike}{option['right']}")
    if (future := _FUTURE.fullmatch(description.strip())) is not None:
        month = _parse(f"01{future['month'].title()}", "%d%b%Y")
        if month is not None:
            return outside_name(f"{future['symbol']}{_MONTH_LETTERS[month.month - 1]}{month.year % 10}")
    return described(description.partition("[")[0])


def described(text: str) -> str:
    """IBKR's words for a contract, in quotation marks if they are more than a symbol and terms."""
    words = outside_name(text)
    return words if _PLAIN.fullmatch(words) else outside_message(words, MAX_NAME_LENGTH)


def option_expiry(description: str) -> date | None:
    """The last day of an option, if its description has it."""
    option = _OPTION.fullmatch(description.strip())
    return _parse(option["expiry"], "%y%m%d") if option is not None else None


def _parse(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day
    except ValueError:
        return None
