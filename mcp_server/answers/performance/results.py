"""Gain and return of a period, computed from daily values and cumulative returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import prod

from mcp_server.answers.performance.periods import Selection
from mcp_server.answers.portfolio_analyst.value_series import DayValue

_CENTS = 0.02


@dataclass(frozen=True)
class DayResult:
    """One day: `gain` is what was earned, `flow` what was deposited (or, negative, withdrawn)."""

    day: date
    gain: float
    flow: float
    rate: float


@dataclass(frozen=True)
class Drawdown:
    """The largest fall from a peak to a later low, as a negative fraction."""

    rate: float
    peak: date
    low: date


@dataclass(frozen=True)
class Result:
    """A period from the end of `start` to the end of `end`. None is unknown, because IBKR did not say.

    `change` of the value is `gain` plus `deposits`: deposits minus withdrawals, which IBKR does not list;
    they are estimated as what the daily returns leave unexplained. `rate` is the time-weighted return, which
    no deposit changes.
    """

    start: date
    end: date
    start_value: float | None
    end_value: float | None
    gain: float | None
    deposits: float | None
    rate: float | None
    days: tuple[DayResult, ...]

    @property
    def change(self) -> float | None:
        """The change of the value, deposits included."""
        return (
            None if self.start_value is None or self.end_value is None else self.end_value - self.start_value
        )

    @property
    def best(self) -> DayResult | None:
        """The day with the highest return, if the days differ."""
        return max(self.days, key=lambda each: each.rate) if self._days_differ else None

    @property
    def worst(self) -> DayResult | None:
        """The day with the lowest return, if the days differ."""
        return min(self.days, key=lambda each: each.rate) if self._days_differ else None

    @property
    def _days_differ(self) -> bool:
        return len({each.rate for each in self.days}) > 1

    @property
    def drawdown(self) -> Drawdown | None:
        """The largest drawdown at ends of days; None if there was none."""
        return find_drawdown([(self.start, 1.0), *self.levels])

    @property
    def levels(self) -> list[tuple[date, float]]:
        """What 1 at the start would have become by each day, without deposits."""
        level, found = 1.0, []
        for each in self.days:
            level *= 1 + each.rate
            found.append((each.day, level))
        return found


def find_drawdown(levels: Sequence[tuple[date, float]]) -> Drawdown | None:
    """The largest fall from a peak to a later low."""
    peak, found = levels[0], None
    for day, level in levels:
        if level > peak[1]:
            peak = (day, level)
        elif level < peak[1] and (found is None or level / peak[1] - 1 < found.rate):
            found = Drawdown(level / peak[1] - 1, peak[0], day)
    return found


def compute_result(selection: Selection) -> Result:
    """The result of one account."""
    points = selection.points
    known = [each for each in points if each.value is not None and each.cumulative is not None]
    # Before its first deposit, an account has no value and no returns.
    funded = next((index for index, each in enumerate(known) if each.value), len(known))
    known = known[max(0, funded - 1) :]
    if len(known) < 2:
        return _partial_result(points)
    days = tuple(_day_result(*pair, selection.step) for pair in pairwise(known))
    return Result(
        start=known[0].day,
        end=known[-1].day,
        start_value=known[0].value,
        end_value=known[-1].value,
        gain=sum(each.gain for each in days),
        deposits=sum(each.flow for each in days),
        rate=_rate(known[0], known[-1]),
        days=days,
    )


def combine_results(results: Sequence[Result]) -> Result | None:
    """Several accounts with the same currency as if they were one; None if a value of one is unknown."""
    if not results or any(not each.days or each.start_value is None for each in results):
        return None
    start, end = min(each.start for each in results), max(each.end for each in results)
    # An account that begins later brings its value in like a deposit.
    joining = {each.start: 0.0 for each in results if each.start > start}
    for each in results:
        if each.start > start:
            joining[each.start] += each.start_value or 0.0
    start_value = sum(each.start_value or 0.0 for each in results if each.start == start)
    by_day: dict[date, list[DayResult]] = {day: [] for day in joining}
    for each in results:
        for part in each.days:
            by_day.setdefault(part.day, []).append(part)
    value, days = start_value, []
    for day, parts in sorted(by_day.items()):
        gain = sum(each.gain for each in parts)
        flow = sum(each.flow for each in parts) + joining.get(day, 0.0)
        days.append(DayResult(day, gain, flow, gain / value if value > 0 else 0.0))
        value += gain + flow
    return Result(
        start=start,
        end=end,
        start_value=start_value,
        end_value=value,
        gain=sum(each.gain for each in days),
        deposits=sum(each.flow for each in days),
        rate=prod(1 + each.rate for each in days) - 1,
        days=tuple(days),
    )


def _day_result(before: DayValue, after: DayValue, step: float) -> DayResult:
    start, end = before.value or 0.0, after.value or 0.0
    rate = _rate(before, after) or 0.0
    gain = start * rate
    flow = end - start - gain
    # What the rounding of values and returns can explain is not a deposit.
    if start and abs(flow) <= abs(start) * step * 1.5 + _CENTS:
        gain, flow = end - start, 0.0
    return DayResult(after.day, gain, flow, rate)


def _rate(before: DayValue, after: DayValue) -> float | None:
    if before.cumulative is None or after.cumulative is None or before.cumulative <= -1:
        return None
    return (1 + after.cumulative) / (1 + before.cumulative) - 1


def _partial_result(points: Iterable[DayValue]) -> Result:
    """The result if IBKR sent no values, or no returns."""
    points = list(points)
    values = [each for each in points if each.value is not None]
    returns = [each for each in points if each.cumulative is not None]
    used = values if len(values) > 1 else returns if len(returns) > 1 else points
    return Result(
        start=used[0].day,
        end=used[-1].day,
        start_value=used[0].value if used is values else None,
        end_value=values[-1].value if values else None,
        gain=None,
        deposits=None,
        rate=_rate(returns[0], returns[-1]) if len(returns) > 1 else None,
        days=(),
    )
