"""Amounts where money moves: one unambiguous spelling, as a number or as text; everything else is refused.

`10` and "10.5" are quantities, "$5000" is an amount of money, "half" and "all" are shares of what is held.
"1,000" is not a thousand everywhere, and "1e3" or "5k" may be a slip: they are refused with what to write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from api_gateway.redaction import sanitize
from mcp_server.plain_numbers import is_plain_number

MAX_AMOUNT: Final = Decimal(10) ** 9
MAX_DECIMALS: Final = 8
EXAMPLES: Final = '10, "10.5", "$5000", "half" or "all"'
_MONEY: Final = re.compile(r"\$ ?(?P<number>[0-9.]+)|(?P<before>[0-9.]+) (?P<currency>[A-Z]{3})", re.ASCII)
_PARTS: Final[dict[str, Decimal]] = {"half": Decimal("0.5"), "all": Decimal(1)}


@dataclass(frozen=True)
class Quantity:
    """A number of shares or contracts."""

    number: Decimal


@dataclass(frozen=True)
class Money:
    """An amount of money to spend; `currency` is empty for `$`, which is the instrument's own currency."""

    number: Decimal
    currency: str = ""


@dataclass(frozen=True)
class PartOfPosition:
    """A share of what is held: 1 for all of it."""

    share: Decimal


Amount: TypeAlias = Quantity | Money | PartOfPosition


class AmountError(ValueError):
    """The amount is not written in an unambiguous way; `str()` says why and what to write."""


def parse_amount(value: object) -> Amount:
    """What a number or a text means. Raises AmountError."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise AmountError(f"It should be {EXAMPLES}.")
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _PARTS:
            return PartOfPosition(_PARTS[text.lower()])
        if match := _MONEY.fullmatch(text):
            return Money(_number(match["number"] or match["before"]), match["currency"] or "")
        return Quantity(_number(text))
    return Quantity(_number(_plain_text(value)))


def _number(text: str) -> Decimal:
    if text.startswith("-") or not is_plain_number(text):
        raise AmountError(_why_not(text))
    number = Decimal(text)
    if not 0 < number <= MAX_AMOUNT:
        raise AmountError(f"It should be more than 0 and at most {MAX_AMOUNT:f}.")
    if len(text.partition(".")[2].rstrip("0")) > MAX_DECIMALS:
        raise AmountError(f"It should have at most {MAX_DECIMALS} decimals.")
    return number


def _plain_text(value: float | Decimal) -> str:
    """The digits of a number as its host has written it: 1e3 in JSON is the number 1000."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise AmountError(f"It should be {EXAMPLES}.")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _why_not(text: str) -> str:
    """Why a text is not a plain number, and what to write, without guessing which number was meant."""
    quoted = f'"{sanitize(text, max_length=40)}"'
    if re.search(r"\d[,'\s_\u2019]\d", text):
        return (
            f"{quoted} can be read in two ways: write digits, with a point before decimals (1000 or 1000.5)."
        )
    if re.fullmatch(r"[+-]?\d*\.?\d+[eE][+-]?\d+", text):
        return f"{quoted} has an exponent: write all digits (1000)."
    if re.fullmatch(r"\d*\.?\d+ ?[kKmMbB]", text):
        return f"{quoted} is abbreviated: write all digits (5000)."
    if text.startswith(("-", "+")):
        return f"{quoted} has a sign: write the number alone; the side says whether to buy or sell."
    if text.endswith("%"):
        return f"{quoted} is a percentage: write {EXAMPLES}."
    return f"{quoted} is not an amount: write {EXAMPLES}."
