"""Maintenance windows, in the local time of three regions and through both clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api_gateway.session.maintenance import RULES, Region, login_end, login_just_ended, next_window, window_at

AMERICA, EUROPE, ASIA = Region.AMERICA, Region.EUROPE, Region.ASIA


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("region", "at", "what"),
    [
        # A Tuesday in winter: New York is five hours behind, Zurich one ahead, Hong Kong eight.
        (AMERICA, "2026-03-03 05:14:59", None),
        (AMERICA, "2026-03-03 05:15", "nightly reset"),
        (AMERICA, "2026-03-03 06:44:59", "nightly reset"),
        (AMERICA, "2026-03-03 06:45", None),
        (AMERICA, "2026-03-03 17:00", None),
        (EUROPE, "2026-03-03 00:00", "nightly reset"),
        (EUROPE, "2026-03-03 05:25", "morning reset"),
        (EUROPE, "2026-03-03 06:45", None),
        (ASIA, "2026-03-02 17:00", "nightly reset"),
        (ASIA, "2026-03-02 20:45", "morning reset"),
        (ASIA, "2026-03-03 12:15", "evening reset"),
        (ASIA, "2026-03-03 14:00", None),
        # In summer New York and Zurich have moved by an hour, Hong Kong has not.
        (AMERICA, "2026-07-07 04:15", "nightly reset"),
        (AMERICA, "2026-07-07 05:45", None),
        (EUROPE, "2026-07-07 04:25", "morning reset"),
        (EUROPE, "2026-07-07 05:45", None),
        (ASIA, "2026-07-06 17:00", "nightly reset"),
        # Weekend maintenance is from Friday 23:00 to Saturday 03:00 in New York for every region.
        (AMERICA, "2026-03-07 04:00", "weekend maintenance"),
        (EUROPE, "2026-03-07 07:59", "weekend maintenance"),
        (ASIA, "2026-03-07 05:00", "weekend maintenance"),
        (ASIA, "2026-03-07 08:00", None),
        # Saturday maintenance is in the region's own time.
        (AMERICA, "2026-03-07 23:30", "Saturday maintenance"),
        (EUROPE, "2026-03-07 17:30", "Saturday maintenance"),
        (ASIA, "2026-03-07 10:30", "Saturday maintenance"),
        (AMERICA, "2026-03-09 03:30", None),
    ],
)
def test_each_time_is_inside_its_maintenance_window(region: Region, at: str, what: str | None) -> None:
    window = window_at(region, utc(at))
    assert (window.what if window else None) == what
    if window:
        assert window.begins <= utc(at) < window.ends
        assert window.is_brief is ("maintenance" not in window.what)


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        # 2026-11-01, when 01:00 to 02:00 occurs twice in New York: the reset may be in either.
        ("2026-11-01 04:14", False),
        ("2026-11-01 04:15", True),
        ("2026-11-01 05:00", True),
        ("2026-11-01 06:00", True),
        ("2026-11-01 06:44", True),
        ("2026-11-01 06:45", False),
        # 2026-03-08, when 02:00 to 03:00 does not occur.
        ("2026-03-08 05:15", True),
        ("2026-03-08 06:44", True),
        ("2026-03-08 06:45", False),
        ("2026-03-08 07:00", False),
        # and the nights after each, in the new time
        ("2026-11-02 05:15", True),
        ("2026-11-02 04:30", False),
        ("2026-03-09 04:15", True),
        ("2026-03-09 05:50", False),
    ],
)
def test_windows_are_correct_in_nights_with_a_clock_change(at: str, inside: bool) -> None:
    assert (window_at(AMERICA, utc(at)) is not None) is inside


@pytest.mark.parametrize(
    ("region", "at", "end"),
    [
        (AMERICA, "2026-03-03 17:00", "2026-03-04 05:00"),
        (AMERICA, "2026-03-08 06:00", "2026-03-09 04:00"),
        (AMERICA, "2026-11-01 06:00", "2026-11-02 05:00"),
        (AMERICA, "2026-03-04 05:00", "2026-03-05 05:00"),
        (EUROPE, "2026-03-29 00:30", "2026-03-29 22:00"),
        (EUROPE, "2026-10-25 00:30", "2026-10-25 23:00"),
        (ASIA, "2026-03-03 17:00", "2026-03-04 16:00"),
    ],
)
def test_logins_end_at_the_regions_next_midnight(region: Region, at: str, end: str) -> None:
    assert login_end(region, utc(at)) == utc(end)


def test_a_login_missing_right_after_midnight_was_expected() -> None:
    midnight = utc("2026-03-04 05:00")
    assert login_just_ended(AMERICA, midnight - timedelta(seconds=1)) is None
    for minutes in (0, 5, 14):
        assert login_just_ended(AMERICA, midnight + timedelta(minutes=minutes))
    assert login_just_ended(AMERICA, midnight + timedelta(minutes=15)) is None
    assert login_just_ended(ASIA, midnight) is None


@pytest.mark.parametrize("region", list(Region))
def test_the_next_window_is_the_first_one_that_begins_later(region: Region) -> None:
    at = utc("2026-10-20 00:00")
    seen = set()
    for _ in range(14 * 24 * 2):
        at += timedelta(minutes=30)
        window = next_window(region, at)
        seen.add(window.what)
        assert at < window.begins <= at + timedelta(days=1, hours=1)
        assert timedelta(0) < window.ends - window.begins <= timedelta(hours=7)
        assert window_at(region, window.begins)
    assert seen == {rule.what for rule in RULES[region]}
