from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS, session_at, session_on, sessions_from

NEW_YORK = ZoneInfo("America/New_York")


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=NEW_YORK).timestamp()  # type: ignore[arg-type, misc]  # year to minute


def test_stock_session_is_from_0930_to_1600_with_extended_hours() -> None:
    session = session_on(HOURS["us_stock"], date(2026, 3, 3))
    assert session is not None
    assert (session.start, session.opens) == (at(2026, 3, 3, 4), at(2026, 3, 3, 9, 30))
    assert (session.closes, session.end) == (at(2026, 3, 3, 16), at(2026, 3, 3, 20))
    assert session.is_open_at(at(2026, 3, 3, 9, 30))
    assert not session.is_open_at(at(2026, 3, 3, 16))
    assert session.is_trading_at(at(2026, 3, 3, 19, 59))


def test_daylight_saving_time_moves_the_open_by_an_hour() -> None:
    before, after = (session_on(HOURS["us_stock"], date(2026, 3, day)) for day in (6, 9))
    assert before is not None
    assert after is not None
    assert after.opens - before.opens == 3 * 86400 - 3600


def test_weekends_and_holidays_have_no_session_but_crypto_does() -> None:
    assert session_on(HOURS["us_stock"], date(2026, 3, 7)) is None
    assert session_on(HOURS["us_stock"], date(2026, 11, 26)) is None
    assert session_on(HOURS["lse"], date(2026, 11, 26)) is not None
    assert session_on(HOURS["crypto"], date(2026, 3, 7)) is not None


def test_session_on_an_early_close_ends_at_1300() -> None:
    session = session_on(HOURS["us_stock"], date(2026, 11, 27))
    assert session is not None
    assert (session.closes, session.end) == (at(2026, 11, 27, 13), at(2026, 11, 27, 17))
    assert session.liquid_closes == session.closes


def test_futures_session_starts_on_the_evening_before() -> None:
    session = session_at(HOURS["cme"], at(2026, 3, 8, 18, 30))
    assert session.day == date(2026, 3, 9)
    assert session.start == at(2026, 3, 8, 18)


@pytest.mark.parametrize("hour", [3, 21])
def test_session_at_night_is_the_last_one_that_started(hour: int) -> None:
    day = date(2026, 3, 2) if hour == 3 else date(2026, 3, 3)
    assert session_at(HOURS["us_stock"], at(2026, 3, 3, hour)).day == day


def test_sessions_from_a_time_include_the_current_one() -> None:
    found = sessions_from(HOURS["us_stock"], at(2026, 3, 6, 12), 3)
    assert [session.day.day for session in found] == [6, 9, 10]


@pytest.mark.parametrize("name", sorted(HOURS))
def test_session_times_are_in_order_and_on_whole_minutes(name: str) -> None:
    for session in sessions_from(HOURS[name], at(2026, 11, 20, 12), 12):
        assert session.start <= session.opens < session.closes <= session.end
        assert session.opens <= session.liquid_opens < session.liquid_closes <= session.closes
        assert session.start % 60 == session.end % 60 == 0
