"""Trading hours of each kind of instrument, in the exchange's time zone and with daylight saving time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.holidays import early_closes, full_holidays

PRICE_STEP = 0.5  # seconds: IBKR updates a snapshot every 500 ms


@dataclass(frozen=True)
class Hours:
    """A trading day in minutes after midnight in `zone`; negative values are the evening before.

    `pre` and `post` are the start and end of trading outside regular hours. `liquid` is the part of a long
    session that IBKR calls liquid hours. `early` is the close on a day when New York closes early.
    """

    zone: str
    opens: int
    closes: int
    pre: int | None = None
    post: int | None = None
    liquid: tuple[int, int] | None = None
    weekend: bool = False
    us_holidays: bool = False
    early: int | None = None

    def local(self, epoch: float) -> datetime:
        """Local time at the exchange."""
        return datetime.fromtimestamp(epoch, tz=ZoneInfo(self.zone))


@dataclass(frozen=True)
class TradingSession:
    """One trading day in seconds since 1970: `start` ≤ `opens` < `closes` ≤ `end`."""

    day: date
    start: float
    opens: float
    closes: float
    end: float
    liquid_opens: float
    liquid_closes: float

    def is_trading_at(self, epoch: float) -> bool:
        """True during regular hours and the extended hours before and after."""
        return self.start <= epoch < self.end

    def is_open_at(self, epoch: float) -> bool:
        """True during regular hours."""
        return self.opens <= epoch < self.closes


HOURS = MappingProxyType(
    {
        "us_stock": Hours(
            "US/Eastern", 570, 960, pre=240, post=1200, us_holidays=True, early=780, liquid=(570, 960)
        ),
        "us_option": Hours("US/Eastern", 570, 960, us_holidays=True, early=780),
        "us_index": Hours("US/Eastern", 570, 960, us_holidays=True, early=780),
        "us_index_option": Hours("US/Eastern", 570, 975, us_holidays=True, early=795),
        "us_bond": Hours("US/Eastern", 480, 1020, us_holidays=True, early=840),
        "cme": Hours("US/Central", -420, 960, us_holidays=True, early=735, liquid=(510, 900)),
        "nymex": Hours("US/Eastern", -360, 1020, us_holidays=True, early=810, liquid=(540, 870)),
        "fx": Hours("US/Eastern", -405, 1020),
        "crypto": Hours("UTC", 0, 1440, weekend=True),
        "forecast": Hours("US/Central", 0, 1440, weekend=True),
        "lse": Hours("Europe/London", 480, 990),
        "ibis": Hours("Europe/Berlin", 540, 1050),
        "aeb": Hours("Europe/Amsterdam", 540, 1050),
        "sbf": Hours("Europe/Paris", 540, 1050),
        "ebs": Hours("Europe/Zurich", 540, 1050),
        "tse": Hours("America/Toronto", 570, 960),
        "mexi": Hours("America/Mexico_City", 450, 840),
        "sehk": Hours("Asia/Hong_Kong", 570, 960),
        "tsej": Hours("Asia/Tokyo", 540, 930),
        "asx": Hours("Australia/Sydney", 600, 960),
        "eurex": Hours("Europe/Berlin", 70, 1320, liquid=(540, 1050)),
        "iceeu": Hours("Europe/London", 60, 1260, liquid=(480, 990)),
        "osej": Hours("Asia/Tokyo", 525, 945),
        "hkfe": Hours("Asia/Hong_Kong", 555, 990),
    }
)


@lru_cache(maxsize=8192)
def session_on(hours: Hours, day: date) -> TradingSession | None:
    """The trading session of that date, or None on weekends and holidays."""
    if day.weekday() >= 5 and not hours.weekend:
        return None
    if hours.us_holidays and day in full_holidays(day.year):
        return None
    closes, post, liquid = hours.closes, hours.post, hours.liquid
    if hours.early is not None and day in early_closes(day.year):
        closes = hours.early
        post = None if post is None else post - hours.closes + closes
        liquid = None if liquid is None else (liquid[0], min(liquid[1], closes))

    def at(minutes: int) -> float:
        wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(hours.zone)) + timedelta(
            minutes=minutes
        )
        return (
            wall.timestamp()
        )  # adding a timedelta to an aware datetime keeps wall-clock time, as intended here

    return TradingSession(
        day,
        start=at(hours.opens if hours.pre is None else hours.pre),
        opens=at(hours.opens),
        closes=at(closes),
        end=at(closes if post is None else post),
        liquid_opens=at(liquid[0] if liquid else hours.opens),
        liquid_closes=at(liquid[1] if liquid else closes),
    )


def session_at(hours: Hours, epoch: float) -> TradingSession:
    """The session that started last, counting pre-market hours."""
    return next(sessions_before(hours, epoch))


def sessions_before(hours: Hours, epoch: float) -> Iterator[TradingSession]:
    """Every session that started by `epoch`, newest first."""
    day = datetime.fromtimestamp(epoch, tz=UTC).date() + timedelta(days=1)
    while True:
        session = session_on(hours, day)
        if session is not None and session.start <= epoch:
            yield session
        day -= timedelta(days=1)


def sessions_from(hours: Hours, epoch: float, count: int) -> list[TradingSession]:
    """The next `count` sessions that have not ended by `epoch`."""
    day = datetime.fromtimestamp(epoch, tz=UTC).date() - timedelta(days=1)
    found: list[TradingSession] = []
    while len(found) < count:
        session = session_on(hours, day)
        if session is not None and session.end > epoch:
            found.append(session)
        day += timedelta(days=1)
    return found
