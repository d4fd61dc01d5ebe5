from __future__ import annotations

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.calendar.bars import DAY, MONTH, WEEK, BarWindow, bar_windows_before
from api_gateway.simulator.calendar.trading_hours import HOURS

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 3, 12, 10, tzinfo=NEW_YORK).timestamp()


def windows(
    step: float, count: int, *, hours: str = "us_stock", outside: bool = False
) -> list[list[BarWindow]]:
    return list(islice(bar_windows_before(HOURS[hours], NOON, step, outside_rth=outside), count))


def clock(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, tz=NEW_YORK).strftime("%d %H:%M")


def test_intraday_bars_start_at_multiples_of_their_length_or_at_the_open() -> None:
    found = [(clock(w[0][1]), clock(w[0][2])) for w in windows(3600, 5)]
    assert found == [
        ("03 12:00", "03 12:10"),
        ("03 11:00", "03 12:00"),
        ("03 10:00", "03 11:00"),
        ("03 09:30", "03 10:00"),
        ("02 15:00", "02 16:00"),
    ]


def test_bars_before_the_open_are_included_only_with_outside_rth() -> None:
    assert clock(windows(1800, 10, outside=True)[-1][0][1]) == "03 07:30"
    assert clock(windows(1800, 10)[-1][0][1]) == "02 14:00"


def test_daily_bar_covers_regular_hours() -> None:
    today, yesterday = windows(DAY, 2)
    assert (clock(today[0][1]), clock(today[0][2])) == ("03 09:30", "03 12:10")
    assert (clock(yesterday[0][1]), clock(yesterday[0][2])) == ("02 09:30", "02 16:00")


@pytest.mark.parametrize(("step", "days"), [(WEEK, [2, 5, 4]), (MONTH, [2, 19, 20])])
def test_weekly_and_monthly_bars_cover_their_trading_days(step: float, days: list[int]) -> None:
    assert [len(bar) for bar in windows(step, 3)] == days


def test_windows_of_a_weekly_bar_are_in_chronological_order() -> None:
    bar = windows(WEEK, 2)[1]
    assert [window[0].day.day for window in bar] == [23, 24, 25, 26, 27]
