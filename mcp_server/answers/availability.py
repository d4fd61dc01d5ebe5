"""Whether a quote is live, delayed, frozen or not available: the letters of field 6509."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Availability(StrEnum):
    """How current a quote is, as answers name it."""

    LIVE = "live"
    DELAYED = "delayed 15 min"
    FROZEN = "frozen"
    FROZEN_DELAYED = "frozen, delayed 15 min"
    NOT_SUBSCRIBED = "not subscribed"
    NOT_SIGNED = "market data agreement not signed"
    UNKNOWN = ""


_LETTERS = {
    "R": Availability.LIVE,
    "S": Availability.LIVE,
    "D": Availability.DELAYED,
    "Z": Availability.FROZEN,
    "Y": Availability.FROZEN_DELAYED,
    "N": Availability.NOT_SUBSCRIBED,
    "O": Availability.NOT_SIGNED,
}


def parse_availability(code: object) -> Availability:
    """The availability in a value such as RpB: its first letter that says it."""
    return next((_LETTERS[letter] for letter in str(code or "") if letter in _LETTERS), Availability.UNKNOWN)


def describe_availability(found: Iterable[Availability]) -> str:
    """One word for all quotes, or the column that has them."""
    kinds = {each for each in found if each is not Availability.UNKNOWN}
    if not kinds:
        return ""
    return str(next(iter(kinds))) if len(kinds) == 1 else "mixed, see column data"
