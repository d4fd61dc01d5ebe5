from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS, TradingSession, session_on
from api_gateway.simulator.prices.volumes import volume_until


@pytest.fixture
def session() -> TradingSession:
    found = session_on(HOURS["us_stock"], date(2026, 3, 3))
    assert found is not None
    return found


def test_cumulative_volume_never_decreases(session: TradingSession) -> None:
    moments = [session.start + minute * 30 for minute in range(2000)]
    volumes = [volume_until(5, 4_000_000, session, moment) for moment in moments]
    assert all(b >= a for a, b in pairwise(volumes))
    assert volumes[0] == 0


def test_volume_of_a_day_is_about_the_average(session: TradingSession) -> None:
    assert 2_700_000 < volume_until(5, 4_000_000, session, session.end) < 5_300_000


def test_volume_at_the_open_is_higher_than_at_noon(session: TradingSession) -> None:
    first, noon = (
        volume_until(5, 4_000_000, session, start + 1800) - volume_until(5, 4_000_000, session, start)
        for start in (session.opens, session.opens + 10_800)
    )
    assert first > 2 * noon
