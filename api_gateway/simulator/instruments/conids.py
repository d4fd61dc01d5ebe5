"""Made-up conids: a contract whose IBKR conid is unknown gets a number computed from its terms.

A conid can therefore be decoded without a list of all contracts, and is the same in every run. The numbers
are above 860 million, higher than any conid that IBKR is known to use.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple
from zlib import crc32

_LISTINGS, _LISTING_COUNT = 600_000_000, 200_000_000
_EVENTS = 860_000_000
_FUTURES = 900_000_000
_OPTIONS = 1_000_000_000
_HIGHEST = 2_147_483_646  # 2147483647 is IBKR's conid for bonds in general

_MONTHS = 2048  # months per future, counted from year 0
_DAYS, _OUTCOMES = 1 << 14, 1 << 5  # days and outcomes per forecast market
_WEEKS, STRIKES = 680, 2048  # weeks and strikes per block of options
_WEEKS_AHEAD = 140  # more than any option is listed ahead; the other 540 weeks are past ones
_BLOCK = _WEEKS * STRIKES * 2
BLOCKS = (_HIGHEST - _OPTIONS) // _BLOCK
_MONDAY = date(2018, 1, 1)


class OptionTerms(NamedTuple):
    """The terms encoded in an option's conid: its block, the Monday of its week, and its strike in steps."""

    block: int
    monday: date
    strike: int
    right: str


class EventTerms(NamedTuple):
    """The terms encoded in an event contract's conid; `outcome` is the outcome's number in its market."""

    market: int
    expiry: date
    outcome: int
    right: str


class ListingConids:
    """Assigns conids to listings without a known one, from a checksum of their terms."""

    def __init__(self, known: Iterable[int]) -> None:
        self._used = set(known)

    def allocate(self, *terms: object) -> int:
        """The conid for these terms; if two have the same checksum, the second one gets the next number."""
        conid = _LISTINGS + crc32("|".join(map(str, terms)).encode()) % _LISTING_COUNT
        while conid in self._used:
            conid += 1
        self._used.add(conid)
        return conid


def option_conid(block: int, expiry: date, strike: int, right: str) -> int:
    """The conid of an option; `block` is one of the numbers of its class, `strike` is in steps."""
    week = (expiry - _MONDAY).days // 7 % _WEEKS
    return _OPTIONS + ((block * _WEEKS + week) * STRIKES + strike) * 2 + (right == "P")


def option_terms(conid: int, today: date) -> OptionTerms | None:
    """The terms of an option's conid, or None.

    Of the possible weeks, only one is between ten years before `today` and the last listed expiry.
    """
    if not _OPTIONS <= conid <= _HIGHEST:
        return None
    rest, put = divmod(conid - _OPTIONS, 2)
    rest, strike = divmod(rest, STRIKES)
    block, week = divmod(rest, _WEEKS)
    now = (today - _MONDAY).days // 7
    ahead = (week - now - _WEEKS_AHEAD) % _WEEKS + _WEEKS_AHEAD - _WEEKS
    return OptionTerms(block, _MONDAY + timedelta(weeks=now + ahead), strike, "P" if put else "C")


def future_conid(product: int, year: int, month: int) -> int:
    """The conid of a future; `product` is the number of the product in its table."""
    return _FUTURES + product * _MONTHS + (year * 12 + month - 1) % _MONTHS


def future_terms(conid: int, today: date) -> tuple[int, int, int] | None:
    """Product, year and month of a future's conid, or None."""
    if not _FUTURES <= conid < _OPTIONS:
        return None
    product, number = divmod(conid - _FUTURES, _MONTHS)
    now = today.year * 12
    ahead = (number - now + _MONTHS // 2) % _MONTHS - _MONTHS // 2
    year, month = divmod(now + ahead, 12)
    return product, year, month + 1


def event_conid(market: int, expiry: date, outcome: int, right: str) -> int:
    """The conid of an event contract; `market` is the number of the market in its table."""
    day = (expiry - _MONDAY).days % _DAYS
    return _EVENTS + ((market * _DAYS + day) * _OUTCOMES + outcome) * 2 + (right == "P")


def event_terms(conid: int) -> EventTerms | None:
    """The terms of an event contract's conid, or None."""
    if not _EVENTS <= conid < _FUTURES:
        return None
    rest, put = divmod(conid - _EVENTS, 2)
    rest, outcome = divmod(rest, _OUTCOMES)
    market, day = divmod(rest, _DAYS)
    return EventTerms(market, _MONDAY + timedelta(days=day), outcome, "P" if put else "C")


def yes_and_no_conids(conid: int) -> tuple[int, int]:
    """The conids of both sides of an event contract, given either one."""
    yes = conid - (conid - _EVENTS) % 2
    return yes, yes + 1
