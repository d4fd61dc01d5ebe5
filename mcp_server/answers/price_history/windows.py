"""Converts the period and bar size that people write to IBKR's, which silently replaces unknown ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from math import ceil
from typing import Final

from api_gateway.redaction import sanitize
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.performance.periods import parse_period
from mcp_server.answers.times import NEW_YORK
from mcp_server.models.market_data import BARS, MAX_PERIODS, MINUTES_PER_UNIT, Bar, bars_for

MAX_YEARS: Final = 15
_GOES_BACK: Final = f"IBKR's price history goes back at most {MAX_YEARS} years."
_SPARE_DAYS: Final = 7
"""Requested before a window for the last close before it: more than any long weekend."""

_HOURS: Final = re.compile(r"(?:last |past )?(?P<count>\d{1,4})? ?(?P<unit>min(?:ute)?s?|h(?:ou)?rs?|h)")
_ALL: Final = (
    "max", "all", "maximum", "ever", "everything", "inception", "since inception", "itd", "all time",
)  # fmt: skip
_TODAY: Final = ("today", "1d", "1 day", "day", "intraday")

_BAR_WORDS: Final[dict[str, Bar]] = {
    "minute": "1min", "hour": "1h", "hourly": "1h", "day": "1d", "daily": "1d", "d": "1d", "week": "1w",
    "weekly": "1w", "w": "1w", "month": "1m", "monthly": "1m", "h": "1h", "min": "1min",
}  # fmt: skip
_BAR_SIZE: Final = re.compile(
    r"(\d{1,2})[ -]?(min(?:ute)?s?|h(?:ou)?rs?|h|d(?:ays?)?|w(?:ee)?ks?|w|m(?:onth)?s?)"
)
_BAR_UNITS: Final = {"mi": "min", "h": "h", "d": "d", "w": "w", "m": "m"}


@dataclass(frozen=True)
class Window:
    """Which bars are wanted. `period` is IBKR's, up to `end` or now; bars of other days are left out.

    A window of days is counted from the last close before `first_day`, as the performance of an account is:
    `period` reaches back to it, `own_period` has only the days themselves. One of hours has no `first_day`
    and begins with the first price in it.
    """

    name: str
    period: str
    end: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None
    own_period: str = ""
    latest_session: bool = False
    """Only the newest trading day that has bars."""
    note: str = ""

    @property
    def minutes(self) -> int:
        """The length of IBKR's period."""
        return _minutes(self.period)

    @property
    def within_a_day(self) -> bool:
        """Whether it is counted in minutes or hours."""
        return self.period.endswith(("min", "h"))

    def period_for(self, bar: Bar) -> str:
        """IBKR's period to request: without the days before if only then IBKR has bars as small as this."""
        return self.period if not self.own_period or bar in bars_for(self.period) else self.own_period

    def minutes_for(self, bar: Bar) -> int:
        """The length of the period to request."""
        return _minutes(self.period_for(bar))

    def needs_base(self, bar: Bar) -> bool:
        """Whether the close before the window has to be requested by itself: its bars do not have it."""
        return bool(self.own_period) and (bar in ("1w", "1m") or self.period_for(bar) != self.period)


def parse_window(text: str, today: date) -> Window:
    """The window that a person wrote. Raises AnswerError with the accepted forms, or for the future."""
    words = " ".join(text.strip().lower().replace("-month", " month").replace("-year", " year").split())
    words = words.removeprefix("the ")
    if words in _ALL:
        return Window("15y", f"{MAX_YEARS}y", note=_GOES_BACK)
    if words in _TODAY:
        # Four days contain the session before, also after a weekend.
        return Window("latest trading day", "4d", latest_session=True)
    match = _HOURS.fullmatch(words)
    if match is not None and match["count"] != "0":
        return _hours(int(match["count"] or 1), _unit(_BAR_UNITS, match["unit"]))
    return _between(words, today)


def _hours(count: int, unit: str) -> Window:
    """Minutes or hours up to now, in IBKR's own periods."""
    name = f"{count}{unit}"
    if unit == "min" and count > MAX_PERIODS["min"]:
        count, unit = ceil(count / 60), "h"
    if unit == "h" and count > MAX_PERIODS["h"]:
        count, unit = ceil(count / 24), "d"
    period = f"{count}{unit}"
    return Window(name, period, note="" if name == period else f"{period} instead of {name}.")


def _between(words: str, today: date) -> Window:
    """A window of days, requested so that it covers them and the close before."""
    found = parse_period(words, today).days
    earliest = today.replace(year=today.year - MAX_YEARS, day=min(today.day, 28))
    start = max(found.start, earliest)
    if found.end < start:
        raise AnswerError(
            f"`period` ends on {found.end}, but IBKR's price history goes back only to {earliest}.",
            "Use a later period.",
        )
    end = None if found.end >= today else datetime.combine(found.end, time(23, 59, 59), NEW_YORK)
    days = (found.end - start).days + 1
    return Window(
        found.name,
        _period_of(days + _SPARE_DAYS),
        end=end,
        first_day=start,
        last_day=found.end if end else None,
        own_period=_period_of(days),
        note=_GOES_BACK if found.start < earliest else "",
    )


def _minutes(period: str) -> int:
    unit = period.lstrip("0123456789")
    return int(period.removesuffix(unit)) * MINUTES_PER_UNIT[unit]


def _period_of(days: int) -> str:
    if days <= MAX_PERIODS["d"]:
        return f"{days}d"
    weeks = ceil(days / 7)
    return f"{weeks}w" if weeks <= MAX_PERIODS["w"] else f"{MAX_YEARS}y"


def choose_bar(window: Window, text: str | None) -> Bar:
    """The bar size that a person wrote, or one that fits. Raises AnswerError with IBKR's for the period."""
    larger = bars_for(window.period)
    own = bars_for(window.own_period) if window.own_period else ()
    allowed = (*(each for each in own if each not in larger), *larger)
    if text is None:
        wanted = _default_bar(window)
        return wanted if wanted in larger else larger[0]
    bar = _parse_bar(text, window)
    if bar is None or bar not in allowed:
        raise AnswerError(
            f'`bar` "{sanitize(text, max_length=20)}" is not possible for `period` {window.name}.',
            f"IBKR allows {', '.join(allowed)} (1m is a month); smaller ones for shorter periods.",
        )
    return bar


def _default_bar(window: Window) -> Bar:
    """So small that extremes have a day or an hour, so large that 1,000 bars suffice."""
    minutes = window.minutes
    if window.latest_session:
        return "15min"
    steps: tuple[tuple[int, Bar], ...] = (
        (60, "1min"),
        (8 * 60, "5min"),
        (2 * 1440, "15min"),
        (int(3.8 * MINUTES_PER_UNIT["y"]), "1d"),
    )
    return next((bar for longest, bar in steps if minutes <= longest), "1w")


def _parse_bar(text: str, window: Window) -> Bar | None:
    stripped = text.strip()
    if stripped == "1m" and window.minutes < MINUTES_PER_UNIT["m"]:
        return "1min"
    words = " ".join(stripped.lower().removesuffix("bars").removesuffix("bar").split())
    if words in _BAR_WORDS:
        return _BAR_WORDS[words]
    match = _BAR_SIZE.fullmatch(words)
    if match is None:
        return None
    name = f"{match[1]}{_unit(_BAR_UNITS, match[2])}"
    return next((bar for bar in BARS if bar == name), None)


def _unit(units: dict[str, str], word: str) -> str:
    return units.get(word[:2]) or units[word[0]]
