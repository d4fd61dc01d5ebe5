"""The days that a period means, and the values that Portfolio Analyst has for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from mcp_server.answers.portfolio_analyst.account_values import AccountValues
from mcp_server.answers.portfolio_analyst.value_series import PERIODS, DayValue, ValueSeries
from mcp_server.answers.times import DateRange, parse_range

LONGEST: Final = PERIODS[-1]

# What people write for the periods that IBKR has itself; its 7D are today and the six days before.
_NAMES: Final[Mapping[str, str]] = {
    **{name.lower(): name for name in PERIODS},
    **dict.fromkeys(("today", "day", "1 day", "daily"), "1D"),
    **dict.fromkeys(("1w", "week", "1 week", "7 days", "last 7 days", "past week", "weekly"), "7D"),
    **dict.fromkeys(("this month", "month to date"), "MTD"),
    **dict.fromkeys(("month", "1 month", "past month", "monthly", "last 30 days"), "1M"),
    **dict.fromkeys(("this year", "year to date"), "YTD"),
    **dict.fromkeys(("year", "12m", "1 year", "12 months", "past year", "yearly"), "1Y"),
}
_EVERYTHING: Final = ("all", "max", "inception", "since inception", "all time", "ever", "itd")


@dataclass(frozen=True)
class Period:
    """The wanted days. `name` is one of PERIODS, or the words for the days.

    `everything` was wanted, but IBKR returns at most the last year.
    """

    name: str
    days: DateRange
    everything: bool = False


@dataclass(frozen=True)
class Selection:
    """The values of a period: first the value before it, then those of its days.

    `moved`: the wanted days have no values (a weekend), and this is the last day before them. `late`: values
    begin only within the wanted days.
    """

    points: tuple[DayValue, ...]
    step: float
    moved: bool = False
    late: bool = False


def parse_period(text: str, today: date) -> Period:
    """The period that a person wrote. Raises AnswerError."""
    words = " ".join(text.lower().replace("-", " ").split())
    everything = words in _EVERYTHING
    name = LONGEST if everything else _NAMES.get(words, "")
    if name == "7D":
        return Period(name, DateRange(today - timedelta(days=6), today, name))
    if name:
        return Period(name, parse_range(name, today, argument="period"), everything)
    found = parse_range(text, today, argument="period")
    return Period(found.name, found)


def select_values(values: AccountValues, period: Period) -> Selection | None:
    """The values of a period; None if there are none for it."""
    own = values.series.get(period.name)
    if own is not None and own.start is not None and _reaches(own, period):
        return Selection(own.points, own.step)
    series = _narrowest(values, period.days)
    if series is None:
        return None
    before = [each for each in series.points if each.day < period.days.start]
    inside = [each for each in series.points if period.days.start <= each.day <= period.days.end]
    moved = not inside and len(before) > 1
    if moved:
        inside = [before.pop()]
    if not inside or len(before[-1:]) + len(inside) < 2:
        return None
    return Selection((*before[-1:], *inside), series.step, moved, late=not before)


def _reaches(own: ValueSeries, period: Period) -> bool:
    """Whether IBKR's series of that name is of these days.

    On the first days of a month or a year, IBKR's MTD and YTD, and those in a response of the day before,
    still are those of the last one. 1D is the last day that has a value.
    """
    return period.name == PERIODS[0] or own.days[-1].day >= period.days.start


def first_day(values: AccountValues) -> date | None:
    """The first day with a value that a period can begin after."""
    return min((each.points[0].day for each in values.series.values()), default=None)


def _narrowest(values: AccountValues, days: DateRange) -> ValueSeries | None:
    """The shortest series with a value before the days, whose rounding matters least; else the longest."""
    by_length = sorted(values.series.values(), key=lambda each: len(each.days))
    covering = (each for each in by_length if each.points[0].day < days.start)
    return next(covering, by_length[-1] if by_length else None)
