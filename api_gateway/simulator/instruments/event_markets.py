"""Forecast markets: their categories, their outcomes, and the next events.

Categories, and markets with a known conid, are IBKR's; strikes and prices are invented.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

EXCHANGE = "FORECASTX"
_LONGEST_LEAD, _SHORTEST_LEAD = 500, 10  # days for which an event is one of a market's next events


class ForecastCategory(NamedTuple):
    """One category of the tree; root categories have no parent."""

    id: str
    name: str
    parent: str | None = None


class ForecastEvent(NamedTuple):
    """One event: a result for the period that ends on `period_end`, published on `expiry`."""

    expiry: date
    period_end: date
    label: str


class ForecastOutcome(NamedTuple):
    """A yes/no question of a market. `price` is the approximate initial price of Yes, in dollars.

    An outcome without a name means that the measure is above the strike.
    """

    strike: float
    price: float
    name: str = ""
    party: str | None = None


@dataclass(frozen=True)
class ForecastMarket:
    """One market: a measure, and the events that determine its value.

    `question` is formatted with the outcome (`{0}`) and the event's label (`{1}`), `strike_format` with the
    strike.
    """

    conid: int
    product_conid: int
    symbol: str
    name: str
    category: str
    reference_level: float
    events: Callable[[date], tuple[ForecastEvent, ...]]
    outcomes: tuple[ForecastOutcome, ...]
    question: str
    description: str
    agency: str
    link: str
    strike_format: str = "{}"
    has_chart: bool = True

    def outcome_label(self, outcome: ForecastOutcome) -> str:
        """The label of an outcome: `Above 3.125%`, or the name of a candidate."""
        return outcome.name or f"Above {self.strike_format.format(f'{outcome.strike:,g}')}"

    def event_on(self, expiry: date) -> ForecastEvent:
        """The event whose result is published on that day. Raises LookupError if there is none."""
        for days in range(0, _LONGEST_LEAD, _SHORTEST_LEAD):
            for event in self.events(expiry - timedelta(days=days)):
                if event.expiry == expiry:
                    return event
        raise LookupError(f"{self.symbol} has no event on {expiry}")

    def has_event(self, expiry: date) -> bool:
        """True if the result of one of its events is published on that day."""
        try:
            self.event_on(expiry)
        except LookupError:
            return False
        return True

    def outcome_at_strike(self, strike: float) -> ForecastOutcome:
        """The outcome with this strike. Raises LookupError if there is none."""
        for each in self.outcomes:
            if each.strike == strike:
                return each
        raise LookupError(f"no outcome of {self.symbol} has the strike {strike:g}")


def _yearly_events(day: date) -> tuple[ForecastEvent, ...]:
    """One event for this year, published at the end of next April."""
    return (ForecastEvent(date(day.year + 1, 4, 30), date(day.year, 12, 31), str(day.year)),)


def _monthly_events(day: date) -> tuple[ForecastEvent, ...]:
    """Events for this and the next month, each published on the 12th of the following month."""
    return tuple(_month_event(day.year * 12 + day.month - 1 + offset) for offset in (0, 1))


def _month_event(month_index: int) -> ForecastEvent:
    last = _last_day_of_month(month_index)
    return ForecastEvent(last + timedelta(days=12), last, f"{last:%B %Y}")


def _quarterly_events(day: date) -> tuple[ForecastEvent, ...]:
    """One event for this quarter, published thirty days after its end."""
    last = _last_day_of_month(day.year * 12 + (day.month - 1) // 3 * 3 + 2)
    return (ForecastEvent(last + timedelta(days=30), last, f"Q{last.month // 3} {last.year}"),)


def _meeting_events(day: date) -> tuple[ForecastEvent, ...]:
    """The next two FOMC meetings, assumed to end on the last Wednesday of every odd month."""
    found: list[ForecastEvent] = []
    number = day.year * 12 + day.month - 1
    while len(found) < 2:
        last = _last_day_of_month(number)
        wednesday = last - timedelta(days=(last.weekday() - calendar.WEDNESDAY) % 7)
        if last.month % 2 and wednesday > day:
            measured = wednesday + timedelta(days=1)
            found.append(
                ForecastEvent(wednesday, measured, f"{wednesday:%B} {wednesday.day}, {wednesday.year}")
            )
        number += 1
    return tuple(found)


def _election_events(day: date) -> tuple[ForecastEvent, ...]:
    """The next election of a governor: every fourth November, with the result a month later."""
    year = day.year
    while year % 4 != 2 or date(year, 12, 4) <= day:
        year += 1
    first = date(year, 11, 1)
    tuesday = first + timedelta(days=(calendar.MONDAY - first.weekday()) % 7 + 1)
    return (ForecastEvent(date(year, 12, 4), tuesday, str(year)),)


def _last_day_of_month(month_index: int) -> date:
    year, month = divmod(month_index, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


CATEGORIES: Mapping[str, ForecastCategory] = MappingProxyType(
    {
        category.id: category
        for category in (
            ForecastCategory("g1003", "Economics"),
            ForecastCategory("g13834", "Central Banks", "g1003"),
            ForecastCategory("g13851", "United States", "g13834"),
            ForecastCategory("g17457", "US Regional Prices", "g1003"),
            ForecastCategory("g78664", "Northeast", "g17457"),
            ForecastCategory("g17465", "Growth", "g1003"),
            ForecastCategory("g78668", "Germany", "g17465"),
            ForecastCategory("g5351", "Environmental"),
            ForecastCategory("g7369", "Climate Change", "g5351"),
            ForecastCategory("g17490", "United States", "g7369"),
            ForecastCategory("g22973", "Agriculture", "g5351"),
            ForecastCategory("g137821", "Elections"),
            ForecastCategory("g137914", "United States Gubernatorial", "g137821"),
            ForecastCategory("g137940", "Illinois", "g137914"),
            ForecastCategory("g150010", "Weather"),
            ForecastCategory("g150020", "Temperature", "g150010"),
            ForecastCategory("g150030", "New York", "g150020"),
        )
    }
)

MARKETS: Mapping[int, ForecastMarket] = MappingProxyType(
    {
        market.conid: market
        for market in (
            ForecastMarket(
                conid=732764706,
                product_conid=732764711,
                symbol="USCE",
                name="US Carbon Dioxide Emissions",
                category="g17490",
                reference_level=4880.0,
                events=_yearly_events,
                outcomes=(ForecastOutcome(4700.0, 0.71), ForecastOutcome(5050.0, 0.32)),
                question="Will US emissions of carbon dioxide be {0} million metric tons in {1}?",
                description="Carbon dioxide that the United States emit in a calendar year, as estimated.",
                agency="Energy Information Agency",
                link="https://www.eia.gov/environment/emissions/carbon/",
            ),
            ForecastMarket(
                conid=658663572,
                product_conid=658663579,
                symbol="FF",
                name="US Fed Funds Target Rate",
                category="g13851",
                reference_level=3.6,
                events=_meeting_events,
                outcomes=(
                    ForecastOutcome(3.125, 0.83),
                    ForecastOutcome(3.375, 0.61),
                    ForecastOutcome(3.625, 0.24),
                ),
                question="Will the target rate be {0} after the meeting that ends on {1}?",
                description="The upper end of the range that the FOMC sets for the federal funds rate.",
                agency="U.S. Federal Reserve",
                link="https://www.federalreserve.gov/monetarypolicy/openmarket.htm",
                strike_format="{}%",
            ),
            ForecastMarket(
                conid=831072285,
                product_conid=831072289,
                symbol="RCNET",
                name="Northeastern US CPI",
                category="g78664",
                reference_level=2.9,
                events=_monthly_events,
                outcomes=(ForecastOutcome(2.5, 0.78), ForecastOutcome(3.0, 0.41)),
                question="Will the yearly rise of consumer prices in the Northeast be {0} in {1}?",
                description="The change of the consumer price index of the Northeast over twelve months.",
                agency="Bureau of Labor Statistics",
                link="https://www.bls.gov/cpi/",
                strike_format="{}%",
            ),
            ForecastMarket(
                conid=831072111,
                product_conid=831072113,
                symbol="GDPGE",
                name="Germany GDP",
                category="g78668",
                reference_level=0.3,
                events=_quarterly_events,
                outcomes=(ForecastOutcome(0.0, 0.69), ForecastOutcome(0.4, 0.28)),
                question="Will the growth of Germany's gross domestic product be {0} in {1}?",
                description="The change of Germany's gross domestic product against the quarter before.",
                agency="Federal Statistical Office",
                link="https://www.destatis.de/",
                strike_format="{}%",
            ),
            ForecastMarket(
                conid=848769488,
                product_conid=848769493,
                symbol="MXXIL",
                name="Illinois Governor General Election",
                category="g137940",
                reference_level=1.0,
                events=_election_events,
                outcomes=(
                    ForecastOutcome(1.0, 0.81, "Democratic candidate", "Democrat"),
                    ForecastOutcome(3.0, 0.17, "Republican candidate", "Republican"),
                ),
                question="Will the {0} win the election of the Governor of Illinois in {1}?",
                description="The outcome of the general election of the Governor of Illinois.",
                agency="Illinois State Board of Elections",
                link="https://www.elections.il.gov/",
                has_chart=False,
            ),
            ForecastMarket(
                conid=802117401,
                product_conid=802117406,
                symbol="HTLGA",
                name="New York Highest Temperature",
                category="g150030",
                reference_level=71.0,
                events=_monthly_events,
                outcomes=(
                    ForecastOutcome(65.0, 0.77),
                    ForecastOutcome(72.0, 0.46),
                    ForecastOutcome(80.0, 0.12),
                ),
                question="Will the highest temperature at LaGuardia be {0} in {1}?",
                description="The highest temperature of a month at LaGuardia Airport, in degrees Fahrenheit.",
                agency="National Weather Service",
                link="https://www.weather.gov/",
                strike_format="{}\N{DEGREE SIGN}F",
            ),
        )
    }
)


def category_path(category_id: str) -> list[str]:
    """A category and its ancestors, from the root down."""
    found: list[str] = []
    current: str | None = category_id
    while current is not None:
        found.append(current)
        current = CATEGORIES[current].parent
    return found[::-1]
