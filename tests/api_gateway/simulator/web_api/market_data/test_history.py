from __future__ import annotations

import pytest

from api_gateway.simulator.calendar.bars import DAY, MONTH, WEEK
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.market_data.history import (
    Period,
    bar_seconds,
    bars_for_period,
    history_response,
    parse_period,
)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("1d", Period(1, "d")),
        ("30min", Period(30, "min")),
        ("1000d", Period(1000, "d")),
        ("15y", Period(15, "y")),
    ],
)
def test_parse_period_reads_count_and_unit_up_to_the_maximum(text: str, period: Period) -> None:
    assert parse_period(text) == period


@pytest.mark.parametrize(
    "text", ["1D", "31min", "9h", "1001d", "793w", "183m", "16y", "0d", "d", "", "1 d", "x"]
)
def test_parse_period_returns_none_for_an_unknown_period(text: str) -> None:
    assert parse_period(text) is None


@pytest.mark.parametrize(
    ("period", "bar", "seconds"),
    [
        ("1d", "5min", 300),
        ("1d", "", 60),
        ("1d", "1w", 60),
        ("1w", "1min", 900),
        ("1w", "1d", DAY),
        ("5d", "1d", DAY),
        ("1m", "1h", 3600),
        ("3m", "1h", DAY),
        ("1y", "1d", DAY),
        ("1y", "1D", DAY),
        ("2y", "8h", DAY),
        ("3y", "", WEEK),
        ("15y", "1d", WEEK),
        ("15y", "1m", MONTH),
        ("30min", "5min", 300),
    ],
)
def test_a_bar_size_unavailable_for_the_period_is_replaced(period: str, bar: str, seconds: float) -> None:
    read = parse_period(period)
    assert read is not None
    assert bar_seconds(read, bar) == seconds


def test_history_has_at_most_1000_bars(simulation: Simulation) -> None:
    apple = simulation.selected_account.instrument(265598)
    _, bars = bars_for_period(
        simulation, apple, Period(1, "d"), "1min", simulation.clock.now(), outside_rth=True
    )
    assert len(bars) == 480
    _, bars = bars_for_period(
        simulation, apple, Period(6, "d"), "1min", simulation.clock.now(), outside_rth=True
    )
    assert len(bars) == 1000


def test_history_periods_count_trading_days_and_hours(simulation: Simulation) -> None:
    apple = simulation.selected_account.instrument(265598)
    _, bars = bars_for_period(
        simulation, apple, Period(2, "d"), "30min", simulation.clock.now(), outside_rth=False
    )
    assert len(bars) == 13 + 5
    _, bars = bars_for_period(
        simulation, apple, Period(8, "h"), "1h", simulation.clock.now(), outside_rth=False
    )
    assert len(bars) == 8


@pytest.mark.parametrize(("hours", "count"), [(-4, 13), (-5.5, 13), (-2.5, 1), (-16, 13)])
def test_history_before_the_open_ends_on_the_previous_trading_day(
    simulation: Simulation, hours: float, count: int
) -> None:
    apple, end = simulation.selected_account.instrument(265598), simulation.clock.now() + hours * 3600
    _, bars = bars_for_period(simulation, apple, Period(1, "d"), "30min", end + 0.5, outside_rth=False)
    assert len(bars) == count


def test_high_and_low_are_price_volume_and_minutes(simulation: Simulation) -> None:
    apple, now = simulation.selected_account.instrument(265598), simulation.clock.now()
    step, bars = bars_for_period(simulation, apple, Period(1, "w"), "1d", now, outside_rth=False)
    result = history_response(apple, bars, step, period="1w", end=now, outside_rth=False, source="Last")
    price, volume, minutes = result["high"].split("/")
    highest = max(result["data"], key=lambda bar: bar["h"])
    assert int(price) == round(highest["h"] * result["priceFactor"])
    assert float(volume) == pytest.approx(highest["v"], abs=0.01)
    assert int(minutes) == (highest["t"] - result["data"][0]["t"]) / 60_000 + 1440
    assert highest["v"] * result["volumeFactor"] == pytest.approx(
        max(bars, key=lambda b: b.high).volume, abs=1
    )


@pytest.mark.parametrize("source", ["Bid_Ask", "Midpoint"])
def test_only_trade_bars_have_a_volume(simulation: Simulation, source: str) -> None:
    apple, now = simulation.selected_account.instrument(265598), simulation.clock.now()
    step, bars = bars_for_period(simulation, apple, Period(1, "h"), "10min", now, outside_rth=False)
    result = history_response(apple, bars, step, period="1h", end=now, outside_rth=False, source=source)
    assert {bar["v"] for bar in result["data"]} == {0.0}
    if source == "Bid_Ask":
        assert all(bar["c"] > bar["o"] for bar in result["data"])
