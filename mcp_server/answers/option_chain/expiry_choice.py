"""Which expiry is meant: a date, a month, a number of days, or the default."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from api_gateway.redaction import sanitize
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.times import months_before, parse_date, parse_month
from mcp_server.instruments.dates import month_of
from mcp_server.instruments.option_chains import OptionChain, OptionChains, OptionExpiry

INCOME_DAYS: Final = 30
"""Days to expiry that calls and puts are usually sold for."""

_DAYS = re.compile(r"(?:in )?(\d{1,4}) ?(?:d|days?|dte)", re.IGNORECASE)
_WEEKS = re.compile(r"(?:in )?(\d{1,3}) ?(?:w|wks?|weeks?)", re.IGNORECASE)
_MONTHS = re.compile(r"(?:in )?(\d{1,2}) ?(?:m|mos?|months?)", re.IGNORECASE)
_NEAREST = frozenset({"nearest", "next", "front", "0dte", "today", "now"})
_MONTH_NAME = re.compile(r"[a-z]{3,9}", re.IGNORECASE)
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MAX_SHOWN = 30


@dataclass(frozen=True)
class WantedExpiry:
    """A day, or the standard expiry of a month, and what was written, for a note.

    An expiry up to `tolerance` away is what was meant: none if the person named the day itself.
    """

    day: date
    words: str = ""
    is_month: bool = False
    tolerance: timedelta = timedelta(days=10)

    def is_met_by(self, day: date) -> bool:
        """Whether this expiry needs no explanation."""
        if self.is_month:
            return month_of(day) == month_of(self.day)
        return not self.words or abs(day - self.day) <= self.tolerance


def parse_near(text: str | None, today: date, *, default_days: int) -> WantedExpiry:
    """The expiry that the argument `near` means. Raises AnswerError."""
    if text is None:
        return WantedExpiry(today + timedelta(days=default_days))
    words = " ".join(text.split())
    if words.lower() in _NEAREST:
        return WantedExpiry(today)
    for pattern, days in ((_DAYS, 1), (_WEEKS, 7)):
        if found := pattern.fullmatch(words):
            return _about(today + timedelta(days=int(found[1]) * days))
    if words.isdecimal() and len(words) <= 4:
        return _about(today + timedelta(days=int(words)))
    if found := _MONTHS.fullmatch(words):
        return _about(months_before(today, -int(found[1])))
    month = parse_month(words) or _next_month_named(words, today)
    if words.lower() == "next month":
        month = months_before(today.replace(day=1), -1)
    if month is not None:
        wanted = WantedExpiry(month_of(month).third_friday, f"in {month:%b %Y}", is_month=True)
        if month.replace(day=1) < today.replace(day=1):
            raise AnswerError(
                f"`near` {month:%b %Y} has passed: today is {today} in New York.", "Choose a later month."
            )
        return wanted
    day = _coming_day(words.lower(), today) or parse_date(words, today)
    if day is None:
        raise AnswerError(
            f'`near` "{sanitize(text, max_length=_MAX_SHOWN)}" is not a date, a month or a number of days.',
            "Write 2027-01-15, 15Jan27, Jan 2027, 30 days, or nearest.",
        )
    if day < today:
        raise AnswerError(f"`near` {day} has passed: today is {today} in New York.", "Choose a later day.")
    return WantedExpiry(day, f"on {day}", tolerance=timedelta())


def _about(day: date) -> WantedExpiry:
    return WantedExpiry(day, f"near {day}")


def _coming_day(words: str, today: date) -> date | None:
    """Tomorrow, or a weekday to come: `Friday` and `this Friday` may be today, `next Friday` is not."""
    if words == "tomorrow":
        return today + timedelta(days=1)
    which, _, name = words.rpartition(" ")
    if which not in ("", "this", "next") or name not in _WEEKDAYS:
        return None
    after = today + timedelta(days=1) if which == "next" else today
    return after + timedelta(days=(_WEEKDAYS.index(name) - after.weekday()) % 7)


def _next_month_named(words: str, today: date) -> date | None:
    """The next month of this name: `January`."""
    if not _MONTH_NAME.fullmatch(words):
        return None
    for ahead in range(12):
        month = months_before(today.replace(day=1), -ahead)
        if words.lower() in (f"{month:%b}".lower(), f"{month:%B}".lower()):
            return month
    return None


async def choose_expiry(
    chains: OptionChains, chain: OptionChain, wanted: WantedExpiry, price: Decimal | None, today: date
) -> tuple[OptionExpiry, Sequence[OptionExpiry]]:
    """The nearest expiry after today, and the others around it. Raises AnswerError if there is none."""
    near = await chains.expiries_near(chain, wanted.day, price=price)
    if wanted.is_month:
        inside = [each for each in near if month_of(each.day) == month_of(wanted.day)]
        near = inside or near
    later = [each for each in near if each.day > today or wanted.day == today] or list(near)
    if not later:
        raise AnswerError(f"IBKR lists no expiries of {chain.underlying.symbol} options near {wanted.day}.")
    return later[0], [each for each in near if each != later[0]]
