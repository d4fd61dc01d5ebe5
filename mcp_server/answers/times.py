"""Times and days as answers show them and as people write them; a day is a day in New York."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from api_gateway.redaction import sanitize
from mcp_server.answers.errors import AnswerError

NEW_YORK: Final = ZoneInfo("America/New_York")
_FORMATS: Final = (
    "%Y-%m-%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d%b%y",
    "%d%b%Y",
    "%Y/%m/%d",
    "%d.%m.%Y",
)
_MONTHS: Final = ("%Y-%m", "%b %Y", "%B %Y", "%b%y", "%b %y")
_PERIOD: Final = re.compile(
    r"(?:last |past )?(\d{1,4})? ?"
    r"(d|days?|w|wks?|weeks?|m|mos?|mths?|months?|q|quarters?|y|yrs?|years?)( ago)?"
)
_MAX_SHOWN: Final = 40


def in_new_york(moment: datetime) -> datetime:
    """The same moment in New York's time."""
    return moment.astimezone(NEW_YORK)


def from_epoch(value: Any) -> datetime | None:
    """The moment of an epoch in seconds or milliseconds; None if it is not one."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not 0 < number < 1e14:
        return None
    return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, tz=UTC)


def clock_time(moment: datetime, now: datetime) -> str:
    """`10:45:13 New York`, with the date if that is not today there: `2026-11-27 16:00:00 New York`."""
    local = in_new_york(moment)
    day = "" if local.date() == in_new_york(now).date() else f"{local:%Y-%m-%d} "
    return f"{day}{local:%H:%M:%S} New York"


def parse_date(text: str, today: date) -> date | None:
    """The day that a person wrote: 2026-11-30, 30 Nov 2026, yesterday; None for anything else.

    Numeric days and months such as 03/04/2026 are not accepted, because people read them in two ways.
    """
    words = " ".join(text.replace(",", " ").split()).lower()
    if words in ("today", "now"):
        return today
    if words == "yesterday":
        return today - timedelta(days=1)
    for each in _FORMATS:
        try:
            return datetime.strptime(words, each).date()  # noqa: DTZ007 - a calendar day
        except ValueError:
            continue
    return None


def parse_month(text: str) -> date | None:
    """The first day of a month that a person wrote: 2027-01, Jan 2027, JAN27; None for anything else."""
    words = " ".join(text.replace(",", " ").split())
    for each in _MONTHS:
        try:
            return datetime.strptime(words, each).date()  # noqa: DTZ007 - a calendar month
        except ValueError:
            continue
    return None


@dataclass(frozen=True)
class DateRange:
    """Days from `start` to `end`, both included, and the words for them."""

    start: date
    end: date
    name: str

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


def parse_range(text: str, today: date, *, argument: str) -> DateRange:
    """The days that a person wrote as a start or a period, up to `today`.

    Accepts today, yesterday, 7d, 2 weeks, 3m, 1Y, WTD, MTD, QTD, YTD, last month, last year, 2025, a month, a
    date, and `DATE to DATE`. Raises AnswerError with the accepted forms, and for a day in the future.
    """
    words = " ".join(text.lower().replace("\u2013", " to ").replace("..", " to ").split())
    first, separator, second = words.partition(" to ")
    if separator:
        start, end = _start_of(first, today), _end_of(second, today)
        if start is None or end is None:
            raise _not_understood(text, argument)
        found = DateRange(start, end, f"{start} to {end}")
    else:
        single = _named_range(words, today)
        if single is None:
            raise _not_understood(text, argument)
        found = single
    if found.start > today:
        raise AnswerError(
            f"`{argument}` begins on {found.start}, which is in the future: today is {today} in New York.",
            "Use a day in the past.",
        )
    if found.end < found.start:
        raise AnswerError(f"`{argument}` ends before it begins.", "Write the earlier day first.")
    return DateRange(found.start, min(found.end, today), found.name)


def _named_range(words: str, today: date) -> DateRange | None:
    month = today.replace(day=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    named = {
        "today": (today, today),
        "1d": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "wtd": (today - timedelta(days=today.weekday()), today),
        "this week": (today - timedelta(days=today.weekday()), today),
        "last week": (
            today - timedelta(days=today.weekday() + 7),
            today - timedelta(days=today.weekday() + 1),
        ),
        "mtd": (month, today),
        "this month": (month, today),
        "last month": (last_month, month - timedelta(days=1)),
        "qtd": (quarter, today),
        "this quarter": (quarter, today),
        "ytd": (date(today.year, 1, 1), today),
        "this year": (date(today.year, 1, 1), today),
        "last year": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }
    if words in named:
        return DateRange(*named[words], words.upper() if len(words) == 3 else words)
    if re.fullmatch("20[0-9]{2}", words):
        return DateRange(date(int(words), 1, 1), date(int(words), 12, 31), words)
    if (start := _start_of(words, today)) is not None:
        if parse_date(words, today) is not None:
            return DateRange(start, today, f"since {start}")
        end = _end_of(words, today)
        return DateRange(start, end if parse_month(words) and end else today, words)
    return None


def _start_of(words: str, today: date) -> date | None:
    words = words.removeprefix("since ").removeprefix("from ").strip()
    if (day := parse_date(words, today) or parse_month(words)) is not None:
        return day
    match = _PERIOD.fullmatch(words)
    if match is None:
        return None
    count, unit = int(match[1] or 1), match[2][0]
    if unit == "d":
        return today - timedelta(days=count)
    if unit == "w":
        return today - timedelta(weeks=count)
    months = count * {"m": 1, "q": 3, "y": 12}[unit]
    return months_before(today, months)


def _end_of(words: str, today: date) -> date | None:
    if (day := parse_date(words, today)) is not None:
        return day
    if (month := parse_month(words)) is not None:
        return months_before(month, -1) - timedelta(days=1)
    return None


def months_before(day: date, months: int) -> date:
    """The same day of the month that many months earlier, or that month's last day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    if year < 1:
        return date.min
    first = date(year, month + 1, 1)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - timedelta(days=1)).day))


def _not_understood(text: str, argument: str) -> AnswerError:
    return AnswerError(
        f'`{argument}` "{sanitize(text, max_length=_MAX_SHOWN)}" is not a period or a date.',
        "Write today, 7d, 2w, 3m, 1y, MTD, QTD, YTD, 2025, last month, a date such as 2026-11-30, "
        "or 2026-01-01 to 2026-03-31.",
    )
