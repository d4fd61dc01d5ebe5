"""ISINs and CUSIPs: how they are recognised, and their check digits."""

from __future__ import annotations

import re
from typing import Final

_ISIN: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_CUSIP: Final = re.compile(r"[A-Z0-9]{3}[0-9][A-Z0-9*@#]{4}[0-9]")


def is_isin(text: str) -> bool:
    """Whether the text has the form of an ISIN: US0378331005."""
    return _ISIN.fullmatch(text) is not None


def is_cusip(text: str) -> bool:
    """Whether the text is a CUSIP with the right check digit: 037833100."""
    return _CUSIP.fullmatch(text) is not None and _cusip_digit(text[:8]) == text[8]


def has_isin_check_digit(isin: str) -> bool:
    """Whether the check digit of an ISIN is right: Luhn's rule over its letters as numbers."""
    digits = "".join(str(int(character, 36)) for character in isin)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return total % 10 == 0


def _cusip_digit(first: str) -> str:
    total = 0
    for place, character in enumerate(first):
        value = {"*": 36, "@": 37, "#": 38}.get(character)
        value = (int(character, 36) if value is None else value) * (1 + place % 2)
        total += value // 10 + value % 10
    return str((10 - total % 10) % 10)
