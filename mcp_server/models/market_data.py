"""Price history: which bar sizes IBKR supports for which period.

IBKR does not reject an unknown period or bar, or a pair that it does not support: it silently uses another
one. So a pair that would be replaced is rejected here, with the supported bars.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from mcp_server.models.arguments import Arguments
from mcp_server.models.moments import Timestamp, as_length
from mcp_server.rest.parameters import ConidNumber, ExchangeName, argument_error, matches

Bar = Literal[
    "1min", "2min", "3min", "5min", "10min", "15min", "30min", "1h", "2h", "3h", "4h", "8h", "1d", "1w", "1m"
]
BARS: Final[tuple[Bar, ...]] = get_args(Bar)

MAX_PERIODS: Final = {"min": 30, "h": 8, "d": 1000, "w": 792, "m": 182, "y": 15}
MINUTES_PER_UNIT: Final = {"min": 1, "h": 60, "d": 1440, "w": 10_080, "m": 43_200, "y": 525_600}

# IBKR's table: period, smallest bar, largest bar, default bar.
BAR_RANGES: Final[tuple[tuple[str, Bar, Bar, Bar], ...]] = (
    ("1min", "1min", "1min", "1min"),
    ("1h", "1min", "8h", "1min"),
    ("1d", "1min", "8h", "1min"),
    ("1w", "10min", "1w", "15min"),
    ("1m", "1h", "1m", "30min"),
    ("3m", "2h", "1m", "1d"),
    ("6m", "4h", "1m", "1d"),
    ("1y", "8h", "1m", "1d"),
    ("2y", "1d", "1m", "1d"),
    ("3y", "1d", "1m", "1w"),
    ("15y", "1w", "1m", "1w"),
)


class Direction(IntEnum):
    """Direction from the start time."""

    BACK = -1
    FORWARD = 1


def _split_period(period: str) -> tuple[int, str]:
    unit = period.lstrip("0123456789")
    return int(period.removesuffix(unit)), unit


def _check_period(period: str) -> str:
    count, unit = _split_period(period)
    if count > MAX_PERIODS[unit]:
        raise argument_error(f"should be at most {MAX_PERIODS[unit]}{unit}")
    return period


def _to_minutes(period: str) -> int:
    count, unit = _split_period(period)
    return count * MINUTES_PER_UNIT[unit]


def bars_for(period: str) -> tuple[Bar, ...]:
    """The bars that IBKR supports for a period, smallest first.

    Between two rows of its table, the shorter row sets the smallest bar and the longer one the largest.
    """
    length = _to_minutes(period)
    smallest = [row[1] for row in BAR_RANGES if _to_minutes(row[0]) <= length][-1]
    largest = next((row[2] for row in BAR_RANGES if _to_minutes(row[0]) >= length), BARS[-1])
    return BARS[BARS.index(smallest) : BARS.index(largest) + 1]


def default_bar(period: str) -> Bar:
    """The default bar of a period: IBKR's default where IBKR's table allows it."""
    length = _to_minutes(period)
    default = [row[3] for row in BAR_RANGES if _to_minutes(row[0]) <= length][-1]
    fitting = bars_for(period)
    return default if default in fitting else fitting[0]


class PriceHistoryQuery(Arguments):
    """Which contract, how long a window, and where it ends."""

    conid: Annotated[ConidNumber, Field(description="Conid or symbol.")]
    period: Annotated[
        str,
        Field(
            description="Length: 1-30min, 1-8h, 1-1000d, 1-792w, 1-182m (months), 1-15y.",
        ),
        matches("[1-9][0-9]{0,3}(min|h|d|w|m|y)", "a length of time, such as 1d or 6m"),
        AfterValidator(_check_period),
        as_length,
    ] = "1d"
    bar: Annotated[
        Bar | None,
        Field(description="Bar size (1m is a month); default: one that fits the period."),
        as_length,
    ] = None
    exchange: Annotated[ExchangeName | None, Field(description="Exchange; default SMART.")] = None
    outside_rth: Annotated[bool | None, Field(description="true: include extended hours.")] = None
    start_time: Annotated[
        Timestamp | None,
        Field(description="END of the window, UTC, YYYYMMDD-HH:mm:ss; default now."),
    ] = None
    direction: Annotated[
        Direction | None, Field(description="-1: back from start_time (default); 1 mostly fails.")
    ] = None
    source: Annotated[
        Literal["Last", "Trades", "Midpoint", "Bid_Ask"] | None,
        Field(description="Price type; default Last."),
    ] = None

    @model_validator(mode="after")
    def _check_bar(self) -> Self:
        fitting = bars_for(self.period)
        if self.bar is not None and self.bar not in fitting:
            raise argument_error(
                f"a period of {self.period} allows bars of {', '.join(fitting)}, not {self.bar}"
            )
        return self

    def sent(self) -> dict[str, Any]:
        """The arguments under IBKR's names, with the default bar if none was passed."""
        return {"bar": default_bar(self.period), **super().sent()}
