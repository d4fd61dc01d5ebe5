"""From the period and the bar size that people write to IBKR's, which replaces what it does not know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from math import ceil
from typing import Final

from api_gateway.redaction import sanitize
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.times import NEW_YORK, parse_range
from mcp_server.models.market_data import BARS, MAX_PERIODS, MINUTES_PER_UNIT, Bar, bars_for

MAX_YEARS: Final = 15
_DAYS_IN_DAYS: Final = 6
"""Up to so many days a window is requested in days, which allows the smallest bars."""

_SPARE_DAYS: Final = 7
"""Requested before a window for the last close before it: more than any long weekend."""

_ROLLING: Final = re.compile(
    r"(?:last |past |the last |the past )?(?P<count>\d{1,4})? ?"
    r"(?P<unit>min(?:ute)?s?|h(?:ou)?rs?|h|d(?:ays?)?|w(?:ee)?ks?|w|m(?:o|th|onth)s?|m|q(?:uarters?)?|y(?:ea)?rs?|y)"
)
_UNITS: Final = {"mi": "min", "h": "h", "d": "d", "w": "w", "m": "m", "q": "q", "y": "y"}
_ALL: Final = ("max", "all", "maximum", "ever", "everything", "since inception", "all time")
_TODAY: Final = ("today", "1d", "1 day", "day", "intraday")
_CALENDAR: Final = re.compile(r"last (?:week|month|quarter|year)")
_EXPLICIT: Final = re.compile(r"(?:since |from )?\d{4}-|.* to |.*\.\.")

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

    `base_before`: returns are counted from the last close before the window, as for a calendar month; else
    from the first price in it.
    """

    name: str
    period: str
    end: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None
    base_before: bool = False
    latest_session: bool = False
    """Only the newest trading day that has bars."""
    note: str = ""

    @property
    def minutes(self) -> int:
        """The length of IBKR's period."""
        unit = self.period.lstrip("0123456789")
        return int(self.period.removesuffix(unit)) * MINUTES_PER_UNIT[unit]

    @property
    def within_a_day(self) -> bool:
        """Whether it is counted in minutes or hours."""
        return self.period.endswith(("min", "h"))


def parse_window(text: str, today: date) -> Window:
    """The window that a person wrote. Raises AnswerError with the accepted forms, or for the future."""
    words = " ".join(text.strip().lower().replace("-month", " month").replace("-year", " year").split())
    if words in _ALL:
        return Window("15y", f"{MAX_YEARS}y", note="IBKR's price history goes back at most 15 years.")
    if words in _TODAY:
        # Four days contain the session before, also after a weekend.
        return Window("latest trading day", "4d", base_before=True, latest_session=True)
    match = _ROLLING.fullmatch(words)
    if match is not None and match["count"] != "0" and not _CALENDAR.fullmatch(words):
        return _rolling(int(match["count"] or 1), _unit(_UNITS, match["unit"]))
    return _between(words, text, today)


def _rolling(count: int, unit: str) -> Window:
    """A window up to now, in IBKR's own periods."""
    if unit == "q":
        count, unit = 3 * count, "m"
    name = f"{count}{unit}"
    if unit == "min" and count > MAX_PERIODS["min"]:
        count, unit = ceil(count / 60), "h"
    if unit == "h" and count > MAX_PERIODS["h"]:
        count, unit = ceil(count / 24), "d"
    if unit == "d" and count > MAX_PERIODS["d"]:
        count, unit = ceil(count / 7), "w"
    if unit in MAX_PERIODS and count > MAX_PERIODS[unit]:
        return Window(name, f"{MAX_YEARS}y", note="IBKR's price history goes back at most 15 years.")
    period = f"{count}{unit}"
    return Window(name, period, note="" if name == period else f"{period} instead of {name}.")


def _between(words: str, text: str, today: date) -> Window:
    """A window of days, requested so that it covers them and the close before."""
    found = parse_range(text, today, argument="period")
    earliest = today.replace(year=today.year - MAX_YEARS, day=min(today.day, 28))
    note = ""
    if found.start < earliest:
        note = "IBKR's price history goes back at most 15 years."
    start = max(found.start, earliest)
    if found.end < start:
        raise AnswerError(
            f"`period` ends on {found.end}, but IBKR's price history goes back only to {earliest}.",
            "Use a later period.",
        )
    end = None if found.end >= today else datetime.combine(found.end, time(23, 59, 59), NEW_YORK)
    days = ((today if end is None else found.end) - start).days + 1
    base_before = not _EXPLICIT.match(words)
    reach = days + _SPARE_DAYS
    period = f"{days}d" if days <= _DAYS_IN_DAYS and not base_before else f"{ceil(reach / 7)}w"
    period = f"{MAX_YEARS}y" if ceil(reach / 7) > MAX_PERIODS["w"] else period
    return Window(
        found.name,
        period,
        end=end,
        first_day=start,
        last_day=found.end if end else None,
        base_before=base_before,
        note=note,
    )


def choose_bar(window: Window, text: str | None) -> Bar:
    """The bar size that a person wrote, or one that fits. Raises AnswerError with IBKR's for the period."""
    allowed = bars_for(window.period)
    if text is None:
        wanted = _default_bar(window)
        return wanted if wanted in allowed else allowed[0]
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
