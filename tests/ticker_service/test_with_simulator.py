"""Days and weeks of the ticker and the simulator, in a time that only they move."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.ticker_service.virtual import HOUR, World

NEW_YORK = ZoneInfo("America/New_York")
NOTICED = 70.0
"""Seconds within which any loss must be noticed."""


@dataclass
class Losses:
    """What took the session away in one run, and when; `ours` is what the ticker alone must mend."""

    all: list[float]
    ours: list[float]


def days_of(world: World, start: datetime, days: int) -> Losses:
    """A person logs in half an hour after each midnight, and at one o'clock there is a reset."""
    losses = Losses([], [])
    login = start.timestamp()
    for day in range(1, days + 1):
        date = (start + timedelta(days=day)).date()
        midnight = datetime(date.year, date.month, date.day, tzinfo=NEW_YORK)
        world.when(midnight.replace(minute=30), world.simulation.session.login)
        # A login lasts for 24 hours at most, which in a day of 25 ends before midnight.
        losses.all += [min(midnight.timestamp(), login + 24 * HOUR), midnight.replace(hour=1).timestamp()]
        login = midnight.replace(minute=30).timestamp()
        losses.ours.append(midnight.replace(hour=1).timestamp())
    return losses


def check(world: World, losses: Losses) -> None:
    """Never idle, every loss noticed in time, exactly one reopening for each that was ours."""
    for moment in losses.all:
        assert world.left_established(moment) - moment <= NOTICED
    assert len(world.opened) == len(losses.ours)
    for lost, opened in zip(sorted(losses.ours), world.opened, strict=True):
        assert 0 < opened - lost <= NOTICED + 60
    for closed in world.closed():
        assert any(0 <= closed - lost <= NOTICED for lost in losses.ours), "closed by idleness"
    for earlier, later in pairwise(world.tickles):
        assert later - earlier <= 66


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_day_with_three_losses(seed: int) -> None:
    start = datetime(2026, 3, 3, 12, tzinfo=NEW_YORK)
    world = World(start, seed=seed)
    losses = days_of(world, start, 1)
    for hours in (2.0, 5.51):
        world.at(hours, world.simulation.session.drop)
        for kind in (losses.all, losses.ours):
            kind.append(start.timestamp() + hours * HOUR)
    await world.run(24)
    check(world, losses)
    assert world.keeper.report()["ready"]


@pytest.mark.parametrize(
    ("start", "ends", "expected"),
    [
        (datetime(2026, 3, 7, 12, tzinfo=NEW_YORK), "00:00", "daily end of all logins"),
        (datetime(2026, 10, 31, 12, tzinfo=NEW_YORK), "23:30", "announced end of the login"),
    ],
    ids=["summer time begins", "summer time ends"],
)
async def test_the_nights_when_the_clocks_change(
    start: datetime, ends: str, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(start)
    losses = days_of(world, start, 2)
    with caplog.at_level(logging.INFO, "ticker"):
        await world.run(48)
    check(world, losses)
    logged = [record.getMessage() for record in caplog.records]
    warned = [text for text in logged if text.startswith("event=login_ends")]
    assert [re.findall(r"within_minutes=(\d+)", text)[0] for text in warned] == ["60", "10"] * 2
    assert all("at 00:00 New York time" in text for text in warned[:2])
    assert all(f"at {ends} New York time" in text for text in warned[2:])
    missing = [text for text in logged if "state=not_logged_in" in text]
    assert len(missing) == 2
    assert 'expected="daily end of all logins"' in missing[0]
    assert f'expected="{expected}"' in missing[1]
