from __future__ import annotations

import pytest
from pydantic import ValidationError

from mcp_server.models.market_data import BAR_RANGES, BARS, PriceHistoryQuery, bars_for, default_bar
from tests.mcp_server.rejections import rejected

CONID = 265598


@pytest.mark.parametrize(("period", "smallest", "largest", "_default"), BAR_RANGES)
def test_a_period_of_ibkrs_table_accepts_the_bars_of_its_row(
    period: str, smallest: str, largest: str, _default: str
) -> None:
    bars = bars_for(period)

    assert (bars[0], bars[-1]) == (smallest, largest)
    assert bars == BARS[BARS.index(bars[0]) : BARS.index(bars[-1]) + 1]


@pytest.mark.parametrize(
    ("period", "smallest", "largest"),
    [
        ("30min", "1min", "8h"),
        ("5d", "1min", "1w"),  # from the row of a day to that of a week
        ("2w", "10min", "1m"),
        ("18m", "8h", "1m"),
        ("1000d", "1d", "1m"),
        ("792w", "1w", "1m"),  # longer than the last row
        ("182m", "1d", "1m"),
    ],
)
def test_a_period_between_two_rows_accepts_the_bars_of_both(period: str, smallest: str, largest: str) -> None:
    bars = bars_for(period)
    assert (bars[0], bars[-1]) == (smallest, largest)


@pytest.mark.parametrize(
    ("period", "bar"),
    [
        ("1d", "1min"),
        ("1w", "15min"),
        ("2w", "15min"),
        ("3m", "1d"),
        ("1y", "1d"),
        ("3y", "1w"),
        ("15y", "1w"),
    ],
)
def test_the_default_bar_is_ibkrs(period: str, bar: str) -> None:
    assert default_bar(period) == bar


def test_the_default_bar_fits_a_period_that_ibkrs_does_not() -> None:
    assert default_bar("1m") == "1h"


@pytest.mark.parametrize("unit", ["min", "h", "d", "w", "m", "y"])
def test_every_supported_period_has_a_default_bar_that_fits(unit: str) -> None:
    longest = {"min": 30, "h": 8, "d": 1000, "w": 792, "m": 182, "y": 15}[unit]

    for count in range(1, longest + 1):
        period = f"{count}{unit}"
        assert PriceHistoryQuery(conid=CONID, period=period).sent()["bar"] in bars_for(period)
    with pytest.raises(ValidationError, match=rf"\b{longest}{unit}\b") as caught:
        PriceHistoryQuery(conid=CONID, period=f"{longest + 1}{unit}")
    assert caught.value.errors()[0]["loc"] == ("period",)


def test_an_unsupported_bar_is_rejected_with_the_supported_ones() -> None:
    with pytest.raises(ValidationError, match=r"\b1y\b.*\b8h, 1d, 1w, 1m\b.*\b1min\b"):
        PriceHistoryQuery(conid=CONID, period="1y", bar="1min")


def test_an_explicit_bar_is_sent() -> None:
    assert PriceHistoryQuery(conid=CONID, period="1d", bar="5min").sent() == {
        "conid": CONID,
        "period": "1d",
        "bar": "5min",
    }


@pytest.mark.parametrize("time", ["20261120-21:00:00", "19991231-00:00:00", "20240229-12:30:59"])
def test_a_start_time_is_sent_unchanged(time: str) -> None:
    assert PriceHistoryQuery(conid=CONID, start_time=time).sent()["startTime"] == time


@pytest.mark.parametrize(
    "time",
    [
        "20260229-12:00:00",
        "20261120-24:00:00",
        "2026112-021:00:00",
        "2026-11-20",
        "\u0662\u0660261120-21:00:00",
    ],
)
def test_an_invalid_start_time_is_rejected(time: str) -> None:
    assert rejected(PriceHistoryQuery, {"conid": CONID, "start_time": time}) == {"start_time"}
