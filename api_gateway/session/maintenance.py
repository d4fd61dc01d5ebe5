"""Maintenance windows: when IBKR ends logins and restarts its servers, by region; interruptions are expected.

Logins end at midnight in the region that serves the account. The servers behind `/iserver` restart at night.
The hours come from IBKR's system status page; one o'clock local time comes from its Web API reference, which
also names Saturday evening for maintenance, without hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

JUST_ENDED = timedelta(minutes=15)
"""How long after midnight a missing login is attributed to it."""

SATURDAY, FRIDAY = 5, 4
EVERY_DAY = range(7)


class Region(StrEnum):
    """The region from which IBKR serves an account."""

    AMERICA = "america"
    EUROPE = "europe"
    ASIA = "asia"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the region's resets."""
        return ZoneInfo(_ZONES[self])

    @property
    def city(self) -> str:
        """The city that names the time zone in sentences."""
        return _CITIES[self]


_ZONES = MappingProxyType(
    {
        Region.AMERICA: "America/New_York",
        Region.EUROPE: "Europe/Zurich",
        Region.ASIA: "Asia/Hong_Kong",
    }
)
_CITIES = MappingProxyType({Region.AMERICA: "New York", Region.EUROPE: "Zurich", Region.ASIA: "Hong Kong"})


@dataclass(frozen=True)
class MaintenanceWindow:
    """One announced interruption: what it is, and when it may begin and end."""

    what: str
    begins: datetime
    ends: datetime

    @property
    def is_brief(self) -> bool:
        """True for a daily reset, which closes sessions briefly; False for hours of maintenance."""
        return self.ends.astimezone(UTC) - self.begins.astimezone(UTC) <= timedelta(hours=3)


@dataclass(frozen=True)
class _Rule:
    """A window on these days (0 is Monday), at this local time, for this many minutes."""

    what: str
    begins: time
    minutes: int
    days: tuple[int, ...] = tuple(EVERY_DAY)
    zone: Region | None = None

    def on(self, day: date, zone: ZoneInfo) -> MaintenanceWindow | None:
        """The window that begins on this day."""
        if day.weekday() not in self.days:
            return None
        begins = datetime.combine(day, self.begins)
        ends = begins + timedelta(minutes=self.minutes)
        # When daylight saving time ends, one hour occurs twice, and a reset may be in either.
        return MaintenanceWindow(self.what, begins.replace(tzinfo=zone), ends.replace(tzinfo=zone, fold=1))


_NIGHT = "nightly reset"
_WEEKEND = _Rule("weekend maintenance", time(23), 240, (FRIDAY,), Region.AMERICA)
_SATURDAY = _Rule("Saturday maintenance", time(18), 360, (SATURDAY,))
_AT_ONE = _Rule(_NIGHT, time(0, 45), 60)

RULES: Mapping[Region, tuple[_Rule, ...]] = MappingProxyType(
    {
        Region.AMERICA: (_Rule(_NIGHT, time(0, 15), 90), _WEEKEND, _SATURDAY),
        Region.EUROPE: (_AT_ONE, _Rule("morning reset", time(6, 25), 80), _WEEKEND, _SATURDAY),
        Region.ASIA: (
            _AT_ONE,
            _Rule("morning reset", time(4, 45), 80),
            _Rule("evening reset", time(20, 15), 60),
            _WEEKEND,
            _SATURDAY,
        ),
    }
)


def window_at(region: Region, at: datetime) -> MaintenanceWindow | None:
    """The window that contains `at`, or None; if several do, the one that ends last."""
    at = at.astimezone(UTC)  # within one zone, Python compares wall-clock times, not moments
    return max(
        (window for window in _windows_around(region, at, days=1) if window.begins <= at < window.ends),
        key=lambda window: window.ends.timestamp(),
        default=None,
    )


def next_window(region: Region, at: datetime) -> MaintenanceWindow:
    """The next window that begins after `at`."""
    at = at.astimezone(UTC)
    return min(
        (window for window in _windows_around(region, at, days=9) if window.begins > at),
        key=lambda window: window.begins.timestamp(),
    )


def login_end(region: Region, at: datetime) -> datetime:
    """The region's next midnight, at which every login ends."""
    local = at.astimezone(region.zone)
    return datetime.combine(local.date() + timedelta(days=1), time(), region.zone)


def login_just_ended(region: Region, at: datetime) -> MaintenanceWindow | None:
    """The end of all logins, if it was within the last quarter of an hour; None otherwise."""
    local = at.astimezone(region.zone)
    midnight = datetime.combine(local.date(), time(), region.zone)
    if at.astimezone(UTC) - midnight >= JUST_ENDED:
        return None
    return MaintenanceWindow("daily end of all logins", midnight, midnight + JUST_ENDED)


def _windows_around(region: Region, at: datetime, *, days: int) -> Iterator[MaintenanceWindow]:
    """Every window of the region that begins between the day before `at` and `days` days later."""
    for rule in RULES[region]:
        zone = (rule.zone or region).zone
        today = at.astimezone(zone).date()
        for day in range(-1, days):
            if window := rule.on(today + timedelta(days=day), zone):
                yield window
