from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS, Session, session_on
from api_gateway.simulator.prices.volumes import traded_by


@pytest.fixture
def session() -> Session:
    found = session_on(HOURS["us_stock"], date(2026, 3, 3))
    assert found is not None
    return found


def test_volume_only_grows(session: Session) -> None:
    moments = [session.start + minute * 30 for minute in range(2000)]
    volumes = [traded_by(5, 4_000_000, session, moment) for moment in moments]
    assert all(b >= a for a, b in pairwise(volumes))
    assert volumes[0] == 0


def test_a_whole_day_is_about_the_average(session: Session) -> None:
    assert 2_700_000 < traded_by(5, 4_000_000, session, session.end) < 5_300_000


def test_the_open_is_busier_than_noon(session: Session) -> None:
    first, noon = (
        traded_by(5, 4_000_000, session, start + 1800) - traded_by(5, 4_000_000, session, start)
        for start in (session.opens, session.opens + 10_800)
    )
    assert first > 2 * noon
