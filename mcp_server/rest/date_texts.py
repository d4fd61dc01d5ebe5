"""Dates, months, moments and lengths of time as people write them, in IBKR's form; None if ambiguous.

03/04/2026 is one day in New York and another one in London, and a year of two digits can be a day: such texts
are not read at all.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

TIMESTAMP_FORMAT: Final = "%Y%m%d-%H:%M:%S"

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_YEARS: Final = range(1970, 2100)
_WORD: Final = "[A-Za-z]{3,9}"
_DAY: Final = "[0-9]{1,2}"
_YEAR: Final = "[0-9]{4}"

_YEAR_FIRST: Final = re.compile(rf"({_YEAR})(?:([0-9]{{2}})([0-9]{{2}})|[-/.]({_DAY})[-/.]({_DAY}))")
_YEAR_LAST: Final = re.compile(rf"({_DAY})([-/.])({_DAY})\2({_YEAR})")
_DAY_AND_WORD: Final = re.compile(rf"({_DAY})(?:st|nd|rd|th)?[ .-]*({_WORD})[ .,-]*({_YEAR})")
_WORD_AND_DAY: Final = re.compile(rf"({_WORD})[ .-]*({_DAY})(?:st|nd|rd|th)?[ ,-]+({_YEAR})")

_MONTH_WORD: Final = re.compile(rf"({_WORD})(?: ?'([0-9]{{2}})|([0-9]{{2}})|[ .,-]*({_YEAR}))")
_MONTH_NUMBER: Final = re.compile(rf"({_YEAR})(?:[-/.]({_DAY})|([0-9]{{2}}))")
_MONTH_BEFORE_YEAR: Final = re.compile(rf"({_DAY})[-/.]({_YEAR})")
_YEAR_AND_WORD: Final = re.compile(rf"({_YEAR})[ -]*({_WORD})")

_IBKR_TIMESTAMP: Final = re.compile("([0-9]{8})-([0-9]{2}:[0-9]{2}:[0-9]{2})")
_EPOCH: Final = re.compile("[0-9]{10}([0-9]{3})?")
_DATE_AND_TIME: Final = re.compile(
    r"(.{6,20}?)(?:, *|T| +|(?<=[0-9]{8})-)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,9})?)?"
    r"(?: ?([AaPp])\.?[Mm]\.?)?(?: ?(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
)

_LENGTH: Final = re.compile("([0-9]{1,4})? ?-?([A-Za-z]{1,7})")
_UNITS: Final = {
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "hourly"), "h"),
    **dict.fromkeys(("d", "day", "days", "daily"), "d"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "weekly"), "w"),
    **dict.fromkeys(("m", "mo", "mos", "mon", "month", "months", "monthly"), "m"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "yearly"), "y"),
}


def read_date(text: str) -> date | None:
    """2026-11-30, 20261130, 30 Nov 2026, Nov 30, 2026, 30/11/2026; not 03/04/2026."""
    text = text.strip()
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = [each for each in found.groups() if each]
        return _day(int(year), int(month), int(day))
    if found := _DAY_AND_WORD.fullmatch(text):
        return _day(int(found[3]), _month_of(found[2]), int(found[1]))
    if found := _WORD_AND_DAY.fullmatch(text):
        return _day(int(found[3]), _month_of(found[1]), int(found[2]))
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        readings = {_day(year, first, second), _day(year, second, first)} - {None}
        return readings.pop() if len(readings) == 1 else None
    return None


def read_month(text: str) -> str | None:
    """JAN27, Jan 2027, January 2027, 2027-01, 202701 or 01/2027 as JAN27; not Jan 27, which can be a day."""
    text = text.strip()
    if found := _MONTH_WORD.fullmatch(text):
        year, month = found[2] or found[3] or found[4], _month_of(found[1])
    elif found := _MONTH_NUMBER.fullmatch(text):
        year, month = found[1], int(found[2] or found[3])
    elif found := _MONTH_BEFORE_YEAR.fullmatch(text):
        year, month = found[2], int(found[1])
    elif found := _YEAR_AND_WORD.fullmatch(text):
        year, month = found[1], _month_of(found[2])
    else:
        return None
    if not 1 <= month <= 12 or (len(year) == 4 and not year.startswith("20")):
        return None
    return f"{_MONTHS[month - 1][:3].upper()}{year[-2:]}"


def read_timestamp(text: str, *, utc: bool = True) -> str | None:
    """2026-11-30 10:00, 30 Nov 2026 10:00 am, ISO 8601 or an epoch time, as 20261130-10:00:00.

    Without `utc`, the operation defines no time zone: then neither an offset nor an epoch time can be
    converted.
    """
    text = text.strip()
    if found := _IBKR_TIMESTAMP.fullmatch(text):
        return text if _parse(text) else None
    if _EPOCH.fullmatch(text):
        moment = datetime.fromtimestamp(int(text[:10]), UTC)
        return moment.strftime(TIMESTAMP_FORMAT) if utc else None
    found = _DATE_AND_TIME.fullmatch(text)
    day = read_date(found[1]) if found else None
    if found is None or day is None:
        return None
    hour = _hour(int(found[2]), (found[5] or "").lower())
    if hour is None or int(found[3]) > 59 or int(found[4] or 0) > 59:
        return None
    moment = datetime.combine(day, time(hour, int(found[3]), int(found[4] or 0), tzinfo=UTC))
    if zone := found[6]:
        if not utc:
            return None
        moment = moment.replace(tzinfo=_offset(zone)).astimezone(UTC)
    return moment.strftime(TIMESTAMP_FORMAT)


def read_length(text: str) -> str | None:
    """3 months, 1Y, 1 week or daily as IBKR writes lengths: 3m, 1y, 1w, 1d."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None or not (found[1] or len(found[2]) > 2):  # a letter alone is not a length
        return None
    unit = _UNITS.get(found[2].lower())
    return f"{int(found[1] or 1)}{unit}" if unit else None


def read_days(text: str) -> int | None:
    """The number of days in 7, 7 days, 7d or 1 week; a month has no fixed number."""
    text = text.strip()
    if re.fullmatch("[0-9]{1,5}", text):
        return int(text)
    length = read_length(text)
    factor = {"d": 1, "w": 7}.get(length[-1]) if length else None
    return int(length[:-1]) * factor if length and factor else None


def _month_of(word: str) -> int:
    """The number of a month, by its name or the beginning of it; 0 if it is none."""
    matching = [number for number, name in enumerate(_MONTHS, 1) if name.startswith(word.lower())]
    return matching[0] if len(matching) == 1 else 9 if word.lower() == "sept" else 0


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _parse(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, TIMESTAMP_FORMAT)  # noqa: DTZ007  # the operation defines its time zone
    except ValueError:
        return None


def _hour(hour: int, half: str) -> int | None:
    if not half:
        return hour if hour <= 23 else None
    return hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else None


def _offset(zone: str) -> timezone:
    if zone[0] not in "+-":
        return UTC
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=min(hours, 23), minutes=min(minutes, 59)))
