"""Forecast markets: what one can bet on, in which category, and which events are next.

Categories and markets with a known conid are IBKR's; strikes and prices are the simulator's.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

EXCHANGE = "FORECASTX"


class Category(NamedTuple):
    """A branch of the tree; the roots have no parent."""

    id: str
    name: str
    parent: str | None = None


class Event(NamedTuple):
    """Something that will be known on `expiry` about the time that ends with `measured`."""

    expiry: date
    measured: date
    label: str


class Outcome(NamedTuple):
    """A yes/no question of a market. `price` is about what a yes costs on the first day, in dollars.

    An outcome without a name is that the measure is above the strike.
    """

    strike: float
    price: float
    name: str = ""
    party: str | None = None


@dataclass(frozen=True)
class Market:
    """One measure, and the events at which it is taken.

    `question` is completed with the outcome (`{0}`) and the event's label (`{1}`), `above` with the strike.
    """

    conid: int
    product_conid: int
    symbol: str
    name: str
    category: str
    level: float
    events: Callable[[date], tuple[Event, ...]]
    outcomes: tuple[Outcome, ...]
    question: str
    description: str
    agency: str
    link: str
    above: str = "{}"
    charted: bool = True

    def label(self, outcome: Outcome) -> str:
        """What the outcome is called: `Above 3.125%`, or the name of a candidate."""
        return outcome.name or f"Above {self.above.format(f'{outcome.strike:,g}')}"

    def outcome(self, strike: float) -> Outcome:
        """The outcome with that strike; raises LookupError if there is none."""
        for each in self.outcomes:
            if each.strike == strike:
                return each
        raise LookupError(f"no outcome of {self.symbol} has the strike {strike:g}")


def _years(day: date) -> tuple[Event, ...]:
    """A measure of this year, known at the end of next April."""
    return (Event(date(day.year + 1, 4, 30), date(day.year, 12, 31), str(day.year)),)


def _months(day: date) -> tuple[Event, ...]:
    """A measure of this month and of the next, each known on the twelfth of the month after."""
    return tuple(_monthly(day.year * 12 + day.month - 1 + offset) for offset in (0, 1))


def _monthly(number: int) -> Event:
    last = _last_day(number)
    return Event(last + timedelta(days=12), last, f"{last:%B %Y}")


def _quarters(day: date) -> tuple[Event, ...]:
    """A measure of this quarter, known thirty days after its end."""
    last = _last_day(day.year * 12 + (day.month - 1) // 3 * 3 + 2)
    return (Event(last + timedelta(days=30), last, f"Q{last.month // 3} {last.year}"),)


def _meetings(day: date) -> tuple[Event, ...]:
    """The next two meetings: they end on the last Wednesday of every odd month."""
    found: list[Event] = []
    number = day.year * 12 + day.month - 1
    while len(found) < 2:
        last = _last_day(number)
        wednesday = last - timedelta(days=(last.weekday() - calendar.WEDNESDAY) % 7)
        if last.month % 2 and wednesday > day:
            measured = wednesday + timedelta(days=1)
            found.append(Event(wednesday, measured, f"{wednesday:%B} {wednesday.day}, {wednesday.year}"))
        number += 1
    return tuple(found)


def _governors(day: date) -> tuple[Event, ...]:
    """The next election of a governor: every fourth November, the result a month later."""
    year = day.year
    while year % 4 != 2 or date(year, 12, 4) <= day:
        year += 1
    first = date(year, 11, 1)
    tuesday = first + timedelta(days=(calendar.MONDAY - first.weekday()) % 7 + 1)
    return (Event(date(year, 12, 4), tuesday, str(year)),)


def _last_day(number: int) -> date:
    year, month = divmod(number, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


CATEGORIES: Mapping[str, Category] = MappingProxyType(
    {
        category.id: category
        for category in (
            Category("g1003", "Economics"),
            Category("g13834", "Central Banks", "g1003"),
            Category("g13851", "United States", "g13834"),
            Category("g17457", "US Regional Prices", "g1003"),
            Category("g78664", "Northeast", "g17457"),
            Category("g17465", "Growth", "g1003"),
            Category("g78668", "Germany", "g17465"),
            Category("g5351", "Environmental"),
            Category("g7369", "Climate Change", "g5351"),
            Category("g17490", "United States", "g7369"),
            Category("g22973", "Agriculture", "g5351"),
            Category("g137821", "Elections"),
            Category("g137914", "United States Gubernatorial", "g137821"),
            Category("g137940", "Illinois", "g137914"),
            Category("g150010", "Weather"),
            Category("g150020", "Temperature", "g150010"),
            Category("g150030", "New York", "g150020"),
        )
    }
)

MARKETS: Mapping[int, Market] = MappingProxyType(
    {
        market.conid: market
        for market in (
            Market(
                conid=732764706,
                product_conid=732764711,
                symbol="USCE",
                name="US Carbon Dioxide Emissions",
                category="g17490",
                level=4880.0,
                events=_years,
                outcomes=(Outcome(4700.0, 0.71), Outcome(5050.0, 0.32)),
                question="Will US emissions of carbon dioxide be {0} million metric tons in {1}?",
                description="Carbon dioxide that the United States emit in a calendar year, as estimated.",
                agency="Energy Information Agency",
                link="https://www.eia.gov/environment/emissions/carbon/",
            ),
            Market(
                conid=658663572,
                product_conid=658663579,
                symbol="FF",
                name="US Fed Funds Target Rate",
                category="g13851",
                level=3.6,
                events=_meetings,
                outcomes=(Outcome(3.125, 0.83), Outcome(3.375, 0.61), Outcome(3.625, 0.24)),
                question="Will the target rate be {0} after the meeting that ends on {1}?",
                description="The upper end of the range that the FOMC sets for the federal funds rate.",
                agency="U.S. Federal Reserve",
                link="https://www.federalreserve.gov/monetarypolicy/openmarket.htm",
                above="{}%",
            ),
            Market(
                conid=831072285,
                product_conid=831072289,
                symbol="RCNET",
                name="Northeastern US CPI",
                category="g78664",
                level=2.9,
                events=_months,
                outcomes=(Outcome(2.5, 0.78), Outcome(3.0, 0.41)),
                question="Will the yearly rise of consumer prices in the Northeast be {0} in {1}?",
                description="The change of the consumer price index of the Northeast over twelve months.",
                agency="Bureau of Labor Statistics",
                link="https://www.bls.gov/cpi/",
                above="{}%",
            ),
            Market(
                conid=831072111,
                product_conid=831072113,
                symbol="GDPGE",
                name="Germany GDP",
                category="g78668",
                level=0.3,
                events=_quarters,
                outcomes=(Outcome(0.0, 0.69), Outcome(0.4, 0.28)),
                question="Will the growth of Germany's gross domestic product be {0} in {1}?",
                description="The change of Germany's gross domestic product against the quarter before.",
                agency="Federal Statistical Office",
                link="https://www.destatis.de/",
                above="{}%",
            ),
            Market(
                conid=848769488,
                product_conid=848769493,
                symbol="MXXIL",
                name="Illinois Governor General Election",
                category="g137940",
                level=1.0,
                events=_governors,
                outcomes=(
                    Outcome(1.0, 0.81, "Democratic candidate", "Democrat"),
                    Outcome(3.0, 0.17, "Republican candidate", "Republican"),
                ),
                question="Will the {0} win the election of the Governor of Illinois in {1}?",
                description="The outcome of the general election of the Governor of Illinois.",
                agency="Illinois State Board of Elections",
                link="https://www.elections.il.gov/",
                charted=False,
            ),
            Market(
                conid=802117401,
                product_conid=802117406,
                symbol="HTLGA",
                name="New York Highest Temperature",
                category="g150030",
                level=71.0,
                events=_months,
                outcomes=(Outcome(65.0, 0.77), Outcome(72.0, 0.46), Outcome(80.0, 0.12)),
                question="Will the highest temperature at LaGuardia be {0} in {1}?",
                description="The highest temperature of a month at LaGuardia Airport, in degrees Fahrenheit.",
                agency="National Weather Service",
                link="https://www.weather.gov/",
                above="{}\N{DEGREE SIGN}F",
            ),
        )
    }
)


def ancestors(category_id: str) -> list[str]:
    """A category and those above it, from the root down."""
    found: list[str] = []
    current: str | None = category_id
    while current is not None:
        found.append(current)
        current = CATEGORIES[current].parent
    return found[::-1]
