"""Charts of every kind and difficulty."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from mcp_server.pictures.charts import (
    AllocationChart,
    AllocationRow,
    Chart,
    Line,
    Moment,
    PerformanceChart,
    Point,
    PriceBar,
    PriceHistoryChart,
)
from mcp_server.pictures.time_axis import NEW_YORK

HOSTILE = (
    "$\\frac{1}{0}$ _a^{b} \x1b[31m\u202e贵州茅台 \U0001f600 é\u0301\u0300\u0300 %s {x} \n\0" + "x" * 400
)


def weekdays(count: int, since: date = date(2026, 1, 2)) -> list[date]:
    """This many days, without weekends."""
    days = (since + timedelta(days=index) for index in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5][:count]


def instants(days: int, minutes: int) -> list[datetime]:
    """The starts of all bars in the regular trading hours of these days."""
    return [
        datetime(day.year, day.month, day.day, 9, 30, tzinfo=NEW_YORK) + timedelta(minutes=minutes * index)
        for day in weekdays(days, date(2026, 11, 2))
        for index in range(390 // minutes)
    ]


def price_bars(
    moments: Sequence[Moment], start: float = 600.0, *, volume: float | None = 8e7
) -> list[PriceBar]:
    """Bars of a random walk, always the same."""
    random_numbers = random.Random(4)  # noqa: S311
    price, bars = start, []
    for at in moments:
        opened, price = price, price * (1 + random_numbers.gauss(0, 0.01))
        high = max(opened, price) + abs(start) * 0.004
        low = min(opened, price) - abs(start) * 0.004
        bars.append(PriceBar(at, opened, high, low, price, volume and volume * random_numbers.random()))
    return bars


def returns(name: str, moments: Sequence[Moment], seed: int = 1) -> Line:
    """A line of random returns, always the same for a seed."""
    random_numbers = random.Random(seed)  # noqa: S311
    percent, points = 0.0, []
    for at in moments:
        points.append(Point(at, percent))
        percent += random_numbers.gauss(0, 1)
    return Line(name, points)


def allocation(*values: float | None) -> AllocationChart:
    """Bars with these values, named by their order."""
    rows = [AllocationRow(f"name {index}", value) for index, value in enumerate(values)]
    return AllocationChart("Allocation", rows)


def _flat(price: float | None) -> list[PriceBar]:
    return [PriceBar(day, price, price, price, price, 0) for day in weekdays(20)]


USUAL: dict[str, Chart] = {
    "prices": PriceHistoryChart("SPY", price_bars(weekdays(63)), "USD, daily bars"),
    "returns": PerformanceChart(
        "Against SPY", [returns("account", weekdays(230), 1), returns("SPY", weekdays(230), 2)]
    ),
    "allocation": allocation(14.5, 9.2, -4.2, 0.6, 30.0),
}

DIFFICULT: dict[str, Chart] = {
    "no bars": PriceHistoryChart("", []),
    "one bar": PriceHistoryChart("one", price_bars(weekdays(1))),
    "equal prices": PriceHistoryChart("equal", _flat(5)),
    "prices of zero": PriceHistoryChart("zero", _flat(0)),
    "no close": PriceHistoryChart("none", _flat(None)),
    "not numbers": PriceHistoryChart(
        "nan", [*_flat(math.nan), PriceBar(date(2027, 1, 1), 1, math.inf, 0, 1)]
    ),
    "only closes": PriceHistoryChart("closes", [PriceBar(day, None, None, None, 3) for day in weekdays(9)]),
    "negative prices": PriceHistoryChart("negative", price_bars(weekdays(20), -3.0)),
    "tiny prices": PriceHistoryChart("tiny", price_bars(weekdays(20), 1.23e-8)),
    "huge prices": PriceHistoryChart("huge", price_bars(weekdays(20), 1.2e12)),
    "10000 bars": PriceHistoryChart("many", price_bars(weekdays(10_000, date(1988, 1, 4)))),
    "5-minute bars": PriceHistoryChart("minutes", price_bars(instants(5, 5))),
    "no volume": PriceHistoryChart("EUR.USD", price_bars(instants(1, 5), 1.08, volume=None)),
    "unordered bars": PriceHistoryChart("reversed", price_bars(weekdays(20))[::-1]),
    "days and instants": PriceHistoryChart("mixed", price_bars([*weekdays(3), *instants(2, 390)])),
    "hostile title": PriceHistoryChart(HOSTILE, price_bars(weekdays(30)), HOSTILE),
    "no lines": PerformanceChart("no lines", []),
    "a line without points": PerformanceChart("empty", [Line("a", []), returns("b", weekdays(5))]),
    "one point": PerformanceChart("one", [Line("a", [Point(date(2026, 1, 2), 1.5)])]),
    "no return": PerformanceChart("zero", [Line("a", [Point(day, 0.0) for day in weekdays(30)])]),
    "gaps": PerformanceChart(
        "gaps", [Line("a", [Point(day, math.nan if day.day % 3 else 1.0) for day in weekdays(60)])]
    ),
    "nine noisy lines": PerformanceChart(
        "many", [returns(HOSTILE, weekdays(2500, date(2016, 1, 4)), seed) for seed in range(9)]
    ),
    "equal lines": PerformanceChart("same", [returns(name, weekdays(60)) for name in "abcdef"]),
    "one day": PerformanceChart("day", [returns("AAPL", instants(1, 5)), returns("MSFT", instants(1, 5), 2)]),
    "no rows": allocation(),
    "one row": allocation(100.0),
    "rows of zero": allocation(0.0, 0.0, None, math.nan),
    "only negative rows": allocation(-5.0, -2.0),
    "151 rows": allocation(*(float(151 - index) for index in range(151))),
    "huge and tiny rows": allocation(1e15, -1e15, 1e-9),
    "hostile rows": AllocationChart(
        HOSTILE, [AllocationRow(HOSTILE, 3.0), AllocationRow("", 2.0)], unit="USD"
    ),
}
