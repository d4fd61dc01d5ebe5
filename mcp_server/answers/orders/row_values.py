"""Values that rows of orders and of trades have in common: times, sides, contracts, legs of combinations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from mcp_server.answers.formats import price, quantity
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.times import from_epoch, in_new_york

_SIDES: Final = {"B": "BUY", "BUY": "BUY", "BOT": "BUY", "S": "SELL", "SELL": "SELL", "SLD": "SELL"}
_TIME_FORMATS: Final = ("%y%m%d%H%M%S", "%Y%m%d-%H:%M:%S")
_TERMS: Final = re.compile(r"([A-Z][a-z]{2})(\d{1,2})'(\d{2})(?: ([\d.,]+) (Call|Put|C|P))?(?: .*)?")
_LEG: Final = re.compile(r"(\d{1,10})(?:@[A-Z0-9.]+)?/([+-]?\d{1,6})")
_MAX_TERMS: Final = 80


class Leg(NamedTuple):
    """A leg of a combination: the ratio is negative for a leg that a purchase of the combination sells."""

    conid: int
    ratio: int


def parse_side(value: Any) -> str:
    """BUY or SELL, whatever the dialect; another side (event contracts are netted with N) as it is."""
    text = str(value or "").strip().upper()
    return _SIDES.get(text, outside_name(text, 8))


def parse_moment(epoch: Any, text: Any) -> datetime | None:
    """The time in IBKR's epoch, or else in its text, which is UTC."""
    moment = from_epoch(epoch)
    for each in _TIME_FORMATS if moment is None else ():
        try:
            return datetime.strptime(str(text), each).replace(tzinfo=UTC)
        except ValueError:
            continue
    return moment


def parse_id(value: Any) -> str:
    """An ID of an order, an account or an execution, which is not redacted; sanitized if it is none."""
    text = "" if value is None else str(value).strip()
    return text if re.fullmatch(r"[\w.-]{1,64}", text, re.ASCII) else outside_name(text, 64)


def parse_conid(value: Any) -> int | None:
    """The contract ID, if it is one."""
    text = str(value or "")
    return int(text) if re.fullmatch(r"[1-9]\d{0,9}", text, re.ASCII) else None


def parse_legs(conidex: Any) -> tuple[Leg, ...]:
    """The legs in `28812380;;;654/1,655/-1`; none for the conidex of a single contract."""
    _, separator, legs = str(conidex or "").partition(";;;")
    return tuple(Leg(int(m[1]), int(m[2])) for m in _LEG.finditer(legs)) if separator else ()


def describe_contract(symbol: Any, name: Any, terms: Any, kind: Any) -> str:
    """The contract as its row describes it: AAPL, EUR.USD, AAPL 11Dec26 267.5C, ES 18Dec26."""
    base = outside_name(symbol) or outside_name(name)
    if str(kind).upper() in ("CASH", "BOND", "CRYPTO"):
        return outside_name(name) or base
    details = outside_name(terms, _MAX_TERMS)
    match = _TERMS.fullmatch(details)
    if match is None:
        return f"{base} {details}".strip()
    month, day, year, strike, right = match.groups()
    option = f" {strike}{right[0]}" if strike else ""
    return f"{base} {int(day)}{month}{year}{option}"


def row_time(moment: datetime | None, now: datetime) -> str:
    """New York's time for a row: `10:22`, with the date if it is not today's."""
    if moment is None:
        return ""
    local, today = in_new_york(moment), in_new_york(now)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def exact_price(value: float | None) -> str:
    """A price with full precision: `formats.price` would round the five decimals of currency pairs."""
    return quantity(value) if value is not None and abs(value) < 10 else price(value)


def parse_flag(value: Any) -> bool:
    """Whether a flag is set: IBKR mixes booleans, 0 and 1, and text."""
    return str(value).strip().lower() in ("1", "1.0", "true", "yes")


def first_value(row: Mapping[str, Any], *names: str) -> Any:
    """The first of these fields that has a value."""
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)
